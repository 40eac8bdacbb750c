"""Minutes of readings, in SQLite and PostgreSQL."""

import pytest

from watchglass.store.rollups import Rollups


@pytest.fixture
def rollups(engine):
    return Rollups(engine)


def body(*values):
    return {"video.black|share|video:0": [len(values), min(values), sum(values) / len(values), max(values)]}


def test_what_is_kept_is_read_back(rollups):
    for minute in (12, 10, 11):
        rollups.add("news", minute, body(float(minute)))
    rollups.add("sport", 11, body(5.0))
    assert list(rollups.read("news", 10, 12)) == [(10, body(10.0)), (11, body(11.0))]
    assert list(rollups.read("other", 0, 100)) == []


def test_parts_of_a_minute_are_put_together(rollups):
    rollups.add("news", 10, body(1.0, 2.0))
    rollups.add_all([("news", 10, body(6.0)), ("news", 10, {"other|x|": [1, 0.0, 0.0, 0.0]}), ("news", 11, body(1.0))])
    assert dict(rollups.read("news", 10, 12)) == {
        10: {**body(1.0, 2.0, 6.0), "other|x|": [1, 0.0, 0.0, 0.0]}, 11: body(1.0),
    }  # fmt: skip


def test_a_thousand_streams_at_once(rollups):
    rollups.add_all([(f"s{number}", 10, body(1.0)) for number in range(1_000)])
    rollups.add_all([(f"s{number}", 10, body(3.0)) for number in range(1_000)])
    assert list(rollups.read("s999", 10, 11)) == [(10, body(1.0, 3.0))]


def test_what_is_old_is_forgotten_bit_by_bit(rollups):
    rollups.add_all([(f"s{number}", minute, body(1.0)) for number in range(7) for minute in range(10)])
    assert rollups.expire(6, most=5) == 42
    assert [minute for minute, _ in rollups.read("s3", 0, 100)] == [6, 7, 8, 9]
    assert rollups.expire(6) == 0
