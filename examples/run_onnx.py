"""Run an exported classifier without tailprobe: python run_onnx.py model.onnx image.jpg"""

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession(sys.argv[1])
about = session.get_modelmeta().custom_metadata_map
classes, thresholds = json.loads(about["classes"]), json.loads(about["thresholds"])
pixels = np.asarray(Image.open(sys.argv[2]).convert("RGB"))
(scores,) = session.run(None, {"images": pixels[None]})
for name, score, threshold in zip(classes, scores[0], thresholds, strict=True):
    print(f"{name}: {score:.6f}{' (tagged)' if score > threshold else ''}")
