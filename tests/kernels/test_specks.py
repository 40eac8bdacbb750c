import numpy as np
import pytest

from looking import scene
from watchglass.kernels.specks import MARGIN, PHASES, centred, looks, specks, strip


def found(luma, bands=1, depth=8):
    """Rows and columns of all that sticks out, in all strips."""
    places = set()
    for band in range(bands):
        for phase in range(PHASES):
            rows, shown = strip(luma, band, bands, phase, depth)
            seen = specks(luma, rows, shown, depth)
            places |= {*zip(seen.row.tolist(), seen.column.tolist(), seen.bright.tolist(), strict=True)}
    return places


@pytest.mark.parametrize("bands", [1, 2, 3])
def test_strips_hold_every_row(bands):
    luma = scene(height=97)
    taken = [strip(luma, band, bands, phase)[0] for band in range(bands) for phase in range(PHASES)]
    inner = [row for rows in taken for row in [*range(97)[rows]][1:-1]]  # the outermost have no neighbours
    assert {*range(PHASES, 97 - PHASES)} <= {*inner}


@pytest.mark.parametrize("bands", [1, 2])
@pytest.mark.parametrize("y", range(40, 46))
def test_a_pixel_is_found_wherever_it_is(y, bands):
    luma = scene()
    luma[y, 70] = 255
    assert (y, 70, True) in found(luma, bands)


def test_a_dead_one_too():
    luma = np.maximum(scene(), 80)
    luma[40, 70] = 16
    assert (40, 70, False) in found(luma)


def test_a_smooth_scene_has_none():
    assert found(scene(contrast=15.0)) == set()


def test_ten_bits_are_brought_to_eight():
    luma = scene()
    luma[40:42, 70:72] = 250
    assert found(luma.astype(np.uint16) << 2, depth=10) == found(luma)


def test_looks():
    luma = np.full((60, 60), 100, np.uint8)
    luma[30, 31] = 200
    luma[34, 30] = 150
    seen = looks(luma, np.array([30, MARGIN]), np.array([30, MARGIN]))
    assert seen.own.tolist() == [200, 100]
    assert (seen.low[0], seen.middle[0], seen.high[0]) == (100, 100, 100)


def test_the_middle_of_a_cluster():
    luma = np.full((60, 60), 100, np.uint8)
    luma[30:33, 40:43] = 200
    row, column = centred(luma, np.array([30, 32]), np.array([40, 41]))
    assert (row.tolist(), column.tolist()) == ([31, 31], [41, 41])


def test_nothing_slips_through_the_ring():
    luma = np.full((60, 60), 100, np.uint8)
    luma[30, 30] = 200
    for row in range(27, 34):
        for column in range(27, 34):
            if max(abs(row - 30), abs(column - 30)) == 3:
                other = luma.copy()
                other[row, column] = 190
                assert looks(other, np.array([30]), np.array([30])).high[0] == 190
