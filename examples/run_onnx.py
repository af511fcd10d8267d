"""Run an exported classifier without tailprobe: python run_onnx.py model.onnx image.jpg (numpy, Pillow, onnxruntime)."""

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession(sys.argv[1])
about = session.get_modelmeta().custom_metadata_map
pixels = np.asarray(Image.open(sys.argv[2]).convert("RGB"))
(scores,) = session.run(None, {"images": pixels[None]})
for name, score, threshold in zip(json.loads(about["classes"]), scores[0], json.loads(about["thresholds"])):
    print(f"{name}: {score:.6f}{' (tagged)' if score > threshold else ''}")
