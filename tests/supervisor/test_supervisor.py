"""Real processes that die, hang and take too much, and what becomes of their streams."""

import signal

import pytest

from supervising import is_alive, supervising
from transport import free_port
from watchglass.model.minute import unpacked
from watchglass.supervisor.supervisor import is_for_one

pytestmark = pytest.mark.slow


def test_a_crash_costs_one_stream_a_moment_and_the_others_nothing(live):
    with supervising({"a": {"url": live()}, "b": {"url": live()}}) as watched:
        before = watched.until_watching("a", 2.0), watched.until_watching("b", 2.0)
        gone = watched.signal("a", signal.SIGSEGV)
        watched.until(lambda: watched.status("a").deaths == 1)
        after = watched.until_watching("a"), watched.until_watching("b", before[1].position + 2.0)
        assert after[0].pid != gone
        assert after[1].pid == before[1].pid
        assert after[1].deaths == 0
        assert any("crashed (SIGSEGV)" in line for name, line in watched.notes if name == "a")


def test_every_frame_of_the_others_is_watched(live):
    """The pictures that were measured are those of the media that went by, however often another one dies."""
    with supervising({"a": {"url": live()}, "b": {"url": live()}}) as watched:
        begin = watched.until_watching("b", 1.0)
        for _ in range(3):
            watched.until_watching("a")
            deaths = watched.status("a").deaths
            watched.signal("a", signal.SIGKILL)
            watched.until(lambda deaths=deaths: watched.status("a").deaths > deaths)
        end = watched.until_watching("b", begin.position + 4.0)
        assert end.frames - begin.frames == pytest.approx(25.0 * (end.position - begin.position), abs=3)


def test_an_incident_lasts_through_a_crash(live):
    with supervising({"a": {"url": live("video.freeze@10+12")}}) as watched:
        watched.until(lambda: watched.told("a", "opened", "video.freeze"))
        watched.signal("a", signal.SIGSEGV)
        watched.until(lambda: watched.told("a", "closed", "video.freeze"))
        assert len(watched.told("a", "opened", "video.freeze")) == 1
        (closed,) = watched.told("a", "closed", "video.freeze")
        lasted = closed.incident.closed_at - closed.incident.opened_at
        assert lasted == pytest.approx(12.0, abs=1.5)


def test_a_process_that_hangs_is_ended_and_begun_anew(live):
    with supervising({"a": {"url": live()}}, hang=2.0) as watched:
        watched.until_watching("a", 1.0)
        gone = watched.signal("a", signal.SIGSTOP)
        watched.until(lambda: watched.status("a").deaths == 1)
        assert watched.until_watching("a").pid != gone
        assert not is_alive(gone)
        assert any("no sign of life" in line for _, line in watched.notes)


def test_who_dies_again_and_again_is_left_alone_and_that_is_told(live):
    with supervising({"a": {"url": live()}}) as watched:
        for deaths in range(5):
            watched.until(lambda deaths=deaths: watched.status("a").deaths == deaths and watched.status("a").pid)
            watched.signal("a", signal.SIGKILL)
        (told,) = watched.until(lambda: watched.told("a", "opened", "monitor.blind"))
        assert "left alone for 10 minutes" in told.incident.message
        assert watched.status("a").phase == "quarantine"


def test_what_cannot_be_opened_is_told_and_watched_when_it_comes(live):
    port = free_port()
    with supervising({"a": {"url": f"http://127.0.0.1:{port}/live.m3u8?token=SECRET"}}) as watched:
        (told,) = watched.until(lambda: watched.told("a", "opened", "monitor.blind"))
        assert "not watched" in told.incident.message
        live(port=port)
        watched.until_watching("a")
        watched.until(lambda: watched.told("a", "closed", "monitor.blind"))
        assert "SECRET" not in str(watched.news) + str(watched.notes) + str(watched.supervisor.status())


def test_a_picture_that_is_too_large_is_refused_and_told(live, tmp_path):
    streams = {"a": {"url": live(), "limits": {"max_pixels": 1000}}}
    with supervising(streams) as watched:
        watched.until(lambda: watched.notes)
        assert any("1000" in line.replace(",", "") for _, line in watched.notes)


def test_a_process_that_wants_too_much_memory_is_told_of(live):
    with supervising({"a": {"url": live(), "limits": {"memory": 64}}}) as watched:
        watched.until(lambda: watched.status("a").deaths or watched.status("a").phase == "watching")
        told = " ".join(line for _, line in watched.notes)
        assert watched.status("a").phase == "watching" or "64 MiB" in told


def test_streams_come_and_go_without_the_others_noticing(live):
    one, two = {"url": live()}, {"url": live()}
    with supervising({"one": one}) as watched:
        first = watched.until_watching("one", 1.0)
        watched.want({"one": one, "two": two})
        second = watched.until_watching("two")
        watched.want({"one": one})
        watched.until(lambda: [each.name for each in watched.supervisor.status()] == ["one"])
        watched.until(lambda: not is_alive(second.pid))
        assert watched.until_watching("one", first.position + 1.0).pid == first.pid


def test_a_stream_whose_settings_change_is_handed_over(live):
    stream = {"url": live()}
    with supervising({"a": stream}) as watched:
        before = watched.until_watching("a", 1.0)
        watched.want({"a": {**stream, "detectors": {"video": {"freeze": {"open_after": 5.0}}}}})
        after = watched.until(lambda: watched.status("a").pid != before.pid and watched.status("a"))
        assert after.phase == "watching"  # who came after watched before the other left
        watched.until(lambda: not is_alive(before.pid))
        assert watched.told("a", "opened", "monitor.blind") == []


def test_a_process_that_has_lived_for_long_is_replaced(live):
    with supervising({"a": {"url": live()}}, recycle=3.0) as watched:
        before = watched.until_watching("a", 1.0)
        after = watched.until(lambda: watched.status("a").pid != before.pid and watched.status("a"))
        assert after.phase == "watching"
        assert after.deaths == 0


def test_a_process_that_has_grown_large_is_replaced_before_it_is_ended(live, monkeypatch):
    monkeypatch.setattr("watchglass.supervisor.supervisor._GROWN", 2.0)
    monkeypatch.setattr("watchglass.supervisor.supervisor._MEMORY_EVERY", 0.5)
    monkeypatch.setattr("watchglass.supervisor.stream._MUCH", 0.01)
    with supervising({"a": {"url": live()}}, recycle=600.0) as watched:
        before = watched.until_watching("a", 1.0)
        after = watched.until(lambda: watched.status("a").pid != before.pid and watched.status("a"))
        assert (after.phase, after.deaths) == ("watching", 0)


def test_many_whose_settings_change_are_handed_over_a_few_at_a_time(live, monkeypatch):
    monkeypatch.setattr("watchglass.supervisor.supervisor._AT_ONCE", 1)
    streams = {name: {"url": live()} for name in "abc"}
    with supervising(streams) as watched:
        before = {name: watched.until_watching(name).pid for name in streams}
        other = {"detectors": {"video": {"freeze": {"open_after": 5.0}}}}
        watched.want({name: each | other for name, each in streams.items()})
        most = 0

        def are_others() -> bool:
            nonlocal most
            most = max(most, len(watched.supervisor._successors))
            return all(watched.status(name).pid != pid for name, pid in before.items())

        watched.until(are_others)
        assert most == 1
        watched.want(streams)
        watched.want({name: each | other for name, each in streams.items()})  # and nothing is left to be done
        watched.until(lambda: not (watched.supervisor._successors or watched.supervisor._changing))
        assert all(each.deaths == 0 for each in watched.supervisor.status())


def test_what_was_ordered_holds_for_the_process_that_follows(live):
    with supervising({"a": {"url": live()}}, recycle=5.0) as watched:
        before = watched.until_watching("a")
        watched.supervisor.order("a", "light")
        watched.until(lambda: watched.status("a").tier == "light")
        watched.until(lambda: watched.status("a").pid != before.pid)
        watched.until(lambda: watched.until_watching("a").tier == "light")
        assert any("replaced" in line for _, line in watched.notes)


def test_processes_are_replaced_one_after_the_other(live):
    with supervising({name: {"url": live()} for name in "abc"}, recycle=3.0) as watched:
        for name in "abc":
            watched.until_watching(name)
        most = 0

        def are_replaced() -> bool:
            nonlocal most
            most = max(most, len(watched.supervisor._successors))
            return sum("replaced" in line for _, line in watched.notes) >= 4

        watched.until(are_replaced)
        assert most == 1
        assert watched.told("a", "opened", "monitor.blind") == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("udp://@239.1.1.1:5000", True),
        ("RTP://:5000", True),
        ("srt://:9000", True),
        ("srt://0.0.0.0:9000?mode=listener", True),
        ("rist://@:9000", True),
        ("srt://encoder.example:9000", False),
        ("rist://encoder.example:9000", False),
        ("srt://encoder.example", False),
        ("https://example.com/live.m3u8", False),
    ],
)
def test_what_only_one_process_can_receive_has_no_successor(url, expected):
    assert is_for_one(url) is expected


def test_a_machine_that_has_run_for_longer_is_no_reason_to_replace_a_process(live):
    with supervising({"a": {"url": live()}}, recycle=60.0) as watched:
        watched.until_watching("a", 2.0)
        assert not any("replaced" in line for _, line in watched.notes)


def test_a_recording_is_watched_to_its_end(loop_clip):
    with supervising({"a": {"url": str(loop_clip)}}) as watched:
        watched.until(lambda: watched.status("a").phase == "ended")
        assert watched.status("a").deaths == 0
        assert watched.status("a").frames == 40 * 25


def test_nothing_is_left_when_it_ends(live):
    with supervising({"a": {"url": live()}, "b": {"url": live()}}) as watched:
        pids = [watched.until_watching(name).pid for name in ("a", "b")]
    assert not any(map(is_alive, pids))


def test_what_is_measured_comes_by_the_minute_also_of_a_process_that_ends(loop_clip):
    minutes = []
    with supervising({"a": {"url": str(loop_clip)}}, on_minute=lambda *told: minutes.append(told)) as watched:
        watched.until(lambda: watched.status("a").phase == "ended")
    assert {stream for stream, _ in minutes} == {"a"}
    counted = sum(unpacked(minute.body).get("video.black|black_share|video:0", [0])[0] for _, minute in minutes)
    assert counted == 40 * 25
