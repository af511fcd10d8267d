"""`size`: the score of a class against its number of training images."""
