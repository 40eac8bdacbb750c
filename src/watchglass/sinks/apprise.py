"""Apprise: a message for people by any of some 180 services, where there is no sink of ours.

Apprise runs in a process of its own (``apprise_worker.py``), which lives as long as the sink, is ended if it does not
answer, and is started anew when there is something to tell. Its address is a secret as a whole: no part of it is told.
Files of this machine that an address names (templates, keys) are not read.
"""

import contextlib
import json
import os
import re
import selectors
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from watchglass.model.errors import UsageError
from watchglass.model.finding import Severity
from watchglass.model.sink import Notification, SinkError
from watchglass.net.address import redact
from watchglass.net.guard import Network
from watchglass.sinks.words import Words, in_words

_STARTED_WITHIN = 60.0
"""Seconds: all plugins are read, perhaps from a cold disk, on a machine that has better things to do."""
_DEADLINE = 10.0
"""Seconds for one message; the worker gives up a little earlier."""
_KINDS = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "failure"}
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
"""All that the worker gets of ours: no proxies, no tokens, no home with a ``.netrc``."""
_LONGEST_ANSWER = 64 << 10
_SHORTEST_SECRET = 3
"""Characters; a shorter part of an address is found in too many words."""


class Apprise:
    """Tells one of Apprise's services.

    Args:
        url: Apprise's address, such as ``mailto://…``; a secret.
        allow_private: Private networks that it may be in.
        deadline: Seconds for one message.

    Raises:
        UsageError: The address cannot be used, or Apprise is not installed.
    """

    def __init__(self, url: str, *, allow_private: Sequence[Network] = (), deadline: float = _DEADLINE) -> None:
        self._url = url.strip()
        self._allow = [str(network) for network in allow_private]
        self._deadline = deadline
        self._worker: _Worker | None = None
        try:
            self._working()
        except SinkError as error:
            if error.is_final:  # else it may start another time
                raise UsageError(str(error)) from None

    def send(self, news: Sequence[Notification]) -> None:
        """Tell them in one message.

        Raises:
            SinkError: It did not arrive, as far as anybody knows.
        """
        told = in_words(news)
        answer = self._asked({"title": told.title, "body": told.body, "kind": _kind(told)}, self._deadline)
        if answer.get("ok"):
            return
        if answer.get("late"):  # its thread may still be at it
            self.close()
        if refused := str(answer.get("refused", "")):
            raise SinkError(self._said(refused), is_final=True)
        raise SinkError(self._said(str(answer.get("why", ""))))

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    def _asked(self, question: Mapping[str, Any], patience: float) -> Mapping[str, Any]:
        worker = self._working()
        try:
            return worker.ask(question, patience)
        except (OSError, ValueError) as error:
            self.close()
            why = "no answer in time" if isinstance(error, TimeoutError) else "its process has ended"
            raise SinkError(f"apprise: {why}") from None

    def _working(self) -> "_Worker":
        if self._worker is not None and self._worker.is_alive:
            return self._worker
        self.close()
        self._worker = _Worker()
        answer = self._asked({"url": self._url, "allow": self._allow}, _STARTED_WITHIN)
        if answer.get("ok"):
            return self._worker
        self.close()
        if answer.get("missing"):
            raise SinkError("this sink needs Apprise: pip install 'watchglass[apprise]'", is_final=True)
        raise SinkError(f"apprise: {str(answer.get('why', ''))[:200]}", is_final=True)

    def _said(self, text: str) -> str:
        """For people: in one line, without any part of the address but its schema."""
        schema, _, rest = self._url.partition("://")
        parts = {*re.split(r"[/?&=:@,;#+]", rest), *re.split(r"[/?&=:@,;#+]", unquote(rest)), rest}
        for secret in sorted(parts - {schema}, key=len, reverse=True):
            if len(secret) >= _SHORTEST_SECRET:
                text = re.sub(re.escape(secret), "***", text, flags=re.IGNORECASE)
        return f"apprise, {schema}: {' '.join(redact(text).split())[:300] or 'not delivered'}"


class _Worker:
    """A process that answers a line with a line."""

    def __init__(self) -> None:
        paths = [path for path in sys.path if path]
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        if "SSL_CERT_FILE" in environment:  # a company's own authority, as everywhere else
            environment.setdefault("REQUESTS_CA_BUNDLE", environment["SSL_CERT_FILE"])
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "watchglass.sinks.apprise_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**environment, "HOME": "/nonexistent", "PYTHONPATH": os.pathsep.join(paths)},
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for us, who end it when its message has arrived
        )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, question: Mapping[str, Any], patience: float) -> Mapping[str, Any]:
        """What it says.

        Raises:
            OSError: It has ended, or does not answer in time (``TimeoutError``).
            ValueError: It says something else.
        """
        into, out = self._process.stdin, self._process.stdout
        if into is None or out is None:
            raise OSError("there are no pipes")
        asked = json.dumps(question).encode() + b"\n"
        while asked:  # a pipe takes what it has room for
            asked = asked[os.write(into.fileno(), asked) :]
        end, said = time.monotonic() + patience, b""
        with selectors.DefaultSelector() as waiting:
            waiting.register(out, selectors.EVENT_READ)
            while not said.endswith(b"\n"):
                if not waiting.select(max(0.0, end - time.monotonic())):
                    raise TimeoutError
                chunk = os.read(out.fileno(), 1 << 16)
                said += chunk
                if not chunk or len(said) > _LONGEST_ANSWER:
                    raise OSError("it has ended")
        answer = json.loads(said)
        if not isinstance(answer, dict):
            raise ValueError("no answer")
        return answer

    def end(self) -> None:
        """End it now: it has nothing to lose."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self._process.wait()


def _kind(told: Words) -> str:
    return "success" if told.is_over else _KINDS[told.severity]
