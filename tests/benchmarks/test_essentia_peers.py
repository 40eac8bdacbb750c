"""Essentia's audio problem detectors on real files, where somebody has installed it."""

import numpy as np
import pytest
from scipy.io import wavfile

from listening import programme
from proving import peers
from watchglass.faults.inject import inject
from watchglass.faults.level import Level
from watchglass.faults.recipes import RECIPES

pytest.importorskip("essentia", reason="Essentia is not installed (AGPL, so no dependency: pip install --pre essentia)")
START = 4.0


@pytest.fixture
def clean(tmp_path):
    path = tmp_path / "clean.wav"
    wavfile.write(path, 48_000, np.ascontiguousarray(programme(12.0).T, np.float32))
    return path


@pytest.mark.parametrize(
    ("recipe", "peer"),
    [
        ("audio.clipping", "Essentia SaturationDetector"),
        ("audio.click", "Essentia ClickDetector"),
        ("audio.click", "Essentia DiscontinuityDetector"),
        ("audio.dropout", "Essentia GapsDetector"),
        ("audio.noise:burst", "Essentia NoiseBurstDetector"),
        ("audio.mono", "Essentia FalseStereoDetector"),
    ],
)
def test_it_is_found_where_it_was_put_and_nowhere_else(recipe, peer, clean, tmp_path):
    recipe, path, level = RECIPES[recipe], tmp_path / "spoilt.wav", Level.VERY_NOTICEABLE
    truth = inject(clean, path, recipe, recipe.order(level, START, seed=1), level=level)
    before, after = (peers.ask(each, [peer])[peer] for each in (clean, path))
    assert (before.error, before.spans) == (None, ())
    assert after.error is None
    assert after.spans
    assert all(truth.start - 0.1 < start < truth.end for start, _ in after.spans)


def test_a_hum_that_lasts_is_found(tmp_path):
    seconds = np.arange(30 * 48_000) / 48_000
    sound = programme(30.0) + 0.05 * np.sin(2 * np.pi * 50.0 * seconds)
    wavfile.write(tmp_path / "hum.wav", 48_000, np.ascontiguousarray(sound.T, np.float32))
    [answer] = peers.ask(tmp_path / "hum.wav", ["Essentia HumDetector"]).values()
    assert max(end - start for start, end in answer.spans) > 10.0
