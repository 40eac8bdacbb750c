"""How closely a stream is watched, as it is told and as it is begun anew."""

from watchglass.model.attention import Tier
from watchglass.supervisor.tiers import Tiers


def test_another_stretch_of_watching_is_as_the_settings_say_and_that_is_told():
    told: list[Tier] = []
    tiers = Tiers(is_light=True, tell=told.append)
    tiers.attention.is_light = False  # something looked wrong
    tiers.begin()
    assert tiers.attention.is_light
    assert [each.is_light for each in told] == [True]
    tiers.begin()
    assert len(told) == 1


def test_an_order_holds_for_the_next_stretch():
    told: list[Tier] = []
    tiers = Tiers(is_light=False, tell=told.append)
    tiers.order("light")
    assert list(tiers.watching([])) == []
    list(tiers.watching(iter([object()])))  # it is done by who watches
    assert (tiers.attention.is_light, [each.is_light for each in told]) == (True, [True])
    tiers.begin()
    assert (tiers.attention.is_light, len(told)) == (True, 1)
