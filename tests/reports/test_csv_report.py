import csv
import io

import pytest

from payloads import PAYLOADS
from sample_reports import file_report, finding, unreadable
from watchglass.model.finding import Reading
from watchglass.model.report import RunReport
from watchglass.reports import csv_report


def rows(*files):
    text = csv_report.dumps(RunReport(files=files))
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_row_for_each_finding_under_one_header():
    told = rows(file_report(), file_report("b.mp4"), unreadable())
    assert [(row["source"], row["detector"]) for row in told] == [
        (source, detector)
        for source in ("/media/news.mp4", "b.mp4")
        for detector in ("video.black", "video.freeze", "audio.silence")
    ]
    assert tuple(told[0]) == csv_report.COLUMNS


def test_a_row_says_everything():
    report = file_report()
    black, freeze, silence = rows(report)
    assert black == {
        "source": "/media/news.mp4",
        "id": report.id_of(report.findings[0]),
        "detector": "video.black",
        "track": "video:0",
        "severity": "critical",
        "confidence": "1.000",
        "start": "2.000",
        "end": "4.500",
        "duration": "2.500",
        "start_utc": "2023-11-14T22:13:22.250Z",
        "message": "the picture is black while the sound goes on",
        "explained_by": "",
        "readings": "black_share=0.995",
    }
    assert freeze["explained_by"] == "video.black"
    assert (silence["start"], silence["end"], silence["duration"]) == ("8.000", "", "")


def test_readings_have_their_units():
    readings = (Reading("a.b", None, "level", 0.0, 1.0, -61.25, "dBFS"), Reading("a.b", None, "n", 0.0, 1.0, 3.0, "1"))
    [row] = rows(file_report(findings=[finding(readings=readings)]))
    assert row["readings"] == "level=-61.25 dBFS; n=3"


def test_nothing_found_is_a_header_alone():
    text = csv_report.dumps(RunReport(files=(file_report(findings=()),)))
    assert text == ",".join(csv_report.COLUMNS) + "\r\n"


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "＝", "＠"])
@pytest.mark.parametrize("field", ["source", "message", "explained_by", "track", "detector", "readings"])
def test_no_cell_is_a_formula(begin, field):
    evil = f'{begin}HYPERLINK("http://example.com","news")'
    more = {field: evil} if field in ("message", "explained_by", "track") else {}
    if field == "readings":
        more = {"readings": (Reading("a.b", None, evil, 0.0, 1.0, 1.0, "1"),)}
    found = finding(evil if field == "detector" else "video.black", **more)
    [row] = rows(file_report(evil if field == "source" else "a.mp4", findings=[found]))
    assert row[field].startswith("'")
    assert "HYPERLINK" in row[field]
    assert not any(value.startswith(tuple("=+-@\t\r\n＝＋－＠")) for value in row.values())


@pytest.mark.parametrize("evil", [*PAYLOADS, 'a"b,c', "line\r\nbreak", "', \"; \r", "\ud800 half"])
def test_hostile_text_stays_in_its_cell(evil):
    found = finding(message=evil, track=evil, explained_by=evil)
    [row] = rows(file_report(evil, findings=[found]))
    assert row["severity"] == "critical"
    assert None not in row
    assert not any("\n" in value or "\r" in value or "\x1b" in value for value in row.values())
    csv_report.dumps(RunReport(files=(file_report(evil, findings=[found]),))).encode()


@pytest.mark.parametrize("text", ["a=b", "3 - 4", "news.mp4", "", "'quoted"])
def test_innocent_text_stays_as_it_is(text):
    assert csv_report.cell(text) == text
