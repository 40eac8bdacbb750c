import pytest

from watchglass.model.finding import Event, Finding, Reading, Severity


def finding(**more):
    told = {"event": Event.OPENED, "detector": "video.black", "track": "video:0", "opened_at": 1.5, "told_at": 2.0}
    return Finding(**(told | more))


def test_severities_are_in_order():
    assert Severity.INFO < Severity.WARNING < Severity.CRITICAL
    assert [str(severity) for severity in Severity] == ["info", "warning", "critical"]


def test_a_reading_ends_after_its_duration():
    assert Reading("video.black", "video:0", "black_share", 2.0, 0.5, 1.0, "1").end == 2.5


def test_what_changes_does_not_change_the_identity():
    opened = finding()
    closed = finding(event=Event.CLOSED, closed_at=9.0, told_at=9.0, severity=Severity.CRITICAL, message="over")
    assert opened.key == closed.key
    assert opened.identity("a.mp4", "check") == closed.identity("a.mp4", "check")


@pytest.mark.parametrize(
    ("other", "stream", "run"),
    [
        (finding(detector="video.freeze"), "a.mp4", "check"),
        (finding(track="video:1"), "a.mp4", "check"),
        (finding(opened_at=1.500001), "a.mp4", "check"),
        (finding(), "b.mp4", "check"),
        (finding(), "a.mp4", "other"),
    ],
)
def test_everything_else_makes_another(other, stream, run):
    assert other.identity(stream, run) != finding().identity("a.mp4", "check")


def test_the_identity_is_the_same_in_every_process():
    assert finding().identity("a.mp4", "check") == "b1744646df42e056"
