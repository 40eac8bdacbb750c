import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.media.timeline import FOLLOWS, JUMP_AHEAD, JUMP_BACK, WRAP, Timeline

FRAME = 0.04
TOLERANCE = 0.022


def run(timeline, track, raws, *, duration=FRAME, wraps=False):
    """Where each of these raw times comes to lie, and the breaks."""
    placed, breaks = [], []
    for raw in raws:
        pts, broken = timeline.place(track, raw, duration, wraps=wraps, tolerance=TOLERANCE)
        placed.append(pts)
        if broken is not None:
            breaks.append(broken)
    return placed, breaks


def frames(start, count, duration=FRAME):
    return [start + n * duration for n in range(count)]


def test_the_line_begins_at_zero():
    placed, breaks = run(Timeline(), "v", frames(1000.0, 5))
    assert placed == pytest.approx(frames(0.0, 5))
    assert breaks == []


def test_tracks_keep_their_distance():
    timeline = Timeline()
    timeline.begin_at(10.0)
    assert run(timeline, "v", [10.5])[0] == pytest.approx([0.5])
    assert run(timeline, "a", [10.0])[0] == pytest.approx([0.0])


@pytest.mark.parametrize("turns", [1, 2])
def test_wraps_are_unrolled(turns):
    """An MPEG clock that passes its end, twice if need be."""
    step = 9.0  # nearly as far as a hole may reach
    count = round(turns * WRAP / step) + 20
    start = WRAP - 5 * step
    raws = [(start + n * step) % WRAP for n in range(count)]
    placed, breaks = run(Timeline(), "v", raws, duration=step, wraps=True)
    assert placed == pytest.approx([n * step for n in range(count)], abs=1e-4)
    assert [broken.cause for broken in breaks] == ["wrap"] * (turns + 1)
    assert all(broken.announced for broken in breaks)


def test_a_track_that_begins_on_the_other_side_of_the_wrap():
    timeline = Timeline()
    run(timeline, "v", [WRAP - 0.02], wraps=True)
    assert run(timeline, "a", [0.01], wraps=True)[0] == pytest.approx([0.03], abs=1e-6)


def test_sound_that_is_muxed_ahead_of_the_wrap():
    timeline = Timeline()
    run(timeline, "v", [(WRAP - 0.2 + t) % WRAP for t in frames(0, 10)], wraps=True)
    placed, _ = run(timeline, "a", [(WRAP - 0.2 + t) % WRAP for t in frames(0, 10)], wraps=True)
    assert placed == pytest.approx(frames(0.0, 10), abs=1e-6)


def test_a_hole_stays_a_hole():
    placed, [broken] = run(Timeline(), "v", [0.0, 0.04, 3.08])
    assert placed == pytest.approx([0.0, 0.04, 3.08])
    assert (broken.cause, broken.pts, broken.jump) == ("gap", pytest.approx(0.08), pytest.approx(3.0))


def test_an_overlap_stays_an_overlap():
    placed, [broken] = run(Timeline(), "a", [0.0, 0.04, 0.02])
    assert placed[-1] == pytest.approx(0.02)
    assert broken.cause == "overlap"


@pytest.mark.parametrize("jump", [-3600.0, -2.0, 11.0, 86_400.0])
def test_another_clock_goes_on_where_the_old_one_was(jump):
    placed, [broken] = run(Timeline(), "v", [*frames(0.0, 5), *frames(5 * FRAME + jump, 5)])
    assert placed == pytest.approx(frames(0.0, 10))
    assert (broken.cause, broken.announced) == ("discontinuity", False)
    assert broken.jump == pytest.approx(jump)


@pytest.mark.parametrize("announced", [False, True])
@pytest.mark.parametrize("jump", [-5000.0, 12.0, 77.7, 40_000.0])
@pytest.mark.parametrize("muxed_ahead", [0, 7])
def test_picture_and_sound_jump_one_after_the_other_and_stay_together(announced, jump, muxed_ahead):
    timeline = Timeline()
    timeline.begin_at(0.0)
    run(timeline, "v", frames(0.0, 25))
    run(timeline, "a", frames(0.0, 25))
    if announced:
        timeline.announce_break()
    first = 1.0 + jump
    seen, breaks = run(timeline, "v", frames(first, 1 + muxed_ahead))
    heard, also = run(timeline, "a", frames(first, 20))
    assert seen[0] == pytest.approx(1.0)
    assert heard == pytest.approx(frames(1.0, 20))
    assert [(b.cause, b.announced) for b in (*breaks, *also)] == [("discontinuity", announced)] * 2


def test_sound_that_ended_early_before_an_announced_break_stays_with_the_picture():
    timeline = Timeline()
    run(timeline, "v", frames(0.0, 100))
    run(timeline, "a", frames(0.0, 50))  # two seconds are missing
    timeline.announce_break()
    seen, _ = run(timeline, "v", frames(500.0, 15))
    heard, _ = run(timeline, "a", frames(500.0, 15))
    assert heard == pytest.approx(seen)
    assert seen[0] == pytest.approx(4.0)


@pytest.mark.parametrize("before", [3, 12, 25, 60])
def test_what_is_begun_anew_after_a_moment_goes_on(before):
    timeline = Timeline()
    run(timeline, "v", frames(0.0, before))
    run(timeline, "a", frames(0.0, before - 1))
    timeline.announce_break()
    pictures, _ = run(timeline, "v", frames(0.0, 5))
    sounds, _ = run(timeline, "a", frames(0.0, 5))
    assert pictures == pytest.approx(frames(before * FRAME, 5))
    assert sounds == pytest.approx(pictures)


def test_a_first_frame_without_a_time_hides_no_announced_break():
    timeline = Timeline()
    run(timeline, "v", frames(0.0, 25))
    timeline.announce_break()
    placed, [broken] = run(timeline, "v", [None, *frames(500.0, 3)])
    assert broken.announced
    assert placed == pytest.approx(frames(1.0, 4))


def test_an_announced_break_that_is_none_is_silent():
    timeline = Timeline()
    run(timeline, "v", frames(0.0, 5))
    timeline.announce_break()
    placed, breaks = run(timeline, "v", frames(5 * FRAME, 5))
    assert placed == pytest.approx(frames(5 * FRAME, 5))
    assert breaks == []


@pytest.mark.parametrize("jump", [0.0, 0.04, -0.04, 0.2, -0.2, 5.0, 60.0, 3_600.0])
def test_a_step_that_a_manifest_tells_is_a_hole_and_not_another_clock(jump):
    timeline = Timeline()
    run(timeline, "v", frames(0.0, 25))
    run(timeline, "a", frames(0.0, 25))
    timeline.announce_break(is_told=True)
    placed, breaks = run(timeline, "v", frames(1.0 + jump, 2))
    assert placed == pytest.approx(frames(1.0 + jump, 2))
    assert [one.cause for one in breaks] == ([] if abs(jump) < 0.05 else ["gap" if jump > 0 else "overlap"])
    placed, _ = run(timeline, "a", frames(1.0 + jump, 2))  # and sound stays with the picture
    assert placed == pytest.approx(frames(1.0 + jump, 2))


def test_a_step_back_is_another_clock_whatever_a_manifest_tells():
    timeline = Timeline()
    run(timeline, "v", frames(100.0, 25))
    timeline.announce_break(is_told=True)
    placed, [broken] = run(timeline, "v", frames(50.0, 2))
    assert placed == pytest.approx(frames(1.0, 2))
    assert (broken.cause, broken.announced) == ("discontinuity", True)


def test_what_has_no_time_follows_what_came_before():
    placed, breaks = run(Timeline(), "v", [7.0, None, None])
    assert placed == pytest.approx(frames(0.0, 3))
    assert breaks == []
    assert run(Timeline(), "v", [None, None])[0] == pytest.approx(frames(0.0, 2))


@given(
    raws=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60),
    tracks=st.lists(st.sampled_from("av"), min_size=60, max_size=60),
    wraps=st.booleans(),
    breaks=st.sets(st.integers(0, 59)),
)
def test_time_never_goes_far_back(raws, tracks, wraps, breaks):
    """Whatever a stream says, a track never goes back further than an overlap may reach."""
    timeline = Timeline()
    ends: dict[str, float] = {}
    for number, (raw, track) in enumerate(zip(raws, tracks, strict=False)):
        if number in breaks:
            timeline.announce_break()
        pts, _ = timeline.place(track, raw % WRAP if wraps else raw, FRAME, wraps=wraps, tolerance=TOLERANCE)
        if track in ends:
            assert pts >= ends[track] - max(JUMP_BACK, FOLLOWS) - 1e-6
        ends[track] = pts + FRAME
    assert timeline.reached == pytest.approx(max(timeline.reached, *ends.values()))


@given(
    jumps=st.lists(
        st.one_of(st.floats(-1e5, 1e5), st.floats(JUMP_AHEAD - 1.0, JUMP_AHEAD + 1.0)).filter(
            lambda jump: abs(jump) > 2 * FOLLOWS
        ),
        min_size=1,
        max_size=8,
    ),
    order=st.lists(st.booleans(), min_size=8, max_size=8),
    announced=st.booleans(),
)
def test_sound_and_picture_stay_together(jumps, order, announced):
    """Both make every jump, now one first, now the other."""
    timeline = Timeline()
    timeline.begin_at(0.0)
    raw = 0.0
    for jump, picture_first in zip([0.0, *jumps], [True, *order], strict=False):
        raw += jump
        if announced and jump:
            timeline.announce_break()
        first, second = ("v", "a") if picture_first else ("a", "v")
        here, _ = run(timeline, first, frames(raw, 10))
        there, _ = run(timeline, second, frames(raw, 10))
        assert there == pytest.approx(here, abs=1e-6)
        raw += 10 * FRAME


@pytest.mark.parametrize("late", [-0.3, -0.005, 0.0, 0.005, 0.3])
@pytest.mark.parametrize("jump", [JUMP_AHEAD - 0.2, JUMP_AHEAD, JUMP_AHEAD + 0.2])
def test_a_hole_of_one_track_is_no_other_clock_of_the_other(jump, late):
    """Tracks rarely end together: what is just short of a jump for one may be just beyond it for the other."""
    timeline = Timeline()
    timeline.begin_at(0.0)
    run(timeline, "v", frames(0.0, 25))
    run(timeline, "a", frames(0.0, 25 - round(late / FRAME)))
    [seen, *_], _ = run(timeline, "v", frames(1.0 + jump, 25))
    [heard, *_], _ = run(timeline, "a", frames(1.0 + jump, 25))
    assert heard == pytest.approx(seen)


@pytest.mark.parametrize("hole", [2.0, 25.0])
def test_a_hole_of_ours_stays_a_hole_on_each_track(hole):
    """However long, and although the tracks go on at different times: sound and picture stay together."""
    timeline = Timeline()
    for track in ("v", "a"):
        run(timeline, track, frames(100.0, 25))
    timeline.announce_outrun()
    for track, resumed in (("v", 101.0 + hole), ("a", 101.5 + hole)):
        placed, breaks = run(timeline, track, frames(resumed, 5))
        assert placed[0] == pytest.approx(resumed - 100.0)
        assert [each.cause for each in breaks] == ["outrun"]
        assert breaks[0].jump == pytest.approx(resumed - 101.0)
    assert run(timeline, "v", frames(102.2 + hole, 5))[1][0].cause == "gap"


def test_a_hole_is_ours_if_it_is_no_longer_than_we_were_away():
    away = 8.0
    timeline = Timeline(lambda: away)
    run(timeline, "v", frames(100.0, 25))
    assert [each.cause for each in run(timeline, "v", frames(108.0, 5))[1]] == ["outrun"]
    assert [each.cause for each in run(timeline, "v", frames(117.0, 5))[1]] == ["gap"]
