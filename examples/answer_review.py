"""Answer a review by a table of known tags, for trying it out: python answer_review.py ADDRESS TABLE"""

import csv
import json
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

address = urlsplit(sys.argv[1])  # as `tailprobe review` prints it, with the token
headers = {"x-review-token": parse_qs(address.query)["token"][0], "content-type": "application/json"}
with Path(sys.argv[2]).open(newline="") as file:
    tags = {row["image_name"]: row["tags"].split() for row in csv.DictReader(file)}


def ask(path: str, body: dict | None = None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(f"http://{address.netloc}/api/{path}", data, headers)) as answer:
        return json.load(answer)


candidates = ask("queue")["candidates"]
for candidate in candidates:
    shows = candidate["class"] in tags[candidate["image"].removesuffix(".jpg")]
    ask("decide", {"number": candidate["number"], "decision": "confirm" if shows else "reject", "reviewer": "table"})
print(ask("write", {})["written"])
