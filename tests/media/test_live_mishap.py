from collections.abc import Iterator
from typing import Any

import pytest

from live_channel import APART, TS, Channel, frames, notes, source_of, watched
from origin import Origin
from watchglass.media.decode import Converter
from watchglass.model.errors import SourceError
from watchglass.model.media import (
    AudioBlock,
    Item,
)


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def break_decoder(monkeypatch: pytest.MonkeyPatch, *, sound: bool, times: int) -> None:
    """Let the converter of the sound or of the picture fail in its first runs, as nobody foresaw."""
    whole, left = Converter.items, [times]

    def items(self: Converter, *args: Any, **options: Any) -> Iterator[Item]:
        if (self._options.audio == "all") is sound and left[0]:
            left[0] -= 1
            raise IndexError(f"of http://me:SECRET@127.0.0.1/x?token=SECRET, {left[0]} left")
        return whole(self, *args, **options)

    monkeypatch.setattr(Converter, "items", items)


@pytest.mark.parametrize("sound", [True, False])
def test_an_error_of_our_own_costs_a_segment_and_is_told(
    origin: Origin, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, sound: bool
) -> None:
    Channel(origin, TS(audio=False), folder="/v")
    Channel(origin, TS(video=False), folder="/a")
    origin.routes["/main.m3u8"] = APART
    break_decoder(monkeypatch, sound=sound, times=1)
    items = watched(origin.url("/main.m3u8"))
    samples = sum(item.samples.shape[1] for item in items if isinstance(item, AudioBlock))
    assert frames(items) == (200 if sound else 175)
    assert samples == pytest.approx((7 if sound else 8) * 48_000, abs=3_000)
    assert f"{'audio:en' if sound else 'video'}: watchglass itself failed over it (IndexError: of " in notes(items)
    assert "SECRET" not in notes(items)
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("sound", [True, False])
def test_a_rendition_that_we_always_fail_over_is_given_up_and_the_other_goes_on(
    origin: Origin, monkeypatch: pytest.MonkeyPatch, sound: bool
) -> None:
    Channel(origin, TS(audio=False), folder="/v")
    Channel(origin, TS(video=False), folder="/a")
    origin.routes["/main.m3u8"] = APART
    break_decoder(monkeypatch, sound=sound, times=1_000)
    items = []
    with source_of(origin.url("/main.m3u8")) as source:
        if sound:
            items += source
        else:
            with pytest.raises(SourceError, match=r"video: watchglass itself failed over it .*; given up"):
                items.extend(source)
    assert "given up" in notes(items)
    assert frames(items) == (200 if sound else 0)
    samples = sum(item.samples.shape[1] for item in items if isinstance(item, AudioBlock))
    assert samples == (0 if sound else pytest.approx(8 * 48_000, abs=3_000))


def test_an_only_rendition_that_we_always_fail_over_is_an_error(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    Channel(origin, TS())
    break_decoder(monkeypatch, sound=True, times=1_000)
    with pytest.raises(SourceError, match="given up") as raised:
        watched(origin.url("/live.m3u8"))
    assert "SECRET" not in str(raised.value)
