"""The house rules: file, entry, test and page exist for each detector, and each says what it must."""

import pickle
import re
from importlib import import_module
from pathlib import Path

import pytest

import watchglass.detectors
from watchglass.detectors import CATALOGUE, load
from watchglass.model.detector import Delivery, Detector, Status
from watchglass.model.media import Item
from watchglass.reports.manual import SECTIONS, doc_of, facts_of, page_of

HOME = Path(__file__).resolve().parents[2]
ROOM = Path(watchglass.detectors.__file__).parent


def ids_under(folder, prefix=""):
    """The detector ids that files of a folder claim."""
    found = folder.glob(f"*/{prefix}*")
    return {f"{path.parent.name}.{path.stem.removeprefix(prefix)}" for path in found if not path.stem.startswith("__")}


def test_every_file_is_in_the_catalogue_and_the_other_way_round():
    assert ids_under(ROOM) == set(CATALOGUE)


def test_every_detector_has_a_test_and_every_test_a_detector():
    assert ids_under(Path(__file__).parent, "test_") == set(CATALOGUE)


def test_every_detector_has_a_page_and_every_page_a_detector():
    assert ids_under(HOME / "docs" / "detectors") == set(CATALOGUE)


@pytest.mark.parametrize("name", CATALOGUE)
class TestDetector:
    def test_its_name_is_its_path(self, name):
        detector = load(name)
        assert detector.name == name
        assert detector.__module__ == f"watchglass.detectors.{name}"
        assert issubclass(detector, Detector)

    def test_it_consumes_something(self, name):
        detector = load(name)
        assert detector.consumes
        assert all(issubclass(each, Item) for each in detector.consumes)
        assert detector.status in Status

    def test_the_five_sections_stand_in_order(self, name):
        doc = doc_of(load(name))
        title, _, body = doc.partition("\n")
        assert re.fullmatch(r"[A-Z][^:]*: .+\.", title)
        parts = re.split(r"^## (.+)$", body, flags=re.MULTILINE)
        assert tuple(parts[1::2]) == SECTIONS
        assert all(text.strip() for text in parts[2::2])
        assert parts[10].strip().startswith("- "), "sources are a list"

    def test_its_page_says_what_it_says(self, name):
        page = (HOME / "docs" / "detectors" / f"{name.replace('.', '/')}.md").read_text("utf-8")
        marker, _, text = page.partition("\n")
        assert marker.startswith("<!-- Written by `make docs`")
        says = page_of(load(name))
        assert text.startswith(says), "run `make docs`"
        measured = text.removeprefix(says)  # `make accuracy` wrote it; scripts/catalogue.py --check compares it
        assert not measured or measured.startswith("\n## Accuracy\n")

    def test_every_setting_is_described(self, name):
        settings = load(name).settings_type
        for setting, field in settings.model_fields.items():
            facts = facts_of(settings, setting)
            assert not field.is_required(), f"{setting} has no default"
            assert facts["unit"], f"{setting} has no unit"
            if isinstance(field.default, int | float):
                low, high = facts["range"].split(" to ")
                assert float(low) <= field.default <= float(high), setting
            assert facts["shapes"] in ("measurement", "judgement"), setting
            assert field.description, f"{setting} is not described"
            assert field.description.endswith("."), setting

    def test_its_thresholds_are_settings_of_readings_that_it_names(self, name):
        detector = load(name)
        for reading, bound in detector.limits.items():
            assert bound.setting in detector.settings_type.model_fields
            assert f"`{reading}`" in doc_of(detector), f"{reading} is not in its docstring"
            assert facts_of(detector.settings_type, bound.setting)["shapes"] == "judgement"
        delivery = Delivery("EBU R 128", -23.0, 1.0, -1.0)
        assert set(detector(None, None, delivery).thresholds()) >= set(detector.limits)

    def test_settings_survive_pickling(self, name):
        settings = load(name).settings_type()
        again = pickle.loads(pickle.dumps(settings))
        assert again == settings
        assert type(again) is type(settings)

    def test_defaults_live_in_the_settings_only(self, name):
        """A detector without settings has the defaults of its settings."""
        assert load(name)().settings == load(name).settings_type()


def test_no_detector_is_registered_by_being_imported():
    before = dict(CATALOGUE)
    for name in CATALOGUE:
        import_module(f"watchglass.detectors.{name}")
    assert before == CATALOGUE
