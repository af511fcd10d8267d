"""`explain`: what encoder and head look at, on training and on test images."""
