import re
from xml.etree import ElementTree

import pytest

from payloads import PAYLOADS
from sample_reports import DEFAULT, DUTIES, PARTLY, file_report, finding, unreadable
from watchglass.model.finding import Severity
from watchglass.model.media import NotWatched
from watchglass.model.report import Duty, FileReport, RunReport
from watchglass.reports import junit


def suites(*files, fail_on="warning"):
    text = junit.dumps(RunReport(files=files, version="0.1.0", made_utc=1_700_000_000.0), fail_on)
    return ElementTree.fromstring(text)


def cases(suite):
    """Test to its outcome: ``passed``, or the one element that says otherwise."""
    told = {}
    for case in suite.iter("testcase"):
        outcomes = [child.tag for child in case if child.tag != "system-out"]
        assert len(outcomes) <= 1
        told[case.get("name")] = outcomes[0] if outcomes else "passed"
    assert len(told) == len(suite.findall("testcase"))
    return told


def test_a_suite_for_each_input_and_a_test_for_each_detector():
    [suite] = suites(file_report())
    assert suite.get("name") == "/media/news.mp4"
    assert cases(suite) == {
        "input.readable": "passed",
        "input.watched": "passed",
        "video.black": "failure",
        "video.freeze": "passed",
        "audio.silence": "failure",
        "transport.stall": "passed",
    }
    assert {case.get("classname") for case in suite} == {"/media/news.mp4"}
    assert (suite.get("time"), suite.get("timestamp")) == ("10.000", "2023-11-14T22:13:20")


def test_the_sums_are_those_of_the_elements():
    root = suites(file_report(not_watched=PARTLY), file_report("b.mp4", findings=()), unreadable("c.mp4"))
    for element in (root, *root):
        every = list(element.iter("testcase"))
        assert int(element.get("tests")) == len(every)
        for tag, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(element.get(attribute)) == sum(case.find(tag) is not None for case in every)
    assert float(root.get("time")) == pytest.approx(sum(float(suite.get("time")) for suite in root))


@pytest.mark.parametrize(
    ("fail_on", "failed"),
    [
        ("info", {"video.black", "video.freeze", "audio.silence"}),
        ("warning", {"video.black", "audio.silence"}),
        ("critical", {"video.black"}),
        ("never", set()),
    ],
)
def test_failures_follow_fail_on(fail_on, failed):
    [suite] = suites(file_report(), fail_on=fail_on)
    assert {name for name, outcome in cases(suite).items() if outcome == "failure"} == failed


def test_a_failure_says_when_and_why():
    [suite] = suites(file_report())
    failure = suite.find("testcase[@name='video.black']/failure")
    assert failure.get("type") == "critical"
    said = "0:00:02.000 – 0:00:04.500 on video:0: critical: the picture is black while the sound goes on"
    assert failure.get("message") == failure.text == said


def test_several_findings_of_a_detector_are_one_failure():
    """Some readers take the first failure of a test only."""
    findings = [finding(begin=float(n), end=n + 0.5, severity=Severity(n % 3)) for n in range(9)]
    [suite] = suites(file_report(findings=findings))
    failure = suite.find("testcase[@name='video.black']/failure")
    assert failure.get("message").endswith("(and 5 more)")
    assert len(failure.text.splitlines()) == 6
    assert len(suite.find("testcase[@name='video.black']/system-out").text.splitlines()) == 3


def test_what_is_below_is_output_with_its_cause():
    [suite] = suites(file_report())
    assert "explained by video.black" in suite.find("testcase[@name='video.freeze']/system-out").text


def test_an_input_that_could_not_be_read_is_an_error():
    [suite] = suites(unreadable(error="it is empty"))
    assert cases(suite) == {"input.readable": "error"}
    assert suite.find("testcase/error").get("message") == "it is empty"


def test_an_input_that_broke_off_tells_what_was_found_until_then():
    [suite] = suites(file_report(error="the connection was lost"))
    assert cases(suite)["input.readable"] == "error"
    assert cases(suite)["video.black"] == "failure"


def test_what_was_not_watched_is_skipped():
    duties = (*DUTIES, Duty("audio.lost"), Duty("audio.loudness", ("audio:0",), is_judged=False))
    blind = NotWatched(0.0, "not judged: the transfer function is not known", "video:0", "video.freeze")
    [suite] = suites(file_report(findings=(), duties=duties, not_watched=(*PARTLY, blind)))
    told = {case.get("name"): case.find("skipped").get("message") for case in suite if case.find("skipped") is not None}
    assert told.keys() == {"input.watched", "audio.lost", "audio.loudness", "video.freeze"}
    assert "SAMPLE-AES cannot be decrypted" in told["input.watched"]
    assert told["audio.lost"] == "there is no track for it"
    assert "no delivery profile" in told["audio.loudness"]
    assert "transfer function" in told["video.freeze"]


def test_a_detector_that_failed_has_neither_passed_nor_failed():
    gave_up = finding("monitor.detector_failed", 1.0, None, severity=Severity.WARNING, reason="video.freeze")
    [suite] = suites(file_report(findings=[gave_up]))
    assert cases(suite)["video.freeze"] == "error"
    assert cases(suite)["monitor.detector_failed"] == "failure"


@pytest.mark.parametrize("evil", PAYLOADS)
def test_hostile_text_stays_text(evil):
    findings = [finding(message=evil, explained_by=evil), finding(evil, 1.0, track=evil)]
    duties = (*DUTIES, Duty(evil))
    reports = file_report(f"/media/{evil}", findings=findings, duties=duties), unreadable(evil, evil)
    innocent = file_report(findings=[finding(explained_by="x"), finding("x", 1.0)], duties=duties), unreadable()
    root = suites(*reports)
    assert {element.tag for element in root.iter()} <= {element.tag for element in suites(*innocent).iter()} | {
        "system-out",
        "skipped",
    }
    assert "error" in {element.tag for element in root.iter()}


def test_no_character_that_xml_forbids():
    every = "".join(map(chr, [*range(0x20), 0x7F, 0x85, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF]))
    report = RunReport(files=(file_report(every, findings=[finding(message=every)]), FileReport(source=every)))
    text = junit.dumps(report, "info")
    assert text.isascii()
    forbidden = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
    for element in ElementTree.fromstring(text).iter():
        assert not any(forbidden.search(value) for value in [*element.attrib.values(), element.text or ""])


def test_a_flood_of_findings_is_shortened():
    findings = [finding(begin=float(n), end=n + 0.5) for n in range(1000)]
    [suite] = suites(file_report(findings=findings))
    assert suite.find("testcase[@name='video.black']/failure").text.splitlines()[-1] == "and 800 more"


def test_the_same_report_gives_the_same_text():
    report = RunReport(files=(file_report(findings=DEFAULT),), made_utc=1.0)
    assert junit.dumps(report, "info") == junit.dumps(report, "info")
