"""The fence around Apprise, from within: a process of its own, as nobody can take the fence down again."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import textwrap

import pytest

from receiving import Receiver
from refused_hosts import REFUSED_HOSTS
from watchglass.sinks.apprise_worker import _BY_SOCKET, Fence


def fenced(script, *arguments, allow=()):
    """What a script prints, as JSON, behind the fence."""
    begin = (
        "import json, os, socket, sys\n"
        "from watchglass.net.guard import parse_networks\n"
        "from watchglass.sinks.apprise_worker import Courier, Fence\n"
        "def tried(call, *given):\n"
        "    try:\n        call(*given)\n        return 'done'\n"
        "    except Exception as error:\n        return type(error).__name__\n"
        f"allow = parse_networks({list(allow)!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", begin + textwrap.dedent(script), *map(str, arguments)],
        capture_output=True, text=True, timeout=100,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@contextlib.contextmanager
def listener(family=socket.AF_INET, kind=socket.SOCK_STREAM, host="127.0.0.1"):
    """A socket that somebody might reach, and a way to know whether anybody did."""
    with socket.socket(family, kind) as sock:
        sock.bind((host, 0))
        if kind == socket.SOCK_STREAM:
            sock.listen(100)
        sock.setblocking(False)

        def reached():
            with contextlib.suppress(BlockingIOError):
                if kind == socket.SOCK_STREAM:
                    sock.accept()[0].close()
                else:
                    sock.recv(10)
                return True
            return False

        yield sock.getsockname()[1], reached


WAYS = """
    import _socket, asyncio
    port = int(sys.argv[1])
    fence = Fence(allow)
    fence.close()
    def by(kind, call, host):
        with socket.socket(socket.AF_INET, kind) as sock:
            sock.settimeout(5)
            return getattr(sock, call)(*([b"x"] if call == "sendto" else []), (host, port))
    def beneath(host):
        _socket.socket(socket.AF_INET, socket.SOCK_STREAM).connect((host, port))
    async def loop():
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
    stream, dgram = socket.SOCK_STREAM, socket.SOCK_DGRAM
    print(json.dumps([
        tried(by, stream, "connect", "127.0.0.1"), tried(by, stream, "connect", "localhost"),
        tried(by, stream, "connect_ex", "127.0.0.1"), tried(by, dgram, "connect", "127.0.0.1"),
        tried(beneath, "127.0.0.1"), tried(beneath, "localhost"), tried(beneath, ""),
        tried(socket.create_connection, ("localhost", port)), tried(lambda: asyncio.run(loop())),
    ]))
"""


def test_no_way_leads_to_what_is_refused():
    with listener() as (port, reached):
        assert set(fenced(WAYS, port)) == {"PermissionError"}
        assert not reached()


def test_what_is_allowed_is_reached_by_every_way_that_was_vetted():
    with listener() as (port, reached):
        came = fenced(WAYS, port, allow=["127.0.0.0/8"])
        # Beneath the socket module a name is not replaced by an address, and so not connected to.
        assert came == ["done"] * 5 + ["PermissionError"] * 2 + ["done"] * 2
        assert reached()


def test_no_datagram_goes_where_it_may_not():
    script = """
    Fence(allow).close()
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    port = int(sys.argv[1])
    print(json.dumps([
        tried(sock.sendto, b"x", ("127.0.0.1", port)), tried(sock.sendto, b"x", 0, ("localhost", port)),
        tried(sock.sendmsg, [b"x"], [], 0, ("127.0.0.1", port)),
    ]))
    """
    with listener(kind=socket.SOCK_DGRAM) as (port, reached):
        assert set(fenced(script, port)) == {"PermissionError"}
        assert not reached()
        assert fenced(script, port, allow=["127.0.0.1"]) == ["done"] * 3
        assert reached()


def test_a_name_server_that_changes_its_mind_changes_nothing():
    """Vetted as a public address, and loopback when it is asked by who connects."""
    script = """
    import requests
    fence = Fence(allow)
    fence.close()
    real = socket.getaddrinfo
    socket.getaddrinfo = lambda host, *more, **named: real("127.0.0.1", *more, **named)
    fence._names._resolve = lambda host, port: [host if host[0].isdigit() else "192.88.98.1"]
    was = tried(lambda: requests.get(f"http://evil.example:{sys.argv[1]}/", timeout=5))
    print(json.dumps([was, bool(fence.refused)]))
    """
    with Receiver() as receiver:
        assert fenced(script, receiver.port) == ["ConnectionError", True]
        assert receiver.came == []


def test_nothing_of_this_machine_is_reached(tmp_path):
    (tmp_path / "secret").write_text("SECRET")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "s"))
        sock.listen()
        came = fenced(
            """
            import shutil, subprocess
            Fence(allow).close()
            home = sys.argv[1]
            unix = socket.socket(socket.AF_UNIX)
            print(json.dumps([
                tried(unix.connect, home + "/s"), tried(unix.connect_ex, home + "/s"), tried(open, home + "/secret"),
                tried(open, "/etc/passwd"), tried(open, home + "/new", "w"), tried(os.open, home + "/new", os.O_CREAT),
                tried(subprocess.run, ["true"]), tried(os.system, "true"), tried(os.fork),
                tried(os.remove, home + "/s"), tried(os.rename, home + "/secret", home + "/x"),
                tried(shutil.rmtree, home), tried(os.execv, "/bin/true", ["true"]),
            ]))
            """,
            tmp_path,
        )
    assert set(came) == {"PermissionError"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s", "secret"]


def test_the_corpus_of_hosts_through_a_plugin():
    """All spellings in one process, at two real listeners: nothing connects."""
    script = """
    import apprise
    courier = Courier("json://public.example/", allow)
    delivered = usable = 0
    for host in json.loads(sys.argv[2]):
        plugin = apprise.Apprise.instantiate(f"json://{host}:{sys.argv[1]}/hook?redirect=yes")
        if plugin is not None:
            usable += 1
            courier._apprise = apprise.Apprise(plugin)
            delivered += courier.deliver({"title": "t", "body": "b", "kind": "info"})["ok"]
    print(json.dumps([usable, delivered]))
    """
    with listener() as (port, reached), socket.socket(socket.AF_INET6) as six:
        six.bind(("::1", port))
        six.listen(100)
        six.setblocking(False)
        usable, delivered = fenced(script, port, json.dumps(REFUSED_HOSTS))
        assert usable > 20
        assert delivered == 0
        assert not reached()
        with pytest.raises(BlockingIOError):
            six.accept()


def test_what_is_used_speaks_http_or_is_known_to_use_sockets():
    kinds = fenced(
        """
        import apprise
        from apprise.manager_plugins import NotificationManager
        from watchglass.sinks.apprise_worker import _BY_SOCKET, _speaks_http
        kinds = NotificationManager()
        print(json.dumps({schema: _speaks_http(kinds[schema]) for schema in kinds.schemas()}))
        """
    )
    silent = {schema for schema, is_http in kinds.items() if not is_http}
    local = {"blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"}
    assert silent - _BY_SOCKET == local
    assert {"slack", "discord", "json", "jsons", "form", "xml", "matrix", "sns", "ntfy"} <= kinds.keys() - silent


def test_making_a_fence_closes_nothing():
    Fence(())
    with listener() as (port, reached), socket.create_connection(("127.0.0.1", port)):
        assert reached()
