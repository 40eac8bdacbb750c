import pytest

import watchglass


def test_public_names():
    """Adding one is a promise, removing one breaks somebody's script: either is done here on purpose."""
    assert watchglass.__all__ == [
        "AudioBlock",
        "Config",
        "Detector",
        "Event",
        "Finding",
        "Gate",
        "Reading",
        "Region",
        "Settings",
        "Severity",
        "SourceOptions",
        "Status",
        "VideoFrame",
        "WatchglassError",
        "check",
        "load_config",
        "open_source",
        "watch",
    ]


def test_each_name_is_there_and_says_what_it_is():
    for name in watchglass.__all__:
        assert getattr(watchglass, name).__doc__


def test_nothing_else_is():
    with pytest.raises(AttributeError, match="nothing"):
        watchglass.nothing  # noqa: B018
