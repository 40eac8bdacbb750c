import random
from collections.abc import Sequence

import pytest

from watchglass.media.hls_schedule import Backoff, Follower, ModelPlayer
from watchglass.media.playlist import MediaPlaylist, Segment

TARGET = 4.0


def playlist(
    first: int,
    last: int,
    *,
    prefix: str = "",
    utc: float | None = None,
    is_ended: bool = False,
    breaks: Sequence[int] = (),
) -> MediaPlaylist:
    """Segments ``first`` to ``last``; ``utc`` is the time of segment 0."""
    segments = [
        Segment(
            uri=f"{prefix}{number}.ts",
            sequence=number,
            duration=TARGET,
            discontinuity=sum(number >= one for one in breaks),
            is_discontinuity=number in breaks,
            utc=None if utc is None else utc + number * TARGET,
        )
        for number in range(first, last + 1)
    ]
    return MediaPlaylist(TARGET, tuple(segments), is_ended)


def told(follower: Follower, *copies: MediaPlaylist) -> list[list[str]]:
    return [[one.segment.uri.removesuffix(".ts") for one in follower.update(copy, 0.0)] for copy in copies]


def test_a_live_stream_is_joined_three_target_durations_from_its_end() -> None:
    assert told(Follower(is_live=True), playlist(0, 9)) == [["7", "8", "9"]]
    assert told(Follower(is_live=True), playlist(0, 1)) == [["0", "1"]]


def test_what_has_ended_or_is_not_live_is_watched_from_its_beginning() -> None:
    assert told(Follower(is_live=True), playlist(0, 4, is_ended=True)) == [["0", "1", "2", "3", "4"]]
    assert told(Follower(is_live=False), playlist(0, 4)) == [["0", "1", "2", "3", "4"]]


def test_each_segment_comes_exactly_once() -> None:
    copies = [playlist(n, n + 5) for n in (0, 1, 1, 2, 4)]
    assert told(Follower(is_live=True), *copies) == [["3", "4", "5"], ["6"], [], ["7"], ["8", "9"]]


def test_an_old_copy_adds_nothing() -> None:
    copies = [playlist(10, 15), playlist(11, 16), playlist(9, 14), playlist(12, 17)]
    assert told(Follower(is_live=True), *copies) == [["13", "14", "15"], ["16"], [], ["17"]]


def test_a_playlist_that_lost_its_first_segments_only_adds_nothing() -> None:
    assert told(Follower(is_live=True), playlist(0, 5), playlist(2, 5), playlist(3, 6)) == [["3", "4", "5"], [], ["6"]]


def test_segments_that_left_before_they_were_fetched_are_told() -> None:
    follower = Follower(is_live=True)
    told(follower, playlist(0, 5))
    news = follower.update(playlist(9, 12), 0.0)
    assert [one.segment.sequence for one in news] == [9, 10, 11, 12]
    assert (news[0].missed, news[0].announced_break) == (12.0, False)
    assert news[0].remark == "3 segments left the playlist before they were fetched"


def test_an_encoder_that_restarts_is_noticed_at_once() -> None:
    follower = Follower(is_live=True)
    told(follower, playlist(1_000, 1_005))
    news = follower.update(playlist(0, 1), 0.0)
    assert [one.segment.sequence for one in news] == [0, 1]
    assert (news[0].announced_break, news[1].announced_break) == (True, False)
    assert news[0].remark == "the playlist began anew: media sequence 0 after 1005"
    assert told(follower, playlist(0, 2), playlist(1, 3)) == [["2"], ["3"]]


def test_an_encoder_that_restarts_within_known_numbers_is_noticed_by_its_names() -> None:
    copies = [playlist(0, 5), playlist(0, 1, prefix="new"), playlist(0, 2, prefix="new")]
    assert told(Follower(is_live=True), *copies) == [["3", "4", "5"], ["new0", "new1"], ["new2"]]


def test_an_encoder_that_restarts_with_known_names_is_noticed_by_its_clock() -> None:
    copies = [playlist(0, 5, utc=1_000.0), playlist(0, 1, utc=9_000.0), playlist(0, 6, utc=9_000.0)]
    assert told(Follower(is_live=True), *copies) == [["3", "4", "5"], ["0", "1"], ["2", "3", "4", "5", "6"]]


def test_a_playlist_that_stays_behind_and_goes_on_is_believed_in_the_end() -> None:
    copies = [playlist(0, 9), playlist(0, 1), playlist(0, 2), playlist(0, 3), playlist(0, 4)]
    assert told(Follower(is_live=True), *copies) == [["7", "8", "9"], [], [], ["3"], ["4"]]


def test_two_origins_that_name_the_same_segments_differently_give_each_once() -> None:
    copies = [playlist(n, n + 5, prefix="ab"[n % 2], utc=1_000.0) for n in range(5)]
    assert told(Follower(is_live=True), *copies) == [["a3", "a4", "a5"], ["b6"], ["a7"], ["b8"], ["a9"]]


def test_two_origins_that_number_the_same_segments_differently_give_each_once() -> None:
    follower = Follower(is_live=True)
    copies = [playlist(100, 105, utc=600.0), playlist(1, 7, utc=996.0), playlist(102, 108, utc=600.0)]
    times = [[one.segment.utc for one in follower.update(copy, 0.0)] for copy in copies]
    assert times == [[1012.0, 1016.0, 1020.0], [1024.0], [1028.0, 1032.0]]


def test_a_break_that_the_playlist_announces_is_passed_on() -> None:
    follower = Follower(is_live=True)
    follower.update(playlist(0, 5), 0.0)
    news = follower.update(playlist(2, 7, breaks=[7]), 0.0)
    assert [(one.segment.sequence, one.announced_break) for one in news] == [(6, False), (7, True)]


def test_before_the_first_segment_there_is_nothing_to_break() -> None:
    assert not Follower(is_live=False).update(playlist(0, 1, breaks=[0]), 0.0)[0].announced_break


def test_signatures_that_change_make_no_new_segments() -> None:
    signed = [
        MediaPlaylist(
            TARGET,
            tuple(Segment(f"http://cdn{n}/x/{k}.ts?sig={n}", k, TARGET, 0) for k in range(n, n + 4)),
            is_ended=False,
        )
        for n in range(3)
    ]
    assert [len(Follower(is_live=True).update(copy, 0.0)) for copy in signed] == [3, 3, 3]
    follower = Follower(is_live=True)
    assert [len(follower.update(copy, 0.0)) for copy in signed] == [3, 1, 1]


def test_how_long_a_playlist_has_stood_still_is_known() -> None:
    follower = Follower(is_live=True)
    changes = []
    for now, copy in enumerate([playlist(0, 5), playlist(0, 5), playlist(1, 6), playlist(1, 6), playlist(1, 6)]):
        follower.update(copy, float(now))
        changes.append(follower.has_changed)
    assert changes == [True, False, True, False, False]
    assert follower.unchanged_for(5.0) == 3.0


@pytest.mark.parametrize("seed", range(50))
def test_whatever_copies_come_no_segment_comes_twice(seed: int) -> None:
    rng = random.Random(seed)
    follower, live, seen = Follower(is_live=True), 6, []
    for _ in range(60):
        live += rng.choice([0, 0, 1, 1, 2, 7])
        behind = rng.choice([0, 0, 0, 1, 3])
        news = follower.update(playlist(max(0, live - behind - 5), live - behind, utc=0.0), 0.0)
        seen += [one.segment.sequence for one in news]
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen)


@pytest.mark.parametrize("seed", range(50))
def test_nor_does_it_where_two_origins_take_turns_that_number_them_otherwise(seed: int) -> None:
    """As an encoder that restarts and comes back does, too: the clock of the programme tells what is the same."""
    rng = random.Random(seed)
    follower, live, shift, seen = Follower(is_live=True), 2_006, 0, []
    for _ in range(60):
        live += rng.choice([0, 0, 1, 1, 2])
        behind = rng.choice([0, 0, 0, 1])
        shift = rng.choice([0, -1_000, -3]) if rng.random() < 0.2 else shift
        last = live - behind + shift
        news = follower.update(playlist(last - 5, last, utc=-shift * TARGET), 0.0)
        seen += [one.segment.utc for one in news]
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen)
    assert seen[-1] >= (live - 2) * TARGET


def test_back_off_is_jittered_and_bounded() -> None:
    backoff = Backoff(random.Random(1))
    waits = [backoff.next() for _ in range(200)]
    assert max(waits[:1]) <= 1.0
    assert max(waits[:3]) <= 4.0
    assert 25.0 < max(waits) <= 30.0
    assert min(waits) < 3.0
    assert backoff.next(at_least=31.0) == 31.0
    assert max(backoff.next(at_least=1.0, at_most=2.0) for _ in range(50)) <= 2.0
    assert backoff.next(at_least=3.0, at_most=2.0) == 3.0
    backoff.reset()
    assert backoff.next() <= 1.0


def test_the_model_player_consumes_in_real_time_and_waits_when_it_is_empty() -> None:
    player = ModelPlayer()
    assert player.buffer(0.0) == 0.0
    player.arrived(4.0, 0.0, 16.0)
    player.arrived(4.0, 1.0, 16.0)
    assert player.buffer(1.0) == 7.0
    assert player.buffer(20.0) == -12.0
    player.arrived(4.0, 20.0, 16.0)
    assert player.buffer(21.0) == 3.0
    for _ in range(9):
        player.arrived(4.0, 21.0, 16.0)
    assert player.buffer(21.0) == 16.0


@pytest.mark.parametrize(
    ("own", "is_ours"),
    [
        pytest.param(0.0, False, id="looked in time, and the window jumped"),
        pytest.param(3.0, False, id="busy for less than is missing"),
        pytest.param(16.0, True, id="away for as long as is missing"),
    ],
)
def test_what_left_while_we_were_away_is_no_fault_of_the_origin(own: float, is_ours: bool) -> None:
    follower = Follower(is_live=True)
    follower.update(playlist(0, 5), 0.0)
    first, *_ = follower.update(playlist(10, 15), 24.0, own)
    assert (first.remark == "") is is_ours
    assert (first.missed, first.outrun) == ((0.0, 7 * TARGET) if is_ours else (4 * TARGET, 0.0))
    assert first.segment.sequence == (13 if is_ours else 10)  # with room to breathe, as a player joins


def test_a_thousand_streams_do_not_come_back_at_once() -> None:
    """After an outage of a minute at most a tenth of them ask again within the same second."""
    asked: list[float] = []
    for seed in range(1_000):
        backoff, at = Backoff(random.Random(seed)), 0.0
        while at < 60.0:
            at += backoff.next(at_least=3.0)
        asked.append(at)
    busiest = max(sum(begin <= one < begin + 1.0 for one in asked) for begin in asked)
    assert busiest <= 100
    assert max(asked) <= 60.0 + 30.0
