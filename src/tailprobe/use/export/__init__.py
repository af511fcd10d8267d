"""A classifier as one graph, from decoded pixels to calibrated probabilities: ONNX, or a `torch.export` program."""
