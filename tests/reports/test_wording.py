import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_reports import AUDIO, PARTLY, VIDEO, file_report, finding, unreadable
from watchglass.model.phrases import utc_time
from watchglass.reports import wording


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0:00:00.000"),
        (59.9996, "0:01:00.000"),
        (3599.5, "0:59:59.500"),
        (36_000.25, "10:00:00.250"),
        (-1.5, "-0:00:01.500"),
    ],
)
def test_clock_time(seconds, text):
    assert wording.clock_time(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "40 ms"),
        (0.9999, "1.00 s"),
        (2.4, "2.40 s"),
        (59.999, "1 min 00 s"),
        (192, "3 min 12 s"),
        (7500, "2 h 05 min"),
    ],
)
def test_length(seconds, text):
    assert wording.length(seconds) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.995, "1", "99.5 %"),
        (3.0, "1", "3"),
        (-23.04, "LUFS", "-23 LUFS"),
        (0.0123, "s", "0.012 s"),
        (1250.0, "frames", "1,250 frames"),
        (float("-inf"), "LUFS", "not measurable"),
    ],
)
def test_quantity(value, unit, text):
    assert wording.quantity(value, unit) == text


@given(st.text())
def test_clean_text_steers_no_terminal_and_can_be_written(text):
    shown = wording.clean(text)
    shown.encode("utf-8")
    assert "\n" not in shown
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0x202A <= ord(c) <= 0x202E for c in shown)


def test_clean_leaves_ordinary_text_alone():
    assert wording.clean("Überblick «1» 新闻.mp4") == "Überblick «1» 新闻.mp4"


def test_utc_time():
    assert utc_time(1_700_000_000.2504) == "2023-11-14T22:13:20.250Z"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/media/a/news.mp4", "news.mp4"),
        ("news.mp4", "news.mp4"),
        ("/media/a/", "a"),
        ("https://cdn.example/live/index.m3u8?path=/x/y", "index.m3u8"),
        ("what?.mp4", "what?.mp4"),
    ],
)
def test_short_name(source, name):
    assert wording.short_name(source) == name


def test_formats():
    assert wording.format_of(VIDEO) == "h264, 1280 × 720, 25 fps"
    assert wording.format_of(AUDIO) == "aac, 48 kHz, stereo"


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        pytest.param(file_report(), "1 critical defect, 1 warning and 1 note", id="findings"),
        pytest.param(file_report(findings=()), "Nothing found", id="clean"),
        pytest.param(
            file_report(findings=(), not_watched=PARTLY), "Nothing found; not everything was watched", id="partly"
        ),
        pytest.param(unreadable(error="it is empty"), "Could not be read: it is empty", id="unreadable"),
        pytest.param(
            file_report(error="it breaks off", findings=[finding()]),
            "1 critical defect, until it could not be read further: it breaks off",
            id="broken off",
        ),
    ],
)
def test_verdict(file, sentence):
    assert wording.verdict(file) == sentence


def test_what_was_not_watched():
    lines = wording.uncovered(file_report(not_watched=PARTLY).coverage)
    assert lines == [
        "Not watched: audio:1: SAMPLE-AES cannot be decrypted",
        "Not watched: video:0: undecodable (0:00:03.000 – 0:00:03.500; 500 ms)",
    ]
