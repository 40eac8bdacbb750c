import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.media.mpd_time import duration, http_date, moment


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT0S", 0.0), ("PT2S", 2.0), ("PT2.5S", 2.5), ("PT2,5S", 2.5), ("PT1H2M3S", 3_723.0), ("P1DT1S", 86_401.0),
        ("PT17738H17M14.156S", 63_857_834.156), ("P1Y", 31_536_000.0), ("P2M", 5_184_000.0), (" PT1M ", 60.0),
        ("", None), ("PT", None), ("P", None), ("1.5", None), ("PT-1S", None), ("-PT1S", None), ("PT1.S.", None),
        ("PT" + "9" * 40 + "S", None), ("soon", None),
    ],
)  # fmt: skip
def test_durations(text: str, seconds: float | None) -> None:
    assert duration(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("1970-01-01T00:00:00Z", 0.0), ("2026-01-01T00:00:00Z", 1_767_225_600.0),
        ("2026-01-01T00:00:00", 1_767_225_600.0), ("2026-01-01T01:00:00+01:00", 1_767_225_600.0),
        ("2026-01-01T00:00:00.123456789Z", 1_767_225_600.123456), ("2026-13-01T00:00:00Z", None), ("", None),
        ("soon", None),
    ],
)  # fmt: skip
def test_moments(text: str, utc: float | None) -> None:
    assert moment(text) == (None if utc is None else pytest.approx(utc, abs=1e-5))


def test_dates_of_http() -> None:
    assert http_date("Thu, 01 Jan 2026 00:00:00 GMT") == 1_767_225_600.0
    assert http_date("") is http_date("soon") is None


@given(st.text(max_size=80))
def test_any_text_is_a_time_or_none(text: str) -> None:
    for read in (duration, moment, http_date):
        told = read(text)
        assert told is None or isinstance(told, float)
