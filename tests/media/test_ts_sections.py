import pytest

from transport import pat, pmt
from watchglass.media.ts_sections import Programme, Sections, Stream, crc, is_whole, programme, programmes


def test_the_crc_of_a_standard_table():
    # ISO/IEC 13818-1 has none to compare with; this is the check value of CRC-32/MPEG-2 for "123456789".
    assert crc(b"123456789") == 0x0376E6E7
    assert is_whole(pat({1: 100}))
    assert not is_whole(pat({1: 100})[:-1] + b"\0")


def test_what_tables_say():
    assert programmes(pat({0: 16, 1: 100, 7: 200})) == {1: 100, 7: 200}
    found = programme(pmt((0x1B, 256, b""), (0x06, 257, b"\x6a\x01\x00\x0a\x04eng\0"), number=7, version=3))
    assert found == Programme(7, 3, 256, (Stream(0x1B, 256, frozenset()), Stream(0x06, 257, frozenset({0x6A, 0x0A}))))
    assert [stream.is_media for stream in found.streams] == [True, True]
    assert programme(b"\x02\xb0\x05abc") is None


def fed(sections, *payloads):
    return [whole for payload, begins in payloads for whole in sections.feed(payload, begins=begins)]


TABLE = pmt(*((0x1B, pid, b"") for pid in range(256, 300)))


@pytest.mark.parametrize("cut", [1, 3, 100, 183])
def test_a_section_over_several_packets(cut):
    rest = (TABLE[cut:] + b"\xff" * 184)[:184]
    assert fed(Sections(), (b"\0" + TABLE[:cut], True), (rest, False), (TABLE[cut + 184 :] + b"\xff" * 9, False)) == [
        TABLE
    ]


def test_the_end_of_one_before_the_beginning_of_the_next():
    first = (b"\0" + TABLE[:183], True)
    second = (bytes([len(TABLE) - 183]) + TABLE[183:] + pat({1: 100}) + pat({1: 101}) + b"\xff" * 20, True)
    assert fed(Sections(), first, second) == [TABLE, pat({1: 100}), pat({1: 101})]


def test_what_is_missing_loses_only_what_has_begun():
    sections = Sections()
    assert fed(sections, (TABLE[:184], False)) == []  # the beginning was never seen
    assert fed(sections, (b"\0" + TABLE[:183], True)) == []
    sections.lose()
    assert fed(sections, (TABLE[183:], False), (b"\0" + pat({1: 100}), True)) == [pat({1: 100})]


@pytest.mark.parametrize("payload", [b"", b"\xff", b"\xb7", b"\0\x02\xff\xff" + bytes(180), b"\0\x02"])
def test_what_can_be_no_section(payload):
    sections = Sections()
    assert fed(sections, (payload, True), (bytes(184), False))[:0] == []
    assert fed(sections, (b"\0" + pat({1: 100}), True))[-1:] == [pat({1: 100})]
