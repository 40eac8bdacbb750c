"""The content that detectors are judged by: the same for a seed, and without a defect of its own making."""

import av
import numpy as np
import pytest

from proving import generated
from proving.corpus import Clip
from proving.generated import Generated
from proving.programme import Programme


def test_a_seed_is_a_programme():
    first, again, other = (list(Programme(seed, 1.0).pictures())[-1] for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)


@pytest.mark.parametrize("seed", range(4))
def test_it_is_a_file_with_picture_and_sound(seed, tmp_path):
    path = Generated(seed, 2.0).file(tmp_path)
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        assert len(frames) == pytest.approx(2.0 * float(Programme(seed, 2.0).rate), abs=1)
    with av.open(str(path)) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
        assert samples == pytest.approx(96_000, abs=4_000)


def test_a_long_programme_is_made_once(tmp_path, monkeypatch):
    monkeypatch.setattr(generated, "LONG", 2.0)
    monkeypatch.setattr(generated, "KEPT", tmp_path / "kept")
    made = Generated(3, 2.0).file(tmp_path)
    first = made.stat()
    assert made.is_relative_to(tmp_path / "kept")
    assert Generated(3, 2.0).file(tmp_path) == made
    assert made.stat() == first
    assert [each.name for each in made.parent.iterdir()] == [made.name]


def test_its_sound_stays_below_full_scale():
    assert np.abs(Programme(5, 20.0).sound()).max() < 0.99


def test_the_halves_are_by_name_and_both_are_there(tmp_path):
    halves = {Clip(tmp_path / f"{n}.mp4", 1.0, True, True, True, ()).half for n in range(40)}
    assert halves == {"tuning", "reporting"}
