"""From a finished comparison to a classifier at work: choose, train once more, calibrate, predict, export."""
