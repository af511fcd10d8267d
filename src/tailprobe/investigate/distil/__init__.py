"""`distil`: few synthetic rows per class in place of all images."""
