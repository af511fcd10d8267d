"""Memos of the splits whose heads are being fitted: what heads without gradient descent share."""

import hashlib
from collections import OrderedDict
from threading import Lock

import numpy as np

from tailprobe.learners.memo import Memo
from tailprobe.training.task import HeadTask

SPLITS = 2  # whose results are kept: heads are fitted split by split, and threads are at most at the border of two


class SharedFits:
    """A memo for each split; of more than `splits` the one that was used least lately is forgotten."""

    def __init__(self, splits: int = SPLITS) -> None:
        self._lock, self._splits = Lock(), splits
        self._memos: OrderedDict[str, Memo] = OrderedDict()

    def of(self, task: HeadTask) -> Memo:
        """Return the memo of the heads with the encoder, rows and standardisation of a task."""
        digest = hashlib.sha256(f"{task.key.encoder}\0{task.standardise}".encode())
        for rows in (task.train, task.validation):
            digest.update(np.int64(len(rows)).tobytes() + np.ascontiguousarray(rows, dtype=np.int64).tobytes())
        with self._lock:
            memo = self._memos.setdefault(digest.hexdigest(), Memo())
            self._memos.move_to_end(digest.hexdigest())
            while len(self._memos) > self._splits:
                self._memos.popitem(last=False)
        return memo
