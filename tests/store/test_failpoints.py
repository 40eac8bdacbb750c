import subprocess
import sys

import failpoints


def test_each_step_is_taken_or_is_not(tmp_path):
    done = subprocess.run([sys.executable, failpoints.__file__, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    points = dict(line.split(": ") for line in done.stdout.splitlines())
    assert points.keys() == failpoints.STEPS.keys()
    assert min(map(int, points.values())) >= 4
