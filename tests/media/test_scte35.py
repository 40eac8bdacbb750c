"""Messages of SCTE 35: those of the standard, those of an encoder of our own, and what is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from splicing import STANDARD, insert, message, segmentation, splice_time, time_signal
from watchglass.media.scte35 import Change, Insert, Segmentation, SpliceInfo, SpliceInfoError, changes, parse
from watchglass.media.ts_sections import crc


def said(section):
    return [*changes(parse(section))]


@pytest.mark.parametrize(
    ("clause", "info"),
    [
        ("14.1", SpliceInfo(6, 0x072BD0050, None, 0, (Segmentation(0x4800008E, False, 0x34, 27_630_000, 2, 0),))),
        ("14.2", SpliceInfo(5, insert=Insert(0x4800008F, False, True, False, 0x07369C02E, 5_426_421, True))),
        ("14.3", SpliceInfo(6, 0x0746290A0, None, 0, (Segmentation(0x4800008E, False, 0x35, None, 2, 0),))),
        (
            "14.4",
            SpliceInfo(
                6, 0x07A4D88B6, None, 0, (Segmentation(0x48000018, False, 0x11), Segmentation(0x48000019, False, 0x10))
            ),
        ),
    ],
)
def test_messages_of_the_standard(clause, info):
    assert parse(bytes.fromhex(STANDARD[clause])) == info


def test_what_they_say():
    opportunity = "Provider Placement Opportunity 1207959694"
    assert said(bytes.fromhex(STANDARD["14.1"])) == [Change(opportunity, True, 0x072BD0050, 307.0, 0x4800008E)]
    assert said(bytes.fromhex(STANDARD["14.3"])) == [Change(opportunity, False, 0x0746290A0, None, 0x4800008E)]
    [change] = said(bytes.fromhex(STANDARD["14.2"]))
    assert (change.out_of_network, change.lasts) == (True, pytest.approx(60.294, abs=1e-3))
    assert said(bytes.fromhex(STANDARD["14.4"])) == []  # programmes end and begin
    assert [each.out_of_network for each in said(bytes.fromhex(STANDARD["14.8"]))] == [False]


def test_times_are_adjusted_and_wrap():
    assert parse(message(time_signal(1000), adjustment=90_000)).time == 91_000
    assert parse(message(time_signal((1 << 33) - 1), adjustment=90_001)).time == 90_000
    assert parse(message(insert(1, ticks=1 << 32), adjustment=1 << 32)).insert.time == 0
    assert parse(message(time_signal(), adjustment=5)).time is None


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (insert(7), Insert(7, out_of_network=True, is_immediate=True)),
        (insert(7, out=False), Insert(7, is_immediate=True)),
        (insert(7, cancel=True), Insert(7, is_cancelled=True)),
        (insert(7, lasts=2.0, auto_return=False), Insert(7, False, True, True, None, 180_000)),
        (insert(7, ticks=5, components=(1, 9)), Insert(7, False, True, False, 5, components=(1, 9))),
        (insert(7, components=(1,)), Insert(7, False, True, True, components=(1,))),
    ],
)
@pytest.mark.parametrize("untold", [False, True])
def test_inserts(command, expected, untold):
    info = parse(message(command, segmentation(1, 0x22), untold=untold))
    assert (info.insert, len(info.segmentations)) == (expected, 1)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(kind, True) for kind in (0x22, 0x30, 0x32, 0x34, 0x36, 0x3C, 0x3E, 0x44, 0x46)]
    + [(kind, False) for kind in (0x23, 0x31, 0x33, 0x35, 0x37, 0x3D, 0x3F, 0x45, 0x47)]
    + [(kind, None) for kind in (0x00, 0x01, 0x10, 0x11, 0x20, 0x21, 0x38, 0x39, 0x3A, 0x3B, 0x40, 0x50, 0xFF)],
)
def test_kinds_of_segments(kind, expected):
    told = said(message(time_signal(90), segmentation(3, kind, lasts=4.0, components=2)))
    assert [(each.out_of_network, each.time, each.lasts) for each in told] == (
        [] if expected is None else [(expected, 90, 4.0 if expected else None)]
    )


def test_what_begins_and_what_ends_it_have_one_name():
    begins, ends = (said(message(time_signal(90), segmentation(3, kind)))[0] for kind in (0x30, 0x31))
    assert begins.id == ends.id == "Provider Advertisement 3"
    begins, ends = (said(message(insert(event, out=out)))[0] for event, out in ((3, True), (4, False)))
    assert begins.id == ends.id


def test_what_is_taken_back():
    assert said(message(insert(3, cancel=True))) == [Change("splice_insert", False, None, None, 3, True)]
    assert said(message(time_signal(), segmentation(3, cancel=True))) == [Change("", False, None, None, 3, True)]


@pytest.mark.parametrize(
    "command", [(0, b""), (7, b""), (0xFF, b"CUEIxyz"), (0x33, b"who knows"), (4, b"\x02" + bytes(20))]
)
def test_other_commands_are_passed_over(command):
    info = parse(message(command, b"\x01\x05CUEI\0", b"\x02\x05ABCD\0", b"\xf0\0", segmentation(1, 0x22)))
    assert (info.command, len(info.segmentations), info.insert) == (command[0], 1, None)
    assert info.scheduled == (2 if command[0] == 4 else 0)


def test_where_an_unknown_command_ends_must_be_told():
    assert parse(message((0x33, b"who knows"), segmentation(1, 0x22), untold=True)).segmentations == ()


def test_what_is_encrypted_is_left():
    info = parse(message(insert(1), segmentation(1, 0x22), encrypted=True))
    assert (info.is_encrypted, info.insert, said(message(insert(1), encrypted=True))) == (True, None, [])
    assert not parse(message(insert(1))).is_encrypted


@pytest.mark.parametrize(
    ("section", "why"),
    [
        (b"", "no message"),
        (b"\xfc" + bytes(10), "no message"),
        (b"\x02" + message(insert(1))[1:], "no message"),
        (message(insert(1))[:-1], "a message of"),
        (message(insert(1))[:-1] + b"\0", "CRC"),
        (message(insert(1), version=1), "version 1"),
        (message((5, b"\0\0\0\1")), "a field of"),
        (message((6, b"")), "a field of"),
        (message(time_signal(), b"\x02\x10CUEI"), "a field of"),
    ],
)
def test_what_is_none_is_said(section, why):
    with pytest.raises(SpliceInfoError, match=why):
        parse(section)


REAL = [bytes.fromhex(each) for each in STANDARD.values()] + [
    message(insert(1, ticks=9, lasts=3.0, components=(1, 2)), segmentation(3, 0x30, components=3)),
]


def whole(data):
    """With a length and a CRC that are right, so that what lies between is read."""
    data = bytes([0xFC]) + (0x3000 | len(data) + 5).to_bytes(2, "big") + b"\0" + data
    return data + crc(data).to_bytes(4, "big")


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_whatever_comes_is_read_or_refused(data):
    if data.draw(st.booleans()):
        bytes_ = bytearray(data.draw(st.sampled_from(REAL))[4:-4])
        for _ in range(data.draw(st.integers(0, 4))):
            bytes_[data.draw(st.integers(0, len(bytes_) - 1))] = data.draw(st.integers(0, 255))
        bytes_ = bytes_[: data.draw(st.integers(1, len(bytes_)))]
    else:
        bytes_ = data.draw(st.binary(min_size=1, max_size=300))
    for section in (bytes(bytes_), whole(bytes(bytes_))):
        try:
            info = parse(section)
        except SpliceInfoError:
            continue
        assert all(0 <= (each.time or 0) < 1 << 33 for each in changes(info))


def test_a_time_that_is_not_told_is_a_byte():
    assert len(splice_time()) == 1
