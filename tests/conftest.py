"""What holds for all tests."""

from hypothesis import settings

# An example's time says how busy the machine is: speed is measured in benchmarks/.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser):
    """What may be asked for beside the tests."""
    parser.addoption("--update-golden", action="store_true", help="write tests/golden/*.findings.jsonl anew")
