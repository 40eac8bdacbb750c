import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subtitled import ttml as written
from watchglass.media import ttml
from watchglass.media.cue import PICTURE, Cue
from watchglass.model.errors import SourceError

SPACES = (
    'xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" '
    'xmlns:smpte="http://www.smpte-ra.org/schemas/2052-1/2010/smpte-tt"'
)


def document(body, attributes=""):
    return f"<tt {SPACES} {attributes}><head/>{body}</tt>".encode()


def cues(body, attributes=""):
    return ttml.cues(document(body, attributes), "s.xml")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("", [], id="no body"),
        pytest.param("<body/>", [], id="nothing in it"),
        pytest.param(
            '<body><div><p begin="1s" end="2.5s">Hello</p></div></body>', [Cue(1.0, 1.5, "Hello")], id="a paragraph"
        ),
        pytest.param(
            '<body><div><p begin="00:00:01.250" dur="500ms">A</p></div></body>', [Cue(1.25, 0.5, "A")], id="dur"
        ),
        pytest.param(
            '<body begin="10s"><div begin="1s" end="5s"><p begin="1s">A</p></div></body>',
            [Cue(12.0, 3.0, "A")],
            id="times within times",
        ),
        pytest.param(
            '<body><div><p begin="4s" end="5s">B</p><p begin="1s" end="2s">A</p></div></body>',
            [Cue(1.0, 1.0, "A"), Cue(4.0, 1.0, "B")],
            id="in order",
        ),
        pytest.param(
            '<body><div><p begin="1s" end="3s">  one \n <span>two</span><br/>three</p></div></body>',
            [Cue(1.0, 2.0, "one two\nthree")],
            id="white space, spans and breaks",
        ),
        pytest.param(
            '<body><p begin="1s"><span begin="1s" end="2s">A</span><span begin="2s" end="3s">B</span></p></body>',
            [Cue(2.0, 1.0, "A"), Cue(3.0, 1.0, "B")],
            id="spans with times",
        ),
        pytest.param(
            '<body><p begin="1s" end="9s">A <span begin="1s">B <span begin="1s" end="2s">C</span></span>'
            '<set begin="0s"/></p></body>',
            [Cue(1.0, 8.0, "A"), Cue(2.0, 7.0, "B"), Cue(3.0, 1.0, "C")],
            id="spans with times within one another",
        ),
        pytest.param(
            '<body><div><p begin="1s" end="2s"><metadata>no</metadata>yes</p></div></body>',
            [Cue(1.0, 1.0, "yes")],
            id="metadata",
        ),
        pytest.param(
            '<body><div begin="1s" end="2s" smpte:backgroundImage="#i"/></body>',
            [Cue(1.0, 1.0, PICTURE)],
            id="a picture",
        ),
        pytest.param(
            '<body><div><p begin="1s" end="2s"> </p><p begin="2s" end="2s">A</p></div></body>', [], id="empty"
        ),
        pytest.param("<body><div><p>all along</p></div></body>", [Cue(0.0, 0.0, "all along")], id="no times"),
    ],
)
def test_cues(body, expected):
    assert cues(body) == expected


@pytest.mark.parametrize(
    ("time", "attributes", "seconds"),
    [
        ("01:00:00.5", "", 3600.5),
        ("00:00:01:15", 'ttp:frameRate="30"', 1.5),
        ("75f", 'ttp:frameRate="25"', 3.0),
        ("30f", 'ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"', 1.001),
        ("20000000t", 'ttp:tickRate="10000000"', 2.0),
        ("1.5h", "", 5400.0),
        ("2m", "", 120.0),
    ],
)
def test_times(time, attributes, seconds):
    [cue] = cues(f'<body><div><p begin="{time}">A</p></div></body>', attributes)
    assert cue.begin == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is not XML"),
        (b"WEBVTT", "is not XML"),
        (b"<tt><body>", "is not XML"),
        (b"<html/>", "is not TTML, but 'html'"),
        (document('<body><div><p begin="soon">A</p></div></body>'), "is no time: 'soon'"),
        (b"<!DOCTYPE tt><tt/>", "declares a DOCTYPE"),
        (b'<!DOCTYPE tt [<!ENTITY a "b">]><tt>&a;</tt>', "declares a DOCTYPE"),
        (b'<!DOCTYPE tt [<!ENTITY a SYSTEM "file:///etc/passwd">]><tt>&a;</tt>', "declares a DOCTYPE"),
        (b'<!DOCTYPE tt SYSTEM "http://127.0.0.1:9/x.dtd"><tt/>', "declares a DOCTYPE"),
        (b"<tt>" + b" " * ttml.MOST_BYTES + b"</tt>", "of more than 4 MB"),
        (b"<tt>" + b"<a>" * 10_000, "is not XML"),
        (written([(1.0, 2.0, "A")] * (ttml.MOST_CUES + 1)), "more than 20000 cues"),
    ],
)
def test_what_is_not_read(data, why):
    with pytest.raises(SourceError, match=why) as raised:
        ttml.cues(data, "s.xml")
    assert str(raised.value).startswith("s.xml: ")


def test_text_within_many_timed_spans_is_read_once(monkeypatch):
    read = []
    gather = ttml._gather
    monkeypatch.setattr(ttml, "_gather", lambda element, *into: (read.append(element), gather(element, *into))[1])
    [cue] = cues("<body><p>" + '<span begin="0s">' * 200 + "<b/>" * 500 + "x" + "</span>" * 200 + "</p></body>")
    assert cue.text == "x"
    assert len(read) == 701


def test_a_bomb_of_entities_is_refused():
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "lol"}">' for n in range(12))
    with pytest.raises(SourceError):
        ttml.cues(f"<!DOCTYPE tt [{entities}]><tt><body><div><p>&e11;</p></div></body></tt>".encode(), "s.xml")


@settings(max_examples=60, derandomize=True)
@given(cut=st.integers(0, 300), flip=st.integers(0, 299), value=st.integers(0, 255))
def test_garbage_is_survived(cut, flip, value):
    data = bytearray(document('<body begin="1s"><div><p begin="1s" end="2s">A<br/>B</p></div></body>'))
    data[flip % len(data)] = value
    for each in (bytes(data), bytes(data[:cut])):
        try:
            found = ttml.cues(each, "s.xml")
        except SourceError:
            continue
        assert all(cue.lasts >= 0.0 for cue in found)
