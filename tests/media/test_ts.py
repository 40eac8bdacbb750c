"""Each check of a transport stream: silent over a clean one, and raised by one fault."""

from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transport import AUDIO, MAP, VIDEO, clean, packet, pat, pcr_field, pmt, section
from watchglass.kernels.ts import CLOCK, WRAP
from watchglass.media.ts import TransportStream
from watchglass.media.ts_sections import LONGEST

LIMITS = {
    "sync_loss": 0.0, "sync_byte": 0.0, "pat": 0.5, "wrong_table": 0.0, "continuity": 0.0, "pmt": 0.5, "pid": 5.0,
    "programme": 0.0, "transport_error": 0.0, "crc": 0.0, "pcr_repetition": 0.1, "pcr_discontinuity": 0.0, "pts": 0.7,
    "cat": 0.0,
}  # fmt: skip


def checked(packets, *, size=20_000):
    stream, told = TransportStream(), []
    data = b"".join(packets)
    for at in range(0, len(data), size):
        told += stream.feed(data[at : at + size])
    return [*told, *stream.feed(b"", is_last=True)]


def raised(packets, **more):
    """The checks that are beyond their limits."""
    return {
        name for each in checked(packets, **more) for name, value in each.values.items() if value > LIMITS[name] + 1e-6
    }


@pytest.mark.parametrize("size", [188, 1316, 20_000, 1 << 20])
def test_a_clean_stream(size):
    told = checked(clean(8.0), size=size)
    assert raised(clean(8.0), size=size) == set()
    assert [each.begin for each in told] == pytest.approx([0.5 * n for n in range(16)])
    assert told[-1].end == pytest.approx(8.0, abs=0.01)


def test_what_there_is():
    stream = TransportStream()
    [*stream.feed(b"".join(clean(1.0)), is_last=True)]
    [programme] = stream.tables.programmes.values()
    assert (programme.pcr_pid, [each.pid for each in programme.streams]) == (VIDEO, [VIDEO, AUDIO])
    assert stream.tables.version == 1


def test_the_clock_wraps():
    assert raised(clean(4.0, ticks=WRAP - 2 * CLOCK)) == set()


def pid_of(each):
    return (each[1] & 0x1F) << 8 | each[2]


def without(pid, seconds):
    """A clean stream in which a PID does not come for a while."""
    counters = defaultdict(lambda: -1)
    return [
        *clean(4.0, counters=counters),
        *clean(seconds, first=4000, counters=counters, without=(pid,)),
        *clean(2.0, first=round(4000 + 1000 * seconds), counters=counters),
    ]


def jumped(ticks):
    counters = defaultdict(lambda: -1)
    return [*clean(4.0, counters=counters), *clean(4.0, first=4000, ticks=ticks, counters=counters)]


def changed(packets, at, into):
    return [into(each) if n == at else each for n, each in enumerate(packets)]


def as_bytes(at, value):
    return lambda each: bytes(value if n == at % len(each) else byte for n, byte in enumerate(each))


CLEAN = clean(12.0)
JUMP = jumped(30 * CLOCK)
SCRAMBLED = [
    as_bytes(3, each[3] | 0x80)(each) if n > 4000 and pid_of(each) == AUDIO else each for n, each in enumerate(CLEAN)
]
CAT = packet(1, payload=(b"\0" + section(1, b"")).ljust(184, b"\xff"), begins=True)


def told_how(packets):
    return [*packets[:3999], CAT, *packets[3999:]]


@pytest.mark.parametrize(
    ("packets", "expected"),
    [
        pytest.param([*CLEAN[:4000], b"\0" * 1000, *CLEAN[4000:]], {"sync_loss"}, id="bytes in between"),
        pytest.param(changed(CLEAN, 4000, as_bytes(0, 0x46)), {"sync_byte", "continuity"}, id="a sync byte"),
        pytest.param(without(0, 0.6), {"pat"}, id="no PAT"),
        pytest.param(without(MAP, 0.6), {"pmt"}, id="no PMT"),
        pytest.param(CLEAN[:4010] + CLEAN[4011:], {"continuity"}, id="a packet is missing"),
        pytest.param(without(AUDIO, 6.0), {"pid", "pts"}, id="a PID is missing"),
        pytest.param(
            changed(CLEAN, 4010, as_bytes(1, CLEAN[4010][1] | 0x80)), {"transport_error", "continuity"}, id="an error"
        ),
        pytest.param(changed(CLEAN, 4000, as_bytes(10, 0x55)), {"crc"}, id="a broken table"),
        pytest.param(
            changed(CLEAN, 4000, lambda each: each[:5] + pmt(pcr_pid=7) + each[5 + len(pmt(pcr_pid=7)) :]),
            {"wrong_table"},
            id="another table",
        ),
        pytest.param(JUMP, {"pcr_discontinuity"}, id="the clock jumps"),
        pytest.param(SCRAMBLED, {"cat"}, id="scrambled"),
        pytest.param(told_how(SCRAMBLED), set(), id="scrambled, and told how"),
    ],
)
def test_a_fault_is_told(packets, expected):
    assert raised(packets) == expected
    assert raised(packets, size=1316) == expected


def test_a_clock_that_says_so_may_jump():
    field = pcr_field(30 * CLOCK + 4002 * 27_000, breaks=True)
    marked = packet(VIDEO, JUMP[4002][3] & 15, payload=JUMP[4002][12:], begins=True, adaptation=field)
    announced = [*JUMP[:4002], marked, *JUMP[4003:]]
    assert raised(announced) == set()


@pytest.mark.parametrize(("count", "expected"), [(1, set()), (2, {"pcr_repetition"})])
def test_clock_references_that_are_missing(count, expected):
    def plain(each):
        return each[:5] + b"\0" + each[6:]

    packets = CLEAN
    for n in range(count):
        packets = changed(packets, 4002 + 40 * n, plain)
    assert raised(packets) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(0.6, set()), (0.8, {"pts"})])
def test_timestamps_that_are_missing(seconds, expected):
    packets = [
        as_bytes(-7, 0)(each)
        if 4000 <= n < 4000 + 1000 * seconds and each[1] & 0x40 and pid_of(each) == AUDIO
        else each
        for n, each in enumerate(CLEAN)
    ]
    assert raised(packets) == expected


def test_after_an_outage_it_goes_on_elsewhere():
    stream, told = TransportStream(), []
    told += stream.feed(b"".join(CLEAN[:4000]))
    told += stream.resume()
    told += stream.feed(b"".join(CLEAN[9_050:]), is_last=True)
    assert not any(each.values.get(name) for each in told for name in ("continuity", "pcr_discontinuity", "crc"))
    assert max(each.values.get("pcr_repetition", 0.0) for each in told) <= 0.1
    assert told[-1].end == pytest.approx(4.0 + 12.0 - 9.05, abs=0.1)


def test_a_map_that_changes():
    stream = TransportStream()
    first = CLEAN[:2000]
    table = (b"\0" + pmt((0x1B, VIDEO, b""), (0x0F, 300, b""), version=1)).ljust(184, b"\xff")
    then = [
        packet(MAP, each[3] & 15, payload=table, begins=True) if pid_of(each) == MAP else each
        for each in CLEAN[2000:4000]
    ]
    told = [*stream.feed(b"".join(first + then), is_last=True)]
    [programme] = stream.tables.programmes.values()
    assert [each.pid for each in programme.streams] == [VIDEO, 300]
    assert stream.tables.version == 2
    assert [each.where["programme"] for each in told if each.values.get("programme")] == [
        f"PID {AUDIO} went, PID 300 came"
    ]


def test_another_programme_association():
    stream = TransportStream()
    table = (b"\0" + pat({2: MAP + 1})).ljust(184, b"\xff")
    then = [
        packet(0, each[3] & 15, payload=table, begins=True) if pid_of(each) == 0 else each for each in CLEAN[2000:4000]
    ]
    told = [*stream.feed(b"".join(CLEAN[:2000] + then), is_last=True)]
    assert stream.tables.programmes == {}
    assert stream.tables.version == 2
    assert [each.where["programme"] for each in told if each.values.get("programme")] == ["programme 1 went"]


SHORT = clean(1.2)


@settings(max_examples=60, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, len(SHORT) * 188 - 1), st.binary(min_size=1, max_size=300)), max_size=12),
    size=st.sampled_from([1000, 1316, 20_000, 400_000]),
    noise=st.binary(max_size=600),
)
def test_whatever_comes_is_told_and_nothing_grows(changes, size, noise):
    data = bytearray(b"".join(SHORT))
    for at, other in changes:
        data[at : at + len(other)] = other
    stream = TransportStream(batch=1)
    told = []
    for at in range(0, len(data), size):
        told += stream.feed(bytes(data[at : at + size]))
    told += stream.feed(noise, is_last=True)
    assert all(before.end <= after.end for before, after in pairwise(told))
    assert all(value >= 0.0 for each in told for value in each.values.values())
    assert all(len(sections._held) <= LONGEST + 188 for sections in stream.tables._sections.values())


@settings(max_examples=150, deadline=None)
@given(table=st.sampled_from([0, MAP]), body=st.binary(max_size=180), fits=st.booleans())
def test_tables_of_nonsense(table, body, fits):
    """Also such whose checksum is right."""
    whole = section(2 if table else 0, body) if fits else body
    packets = [packet(table, n, payload=(b"\0" + whole)[:184].ljust(184, b"\xff"), begins=True) for n in range(16)]
    stream = TransportStream(batch=1)
    [*stream.feed(b"".join([*SHORT[:200], *packets]), is_last=True)]


def test_two_programmes_on_one_pid():
    """Their maps come in turn, and neither is news."""
    stream, told = TransportStream(), []
    association = (b"\0" + pat({1: MAP, 2: MAP})).ljust(184, b"\xff")
    maps = [(b"\0" + pmt((0x1B, 300 + n, b""), number=n)).ljust(184, b"\xff") for n in (1, 2)]
    packets = [packet(0, 0, payload=association, begins=True)]
    packets += [packet(MAP, n % 16, payload=maps[n % 2], begins=True) for n in range(40)]
    told += stream.feed(b"".join(packets), is_last=True)
    assert {number: each.streams[0].pid for number, each in stream.tables.programmes.items()} == {1: 301, 2: 302}
    assert stream.tables.version == 2
    assert not any(each.values.get("programme") for each in told)
