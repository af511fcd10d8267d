"""Make a classifier from a finished comparison: choose, retrain, calibrate, predict, export."""
