"""Documents that can drift from the code would: what they must mention, and that their links lead somewhere."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
import typer

import watchglass
from watchglass.cli.app import app
from watchglass.config.settings import PROFILES, Config, load_config
from watchglass.detectors import CATALOGUE, load

HOME = Path(__file__).resolve().parents[1]
PAGES = sorted([*HOME.glob("*.md"), *(HOME / "docs").rglob("*.md")])
EXAMPLE = HOME / "watchglass.example.toml"


def text_of(*names):
    return "\n".join((HOME / name).read_text("utf-8") for name in names)


def commands():
    return typer.main.get_command(app).commands


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HOME)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" not in target and not target.startswith("#"):
            assert (page.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("command", commands())
def test_every_command_and_option_is_described(command):
    described = text_of("docs/commands.md")
    assert f"`watchglass {command}" in described
    section = re.search(rf"^## .*`watchglass {command}\b.*?(?=^## |\Z)", described, re.MULTILINE | re.DOTALL)[0]
    for parameter in commands()[command].params:
        for option in (each for each in parameter.opts if each.startswith("--") and each != "--help"):
            assert f"`{option}" in section, option
        for option in (each for each in parameter.opts if each.startswith("-") and not each.startswith("--")):
            assert f"`{option}`" in described, option


def test_the_documents_name_no_option_that_is_gone():
    known = {option for each in commands().values() for parameter in each.params for option in parameter.opts}
    known |= {"--help", "--version", "--verbose", "--check"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text_of("README.md", "docs/commands.md"))) <= known


def test_every_setting_of_the_configuration_is_described():
    described, example = text_of("docs/commands.md"), text_of("watchglass.example.toml")
    for key, field in Config.model_fields.items():
        assert f"`{key}" in described, key
        assert re.search(rf"^#?\[{{0,2}}{key}\b", example, re.MULTILINE), key
        assert field.description or key in ("delivery", "limits"), key
    for profile in PROFILES:
        assert profile in described
        assert profile in example


def test_every_detector_and_setting_is_described():
    for name in CATALOGUE:
        assert f"`{name}`]" in text_of("README.md")
        page = text_of(f"docs/detectors/{name.replace('.', '/')}.md")
        for setting in load(name).settings_type.model_fields:
            assert f"| `{setting}` |" in page


def test_the_example_changes_nothing():
    assert load_config(EXAMPLE) == Config()


def test_what_the_example_leaves_out_may_be_put_in(tmp_path):
    """A # without a space is a setting that is not made."""
    made = tmp_path / "watchglass.toml"
    made.write_text(re.sub(r"^#(?! )", "", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE))
    config = load_config(made)
    assert config.delivery_profile is not None
    assert config.settings_of("video.freeze").open_after == 10.0


def blocks(language):
    for page in (HOME / "README.md", HOME / "CONTRIBUTING.md", *sorted((HOME / "docs").glob("*.md"))):
        yield from re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


def test_configuration_in_the_documents_is_valid(tmp_path):
    for number, block in enumerate(blocks("toml")):
        if "entry-points" not in tomllib.loads(block).get("project", {}):
            path = tmp_path / f"{number}.toml"
            path.write_text(block)
            load_config(path)


def test_python_in_the_documents_uses_public_names():
    for block in blocks("python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "watchglass":
                assert node.attr in watchglass.__all__


def test_commands_in_the_documents_exist():
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    prose = "\n".join(page.read_text("utf-8") for page in PAGES)
    assert set(re.findall(r"(?:`|\$ )make ([a-z][a-z-]+)", prose)) <= targets
    assert {f"make {target}" for target in ("demo", "test", "check", "fix", "docs", "bench", "new-detector")} <= set(
        re.findall(r"make [a-z-]+", text_of("CONTRIBUTING.md"))
    )
    for block in blocks("console"):
        for line in re.findall(r"^\$ watchglass (.*)$", block, re.MULTILINE):
            words = line.split()
            known = {option for parameter in commands()[words[0]].params for option in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= known, line


def test_every_decision_is_listed():
    folder = HOME / "docs" / "decisions"
    listed = re.findall(r"\((\d{4}-[a-z-]+\.md)\)", (folder / "README.md").read_text("utf-8"))
    assert listed == sorted(each.name for each in folder.glob("0*.md"))


def test_documents_name_no_place_of_their_making():
    for page in (*PAGES, EXAMPLE):
        assert not re.search(r"/(home|work|root|tmp)/\w", page.read_text("utf-8")), page
