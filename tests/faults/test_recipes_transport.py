"""Each recipe for transport streams raises its detector, those of the others that are named here, and no more."""

import pytest

from making import clip
from watchglass.detectors import CATALOGUE, load
from watchglass.faults.inject import inject
from watchglass.faults.level import Level
from watchglass.faults.recipe import Order, TransportRecipe
from watchglass.faults.recipes import RECIPES
from watchglass.media.ts import TransportStream
from watchglass.model.errors import UsageError
from watchglass.model.finding import Finding
from watchglass.model.media import Tracks
from watchglass.monitor.watch import watch

OURS = {name: recipe for name, recipe in RECIPES.items() if isinstance(recipe, TransportRecipe)}
MAY_SPEAK = {
    "transport.ts_sync_byte": {"transport.ts_continuity"},  # of a packet like this no counter is believed
    "transport.ts_transport_error": {"transport.ts_continuity"},
    "transport.ts_pid": {"transport.ts_pts"},  # what does not come has no times
}
START, SECONDS = 3.0, 13.0
INDICATORS = [name for name in CATALOGUE if name.startswith("transport.ts_")]


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return clip(tmp_path_factory.mktemp("clean") / "clean.ts", seconds=SECONDS, size=(64, 48), audio=("aac",))


def told(path):
    """Findings of all thirteen about a stream that somebody may tune in to."""
    stream = TransportStream()
    checks = [*stream.feed(path.read_bytes()), *stream.feed(b"", is_last=True)]
    items = [Tracks(0.0, ()), *(each.item(each.begin, is_live=True) for each in checks)]
    return [
        seen
        for seen in watch(items, lambda track: [] if track else [load(name)() for name in INDICATORS])
        if isinstance(seen, Finding)
    ]


def spoilt(clean, tmp_path, name, level=Level.NOTICEABLE):
    recipe, target = OURS[name], tmp_path / "spoilt.ts"
    return target, inject(clean, target, recipe, recipe.order(level, START), level=level)


def test_the_clean_stream_is_clean(clean):
    assert told(clean) == []


def test_every_indicator_has_a_recipe():
    assert {recipe.detector for recipe in OURS.values()} == {*INDICATORS}
    assert len(INDICATORS) == 13


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("level", [Level.VERY_NOTICEABLE, Level.VERY_SUBTLE])
def test_it_raises_its_detector_and_few_others(clean, tmp_path, name, level):
    target, truth = spoilt(clean, tmp_path, name, level)
    findings = told(target)
    detector = OURS[name].detector
    assert {each.detector for each in findings} - MAY_SPEAK.get(detector, set()) == {detector}
    assert truth.counts
    assert truth.start == pytest.approx(START, abs=0.05)
    opened = min(each.opened_at for each in findings if each.detector == detector)
    assert START - 0.5 <= opened <= START + 6.0


@pytest.mark.parametrize("name", OURS)
def test_before_it_nothing_is_touched(clean, tmp_path, name):
    target, _ = spoilt(clean, tmp_path, name)
    before, after = clean.read_bytes(), target.read_bytes()
    first = next(n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b)
    assert first > 0.15 * len(before)


@pytest.mark.parametrize("name", OURS)
def test_a_part_that_never_comes_changes_nothing(clean, tmp_path, name):
    with pytest.raises(UsageError, match="is over before"):
        inject(clean, tmp_path / "spoilt.ts", OURS[name], Order(60.0, 61.0, 1.0))
    assert not (tmp_path / "spoilt.ts").exists()


def test_another_container_is_refused(tmp_path):
    plain = clip(tmp_path / "plain.mp4", seconds=1.0)
    recipe = OURS["transport.ts_pmt"]
    with pytest.raises(UsageError, match="is no transport stream"):
        inject(plain, tmp_path / "out.ts", recipe, recipe.order(Level.SUBTLE, 0.2))


def test_a_name_of_another_container_is_refused(clean, tmp_path):
    recipe = OURS["transport.ts_pmt"]
    with pytest.raises(UsageError, match=r"let its name end in \.ts"):
        inject(clean, tmp_path / "out.mp4", recipe, recipe.order(Level.SUBTLE, 0.2))


@pytest.mark.parametrize("name", OURS)
def test_nonsense_passes(name, tmp_path):
    """Packets without tables, and headers that promise more than there is."""
    from watchglass.faults.packets import PacketReader

    noise = b"".join(bytes([0x47, n % 256, n * 7 % 256, n * 13 % 256]) + bytes([n % 256]) * 184 for n in range(500))
    packets = PacketReader().read([noise[:40_000], noise[40_000:]])
    assert sum(len(packet.data) for packet in OURS[name].apply(packets, Order(0.0, 1e9, 1.0))) >= 188 * 100
