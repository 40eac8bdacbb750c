import io

import pytest

from watchglass.cli.teller import Teller
from watchglass.model.finding import Event, Finding, Severity
from watchglass.model.report import FileReport


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def finding(event=Event.OPENED, **more):
    told = {"detector": "video.black", "track": "video:0", "opened_at": 61.5, "told_at": 63.0, "message": "No picture"}
    return Finding(event=event, **(told | more))


def said(*, quiet=False, several=False, terminal=False, tell):
    out = Terminal() if terminal else io.StringIO()
    teller = Teller(out, quiet=quiet, several=several)
    tell(teller)
    return out.getvalue()


def test_a_finding_is_a_line():
    line = said(tell=lambda t: t.finding("/a/film.mp4", finding(severity=Severity.CRITICAL)))
    assert line == "0:01:01.500  critical  video.black         No picture\n"


def test_the_file_is_named_where_there_are_several():
    assert said(several=True, tell=lambda t: t.finding("/a/film.mp4", finding())).startswith("film.mp4: ")


def test_the_cause_is_named():
    assert "(explained by transport.stall)" in said(
        tell=lambda t: t.finding("x", finding(explained_by="transport.stall"))
    )


@pytest.mark.parametrize(("event", "lines"), [(Event.OPENED, 1), (Event.CHANGED, 1), (Event.CLOSED, 0)])
def test_what_is_over_is_in_the_report(event, lines):
    assert said(tell=lambda t: t.finding("x", finding(event))).count("\n") == lines


def test_quiet_tells_only_what_could_not_be_read():
    def tell(teller):
        teller.finding("x", finding())
        teller.progress("x", 1.0, 2.0)
        teller.done(FileReport(source="x", error="x: is broken"), "x")

    assert said(quiet=True, terminal=True, tell=tell) == "watchglass: x: is broken\n"


def test_no_progress_into_a_file():
    assert said(tell=lambda t: t.progress("x", 1.0, 2.0)) == ""


def test_progress_makes_room_for_findings_and_goes():
    def tell(teller):
        teller.progress("/a/film.mp4", 5.0, 20.0)
        teller.finding("/a/film.mp4", finding())
        teller.close()

    text = said(terminal=True, tell=tell)
    assert text.startswith("\r 25 % film.mp4 | ")
    assert "x real time" in text
    assert text.endswith(" \r")
    assert "\n" in text


def test_nothing_steers_the_terminal():
    def tell(teller):
        teller.progress("/a/\x1b[2Jfilm.mp4", 5.0, None)
        teller.finding("/a/\x1b[2Jfilm.mp4", finding(message="\x1b[31mred"))
        teller.refused(FileReport(source="x", error="\x1b[2J: is broken"))

    assert "\x1b" not in said(several=True, terminal=True, tell=tell)
