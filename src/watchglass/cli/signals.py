"""SIGINT and SIGTERM for as long as a command can end cleanly on them."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def handled(by: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM call it, where there is somebody to catch them: the main thread alone can."""

    def handle(number: int, frame: FrameType | None) -> None:
        by()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
