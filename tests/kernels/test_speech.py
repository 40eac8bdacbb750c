import os
from pathlib import Path

import av
import numpy as np
import pytest

import listening
from captioned import speech
from watchglass.kernels.sound import hops
from watchglass.kernels.speech import STRETCH, is_like_speech

RATE = 16_000
CORPUS = Path(os.environ.get("WATCHGLASS_CORPUS", "nowhere"))


def share(sound):
    """The part of all stretches of a sound (n,) that is like speech."""
    power = hops(sound[None], RATE).power[0]
    count = round(STRETCH / 0.05)
    return np.mean([is_like_speech(power[at : at + count]) for at in range(0, len(power) - count + 1, count // 2)])


def tone(seconds, dbfs=-20.0):
    return listening.sine(seconds, dbfs, rate=RATE, channels=1)[0]


def noise(seconds, level=0.1):
    return level * np.random.default_rng(3).standard_normal(round(seconds * RATE)).astype(np.float32)


@pytest.mark.parametrize("gain", [0.06, 0.3, 1.0, 3.0])
def test_speech_at_any_level(gain):
    assert share(gain * speech(20.0, RATE)) > 0.9


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(np.zeros(20 * RATE, np.float32), id="nothing"),
        pytest.param(0.003 * speech(20.0, RATE), id="speech that nobody hears"),
        pytest.param(tone(20.0), id="a tone"),
        pytest.param(noise(20.0), id="applause"),
        pytest.param(tone(20.0) * np.linspace(1.0, 0.1, 20 * RATE, dtype=np.float32), id="a tone that decays"),
        pytest.param(np.concatenate([noise(10.0), noise(10.0, 0.03)]), id="noise that becomes softer"),
    ],
)
def test_what_is_no_speech(sound):
    assert share(sound) < 0.15


def test_nothing_at_all():
    assert not is_like_speech(np.zeros(0))


CLIPS = {
    "ggml-org__whisper.cpp--jfk.wav": True,
    "librosa__data--198-209-0000.ogg": True,
    "librosa__data--5703-47212-0000.ogg": True,
    "iver56__audiomentations--p286_011.flac": True,
    "librosa__data--glacier-bay-humpback.ogg": False,
    "librosa__data--147793__setuniman__sweet-waltz-0i-22mi.ogg": False,
    "librosa__data--Kevin_MacLeod_-_Vibe_Ace.ogg": False,
    "MTG__essentia-audio--distorted.flac": False,
}


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="WATCHGLASS_CORPUS names no folder of real clips")
@pytest.mark.parametrize("name", CLIPS)
def test_real_clips(name):
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE)
    with av.open(str(CORPUS / "av" / name)) as source:
        frames = [out.to_ndarray()[0] for each in source.decode(audio=0) for out in resampler.resample(each)]
    found = share(np.concatenate(frames)[: 60 * RATE])
    assert found > 0.8 if CLIPS[name] else found < 0.25
