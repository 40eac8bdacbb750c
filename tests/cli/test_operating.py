"""`watchglass status`, `incidents`, `ack` and `outbox`, beside a station that serves and after it."""

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import postgres
from command import Command
from supervising import serving
from transport import free_port
from watchglass.store.database import open_database
from watchglass.store.tables import METADATA

NOBODY = "http://127.0.0.1:{port}/live.m3u8"


@pytest.fixture
def watchglass(monkeypatch, capsys) -> Command:
    return Command(monkeypatch, capsys)


@pytest.fixture(scope="session")
def server():
    if postgres.program("initdb") is None:
        pytest.skip("needs PostgreSQL (Debian: apt install postgresql)")
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def config(request, tmp_path) -> Iterator[Path]:
    """A stream whose server is not there, and a file that is told."""
    database = server = ""
    if request.param == "postgresql":
        server = request.getfixturevalue("server")
        database = f'[serve]\ndatabase = "{server}"\n'
    path = tmp_path / "watchglass.toml"
    url = NOBODY.format(port=free_port())
    path.write_text(
        f'[streams.news]\nurl = "{url}"\nlabels = {{ site = "helsinki" }}\n[sinks.log]\ntype = "file"\npath = "told"\n'
        + database
    )
    yield path
    if database:
        engine = open_database(server)
        with engine.begin() as connection:
            for table in reversed(METADATA.sorted_tables):
                connection.execute(table.delete())
        engine.dispose()


def told(config, event):
    return [
        line["data"]["incident"]
        for line in map(json.loads, (config.parent / "told").read_text().splitlines())
        if line["data"]["event"] == event
    ]


def test_who_has_it_in_hand_is_noted_told_and_known_to_who_serves(config, watchglass):
    with serving(config) as served:
        opened = served.opened("news", "monitor.blind")
        served.until(lambda: told(config, "opened"))
        [line] = map(json.loads, watchglass("incidents", "--config", config, "--json").out.splitlines())
        assert line["schema"] == "watchglass.incident/1"
        assert (line["incident"], line["stream"], line["detector"]) == (opened.id, "news", "monitor.blind")
        assert (line["severity"], line["closed"], line["acknowledged_by"]) == ("critical", None, None)
        outcome = watchglass("ack", opened.id, "--by", "Aino", "--config", config)
        assert outcome.code == 0
        assert "Aino" in outcome.out
        served.until(lambda: [one for one in served.station.desk.open if one.acknowledged_by == "Aino"])
        served.until(lambda: told(config, "acknowledged") == [opened.id])
        refused = watchglass("ack", opened.id, "--by", "Eero", "--config", config)
        assert (refused.code, "Aino has it in hand already" in refused.err) == (2, True)
        assert not [one for one in served.news if one.event == "acknowledged"]  # nobody is told twice
    shown = watchglass("incidents", "--config", config)
    assert "in hand: Aino" in shown.out
    assert "1 incident open" in shown.out
    with serving(config) as served:  # it is resumed as it was
        assert [one.acknowledged_by for one in served.station.desk.open if one.id == opened.id] == ["Aino"]


def test_all_of_a_stream_or_all_that_goes_on_is_taken_in_hand_at_once(config, watchglass):
    text = config.read_text()
    config.write_text(text + "".join(f'[streams.{name}]\nurl = "{NOBODY.format(port=free_port())}"\n' for name in "ab"))
    with serving(config) as served:
        ids = {name: served.opened(name, "monitor.blind").id for name in ("news", "a", "b")}
        served.until(lambda: len(told(config, "opened")) == 3)
        wrong = [(), (ids["a"], "--all"), ("--stream", "a", "--all")]
        for which in wrong:
            outcome = watchglass("ack", *which, "--by", "Aino", "--config", config)
            assert (outcome.code, "say which" in outcome.err) == (2, True)
        outcome = watchglass("ack", "--stream", "a", "--by", "Aino", "--config", config)
        assert (outcome.code, ids["a"] in outcome.out, ids["b"] in outcome.out) == (0, True, False)
        outcome = watchglass("ack", ids["a"], ids["b"], "--by", "Eero", "--config", config)
        assert (outcome.code, "Aino has it in hand already" in outcome.err, ids["b"] in outcome.out) == (2, True, True)
        outcome = watchglass("ack", "--all", "--by", "Aino", "--config", config)
        assert (outcome.code, ids["news"] in outcome.out, ids["a"] in outcome.out) == (0, True, False)
        assert "nobody has in hand" in watchglass("ack", "--all", "--by", "Aino", "--config", config).out
        served.until(lambda: sorted(told(config, "acknowledged")) == sorted(ids.values()))


def test_where_the_proof_lies_is_said(config, watchglass):
    with serving(config) as served:
        served.opened("news", "monitor.blind")
        served.until(lambda: told(config, "opened"))
    [line] = map(json.loads, watchglass("incidents", "--config", config, "--json").out.splitlines())
    assert line["proof"] is None
    folder = config.parent / "watchglass-data/evidence" / line["findings"][0]
    folder.mkdir(parents=True)
    [line] = map(json.loads, watchglass("incidents", "--config", config, "--json").out.splitlines())
    assert line["proof"] == str(folder)
    assert "proof: " in watchglass("incidents", "--config", config).out


def test_what_is_over_or_unknown_cannot_be_acknowledged(config, watchglass):
    with serving(config) as served:
        opened = served.opened("news", "monitor.blind")
    config.write_text(config.read_text().replace("streams.news", "streams.other"))
    with serving(config) as served:
        closed = served.until(lambda: [one for one in served.news if one.event == "closed"])
        assert closed[0].incident.id == opened.id
    outcome = watchglass("ack", opened.id, "--by", "Aino", "--config", config)
    assert outcome.code == 2
    assert "is over" in outcome.err
    outcome = watchglass("ack", "0123", "--by", "Aino", "--config", config)
    assert outcome.code == 2
    assert "no such incident" in outcome.err
    assert watchglass("ack", opened.id, "--by", " ", "--config", config).code == 2
    lines = watchglass("incidents", "--config", config, "--all", "--stream", "news").out
    assert opened.id in lines
    assert "over" in lines
    assert watchglass("incidents", "--config", config, "--stream", "news", "--json").out == ""


def test_a_database_that_is_locked_stops_nobody(tmp_path, watchglass):
    path = tmp_path / "watchglass.toml"
    path.write_text(f'[streams.news]\nurl = "{NOBODY.format(port=free_port())}"\n')
    with serving(path) as served:
        opened = served.opened("news", "monitor.blind")
        locked = sqlite3.connect(tmp_path / "watchglass-data/watchglass.db", isolation_level=None)
        locked.execute("BEGIN EXCLUSIVE")
        before = served.ticks
        served.until(lambda: served.ticks > before + 30)  # two looks for what was acknowledged fall into it
        locked.execute("UPDATE incidents SET acknowledged_by = 'Aino'")
        locked.execute("COMMIT")
        served.until(lambda: [one for one in served.station.desk.open if one.acknowledged_by == "Aino"])
        assert opened.id in watchglass("incidents", "--config", path).out


def test_status_says_how_all_of_it_is_and_when_nobody_serves(config, watchglass, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert watchglass("status", "--config", config).code == 3
    with serving(config) as served:
        served.opened("news", "monitor.blind")
        served.until(lambda: "1 incident open" in watchglass("status", "--config", config).out)
        outcome = watchglass("status", "--config", config)
        assert outcome.code == 0
        assert "watching 0 of 1 stream" in outcome.out
        assert "refused" in outcome.out  # why it is not watched
        assert max(map(len, outcome.out.splitlines())) <= 80
        facts = watchglass("status", "--config", config, "--json").json
        assert facts["serving"]
        assert facts["streams"][0]["name"] == "news"
        file = config.parent / "watchglass-data/status.json"
    facts = json.loads(file.read_text())
    gone = dict(facts, pid=2**22 + 1)
    file.write_text(json.dumps(gone))
    outcome = watchglass("status", "--config", config)
    assert outcome.code == 1
    assert "nobody serves any more" in outcome.out
    file.write_text(json.dumps(dict(facts, utc="2026-01-01T00:00:00.000Z")))
    assert watchglass("status", "--config", config, "--json").code == 1


def test_status_may_be_watched_until_ctrl_c(tmp_path):
    path = tmp_path / "watchglass.toml"
    path.write_text(f'[streams.news]\nurl = "{NOBODY.format(port=free_port())}"\n')
    with serving(path) as served:
        served.until((tmp_path / "watchglass-data/status.json").exists)
        command = [sys.executable, "-m", "watchglass", "status", "--watch", "--config", str(path)]
        with (tmp_path / "shown").open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
            try:
                served.until(lambda: (tmp_path / "shown").read_text().count("watching 0 of 1 stream") > 1)
                process.send_signal(signal.SIGINT)
                assert process.wait(60.0) == 130
            finally:
                process.kill()
    assert "Traceback" not in (tmp_path / "shown").read_text()


def test_what_waits_and_what_was_given_up_is_shown_and_tried_again(config, watchglass):
    config.write_text(config.read_text() + f'\n[sinks.away]\ntype = "webhook"\nurl = "{NOBODY.format(port=1)}"\n')
    assert watchglass("outbox", "--config", config).code in (0, 3)  # there is no SQLite yet
    with serving(config) as served:
        served.opened("news", "monitor.blind")
        served.until(lambda: "private" in watchglass("outbox", "--config", config).out)
        outcome = watchglass("outbox", "--config", config)
        facts = watchglass("outbox", "--config", config, "--json").json
        assert outcome.code == int(bool(facts["dead"]))
        assert {each["sink"] for each in facts["dead"]} == {"away"}  # others are being told of that at this moment
        assert facts["dead"][0]["stream"] == "news"
    again = watchglass("outbox", "--config", config, "--retry")
    assert again.code == 0
    assert "will be tried again" in again.out
    waiting = watchglass("outbox", "--config", config, "--json").json["waiting"]
    assert {each["attempts"] for each in waiting if each["sink"] == "away"} == {0}


def test_work_that_was_called_off_while_nobody_served_holds_nothing_back(config, watchglass):
    settings = config.read_text()
    window = "begins = 2026-01-01T00:00:00Z\nends = 2099-01-01T00:00:00Z"
    config.write_text(f'{settings}\n[[maintenance]]\nstreams = ["news"]\n{window}\n')
    with serving(config) as served:
        opened = served.opened("news", "monitor.blind")
        served.until(lambda: opened.id in watchglass("incidents", "--config", config, "--json").out)
    file = config.parent / "told"
    assert not file.exists() or opened.id not in file.read_text()
    config.write_text(settings)
    with serving(config) as served:
        served.until(lambda: file.exists() and opened.id in file.read_text())


def test_before_anybody_has_served_there_is_no_database(tmp_path, watchglass):
    path = tmp_path / "watchglass.toml"
    path.write_text("")
    for command in ("incidents", "outbox"):
        outcome = watchglass(command, "--config", path)
        assert outcome.code == 3
        assert "no database" in outcome.err
    assert not (tmp_path / "watchglass-data").exists()
