"""Writes down what happens, and has it told also while the database cannot be written.

Between who watches and the ledger: news wait here for some milliseconds, so that a flood of them is a few transactions.
While the database is locked, full, broken or gone, or does not get on, they stay in memory, sinks are told from there
under the same ids, and what was told is recorded as told when the database is back. What is not there meanwhile:
incidents that are held back for maintenance stay so, and nobody knows who was told of what before.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from watchglass.model.errors import AwayStoreError, DamagedStoreError, StoreError
from watchglass.model.finding import Severity
from watchglass.model.sink import Bulletin, Notification
from watchglass.store.database import UNOPENED
from watchglass.store.ledger import Ledger
from watchglass.store.outbox import Key, Standing

log = logging.getLogger(__name__)

_BATCH = 500
"""News in one transaction."""
_WRITTEN = 1_000
"""News that are kept here, too, until they are told, in case that the database goes away before."""
_TOO_LONG = 3.0
"""Seconds of one transaction after which news no longer wait for it: a disk may stand still without an error."""
_RETRY = 1.0
"""Seconds between two attempts to write."""


@dataclass(slots=True)
class _Kept:
    """A piece of news in memory."""

    bulletin: Bulletin
    number: int
    since: float
    is_written: bool = False
    standings: dict[str, Standing] = field(default_factory=dict)
    """By sink, what became of it; nothing of what is held back."""

    @property
    def severity(self) -> Severity:
        return self.bulletin.news.incident.severity

    @property
    def is_settled(self) -> bool:
        return self.is_written and all(each.state != "pending" for each in self.standings.values())

    def tried(self) -> dict[Key, Standing]:
        """What became of it so far, where that is more than that it is due."""
        untouched = Standing("pending", self.since)
        return {(self.bulletin.news.id, sink): each for sink, each in self.standings.items() if each != untouched}


class Scribe:
    """Safe to share between threads; is the outbox of whoever tells.

    Args:
        ledger: Where to write; None where the database could not be opened yet (``reopen``).
        most: News that wait in memory at most; beyond them the least grave go first, and of those the oldest.
        on_news: Called when there is something to tell; must return at once.
        clock: UTC in seconds since 1970, for the thread.
    """

    def __init__(
        self,
        ledger: Ledger | None,
        *,
        most: int = 10_000,
        on_news: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.on_news = on_news
        self.is_broken = False
        """True once the file of the database has proved to be damaged, until there is another one."""
        self.lost = 0
        """News that memory had no room for."""
        self._open_ledger = ledger
        self._most = most
        self._clock = clock
        self._lock = threading.Condition()
        self._writing = threading.Lock()
        self._began_at: float | None = None
        """``time.monotonic()`` when the transaction began that is being written."""
        self._kept: dict[str, _Kept] = {}
        """By id of the news, the oldest first."""
        self._unnoted: dict[Key, Standing] = {}
        """What became of rows of the ledger that it does not know yet."""
        self._number = 0
        self._why = "" if ledger else UNOPENED
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="scribe", daemon=True)

    @property
    def trouble(self) -> str:
        """Why the database is not written, and what waits for it; empty if all is well."""
        if not self._why:
            return ""
        with self._lock:
            waiting = sum(not each.is_written for each in self._kept.values())
        lost = f"; memory was full, {self.lost} were let go" if self.lost else ""
        return f"{self._why}; {waiting} pieces of news wait in memory{lost}"

    def tell(self, bulletins: Iterable[Bulletin], now: float) -> None:
        """Have news written and told; returns at once.

        Args:
            bulletins: What happened, in order.
            now: UTC.
        """
        with self._lock:
            for each in bulletins:
                self._number += 1
                kept = _Kept(each, self._number, now)
                if not each.held_until:
                    kept.standings = {due.sink: Standing("pending", now) for due in each.dues}
                self._kept.setdefault(each.news.id, kept)
            self._make_room()
            self._lock.notify()
        if self._why:
            self.on_news()

    def turn(self, now: float) -> bool:
        """Write what waits; False if it still does.

        Args:
            now: UTC.
        """
        with self._writing:
            while True:
                with self._lock:
                    unnoted = dict(self._unnoted)
                    batch = [each for each in self._kept.values() if not each.is_written][:_BATCH]
                    standings = {key: standing for each in batch for key, standing in each.tried().items()}
                if not (batch or unnoted or self._why):
                    return True
                self._began_at = time.monotonic()
                try:
                    if unnoted or not batch:
                        self._ledger.settle(unnoted)
                    made = self._ledger.record([each.bulletin for each in batch], now, standings) if batch else set()
                except StoreError as error:
                    self._trouble(error)
                    return False
                finally:
                    self._began_at = None
                with self._lock:
                    self._written(batch, made, standings)
                    for key, standing in unnoted.items():
                        if self._unnoted.get(key) == standing:
                            del self._unnoted[key]
                    is_done = not self._unnoted and all(each.is_written for each in self._kept.values())
                    was_trouble, self._why = bool(self._why), "" if is_done else self._why
                self.on_news()
                if is_done:
                    if was_trouble:
                        log.info("the database is written again")
                    return True

    def reopen(self, ledger: Ledger) -> None:
        """Go on with another database. Where it is empty, whoever keeps incidents tells those that are open again."""
        with self._writing, self._lock:
            self._open_ledger = ledger
            self.is_broken = False
            self._unnoted.clear()
            for each in self._kept.values():
                each.is_written = False
            self._lock.notify()

    def release(self, streams: Collection[str], now: float) -> None:
        """Maintenance of these streams is over, also for what has not been written yet.

        Args:
            streams: Their names.
            now: UTC.

        Raises:
            StoreError: What has been written is held back as long as was said.
        """
        with self._writing:  # nothing is on its way from here to there
            with self._lock:
                for each in self._kept.values():
                    if each.bulletin.held_until > now and each.bulletin.news.incident.stream in streams:
                        each.bulletin = replace(each.bulletin, held_until=now)
            self._ledger.release(streams, now)

    def start(self) -> None:
        """Write in a thread from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, as far as that is possible, and end."""
        with self._lock:
            self._is_over = True
            self._lock.notify()
        if self._thread.is_alive():
            self._thread.join()
        if not self.turn(self._clock()):
            log.error("what could not be recorded is lost: %s", self.trouble)

    def claim(self, now: float, lease: float, sink: str, most: int = 100) -> list[Notification]:
        """What is due for a sink, the oldest first; from memory while the database is in trouble."""
        began_at = self._began_at
        if not self._why and began_at is not None and time.monotonic() - began_at > _TOO_LONG:
            self._trouble(AwayStoreError(f"it has taken more than {_TOO_LONG:.0f} s to write"))
        if not self._why:
            try:
                claimed = self._ledger.claim(now, lease, sink, most)
            except StoreError as error:
                self._trouble(error)
            else:
                with self._lock:
                    for one in claimed:
                        self._stands(one.key, Standing("pending", now + lease, one.attempts))
                return claimed
        with self._lock:
            return list(self._from_memory(now, lease, sink, most))

    def sent(self, news: Sequence[Notification]) -> None:
        """They have arrived."""
        self._became({one.key: Standing("sent") for one in news}, lambda: self._ledger.sent(news))

    def failed(self, news: Sequence[Notification], why: str, again_at: float | None) -> None:
        """They have not; None if there shall be no other attempt."""
        state = "dead" if again_at is None else "pending"
        became = {one.key: Standing(state, again_at or 0.0, one.attempts + 1, why) for one in news}
        self._became(became, lambda: self._ledger.failed(news, why, again_at))

    def later(self, news: Sequence[Notification], at: float) -> None:
        """They were not tried, and are due then."""
        became = {one.key: Standing("pending", at, one.attempts) for one in news}
        self._became(became, lambda: self._ledger.later(news, at))

    @property
    def _ledger(self) -> Ledger:
        if self._open_ledger is None:
            raise StoreError(UNOPENED)
        return self._open_ledger

    def _became(self, became: dict[Key, Standing], note: Callable[[], None]) -> None:
        """Remember it, and note it in the ledger; or, if it cannot be noted, later."""
        with self._lock:
            for key, standing in became.items():
                self._stands(key, standing)
            # What is not written yet is written as it stands; rows of the ledger are noted there.
            rows = {key: each for key, each in became.items() if self._is_row(key[0])}
            # What is about to be noted by the writer must not come after what is noted here.
            is_for_later = bool(self._why) or len(rows) < len(became) or not self._unnoted.keys().isdisjoint(rows)
            if is_for_later:
                self._unnoted |= rows
                self._lock.notify()
            self._forget(key[0] for key in became)
        if is_for_later:
            return
        try:
            note()
        except StoreError as error:
            with self._lock:
                self._unnoted |= rows
            self._trouble(error)

    def _is_row(self, news: str) -> bool:
        return news not in self._kept or self._kept[news].is_written

    def _stands(self, key: Key, standing: Standing) -> None:
        news, sink = key
        kept = self._kept.get(news)
        if kept is not None and sink in kept.standings:
            kept.standings[sink] = standing

    def _from_memory(self, now: float, lease: float, sink: str, most: int) -> Iterable[Notification]:
        waiting: set[str] = set()
        claimed = 0
        for kept in self._kept.values():
            standing, news = kept.standings.get(sink), kept.bulletin.news
            if standing is None or standing.state != "pending" or news.incident.id in waiting:
                continue
            if standing.due_at > now:
                waiting.add(news.incident.id)  # what follows must not overtake it
                continue
            if claimed == most:
                return
            claimed += 1
            kept.standings[sink] = Standing("pending", now + lease, standing.attempts, standing.error)
            [group] = [due.group for due in kept.bulletin.dues if due.sink == sink]
            yield Notification(
                number=kept.number,
                id=news.id,
                sink=sink,
                event=news.event,
                at=news.at,
                incident=news.incident,
                attempts=standing.attempts,
                group=group,
                since=kept.since,
            )

    def _written(self, batch: Sequence[_Kept], made: set[Key], standings: dict[Key, Standing]) -> None:
        for each in batch:
            news = each.bulletin.news.id
            each.is_written = True
            for key, standing in each.tried().items():
                if key not in made or standings.get(key) != standing:  # it was a row before, or tried meanwhile
                    self._unnoted[key] = standing
            each.standings = {sink: of_it for sink, of_it in each.standings.items() if (news, sink) in made}
        self._forget([each.bulletin.news.id for each in batch])
        written = [news for news, each in self._kept.items() if each.is_written]
        for news in written[: max(0, len(written) - _WRITTEN)]:
            del self._kept[news]

    def _forget(self, news: Iterable[str]) -> None:
        for one in news:
            kept = self._kept.get(one)
            if kept is not None and kept.is_settled:
                del self._kept[one]

    def _make_room(self) -> None:
        """The least grave go first, and of those the oldest; of notes a few more, so that it is seldom done."""
        waiting = [each for each in self._kept.values() if not each.is_written]
        excess = len(waiting) - self._most
        if excess <= 0:
            return
        waiting.sort(key=lambda each: each.severity)  # stable: those of one severity stay in their order
        more = sum(each.severity is Severity.INFO for each in waiting[excess : excess + self._most // 20])
        if not self.lost:
            log.warning("memory for news that cannot be written is full: the oldest notes are let go")
        self.lost += excess + more
        for each in waiting[: excess + more]:
            del self._kept[each.bulletin.news.id]

    def _trouble(self, error: StoreError) -> None:
        with self._lock:
            was_well, self._why = not self._why, str(error)
            self.is_broken = self.is_broken or isinstance(error, DamagedStoreError)
            self._lock.notify()
        if was_well:
            log.warning("the database cannot be used, sinks are told from memory: %s", error)
        self.on_news()

    def _run(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(self._has_work, None)
                if self._is_over:
                    return
            if not self.turn(self._clock()):
                with self._lock:
                    if self._lock.wait_for(lambda: self._is_over, _RETRY):
                        return

    def _has_work(self) -> bool:
        return bool(self._is_over or self._unnoted or self._why) or any(
            not each.is_written for each in self._kept.values()
        )
