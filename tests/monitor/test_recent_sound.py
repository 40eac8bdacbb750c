import numpy as np
import pytest

from watchglass.model.media import AudioBlock
from watchglass.monitor.recent_sound import BACK, RecentSound, views

RATE = 8000


def block(n, samples, track="audio:0", rate=RATE):
    return AudioBlock(track=track, pts=n / 10, samples=np.asarray(samples, np.float32), rate=rate, layout=("FL", "FR"))


def filled(sound, first, last, value=0.5):
    for n in range(first, last):
        sound.keep(block(n, np.full((2, RATE // 10), value)))


def test_a_stretch_across_blocks_is_whole():
    sound = RecentSound()
    ramp = np.arange(3 * 800, dtype=np.float32) / 2400
    for n in range(3):
        sound.keep(block(n, np.tile(ramp[n * 800 : (n + 1) * 800], (2, 1))))
    heard = sound.between("audio:0", 0.05, 0.25)
    assert heard.begin == pytest.approx(0.05)
    np.testing.assert_array_equal(heard.samples[0], ramp[400:2000])


def test_what_was_not_delivered_is_no_number():
    sound = RecentSound()
    filled(sound, 0, 3)
    filled(sound, 5, 8)
    heard = sound.between("audio:0", 0.0, 0.8)
    assert np.isnan(heard.samples[:, 2400:4000]).all()
    assert not np.isnan(heard.samples[:, :2400]).any()


def test_samples_are_copies_of_what_the_decoder_overwrites():
    sound, buffer = RecentSound(), np.full((2, 800), 0.5, np.float32)
    sound.keep(block(0, buffer))
    buffer[:] = 9.0
    assert sound.between("audio:0", 0.0, 0.1).samples.max() == 0.5


def test_the_past_ends():
    sound = RecentSound()
    filled(sound, 0, 400)
    assert sound.between("audio:0", 0.0, 40.0).begin == pytest.approx(40.0 - BACK, abs=0.11)
    assert sound.between("audio:0", 0.0, 20.0) is None
    assert sound.between("audio:1", 0.0, 40.0) is None


def test_all_tracks_share_the_room():
    sound = RecentSound(most_samples=4 * RATE)
    for n in range(100):
        for track in ("audio:0", "audio:1"):
            sound.keep(block(n, np.zeros((2, RATE // 10)), track))
    assert sound.between("audio:1", 0.0, 10.0).samples.shape[1] == RATE
    assert sound.reaches("audio:1") == pytest.approx(10.0)


def test_another_rate_is_not_mixed_in():
    sound = RecentSound()
    filled(sound, 0, 5)
    sound.keep(block(5, np.ones((2, 1600)), rate=16_000))
    heard = sound.between("audio:0", 0.0, 1.0)
    assert (heard.begin, heard.rate) == (0.5, 16_000)
    assert heard.samples.shape == (2, 1600)


def test_every_view_of_a_stretch_with_a_hole():
    sound = RecentSound()
    filled(sound, 0, 10, 0.25)
    filled(sound, 15, 30, 0.5)
    heard = sound.between("audio:0", 0.0, 3.0)
    made = views(heard, ("samples", "waveform", "levels", "spectrogram"), 1.0, 1.5)
    assert {name: bool(each) for name, each in made.items()} == dict.fromkeys(
        ("samples", "waveforms", "levels", "spectrogram"), True
    )
    level = made["levels"][0]
    assert level.low[0] == pytest.approx(-12.04, abs=0.01)
    assert np.isnan(level.low[round(1.2 / level.step)])
    assert np.isnan(made["waveforms"][0].high[round(1.2 / made["waveforms"][0].step)])
    assert made["spectrogram"].end == pytest.approx(3.0)
    assert made["spectrogram"].highest == RATE / 2


def test_the_zoom_is_where_the_wave_is_cut():
    rng = np.random.default_rng(3)
    wave = np.clip(0.3 * np.sin(np.arange(RATE) / 3) + 0.01 * rng.standard_normal(RATE), -0.9, 0.9)
    wave[5000:5200] = np.clip(3.0 * np.sin(np.arange(200) / 5), -0.9, 0.9)
    sound = RecentSound()
    sound.keep(block(0, np.stack([0.2 * wave, wave])))
    zoom = views(sound.between("audio:0", 0.0, 1.0), ("samples",), 0.0, 1.0)["samples"]
    assert zoom.channel == "FR"
    assert 4990 / RATE <= zoom.begin <= 5200 / RATE
    assert len(zoom.low) == 64
