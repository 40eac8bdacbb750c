"""What people read, and what a stranger's name may do in it: nothing."""

import pytest

from notifying import NOW, notification
from watchglass.model.finding import Severity
from watchglass.sinks.words import in_words


def test_one_is_told_with_what_is_known_of_it():
    told = in_words([notification(others=("audio.silence", "sync.lip"))])
    assert told.title == "critical: news: Motion stopped"
    assert (told.severity, told.is_over) == (Severity.CRITICAL, False)
    assert told.body.splitlines() == [
        "Motion stopped", "", "Stream: news", "Severity: critical", "Event: opened", "Since: 2023-11-14T22:13:18.250Z",
        "Effects: audio.silence, sync.lip", "Found by: video.freeze", "Incident: i1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("event", "title", "severity", "is_over"),
    [
        ("opened", "critical: news: Motion stopped", Severity.CRITICAL, False),
        ("raised", "now critical: news: Motion stopped", Severity.CRITICAL, False),
        ("flapping", "comes and goes, critical: news: Motion stopped", Severity.CRITICAL, False),
        ("acknowledged", "acknowledged, critical: news: Motion stopped", Severity.INFO, False),
        ("merged", "part of another, critical: news: Motion stopped", Severity.INFO, False),
        ("closed", "over, critical: news: Motion stopped", Severity.INFO, True),
    ],
)
def test_the_title_says_what_happened(event, title, severity, is_over):
    told = in_words([notification(event=event, closed_at=NOW, acknowledged_by="ann")])
    assert (told.title, told.severity, told.is_over) == (title, severity, is_over)
    assert "Until: 2023-11-14T22:13:20.250Z" in told.body
    assert "Acknowledged by: ann" in told.body


def test_several_are_counted_and_the_first_ones_listed():
    told = in_words([notification(n, severity=Severity.WARNING if n % 5 else Severity.CRITICAL) for n in range(25)])
    assert told.title == "25 pieces of news: 5 critical, 20 warning"
    lines = told.body.splitlines()
    assert len(lines) == 21
    assert lines[1] == "2023-11-14T22:13:20.250Z warning: news: Motion stopped"
    assert lines[-1] == "and 5 more"
    assert (told.severity, told.is_over) == (Severity.CRITICAL, False)


def test_all_of_it_is_over_only_if_each_is():
    assert in_words([notification(1, "closed"), notification(2, "closed")]).is_over
    some = in_words([notification(1, "closed"), notification(2, severity=Severity.WARNING)])
    assert (some.is_over, some.severity) == (False, Severity.WARNING)


@pytest.mark.parametrize("written", ["a\r\nBcc: x@evil.example", "a\x00\x1b[31m", "a\u202eb", "a\u2028b", "x" * 5000])
def test_what_others_wrote_stays_in_its_line(written):
    told = in_words([notification(stream=written, message=written, acknowledged_by=written)])
    assert told.title.isprintable()
    assert len(told.title) < 700
    assert len(told.body.splitlines()) == 9


@pytest.mark.parametrize(
    "written", ["@everyone", "hi @here", "<!channel>", "<@U123>", "<#C1>", "@all", "[us](http://evil.example)"]
)
def test_nobody_is_called_and_no_link_hidden(written):
    told = in_words([notification(stream=written)])
    assert written not in told.title + told.body
    assert written in (told.title + told.body).replace("\u200b", "")


def test_an_address_of_mail_stays_one():
    assert "ann@example.org" in in_words([notification(message="ask ann@example.org")]).body
