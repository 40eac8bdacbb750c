"""Keeps the proof of what is found: cuts clips beside the watching, as it must not wait for them."""

import logging
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from watchglass.config.keep import versions
from watchglass.config.prove import prove
from watchglass.media.ring import PacketRing
from watchglass.model.errors import EvidenceError
from watchglass.model.finding import Finding
from watchglass.monitor.context import DAMAGE
from watchglass.monitor.proof import Framing, Job, Proof
from watchglass.store.evidence import EvidenceFolder
from watchglass.supervisor.machine import Machine
from watchglass.supervisor.process import give_back_memory
from watchglass.supervisor.turn import at_once, turn

log = logging.getLogger(__name__)

_MOST_WAITING = 8
"""Clips that wait to be cut; of more there is none."""
_NEAR = 3.0
"""Seconds around what was found in which something else may have come damaged."""
_NICE = 5
"""Watching goes first; but where more wants to run than there are processors, a thread that hardly gets its turn
would keep the interpreter that watching waits for (with 15, for seconds)."""
_MOST_WAIT = 5.0
"""Seconds for which a clip waits until others have cut theirs. The ring goes on meanwhile: much longer, and the
beginning would be missing."""
_LEAVE = 3.0
"""Seconds that the last clips may take when watching ends."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where proof goes, and how much is shown."""

    folder: Path
    framing: Framing
    most_bytes: int
    most_age: float
    """Seconds."""

    def open(self) -> EvidenceFolder:
        """The folder.

        Raises:
            EvidenceError: It cannot be made.
        """
        return EvidenceFolder(self.folder, self.most_bytes, self.most_age)


class Prover:
    """For one stretch of watching.

    Args:
        keeping: Where to.
        stream: Its name.
        detectors: Ids of those that watch.
        trouble: Hears why there is no proof.
    """

    def __init__(self, keeping: Keeping, stream: str, detectors: list[str], trouble: Callable[[str], None]) -> None:
        self.ring = PacketRing()
        self._keeping, self._stream, self._trouble = keeping, stream, trouble
        self._detectors = detectors
        self._proof = Proof(keeping.framing)
        self._damage: deque[tuple[float, float]] = deque(maxlen=100)
        """Stretches of media time around what lost or broken packets do."""
        self._jobs: queue.Queue[tuple[Job, float] | None] = queue.Queue(_MOST_WAITING)
        """Each with when it was asked for: its seconds are let go some time after that."""
        self._is_over = False
        """Nobody watches any more whom the cutting could make late."""
        self._thread = threading.Thread(target=self._run, name="proof", daemon=True)

    def take(self, finding: Finding, identity: str) -> None:
        """Something was told about a finding."""
        if finding.detector in DAMAGE or finding.detector.startswith("transport."):
            self._damage.append((finding.opened_at - _NEAR, finding.told_at + _NEAR))
        self._proof.take(finding, identity)

    def reached(self, position: float, waited: float = 0.0) -> None:
        """Watched up to ``position`` (seconds); nothing came for ``waited`` seconds since."""
        for job in self._proof.due(position, waited):
            self._submit(job)

    def close(self) -> None:
        """Cut what is left."""
        self._is_over = True
        for job in self._proof.finish():
            self._submit(job)
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join(_LEAVE)

    def _submit(self, job: Job) -> None:
        if self._thread.ident is None:
            self._thread.start()
        try:
            self._jobs.put_nowait((job, time.monotonic()))
        except queue.Full:
            self._trouble(f"no proof of {job.finding.detector}: too much is found at once")

    def _may_wait(self, asked_at: float) -> bool:
        """Whether a clip that was asked for then may come later still."""
        return not self._is_over and time.monotonic() - asked_at < _MOST_WAIT

    def _run(self) -> None:
        with suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        found, places = versions(self._detectors), at_once(Machine().cores)
        while (asked := self._jobs.get()) is not None:
            job, asked_at = asked
            try:
                is_sound = not any(begin < job.stop and end > job.start for begin, end in tuple(self._damage))
                folder = self._keeping.open()
                with turn(folder.root, places, partial(self._may_wait, asked_at)):
                    prove(job, self.ring, folder, self._stream, found, is_sound=is_sound)
            except EvidenceError as error:
                self._trouble(f"no proof of {job.finding.detector}: {error}")
            except Exception as error:  # foreign bytes once more: watching goes on
                log.exception("proof of %s", job.finding.detector)
                self._trouble(f"no proof of {job.finding.detector}: watchglass failed on it ({type(error).__name__})")
            give_back_memory()
