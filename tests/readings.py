"""Readings as detectors measure them, made of nothing: dull for long, and now and then not."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from watchglass.detectors import CATALOGUE, load
from watchglass.model.finding import Reading
from watchglass.model.frames import Columns
from watchglass.model.media import Track
from watchglass.model.transport import TransportCheck

Told = list[tuple[str, str, float]]
"""Name, unit and value of the readings of one decision."""
TRACKS = {
    "video": Track("video:0", "video", "hevc", None, {"width": 640}),
    "audio": Track("audio:0", "audio", "aac", "eng", {"rate": 48_000, "channels": 2}),
    "captions": Track("captions:0", "captions", "webvtt", "eng"),
}


@dataclass(frozen=True)
class Stretch:
    """Decisions of one kind in a row."""

    kind: str
    """``dull``, ``bad`` (a defect, clearly) or ``edge`` (anything near the thresholds)."""
    count: int
    pause: float = 0.0
    """Seconds by which the timeline jumps before it."""


def readings(name: str, stretches: Sequence[Stretch], seed: int) -> list[Reading]:
    """What a detector might have measured on its track."""
    rng = np.random.default_rng(seed)
    step = {"audio.clipping": 0.1, "audio.dropout": 1.3, "audio.click": 1.3, "audio.noise": 0.2}.get(
        name, 0.04 if name.startswith(("video", "sync")) else 0.05
    )
    track = track_of(name)
    pts, told = 0.0, []
    for stretch in stretches:
        pts += stretch.pause
        for _ in range(stretch.count):
            for number, (what, unit, value) in enumerate(MAKERS[name](rng, stretch.kind)):
                note = "HTTP 503" if unit == "s" and number == 0 and name == "transport.stall" else ""
                if what == "hold":
                    told.append(Reading(name, track and track.id, what, pts - value, value, value, unit, note))
                else:
                    told.append(Reading(name, track and track.id, what, pts, step, value, unit, note))
            pts += step
    return told


def track_of(name: str) -> Track | None:
    kind = load(name).kind
    return TRACKS[{"any": "video"}.get(kind, kind)] if kind else None


def columns(told: Sequence[Reading], first: int = 1) -> Columns:
    """The same by column, the first of them having that order."""
    texts = (text for r in told for text in (r.track, r.name, r.unit, r.note) if text)
    words: list[str | None] = [None, "", *dict.fromkeys(texts)]
    code = {word: number for number, word in enumerate(words)}

    def coded(of: Callable[[Reading], str | None]) -> np.ndarray:
        return np.array([code[of(r)] for r in told], np.int32)

    return Columns(
        told[0].detector if told else "",
        words,
        np.arange(first, first + len(told), dtype=np.int64),
        coded(lambda r: r.track),
        coded(lambda r: r.name),
        coded(lambda r: r.unit),
        coded(lambda r: r.note),
        np.array([r.pts for r in told], np.float64),
        np.array([r.duration for r in told], np.float64),
        np.array([r.value for r in told], np.float64),
    )


def batches(told: Sequence[Reading], sizes: Sequence[int]) -> Iterator[Columns]:
    """By column, in pieces of these sizes, over and over; a decision may be cut in two."""
    whole, at, turn = columns(told), 0, 0
    while at < len(told):
        size = sizes[turn % len(sizes)]
        yield whole[slice(at, at + size)]
        at, turn = at + size, turn + 1


def between(rng: np.random.Generator, kind: str, **ranges: tuple[float, float]) -> float:
    """A value from the range of this kind; an edge takes from any, and their ends."""
    if kind == "edge":
        kind = [*ranges][int(rng.random() * len(ranges))]
    (low, high), chance = ranges[kind], rng.random()
    return low if chance < 0.1 else high if chance < 0.2 else low + (high - low) * float(rng.random())


def _freeze(rng: np.random.Generator, kind: str) -> Told:
    change = between(rng, kind, dull=(3.2, 40.0), bad=(0.0, 0.5), slow=(0.5, 3.2))
    rest = between(rng, kind, dull=(0.5, 30.0), bad=(0.0, 0.3), slow=(0.3, 3.0))
    share, drift = rng.uniform(0, 1), change * rng.uniform(0.5, 3.0)
    floor = min(rest, rng.uniform(0, 1.0))
    told = [("hold", "s", float(rng.uniform(0.5, 4.0)))] if kind == "edge" and rng.uniform() < 0.02 else []
    told += [("rest", "code values", rest), ("rest_share", "1", share), ("drift", "code values", drift)]
    told.append(("floor", "code values", floor))
    told += [(what, "1", float(rng.uniform())) for what in ("one_way", "wander", "newness") if rng.uniform() < 0.1]
    last = "refresh" if rng.uniform() < 0.03 else "change"
    return [*told, ("moving_share", "1", share), (last, "code values", change)]


def _black(rng: np.random.Generator, kind: str) -> Told:
    share = between(rng, kind, dull=(0.0, 0.97), bad=(0.98, 1.0), dim=(0.9, 0.979))
    dark = [("rest_spread", "code values", between(rng, "edge", a=(0.0, 2.0), b=(2.0, 9.0)))] if share >= 0.9 else []
    dark += [("shape", "code values", float(rng.uniform(0, 2))), ("tint", "code values", 3.0)] if dark else []
    dark += [("unseen", "s", 2.0)] if dark and rng.uniform() < 0.2 else []
    mean = 16.0 + 200.0 * (1.0 - share)
    return [("luma_mean", "code values", mean), ("luma_spread", "code values", 5.0), *dark, ("black_share", "1", share)]


def _solid(rng: np.random.Generator, kind: str) -> Told:
    share = between(rng, kind, dull=(0.0, 0.97), bad=(0.98, 1.0), dim=(0.9, 0.979))
    if share < 0.9:
        return [("flat_share", "1", share)]
    blue, red = rng.choice([60.0, 128.0, 200.0], 2).tolist()
    color = [("luma_mean", "code values", 90.0), ("blue_mean", "code values", blue), ("red_mean", "code values", red)]
    return [("rest_spread", "code values", float(rng.uniform(0, 4))), *color, ("flat_share", "1", share)]


def _color_bars(rng: np.random.Generator, kind: str) -> Told:
    width = between(rng, kind, dull=(0.0, 0.0), bad=(0.5, 0.9), some=(0.1, 0.3))
    rich = [("saturation", "1", float(rng.choice([0.74, 1.0])))] if width else []
    return [*rich, ("bars_width", "1", width)]


def _border(rng: np.random.Generator, kind: str) -> Told:
    wide = kind == "bad" or (kind == "edge" and rng.uniform() < 0.5)
    shares = [float(rng.choice([0.1, 0.12])) if wide else float(rng.choice([0.0, 0.04])) for _ in range(2)]
    told = [(side, "1", share) for side, share in zip(("top", "bottom"), shares, strict=True) if share]
    if kind != "dull" and rng.uniform() < 0.3:
        told += [("straight", "1", float(rng.uniform(0.3, 1.0))), ("likeness", "1", float(rng.uniform(0.7, 1.0)))]
    return [*told, ("border", "1", sum(shares))]


def _flash(rng: np.random.Generator, kind: str) -> Told:
    share = between(rng, kind, dull=(0.0, 0.2), bad=(0.5, 1.0), some=(0.1, 0.4))
    names = rng.choice(["lighter", "darker", "redder", "less_red"], 2, replace=False).tolist()
    told = [(name, "1", share if n == 0 else share * float(rng.uniform())) for n, name in enumerate(names)]
    return [*(told if share >= 0.05 else []), ("area", "1", share)]


def _corrupt(rng: np.random.Generator, kind: str) -> Told:
    packets = [("broken_packets", "packets", 2.0)] if kind != "dull" and rng.uniform() < 0.2 else []
    edges = between(rng, kind, dull=(0.0, 9.0), bad=(30.0, 90.0), some=(8.0, 40.0))
    damaged = float(kind != "dull" and rng.uniform() < 0.3)
    return [*packets, ("block_edges", "edges", edges), ("damaged", "pictures", damaged)]


def _levels(rng: np.random.Generator, kind: str) -> Told:
    share = between(rng, kind, dull=(0.0, 0.0099), bad=(0.011, 0.9), some=(0.005, 0.02))
    light = float(rng.uniform(50.0, 300.0)) if kind != "dull" else 90.0
    told = [("light", "cd/m2", light), ("max_cll", "cd/m2", 100.0)] if rng.uniform() < 0.1 else []
    told += [("peak", "code values", 150.0 if kind == "bad" else 230.0)] if not told and rng.uniform() < 0.1 else []
    return [*told, ("luma_out", "1", share * float(rng.uniform())), ("illegal_share", "1", share)]


def _block_corruption(rng: np.random.Generator, kind: str) -> Told:
    green = between(rng, kind, dull=(0.0, 0.0019), bad=(0.002, 0.3), some=(0.0, 0.003))
    grey = between(rng, kind, dull=(0.0, 0.0024), bad=(0.0, 0.3), some=(0.001, 0.012))
    told = [("other_scene", "1", float(rng.uniform(0.6, 1.0)))] if kind != "dull" and rng.uniform() < 0.05 else []
    blocks = 0.0 if told else between(rng, kind, dull=(0.0, 0.0), bad=(0.0, 40.0), some=(1.0, 16.0))
    if blocks:
        told = [("damaged_blocks", "blocks", blocks)]
        told += [("echo", "1", 1.0)] if rng.uniform() < 0.3 else []
        told += [(where, "1", float(rng.uniform(0.1, 0.5))) for where in ("left", "top", "width", "height")]
    return [*told, *([("green_share", "1", green)] if green else []), ("new_grey_share", "1", grey)]


def _combing(rng: np.random.Generator, kind: str) -> Told:
    return [("combed_share", "1", between(rng, kind, dull=(0.0, 0.049), bad=(0.05, 0.9), some=(0.0, 0.1)))]


def _tearing(rng: np.random.Generator, kind: str) -> Told:
    back = between(rng, kind, dull=(0.61, 1.0), bad=(0.0, 0.44), some=(0.2, 0.9))
    where = [("line", "1", float(rng.uniform(0.1, 0.4))), ("age", "pictures", float(rng.integers(2, 4)))]
    names = [f"{what}_{age}" for what in ("again", "large") for age in (2, 3)]
    again = [(str(rng.choice(names)), "1", float(rng.uniform(0.2, 0.4)))] if rng.uniform() < 0.4 else []
    return [*(again if kind != "dull" else []), *(where if back < 0.9 else []), ("back", "times", back)]


def _scene(rng: np.random.Generator, kind: str) -> Told:
    likeness = between(rng, kind, dull=(0.9, 1.0), bad=(0.95, 1.0), cut=(0.0, 0.9))
    told = [("likeness", "1", likeness)] if likeness < 0.98 else []
    return [*told, ("moved", "code values", between(rng, kind, dull=(1.0, 4.0), bad=(1.5, 3.0)))]


def _leap(rng: np.random.Generator, kind: str, unit: str, most: float) -> Told:
    likely = {"dull": 0.0, "bad": 0.9}.get(kind, 0.4)
    told = [("back_at_once", unit, float(rng.uniform() * most))] if rng.uniform() < 0.3 else []
    if rng.uniform() < likely:
        told.append(("at_once", unit, float(rng.uniform(0.6 if kind == "bad" else 0.0, 1.0) * most)))
    return told


def _blockiness(rng: np.random.Generator, kind: str) -> Told:
    leap = _leap(rng, kind, "octaves", 2.0)
    leap += [("flatter", "dB", float(rng.uniform(-2.0, 4.0))), ("highest", "times", 1.2)] if leap else []
    return [*_scene(rng, kind), *leap, ("grid", "times", between(rng, kind, dull=(1.0, 1.24), bad=(2.0, 2.5)))]


def _blur(rng: np.random.Generator, kind: str) -> Told:
    leap = _leap(rng, kind, "dB", 6.0) if kind != "bad" or rng.uniform() < 0.3 else []
    leap += [("softer_most", "dB", 3.0), ("gridded", "octaves", float(rng.uniform(-0.2, 0.3)))] if leap else []
    leap += [("back_softer", "dB", between(rng, kind, dull=(0.5, 2.1), bad=(0.5, 6.0)))] if leap else []
    leap += [("back_softer_most", "dB", 3.0)] if leap else []
    softer = between(rng, kind, dull=(-1.4, 0.8), bad=(3.0, 6.0) if leap else (-0.3, 0.3), back=(-6.0, -2.4))
    return [*_scene(rng, kind), *leap, ("softer", "dB", softer)]


def _grain(rng: np.random.Generator, kind: str) -> Told:
    grain = between(rng, kind, dull=(0.0, 1.19), bad=(9.0, 14.0))
    scene = [("moved", "code values", 0.6 * grain)] if grain > 3.0 else _scene(rng, kind)
    leap = _leap(rng, kind, "code values", 20.0)
    leap += [("flattest", "code values", float(rng.uniform(4.0, 14.0)))] if leap else []
    return [*scene, *leap, ("grain", "code values", grain)]


def _banding(rng: np.random.Generator, kind: str) -> Told:
    steps = between(rng, kind, dull=(0.0, 0.09), bad=(0.6, 0.9))
    return [*_scene(rng, kind), *_leap(rng, kind, "1", 0.8), ("steps", "1", steps)]


def _stutter(rng: np.random.Generator, kind: str) -> Told:
    held = [("held", "pictures", float(rng.integers(1, 5)))] if kind != "dull" and rng.uniform() < 0.3 else []
    return [*held, ("motion", "code values", between(rng, kind, dull=(0.0, 9.0), bad=(2.0, 9.0), some=(0.2, 2.0)))]


def _dead_pixel(rng: np.random.Generator, kind: str) -> Told:
    held = between(rng, kind, dull=(0.0, 8.0), bad=(9.0, 16.0), some=(3.0, 16.0))
    if not held:
        return [("held", "neighbourhoods", 0.0)]
    where = [(side, "1", float(rng.uniform(0.1, 0.9))) for side in ("row", "column") if rng.uniform() < 0.8]
    age, gone = float(rng.uniform(0.0, 9.0)), float(rng.choice([0.0, 0.0, 0.5, 1.5, 2.5]))
    counted = [("places", "places", float(rng.integers(1, 4)))] if len(where) == 2 else []
    return [*where, *counted, ("age", "s", age), ("gone", "s", gone), ("held", "neighbourhoods", held)]


def _slate(rng: np.random.Generator, kind: str) -> Told:
    distance = float(round(between(rng, kind, dull=(11.0, 40.0), bad=(0.0, 8.0), some=(5.0, 14.0))))
    likeness = [("likeness", "1", between(rng, kind, dull=(0.2, 0.9), bad=(0.9, 1.0)))] if distance <= 24.0 else []
    return [*likeness, ("distance", "bits", distance)]


def _silence(rng: np.random.Generator, kind: str) -> Told:
    return [("level", "dBFS", between(rng, kind, dull=(-50.0, -3.0), bad=(-200.0, -70.0), low=(-68.0, -55.0)))]


def _dropout(rng: np.random.Generator, kind: str) -> Told:
    if kind == "dull" or rng.uniform() < 0.3:
        return [("floor", "dBFS", float(rng.uniform(-80.0, -30.0)))]
    edge = between(rng, kind, bad=(60.0, 100.0), some=(20.0, 60.0))
    remains = between(rng, kind, bad=(-120.0, -110.0), some=(-100.0, -60.0))
    unlike = between(rng, kind, bad=(0.0, 9.0), some=(5.0, 40.0))
    return [("beside", "dBFS", -30.0), ("remains", "dBFS", remains), ("unlike", "dB", unlike), ("edge", "dB", edge)]


def _click(rng: np.random.Generator, kind: str) -> Told:
    return [("prominence", "dB", between(rng, kind, dull=(0.0, 0.0), bad=(35.0, 60.0), some=(15.0, 40.0)))]


def _noise(rng: np.random.Generator, kind: str) -> Told:
    if kind != "dull" and rng.uniform() < 0.1:
        return [
            ("burst_level", "dBFS", -30.0),
            ("falls", "dB", between(rng, kind, bad=(-20.0, 0.0), some=(-20.0, 20.0))),
            ("burst", "dB", between(rng, kind, bad=(12.0, 40.0), some=(10.0, 14.0))),
        ]
    level = between(rng, kind, dull=(-90.0, -45.5), bad=(-35.0, -34.0), some=(-60.0, -20.0))
    uneven = between(rng, kind, dull=(1.0, 40.0), bad=(1.0, 5.9), some=(4.0, 8.0))
    grain = between(rng, kind, dull=(1.0, 20.0), bad=(1.0, 1.6), some=(1.5, 2.0))
    return [("uneven", "dB", uneven), ("grain", "dB", grain), ("beneath", "dBFS", level)]


def _clipping(rng: np.random.Generator, kind: str) -> Told:
    flat = between(rng, kind, dull=(0.0, 0.0003), bad=(0.0, 0.0003), flat=(0.0003, 0.06))
    over = between(rng, kind, dull=(0.0, 0.0005), bad=(0.0, 0.01))
    top = float(rng.choice([rng.uniform(-55.0, -28.0), rng.uniform(-12.0, 1.0)], p=[0.1, 0.9]))
    tail = between(rng, kind, dull=(2.0, 9.0), bad=(0.2, 1.5))
    ledge = between(rng, kind, dull=(-20.0, -3.0), bad=(-6.4, -5.8))
    crowding = between(rng, kind, dull=(0.4, 1.15), bad=(1.2, 8.0))
    square = between(rng, kind, dull=(0.5, 9.0), bad=(4.0, 25.0))
    signs = [("flat_share", "1", flat), ("over_share", "1", over), ("top", "dBFS", top), ("tail", "dB", tail)]
    signs += [("ledge", "dBFS", ledge), ("crowding", "1", crowding), ("spread", "dB", float(rng.uniform(0.2, 2.0)))]
    return [*signs, ("squareness", "1", square)]


def _imbalance(rng: np.random.Generator, kind: str) -> Told:
    value = between(rng, kind, dull=(-9.0, 14.0), bad=(30.0, 120.0), some=(10.0, 24.0))
    names = ["difference", "difference_side"] if rng.uniform() < 0.5 else ["difference"]
    return [(name, "dB", value) for name in names]


def _dc_offset(rng: np.random.Generator, kind: str) -> Told:
    value = between(rng, kind, dull=(-0.01, 0.01), bad=(0.08, 0.1), some=(-0.05, 0.05))
    return [("offset", "fraction of full scale", value)]


def _phase(rng: np.random.Generator, kind: str) -> Told:
    value = between(rng, kind, dull=(0.3, 0.9), bad=(-1.0, -0.92), some=(-0.5, 0.1))
    return [("faint" if rng.uniform() < 0.1 else "correlation", "1", value)]


def _mono(rng: np.random.Generator, kind: str) -> Told:
    return [("likeness", "1", between(rng, kind, dull=(0.1, 0.99), bad=(0.9996, 1.0), some=(0.99, 1.0)))]


def _test_tone(rng: np.random.Generator, kind: str) -> Told:
    purity = between(rng, kind, dull=(0.0, 0.9), bad=(0.999, 1.0), some=(0.9, 1.0))
    if purity < 0.5:
        return [("purity", "1", purity)]
    frequency = 1000.0 if kind == "bad" else float(rng.choice([400.0, 440.0, 1000.0, 1001.0]))
    level = -21.0 if kind == "bad" else float(rng.choice([-20.0, -21.0, -25.0], p=[0.8, 0.1, 0.1]))
    return [("frequency", "Hz", frequency), ("level", "dBFS", level), ("purity", "1", purity)]


def _hum(rng: np.random.Generator, kind: str) -> Told:
    steady = between(rng, kind, dull=(0.3, 1.1), bad=(3.0, 6.0), some=(1.0, 1.8))
    level = -30.0 if kind == "bad" else float(rng.uniform(-60.0, -40.0))
    mains = "50" if kind == "bad" else str(rng.choice(["50", "60"]))
    return [(f"level_{mains}", "dBFS", level), (f"steady_{mains}", "1", steady)]


def _timestamps(rng: np.random.Generator, kind: str) -> Told:
    error = between(rng, kind, dull=(-0.04, 0.04), bad=(0.2, 0.9), some=(-0.2, 0.2))
    drift = [("drift", "s", between(rng, kind, dull=(0.0, 0.09), bad=(0.1, 0.2)))] if rng.uniform() < 0.5 else []
    last = "jump" if kind != "dull" and rng.uniform() < 0.05 else "error"
    return [*drift, (last, "s", error)]


def _loudness(rng: np.random.Generator, kind: str) -> Told:
    integrated = -23.0 if kind == "dull" else float(rng.uniform(-30, -15))
    return [("momentary", "LUFS", -20.0), ("integrated", "LUFS", integrated)]


def _true_peak(rng: np.random.Generator, kind: str) -> Told:
    return [("true_peak", "dBTP", between(rng, kind, dull=(-20.0, -2.0), bad=(0.0, 2.0)))]


def _lost(rng: np.random.Generator, kind: str) -> Told:
    return [("lag", "s", 0.0 if kind == "dull" else float(rng.choice([0.0, 0.5, 3.0])))]


def _uncaptioned(rng: np.random.Generator, kind: str) -> Told:
    unseen = between(rng, kind, dull=(0.0, 50.0), bad=(60.0, 200.0), some=(0.0, 200.0))
    if rng.uniform() < 0.3:
        return [("caption", "s", 2.0) if rng.uniform() < 0.7 else ("cleared", "1", 1.0)]
    return [("uncaptioned", "s", unseen)]


def _caption_errors(rng: np.random.Generator, kind: str) -> Told:
    return [("errors", "errors", 0.0 if kind == "dull" else float(rng.integers(0, 4)))]


def _stall(rng: np.random.Generator, kind: str) -> Told:
    if kind == "dull":
        return [("arrived", "1", 1.0)]
    buffer = between(rng, kind, bad=(0.0, 0.0), some=(0.0, 3.0))
    return [("waited", "s", float(rng.uniform(1, 9))), ("buffer", "s", buffer)]


def _indicator(name: str) -> Callable[[np.random.Generator, str], Told]:
    detector = load(name)
    limits = detector.settings_type()

    def make(rng: np.random.Generator, kind: str) -> Told:
        told: Told = [("live", "1", float(rng.uniform() < 0.5))] if detector.repeats else []
        for what in detector.watches:
            limit = float(getattr(limits, detector.limits[what].setting))
            value = between(rng, kind, dull=(0.0, 0.9 * limit), bad=(limit, 3.0 * limit), some=(0.0, 2.0 * limit))
            told.append(
                (what, *((TransportCheck.UNITS[what], value) if what in TransportCheck.UNITS else ("1", round(value))))
            )
        return told

    return make


def _rules(name: str) -> Callable[[np.random.Generator, str], Told]:
    rules = list(load(name).settings_type.rules)

    def make(rng: np.random.Generator, kind: str) -> Told:
        broken = [] if kind == "dull" else list(rng.choice(rules, 2, replace=False))
        return [*((str(rule), "1", 1.0) for rule in broken), ("checked", "1", float(len(broken)))]

    return make


def _stale(rng: np.random.Generator, kind: str) -> Told:
    return [("unchanged", "target durations", between(rng, kind, dull=(0.0, 1.0), bad=(1.5, 4.0), some=(1.0, 2.0)))]


def _failed(rng: np.random.Generator, kind: str) -> Told:
    if kind == "dull":
        return [("delivered", "1", 1.0)]
    return [(str(rng.choice(["failing", "lost"])), "s", between(rng, kind, bad=(2.0, 6.0), some=(0.0, 4.0)))]


def _slow(rng: np.random.Generator, kind: str) -> Told:
    return [("slowness", "times", between(rng, kind, dull=(0.0, 0.9), bad=(1.1, 3.0), some=(0.8, 1.2)))]


MAKERS: dict[str, Callable[[np.random.Generator, str], Told]] = {
    "video.freeze": _freeze,
    "video.black": _black,
    "video.solid_color": _solid,
    "video.color_bars": _color_bars,
    "video.border": _border,
    "video.flash": _flash,
    "video.levels": _levels,
    "video.corrupt": _corrupt,
    "video.block_corruption": _block_corruption,
    "video.combing": _combing,
    "video.tearing": _tearing,
    "video.blockiness": _blockiness,
    "video.blur": _blur,
    "video.noise": _grain,
    "video.banding": _banding,
    "video.stutter": _stutter,
    "video.dead_pixel": _dead_pixel,
    "video.slate": _slate,
    "audio.silence": _silence,
    "audio.dropout": _dropout,
    "audio.click": _click,
    "audio.noise": _noise,
    "audio.clipping": _clipping,
    "audio.imbalance": _imbalance,
    "audio.dc_offset": _dc_offset,
    "audio.phase": _phase,
    "audio.mono": _mono,
    "audio.test_tone": _test_tone,
    "audio.hum": _hum,
    "audio.loudness": _loudness,
    "audio.true_peak": _true_peak,
    "audio.lost": _lost,
    "sync.timestamps": _timestamps,
    "captions.lost": _uncaptioned,
    "captions.corrupt": _caption_errors,
    "transport.stall": _stall,
    "transport.playlist_stale": _stale,
    "transport.playlist_invalid": _rules("transport.playlist_invalid"),
    "transport.mpd_invalid": _rules("transport.mpd_invalid"),
    **{name: _rules(name) for name in ("transport.playlist_invalid", "transport.ladder")},
    "transport.segment_failed": _failed,
    "transport.segment_slow": _slow,
    **{name: _indicator(name) for name in CATALOGUE if name.startswith("transport.ts_")},
}
