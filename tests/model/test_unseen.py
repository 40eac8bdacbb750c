import pytest

from watchglass.detectors import load
from watchglass.detectors.video.freeze import FreezeSettings
from watchglass.model.unseen import key_frames_unseen


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("video.black", 1),
        ("video.freeze", 2),
        ("video.color_bars", 2),
        ("video.stutter", None),
        ("video.blur", None),
        ("audio.silence", 0),
        ("captions.lost", 0),
        ("sync.timestamps", 0),
        ("transport.stall", 0),
    ],
)
def test_what_light_promises(name, expected):
    assert key_frames_unseen(load(name)) == expected


def test_it_follows_the_settings():
    assert key_frames_unseen(load("video.freeze"), FreezeSettings(open_after=0.0)) == 1
