import pytest

from watchglass.faults.live_fault import AnswerFault, StreamFault
from watchglass.faults.recipes import RECIPES
from watchglass.faults.schedule import LIVE_FAULTS, parse
from watchglass.model.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("segment.404@20+6", ("segment.404", 1.0, 20.0, 6.0)),
        ("segment.404@20", ("segment.404", 1.0, 20.0, 6.0)),
        ("segment.slow:2.5@0.5+8.25", ("segment.slow", 2.5, 0.5, 8.25)),
        ("encoder.clock:-60@3", ("encoder.clock", -60.0, 3.0, 10.0)),
        ("video.freeze:ticker@12+4", ("video.freeze:ticker", RECIPES["video.freeze:ticker"].strengths[1], 12.0, 4.0)),
        ("encoder.restart:untagged:90@12", ("encoder.restart:untagged", 90.0, 12.0, 0.0)),
        (" audio.silence:-80@1+2 ", ("audio.silence", -80.0, 1.0, 2.0)),
    ],
)
def test_what_people_write(text, expected):
    given = parse(text)
    assert (given.fault.name, given.strength, given.start, given.seconds) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("segment.404", r"NAME\[:STRENGTH\]@SECONDS"),
        ("segment.404@-3", r"NAME\[:STRENGTH\]@SECONDS"),
        ("segment.404@1+", r"NAME\[:STRENGTH\]@SECONDS"),
        ("", r"NAME\[:STRENGTH\]@SECONDS"),
        ("segment.405@1", "there is no fault 'segment.405'"),
        ("stall@1", "did you mean encoder.stall"),
        ("video.solid_color@1", "did you mean video.solid_color:green"),
        ("segment.cut:1.5@1", "a share, from 0 to 1, and not 1.5"),
        ("segment.drip:-1@1", "must not be negative"),
        ("segment.bomb:99999999999@1", "cannot be"),
    ],
)
def test_what_cannot_be(text, said):
    with pytest.raises(UsageError, match=said):
        parse(text)


def test_names_say_what_is_hit():
    assert {name.partition(".")[0] for name in LIVE_FAULTS} == {"playlist", "segment", "encoder"}
    assert not set(LIVE_FAULTS) & set(RECIPES)
    for fault in LIVE_FAULTS.values():
        assert len(fault.about) <= 90
        if isinstance(fault, AnswerFault):
            assert fault.name.startswith(fault.on + ".")
        assert (fault.seconds == 0.0) == isinstance(fault, StreamFault)
