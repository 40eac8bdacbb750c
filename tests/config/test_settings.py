from pathlib import Path

import pytest

from command import Command
from making import clip
from watchglass.config.settings import PROFILES, Config, load_config
from watchglass.model.errors import ConfigError


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "watchglass.toml"
        path.write_text(text)
        return path

    return write


def test_an_empty_file_is_the_defaults(written):
    assert load_config(written("")) == Config()


def test_the_whole_of_it(written):
    config = load_config(
        written(
            """
            watch = ["video", "-video.corrupt"]
            fail_on = "critical"
            rendition = "720"
            audio = "eng"
            [delivery]
            profile = "ebu-r128"
            [limits]
            max_pixels = 2073600
            [detectors.video.freeze]
            open_after = 10
            """
        )
    )
    assert config.watch == ["video", "-video.corrupt"]
    assert config.limits.max_pixels == 1920 * 1080
    assert config.delivery_profile is PROFILES["ebu-r128"]
    assert config.settings_of("video.freeze").open_after == 10.0
    assert config.settings_of("video.black") == load_config(written("")).settings_of("video.black")


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("wach = []", "wach", "unknown key; known here: watch,"),
        ('fail_on = "panic"', "fail_on", "'warning'"),
        ('rendition = "big"', "rendition", "best|worst"),
        ("[limits]\nmax_pixels = 0", "limits.max_pixels", "greater than or equal to 1"),
        ("[limits]\nmax_pixel = 5", "limits.max_pixel", "unknown key"),
        ('[limits]\nmax_pixels = "many"', "limits.max_pixels", "'many'"),
        ('[delivery]\nprofile = "loud"', "delivery.profile", "'ebu-r128'"),
        ("[delivery]", "delivery.profile", "required"),
        ("[detectors.video.frieze]\nx = 1", "detectors.video.frieze", "no such detector"),
        ('[detectors."video.freeze"]\nopen_after = 1.0', 'detectors."video.freeze"', "without quotes"),
        ("[detectors.video.freeze]\nopen_afer = 1", "detectors.video.freeze.open_afer", "unknown key; known here:"),
        ('[detectors.video.freeze]\nopen_after = "10 s"', "detectors.video.freeze.open_after", "a number in s"),
        ("[detectors.video.freeze]\nopen_after = -1", "detectors.video.freeze.open_after", "a number in s"),
        ('[detectors.audio.silence]\nquiet_at = "-50 dB"', "detectors.audio.silence", ""),
        ("[detectors.video]\nfreeze = 3", "detectors.video.freeze", "a table"),
        ("detectors = 3", "detectors", "dict"),
        ("watch = [", "is not TOML", ""),
        ('watch = "video"', "watch", "list"),
    ],
)
def test_what_cannot_be_followed(written, text, key, reason):
    """The sentence names the file, the key and the reason."""
    path = written(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: ")
    assert key in sentence
    assert reason in sentence


def test_what_is_not_text(tmp_path):
    (tmp_path / "w.toml").write_bytes(b"\xff\xfe\x00watch")
    with pytest.raises(ConfigError, match="is not TOML"):
        load_config(tmp_path / "w.toml")


@pytest.mark.parametrize("place", ["missing.toml", "."])
def test_what_is_not_there(tmp_path, place):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / place)


def test_a_wrong_file_is_wrong_usage(written, monkeypatch, capsys, tmp_path):
    outcome = Command(monkeypatch, capsys)("check", "x.mp4", "--config", written('[limits]\nmax_pixels = "8K"'))
    assert (outcome.code, outcome.out) == (2, "")
    assert "limits.max_pixels = '8K'" in outcome.err


def test_a_detector_that_is_asked_for_in_the_file(written, monkeypatch, capsys, tmp_path):
    config = written('watch = ["video.frieze"]')
    outcome = Command(monkeypatch, capsys)("check", clip(tmp_path / "a.mp4", seconds=0.2), "--config", config)
    assert outcome.code == 2
    assert "video.frieze" in outcome.err


@pytest.mark.skipif(not Path("watchglass.example.toml").exists(), reason="run from somewhere else")
def test_the_example_can_be_followed():
    assert load_config("watchglass.example.toml")
