"""Streams, sinks, routes and windows in `watchglass.toml`."""

from pathlib import Path

import pytest

from command import Command
from watchglass.config.secret import Secret
from watchglass.config.settings import Config, load_config
from watchglass.model.finding import Severity
from watchglass.model.maintenance import Recurring, Window
from watchglass.supervisor.spec import archive, specs


@pytest.fixture
def written(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "watchglass.toml"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def watchglass(monkeypatch, capsys):
    return Command(monkeypatch, capsys)


WHOLE = """
watch = ["video"]
rendition = "720"
[detectors.video.freeze]
open_after = 10
[detectors.video.black]
alarm_after = 3

[streams.news]
url = "https://example.com/live.m3u8?token=SECRET"
labels = { site = "helsinki", title = "News HD" }
priority = 5
headers = { Authorization = { env = "NEWS_TOKEN" } }
keys = [ { file = "KEYS" } ]
allow_private = ["10.0.0.0/8"]
watch = ["default", "-audio.clipping"]
[streams.news.detectors.video.freeze]
open_after = 4

[streams.shop]
url = { env = "SHOP_URL" }
tier = "light"

[sinks.ops]
type = "webhook"
url = { file = "HOOK" }
secret = "hush"
[sinks.log]
type = "stdout"

[[routes]]
sinks = ["ops"]
streams = ["news*"]
detectors = ["video", "audio.silence"]
severity = "critical"
[[routes]]
sinks = ["log"]
events = ["opened", "closed"]

[[maintenance]]
streams = ["shop"]
begins = 2026-12-01T02:00:00Z
ends = 2026-12-01T04:00:00Z
[[maintenance]]
days = ["sun"]
begins = 02:00:00
ends = 05:00:00
zone = "Europe/Helsinki"

[serve]
tier = "full"
hang = 5
"""


@pytest.fixture
def whole(written, tmp_path, monkeypatch):
    for name, text in (("KEYS", "0" * 32), ("HOOK", "https://hooks.example.com/x/PASSWORD\n")):
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("NEWS_TOKEN", "Bearer SECRET")
    monkeypatch.setenv("SHOP_URL", "udp://239.0.0.1:5000")
    monkeypatch.chdir(tmp_path)
    return written(WHOLE)


def test_a_stream_has_its_own_settings_over_those_at_the_top(whole):
    config = load_config(whole)
    news, shop = config.of_stream("news"), config.of_stream("shop")
    assert (news.watch, shop.watch) == (["default", "-audio.clipping"], ["video"])
    assert news.rendition == shop.rendition == "720"
    assert news.settings_of("video.freeze").open_after == 4
    assert shop.settings_of("video.freeze").open_after == 10
    assert news.settings_of("video.black").alarm_after == 3  # what it does not say is as at the top


def test_specs_have_every_secret_read(whole):
    found = specs(load_config(whole))
    assert found["news"].url == "https://example.com/live.m3u8?token=SECRET"
    assert found["news"].plan.source.headers == {"Authorization": "Bearer SECRET"}
    assert found["news"].plan.source.keys.key("f" * 32) == bytes(16)
    assert [str(network) for network in found["news"].plan.source.allow_private] == ["10.0.0.0/8"]
    assert (found["news"].tier, found["shop"].tier) == ("full", "light")
    assert found["shop"].url == "udp://239.0.0.1:5000"
    assert "SECRET" not in repr(found)


def test_specs_are_equal_when_nothing_has_changed(whole):
    assert specs(load_config(whole)) == specs(load_config(whole))


def test_routes_and_windows(whole):
    config = load_config(whole)
    first, second = (route.make() for route in config.routes)
    assert first.severity is Severity.CRITICAL
    assert {str(event) for event in second.events} == {"opened", "closed"}
    once, weekly = (window.make() for window in config.maintenance)
    assert isinstance(once, Window)
    assert once.ends - once.begins == 7200.0
    assert isinstance(weekly, Recurring)
    assert weekly.days == {6}


def test_sinks_are_made_with_their_secrets(whole):
    sinks = {name: table.make(f"sinks.{name}") for name, table in load_config(whole).sinks.items()}
    assert sorted(sinks) == ["log", "ops"]
    assert load_config(whole).sinks["ops"].pace.digests
    assert not load_config(whole).sinks["log"].pace.digests


def test_paths_of_files_are_beside_the_configuration(written, tmp_path):
    config = load_config(written('[streams.a]\nurl = "clips/a.mp4"\n'))
    assert specs(config, tmp_path)["a"].url == str(tmp_path / "clips/a.mp4")


def test_check_follows_a_file_with_streams(whole):
    assert load_config(whole).watch == ["video"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[streams.a]\n", "streams.a.url"),
        ('[streams."a b"]\nurl = "x"\n', "a b"),
        ('[streams.watchglass]\nurl = "x"\n', "choose another name"),
        ('[streams.a]\nurl = "x"\nfoo = 1\n', "streams.a.foo"),
        ('[streams.a]\nurl = "x"\nrendition = "huge"\n', "streams.a.rendition"),
        ('[streams.a]\nurl = "x"\nwatch = ["nothing"]\n', "there is no detector 'nothing'"),
        ('[streams.a]\nurl = "x"\n[streams.a.detectors.video.freeze]\nopen_after = "x"\n', "streams.a.detectors.video"),
        ('[streams.a]\nurl = "x"\n[streams.a.detectors.video.frozen]\nopen_after = 1\n', "there is no such detector"),
        ('[streams.a]\nurl = "gopher://host/x"\n', "streams.a.url: gopher://host/x: gopher:// is no kind of address"),
        ('[streams.a]\nurl = "http://"\n', "streams.a.url: "),
        ('[streams.a]\nurl = "udp://host"\n', "streams.a.url: "),
        ('[streams.a]\nurl = "rtsp://user:SECRET@"\n', "streams.a.url: rtsp://"),
        ('[serve]\nheartbeat = "ftp://x"\n', "serve.heartbeat: ftp://x"),
        ('[serve]\ndatabase = { env = "NOT_THERE" }\n', "serve.database: the environment variable NOT_THERE"),
        ('[streams.a]\nurl = { env = "NOT_THERE" }\n', "streams.a.url: the environment variable NOT_THERE is not set"),
        ('[streams.a]\nurl = { file = "/not/there" }\n', "streams.a.url: /not/there cannot be read"),
        ('[streams.a]\nurl = { env = "A", file = "B" }\n', "must be a text"),
        ('[streams.a]\nurl = "x"\nkeys = ["12"]\n', "streams.a: a key must be"),
        ('[streams.a]\nurl = "x"\nallow_private = ["here"]\n', "streams.a"),
        ('[sinks.a]\ntype = "pigeon"\n', "sinks.a"),
        ('[sinks.a]\ntype = "webhook"\nurl = "ftp://x"\n', "sinks.a: ftp://x"),
        ('[sinks.a]\ntype = "s3"\nbucket = "b"\naccess_key = "x"\n', "sinks.a: access_key and secret_key go together"),
        ('[sinks.a]\ntype = "sns"\ntopic = "no-arn"\nregion = "eu-north-1"\n', "sinks.a"),
        ('[sinks.a]\ntype = "apprise"\nurl = "dbus://"\n', "sinks.a"),
        ('[sinks.a]\ntype = "file"\npath = "/not/there/x"\n', "sinks.a.path: /not/there/x cannot be written"),
        ('[[routes]]\nsinks = ["nobody"]\n', "there is no sink 'nobody'"),
        ("[[routes]]\nsinks = []\n", "routes.0.sinks"),
        ("[[maintenance]]\nbegins = 02:00:00\nends = 2026-12-01T02:00:00Z\n", "must both have a date"),
        ("[[maintenance]]\nbegins = 2026-12-02T02:00:00Z\nends = 2026-12-01T02:00:00Z\n", "ends before it begins"),
        ('[[maintenance]]\nbegins = 02:00:00\nends = 03:00:00\nzone = "Mars"\n', "no time zone 'Mars'"),
        ("[serve]\nhang = 0\n", "serve.hang"),
    ],
)
def test_what_cannot_be_followed_is_said_with_its_key(written, watchglass, text, said):
    outcome = watchglass("check-config", written(text))
    assert outcome.code == 2
    assert said in outcome.err
    assert outcome.err.count("\n") == 1


def test_check_config_says_what_it_means_and_tells_no_secret(whole, watchglass):
    outcome = watchglass("check-config", whole)
    assert outcome.code == 0
    for text in ("news", "helsinki", "udp://239.0.0.1:5000", "light", "is told by route 1", "2 streams", "2 routes"):
        assert text in outcome.out
    for secret in ("SECRET", "PASSWORD", "hush"):
        assert secret not in outcome.out + outcome.err


def test_a_sink_that_no_route_names_is_told_nothing_and_that_is_said(written, watchglass):
    text = '[sinks.a]\ntype = "stdout"\n[sinks.b]\ntype = "stdout"\n[[routes]]\nsinks = ["a"]\n'
    assert "sink b (stdout) is told of nothing: no route names it" in watchglass("check-config", written(text)).out


def test_a_route_or_a_window_that_fits_no_stream_is_said(written, watchglass):
    text = (
        '[streams.news]\nurl = "x"\nlabels = { site = "oulu" }\n[sinks.a]\ntype = "stdout"\n'
        '[[routes]]\nsinks = ["a"]\nstreams = ["new-*"]\n[[routes]]\nsinks = ["a"]\nlabels = { site = "oulu" }\n'
        '[[maintenance]]\nbegins = 02:00:00\nends = 03:00:00\nlabels = { site = "olu" }\n'
    )
    out = watchglass("check-config", written(text)).out
    assert "route 1 fits no stream" in out
    assert "route 2 fits" not in out
    assert "maintenance window 1 fits no stream" in out


def test_a_secret_prints_where_it_is_and_not_what_it_is():
    assert "hush" not in repr(Secret.model_validate("hush"))
    assert "NAME" in repr(Secret.model_validate({"env": "NAME"}))


def test_serve_wants_streams(written, watchglass):
    outcome = watchglass("serve", "--config", written("watch = ['video']\n"))
    assert outcome.code == 2
    assert "[streams.NAME]" in outcome.err


def test_serve_without_a_file_says_how(tmp_path, watchglass, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = watchglass("serve")
    assert outcome.code == 2
    assert "watchglass.toml" in outcome.err


def test_an_empty_configuration_watches_nothing():
    assert specs(Config()) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs a folder, a bucket, or both"),
        ('bucket = "b"\naccess_key = "x"', "serve.archive: access_key and secret_key go together"),
        ('bucket = "/"', "serve.archive: '/' is no name of a bucket"),
        ('bucket = "bb"\nendpoint = "ftp://x"', "serve.archive"),
        ('bucket = "bb"\nallow_private = ["x"]', "serve.archive.allow_private"),
        ('bucket = "bb"\naccess_key = { env = "NOT_THERE" }\nsecret_key = "y"', "NOT_THERE is not set"),
        ('folder = "a"\nkeep = 0', "serve.archive.keep"),
    ],
)
def test_an_archive_that_cannot_be_is_said_with_its_key(written, watchglass, text, said):
    outcome = watchglass("check-config", written(f"[serve.archive]\n{text}\n"))
    assert (outcome.code, said in outcome.err) == (2, True), outcome.err


def test_an_archive_is_in_the_folder_of_data_unless_it_is_elsewhere(tmp_path):
    made = archive(Config.model_validate({"serve": {"archive": {"folder": "archive", "keep": 2}}}), tmp_path)
    assert made is not None
    data = tmp_path / "watchglass-data"
    assert (made.folder, made.parts, made.keep) == (data / "archive", data / "archive-parts", 172_800.0)
    other = archive(Config.model_validate({"serve": {"archive": {"folder": "/mnt/archive"}}}), tmp_path)
    assert other is not None
    assert other.folder == Path("/mnt/archive")
    secret = {"bucket": "bb", "access_key": "AKID", "secret_key": "hush", "region": "eu-north-1"}
    assert "hush" not in repr(archive(Config.model_validate({"serve": {"archive": secret}}), tmp_path))
