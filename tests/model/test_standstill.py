import pytest

from watchglass.model.finding import Reading
from watchglass.model.shimmer import Seen, Shimmer
from watchglass.model.standstill import Standstill

STEP = 0.04


def stand(changes, *, start=0.0, shares=None, drifts=None, news=None, one_way=None, renewed=()):
    """A standstill after these changes, a frame each; they lead away from the picture of a second ago."""
    if drifts is None:
        drifts = [max(changes[max(0, number - 25) : number + 1]) for number in range(len(changes))]
    run = Standstill(still_at=0.6, settle=3.0, refresh=10.0, told_after=2.0)
    for number, change in enumerate(changes):
        reading = Reading("test", "video:0", "change", start + number * STEP, STEP, change, "code values")
        share, newness = (shares or [0.5] * len(changes))[number], (news or [0.0] * len(changes))[number]
        seen = Seen(reading.end, change, 0.0, share, newness, number in renewed)
        if not run.update(change <= 0.6, seen, drifts[number], reading, one_way):
            run.learn(seen)
    return run


@pytest.mark.parametrize("start", [0.0, 3600.0])
@pytest.mark.parametrize(
    ("changes", "how"),
    [
        pytest.param([0.0] * 10, "start", id="from the first frame"),
        pytest.param([8.0] * 50 + [0.0] * 10, "motion_stopped", id="at once"),
        pytest.param([8.0] * 50 + [2.0, 1.0, 0.7] + [0.0] * 10, "motion_stopped", id="an encoder settles"),
        pytest.param(
            [8.0] * 50 + [7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0] + [0.0] * 10, "came_to_rest", id="slower and slower"
        ),
        pytest.param([0.0] * 50 + [8.0] * 40 + [0.0] * 10, "came_to_rest", id="rest again"),
        pytest.param(([0.0] * 10 + [8.0] * 10) * 4 + [0.0] * 10, "came_to_rest", id="it rests time and again"),
        pytest.param([8.0] * 50 + [0.0] * 60 + [8.0] * 25 + [0.0] * 10, "motion_stopped", id="it stopped before"),
    ],
)
def test_how_it_began(changes, how, start):
    run = stand(changes, start=start)
    assert run.stands
    assert run.how == how


def test_a_cut_is_a_great_change_everywhere():
    run = stand([4.0] * 50 + [60.0] + [0.0] * 10, shares=[0.3] * 50 + [1.0] + [0.0] * 10)
    assert run.how == "cut"


@pytest.mark.parametrize(
    ("change", "share", "usual", "newness", "how"),
    [
        pytest.param(80.0, 0.75, 0.0, 0.8, "cut", id="no motion, in a letterbox"),
        pytest.param(120.0, 0.95, 0.0, 0.3, "motion_stopped", id="a great leap of what moves anyhow"),
        pytest.param(120.0, 0.2, 0.0, 0.8, "motion_stopped", id="a part of the picture"),
        pytest.param(50.0, 0.95, 0.8, 0.8, "motion_stopped", id="no more than usual, in flashing lights"),
    ],
)
def test_a_cut_out_of_a_scene_that_moves_much(change, share, usual, newness, how):
    shares, news = [0.55] * 50 + [share] + [0.0] * 10, [usual] * 50 + [newness] + [0.0] * 10
    assert stand([40.0] * 50 + [change] + [0.0] * 10, shares=shares, news=news).how == how


@pytest.mark.parametrize(
    ("share", "how"), [pytest.param(0.8, "cut", id="a cut"), pytest.param(0.5, "motion_stopped", id="as usual here")]
)
def test_a_cut_out_of_animation_on_threes(share, how):
    changes = [40.0, 0.0, 0.0] * 30 + [110.0] + [0.0] * 10
    shares = [0.35, 0.0, 0.0] * 30 + [share] + [0.0] * 10
    news = [0.5] + [0.0, 0.0, 0.95] * 30 + [0.0] * 10
    news[90] = 0.8
    assert stand(changes, shares=shares, news=news).how == how


@pytest.mark.parametrize(
    ("since", "how"),
    [pytest.param([35.0, 2.0, 1.0], "cut", id="it settles"), pytest.param([9.0] * 5, "motion_stopped", id="it moves")],
)
def test_a_still_is_faded_in_within_few_frames(since, how):
    changes = [35.0] * 50 + [35.0, 40.0, 40.0, *since] + [0.0] * 10
    shares, news = [0.3] * 50 + [1.0] * 3 + [0.3] * 15, [0.0] * 50 + [1.0] * 3 + [0.0] * 15
    assert stand(changes, shares=shares, news=news).how == how


def test_a_slide_with_much_on_it_is_faded_in_within_few_frames():
    changes = [14.0] * 50 + [35.0] + [19.0] * 10 + [12.0] + [0.0] * 10
    shares, news = [0.3] * 50 + [1.0] * 12 + [0.0] * 10, [0.0] * 50 + [0.77] * 11 + [0.65] + [0.0] * 10
    assert stand(changes, shares=shares, news=news).how == "cut"


@pytest.mark.parametrize(
    ("moves", "how"),
    [pytest.param(15, "came_to_rest", id="a slide moves in"), pytest.param(30, "motion_stopped", id="it moved on")],
)
def test_rests_of_the_picture_before_count_only_for_a_while(moves, how):
    changes = [8.0] * 25 + [0.0] * 48 + [60.0] + [8.0] * moves + [0.0] * 10
    shares, news = [0.5] * 73 + [1.0] + [0.5] * (moves + 10), [0.0] * 73 + [0.8] + [0.0] * (moves + 10)
    assert stand(changes, shares=shares, news=news).how == how


def test_a_picture_repeated_in_slow_motion_is_no_standstill():
    run = stand([2.4] * 50 + [0.2] + [2.4] * 20 + [0.0] * 10, shares=[0.05] * 81)
    assert run.how == "motion_stopped"
    assert run.since == pytest.approx(70 * STEP)


def test_one_slow_frame_at_the_end_is_no_sign_of_a_fade():
    changes = [8.0] * 49 + [3.8, 0.0]
    assert stand(changes, one_way=0.7).how == "motion_stopped"
    assert stand([8.0] * 46 + [3.8] * 4 + [0.0], one_way=0.7).how == "came_to_rest"


@pytest.mark.parametrize(
    ("share", "how"),
    [
        pytest.param(0.03, "came_to_rest", id="the last lines of credits"),
        pytest.param(0.06, "motion_stopped", id="all"),
    ],
)
def test_something_small_leaves_the_picture(share, how):
    changes, shares = [20.0] * 58 + [9.0, 7.0] + [0.0] * 10, [0.06] * 50 + [share] * 10 + [0.0] * 10
    assert stand(changes, shares=shares).how == how


def test_what_moved_before_a_cut_does_not_stop_after_it():
    twitches = [0.0, 3.4, 0.0, 0.0, 3.5] * 10
    changes = [8.0] * 50 + [60.0] + twitches + [0.0] * 10
    assert stand(changes, news=[0.0] * 50 + [0.8] + [0.0] * 60).how != "motion_stopped"


def test_an_encoder_may_settle_after_a_cut():
    shares, news = [0.55] * 50 + [0.9, 0.3] + [0.0] * 10, [0.0] * 50 + [0.9] + [0.0] * 11
    assert stand([10.0] * 50 + [80.0, 4.5] + [0.0] * 10, shares=shares, news=news).how == "cut"


@pytest.mark.parametrize(
    ("since", "how"),
    [
        pytest.param([4.0, 5.0, 3.0, 2.0, 2.0], "cut", id="it is sharpened"),
        pytest.param([9.0] * 5, "motion_stopped", id="it moves"),
    ],
)
def test_a_leap_is_another_picture_though_its_means_are_alike(since, how):
    changes, rest = [5.0] * 50 + [70.0, *since] + [0.0] * 10, [0.7] * 5 + [0.0] * 10
    run = stand(changes, shares=[0.7] * 50 + [0.95, *rest], news=[0.0] * 50 + [0.4] + [0.0] * 15)
    assert run.how == how


@pytest.mark.parametrize(
    ("ending", "how"),
    [
        pytest.param([11.6, 8.3, 5.4, 2.5], "came_to_rest", id="a fade"),
        pytest.param([15.6, 7.0, 3.4, 1.7], "motion_stopped", id="an encoder settles"),
    ],
)
def test_changes_that_run_out_evenly_are_a_fade(ending, how):
    assert stand([20.0] * 50 + ending + [0.0] * 10).how == how


@pytest.mark.parametrize(
    ("one_way", "how"),
    [pytest.param(0.9, "came_to_rest", id="faded in"), pytest.param(0.5, "motion_stopped", id="motion")],
)
def test_a_fade_goes_one_way(one_way, how):
    assert stand([8.0] * 50 + [0.0] * 10, one_way=one_way).how == how


@pytest.mark.parametrize(
    ("told_at", "one_way", "how"),
    [
        pytest.param(10, 0.95, "came_to_rest", id="a fade that stood for a moment"),
        pytest.param(10, 0.8, "motion_stopped", id="an encoder settles on motion"),
        pytest.param(20, 0.95, "motion_stopped", id="later"),
    ],
)
def test_the_way_to_what_settles_is_known_later(told_at, one_way, how):
    run = stand([8.0] * 50 + [0.0] * 2 + [2.0, 0.2] * 4)
    assert run.stands
    reading = Reading("test", "video:0", "change", (50 + told_at) * STEP, STEP, 0.0, "code values")
    run.update(True, Seen(reading.end, 0.0, 0.0, 0.0), 0.0, reading, one_way)
    assert run.how == how


@pytest.mark.parametrize(
    ("away", "how"),
    [pytest.param(16.0, "motion_stopped", id="motion"), pytest.param(5.0, "came_to_rest", id="a still that breathes")],
)
def test_motion_leads_away_from_the_picture_of_a_second_ago(away, how):
    assert stand([8.0] * 50 + [0.0] * 10, drifts=[8.0] * 50 + [away] * 10).how == how


def test_it_is_dated_back_to_the_last_frame_that_moved():
    assert stand([8.0] * 50 + [2.0, 1.0, 0.7] + [0.0] * 10).since == pytest.approx(49 * STEP)


def test_what_drifts_does_not_stand():
    run = stand([8.0] * 50 + [0.3] * 50, drifts=[0.0] * 50 + [9.0] * 50)
    assert run.since > 2.0 + 1.0  # it began anew


def test_an_encoder_renews_a_still_from_the_first_key_frame_on():
    changes = [0.0] * 6 + [9.0, 2.1, 1.5] + [0.0] * 6
    drifts = [9.0 if number >= 6 else 0.0 for number in range(len(changes))]
    run = stand(changes, shares=[0.07] * len(changes), drifts=drifts, renewed={6})
    assert (run.stands, run.how) == (True, "came_to_rest")


def test_what_moved_last_may_be_less_than_what_moved_before():
    """A dissolve, and then one small thing that stops."""
    run = stand([8.0] * 30 + [4.0] * 15 + [0.0] * 10, shares=[0.7] * 30 + [0.02] * 15 + [0.0] * 10)
    assert (run.moved_before, run.moved_last) == pytest.approx((0.7, 0.02))


def test_only_shimmer_after_motion_is_steady():
    past = Standstill(still_at=0.6, settle=3.0, refresh=10.0, told_after=2.0).past
    past.append(Seen(-0.1, 8.0, 0.0, 0.5))
    shimmer = Shimmer()

    def is_steady(pts, change, drift):
        reading = Reading("test", None, "change", pts, STEP, change, "code values")
        shimmer.remember(pts, change, renews=False)
        return shimmer.is_steady(reading, drift, past)

    steady = [is_steady(n * STEP, 1.0 + 0.2 * (n % 2), drift=1.2) for n in range(40)]
    assert not any(steady[:20])
    assert all(steady[25:])
    assert not is_steady(1.6, 1.0, drift=6.0)
