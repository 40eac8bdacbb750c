import pytest

from watchglass.config.build import chosen, crew
from watchglass.config.settings import Config
from watchglass.detectors import CATALOGUE, load
from watchglass.model.detector import Status
from watchglass.model.errors import UsageError
from watchglass.model.media import KEY_FRAMES_ONLY, Track

STABLE = [name for name in CATALOGUE if load(name).status is not Status.PREVIEW]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["video.black"], ["video.black"]),
        (["audio.silence", "video.black"], ["video.black", "audio.silence"]),
        (["video"], [name for name in CATALOGUE if name.startswith("video.")]),
        (["default"], STABLE),
        (["all"], list(CATALOGUE)),
        (["-audio"], [name for name in STABLE if not name.startswith("audio.")]),
        (["video", "-video.black"], [n for n in CATALOGUE if n.startswith("video.") and n != "video.black"]),
        (["all", "-video", "video.black"], [n for n in CATALOGUE if not n.startswith("video.") or n == "video.black"]),
    ],
)
def test_what_is_chosen(names, expected):
    assert [name for name in chosen(names) if name in CATALOGUE] == expected


@pytest.mark.parametrize("name", ["video.frieze", "", "vid", "-nothing", "video."])
def test_what_does_not_exist(name):
    with pytest.raises(UsageError, match="there is no detector"):
        chosen([name])


def test_each_track_gets_the_detectors_of_its_kind():
    hire = crew(Config())
    for track in (Track("video:0", "video", "h264"), Track("audio:0", "audio", "aac"), None):
        hired = hire(track)
        assert hired
        assert all(each.track is track for each in hired)
        kinds = {each.kind for each in hired}
        assert kinds <= ({None} if track is None else {"any", track.kind})


def test_of_key_frames_alone_no_motion_is_judged():
    hire, facts = crew(Config()), {"pictures": KEY_FRAMES_ONLY}
    all_of_them, few = (
        {each.name for each in hire(Track("video:0", "video", "h264", facts=known))} for known in ({}, facts)
    )
    assert {"video.black", "video.border", "video.color_bars", "video.corrupt", "video.freeze", "video.slate"} <= few
    assert {"video.blur", "video.dead_pixel", "video.flash", "video.stutter", "video.tearing"} <= all_of_them - few


def test_settings_and_delivery_reach_the_detectors():
    config = Config(detectors={"video": {"freeze": {"open_after": 7}}}, delivery={"profile": "atsc-a85"})
    hired = crew(config, ["video.freeze"])(Track("video:0", "video", "h264"))
    assert hired[0].settings.open_after == 7.0
    assert hired[0].delivery.loudness == -24.0


def test_two_tracks_never_share_a_detector():
    hire = crew(Config())
    first, second = hire(Track("audio:0", "audio", "aac")), hire(Track("audio:1", "audio", "aac"))
    assert not {id(each) for each in first} & {id(each) for each in second}
