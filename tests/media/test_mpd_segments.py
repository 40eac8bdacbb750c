import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchglass.media.mpd import Addressing, BaseUrl, Entry, Period, Representation, fill
from watchglass.media.mpd_segments import available_sooner, bases_of, joined, slots, timeline_end
from watchglass.model.errors import PlaylistError
from watchglass.net.address import StreamUrl

few = settings(max_examples=150, deadline=None, derandomize=True)


def representation(addressing: Addressing | None, *bases: str) -> Representation:
    levels = tuple((BaseUrl(base),) for base in bases)
    return Representation("v", 7, 0, 0, "", "video/mp4", levels, addressing)


def period(duration: float | None = 10.0, start: float = 0.0) -> Period:
    return Period("p", start, duration, ())


def found(addressing: Addressing, duration: float | None = 10.0, start: float = 0.0, **window: float) -> list[tuple]:
    told = slots(period(duration, start), representation(addressing), "", **window)
    return [(one.number, round(one.start, 6), round(one.duration, 6)) for one in told]


REGULAR = Addressing("template", timescale=10, duration=40, media="$Number$", presentation_offset=1000)


def test_segments_of_equal_length_fill_their_period() -> None:
    assert found(REGULAR) == [(1, 0.0, 4.0), (2, 4.0, 4.0), (3, 8.0, 2.0)]
    assert found(REGULAR, 12.0) == [(1, 0.0, 4.0), (2, 4.0, 4.0), (3, 8.0, 4.0)]
    assert found(REGULAR, 12.0, start=100.0)[-1] == (3, 108.0, 4.0)


def test_only_what_is_complete_and_not_gone_is_in_a_window() -> None:
    assert found(REGULAR, None, after=0.0, until=11.9) == [(1, 0.0, 4.0), (2, 4.0, 4.0)]
    assert found(REGULAR, None, after=0.0, until=12.0)[-1] == (3, 8.0, 4.0)
    assert found(REGULAR, None, start=100.0, after=104.0, until=112.0) == [(2, 104.0, 4.0), (3, 108.0, 4.0)]
    assert found(REGULAR, 10.0, after=0.0, until=9.9)[-1] == (2, 4.0, 4.0)
    assert found(REGULAR, 10.0, after=0.0, until=10.0)[-1] == (3, 8.0, 2.0)
    far = 1.7e9
    assert found(REGULAR, None, after=far, until=far + 8.0)[0][0] == 1 + far // 4


def test_the_last_number_and_the_delta_of_the_first_segment() -> None:
    assert len(found(Addressing("template", duration=1, media="x", start_number=5, end_number=7))) == 3
    delta = Addressing("template", timescale=10, duration=40, media="x", ept_delta=5)
    assert found(delta) == [(1, 0.5, 4.0), (2, 4.5, 4.0), (3, 8.5, 1.5)]


@pytest.mark.parametrize(
    ("entries", "duration", "expected"),
    [
        ([Entry(100, 20, 1), Entry(None, 30, 0)], 10.0, [(1, 0.0, 2.0), (2, 2.0, 2.0), (3, 4.0, 3.0)]),
        ([Entry(100, 20, -1)], 5.0, [(1, 0.0, 2.0), (2, 2.0, 2.0), (3, 4.0, 2.0)]),
        ([Entry(100, 20, -1), Entry(140, 10, 0)], 5.0, [(1, 0.0, 2.0), (2, 2.0, 2.0), (3, 4.0, 1.0)]),
        ([Entry(100, 20, 0), Entry(150, 20, 0)], 10.0, [(1, 0.0, 2.0), (2, 5.0, 2.0)]),
        ([Entry(100, 20, 0), Entry(150, 20, 0, number=9)], 10.0, [(1, 0.0, 2.0), (9, 5.0, 2.0)]),
        ([Entry(60, 20, 4)], 3.0, [(3, 0.0, 2.0), (4, 2.0, 2.0)]),  # what lies outside the period is not in it
        ([Entry(90, 20, 0)], 3.0, [(1, -1.0, 2.0)]),
        ([Entry(100, 20, -1)], None, [(1, 0.0, 2.0)]),
        ([], 3.0, []),
    ],
)
def test_timelines(entries: list[Entry], duration: float | None, expected: list[tuple]) -> None:
    told = Addressing("template", timescale=10, media="$Time$", presentation_offset=100, timeline=tuple(entries))
    assert found(told, duration) == expected


def test_a_long_timeline_is_not_walked_through_for_its_end() -> None:
    told = Addressing("template", media="$Time$", timeline=(Entry(0, 2, 90_000),))
    assert found(told, None, after=179_990.0, until=179_996.0) == [
        (89_996, 179_990.0, 2.0),
        (89_997, 179_992.0, 2.0),
        (89_998, 179_994.0, 2.0),
    ]
    assert timeline_end(period(None), representation(told)) == 180_002.0
    opened = Addressing("template", media="$Time$", timeline=(Entry(0, 2, -1),))
    assert timeline_end(period(None), representation(opened)) == math.inf
    assert [number for number, *_ in found(opened, None, after=1e6, until=1e6 + 4.0)] == [500_001, 500_002]


def test_there_is_an_end_of_it() -> None:
    with pytest.raises(PlaylistError, match="nothing says where it ends"):
        found(REGULAR, None)
    with pytest.raises(PlaylistError, match="more than 100000"):
        found(Addressing("template", timescale=10**9, duration=1, media="x"))


def test_an_open_entry_ends_with_the_last_number() -> None:
    entries = (Entry(0, 1, -1), Entry(10**18 - 1, 1, 0))
    assert found(Addressing("template", media="x", timeline=entries, end_number=0), None) == []
    three = found(Addressing("template", media="x", timeline=entries, end_number=3), None)
    assert three == [(1, 0.0, 1.0), (2, 1.0, 1.0), (3, 2.0, 1.0)]
    with pytest.raises(PlaylistError, match="m: lists more than 100000"):
        slots(period(None), representation(Addressing("template", media="x", timeline=entries)), "", name="m")


@pytest.mark.parametrize("number", [0, 12])
def test_a_number_that_a_list_does_not_have_ends_it(number: int) -> None:
    urls = (("a", None), ("b", None))
    entries = (Entry(0, 1, 0), Entry(1, 1, 0, number=number))
    told = Addressing("list", start_number=10, urls=urls, timeline=entries)
    assert found(told) == [(10, 0.0, 1.0)]


@pytest.mark.parametrize("entry", [Entry(10**18 - 1, 1, 0), Entry(0, 10**18 - 1, 0)])
def test_times_that_no_clock_holds_are_refused(entry: Entry) -> None:
    with pytest.raises(PlaylistError, match=r"segment 1 is more than 1e\+11 s away from its period"):
        found(Addressing("template", media="x", timeline=(entry,)), None)
    since = 17 * 10**17  # a clock of nanoseconds since 1970
    fine = Addressing(
        "template", timescale=10**9, media="x", presentation_offset=since, timeline=(Entry(since, 10**9, 0),)
    )
    assert found(fine, None) == [(1, 0.0, 1.0)]


@few
@given(
    st.lists(st.tuples(st.none() | st.integers(0, 400), st.integers(1, 90), st.integers(-2, 9)), max_size=6),
    st.integers(0, 300),
    st.none() | st.floats(0.1, 100.0),
    st.floats(-5.0, 90.0),
    st.floats(0.0, 50.0),
)
def test_a_window_is_a_part_of_the_whole(
    entries: list[tuple], offset: int, duration: float | None, after: float, lasts: float
) -> None:
    timeline = tuple(Entry(*entry) for entry in entries)
    told = Addressing("template", timescale=10, media="$Time$", presentation_offset=offset, timeline=timeline)
    is_open = any(entry.repeat < 0 for entry in timeline)
    part = found(told, duration, after=after, until=after + lasts)
    assert all(start + length > after - 1e-5 and start + length <= after + lasts + 1e-5 for _, start, length in part)
    if not is_open:
        whole = found(told, duration)
        inside = [one for one in whole if after + 1e-4 < one[1] + one[2] < after + lasts - 1e-4]
        assert [one for one in part if one in inside] == inside
        assert all(one in whole for one in part)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("$RepresentationID$/$Number$", "v/3"), ("$Number%05d$.m4s", "00003.m4s"), ("$Time%02d$", "90"),
        ("$Bandwidth$-$Time$", "7-90"), ("a$$b", "a$b"), ("$$", "$"), ("$Other$", "$Other$"), ("$Number", "$Number"),
        ("$Number%999d$", "$Number%999d$"), ("$Number%0999999d$", "3"), ("$Number%x$", "$Number%x$"),
        ("", ""), ("plain", "plain"),
    ],
)  # fmt: skip
def test_templates(template: str, expected: str) -> None:
    assert fill(template, id="v", bandwidth=7, number=3, time=90) == expected


def test_bases_lead_from_the_manifest_down() -> None:
    assert bases_of(representation(None)) == [""]
    assert bases_of(representation(None, "main/", "./video/", "v.mp4")) == ["main/./video/v.mp4"]
    assert bases_of(representation(None, "main/", "http://h/x/", "v.mp4?sig=1")) == ["http://h/x/v.mp4?sig=1"]
    several = ((BaseUrl("a/", 1.5), BaseUrl("b/")), (BaseUrl("c/", 2.0),))
    assert bases_of(Representation("v", 0, 0, 0, "", "", several, None)) == ["a/c/", "b/c/"]
    assert available_sooner(Representation("v", 0, 0, 0, "", "", several, None)) == 3.5
    many = (tuple(BaseUrl(f"{number}/") for number in range(99)),)
    assert bases_of(Representation("v", 0, 0, 0, "", "", many, None)) == [f"{number}/" for number in range(16)]


REFERENCE = st.text(alphabet="ab/.?#:%", max_size=8)


@few
@given(REFERENCE, REFERENCE)
def test_two_steps_lead_where_one_after_the_other_leads(base: str, reference: str) -> None:
    """As RFC 3986 has it, for whatever a URL makes of it at all."""
    manifest = StreamUrl("http://h/p/q/m.mpd")
    if ":" in base + reference or "#" in base + reference or not base:
        return
    at_once = manifest.join(joined(base, reference) or "m.mpd")
    assert at_once.full_text == manifest.join(base).join(reference).full_text
