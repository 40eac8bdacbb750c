import numpy as np
import pytest

from captioned import speech
from watchglass.model.media import AudioBlock
from watchglass.model.talk import EVERY, Talk

RATE = 8000


def told(sound, *, size=3200, start=0.0, layout=(), skips=None):
    """What is told about a sound, (channels, n), cut into blocks."""
    talk = Talk()
    return [
        answer
        for at in range(0, sound.shape[1], size)
        if skips is None or not skips[0] <= at / RATE < skips[1]
        for answer in talk.hear(
            AudioBlock(
                track="audio:0", pts=start + at / RATE, samples=sound[:, at : at + size], rate=RATE, layout=layout
            )
        )
    ]


SPEECH = speech(20.0, RATE)[None]


@pytest.mark.parametrize("size", [800, 3200, 1000])
def test_once_a_second_and_after_four(size):
    answers = told(SPEECH, size=size, start=100.0)
    assert [at for at, _ in answers] == pytest.approx(100.0 + EVERY * np.arange(1, len(answers) + 1), abs=0.3)
    assert not any(is_speech for at, is_speech in answers if at < 103.7)
    assert all(is_speech for at, is_speech in answers if at > 105.3)  # odd blocks have longer hops


def test_a_hole_is_no_pause():
    answers = told(SPEECH, skips=(8.0, 12.0))
    after = [is_speech for at, is_speech in answers if 12.0 < at < 15.5]
    assert not any(after)
    assert answers[-1][1]


def test_people_speak_in_the_centre():
    music = 0.3 * np.random.default_rng(1).standard_normal((5, SPEECH.shape[1])).astype(np.float32)
    music[2] = SPEECH[0]
    assert told(music, layout=("FL", "FR", "FC", "SL", "SR"))[-1][1]
    assert not told(music, layout=("FL", "FR", "SL", "SR", "LFE"))[-1][1]
