from hypothesis import given
from hypothesis import strategies as st

from watchglass.media.segment_ending import Ending

BOXES = st.lists(st.binary(max_size=40), min_size=1, max_size=6)


def box(body: bytes, *, is_long: bool) -> bytes:
    if is_long:
        return b"\0\0\0\1mdat" + (16 + len(body)).to_bytes(8, "big") + body
    return (8 + len(body)).to_bytes(4, "big") + b"mdat" + body


def flaw(data: bytes, cuts: list[int], *, is_mp4: bool) -> str:
    ending, at = Ending(is_mp4=is_mp4), 0
    for cut in cuts:
        ending.feed(data[at : at + cut])
        at += cut
    ending.feed(data[at:])
    return ending.flaw


@given(bodies=BOXES, are_long=st.lists(st.booleans(), min_size=6), cuts=st.lists(st.integers(0, 30)), at=st.integers(1))
def test_boxes_end_where_they_say(bodies: list[bytes], are_long: list[bool], cuts: list[int], at: int) -> None:
    made = [box(body, is_long=is_long) for body, is_long in zip(bodies, are_long, strict=False)]
    data = b"".join(made)
    assert not flaw(data, cuts, is_mp4=True)
    cut = at % len(data)
    ends = {sum(map(len, made[:n])) for n in range(len(made) + 1)}
    assert bool(flaw(data[:cut], cuts, is_mp4=True)) == (cut not in ends)


@given(count=st.integers(1, 20), more=st.integers(0, 187), cuts=st.lists(st.integers(0, 500)))
def test_packets_are_188_bytes(count: int, more: int, cuts: list[int]) -> None:
    data = (b"G" + bytes(187)) * count + b"G" * more
    assert bool(flaw(data, cuts, is_mp4=False)) == (more > 0)


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0, 50)), is_mp4=st.booleans())
def test_whatever_comes_is_taken(data: bytes, cuts: list[int], is_mp4: bool) -> None:
    flaw(data, cuts, is_mp4=is_mp4)


def test_a_box_may_last_to_the_end() -> None:
    assert not flaw(b"\0\0\0\0mdat" + bytes(100), [], is_mp4=True)


def test_of_other_media_nothing_is_known() -> None:
    assert not flaw(b"ID3" + bytes(100), [], is_mp4=False)
    assert not flaw(b"", [], is_mp4=False)
