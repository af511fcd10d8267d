"""A classifier behind HTTP: images in, probabilities and tags out; extra `tailprobe[serve]`."""
