"""`distil`: few synthetic rows a class in place of all images."""
