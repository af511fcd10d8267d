"""`redundancy`: which share of the training images can go with no practically relevant loss."""
