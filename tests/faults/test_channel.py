from io import BytesIO
from itertools import islice, pairwise

import av
import numpy as np
import pytest

from watchglass.faults.channel import Channel, Programme, write_clip
from watchglass.faults.defects import Defect, Kind, Truth

SIZE = (128, 72)


@pytest.fixture(scope="module")
def programme():
    return Programme(0, SIZE)


def decoded(data, kind):
    """Frames and whether any packet was flagged."""
    with av.open(BytesIO(data)) as container:
        stream = container.streams.get({kind: 0})[0]
        stream.thread_type = "NONE"
        frames, damaged = [], 0
        for packet in container.demux(stream):
            damaged += packet.is_corrupt
            frames += packet.decode()
        return frames, damaged


def planes(frames):
    return np.stack([frame.to_ndarray()[: SIZE[1]] for frame in frames]).astype(int)


def clip(tmp_path, seconds, *defects, name="clip.ts"):
    path = tmp_path / name
    write_clip(path, seconds, defects, size=SIZE)
    return path.read_bytes()


def joined(programme, seconds, *defects, **how):
    channel = Channel(programme, defects, **how)
    return b"".join(s.data for s in islice(channel.segments(), seconds // channel.segment_seconds))


@pytest.mark.parametrize("each", [2, 6])
def test_segments_begin_with_a_key_frame_and_stand_alone(programme, each):
    for number, segment in enumerate(islice(Channel(programme, segment_seconds=each).segments(), 3)):
        assert (segment.number, segment.start, segment.duration) == (number, number * each, each)
        frames, damaged = decoded(segment.data, "video")
        assert len(frames) == 25 * each
        assert frames[0].key_frame
        assert not damaged


def test_timestamps_and_counters_go_on_over_segments_and_over_the_end_of_the_loop(programme):
    data = joined(programme, 44)
    frames, damaged = decoded(data, "video")
    assert not damaged
    assert len(frames) == 44 * 25
    assert {round(b.time - a.time, 4) for a, b in pairwise(frames)} == {0.04}
    blocks, damaged = decoded(data, "audio")
    assert not damaged
    steps = np.diff([block.time for block in blocks])
    assert steps == pytest.approx(1024 / 48_000, abs=1e-4)


def test_key_frames_begin_groups_and_nothing_else(programme):
    """Not even a scene cut makes another one: segments are cut before key frames."""
    frames, _ = decoded(joined(programme, 40), "video")
    assert [n for n, frame in enumerate(frames) if frame.key_frame] == list(range(0, 1000, 50))


def test_the_loop_is_encoded_once(programme):
    assert programme.group(3) is programme.group(23)


def test_segments_are_multiples_of_a_group():
    with pytest.raises(ValueError, match="multiple of 2"):
        Channel(Programme(0, SIZE), segment_seconds=3)


def test_a_clip_says_what_is_wrong_with_it(tmp_path):
    defects = [Defect(Kind.SILENCE, 3, 1, -200.0), Defect(Kind.BLACK, 1, 1, 16.0)]
    truths = write_clip(tmp_path / "clip.ts", 5, defects, size=SIZE)
    assert truths[0] == Truth("video.black", 1, 2, 16.0, Kind.BLACK, ("video.freeze",))
    assert [truth.detector for truth in truths] == ["video.black", "audio.silence"]


@pytest.mark.parametrize("name", ["clip.ts", "clip.mp4"])
def test_a_clip_has_the_length_that_was_asked_for(tmp_path, name):
    data = clip(tmp_path, 4.4, name=name)
    assert len(decoded(data, "video")[0]) == 110
    samples = sum(block.samples for block in decoded(data, "audio")[0])
    assert samples / 48_000 == pytest.approx(4.4, abs=0.05)


def test_black_and_freeze_are_where_they_should_be(tmp_path):
    data = clip(tmp_path, 6, Defect(Kind.BLACK, 1, 0.8, 16.0), Defect(Kind.FREEZE, 3, 1.6))
    y = planes(decoded(data, "video")[0])
    black = (y <= 20).mean(axis=(1, 2)) > 0.98
    assert np.flatnonzero(black).tolist() == list(range(25, 45))
    change = np.abs(np.diff(y, axis=0)).mean(axis=(1, 2))
    still = np.delete(change[76:113], 99 - 76)  # every key frame looks a little different: that is encoding
    assert still.max() < 0.6 < change[50:74].min()


def test_sound_falls_silent_and_comes_back(tmp_path):
    blocks, _ = decoded(clip(tmp_path, 5, Defect(Kind.SILENCE, 2, 1.5, -200.0)), "audio")
    start = blocks[0].time
    level = {round(b.time - start, 2): 20 * np.log10(b.to_ndarray().std() + 1e-9) for b in blocks}
    assert max(v for t, v in level.items() if 2.06 < t < 3.42) < -80
    assert min(v for t, v in level.items() if t < 1.9) > -60


def test_a_lost_track_has_a_hole_and_goes_on_in_step(tmp_path):
    blocks, _ = decoded(clip(tmp_path, 6, Defect(Kind.AUDIO_LOST, 2, 1.5)), "audio")
    times = [b.time - blocks[0].time for b in blocks]
    holes = [(a, b) for a, b in pairwise(times) if b - a > 0.1]
    assert len(holes) == 1
    assert holes[0] == pytest.approx((2.0, 3.5), abs=0.03)


def test_all_clocks_leap_together(tmp_path):
    data = clip(tmp_path, 4, Defect(Kind.JUMP, 2, 0, 2.5))
    for kind, step in (("video", 0.04), ("audio", 1024 / 48_000)):
        times = [f.time for f in decoded(data, kind)[0]]
        leaps = [b - a for a, b in pairwise(times) if b - a > 0.1]
        assert leaps == [pytest.approx(2.5 + step, abs=0.03)]


@pytest.mark.parametrize("how", ["clip", "segments"])
def test_damage_stays_within_its_time(tmp_path, programme, how):
    defect = Defect(Kind.CORRUPT, 2.4, 1.0, 0.3)
    data = clip(tmp_path, 6, defect) if how == "clip" else joined(programme, 6, defect)
    with av.open(BytesIO(data)) as container:
        stream = container.streams.video[0]
        seen = [(float(p.pts * stream.time_base), p.is_corrupt) for p in container.demux(stream) if p.pts is not None]
    damaged = [t - seen[0][0] for t, is_corrupt in seen if is_corrupt]
    assert len(damaged) >= 2
    assert 2.4 - 0.05 <= damaged[0] <= damaged[-1] <= 3.4 + 0.05
    assert not decoded(data, "audio")[1]


def test_the_same_seed_gives_the_same_bytes(programme):
    defect = Defect(Kind.CORRUPT, 1.0, 1.0, 0.2)
    assert joined(programme, 4, defect, seed=5) == joined(programme, 4, defect, seed=5)
    assert joined(programme, 4, defect, seed=5) != joined(programme, 4, defect, seed=6)


@pytest.mark.parametrize(
    ("kind", "name"), [(Kind.CORRUPT, "clip.mp4"), (Kind.JUMP, "clip.mp4"), (Kind.STALL, "clip.ts")]
)
def test_what_a_file_cannot_hold_is_refused(tmp_path, kind, name):
    with pytest.raises(ValueError, match=r"only a transport stream|cannot stall"):
        write_clip(tmp_path / name, 4, [Defect(kind, 1, 1, 1.0)], size=SIZE)
