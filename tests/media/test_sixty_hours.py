"""A stream of sixty hours, in which clocks of 33 bits begin anew twice: no false finding, and no tick is lost."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transport import AUDIO, MAP, VIDEO, array, packet, pat, pcr_field, pes, pmt
from watchglass.config.examine import check
from watchglass.detectors import CATALOGUE, load
from watchglass.faults.retime import TICKS, shifted
from watchglass.kernels.ts import CLOCK, NONE, WRAP, headers, timestamps
from watchglass.media.source import open_source
from watchglass.media.timeline import Timeline
from watchglass.media.ts import TransportStream
from watchglass.model.finding import Finding
from watchglass.model.media import TimelineBreak, Tracks, VideoFrame
from watchglass.monitor.watch import watch

HOURS = 60
SECONDS = 3600 * HOURS
FIRST = (1 << 33) - 20 * 3600 * TICKS
"""Ticks at which it begins: the first wrap comes after 20 hours, the second after 46 and a half."""
EVERY = 60
"""Seconds between two pictures of the film that takes sixty hours in a second."""
TICK = 1.0 / TICKS


def told_by_indicators(checks):
    items = [Tracks(0.0, ()), *(each.item(each.begin, is_live=True) for each in checks)]
    names = [name for name in CATALOGUE if name.startswith("transport.ts_")]
    found = watch(items, lambda track: [] if track else [load(name)() for name in names])
    return {each.detector for each in found if isinstance(each, Finding)}


class Second:
    """A second of a stream, to be sent again and again with other times: as little of it as TR 101 290 allows."""

    def __init__(self):
        kinds = []
        for n in range(10):
            kinds += [self._table(0, pat({1: MAP}))] * (n % 3 == 0)
            kinds += [self._table(MAP, pmt((0x1B, VIDEO, b""), (0x0F, AUDIO, b"")))] * (n % 3 == 0)
            ticks = n * CLOCK // 10
            kinds.append(packet(VIDEO, payload=pes(ticks // 300 + 900), begins=True, adaptation=pcr_field(ticks)))
            kinds += [packet(AUDIO, payload=pes(ticks // 300 + 900, 0xC0), begins=True)] * (n % 5 == 2)
        self._packets = array(*kinds)
        told = headers(self._packets)
        self._pid = told.pid
        self._clocks, self._pcr = np.flatnonzero(told.pcr != NONE), told.pcr[told.pcr != NONE]
        pts = timestamps(self._packets, told)
        self._times, self._pts = np.flatnonzero(pts != NONE), pts[pts != NONE]
        self._payload_at = told.payload_at[self._times]

    def _table(self, pid, section):
        return packet(pid, payload=(b"\0" + section).ljust(184, b"\xff"), begins=True)

    def many(self, number, count):
        """``count`` of them from the one with that number on: (n, 188)."""
        made = np.tile(self._packets, (count, 1, 1))
        steps = FIRST + TICKS * np.arange(number, number + count)
        self._set_clocks(made, (300 * steps[:, None] + self._pcr) % WRAP)
        self._set_times(made, (steps[:, None] + self._pts) % (1 << 33))
        for pid in np.unique(self._pid):
            where = np.flatnonzero(self._pid == pid)
            counters = len(where) * np.arange(number, number + count)[:, None] + np.arange(len(where))
            made[:, where, 3] = made[:, where, 3] & 0xF0 | counters & 0x0F
        return made.reshape(-1, 188)

    def _set_clocks(self, made, ticks):
        base, extension = np.divmod(ticks, 300)
        for place, shift in enumerate((25, 17, 9, 1)):
            made[:, self._clocks, 6 + place] = base >> shift & 0xFF
        made[:, self._clocks, 10] = (base & 1) << 7 | 0x7E | extension >> 8
        made[:, self._clocks, 11] = extension & 0xFF

    def _set_times(self, made, ticks):
        coded = (0x21 | ticks >> 29 & 0x0E, ticks >> 22, ticks >> 14 & 0xFE | 1, ticks >> 7, ticks << 1 & 0xFE | 1)
        for place, values in enumerate(coded):
            made[:, self._times, self._payload_at + 9 + place] = values & 0xFF


WRAPS = tuple(((turn << 33) - FIRST) / TICKS for turn in (1, 2))
"""Seconds after which the clock begins anew."""


def whole(begin, end):
    """The stream between two of its seconds."""
    return SECOND.many(round(begin), round(end - begin))


SECOND = Second()


def test_packets_of_sixty_hours():
    """Whole around both wraps, with hours left out in between."""
    assert all(0 < wrap < SECONDS for wrap in WRAPS)
    stream, checks = TransportStream(), []
    for at in (10, *WRAPS, SECONDS - 10):
        checks += stream.feed(whole(at - 10, at + 10).tobytes())
        checks += stream.resume()
    checks += stream.feed(b"", is_last=True)
    assert told_by_indicators(checks) == set()
    assert checks[-1].end == pytest.approx(80.0, abs=0.3)


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("lost", [1, 7, 40])
def test_a_wrap_and_a_loss(wrap, lost):
    packets = whole(wrap - 10, wrap + 10)
    at = int(np.flatnonzero(headers(packets).pcr != NONE)[100])
    left = np.delete(packets, slice(at - lost // 2, at - lost // 2 + lost), axis=0)
    stream = TransportStream()
    told = told_by_indicators([*stream.feed(left.tobytes()), *stream.feed(b"", is_last=True)])
    assert "transport.ts_pcr_discontinuity" not in told or lost > 20, "a hole of more than a second is a jump"
    assert "transport.ts_continuity" in told


@pytest.mark.parametrize("jump", [-7200, 40_000])
def test_a_wrap_and_a_discontinuity(jump):
    """Another clock just where the old one would have begun anew: one jump, not two."""
    before, after = whole(WRAPS[0] - 10, WRAPS[0]), whole(WRAPS[0], WRAPS[0] + 10)
    other = b"".join(shifted(each.tobytes(), jump * TICKS) for each in after)
    stream = TransportStream()
    checks = [*stream.feed(before.tobytes()), *stream.feed(other), *stream.feed(b"", is_last=True)]
    assert told_by_indicators(checks) == {"transport.ts_pcr_discontinuity"}
    assert sum(each.values.get("pcr_discontinuity", 0.0) for each in checks) == 1.0


@given(
    step=st.integers(3_000, 9 * TICKS),
    ahead=st.integers(1, 100),
    holes=st.dictionaries(st.integers(1, 199), st.integers(1, 9 * TICKS), max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_no_tick_is_lost(step, ahead, holes):
    """A track with holes anywhere, the wrap among them: each of its times is where it belongs."""
    timeline, now = Timeline(), 0
    for n in range(200):
        now += holes.get(n, 0)
        raw = (now - ahead * step) % (1 << 33) / TICKS
        pts, _ = timeline.place("v", raw, step / TICKS, wraps=True, tolerance=10.0)
        assert abs(pts * TICKS - now) < 0.1
        now += step


def test_sound_and_picture_for_sixty_hours():
    """In step to the tick, from the first to the last, over both wraps: no break but those two, of each."""
    timeline, breaks = Timeline(), []
    for now in range(0, SECONDS * TICKS, 460_800):
        for track, lasts in (("v", 230_400), ("a", 460_800)):
            for at in range(now, now + 460_800, lasts):
                raw = (FIRST + at) % (1 << 33) / TICKS
                pts, broken = timeline.place(track, raw, lasts / TICKS, wraps=True, tolerance=0.02)
                assert abs(pts * TICKS - at) < 0.1
                breaks += [(track, broken.cause)] if broken else []
    assert sorted(breaks) == [("a", "wrap")] * 2 + [("v", "wrap")] * 2


def filmed(every, count, first):
    """A real transport stream of ``count`` pictures, one in ``every`` seconds, that begins at a tick: (n, 188)."""
    sink, rng = io.BytesIO(), np.random.default_rng(0)
    with av.open(sink, "w", format="mpegts") as out:
        options = {"preset": "ultrafast", "tune": "zerolatency"}
        shown = out.add_stream("libx264", rate=Fraction(1, every), options=options)
        shown.width, shown.height, shown.pix_fmt = 64, 48, "yuv420p"
        shown.codec_context.time_base, shown.codec_context.gop_size = Fraction(every), 1
        for number in range(count):
            blocks = rng.integers(16, 235, (9, 8), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
            frame = av.VideoFrame.from_ndarray(blocks, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(every)
            out.mux(shown.encode(frame))
        out.mux(shown.encode(None))
    data = sink.getvalue()
    return array(*(shifted(data[at : at + 188], first) for at in range(0, len(data), 188)))


def numbers(packets):
    """To which picture each packet belongs."""
    told = headers(packets)
    return np.cumsum(told.begins & (told.pid == VIDEO)) - 1


def seen(path):
    """Times of the pictures, and why the timeline broke."""
    with open_source(str(path)) as source:
        items = list(source)
    times = np.array([item.pts for item in items if isinstance(item, VideoFrame)])
    return times, [item.cause for item in items if isinstance(item, TimelineBreak)]


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A picture a minute, for sixty hours."""
    path = tmp_path_factory.mktemp("film") / "sixty_hours.ts"
    path.write_bytes(filmed(EVERY, SECONDS // EVERY, FIRST).tobytes())
    return path


def test_a_film_of_sixty_hours(film):
    times, breaks = seen(film)
    assert len(times) == SECONDS // EVERY
    assert np.abs(times - EVERY * np.arange(len(times))).max() < TICK / 2
    assert breaks == ["wrap"] * 2


def test_nothing_is_found_in_its_times(film):
    assert check(str(film), detectors=["sync"]).findings == ()


@pytest.fixture(scope="module")
def short():
    """A picture every three seconds, for five minutes: the clock begins anew after the fiftieth."""
    return filmed(3, 100, (1 << 33) - 150 * TICKS)


@pytest.mark.parametrize("lost", [(48, 50), (49, 51), (50, 52), (51, 53)])
def test_pictures_that_are_lost_where_it_wraps(short, tmp_path, lost):
    which = numbers(short)
    (tmp_path / "lost.ts").write_bytes(short[(which < lost[0]) | (which >= lost[1])].tobytes())
    times, breaks = seen(tmp_path / "lost.ts")
    assert np.abs(times - 3.0 * np.delete(np.arange(100), slice(*lost))).max() < TICK / 2
    assert "discontinuity" not in breaks


@pytest.mark.parametrize("jump", [-7200, 40_000])
@pytest.mark.parametrize("at", [48, 49, 50, 51])
def test_another_clock_where_it_wraps(short, tmp_path, jump, at):
    """The line goes on without a hole."""
    which = numbers(short)
    after = (shifted(each.tobytes(), jump * TICKS) for each in short[which >= at])
    (tmp_path / "other.ts").write_bytes(short[which < at].tobytes() + b"".join(after))
    times, breaks = seen(tmp_path / "other.ts")
    assert np.abs(times - 3.0 * np.arange(100)).max() < TICK / 2
    assert breaks.count("discontinuity") == 1
