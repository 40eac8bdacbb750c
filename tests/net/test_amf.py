import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchglass.net.amf import AmfError, decode, encode

VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=4) | st.lists(inner, max_size=4),
    max_leaves=8,
).filter(lambda value: _depth(value) < 8)


def _depth(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)


@given(st.lists(VALUES, max_size=4))
@settings(max_examples=50)
def test_what_is_written_is_read(values):
    assert list(decode(encode(*values))) == values


@given(st.binary(max_size=200))
def test_nonsense_is_an_error_of_ours(data):
    with contextlib.suppress(AmfError):
        list(decode(data))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\3\0\1a" * 40, id="too deep"),
        pytest.param(b"\x0a\xff\xff\xff\xff", id="too many in an array"),
        pytest.param(b"\3" + b"\0\1a\5" * 2000 + b"\0\0\x09", id="too many in an object"),
        pytest.param(b"\2\0\5abc", id="cut off"),
        pytest.param(b"\x11", id="unknown"),
    ],
)
def test_what_is_not_read(data):
    with pytest.raises(AmfError):
        list(decode(data))


def test_an_array_with_names_and_a_date():
    array = b"\x08\0\0\0\1\0\1a\0\x40\0\0\0\0\0\0\0\0\0\x09"
    assert list(decode(array + b"\x0b\x40\0\0\0\0\0\0\0\0\0")) == [{"a": 2.0}, 2.0]
