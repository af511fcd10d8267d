"""Export a classifier as one graph from decoded pixels to calibrated probabilities: ONNX or `torch.export`."""
