"""What holds for all tests."""

from hypothesis import settings

# An example's time says how busy the machine is: speed is measured in benchmarks/.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
