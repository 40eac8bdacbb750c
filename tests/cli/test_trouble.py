from listening import blocks, silence
from watchglass.cli.trouble import AGAIN, Trouble
from watchglass.model.media import Stall


def stall(reason, waited=3.0, buffer=0.0, is_trouble=True):
    return Stall(pts=10.0, waited=waited, buffer=buffer, reason=reason, is_trouble=is_trouble)


def lines(*told):
    trouble = Trouble()
    return [line for item, now in told if (line := trouble.line(item, now))]


def test_trouble_is_told_with_how_long_nothing_came():
    [line] = lines((stall("HTTP 503"), 100.0))
    assert line == "trouble: HTTP 503 (nothing has arrived for 3.0 s)"


def test_the_same_trouble_is_told_again_after_longer_and_longer_pauses():
    told = lines(*((stall("HTTP 503"), 100.0 + second) for second in range(100)))
    assert len(told) == 3  # at once, after AGAIN, and after twice that


def test_another_segment_is_no_other_trouble():
    reasons = (f"http://127.0.0.1/live/seg{n}.ts: HTTP 404 after {n}.2 s" for n in range(10))
    assert len(lines(*((stall(reason), 100.0 + i) for i, reason in enumerate(reasons)))) == 1


def test_another_status_is():
    assert len(lines((stall("HTTP 404"), 100.0), (stall("HTTP 503"), 101.0))) == 2


def test_an_ordinary_wait_is_not_told():
    assert lines((stall("nothing new in the playlist", buffer=6.0, is_trouble=False), 100.0)) == []


def test_that_it_is_over_is_told_of_what_was_told():
    """A wait that was not worth a word is over without one."""
    [block] = blocks(silence(0.1))
    told = lines((stall("HTTP 503"), 100.0), (block, 101.0), (stall("HTTP 503"), 103.0), (block, 104.0), (block, 105.0))
    assert told == ["trouble: HTTP 503 (nothing has arrived for 3.0 s)", "arriving again after 4.0 s"]


def test_once_more_after_the_pause():
    assert len(lines((stall("HTTP 503"), 100.0), (stall("HTTP 503"), 100.0 + AGAIN))) == 2
