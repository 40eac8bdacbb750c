"""What live sources of one peer yield, until it is enough."""

import socket
import threading
import time

from watchglass.media.source import SourceOptions, open_source
from watchglass.model.media import Stall, VideoFrame

DATAGRAM = 7 * 188


def seen(target, enough=lambda items: False, *, patience=30, options=None, begin=lambda: None):
    """The items of a source until there are enough of them; or a number of ``Stall`` that is more than enough.

    ``begin`` is called when the source is open.
    """
    items, stalls = [], 0
    with open_source(target, options or SourceOptions()) as source:
        assert source.is_live
        begin()
        for item in source:
            items.append(item)
            stalls += isinstance(item, Stall)
            if enough(items) or stalls > patience:
                source.stop()
    return items


class Sender(threading.Thread):
    """Sends streams as datagrams, one after the other, faster than they play."""

    def __init__(self, port, *streams):
        super().__init__(daemon=True)
        self.port, self.streams, self.is_over = port, streams, threading.Event()

    def run(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for data in self.streams:
                for at in range(0, len(data), DATAGRAM):
                    if self.is_over.is_set():
                        return
                    sender.sendto(data[at : at + DATAGRAM], ("127.0.0.1", self.port))
                    time.sleep(0.002)  # the kernel keeps a quarter of a megabyte, and drops the rest


def seen_as_datagrams(port, streams, enough, *, options=None):
    """The items of streams that are sent to a port, until there are enough of them, or nothing comes any more."""
    sender = Sender(port, *streams)
    items = seen(f"udp://127.0.0.1:{port}", enough, patience=8, options=options, begin=sender.start)
    sender.is_over.set()
    sender.join()
    return items


def of(kind, items):
    return [item for item in items if isinstance(item, kind)]


def pictures(n):
    return lambda items: len(of(VideoFrame, items)) >= n
