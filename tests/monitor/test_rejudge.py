"""The loop once more from stored readings: what it says, in which order, and who watched from where to where."""

import random
from itertools import pairwise

import pytest

from readings import Stretch, columns, readings
from watchglass.model.detector import Detector
from watchglass.model.finding import Event, Finding, Reading
from watchglass.model.gate import Gate
from watchglass.model.media import KEY_FRAMES_ONLY, ClockAnchor, NotWatched, Progress, Track, Tracks
from watchglass.model.stored import End, Header
from watchglass.monitor.context import Context, Ear
from watchglass.monitor.rejudge import Story, judge, observations
from watchglass.monitor.watch import watch
from watchglass.store.archive import open_archive
from watchglass.store.keeping import Keeper

VIDEO, SOUND, SECOND = (
    Track("video:0", "video", "h264"),
    Track("audio:0", "audio", "aac"),
    Track("audio:1", "audio", "ac3"),
)


class Busy(Detector[Progress]):
    """Opens and closes all the time, on each of its tracks differently."""

    name, consumes, kind = "acme.busy", (Progress,), "any"
    every = 3

    def prepare(self):
        self._gate = Gate(self.name, self.track_id, close_after=0.1)

    def measure(self, item):
        yield Reading(self.name, self.track_id, "tick", item.pts, 0.1, item.pts, "s")
        if self.track_id == "audio:0":
            yield NotWatched(item.pts, "half of it", self.track_id, self.name, 0.1)

    def judge(self, reading):
        bad = round(10 * reading.pts + len(self.track_id or "")) // self.every % 2
        yield from self._gate.update(reading, value=float(bad))

    def finish(self, pts):
        yield from self._gate.finish(pts)


class Whole(Busy):
    """Watches the stream, and reads of whatever track it likes."""

    name, kind, every = "acme.whole", None, 2

    def measure(self, item):
        yield Reading(self.name, "audio:7", "tick", item.pts, 0.1, item.pts, "s")


class FailsMeasuring(Busy):
    name = "acme.measures_badly"

    def measure(self, item):
        if item.pts > 3.14 and self.track_id == "video:0":
            raise ValueError
        yield from super().measure(item)


class FailsJudging(Busy):
    name = "acme.judges_badly"

    def judge(self, reading):
        yield from super().judge(reading)
        if reading.pts > 2.0 and self.track_id == "audio:0":
            raise ValueError


class FailsAtLast(Busy):
    name = "acme.ends_badly"

    def finish(self, pts):
        yield from super().finish(pts)
        raise ValueError


CREW = (Busy, Whole, FailsMeasuring, FailsJudging, FailsAtLast)
NAMES = [each.name for each in CREW]


def hire(track, crew=CREW):
    return [each(None, track) for each in crew if (each.kind is None) == (track is None)]


def items():
    """Tracks that come and go, and progress."""
    announced = {0: (VIDEO, SOUND), 40: (SOUND,), 55: (SECOND, VIDEO, SOUND), 80: (VIDEO, SOUND)}
    for tenth in range(100):
        if tenth in announced:
            yield Tracks(tenth / 10, announced[tenth])
        if tenth % 25 == 0:
            yield ClockAnchor(tenth / 10, 1e9, "arrival")
            yield NotWatched(tenth / 10, "encrypted", "video:1")
        yield Progress(tenth / 10)


def kept(folder, seen, how="ended", end=9.9):
    keeper = Keeper(folder, 0, Header(source="a", run="r", version="0", settings={name: {} for name in NAMES}))
    for each in seen:
        keeper.add(each)
    if how:
        keeper.close(End(end, how))
    else:
        keeper._write()
    [found], _ = open_archive(folder)
    return found


def again(found, crew=CREW, **part):
    story = Story(found.happenings(), **part)
    judged = [
        judge(each.name, number, found.readings(each.name), story, lambda track: hire(track, crew))
        for number, each in enumerate(crew)
    ]
    return list(observations(story, judged, [each.name for each in crew]))


@pytest.mark.parametrize("how", ["ended", "unwatched"])
def test_everything_in_the_order_of_the_loop(tmp_path, how):
    seen = list(watch(items(), hire, is_stopped=lambda: how == "unwatched"))
    assert sum(isinstance(each, Finding) for each in seen) > 50
    assert again(kept(tmp_path, seen, how)) == [each for each in seen if type(each) is not Reading]


def test_a_run_that_was_cut_off_closes_nothing(tmp_path):
    seen = list(watch(items(), hire, is_stopped=lambda: True))
    assert again(kept(tmp_path, seen, how="")) == [each for each in seen if type(each) is not Reading]


def test_one_that_fails_now_and_did_not_then_is_told_where_it_fails(tmp_path):
    class Worse(Busy):
        def judge(self, reading):
            if reading.pts > 6.0:
                raise ValueError
            yield from super().judge(reading)

    found = kept(tmp_path, watch(items(), hire))
    told = [each for each in again(found, (Worse,)) if isinstance(each, Finding)]
    failed = [each for each in told if each.detector == "monitor.detector_failed"]
    assert {each.opened_at for each in failed} == {6.1}
    assert [each.told_at for each in told] == sorted(each.told_at for each in told)


def test_only_those_that_are_asked(tmp_path):
    found = kept(tmp_path, watch(items(), hire))
    told = again(found, (Whole,))
    assert {each.detector for each in told if isinstance(each, Finding)} == {"acme.whole"}
    assert all(each.detector is None for each in told if isinstance(each, NotWatched))


def test_a_part_is_judged_as_if_it_were_all(tmp_path):
    found = kept(tmp_path, watch(items(), hire))
    told = [each for each in again(found, (Busy,), start=2.0, stop=7.0) if isinstance(each, Finding)]
    assert min(each.opened_at for each in told) >= 2.0
    assert max(each.told_at for each in told) <= 7.0
    opened, closed = ({each.key for each in told if each.event is event} for event in (Event.OPENED, Event.CLOSED))
    assert opened == closed


@pytest.mark.parametrize("seed", range(5))
def test_context_hears_the_same_from_few_levels_as_from_all(seed):
    """Whether sound goes on is asked at any moment, not only where it changes."""
    chance = random.Random(seed)
    kinds = [
        Stretch(chance.choice(["dull", "bad", "edge"]), chance.choice([1, 5, 15, 19, 20, 21, 40])) for _ in range(60)
    ]
    levels = readings("audio.silence", kinds, seed)
    ear, whole = Ear(), columns(levels)
    cuts = sorted({0, len(levels), *(chance.randrange(len(levels)) for _ in range(6))})
    picked = {}
    for begin, end in pairwise(cuts):
        picked |= dict(ear.listen(whole[slice(begin, end)]))
    assert len(picked) < len(levels) / 2
    all_heard, few_heard = Context(), Context()
    for order, level in enumerate(levels, 1):
        all_heard._listen(level)
        if order in picked:
            assert picked[order] == level
            few_heard._listen(level)
        assert few_heard._sound_goes_on() is all_heard._sound_goes_on()


class Mover(Busy):
    name, kind, every, needs_every_picture = "acme.mover", "video", 3, True


def by_tier(track, crew=(Busy, Mover)):
    is_few = track is not None and track.has_key_frames_only
    made = [each(None, track) for each in crew if track is not None and each.kind in ("any", track.kind)]
    return [each for each in made if not (is_few and each.needs_every_picture)]


def test_turns_between_the_tiers(tmp_path):
    few = Track("video:0", "video", "h264", facts={"pictures": KEY_FRAMES_ONLY})
    turns = {0: few, 23: VIDEO, 47: few, 78: VIDEO}

    def source():
        for tenth in range(100):
            if tenth in turns:
                yield Tracks(tenth / 10, (turns[tenth], SOUND))
            yield Progress(tenth / 10)

    seen = list(Context().weigh(watch(source(), by_tier)))
    found = kept(tmp_path, seen)
    story = Story(found.happenings())
    judged = [judge(each.name, n, found.readings(each.name), story, by_tier) for n, each in enumerate((Busy, Mover))]
    again = Context().weigh(observations(story, judged, [Busy.name, Mover.name]))
    then = [each for each in seen if isinstance(each, Finding)]
    assert [each for each in again if isinstance(each, Finding)] == then
    assert Event.UNWATCHED in {each.event for each in then}
