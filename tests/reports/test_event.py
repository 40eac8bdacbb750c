import io

import pytest
from rich.console import Console

from watchglass.model.finding import Event, Finding, Severity
from watchglass.model.report import Utc
from watchglass.reports import event

ON_AIR = Utc(1_700_000_000.25, "program-date-time")


def finding(**more):
    told = {
        "detector": "transport.segment_failed",
        "track": None,
        "event": Event.OPENED,
        "severity": Severity.WARNING,
        "opened_at": 75.5,
        "told_at": 76.0,
        "message": "What was asked for did not come, 3 times; 2.0 s of media are missing (segment of video: HTTP 404)",
    }
    return Finding(**(told | more))


def shown(*args, width=80):
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    event.show(*args, console)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(
    ("more", "utc", "begins"),
    [
        ({}, None, "0:01:15.500  opened   warning   transport.segment_failed  What was"),
        ({}, ON_AIR, "2023-11-14T22:13:20.250Z  0:01:15.500  opened   warning   transport.segment_failed  What"),
        ({"event": Event.CLOSED, "closed_at": 80.0}, None, "0:01:15.500 until 0:01:20.000  closed   warning"),
        ({"event": Event.UNWATCHED}, None, "0:01:15.500  still open  warning"),
    ],
)
def test_on_one_line(more, utc, begins):
    assert event.line(finding(**more), utc).startswith(begins)


def test_what_explains_it_is_said():
    explained = finding(explained_by="transport.stall")
    assert event.line(explained, None).endswith("(explained by transport.stall)")
    assert "(explained by transport.stall)" in " ".join(map(str.strip, shown(explained, None)))


@pytest.mark.parametrize("width", [40, 80, 200])
def test_on_a_terminal_the_sentence_stands_below(width):
    head, *below = shown(finding(), ON_AIR, width=width)
    assert head == "2023-11-14 22:13:20Z  opened  warning  transport.segment_failed"
    assert " ".join(line.strip() for line in below) == finding().message
    assert all(line.startswith("    ") and len(line) <= width for line in below)


def test_how_long_it_lasted_is_said_at_its_end():
    [head, *_] = shown(finding(event=Event.CLOSED, closed_at=80.0), None)
    assert head == "0:01:15.500  closed  after 4.50 s  warning  transport.segment_failed"


def test_hostile_text_steers_no_terminal():
    said = shown(finding(message="\x1b[2J[bold]name[/]\n"), None)
    assert said[1].strip() == "\ufffd[2J[bold]name[/]"
