"""Proof on a real disk: what is asked for by a hostile name, what goes when it is old, what a killed writer leaves."""

import os
import signal
import string
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from watchglass.model.errors import EvidenceError
from watchglass.store.evidence import EvidenceFolder

SECRET = b"what nobody may see"


def keep(folder: EvidenceFolder, incident: str, size: int = 10, at: float | None = None) -> None:
    with folder.keeping(incident) as draft:
        draft.write("clip.mp4", bytes(size))
        draft.write("facts.json", b"{}")
    if at is not None:
        os.utime(folder.root / incident, (at, at))


@pytest.fixture
def folder(tmp_path: Path) -> EvidenceFolder:
    (tmp_path / "secret.txt").write_bytes(SECRET)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "clip.mp4").write_bytes(SECRET)
    return EvidenceFolder(tmp_path / "evidence", least_free=0)


def names(folder: EvidenceFolder) -> list[str]:
    return [each.name for each in folder.root.iterdir()]


def test_what_is_kept_can_be_read(folder: EvidenceFolder) -> None:
    keep(folder, "0123abcd", 1000)
    assert folder.files("0123abcd") == {"clip.mp4": 1000, "facts.json": 2}
    with folder.open("0123abcd", "clip.mp4") as file:
        assert file.read() == bytes(1000)
    assert folder.incidents() == ["0123abcd"]
    keep(folder, "0123abcd", 2000)
    assert folder.files("0123abcd")["clip.mp4"] == 2000
    assert names(folder) == ["0123abcd"]


def test_what_was_not_finished_is_not_there(folder: EvidenceFolder) -> None:
    keep(folder, "a", 5)
    with pytest.raises(EvidenceError, match="there is no such name"), folder.keeping("a") as draft:
        draft.path.joinpath("clip.mp4").write_bytes(b"new"), draft.write("../b", b"")
    assert folder.files("a")["clip.mp4"] == 5
    assert names(folder) == ["a"]


NAMES = int(os.environ.get("WATCHGLASS_NAMES", "2000"))
PIECES = st.sampled_from(
    [
        "..",
        ".",
        "/",
        "\\",
        "\0",
        "%2e%2e",
        "secret",
        "secret.txt",
        "clip.mp4",
        "a",
        "‥",
        "．．",
        "／",
        "~",
        "\n",
        " ",
        "-",
    ]
)
HOSTILE = st.one_of(
    st.lists(PIECES, min_size=1, max_size=8).map("".join),
    st.text(max_size=80),
    st.text(alphabet=string.ascii_lowercase + string.digits + "-./\\", max_size=12),
    st.integers(60, 5000).map(lambda n: "a" * n),
    st.sampled_from(["../secret", "../secret.txt", "/etc/passwd", "a\n", "a/../../secret", "link", "..", ""]),
)


@pytest.mark.timeout(300 + NAMES // 50)
@settings(max_examples=NAMES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(incident=HOSTILE, name=HOSTILE)
def test_no_name_leads_outside(folder: EvidenceFolder, incident: str, name: str) -> None:
    """``WATCHGLASS_NAMES=100000`` for as many; in the one place or the other, or in both, to read and to write."""
    inside = folder.root / "a"
    if not inside.exists():
        keep(folder, "a")
        (folder.root / "link").symlink_to(folder.root.parent / "secret")
        (inside / "link.mp4").symlink_to(folder.root.parent / "secret.txt")
        os.mkfifo(inside / "pipe.mp4")
    for asked, file in ((incident, name), ("a", name), (incident, "clip.mp4")):
        try:
            with folder.open(asked, file) as opened:
                assert SECRET not in opened.read()
                real = Path(f"/proc/self/fd/{opened.fileno()}").readlink()
                assert real.parent.parent == folder.root
        except EvidenceError:
            pass
        with suppress(EvidenceError):
            assert set(folder.files(asked)) <= {each.name for each in (folder.root / asked).iterdir()}
        try:
            with folder.keeping(asked) as draft:
                draft.write(file, b"new")
        except EvidenceError:
            continue
        assert (folder.root / asked).parent == folder.root
    outside = {each.relative_to(folder.root.parent).as_posix() for each in folder.root.parent.iterdir()}
    assert outside == {"evidence", "secret", "secret.txt"}
    assert (folder.root.parent / "secret.txt").read_bytes() == SECRET
    assert (folder.root.parent / "secret" / "clip.mp4").read_bytes() == SECRET


@pytest.mark.parametrize("name", ["link.mp4", "pipe.mp4", "none.mp4", "folder.mp4"])
def test_what_is_no_file_is_not_there(folder: EvidenceFolder, name: str) -> None:
    keep(folder, "a")
    (folder.root / "a" / "link.mp4").symlink_to(folder.root.parent / "secret.txt")
    (folder.root / "a" / "folder.mp4").mkdir()
    os.mkfifo(folder.root / "a" / "pipe.mp4")
    with pytest.raises(EvidenceError, match="there is no such file"):
        folder.open("a", name)
    assert set(folder.files("a")) == {"clip.mp4", "facts.json"}


def test_a_link_that_is_put_in_the_place_of_a_folder_wins_no_race(folder: EvidenceFolder) -> None:
    """Somebody exchanges the folder and the file for links to what is outside, over and over."""
    keep(folder, "a", 20)
    secret, real, aside = folder.root.parent / "secret", folder.root / "a", folder.root / "aside"
    is_over = threading.Event()

    def exchange() -> None:
        while not is_over.is_set():
            real.rename(aside)
            real.symlink_to(secret)
            real.unlink()
            aside.rename(real)

    thread = threading.Thread(target=exchange)
    thread.start()
    read = refused = 0
    try:
        while (read < 200 or refused < 200) and read + refused < 200_000:
            try:
                with folder.open("a", "clip.mp4") as file:
                    assert file.read() == bytes(20)
                read += 1
            except EvidenceError:
                refused += 1
    finally:
        is_over.set()
        thread.join()
    assert read
    assert refused


def test_the_oldest_goes_first(folder: EvidenceFolder, tmp_path: Path) -> None:
    for number in range(10):
        keep(folder, f"i{number}", 100_000, at=1000.0 + number)
    whole = folder.tidy(1010.0)
    assert (whole.removed, whole.kept) == (0, 10)
    assert whole.bytes >= 1_000_000
    each = whole.bytes // 10
    small = EvidenceFolder(folder.root, most_bytes=4 * each, most_age=1e9, least_free=0)
    assert small.tidy(1010.0).removed == 6
    assert small.incidents() == ["i6", "i7", "i8", "i9"]
    young = EvidenceFolder(folder.root, most_age=2.5, least_free=0)
    assert young.tidy(1010.0).removed == 2
    assert young.incidents() == ["i8", "i9"]


def test_bytes_are_those_of_the_disk(folder: EvidenceFolder) -> None:
    for number in range(5):
        keep(folder, f"i{number}", 1 + 50_000 * number)
    said = subprocess.run(
        ["du", "-s", "-B1", *map(str, folder.root.iterdir())], capture_output=True, text=True, check=True
    )
    assert folder.tidy(0.0).bytes == sum(int(line.split()[0]) for line in said.stdout.splitlines())


def test_what_is_being_written_stays_and_what_a_killed_writer_left_goes(folder: EvidenceFolder) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom watchglass.store.evidence import EvidenceFolder\n"
        "with EvidenceFolder(Path(sys.argv[1]), least_free=0).keeping('killed') as draft:\n"
        "    draft.write('clip.mp4', bytes(100_000))\n    print('writing', flush=True)\n    time.sleep(60)\n"
    )
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder.root)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        tidy = EvidenceFolder(folder.root, most_bytes=0, most_age=0.0, least_free=0)
        assert tidy.tidy(1e12).bytes >= 100_000
        [draft] = folder.root.iterdir()
        assert (draft / "clip.mp4").stat().st_size == 100_000
        writer.send_signal(signal.SIGKILL)
    assert tidy.tidy(1e12).bytes == 0
    assert list(folder.root.iterdir()) == []


def test_many_writers_and_one_who_tidies(folder: EvidenceFolder) -> None:
    tidy = EvidenceFolder(folder.root, most_bytes=60_000, least_free=0)
    failures: list[Exception] = []

    def write(name: int) -> None:
        try:
            for number in range(30):
                keep(folder, f"i{name}-{number}", 5000)
        except EvidenceError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        tidy.tidy(0.0)
    assert failures == []
    assert tidy.tidy(0.0).bytes <= 60_000
    assert all(len(folder.files(each)) == 2 for each in folder.incidents())
    assert [each for each in names(folder) if each.startswith(".")] == []


def test_a_disk_that_is_nearly_full_is_left_alone(tmp_path: Path) -> None:
    full = EvidenceFolder(tmp_path / "evidence", least_free=1 << 60)
    with pytest.raises(EvidenceError, match=r"no proof is kept: [\d.]+ GB are free on the disk"), full.keeping("a"):
        pass
    assert list((tmp_path / "evidence").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EvidenceError, match="file"):
        EvidenceFolder(tmp_path / "file" / "evidence")


def test_files_of_others_are_left_alone(folder: EvidenceFolder) -> None:
    (folder.root / "README.TXT").write_text("not ours")
    (folder.root / "Notes").mkdir()
    EvidenceFolder(folder.root, most_bytes=0, most_age=0.0, least_free=0).tidy(1e12)
    assert sorted(names(folder)) == ["Notes", "README.TXT"]
