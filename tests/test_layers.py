"""What the import linter cannot see."""

import subprocess
import sys
from pathlib import Path

import pytest

import watchglass

ROOT = Path(watchglass.__file__).parent
MOST_LINES = 400
"""A file beyond it usually holds two ideas."""
NO_NOUN = {"utils", "common", "helpers", "base", "manager"}
HEAVY = ("av", "cv2", "scipy", "numpy", "pydantic", "httpx", "jinja2", "pyarrow")


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_short_and_named_for_what_they_hold(path):
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES
    assert path.stem not in NO_NOUN


def test_the_version_loads_nothing_heavy():
    """A command line that has only its version to tell answers at once."""
    code = (
        "import sys\n"
        "sys.argv = ['watchglass', '--version']\n"
        "from watchglass.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.splitlines() == [f"watchglass {watchglass.__version__}", "[]"]
