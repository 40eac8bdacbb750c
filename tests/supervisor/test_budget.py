"""How often a process may die."""

from watchglass.supervisor.budget import LONGEST_QUARANTINE, MOST, QUARANTINE, WITHIN, Budget


def test_the_first_death_costs_nothing():
    assert Budget().died(1000.0) == 0.0


def test_a_fifth_within_ten_minutes_is_quarantine():
    budget = Budget()
    pauses = [budget.died(1000.0 + 10.0 * number) for number in range(MOST)]
    assert pauses == [0.0, 0.25, 0.5, 1.0, QUARANTINE]
    assert budget.is_spent


def test_one_every_three_minutes_is_not():
    budget = Budget()
    pauses = [budget.died(180.0 * number) for number in range(100)]
    assert max(pauses) < 2.0
    assert not budget.is_spent


def test_who_dies_again_after_quarantine_waits_for_longer():
    budget, now = Budget(), 0.0
    for _ in range(MOST):
        pause = budget.died(now)
    waited = [pause]
    for _ in range(4):
        now += waited[-1] + 1.0
        waited.append(budget.died(now))
    assert waited == [600.0, 1200.0, 2400.0, LONGEST_QUARANTINE, LONGEST_QUARANTINE]


def test_who_lives_long_after_quarantine_is_forgiven():
    budget = Budget()
    for _ in range(MOST):
        pause = budget.died(0.0)
    assert budget.died(pause + WITHIN + 1.0) == 0.0
    assert not budget.is_spent
