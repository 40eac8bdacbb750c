import random

import av
import pytest

from making import clip
from watchglass.media.broken_sound import BrokenSound
from watchglass.media.decode import Converter, DecodeOptions
from watchglass.media.timeline import Timeline
from watchglass.model.media import AudioBlock, NotWatched


def test_it_is_told_in_one_when_it_is_over():
    sound = BrokenSound()
    for pts in (1.0, 1.2, 1.4):
        sound.broken("audio:0", pts, 0.2)
        assert not list(sound.told(pts))
    assert not list(sound.told(2.3))
    [note] = sound.told(2.4)
    assert (note.track, note.pts, note.duration) == ("audio:0", 1.0, pytest.approx(0.6))
    assert not list(sound.told())


def test_it_is_told_at_the_end():
    sound = BrokenSound()
    sound.broken("audio:1", 1.0, 0.2)
    assert [note.track for note in sound.told()] == ["audio:1"]


def overwritten(source, target, since, until):
    """Half of the bytes of each packet of sound in between are others."""
    rng = random.Random(4)
    with av.open(str(source)) as whole, av.open(str(target), "w") as out:
        stream = out.add_stream_from_template(whole.streams.audio[0])
        for packet in whole.demux(audio=0):
            if not packet.size:
                continue
            data = bytearray(bytes(packet))
            if since <= packet.pts * packet.time_base < until:
                data = bytearray(rng.randrange(256) if rng.random() < 0.5 else byte for byte in data)
            written = av.Packet(bytes(data))
            written.pts, written.dts, written.time_base = packet.pts, packet.dts, packet.time_base
            written.duration, written.is_keyframe, written.stream = packet.duration, True, stream
            out.mux(written)
    return target


@pytest.mark.parametrize(("codec", "ending"), [("aac", "mp4"), ("ac3", "mkv"), ("libmp3lame", "mkv")])
@pytest.mark.parametrize("until", [1.0, 1.6])
def test_overwritten_sound(tmp_path, codec, ending, until):
    whole = clip(tmp_path / f"a.{ending}", video=None, audio=(codec,), seconds=4.0)
    path = overwritten(whole, tmp_path / f"b.{ending}", 1.0, until)
    seen = list(Converter(DecodeOptions(), Timeline()).items(str(path), label="b"))
    notes = [item for item in seen if isinstance(item, NotWatched)]
    assert bool(notes) == (until > 1.0)
    # The parser of MP3 may not find its way back: FFmpeg decodes nothing that follows.
    assert all(note.pts == pytest.approx(1.2, abs=0.4) and 0.0 < note.duration < 1.5 for note in notes)
    assert sum(item.duration for item in seen if isinstance(item, AudioBlock)) >= 1.0
