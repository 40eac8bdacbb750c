import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioned import packet, pairs_of, window
from watchglass.model.cea708 import MOST_COLUMNS, Packets, Service


def taken(*packets):
    """The service blocks of packets, and what is wrong with them."""
    into, blocks, wrong = Packets(), [], []
    for data in packets:
        for number, pair in enumerate(pairs_of(data)):
            found, trouble = into.take(*pair, begins=number == 0)
            blocks += found
            wrong += [trouble] * bool(trouble)
    return blocks, wrong


def text(*blocks):
    service = Service()
    for block in blocks:
        service.take(block)
    return service.text


def test_packets_are_put_together():
    assert taken(packet(0, (1, b"abc")), packet(1, (1, b"de"), (2, b"xyz"))) == (
        [(1, b"abc"), (1, b"de"), (2, b"xyz")],
        [],
    )
    assert taken(*(packet(n, (1, b"a")) for n in range(9)))[1] == []


@pytest.mark.parametrize(
    ("packets", "blocks", "wrong"),
    [
        pytest.param(
            [packet(0, (1, b"a")), packet(2, (1, b"b"))],
            [(1, b"a"), (1, b"b")],
            ["packet 2 follows packet 0"],
            id="one is missing",
        ),
        pytest.param(
            [packet(0, (1, b"abcdefgh"))[:4], packet(1, (1, b"b"))],
            [(1, b"b")],
            ["a packet of 10 bytes ended after 4"],
            id="one is cut short",
        ),
        pytest.param(
            [bytes([0x02, 0x3F, 0x41, 0x42])], [], ["a block of service 1 is longer than its packet"], id="too long"
        ),
    ],
)
def test_what_is_wrong_with_packets(packets, blocks, wrong):
    assert taken(*packets) == (blocks, wrong)


def test_joined_in_the_middle_of_a_packet():
    assert Packets().take(0x41, 0x42, begins=False) == ([], "")


def test_a_break_is_no_jump():
    into = Packets()
    assert into.take(0x01, 0x00, begins=True) == ([], "")
    into.forget()
    assert into.take(0xC1, 0x00, begins=True) == ([], "")


def test_an_extended_service_number():
    assert taken(bytes([0x02, 0xE1, 0x09, 0x41]))[0] == [(9, b"A")]


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        pytest.param([window("Hello\nthere")], "Hello\nthere", id="two rows"),
        pytest.param([window("hidden", visible=False)], "", id="hidden"),
        pytest.param([window("later", visible=False), b"\x89\x01"], "later", id="displayed later"),
        pytest.param([window("gone"), b"\x8a\x01"], "", id="hidden again"),
        pytest.param([window("toggled"), b"\x8b\x01"], "", id="toggled"),
        pytest.param([window("clear"), b"\x88\x01"], "", id="cleared"),
        pytest.param([window("deleted"), b"\x8c\xff"], "", id="deleted"),
        pytest.param([window("reset"), b"\x8f"], "", id="reset"),
        pytest.param([window("one\ntwo\nthree\nfour")], "two\nthree\nfour", id="three rows roll"),
        pytest.param([window("abc"), b"\x08"], "ab", id="backspace"),
        pytest.param([window("abc"), b"\x0exyz"], "xyz", id="the row from its beginning"),
        pytest.param([window("a"), b"\x7f\xe9"], "a♪é", id="characters"),
        pytest.param([window("a"), b"\x18\x26\x6b"], "a♫", id="sixteen bits"),
        pytest.param([window("a"), b"\x10\x25b"], "a_b", id="an extended character"),
        pytest.param([window("pen"), b"\x90\x05\x00\x91\x3f\x00\x00\x92\x01\x00here"], "pen\nhere", id="pens"),
        pytest.param([window("wait"), b"\x97\x00", b"\x00\x00\x00ed"], "waited", id="a command in two blocks"),
        pytest.param([b"nowhere"], "", id="no window"),
        pytest.param([window("x" * 100)], "x" * MOST_COLUMNS, id="a row has an end"),
        pytest.param([window("w"), b"\x8d\x05\x8e ok"], "w ok", id="delays"),
        pytest.param([window("w"), b"\x10\x05\x10\x08\x00\x10\x92\x02abok"], "wok", id="commands to come"),
    ],
)
def test_what_windows_show(blocks, expected):
    assert text(*blocks) == expected


def test_what_was_lost_is_not_shown_any_more():
    service = Service()
    service.take(window("old"))
    service.forget()
    service.take(b" and more")
    assert service.text == ""


@settings(max_examples=60, derandomize=True)
@given(blocks=st.lists(st.binary(min_size=1, max_size=31), max_size=40), data=st.binary(max_size=400))
def test_garbage_is_survived(blocks, data):
    assert len(text(*blocks)) <= 8 * 16 * (MOST_COLUMNS + 1)
    into = Packets()
    for number in range(0, len(data) - 2, 3):
        found, _ = into.take(data[number + 1], data[number + 2], begins=data[number] % 4 == 0)
        for _, block in found:
            text(block)
