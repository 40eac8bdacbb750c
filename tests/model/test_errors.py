import inspect

import pytest

from watchglass.model import errors

CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("kind", CLASSES)
def test_everything_is_caught_by_one_name(kind):
    assert issubclass(kind, errors.WatchglassError)
    assert kind.__name__ in errors.__doc__


def test_the_tree_is_as_it_is_drawn():
    """Each class stands below its base in the drawing."""
    lines = [line for line in errors.__doc__.splitlines() if "Error" in line]
    depth = {line.split("Error")[0].lstrip(" │├└─") + "Error": len(line) - len(line.lstrip(" │├└─")) for line in lines}
    for kind in CLASSES:
        if kind is not errors.WatchglassError:
            [base] = kind.__bases__
            assert depth[base.__name__] < depth[kind.__name__]


def test_a_transfer_knows_the_status():
    assert errors.TransferError("not found", 404).status == 404
    assert errors.TransferError("no answer").status is None
