"""What playlists say while something is wrong with them, and that all is well before and after."""

from threading import Event

import m3u8
import pytest

from watchglass.faults.listing import Entry, Listing
from watchglass.faults.mishaps import Mishaps
from watchglass.faults.schedule import parse
from watchglass.faults.server import whole
from watchglass.media.hls_schedule import Follower
from watchglass.media.playlist import parse as read


def listing(at):
    """A segment of 2 s every 2 s, eight of them listed."""
    newest = int(at // 2) + 8
    entries = tuple(Entry(f"s/{n}.ts", 2.0, 1_700_000_000.0 + 2 * n) for n in range(newest - 8, newest))
    return Listing(entries, sequence=newest - 8, target=2)


def told(text, at):
    """The playlist at a moment, as a client reads it."""
    return m3u8.loads(Mishaps([parse(text)]).listing(listing)(at).text())


def numbers(playlist):
    return [int(segment.uri[2:-3]) for segment in playlist.segments]


@pytest.mark.parametrize(
    "text",
    [
        "playlist.stale@20+10", "playlist.rewind@20+10", "playlist.alternate@20+10", "playlist.restart@20+10",
        "playlist.target@20+10", "playlist.404@20+10",
    ],
)  # fmt: skip
def test_before_and_after_all_is_well(text):
    for at in (0.0, 19.9, 30.0, 40.0):
        assert Mishaps([parse(text)]).listing(listing)(at) == listing(at)


def test_stale():
    assert numbers(told("playlist.stale@20+10", 29.9)) == numbers(told("playlist.stale@99", 20.0))


def test_rewind():
    assert numbers(told("playlist.rewind:6@20+10", 24.0)) == numbers(told("playlist.stale@99", 18.0))


def test_two_copies_take_turns():
    newest = [numbers(told("playlist.alternate:6@20+10", at))[-1] for at in (20.5, 21.5, 22.5, 23.5)]
    assert newest == [17, 14, 18, 15]


def test_numbers_begin_anew():
    playlist = told("playlist.restart@20+10", 24.0)
    assert (playlist.media_sequence, numbers(playlist)) == (2, list(range(12, 20)))


def test_target():
    assert told("playlist.target:3@20+10", 24.0).target_duration == 6


def test_several_at_once():
    both = Mishaps([parse("playlist.stale@20+10"), parse("playlist.target:3@22+10")]).listing(listing)(24.0)
    assert (both.entries, both.target) == (listing(20.0).entries, 6)


def test_the_first_who_meets_it_is_told_of_once():
    met = []
    mishaps = Mishaps([parse("playlist.stale@20+10"), parse("playlist.404@20+10")], told=met.append)
    for at in (10.0, 21.0, 22.0):
        mishaps.playlist(whole(mishaps.listing(listing)(at).text().encode(), "text/plain"), at, Event())
    assert [given.fault.name for given in met] == ["playlist.stale", "playlist.404"]


@pytest.mark.parametrize("text", ["playlist.rewind:6@20+8", "playlist.alternate:6@20+8"])
def test_a_careful_client_gets_each_segment_once(text):
    past, follower, got = Mishaps([parse(text)]).listing(listing), Follower(is_live=True), []
    for tick in range(60):
        got += [each.segment.uri for each in follower.update(read(past(1.0 * tick).text(), "live"), 1.0 * tick)]
    assert got == [f"s/{n}.ts" for n in range(5, 37)]
