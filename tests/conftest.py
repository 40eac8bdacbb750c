"""What holds for all tests."""

import os
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
