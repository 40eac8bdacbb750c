import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from json_schema import faults
from sample_reports import PARTLY, file_report, finding, unreadable
from watchglass.model.finding import Event, Reading
from watchglass.model.media import ClockAnchor
from watchglass.model.report import RunReport, WallClock
from watchglass.reports import json_report

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/report-1.schema.json").read_text())
FILE = set(SCHEMA["$defs"]["file"]["required"])  # rejudge alone adds to them
FINDING = set(SCHEMA["$defs"]["finding"]["properties"])


def strictly(text):
    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def run(*files):
    return RunReport(files=files, version="0.1.0", made_utc=1_700_000_000.0)


def test_the_contract():
    whole = strictly(json_report.dumps(run(file_report(not_watched=PARTLY), unreadable())))
    assert list(faults(whole, SCHEMA, SCHEMA)) == []
    assert whole["schema"] == "watchglass.report/1"
    assert set(whole) == {"schema", "files", "summary"}
    assert whole["summary"]["unreadable"] == 1
    assert whole["summary"]["findings"] == {"critical": 1, "warning": 1, "info": 1}
    assert whole["summary"]["complete"] is False


DESIGNED = "id detector track start end start_utc severity confidence message explained_by region readings"


def test_the_schema_says_what_the_design_fixed():
    assert sorted(FILE) == ["coverage", "duration", "error", "findings", "source", "start_utc", "tracks"]
    assert sorted(FINDING) == sorted(DESIGNED.split())


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda whole: whole.pop("summary"), "$: summary is missing"),
        (lambda whole: whole.update(mood="good"), "$: mood is unknown"),
        (lambda whole: whole["findings"][0].update(start="2 s"), "$.findings[0].start: '2 s' is no number"),
        (lambda whole: whole["findings"][0].update(severity="bad"), "$.findings[0].severity: 'bad' is not"),
        (lambda whole: whole["findings"][1]["region"].update(w=1.5), "$.findings[1].region.w: 1.5 is above 1"),
    ],
)
def test_the_schema_is_not_a_formality(spoil, told):
    whole = json_report.run_object(run(file_report()))
    del whole["files"][0]
    spoil(whole)
    [fault] = faults(whole, SCHEMA, SCHEMA)
    assert fault.startswith(told)


def test_with_one_file_its_fields_also_stand_at_the_top():
    whole = strictly(json_report.dumps(run(file_report())))
    assert list(faults(whole, SCHEMA, SCHEMA)) == []
    assert set(whole) == {"schema", "files", "summary"} | FILE
    assert {name: whole[name] for name in FILE} == whole["files"][0]


def test_a_finding_in_full():
    [black, freeze, silence] = json_report.file_object(file_report())["findings"]
    assert (black["start"], black["end"], black["start_utc"]) == (2.0, 4.5, "2023-11-14T22:13:22.250Z")
    assert black["readings"] == [{"name": "black_share", "unit": "1", "value": 0.995}]
    assert freeze["explained_by"] == "video.black"
    assert freeze["region"] == {"x": 0.1, "y": 0.2, "w": 0.5, "h": 0.25}
    assert silence["end"] is None


def test_an_input_that_could_not_be_read():
    each = json_report.file_object(unreadable(error="it is empty"))
    assert (each["error"], each["duration"], each["start_utc"], each["findings"]) == ("it is empty", None, None, [])


@given(st.floats(allow_nan=True, allow_infinity=True), st.text())
def test_any_number_and_any_text_make_strict_json(value, text):
    odd = finding(message=text, confidence=value, readings=(Reading("a", None, text, 0.0, 0.0, value, text),))
    report = run(file_report(source=text, findings=[odd], seconds=0.04, duration=value))
    [each] = strictly(json_report.dumps(report))["files"]
    assert each["findings"][0]["message"] == text


def test_an_event_says_which_clock():
    clock = WallClock()
    clock.set(ClockAnchor(0.0, 1_700_000_000.0, "arrival"))
    line = json_report.event_line(finding(), source="https://cdn.example/index.m3u8", run="7", clock=clock)
    assert "\n" not in line
    event = strictly(line)
    assert (event["event"], event["utc_source"]) == ("closed", "arrival")
    assert (event["start_utc"], event["end_utc"]) == ("2023-11-14T22:13:22.000Z", "2023-11-14T22:13:24.500Z")
    assert event["utc"] == "2023-11-14T22:13:24.500Z"
    assert set(event) >= FINDING


def test_the_events_of_one_finding_have_one_id():
    lines = [json_report.event_line(finding(end=end), source="s", run="7", clock=WallClock()) for end in (None, 3.0)]
    events = [strictly(line) for line in lines]
    assert [event["event"] for event in events] == [str(Event.OPENED), str(Event.CLOSED)]
    assert events[0]["id"] == events[1]["id"]
    assert events[0]["utc"] is events[0]["utc_source"] is None


def test_the_sign_of_life():
    clock = WallClock()
    clock.set(ClockAnchor(0.0, 1_700_000_000.0, "program-date-time"))
    line = json_report.watching_line(source="s", position=10.0, lag=6.2, frames=250, clock=clock)
    assert strictly(line) == {
        "event": "watching",
        "source": "s",
        "utc": "2023-11-14T22:13:30.000Z",
        "utc_source": "program-date-time",
        "position": 10.0,
        "lag": 6.2,
        "frames": 250,
    }
