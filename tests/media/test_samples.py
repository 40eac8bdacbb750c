from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from making import block
from watchglass.media.samples import BLOCK, Samples
from watchglass.media.timeline import Timeline
from watchglass.model.media import AudioBlock, TimelineBreak

RATE = 48_000
FORMATS = ["u8", "u8p", "s16", "s16p", "s32", "s32p", "flt", "fltp", "dbl", "dblp"]
COARSEST = {"u8": 1 / 128, "u8p": 1 / 128, "s16": 1 / 2**15, "s16p": 1 / 2**15}


def sound(n, channels=2, seed=3):
    return np.random.default_rng(seed).uniform(-0.9, 0.9, (channels, n))


def cut(frames):
    """Blocks and breaks from frames that are given as (raw pts in samples, samples, format, layout, rate)."""
    timeline = Timeline()
    samples = Samples("audio:0", lambda raw, n: timeline.place("audio:0", raw, n, wraps=False, tolerance=0.02))
    items = []
    for pts, values, sample_format, layout, rate in frames:
        frame = block(values, sample_format, layout, rate)
        frame.pts, frame.time_base = pts, Fraction(1, rate)
        if not samples.accepts(frame):
            items += samples.flush()
        items += samples.blocks(frame)
    return [*items, *samples.flush()]


@pytest.mark.parametrize("sample_format", FORMATS)
def test_every_sample_format_gives_the_same_numbers(sample_format):
    original = sound(RATE // 4)
    made = cut([(0, original, sample_format, "stereo", RATE)])
    heard = np.concatenate([each.samples for each in made], axis=1)
    assert heard.dtype == np.float32
    np.testing.assert_allclose(heard, original, atol=COARSEST.get(sample_format, 1e-6) * 0.51 + 1e-7)


@pytest.mark.parametrize("sample_format", ["u8", "s16", "s32"])
def test_full_scale_is_one(sample_format):
    [each] = cut([(0, np.full((1, 480), -1.0), sample_format, "mono", RATE)])
    assert each.samples.min() == each.samples.max() == -1.0


@pytest.mark.parametrize(
    ("layout", "names"),
    [
        ("mono", ("FC",)),
        ("stereo", ("FL", "FR")),
        ("5.1", ("FL", "FR", "FC", "LFE", "BL", "BR")),
        ("7.1", ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR")),
        ("hexadecagonal", None),
        ("32 channels", None),
    ],
)
@pytest.mark.parametrize("sample_format", ["s16", "fltp"])
def test_channels_stay_what_they_are(layout, names, sample_format):
    channels = av.AudioLayout(layout).nb_channels
    values = np.tile(np.linspace(-0.5, 0.5, channels)[:, None], (1, RATE // 10))
    [each] = cut([(0, values, sample_format, layout, RATE)])
    assert names is None or each.layout == names
    np.testing.assert_allclose(each.samples, values, atol=1e-4)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_blocks_are_a_tenth_of_a_second(rate):
    made = cut([(0, sound(rate), "fltp", "stereo", rate)])
    assert {each.samples.shape[1] for each in made[:-1]} == {round(rate * BLOCK)}
    assert sum(each.samples.shape[1] for each in made) == rate
    np.testing.assert_allclose([each.pts for each in made], BLOCK * np.arange(len(made)), atol=1e-3)


@given(
    sizes=st.lists(st.integers(1, 3000), min_size=1, max_size=20),
    gaps=st.dictionaries(st.integers(1, 19), st.integers(2000, 100_000)),
)
def test_a_block_never_crosses_a_gap(sizes, gaps):
    frames, pts, whole = [], 0, sound(sum(sizes))
    runs, done = [[]], 0
    for number, size in enumerate(sizes):
        if number in gaps:
            pts += gaps[number]
            runs.append([])
        frames.append((pts, whole[:, done : done + size], "fltp", "stereo", RATE))
        runs[-1].append((pts, size))
        pts, done = pts + size, done + size
    items = cut(frames)
    blocks = [item for item in items if isinstance(item, AudioBlock)]
    np.testing.assert_allclose(np.concatenate([b.samples for b in blocks], axis=1), whole, atol=1e-6)
    spans = [(run[0][0] / RATE, (run[-1][0] + run[-1][1]) / RATE) for run in runs if run]
    shift = spans[0][0] - blocks[0].pts
    for each in blocks:
        assert any(a - 1e-6 <= each.pts + shift and each.end + shift <= b + 1e-6 for a, b in spans)
    causes = [item.cause for item in items if isinstance(item, TimelineBreak)]
    assert causes == ["gap"] * (len(spans) - 1)


def test_a_block_that_was_handed_on_is_never_changed():
    made = cut([(n * 1024, sound(1024, seed=n), "fltp", "stereo", RATE) for n in range(40)])
    copies = [each.samples.copy() for each in made]
    assert all(np.array_equal(each.samples, copy) for each, copy in zip(made, copies, strict=True))
    assert len({each.samples.ctypes.data for each in made}) == len(made)


def test_another_format_begins_another_block():
    made = cut(
        [
            (0, sound(1000), "fltp", "stereo", RATE),
            (1000, sound(1000, 6), "fltp", "5.1", RATE),
            (2000, sound(1000, 1), "s16", "mono", RATE),
        ]
    )
    assert [each.samples.shape for each in made] == [(2, 1000), (6, 1000), (1, 1000)]
