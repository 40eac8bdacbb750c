import numpy as np
import pytest

from watchglass.model.media import AudioBlock, Colour, Progress, TimelineBreak, Tracks, VideoFrame
from watchglass.model.transport import SegmentArrival


def picture(luma, **more):
    return VideoFrame(track="video:0", pts=2.0, duration=0.04, luma=luma, **more)


def flat(height, width, value=100, dtype=np.uint8):
    return np.full((height, width), value, dtype)


@pytest.mark.parametrize(
    ("size", "small"),
    [((64, 96), (64, 96)), ((360, 640), (360, 640)), ((720, 1280), (360, 640)), ((1080, 1920), (270, 480))],
)
def test_small_is_halved_until_it_is_small(size, small):
    assert picture(flat(*size)).small.shape == small


def test_small_is_made_once_and_a_small_picture_is_its_own():
    frame = picture(flat(64, 96))
    assert frame.small is frame.luma
    large = picture(flat(720, 1280))
    assert large.small is large.small


def test_deep_pictures_become_eight_bits():
    frame = picture(flat(64, 96, 400, np.uint16), bit_depth=10)
    assert frame.small.dtype == np.uint8
    assert (frame.small == 100).all()
    assert frame.luma_stats == (100.0, 0.0)


def test_chroma():
    frame = picture(flat(720, 1280), chroma=(flat(360, 640, 90), flat(360, 640, 200)))
    assert [plane.shape for plane in frame.small_chroma] == [(180, 320)] * 2
    assert picture(flat(64, 96)).small_chroma is None


def test_change_by_tile():
    before = flat(90, 160)
    now = before.copy()
    now[:10, :10] += 50
    change = picture(now, previous_small=before).change
    assert change.shape == (9, 16)
    assert change[0, 0] == 50.0
    assert change.sum() == 50.0
    assert picture(now).change is None
    assert picture(now, previous_small=flat(64, 96)).change is None


@pytest.mark.parametrize(("full", "black", "white"), [(False, 16.0, 235.0), (True, 0.0, 255.0)])
def test_code_values(full, black, white):
    frame = picture(flat(2, 2), colour=Colour(full_range=full, transfer="sdr"))
    assert (frame.code_value(0.0), frame.code_value(1.0)) == (black, white)


def test_readings_cover_what_was_measured():
    reading = picture(flat(2, 2)).reading("video.black", "black_share", 0.5, "1")
    assert (reading.track, reading.pts, reading.duration, reading.end) == ("video:0", 2.0, 0.04, 2.04)
    block = AudioBlock(track="audio:0", pts=1.0, samples=np.zeros((2, 4800), np.float32), rate=48_000)
    assert (block.duration, block.end) == (0.1, 1.1)
    assert block.reading("audio.silence", "level", -60.0, "dBFS").duration == 0.1
    assert block.reading("audio.silence", "level", -60.0, "dBFS", hop=(1.05, 0.05)).pts == 1.05


def test_hops_are_about_fifty_milliseconds():
    samples = np.full((2, 4800), 0.5, np.float32)
    hops = AudioBlock(track="audio:0", pts=0.0, samples=samples, rate=48_000).hops
    assert hops.seconds == pytest.approx(0.05)
    np.testing.assert_allclose(hops.peak, 0.5)
    np.testing.assert_allclose(hops.power, 0.25)


def test_every_item_has_an_end():
    assert Tracks(1.0, ()).end == 1.0
    assert Progress(2.0).end == 2.0
    arrival = SegmentArrival(
        pts=4.0, duration=6.0, uri="u", rendition="r", sequence=1, size=10, fetch_seconds=0.5, track="video:0"
    )
    assert arrival.end == 10.0


def test_the_jump_of_a_break():
    assert TimelineBreak("video:0", 5.0, "gap", raw_before=105.0, raw_after=107.5).jump == 2.5
