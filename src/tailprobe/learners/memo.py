"""Memo: what several heads of one split need, computed once."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Memo:
    """Results by name, for heads that are fitted to the same rows; each is computed by the first that asks.

    A result depends only on its name and on the rows, so a head is the same in any company.

    >>> memo = Memo()
    >>> memo.once("sum", lambda: 1 + 1), memo.once("sum", lambda: 5)
    (2, 2)
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._results: dict[str, Future[Any]] = {}

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Return what `make` gave the first time; other threads wait for it. An exception is raised to all of them."""
        with self._lock:
            known = self._results.get(name)
            result: Future[Any] = Future() if known is None else known
            self._results[name] = result
        if known is None:
            try:
                result.set_result(make())
            except BaseException as error:
                result.set_exception(error)
                raise
        return cast("T", result.result())
