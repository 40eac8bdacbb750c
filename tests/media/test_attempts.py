import random

import pytest

from watchglass.media.attempts import Attempts


@pytest.mark.parametrize("outage", [60.0, 61.7, 100.0, 600.0])
def test_a_thousand_peers_do_not_come_back_at_once(outage: float) -> None:
    """At most a tenth of them within the same second, and all within a quarter of a minute."""
    asked: list[float] = []
    for seed in range(1_000):
        attempts, at = Attempts(random.Random(seed)), 0.0
        while at < outage:
            at += attempts.ended(0.0)
        asked.append(at)
    assert max(sum(begin <= one < begin + 1.0 for one in asked) for begin in asked) <= 100
    assert max(asked) <= outage + 15.0


def test_who_was_gone_for_a_moment_is_back_soon() -> None:
    attempts = Attempts(random.Random(1))
    pauses = [attempts.ended(20.0) for _ in range(100)]
    assert max(pauses) <= 1.0
    assert sum(attempts.ended(0.0) for _ in range(3)) <= 2.0 + 4.0 + 8.0


def test_nobody_is_there_until_somebody_was() -> None:
    attempts = Attempts()
    tries = []
    for _ in range(3):
        tries.append(attempts.are_in_vain)
        attempts.ended(0.0)
    assert tries == [False, False, False]
    assert attempts.are_in_vain
    attempts.has_media = True
    assert not attempts.are_in_vain
