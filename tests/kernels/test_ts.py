import numpy as np
import pytest

from transport import FULL, array, packet, pcr_field, pes
from watchglass.kernels import ts


def test_what_a_header_says():
    [first, second, third] = zip(
        *ts.headers(
            array(
                packet(0x1234, 7, payload=FULL, begins=True),
                packet(17, 3, adaptation=pcr_field(26_000_000_123), broken=True, scrambled=2),
                packet(ts.NULL, payload=b"abc", adaptation=b"\x80"),
            )
        ),
        strict=True,
    )
    told = [dict(zip(ts.Headers._fields, each, strict=True)) for each in (first, second, third)]
    assert told[0] == {
        "is_synced": True, "is_broken": False, "begins": True, "pid": 0x1234, "is_scrambled": False,
        "has_payload": True, "counter": 7, "payload_at": 4, "may_break": False, "pcr": ts.NONE,
    }  # fmt: skip
    assert (told[1]["pcr"], told[1]["is_broken"], told[1]["is_scrambled"]) == (26_000_000_123, True, True)
    assert (told[1]["has_payload"], told[1]["payload_at"]) == (False, 188)
    assert (told[2]["payload_at"], told[2]["may_break"], told[2]["has_payload"]) == (185, True, True)


def test_an_adaptation_field_that_is_too_long_leaves_no_payload():
    broken = bytearray(packet(5, payload=FULL))
    broken[3] |= 0x20
    broken[4] = 255
    told = ts.headers(array(bytes(broken)))
    assert not told.has_payload[0]


@pytest.mark.parametrize("lead", [0, 1, 187, 300])
def test_where_packets_begin(lead):
    noise = np.random.default_rng(1).integers(0, 256, lead).astype(np.uint8)
    stream = array(*(packet(1, n % 16, payload=FULL) for n in range(6))).ravel()
    found = ts.step(np.concatenate([noise, stream]))
    assert found is not None
    assert (found - lead) % ts.SIZE == 0


def test_too_few_packets_are_no_stream():
    assert ts.step(array(*(packet(1, payload=FULL) for _ in range(4))).ravel()) is None
    assert ts.step(np.zeros(0, np.uint8)) is None


def broken(counters, *packets):
    return np.flatnonzero(counters.broken(ts.headers(array(*packets)))).tolist()


def counted(*numbers, pid=100):
    return [packet(pid, n % 16, payload=FULL) for n in numbers]


@pytest.mark.parametrize(
    ("packets", "expected"),
    [
        pytest.param(counted(14, 15, 0, 1), [], id="goes on"),
        pytest.param(counted(1, 2, 4, 5), [2], id="one is missing"),
        pytest.param(counted(1, 3, 2, 4), [1, 2, 3], id="out of order"),
        pytest.param(counted(1, 2, 2, 3), [], id="twice"),
        pytest.param(counted(1, 2, 2, 2, 3), [3], id="thrice"),
        pytest.param([*counted(1, 2), packet(100, 2), *counted(3)], [], id="without payload it stands still"),
        pytest.param([*counted(1, 2), packet(100, 3), *counted(4)], [2], id="and must"),
        pytest.param([*counted(1), packet(100, 9, payload=b"x", adaptation=b"\x80"), *counted(10)], [], id="says so"),
        pytest.param(counted(1, 7, 3, pid=ts.NULL), [], id="null packets"),
        pytest.param([*counted(1), *counted(5, pid=101), *counted(2), *counted(6, pid=101)], [], id="each PID its own"),
    ],
)
@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_counters_go_on(packets, expected, cut):
    counters = ts.Counters()
    first = broken(counters, *packets[:cut]) if cut else []
    assert first + [cut + n for n in broken(counters, *packets[cut:])] == expected


def test_another_stream_may_begin_anywhere():
    counters = ts.Counters()
    broken(counters, *counted(1, 2))
    counters.forget()
    assert broken(counters, *counted(9)) == []


@pytest.mark.parametrize("pts", [0, 1, 90_000, 2**33 - 1, 0x155555555])
def test_timestamps(pts):
    packets = array(
        packet(100, payload=pes(pts), begins=True),
        packet(100, 1, payload=pes(pts)),
        packet(101, payload=pes(pts, 0xBE), begins=True),
        packet(102, payload=b"\0\0\1\xe0", begins=True),
    )
    assert ts.timestamps(packets, ts.headers(packets)).tolist() == [pts, ts.NONE, ts.NONE, ts.NONE]
