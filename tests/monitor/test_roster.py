from watchglass.config.build import chosen, crew
from watchglass.config.settings import PROFILES, Config
from watchglass.model.media import Track
from watchglass.monitor.roster import Roster

AUDIO = Track("audio:0", "audio", "aac")


def roster(config=None, names=("video.black", "audio.silence", "audio.loudness", "transport.stall")):
    config = config or Config()
    return Roster(chosen(names), crew(config, names))


def test_it_hires_as_the_crew_does_and_keeps_the_list():
    made = roster()
    assert [detector.name for detector in made(AUDIO)] == ["audio.silence", "audio.loudness"]
    made(None)
    assert {duty.detector: duty.tracks for duty in made.duties} == {
        "video.black": (),
        "audio.silence": ("audio:0",),
        "audio.loudness": ("audio:0",),
        "transport.stall": (None,),
    }


def test_thresholds_are_those_that_the_user_set():
    made = roster(Config(detectors={"audio": {"silence": {"open_below": -70.0}}}))
    made(AUDIO)
    [limit] = made.limits("audio.silence")["level"]
    assert (limit.value, limit.bad, limit.name) == (-70.0, "below", "open_below")
    assert "nothing to hear" in limit.meaning
    assert made.shows("audio.silence") == ("levels",)


def test_what_only_measures_is_not_judged():
    made = roster()
    made(AUDIO)
    judged = {duty.detector: duty.is_judged for duty in made.duties}
    assert judged["audio.silence"]
    assert not judged["audio.loudness"]
    assert made.limits("audio.loudness") == {}


def test_a_delivery_profile_sets_thresholds():
    made = roster(Config(delivery={"profile": "ebu-r128"}))
    made(AUDIO)
    loud, soft = made.limits("audio.loudness")["integrated"]
    target = PROFILES["ebu-r128"].loudness
    assert soft.value < target < loud.value
    assert (soft.bad, loud.bad) == ("below", "above")
    assert all(duty.is_judged for duty in made.duties)


def test_nothing_is_known_of_strangers():
    assert roster().limits("acme.overexposed") == {}
    assert roster().shows("acme.overexposed") == ("waveform", "spectrogram")
