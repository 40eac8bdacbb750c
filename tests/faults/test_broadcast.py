"""A file on the air, round after round: as if it never ended, and broken only where it is to be."""

import io
from itertools import islice, pairwise

import av
import numpy as np
import pytest

from making import clip
from watchglass.faults.broadcast import Broadcast
from watchglass.faults.loop import Grid, survey
from watchglass.faults.schedule import parse
from watchglass.media.ts import TransportStream
from watchglass.model.errors import NotFoundError, NotMediaError, UsageError

SECONDS = 4.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("reels")


@pytest.fixture(scope="module")
def reel(folder):
    """Four seconds, key frames every 12 pictures."""
    return survey(clip(folder / "news.mp4", seconds=SECONDS, size=(64, 48), audio=("aac",), gop=12))


def sent(reel, count, *faults, **more):
    return list(islice(Broadcast(reel, [parse(text) for text in faults], **more).segments(), count))


def raised(data):
    """Counts of a transport stream that are not zero, and seconds that are too long."""
    stream = TransportStream()
    limits = {"pat": 0.5, "pmt": 0.5, "pid": 5.0, "pcr_repetition": 0.1, "pts": 0.7}
    checks = [*stream.feed(data), *stream.feed(b"", is_last=True)]
    return {name for each in checks for name, value in each.values.items() if value > limits.get(name, 0.0) + 1e-6}


def decoded(data, kind):
    """Times (seconds) of pictures or blocks of sound with the mean of each, and how long one lasts."""
    with av.open(io.BytesIO(data), format="mpegts") as container:
        stream = container.streams.get({kind: 0})[0]
        frames = [(frame.time, float(np.abs(frame.to_ndarray()).mean())) for frame in container.decode(stream)]
    times = np.array([time for time, _ in frames])
    return times, np.array([value for _, value in frames])


def test_what_is_known_beforehand(reel):
    assert [kind for _, kind, _ in reel.tracks] == ["video", "audio"]
    assert reel.period == pytest.approx(SECONDS)
    assert reel.keys == pytest.approx([0.48 * n for n in range(9)])
    assert reel.size == (64, 48)
    assert list(islice(reel.cuts(1.0), 6)) == pytest.approx([0.0, 1.44, 2.4, 3.36, 4.0, 5.44])
    assert reel.longest(1.0) == pytest.approx(1.44)


def test_segments_follow_the_grid():
    grid = Grid(2.0)
    assert [at for at in np.arange(0.0, 12.0, 0.48) if grid.is_due(at)] == pytest.approx(
        [0.0, 2.4, 4.32, 6.24, 8.16, 10.08]
    )
    grid = Grid(2.0)
    assert [at for at in (0.0, 3.9, 4.0, 6.1) if grid.is_due(at)] == [0.0, 3.9, 6.1]


def test_three_rounds_are_one_clean_stream(reel):
    segments = sent(reel, 8)
    assert [each.start for each in segments[:4]] == pytest.approx([0.0, 2.4, 4.0, 6.4])
    assert [a.start + a.duration for a in segments[:-1]] == pytest.approx([b.start for b in segments[1:]])
    data = b"".join(each.data for each in segments)
    assert raised(data) == set()
    for kind, step in (("video", 0.04), ("audio", 1024 / 48_000)):
        times, _ = decoded(data, kind)
        assert np.diff(times) == pytest.approx(step, abs=2e-3)
        assert times[-1] - times[0] == pytest.approx(sum(each.duration for each in segments), abs=0.2)


def test_what_is_copied_is_the_same_in_every_round(reel):
    first, second = (sent(reel, 4)[n : n + 2] for n in (0, 2))
    pictures = [decoded(b"".join(each.data for each in part), "video")[1] for part in (first, second)]
    assert pictures[0] == pytest.approx(pictures[1])


def test_segments_begin_with_a_key_frame_and_can_be_decoded_alone(reel):
    for segment in sent(reel, 4):
        times, _ = decoded(segment.data, "video")
        assert len(times) == pytest.approx(segment.duration / 0.04, abs=1)


@pytest.mark.parametrize("name", ["vp9.webm", "odd.mkv", "wave.mkv"])
def test_what_a_transport_stream_cannot_carry_is_encoded(folder, name):
    shapes = {
        "vp9.webm": {"video": "libvpx-vp9", "video_options": {"deadline": "realtime", "cpu-used": "8"}},
        "odd.mkv": {"video": "ffv1", "size": (65, 49), "pixel_format": "yuv444p"},
        "wave.mkv": {"audio": ("pcm_s16le",)},
    }
    reel = survey(clip(folder / name, seconds=3.0, **{"size": (64, 48), **shapes[name]}))
    broadcast = Broadcast(reel, segment_seconds=1.0)
    assert broadcast.encodes == (["audio"] if name == "wave.mkv" else ["video"])
    data = b"".join(each.data for each in islice(broadcast.segments(), 6))
    assert raised(data) == set()
    assert np.diff(decoded(data, "video")[0]) == pytest.approx(0.04, abs=2e-3)


def test_sound_alone(folder):
    reel = survey(clip(folder / "sound.mp3", seconds=3.0, audio=("libmp3lame",), video=None))
    segments = sent(reel, 5, segment_seconds=1.0)
    assert [each.duration for each in segments] == pytest.approx([1.0] * 5, abs=0.03)
    times, _ = decoded(b"".join(each.data for each in segments), "audio")
    assert np.diff(times) == pytest.approx(1152 / 48_000, abs=2e-3)


def test_a_signal_fault_is_where_it_should_be(reel):
    broadcast = Broadcast(reel, [parse("video.black@3+2"), parse("audio.silence@4+1")], segment_seconds=1.0, at_once=3)
    assert broadcast.head == 3.0
    assert broadcast.encodes == ["video", "audio"]
    segments = list(islice(broadcast.segments(), 12))
    assert [each.duration for each in segments] == pytest.approx([1.0] * 12, abs=0.05)
    data = b"".join(each.data for each in segments)
    assert raised(data) == set()
    times, means = decoded(data, "video")
    black = times[means < 60.0] - times[0]
    assert (black[0], black[-1]) == (pytest.approx(6.0, abs=0.05), pytest.approx(7.96, abs=0.05))
    times, means = decoded(data, "audio")
    silent = (times - times[0])[(means < 1e-3) & (times > times[0] + 0.1)]  # an encoder begins with some silence
    assert (silent[0], silent[-1]) == (pytest.approx(7.0, abs=0.06), pytest.approx(8.0, abs=0.06))


def test_packets_of_a_track_are_spoilt(reel):
    times, _ = decoded(b"".join(each.data for each in sent(reel, 6, "audio.lost@5+1")), "audio")
    [gap] = np.flatnonzero(np.diff(times) > 0.5)
    assert (times[gap] - times[0], np.diff(times)[gap]) == (pytest.approx(5.0, abs=0.05), pytest.approx(1.0, abs=0.05))


def test_faults_of_transport_streams(reel):
    data = b"".join(each.data for each in sent(reel, 6, "transport.ts_pat:missing@5+1", "transport.ts_crc@2+1"))
    assert raised(data) == {"pat", "crc"}


def test_a_clock_that_begins_near_its_end_and_wraps(reel):
    data = b"".join(each.data for each in sent(reel, 8, start_pts=2**33 / 90_000 - 3.0))
    assert raised(data) == set()
    times, _ = decoded(data, "video")
    assert len(times) > 300


def test_a_restart_is_announced_with_its_segment(reel):
    segments = sent(reel, 8, "encoder.restart@5")
    assert [round(each.start, 2) for each in segments if each.is_break] == [6.4]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_seed_draws_the_same(reel, seed):
    once, again = (sent(reel, 3, "transport.ts_sync_loss@1+3", seed=seed) for _ in range(2))
    assert once == again


def test_sound_that_ends_early_ends_the_round(folder):
    """The round ends with a key frame for which there still is sound."""
    path = clip(folder / "short.mkv", seconds=4.0, size=(64, 48), audio=("aac",), gop=12)
    with av.open(str(path)) as source, av.open(str(folder / "shorter.mkv"), "w") as out:
        streams = {stream.index: out.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.size and (packet.stream.type == "video" or packet.pts * packet.time_base < 2.0):
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    reel = survey(folder / "shorter.mkv")
    assert reel.period == pytest.approx(1.92, abs=0.01)
    times, _ = decoded(b"".join(each.data for each in sent(reel, 4)), "audio")
    assert np.diff(times) == pytest.approx(1024 / 48_000, abs=2e-3)


def test_what_cannot_be_is_refused(folder, reel):
    silent = survey(clip(folder / "silent.mp4", seconds=2.0, size=(64, 48)))
    with pytest.raises(UsageError, match=r"silent\.mp4: has no audio, which audio\.silence needs"):
        Broadcast(silent, [parse("audio.silence@1")])
    with pytest.raises(UsageError, match=r"video\.corrupt:bytes is done to coded packets"):
        Broadcast(reel, [parse("video.corrupt:bytes@1"), parse("video.black@1")])
    with pytest.raises(NotFoundError, match="there is no such file"):
        survey(folder / "absent.mp4")
    (folder / "text.mp4").write_text("no media")
    with pytest.raises(NotMediaError, match="not audio or video"):
        survey(folder / "text.mp4")


def test_leaving_closes_everything(reel):
    segments = Broadcast(reel, [parse("video.black@1")]).segments()
    assert all(a.number < b.number for a, b in pairwise(islice(segments, 3)))
    segments.close()
