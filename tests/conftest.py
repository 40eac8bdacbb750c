"""What holds for all tests."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

# An example's time says how busy the machine is: speed is measured in benchmarks/.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

pytest.register_assert_rewrite("indicating")


def pytest_addoption(parser):
    """What may be asked for beside the tests."""
    parser.addoption("--update-golden", action="store_true", help="write tests/golden/*.findings.jsonl anew")


@pytest.fixture
def corpus():
    """The folder of real clips, where there is one."""
    folder = Path(os.environ.get("WATCHGLASS_CORPUS", "nowhere"))
    if not folder.is_dir():
        pytest.skip("WATCHGLASS_CORPUS names no folder of real clips")
    return folder


@pytest.fixture(scope="session")
def loop_clip(tmp_path_factory) -> Path:
    """A loop of the channel, for live streams."""
    from watchglass.faults.channel import write_clip

    path = tmp_path_factory.mktemp("clip") / "clip.ts"
    write_clip(path, 40.0)
    return path


@pytest.fixture
def live(loop_clip) -> Iterator[Callable[..., str]]:
    """Begins a live stream, broken as it is told, and gives its address."""
    from watchglass.faults.playout import Playing, as_hls
    from watchglass.faults.schedule import parse

    with ExitStack() as stack:

        def begin(*faults: str, port: int = 0) -> str:
            playing = Playing(loop_clip, [parse(fault) for fault in faults], segment_seconds=1.0)
            return stack.enter_context(as_hls(playing, ("127.0.0.1", port), lambda notice: None)).url

        yield begin
