import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.model.errors import SourceError
from watchglass.net.address import StreamUrl, redact, redact_reference, redact_target


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h.example/live/news.m3u8", "https://h.example/live/news.m3u8"),
        ("https://me:SECRET@h.example/a", "https://***@h.example/a"),
        ("https://SECRET@h.example/a", "https://***@h.example/a"),
        ("https://h.example/a?token=SECRET&quality=SECRET", "https://h.example/a?token=***&quality=***"),
        ("https://h.example/a?SECRETSECRETSECRETSECRETSECRET", "https://h.example/a?***"),
        ("https://h.example/a#SECRET", "https://h.example/a"),
        ("https://h.example/hdnts=exp=SECRET~acl=*~hmac=SECRET/a.ts", "https://h.example/hdnts=***/a.ts"),
        ("https://h.example/a;jwt=SECRET/b.ts", "https://h.example/a;jwt=***/b.ts"),
        ("https://h.example/eyJhbGciSECRET.eyJzdWIiSECRET.SECRETSECRET/b.ts", "https://h.example/***/b.ts"),
        ("https://h.example/SECRET7890abcdef1234567890abcdef1234/b.ts", "https://h.example/***/b.ts"),
        ("http://u:pa'SECRET@h.example/a", "http://***@h.example/a"),
        ("http://h.example/a?token=abc'SECRET", "http://h.example/a?token=***"),
        ("http://h.example/hdnts=abc'SECRET/a.ts", "http://h.example/hdnts=***/a.ts"),
        ("rtmp://h.example/app/x?key=SECRET", "rtmp://h.example/app/***?key=***"),
        ("rtmps://h.example:443/app/inst/SECRET", "rtmps://h.example:443/app/***"),
        ("srt://h.example:9000?streamid=SECRET&passphrase=SECRET", "srt://h.example:9000?streamid=***&passphrase=***"),
        ("rtsp://me:SECRET@h.example/cam?token=SECRET", "rtsp://***@h.example/cam?token=***"),
    ],
)
def test_secrets_are_left_out(url: str, shown: str) -> None:
    assert redact(url) == shown
    if url.startswith("http"):
        parsed = StreamUrl(url)
        assert str(parsed) == shown
        assert "SECRET" not in f"{parsed} {parsed!r} {[parsed]}"


def test_urls_within_a_text_are_redacted() -> None:
    assert redact("GET http://u:SECRET@h/x?a=SECRET failed, http://h/y is fine") == (
        "GET http://***@h/x?a=*** failed, http://h/y is fine"
    )


def test_a_quotation_ends_where_a_word_ends() -> None:
    assert redact("'http://h/x?a=it'SECRET' failed ('http://h/y').") == "'http://h/x?a=***' failed ('http://h/y')."
    assert "SECRET" not in redact("['http://h/x','http://u:SECRET@h/y','rtmp://h/app/SECRET']")


@pytest.mark.parametrize(
    ("reference", "shown"),
    [
        ("s005.ts", "s005.ts"),
        ("../a@2x/s005.ts", "../a@2x/s005.ts"),
        ("s005.ts?token=SECRET", "s005.ts?token=***"),
        ("?token=it's \"SECRET", "?token=***"),
        ("s005.ts#SECRET", "s005.ts"),
        ("hdnts=exp=1~hmac=SECRET/s005.ts", "hdnts=***/s005.ts"),
        ("SECRET7890abcdef1234567890abcdef1234/s005.ts", "***/s005.ts"),
        ("//me:SECRET@h.example/s005.ts", "//***@h.example/s005.ts"),
        ("//SECRET@h.example/s005.ts", "//***@h.example/s005.ts"),
        ("http://me:SEC'R\"E <T@h.example/s005.ts", "http://***@h.example/s005.ts"),
    ],
)
def test_secrets_of_references_are_left_out(reference: str, shown: str) -> None:
    assert redact_reference(reference) == shown


@pytest.mark.parametrize(
    "text",
    [
        "http://u:p\\SECRET@h/", "http://u:p/SECRET@h/", "http://u:p?SECRET@h/", "http://u:p SECRET@h:x/",
        "u:SECRET@h/", "http:\\\\u:SECRET@h/", "http:/u:SECRET@h/", "//u:SECRET@h/", "ftp://u:'SECRET@h/", 'http://u:"SECRET@h:x/',
        "http://u:SECRET@h/" + "a" * 9_000,
    ],
)  # fmt: skip
def test_a_refusal_repeats_no_secret(text: str) -> None:
    with pytest.raises(SourceError) as refused:
        StreamUrl(text)
    assert "SECRET" not in str(refused.value)
    with contextlib.suppress(SourceError):
        assert "SECRET" not in str(StreamUrl("https://h.example/a").join(text))


def test_a_file_is_told_as_it_is() -> None:
    assert redact_target("take #3?key=1.ts") == "take #3?key=1.ts"
    assert redact_target("http://h/a?key='SECRET") == "http://h/a?key=***"


def test_control_characters_do_not_reach_a_terminal() -> None:
    assert "\x1b" not in redact("http://h/\x1b[31m")


def test_a_url_keeps_its_full_text() -> None:
    assert StreamUrl("https://me:pw@h.example/a?x=1").full_text == "https://me:pw@h.example/a?x=1"


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("seg.ts", "https://h.example/live/seg.ts"),
        ("/seg.ts?x=1", "https://h.example/seg.ts?x=1"),
        ("../up/seg.ts", "https://h.example/up/seg.ts"),
        ("//cdn.example/seg.ts", "https://cdn.example/seg.ts"),
        ("http://cdn.example/seg.ts", "http://cdn.example/seg.ts"),
        ("?v=2", "https://h.example/live/a.m3u8?v=2"),
    ],
)
def test_references_are_joined(reference: str, expected: str) -> None:
    assert StreamUrl("https://h.example/live/a.m3u8?token=1").join(reference).full_text == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "seg.ts", "file:///etc/passwd", "ftp://h/x", "gopher://h/x", "data:text/plain,x", "concat:http://h/a|b",
        "subfile,,start,0,end,9,,:/etc/passwd", "http:///x", "http://", "http://h:99999/", "http://h:-1/",
        "http://a\\b/", "http://exa mple/", "http://h\r\nX: y/", "http://h%00.example/", "//h/x", "javascript:alert(1)",
        "http://[::1/", "http://[gg::]/", "http://h\x00/", "http://" + "a" * 9_000,
    ],
)  # fmt: skip
def test_what_is_not_a_web_address_is_refused(text: str) -> None:
    with pytest.raises(SourceError):
        StreamUrl(text)


@pytest.mark.parametrize("reference", ["file:///etc/passwd", "ftp://h/x", "data:,x", "http://a\\@b/", "http://h:0/"])
def test_a_reference_to_anything_else_is_refused(reference: str) -> None:
    with pytest.raises(SourceError):
        StreamUrl("https://h.example/a").join(reference)


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"http://h/{text}"))
def test_whatever_is_written_is_a_url_or_refused(text: str) -> None:
    redact(text)
    with contextlib.suppress(SourceError):
        url = StreamUrl(text)
        assert url.origin.host
        assert StreamUrl(url.full_text) == url
    with contextlib.suppress(SourceError):
        StreamUrl("https://h.example/live/a.m3u8").join(text)


@pytest.mark.parametrize("url", ["http://h.example:0/a", "http://h.example:65536/a"])
def test_a_port_that_cannot_be(url: str) -> None:
    with pytest.raises(SourceError, match=r"the port must be from 1 to 65535"):
        StreamUrl(url)
