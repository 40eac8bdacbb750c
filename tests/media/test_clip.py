"""Clips against what they were cut from: the same pictures bit by bit, the same sound, in the same places."""

import re
import resource
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from keeping import assert_cut_from, assert_goes_on, digest, kept, pictures, sound
from making import clip, joined
from watchglass.media.clip import write_clip
from watchglass.media.timeline import WRAP
from watchglass.model.errors import EvidenceError

B_FRAMES = {"preset": "medium", "tune": "film", "bf": "3"}
TICK = 1 / 48_000 + 1e-9
"""Seconds to which times may be rounded: of samples of the sound."""


@pytest.mark.parametrize(
    ("ending", "how", "tolerance"),
    [
        pytest.param("ts", {}, TICK, id="TS"),
        pytest.param("ts", {"video_options": B_FRAMES}, TICK, id="TS, B-frames"),
        pytest.param("ts", {"video_options": {**B_FRAMES, "x264-params": "open-gop=1"}}, TICK, id="TS, open groups"),
        pytest.param("ts", {"sample_rate": 44_100}, 1 / 44_100 + 1e-9, id="TS, 44.1 kHz"),
        pytest.param("mp4", {"video_options": B_FRAMES}, TICK, id="MP4, B-frames"),
        pytest.param("mkv", {"video_options": B_FRAMES}, 1e-3 + 1e-9, id="Matroska, whose clock has milliseconds"),
        pytest.param("flv", {}, 1e-3 + 1e-9, id="FLV, likewise"),
        pytest.param("mkv", {"video": "libx265", "video_options": {"x265-params": "log-level=0"}}, 1e-3, id="HEVC"),
        pytest.param("ts", {"audio": ("aac", "aac"), "languages": ("eng", "deu")}, TICK, id="two sounds"),
    ],
)
def test_a_clip_is_what_came(tmp_path: Path, ending: str, how: dict[str, object], tolerance: float) -> None:
    path = clip(tmp_path / f"a.{ending}", seconds=8.0, gop=25, **{"audio": ("aac",), **how})  # type: ignore[arg-type]
    made = write_clip(kept(path), tmp_path / "clip.mp4", 3.5, 6.0)
    assert made.path == tmp_path / "clip.mp4"
    assert made.start <= 3.5
    assert 6.0 <= made.stop < 6.3
    assert made.bytes == made.path.stat().st_size
    assert made.left_out == ()
    assert_cut_from(made, path, tolerance=tolerance)
    shown = pictures(made.path)
    assert shown[0][0] == pytest.approx(0.0, abs=1e-6)
    assert_goes_on((at for at, _ in shown), 0.04)
    assert made.is_playable is (how.get("video") != "libx265")
    with av.open(str(made.path)) as container:
        assert container.duration / 1e6 == pytest.approx(made.stop - made.start, abs=0.03)
        if how.get("video") == "libx265":
            assert container.streams.video[0].codec_context.codec_tag == "hvc1"
        assert [each.language for each in container.streams.audio] == list(how.get("languages", ["und"]))  # type: ignore[call-overload]
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_the_index_is_in_front(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.ts", seconds=6.0, gop=25, audio=("aac",))
    data = write_clip(kept(path), tmp_path / "clip.mp4", 1.0, 5.0).path.read_bytes()
    assert data.find(b"moov") < data.find(b"mdat")


def test_sound_leads_as_it_led(tmp_path: Path) -> None:
    """The relation is that of the container's clock, although picture and sound begin at different times."""
    path = clip(tmp_path / "a.ts", seconds=8.0, gop=25, audio=("aac",), video_options=B_FRAMES, start=33.333)
    made = write_clip(kept(path), tmp_path / "clip.mp4", 3.0, 7.0)
    assert_cut_from(made, path, tolerance=TICK)


def test_a_clock_that_wraps_within_it(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.ts", seconds=8.0, gop=25, audio=("aac",), start=WRAP - 4.0)
    with av.open(str(path)) as container:
        raw = [float(packet.pts * packet.time_base) for packet in container.demux(video=0) if packet.pts is not None]
    assert max(raw) - min(raw) < 10.0 or max(raw) > WRAP - 5.0
    made = write_clip(kept(path), tmp_path / "clip.mp4", 2.5, 6.5)
    shown = pictures(made.path)
    assert len(shown) in range(100, 126)
    assert_goes_on((at for at, _ in shown), 0.04)
    assert_goes_on((at for at, _ in sound(made.path)), 1024 / 48_000)


def test_another_clock_in_the_midst(tmp_path: Path) -> None:
    parts = [clip(tmp_path / f"{n}.ts", seconds=4.0, gop=25, audio=("aac",), start=s) for n, s in enumerate((900, 50))]
    both = joined(tmp_path / "both.ts", *parts)
    made = write_clip(kept(both), tmp_path / "clip.mp4", 1.0, 7.0)
    assert made.left_out == ()
    shown = pictures(made.path)
    assert len(shown) in range(150, 180)
    assert_goes_on((at for at, _ in shown), 0.04, 0.04)
    heard = sound(made.path)
    assert heard[-1][0] == pytest.approx(shown[-1][0], abs=0.15)
    second = {what for _, what in pictures(parts[1])}
    assert sum(what in second for _, what in shown) >= 70


def test_what_was_broken_is_broken_in_the_same_way(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.ts", seconds=8.0, gop=25, audio=("aac",), size=(320, 180))
    data = bytearray(path.read_bytes())
    packets = len(data) // 188
    lost = {n for n in range(packets // 2, packets // 2 + 120) if n % 9 == 0}
    broken = tmp_path / "broken.ts"
    broken.write_bytes(b"".join(data[188 * n : 188 * n + 188] for n in range(packets) if n not in lost))
    made = write_clip(kept(broken), tmp_path / "clip.mp4", 2.0, 7.0)
    shown, whole, intact = pictures(made.path), pictures(broken), {what for _, what in pictures(path)}
    assert any(what not in intact for _, what in shown), "the fault is to be seen"
    assert {what for _, what in shown} <= {what for _, what in whole}
    assert len(shown) >= 115


@pytest.mark.parametrize(
    ("how", "codec"),
    [({"audio": ("aac",)}, "aac"), ({"audio": ("libmp3lame",)}, "mp3"), ({"audio": ("flac",)}, "flac")],
)
def test_sound_alone(tmp_path: Path, how: dict[str, object], codec: str) -> None:
    path = clip(tmp_path / "a.mkv", seconds=8.0, video=None, **how)  # type: ignore[arg-type]
    made = write_clip(kept(path), tmp_path / "clip.mp4", 3.0, 5.0)
    assert made.is_playable
    assert [(track.id, track.codec) for track in made.tracks] == [("audio:0", codec)]
    assert made.stop - made.start == pytest.approx(2.0, abs=0.15)
    heard, whole = [what for _, what in sound(made.path)], [what for _, what in sound(path)]
    at = whole.index(heard[0])
    assert whole[at : at + len(heard)] == heard


@pytest.mark.parametrize(
    ("ending", "how", "made_as", "reason"),
    [
        ("mpg", {"video": "mpeg2video", "audio": ("mp2",)}, "clip.mp4", "browsers do not play mpeg2video"),
        ("ts", {"audio": ("ac3",)}, "clip.mp4", "browsers do not play ac3"),
        ("mkv", {"pixel_format": "yuv422p"}, "clip.mp4", "browsers do not play H.264 as yuv422p"),
        ("mkv", {"video": "ffv1", "audio": ("pcm_s16le",)}, "clip.mkv", "browsers do not play ffv1"),
        ("avi", {"video": "mpeg4", "audio": ("libmp3lame",)}, "clip.mp4", "browsers do not play mpeg4"),
        ("mpg", {"video": "mpeg1video", "audio": ("mp2",)}, "clip.ts", "browsers do not play mpeg1video"),
    ],
)
def test_what_browsers_do_not_play_is_written_and_said(
    tmp_path: Path, ending: str, how: dict[str, object], made_as: str, reason: str
) -> None:
    path = clip(tmp_path / f"a.{ending}", seconds=6.0, gop=12, **how)  # type: ignore[arg-type]
    made = write_clip(kept(path), tmp_path / "clip.mp4", 2.0, 4.0)
    assert (made.path.name, made.reason, made.is_playable) == (made_as, reason, False)
    whole = {what for _, what in pictures(path)}
    shown = pictures(made.path)
    assert len(shown) >= 50
    assert sum(what in whole for _, what in shown) >= 50


@pytest.mark.parametrize(
    "how",
    [{}, {"video": "mpeg2video"}, {"video": "libx265", "video_options": {"x265-params": "log-level=0:bframes=0"}}],
    ids=["H.264", "MPEG-2", "HEVC"],
)
def test_another_size_in_the_midst_is_left_out_and_said(tmp_path: Path, how: dict[str, object]) -> None:
    first = clip(tmp_path / "0.ts", seconds=4.0, gop=25, **how)  # type: ignore[arg-type]
    second = clip(tmp_path / "1.ts", seconds=4.0, gop=25, size=(128, 96), start=4.0, **how)  # type: ignore[arg-type]
    ring = kept(joined(tmp_path / "both.ts", first, second))
    for moment, size, left in ((3.0, (96, 64), (4.0, 5.0)), (4.5, (128, 96), (1.0, 4.0))):
        made = write_clip(ring, tmp_path / "clip.mp4", 1.0, 5.0, moment=moment)
        with av.open(str(made.path)) as container:
            assert {(frame.width, frame.height) for frame in container.decode(video=0)} == {size}
            stream = container.streams.video[0]
            assert (stream.width, stream.height) == size
        said = re.fullmatch(r"video:0 from (.*) to (.*) s: it is coded in another way there", made.left_out[0])
        assert said is not None
        assert [float(each) for each in said.groups()] == pytest.approx(left, abs=0.05)
    assert write_clip(ring, tmp_path / "clip.mp4", 1.0, 5.0).start == pytest.approx(1.0, abs=0.1), "the longer part"


def test_other_channels_in_the_midst_are_left_out_and_said(tmp_path: Path) -> None:
    first = clip(tmp_path / "0.ts", seconds=4.0, gop=25, audio=("aac",))
    second = clip(tmp_path / "1.ts", seconds=4.0, gop=25, audio=("aac",), layout="mono", start=4.0)
    made = write_clip(kept(joined(tmp_path / "both.ts", first, second)), tmp_path / "clip.mp4", 1.0, 7.0, moment=2.0)
    assert len(pictures(made.path)) >= 150
    assert any("audio:0" in each and "coded in another way" in each for each in made.left_out)
    assert made.start + sound(made.path)[-1][0] == pytest.approx(4.0, abs=0.1)


def test_what_has_gone_or_has_not_come_is_said(tmp_path: Path) -> None:
    ring = kept(clip(tmp_path / "a.ts", seconds=8.0, gop=25, audio=("aac",)), seconds=3.0)
    made = write_clip(ring, tmp_path / "clip.mp4", 1.0, 12.0)
    assert any("there is no key frame to begin with" in each for each in made.left_out)
    assert any("that is as far as it had come" in each for each in made.left_out)
    with pytest.raises(EvidenceError, match="there is nothing of these seconds any more, or not yet"):
        write_clip(ring, tmp_path / "none.mp4", 30.0, 40.0)
    assert not (tmp_path / "none.mp4").exists()


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    """A real limit of the kernel: no file of this process may grow beyond it."""
    path = clip(tmp_path / "a.ts", seconds=8.0, gop=25, audio=("aac",), size=(320, 180))
    ring = kept(path)
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "clip.mp4").write_bytes(b"the one before")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(EvidenceError, match=r"clip\.mp4"):
            write_clip(ring, folder / "clip.mp4", 1.0, 7.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [each.name for each in folder.iterdir()] == ["clip.mp4"]
    assert (folder / "clip.mp4").read_bytes() == b"the one before"


def test_a_disk_without_space_is_named(tmp_path: Path) -> None:
    """A file system of one megabyte, where the kernel lets one make it."""
    path = clip(tmp_path / "a.ts", seconds=8.0, gop=25, audio=("aac",), size=(640, 360))
    assert path.stat().st_size > 1_200_000
    inside = (
        "import subprocess, sys; from pathlib import Path; sys.path[:0] = sys.argv[3:]\n"
        "disk = Path(sys.argv[2])\n"
        "if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], capture_output=True).returncode:\n"
        "    sys.exit(77)\n"
        "from keeping import kept\n"
        "from watchglass.media.clip import write_clip\n"
        "try:\n    write_clip(kept(sys.argv[1]), disk / 'clip.mp4', 1.0, 8.0)\n"
        "except Exception as error:\n    print(type(error).__name__, error, [*disk.iterdir()])\n"
    )
    disk = tmp_path / "disk"
    disk.mkdir()
    command = [sys.executable, "-c", inside, str(path), str(disk), *sys.path]
    try:
        done = subprocess.run(["unshare", "--mount", *command], capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("unshare is not installed")
    if done.returncode == 77 or re.search("unshare.*(failed|not permitted)", done.stderr):
        pytest.skip("no file system may be mounted here")
    assert done.stdout.strip() == "EvidenceError clip.mp4: the disk is full []", done.stderr


def test_a_draft_never_follows_a_link(tmp_path: Path) -> None:
    ring = kept(clip(tmp_path / "a.ts", seconds=4.0, gop=25))
    victim = tmp_path / "victim"
    victim.write_bytes(b"untouched")
    (tmp_path / "clip.mp4").symlink_to(victim)
    made = write_clip(ring, tmp_path / "clip.mp4", 0.0, 3.0)
    assert victim.read_bytes() == b"untouched"
    assert not made.path.is_symlink()


def from_each_key(path: Path) -> list[list[str]]:
    """The pictures that a new decoder makes of a file, for each of its key frames from there on."""
    with av.open(str(path)) as container:
        [stream] = container.streams.video
        count = sum(packet.is_keyframe for packet in container.demux(stream) if packet.size)
    found = []
    for number in range(count):
        with av.open(str(path)) as container:
            [stream] = container.streams.video
            stream.thread_type = "NONE"
            shown, left = [], number + 1
            for packet in container.demux(stream):
                left -= packet.is_keyframe and left > 0
                if not left:
                    shown += packet.decode()
            found.append([digest(frame) for frame in shown])
    return found


def test_groups_that_refer_to_the_one_before(tmp_path: Path) -> None:
    """Pictures that are shown before the key frame are not to be seen, but later ones refer to them."""
    open_groups = "open-gop=1:keyint=25:min-keyint=25:scenecut=0:bframes=5:b-pyramid=normal:ref=6:tff=1"
    path = clip(
        tmp_path / "a.ts",
        seconds=8.0,
        size=(192, 96),
        audio=("aac",),
        picture=moving(),
        video_options={"preset": "medium", "tune": "film", "bf": "5", "x264-params": open_groups},
    )
    made = write_clip(kept(path), tmp_path / "clip.mp4", 3.5, 6.0)
    shown = pictures(made.path)
    assert shown[0][0] >= 0.0
    with av.open(str(made.path)) as container:
        assert any(packet.pts < 0 for packet in container.demux(video=0) if packet.pts is not None), "hidden, and there"
    assert [what for _, what in shown] in [fresh[: len(shown)] for fresh in from_each_key(path)]
    assert_goes_on((at for at, _ in shown), 0.04)
    assert sound(made.path)[0][0] == pytest.approx(0.0, abs=0.05)


def moving():
    rng = np.random.default_rng(5)
    scene = rng.integers(40, 200, (12, 100), np.uint8).repeat(8, 0).repeat(8, 1)
    grey = np.full((48, 96), 128, np.uint8)
    return lambda number: [scene[:, 2 * number : 2 * number + 192], grey, grey]


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["test-009.ts", "test-089.000000.ts", "test-025.ts"])
def test_broadcasts_as_they_are(corpus: Path, tmp_path: Path, name: str) -> None:
    """Fields in packets of their own, some without any time; groups that refer to the one before."""
    path = corpus / "av" / f"tsduck__tsduck-test--{name}"
    made = write_clip(kept(path), tmp_path / "clip.mp4", 1.0, 3.2)  # each ends in the midst of a picture
    shown = [what for _, what in pictures(made.path)]
    assert len(shown) >= 40
    # Of MPEG-2 the pictures before the key frame are decoded, and hidden by the clip.
    assert any(shown == fresh[n : n + len(shown)] for fresh in from_each_key(path) for n in range(4))
