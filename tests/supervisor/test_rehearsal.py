from watchglass.supervisor.rehearsal import SECONDS, rehearse


def test_it_is_watched_to_its_end():
    assert rehearse() > 100 * SECONDS
