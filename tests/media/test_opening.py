from contextlib import ExitStack

import pytest

from making import clip
from watchglass.media.opening import open_container
from watchglass.model.errors import NotMediaError


def test_a_clip(tmp_path):
    path = clip(tmp_path / "a.mp4", seconds=0.4)
    with ExitStack() as opened:
        assert open_container(str(path), "a.mp4", None, 10**6, opened).streams.video[0].width == 96


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.mp4", b"", "a.mp4: "),
        ("a.tty", b"only characters" * 99, "not audio or video"),
        ("a.txt", b"ffconcat version 1.0\nfile b.mp4\n", "a.txt: not audio or video"),
        ("a.bin", bytes(9999), "not audio or video"),
    ],
)
def test_what_is_none(tmp_path, name, content, message):
    clip(tmp_path / "b.mp4", seconds=0.4)
    path = tmp_path / name
    path.write_bytes(content)
    with ExitStack() as opened, pytest.raises(NotMediaError, match=message):
        open_container(str(path), name, None, 10**6, opened)
