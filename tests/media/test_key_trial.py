import io
from collections.abc import Iterator

import av
import pytest

from segments import rendition
from watchglass.media.key_trial import tried


@pytest.fixture
def opened() -> Iterator[av.container.InputContainer]:
    media = rendition(1.0, kind="fmp4")
    with av.open(io.BytesIO(media.files["init.mp4"] + media.files["s000.m4s"])) as container:
        yield container


def test_all_packets_come_in_order(opened) -> None:
    wrong, packets = tried(opened.demux(), [*opened.streams])
    assert wrong == set()
    times = [packet.dts for packet in packets if packet.stream.type == "video" and packet.size]
    assert len(times) == 25
    assert times == sorted(times)


def test_noise_is_told_of_one_stream_and_not_of_the_other(opened) -> None:
    def spoiled() -> Iterator[av.Packet]:
        for packet in opened.demux():
            if packet.stream.type == "video" and packet.size:
                noise = av.Packet(bytes(packet)[:6] + bytes(255 - byte for byte in bytes(packet)[6:]))
                noise.stream, noise.pts, noise.dts, noise.time_base = (
                    packet.stream,
                    packet.pts,
                    packet.dts,
                    packet.time_base,
                )
                yield noise
            else:
                yield packet

    assert tried(spoiled(), [*opened.streams])[0] == {0}


def test_an_error_of_reading_is_told_after_what_came_before(opened) -> None:
    def broken() -> Iterator[av.Packet]:
        for number, packet in enumerate(opened.demux()):
            if number == 3:
                raise av.error.InvalidDataError(1, "x")
            yield packet

    wrong, packets = tried(broken(), [*opened.streams])
    assert wrong == set()
    assert len([next(packets) for _ in range(3)]) == 3
    with pytest.raises(av.error.InvalidDataError):
        next(packets)
