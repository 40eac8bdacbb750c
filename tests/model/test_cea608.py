import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioned import BS, CR, EDM, ENM, EOC, RDC, RU2, TR, coded, command, letters, pop_on, row
from watchglass.model import cea608
from watchglass.model.cea608 import Field, with_parity


def after(pairs, number=0):
    """The field once it has taken these pairs."""
    field = Field(number)
    assert all(field.take(*pair) for pair in coded(pairs))
    return field


def text(pairs, number=0, channel=0):
    return after(pairs, number).channels[channel].text


def test_tables_are_complete():
    assert len(cea608._SPECIAL) == 16
    assert [len(each) for each in cea608._EXTENDED] == [32, 32]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        pytest.param(pop_on("HELLO\nWORLD"), "HELLO\nWORLD", id="a caption that comes at once"),
        pytest.param(pop_on("HELLO")[:-2], "", id="not before its end"),
        pytest.param(pop_on("ONE") + pop_on("TWO"), "TWO", id="the next one in its place"),
        pytest.param(pop_on("ONE") + command(EDM), "", id="erased"),
        pytest.param(pop_on("ONE") + command(ENM) + command(EOC), "", id="nothing comes in its place"),
        pytest.param(
            command(RU2) + row(15) + letters("one") + command(CR) + letters("two") + command(CR) + letters("three"),
            "two\nthree",
            id="two rows roll up",
        ),
        pytest.param(pop_on("OLD") + command(RU2) + row(15) + letters("new"), "new", id="rolling clears"),
        pytest.param(command(RU2) + row(15) + letters("moved") + row(14), "moved", id="rolled rows are moved"),
        pytest.param(command(RDC) + row(15) + letters("paint"), "paint", id="painted on"),
        pytest.param(command(RDC) + row(15) + letters("left") + command(BS), "lef", id="taken back"),
        pytest.param(command(TR) + letters("text is no caption"), "", id="text mode"),
        pytest.param(letters("NO COMMAND YET"), "", id="joined in the middle"),
        pytest.param(command(RDC) + row(15) + letters("caf") + [(0x11, 0x3A)] * 2, "cafè", id="a special character"),
        pytest.param(command(RDC) + row(15) + letters("xA") + [(0x12, 0x20)] * 2, "xÁ", id="an extended one replaces"),
        pytest.param(command(RDC) + row(15) + letters("a" * 40), "a" * 32, id="a row has an end"),
    ],
)
def test_what_is_shown(pairs, expected):
    assert text(pairs) == expected


def test_commands_count_once_though_they_come_twice():
    assert text([*pop_on("ONCE")[:-1]]) == "ONCE"
    assert text([*pop_on("ONE"), *pop_on("TWO"), *command(EOC)]) == "ONE"  # the two memories change places again
    assert text([*pop_on("APART")[:-1], (0, 0), pop_on("APART")[-1]]) == "APART"  # padding may come in between


@pytest.mark.parametrize(("channel", "number", "place"), [(1, 0, 0), (2, 0, 1), (3, 1, 0), (4, 1, 1)])
def test_four_channels(channel, number, place):
    field = after(pop_on("HELLO", channel), number)
    assert [each.text for each in field.channels] == ["HELLO" if n == place else "" for n in (0, 1)]


def test_other_data_of_field_2_are_no_captions():
    told = [*command(RDC, 3), *row(15, 3), *letters("AB")]
    other = [(0x01, 0x03), *letters("a programme"), (0x0F, 0x40)]
    assert text([*told, *other, *command(RDC, 3), *letters("CD")], 1) == "ABCD"


def test_wrong_parity_is_told_and_not_shown():
    field = Field(0)
    pairs = coded([*command(RDC), *row(15), *letters("ABCD")])
    pairs[4] = (pairs[4][0] ^ 0x80, pairs[4][1])
    assert [field.take(*pair) for pair in pairs] == [True] * 4 + [False, True]
    assert field.channels[0].text == "CD"
    assert field.current == 0
    assert field.take(0, 0)
    assert field.take(0x80, 0x80)


@settings(max_examples=60, derandomize=True)
@given(data=st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), max_size=400), number=st.sampled_from([0, 1]))
def test_garbage_is_survived(data, number):
    field = Field(number)
    for first, second in data:
        field.take(first, second)
        field.take(with_parity(first & 0x7F), with_parity(second & 0x7F))
    for channel in field.channels:
        assert len(channel.text) <= cea608.ROWS * (cea608.COLUMNS + 1)
