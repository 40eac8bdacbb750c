import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.model.finding import Event, Reading, Severity
from watchglass.model.gate import Gate

STEP = 0.25


def tell(gate, values, *, step=STEP, start=0.0, finish=True, **more):
    """What a gate tells of values that each last ``step`` seconds."""
    told = []
    for number, value in enumerate(values):
        reading = Reading("test.value", "video:0", "value", start + number * step, step, value, "1")
        told += gate.update(reading, **more)
    if finish:
        told += gate.finish(start + len(values) * step)
    return told


def gate(**limits):
    return Gate("test.value", "video:0", **limits)


def spans(told):
    return [(f.opened_at, f.closed_at) for f in told if f.event is Event.CLOSED]


@pytest.mark.parametrize(
    ("values", "limits", "expected"),
    [
        pytest.param([0, 0, 0], {}, [], id="nothing"),
        pytest.param([0, 1, 1, 0], {}, [(0.25, 0.75)], id="from the first bad to the first good"),
        pytest.param([0, 1], {}, [(0.25, 0.5)], id="ends with the media"),
        pytest.param([0.9, 0.8, 0.7, 0.5], {"open_at": 0.85, "close_at": 0.75}, [(0.0, 0.5)], id="hysteresis"),
        pytest.param([0.8, 0.8], {"open_at": 0.85, "close_at": 0.75}, [], id="between the two opens nothing"),
        pytest.param([1, 1, 1, 0], {"open_after": 1.0}, [], id="too briefly"),
        pytest.param([1, 1, 1, 1, 0], {"open_after": 1.0}, [(0.0, 1.0)], id="dated back"),
        pytest.param([1, 1, 0, 1, 1, 0], {"open_after": 0.75}, [], id="what is pending forgets at once"),
        pytest.param([1, 0, 1, 0, 0, 0], {"close_after": 0.5}, [(0.0, 0.75)], id="a short good is bridged"),
        pytest.param([1, 0, 0, 1], {"close_after": 0.5}, [(0.0, 0.25), (0.75, 1.0)], id="a long good is not"),
        pytest.param([1, 0], {"close_after": 5.0}, [(0.0, 0.25)], id="the end closes where the good began"),
        pytest.param([5, 0, -3, 5], {"open_at": 0, "falls": True}, [(0.25, 0.75)], id="small is bad"),
        pytest.param([5, 0.9, 1.9, 2.1], {"open_at": 1, "close_at": 2, "falls": True}, [(0.25, 0.75)], id="falls"),
    ],
)
def test_spans(values, limits, expected):
    assert spans(tell(gate(**limits), values)) == expected


def test_a_round_second_of_frames_is_a_second():
    """25 times 0.04 is a little less than one in floating point; that must not cost a frame."""
    told = tell(gate(open_after=1.0), [1.0] * 25, step=0.04, start=0.1, finish=False)
    assert [f.event for f in told] == [Event.OPENED]


def test_an_alarm_grows_out_of_information():
    told = tell(gate(alarm_after=0.5, severity=Severity.CRITICAL), [1, 1, 1, 0], say=lambda s: f"{s:.2f} s")
    assert [(f.event, f.severity, f.message) for f in told] == [
        (Event.OPENED, Severity.INFO, "0.25 s"),
        (Event.CHANGED, Severity.CRITICAL, "0.50 s"),
        (Event.CLOSED, Severity.CRITICAL, "0.75 s"),
    ]
    assert len({f.key for f in told}) == 1
    assert [f.told_at for f in told] == [0.25, 0.5, 1.0]


def test_a_graver_reading_raises_and_a_lesser_one_does_not_lower():
    watched = gate()
    told = []
    for number, severity in enumerate([Severity.INFO, Severity.WARNING, Severity.INFO, Severity.CRITICAL]):
        reading = Reading("test.value", "video:0", "value", float(number), 1.0, 1.0, "1")
        told += watched.update(reading, severity=severity)
    assert [(f.event, f.severity) for f in told] == [
        (Event.OPENED, Severity.INFO),
        (Event.CHANGED, Severity.WARNING),
        (Event.CHANGED, Severity.CRITICAL),
    ]


def test_since_dates_further_back():
    watched = gate(open_after=2.0)
    [opened] = watched.update(Reading("test.value", None, "value", 5.0, 0.1, 1.0, "1"), since=3.0)
    assert (opened.opened_at, opened.told_at) == (3.0, 5.1)


def test_it_never_closes_before_it_opens():
    watched = gate()
    list(watched.update(Reading("test.value", None, "value", 5.0, 0.1, 1.0, "1"), since=5.05))
    [closed] = watched.update(Reading("test.value", None, "value", 5.02, 0.1, 0.0, "1"))
    assert closed.closed_at >= closed.opened_at


def test_what_it_knows_of_itself():
    watched = gate(open_after=0.5)
    assert (watched.is_idle, watched.is_open, watched.began) == (True, False, None)
    tell(watched, [1.0], finish=False)
    assert (watched.is_idle, watched.is_open, watched.began) == (False, False, 0.0)
    tell(watched, [3.0, 2.0], start=0.25, finish=False)
    assert (watched.is_open, watched.worst) == (True, 3.0)
    assert spans(watched.finish(1.0)) == [(0.0, 1.0)]
    assert (watched.is_idle, watched.is_open) == (True, False)
    assert list(watched.finish(2.0)) == []


def test_worst_of_what_falls_is_the_smallest():
    watched = gate(open_at=0.0, falls=True)
    tell(watched, [-1.0, -7.0, -2.0], finish=False)
    assert watched.worst == -7.0


def plainly(values, open_at, close_at, open_after, close_after):
    """The rule in its plainest form, counted in readings: where each defect begins and ends."""
    found, at = [], 0
    while at < len(values):
        begin, good, is_open = at, None, False
        while at < len(values) and (values[at] >= open_at if at == begin else True):
            if values[at] >= close_at:
                good = None
                is_open = is_open or at - begin + 1 >= open_after
            else:
                good = at if good is None else good
                if not is_open or at - good + 1 >= close_after:
                    break
            at += 1
        if is_open:
            found.append((begin * STEP, (len(values) if good is None else good) * STEP))
        at += 1
    return found


@given(
    values=st.lists(st.integers(0, 4), max_size=40),
    open_at=st.integers(1, 4),
    width=st.integers(0, 2),
    open_after=st.integers(0, 4),
    close_after=st.integers(0, 4),
)
def test_as_the_plainest_model(values, open_at, width, open_after, close_after):
    limits = {"open_at": open_at, "close_at": open_at - width}
    watched = gate(**limits, open_after=open_after * STEP, close_after=close_after * STEP)
    assert spans(tell(watched, values)) == plainly(values, open_at, open_at - width, open_after, close_after)


@given(values=st.lists(st.floats(0, 2), max_size=30), start=st.floats(0, 1e6), alarm_after=st.floats(0, 3))
def test_every_opening_has_its_closing_and_order(values, start, alarm_after):
    told = tell(gate(close_at=0.5, close_after=0.3, alarm_after=alarm_after), values, start=start)
    opened = None
    for finding in told:
        if finding.event is Event.OPENED:
            assert opened is None
            opened = finding
        else:
            assert opened is not None
            assert finding.key == opened.key
            assert finding.severity >= opened.severity
        if finding.event is Event.CLOSED:
            assert finding.closed_at >= finding.opened_at
            opened = None
    assert opened is None
