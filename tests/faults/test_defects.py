import numpy as np
import pytest

from watchglass.detectors import CATALOGUE
from watchglass.faults.defects import (
    ALSO,
    DETECTOR,
    SOUND,
    Defect,
    Kind,
    plain,
    spoil_packets,
    spoil_picture,
    spoil_sound,
)
from watchglass.faults.pictures import Planes

RATE = 48_000


def busy(seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(16, 236, (90, 160), np.uint8)
    return Planes(y, y[::2, ::2].copy(), y[::2, ::2].copy())


def test_every_kind_names_detectors_that_exist():
    assert set(DETECTOR) == set(Kind)
    assert set(DETECTOR.values()) <= set(CATALOGUE)
    assert {name for names in ALSO.values() for name in names} <= set(CATALOGUE)


@pytest.mark.parametrize("kind", Kind)
def test_truth_and_sentence(kind):
    defect = Defect(kind, 3.0, 2.0, 12.0)
    truth = defect.truth
    assert (truth.detector, truth.start, truth.end, truth.strength) == (DETECTOR[kind], 3.0, 5.0, 12.0)
    assert defect.sentence


def test_it_lasts_from_its_start_until_before_its_end():
    defect = Defect(Kind.BLACK, 3.0, 2.0)
    assert [defect.covers(t) for t in (2.96, 3.0, 4.96, 5.0)] == [False, True, True, False]
    assert defect.meets(4.0, 6.0)
    assert not defect.meets(5.0, 7.0)


@pytest.mark.parametrize(
    ("kind", "colour"),
    [(Kind.BLACK, (16, 128, 128)), (Kind.GREEN, (0, 0, 0)), (Kind.BLUE, (41, 240, 110))],
)
def test_one_colour(kind, colour):
    seen = spoil_picture(Defect(kind, 0, 1), 5, lambda: busy(1), busy(2))
    assert tuple(int(plane[0, 0]) for plane in seen) == colour
    assert all((plane == plane[0, 0]).all() for plane in seen)


def test_a_plain_freeze_is_the_picture_before():
    seen = spoil_picture(Defect(Kind.FREEZE, 0, 1), 5, lambda: busy(1), busy(2))
    assert (seen.y == busy(1).y).all()


def test_a_freeze_shimmers_anew_in_every_picture_but_never_far():
    defect = Defect(Kind.FREEZE, 0, 1, 0.7)
    first, second = (spoil_picture(defect, n, lambda: busy(1), busy(2)).y.astype(int) for n in (5, 6))
    assert (first != second).any()
    assert np.abs(first - busy(1).y).max() <= 4
    assert 0.4 < (first - busy(1).y)[busy(1).y > 30].std() < 1.1


def test_a_ticker_runs_over_a_freeze():
    defect = Defect(Kind.TICKER_FREEZE, 0, 1)
    first, second = (spoil_picture(defect, n, lambda: busy(1), busy(2)).y for n in (5, 9))
    assert (first[:80] == busy(1).y[:80]).all()
    assert (first[:80] == second[:80]).all()
    assert (first[84:] != second[84:]).any()


@pytest.mark.parametrize("kind", sorted(SOUND))
def test_sound_is_touched_only_within_the_defect(kind):
    clean = (0.1 * np.random.default_rng(0).standard_normal((2, RATE))).astype(np.float32)
    spoilt = spoil_sound(Defect(kind, 10.25, 0.5, 20.0), 10 * RATE, clean)
    first, last = RATE // 4, 3 * RATE // 4
    assert (spoilt[:, :first] == clean[:, :first]).all()
    assert (spoilt[:, last:] == clean[:, last:]).all()
    assert (spoilt[:, first:last] != clean[:, first:last]).any()
    assert spoil_sound(Defect(kind, 12.0, 1.0, 20.0), 10 * RATE, clean) is clean


def test_strengths_of_sound():
    clean = (0.1 * np.random.default_rng(0).standard_normal((2, RATE))).astype(np.float32)
    assert not spoil_sound(Defect(Kind.SILENCE, 0, 1, -200.0), 0, clean).any()
    quiet = spoil_sound(Defect(Kind.SILENCE, 0, 1, -70.0), 0, clean)
    assert 20 * np.log10(quiet.std()) == pytest.approx(-70, abs=0.2)
    clipped = spoil_sound(Defect(Kind.CLIPPING, 0, 1, 20.0), 0, clean)
    assert np.abs(clipped).max() == np.float32(0.7)
    assert (np.abs(clipped) == np.float32(0.7)).mean() > 0.1
    lame = spoil_sound(Defect(Kind.IMBALANCE, 0, 1, 40.0), 0, clean)
    assert (lame[0] == clean[0]).all()
    assert lame[1] == pytest.approx(clean[1] / 100, rel=1e-4)


def transport(pictures=20, each=30, pid=0x100):
    """Packets of pictures, and after each of them one of another stream."""
    packets = []
    for number in range(pictures * (each + 1)):
        is_other, begins = number % (each + 1) == each, number % (each + 1) == 0
        which = 0x101 if is_other else pid
        packets.append(
            bytes([0x47, (0x40 if begins else 0) | which >> 8, which & 255, 0x10]) + bytes([number % 251] * 184)
        )
    return b"".join(packets)


def test_packets_are_lost_from_the_pictures_that_suffer_and_from_no_others():
    stream = transport()
    left = spoil_packets(stream, 0x100, 0.2, np.random.default_rng(0), (5, 10))
    lost = len(stream) - len(left)
    assert lost % 188 == 0
    assert 0.1 * 150 < lost / 188 < 0.4 * 150
    per = 31 * 188
    assert left[: 5 * per] == stream[: 5 * per]
    assert left[-10 * per :] == stream[-10 * per :]
    assert left.count(b"\x47\x41\x00\x10") == stream.count(b"\x47\x41\x00\x10"), "each picture still begins"


def test_at_least_one_packet_is_lost():
    stream = transport(pictures=2)
    assert len(spoil_packets(stream, 0x100, 0.0001, np.random.default_rng(0), (0, 2))) == len(stream) - 188


def test_plain_has_the_shape_of_420():
    assert plain((90, 160), 1, 2, 3).u.shape == (45, 80)
