import random
import struct

import numpy as np
import pytest

from key_frames import i_frame_range
from protecting import Box, boxes, packed
from segments import frames_in, rendition
from watchglass.kernels.ts import Counters, headers
from watchglass.media import key_frame_segments
from watchglass.media.key_frame_segments import ContinuousPackets, of_mp4
from watchglass.media.ts_packets import packets_in
from watchglass.model.errors import SourceError


def cut(data: bytes) -> bytes:
    length, offset = i_frame_range(data)
    return data[offset : offset + length]


def test_a_fragment_speaks_of_the_samples_that_are_there() -> None:
    media = rendition(2.0, kind="fmp4")
    parts = [b"".join(of_mp4(iter([cut(media.files[name])]))) for name in media.segments]
    for part in parts:
        counts = [int.from_bytes(trun.body[4:8], "big") for trun in boxes(part)[-2].all(b"trun")]
        assert counts == [1, 0]
        assert boxes(part)[-1].kind == b"mdat"
    assert frames_in(media.files["init.mp4"], *parts) == 2


def test_a_whole_fragment_stays_as_it_is() -> None:
    data = rendition(2.0, kind="fmp4").files["s000.m4s"]
    assert b"".join(of_mp4(iter([data[:1_000], data[1_000:]]))) == data


def test_packets_are_counted_on() -> None:
    media = rendition(4.0)
    counting, counters = ContinuousPackets(), Counters()
    _, offset = i_frame_range(media.files["s000.ts"])
    pieces = [media.files["s000.ts"][:offset], *(cut(media.files[name]) for name in media.segments)]
    found = b"".join(part for piece in pieces for part in counting.of_ts(iter([piece])))
    packets = packets_in(found)
    assert not counters.broken(headers(packets)).any()
    assert Counters().broken(headers(packets_in(b"".join(pieces)))).any()
    told, before = headers(packets), headers(packets_in(b"".join(pieces)))
    assert np.array_equal(told.pid, before.pid)
    assert np.array_equal(told.payload_at, before.payload_at)


def test_nonsense_is_survived() -> None:
    data = cut(rendition(2.0, kind="fmp4").files["s000.m4s"])
    rng = random.Random(8)
    for _ in range(200):
        spoiled = bytearray(data)
        for _ in range(rng.randrange(1, 6)):
            spoiled[rng.randrange(1_200)] = rng.randrange(256)
        try:
            list(of_mp4(iter([bytes(spoiled[: rng.randrange(len(spoiled))])])))
        except SourceError:
            continue
    for noise in (b"", b"G", bytes(500), rng.randbytes(5_000)):
        list(of_mp4(iter([noise])))
        list(ContinuousPackets().of_ts(iter([noise])))


def test_a_fragment_serves_the_media_that_follows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cuts, once = [], key_frame_segments._cut
    monkeypatch.setattr(key_frame_segments, "_cut", lambda *told: (cuts.append(told[2]), once(*told))[1])
    data = cut(rendition(2.0, kind="fmp4").files["s000.m4s"])
    more = data + Box(b"mdat").packed() * 500
    assert len(b"".join(of_mp4(iter([more])))) == len(more)
    assert len(cuts) == 1


def test_fragments_that_list_too_many_samples_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchglass.media.key_frame_segments._MOST_SAMPLES", 100_000)
    traf = Box(b"traf", b"", [Box(b"tfhd", bytes(7) + b"\1"), Box(b"trun", struct.pack(">II", 0, 60_000))])
    piece = packed([Box(b"moof", b"", [traf, traf]), Box(b"mdat", bytes(100_000))])
    with pytest.raises(SourceError, match="more than 100000 samples"):
        list(of_mp4(iter([piece])))


def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchglass.media.key_frame_segments._LARGEST", 1 << 20)
    with pytest.raises(SourceError, match="more than 1 MiB"):
        list(of_mp4(iter([bytes(600_000)] * 2)))
