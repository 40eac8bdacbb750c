"""A detector of another repository, really installed, is found through its entry point and watches with ours."""

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest

PROJECT = Path(__file__).resolve().parents[2] / "examples" / "acme-detectors"
MISLABELLED = """
from acme_detectors.overexposed import Overexposed
from watchglass.model.limits import Bound


class Mislabelled(Overexposed):
    limits = {"luma_mean": Bound("opens")}
"""


def wheel(folder, entry_points=None):
    """Pack the project as a wheel: what any build backend would make of it, without having to fetch one."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    points = project["entry-points"]["watchglass.detectors"] if entry_points is None else entry_points
    path = folder / f"acme_detectors-{project['version']}-py3-none-any.whl"
    info = f"acme_detectors-{project['version']}.dist-info"
    files = {
        f"acme_detectors/{each.name}": each.read_text("utf-8")
        for each in (PROJECT / "src" / "acme_detectors").glob("*.py")
    }
    files["acme_detectors/mislabelled.py"] = MISLABELLED
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    lines = [f"{name} = {target}\n" for name, target in points.items()]
    files[f"{info}/entry_points.txt"] = "".join(["[watchglass.detectors]\n", *lines])
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return path


def install(folder, entry_points=None):
    """Install it with pip, from the wheel alone, into a folder of its own."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    site = folder / "site"
    subprocess.run([*pip, "--target", str(site), str(wheel(folder, entry_points))], check=True, capture_output=True)
    return site


def watchglass(site, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(site), "COLUMNS": "160", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "watchglass", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return install(tmp_path_factory.mktemp("foreign"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Two seconds of picture of which the second one is burnt out."""
    path = tmp_path_factory.mktemp("clip") / "clip.mkv"
    rng = np.random.default_rng(2)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(50):
            low, high = (40, 200) if n < 25 else (240, 256)
            picture = rng.integers(low, high, (48, 64, 3)).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_its_own_tests_pass(installed):
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(PROJECT / "tests")]
    done = subprocess.run(
        command, env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout


def test_it_is_listed_and_explained(installed):
    listed = watchglass(installed, "detectors")
    assert listed.returncode == 0, listed.stderr
    [line] = [line for line in listed.stdout.splitlines() if "acme.overexposed" in line]
    assert "stable" in line
    assert "the picture is burnt out" in line
    explained = watchglass(installed, "explain", "acme.overexposed")
    assert "Snow in the sun" in explained.stdout
    assert "open_at" in explained.stdout


def test_it_watches_beside_ours(installed, clip):
    done = watchglass(installed, "check", str(clip), "--json", "-")
    assert done.returncode == 1, done.stderr
    [found] = [each for each in json.loads(done.stdout)["findings"] if each["detector"] == "acme.overexposed"]
    assert (found["start"], found["end"]) == pytest.approx((1.0, 2.0), abs=0.05)
    assert found["readings"][0]["name"] == "luma_mean"


def test_the_page_draws_its_threshold_like_ours(installed, clip, tmp_path):
    page = tmp_path / "report.html"
    done = watchglass(installed, "check", str(clip), "--html", str(page))
    assert done.returncode == 1, done.stderr
    assert "threshold 220" in page.read_text("utf-8")
    assert "Mean luma from which it is overexposed." in page.read_text("utf-8")


def test_it_is_chosen_and_set_like_ours(installed, clip, tmp_path):
    config = tmp_path / "watchglass.toml"
    config.write_text('watch = ["acme"]\n[detectors.acme.overexposed]\nopen_after = 1.5\n')
    done = watchglass(installed, "check", str(clip), "--json", "-", "--config", str(config))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["findings"] == []
    config.write_text("[detectors.acme.overexposed]\nopen_at = 300\n")
    done = watchglass(installed, "check", str(clip), "--config", str(config))
    assert done.returncode == 2
    assert "detectors.acme.overexposed.open_at" in done.stderr


def test_without_it_there_is_no_such_detector(tmp_path, clip):
    done = watchglass(tmp_path, "check", str(clip), "--detectors", "acme.overexposed")
    assert done.returncode == 2
    assert "acme.overexposed" in done.stderr


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("acme_detectors.gone:Overexposed", id="no such module"),
        pytest.param("acme_detectors.overexposed:Gone", id="no such class"),
        pytest.param("acme_detectors.overexposed:OverexposedSettings", id="not a detector"),
        pytest.param("acme_detectors.mislabelled:Mislabelled", id="a limit that is no setting"),
    ],
)
def test_one_that_breaks_the_contract_is_named_and_costs_only_itself(tmp_path, clip, target):
    site = install(tmp_path, {"acme.overexposed": target})
    listed = watchglass(site, "detectors")
    assert listed.returncode == 0
    assert "acme.overexposed" in listed.stdout
    assert "broken" in listed.stdout
    checked = watchglass(site, "check", "--json", "-", str(clip))
    assert "left out: " in checked.stderr
    assert "'acme.overexposed'" in checked.stderr
    assert checked.returncode in (0, 1)
    asked_for = watchglass(site, "check", "--detectors", "acme.overexposed", str(clip))
    assert asked_for.returncode == 2
    assert "Traceback" not in listed.stderr + checked.stderr + asked_for.stderr
