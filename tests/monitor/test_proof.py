"""Which clips are cut, and when: by numbers alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.model.finding import Event, Finding, Severity
from watchglass.monitor.proof import Framing, Job, Proof


def told(
    opened_at: float,
    told_at: float,
    *,
    event: Event = Event.OPENED,
    severity: Severity = Severity.WARNING,
    explained_by: str | None = None,
    detector: str = "video.black",
) -> Finding:
    return Finding(
        event=event,
        detector=detector,
        track="video:0",
        opened_at=opened_at,
        told_at=told_at,
        severity=severity,
        explained_by=explained_by,
    )


def spans(jobs: list[Job]) -> list[tuple[str, float, float]]:
    return [(job.incident, job.start, job.stop) for job in jobs]


def test_it_waits_until_the_end_has_been_watched() -> None:
    proof = Proof()
    proof.take(told(100.0, 101.0), "a")
    assert proof.due(105.9) == []
    [job] = proof.due(106.0)
    assert (job.incident, job.start, job.stop, job.moment) == ("a", 90.0, 106.0, 100.0)
    assert proof.due(200.0) == []


@pytest.mark.parametrize(("waited", "is_cut"), [(0.0, False), (6.9, False), (7.0, True)])
def test_where_nothing_more_comes_it_is_cut_all_the_same(waited: float, is_cut: bool) -> None:
    proof = Proof()
    proof.take(told(100.0, 101.0), "a")
    assert bool(proof.due(101.0, waited)) is is_cut


def test_the_end_cuts_all_that_is_left() -> None:
    proof = Proof()
    proof.take(told(100.0, 101.0), "a")
    assert spans(proof.finish()) == [("a", 90.0, 106.0)]
    assert proof.finish() == []


@pytest.mark.parametrize(
    ("opened_at", "told_at", "span"),
    [
        pytest.param(3.0, 4.0, (0.0, 9.0), id="near the beginning"),
        pytest.param(100.0, 108.0, (90.0, 110.0), id="told late: less of what came after"),
        pytest.param(100.0, 130.0, (90.0, 130.0), id="told very late: cut at once, before more of it goes"),
        pytest.param(100.0, 90.0, (90.0, 105.0), id="dated ahead"),
    ],
)
def test_from_when_to_when(opened_at: float, told_at: float, span: tuple[float, float]) -> None:
    proof = Proof()
    proof.take(told(opened_at, told_at), "a")
    assert spans(proof.finish()) == [("a", *span)]


@pytest.mark.parametrize(
    "what",
    [
        {"severity": Severity.INFO},
        {"explained_by": "transport.stall"},
        {"event": Event.CLOSED},
        {"event": Event.UNWATCHED},
    ],
)
def test_of_these_there_is_no_clip(what: dict[str, object]) -> None:
    proof = Proof()
    proof.take(told(100.0, 101.0, **what), "a")  # type: ignore[arg-type]
    assert proof.finish() == []


def test_what_becomes_grave_is_shown_from_its_beginning() -> None:
    proof = Proof()
    proof.take(told(100.0, 100.0, severity=Severity.INFO), "a")
    proof.take(told(100.0, 101.0, event=Event.CHANGED), "a")
    assert spans(proof.due(106.0)) == [("a", 90.0, 106.0)]


def test_what_turns_out_to_have_a_cause_needs_no_clip() -> None:
    proof = Proof()
    proof.take(told(100.0, 101.0), "a")
    proof.take(told(100.0, 102.0, event=Event.CHANGED, explained_by="transport.stall"), "a")
    assert proof.finish() == []
    proof.take(told(100.0, 103.0), "b")
    proof.take(told(100.0, 103.0, detector="audio.silence"), "b")
    proof.take(told(100.0, 104.0, event=Event.CHANGED, explained_by="video.black", detector="audio.silence"), "b")
    assert spans(proof.finish()) == [("b", 90.0, 108.0)]


def test_one_clip_for_each_incident() -> None:
    proof = Proof()
    for number in range(5):
        proof.take(told(100.0 + number, 101.0 + number), "a")
    assert len(proof.due(500.0)) == 1
    proof.take(told(600.0, 601.0), "a")
    assert proof.finish() == []


def test_a_flood_is_cut_down() -> None:
    proof = Proof(Framing(most_per_minute=3))
    for number in range(200):
        proof.take(told(float(number), float(number)), f"i{number}")
    assert len(proof.finish()) == 3 * 4  # in 200 s three full minutes begin, and a fourth
    assert proof.left_out == 188


@given(
    st.lists(st.tuples(st.floats(0.0, 500.0), st.floats(0.0, 60.0), st.integers(0, 30)), max_size=60),
    st.integers(1, 10),
)
def test_each_is_cut_at_most_once_and_no_more_than_may_be(findings: list[tuple[float, float, int]], most: int) -> None:
    proof, jobs = Proof(Framing(most_per_minute=most)), list[Job]()
    for told_at, late, incident in sorted(findings):
        proof.take(told(max(0.0, told_at - late), told_at), str(incident))
        jobs += proof.due(told_at)
    jobs += proof.finish()
    assert len({job.incident for job in jobs}) == len(jobs)
    assert len(jobs) + proof.left_out == len({incident for *_, incident in findings})
    times = sorted(job.finding.told_at for job in jobs)
    assert all(later - first >= 60.0 for first, later in zip(times, times[most:], strict=False))
    assert all(0.0 <= job.start <= job.finding.opened_at <= job.stop for job in jobs)
