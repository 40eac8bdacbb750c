import wave

import pytest

from watchglass.faults.inject import inject
from watchglass.faults.level import Level
from watchglass.faults.recipes import RECIPES
from watchglass.model.errors import UsageError


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "clean.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * 8000 * 3))
    return path


def test_a_file_without_times_keeps_no_hole(source):
    recipe = RECIPES["sync.timestamps:hole"]
    target = source.with_name("hole.wav")
    with pytest.raises(UsageError, match=r"keeps no times.*\.mkv"):
        inject(source, target, recipe, recipe.order(Level.NOTICEABLE, 1.0))
    assert not target.exists()
    truth = inject(source, source.with_name("hole.mkv"), recipe, recipe.order(Level.NOTICEABLE, 1.0))
    assert truth.counts
