"""Splice information in transport streams: real muxers and demuxers, messages of our own."""

import av
import pytest

from origin import Origin
from segments import Media, rendition
from splicing import begin_of, insert, message, segmentation, spliced, time_signal
from watchglass.media.decode import DecodeOptions
from watchglass.media.source import SourceOptions, open_source
from watchglass.media.splices import Splices
from watchglass.media.timeline import WRAP, Timeline
from watchglass.model.media import NotWatched
from watchglass.model.transport import Splice
from watching import serve, watched


def ticks(seconds):
    return round(seconds % WRAP * 90_000)


def splices(items):
    return [(item.out_of_network, item.pts, item.lasts) for item in items if isinstance(item, Splice)]


@pytest.mark.parametrize("start", [0.0, WRAP - 4.0])
def test_a_file(tmp_path, start):
    data = b"".join(rendition(start=start).files[name] for name in rendition(start=start).segments)
    zero = begin_of(data)
    told = [
        (0.0, message(insert(1, ticks=ticks(zero + 1.5), lasts=30.0))),
        (0.0, message(insert(1, ticks=ticks(zero + 1.5), lasts=30.0))),  # they come more than once
        (0.0, message(time_signal(ticks(zero + 1.7)), segmentation(8, 0x30, lasts=15.0), segmentation(9, 0x10))),
        (0.0, message(insert(1, ticks=ticks(zero + 2.5)))[:-1] + b"\0"),
        (0.0, message(insert(2, out=False, ticks=ticks(zero + 3.0)))),
    ]
    path = tmp_path / "a.ts"
    path.write_bytes(spliced(data, told))
    items = watched(str(path))
    assert splices(items) == [
        (True, pytest.approx(1.5, abs=0.01), pytest.approx(30.0)),
        (True, pytest.approx(1.7, abs=0.01), pytest.approx(15.0)),
        (False, pytest.approx(3.0, abs=0.01), None),
    ]
    assert [item.text for item in items if isinstance(item, Splice)] == [
        "splice_insert (event 1)",
        "Provider Advertisement 8",
        "splice_insert (event 2)",
    ]
    assert not [item for item in items if isinstance(item, NotWatched)]


def test_a_part_of_a_file(tmp_path):
    media = rendition()
    data = b"".join(media.files[name] for name in media.segments)
    zero = begin_of(data)
    path = tmp_path / "a.ts"
    path.write_bytes(spliced(data, [(0.0, message(insert(1, ticks=ticks(zero + at)))) for at in (1.0, 3.5)]))
    assert [at for _, at, _ in splices(watched(str(path), decode=DecodeOptions(stop=2.0)))] == [
        pytest.approx(1.0, abs=0.01)
    ]


def test_segments():
    media = rendition()
    zero = begin_of(media.files[media.segments[0]])
    told = {media.segments[0]: [(zero, message(insert(1, ticks=ticks(zero + 2.2))))]}
    files = {name: spliced(data, told.get(name, [])) for name, data in media.files.items()}
    with Origin() as origin:
        items = watched(serve(origin, Media(media.playlist, files)))
    assert splices(items) == [(True, pytest.approx(2.2, abs=0.01), None)]


def held(*sections, reached=0.0):
    """What is held of messages that come where the media, which began at 100 s, have been reached."""
    timeline = Timeline()
    timeline.begin_at(100.0)
    timeline.place("video:0", 100.0, reached, wraps=True, tolerance=0.1)
    holds = Splices(timeline)
    for section in sections:
        holds.take(section, 0.0, wraps=True)
    return holds


def at(seconds):
    return ticks(100.0 + seconds)


def test_they_wait_until_the_media_have_come_to_them():
    holds = held(message(insert(1, out=False, ticks=at(9.0))), message(insert(1, ticks=at(5.0), lasts=4.0)))
    assert splices(holds.due(4.9)) == []
    assert splices(holds.due(6.0)) == [(True, pytest.approx(5.0), pytest.approx(4.0))]
    assert splices(holds.due(10.0)) == [(False, pytest.approx(9.0), None)]


def test_at_once_is_where_the_media_are():
    assert splices(held(message(insert(1, lasts=4.0)), reached=7.0).due(7.0)) == [(True, 7.0, 4.0)]


def test_of_what_began_before_the_media_the_rest_is_told():
    assert splices(held(message(insert(1, ticks=at(-3.0), lasts=10.0))).due(0.0)) == [(True, 0.0, pytest.approx(7.0))]
    assert splices(held(message(insert(1, ticks=at(-3.0), lasts=2.0))).due(0.0)) == []


def test_what_is_taken_back_does_not_come():
    sections = [message(insert(number, ticks=at(5.0))) for number in (1, 2)]
    holds = held(*sections, message(insert(1, cancel=True)))
    assert [item.text for item in holds.due(6.0)] == ["splice_insert (event 2)"]


def test_what_is_taken_back_after_it_has_begun_is_over():
    holds = held(message(time_signal(at(5.0)), segmentation(3, 0x22)), reached=6.0)
    assert splices(holds.due(6.0)) == [(True, pytest.approx(5.0), None)]
    holds.take(message(time_signal(), segmentation(4, cancel=True)), 0.0, wraps=True)
    assert splices(holds.due(6.0)) == []
    holds.take(message(time_signal(), segmentation(3, cancel=True)), 0.0, wraps=True)
    assert splices(holds.due(6.0)) == [(False, 6.0, None)]


def test_a_clock_that_is_not_that_of_the_media_says_nothing():
    assert splices(held(message(insert(1, ticks=at(20_000.0)))).due(30_000.0)) == []


def test_only_so_many_wait():
    holds = held(*(message(insert(number, ticks=at(number / 10))) for number in range(1, 200)))
    assert len(splices(holds.due(30.0))) == 64


def test_a_second_stream_is_of_another_programme(tmp_path):
    media = rendition(seconds=1.0)
    path = tmp_path / "a.ts"
    path.write_bytes(spliced(media.files[media.segments[0]], []))
    with av.open(str(path)) as container:
        [stream] = [one for one in container.streams if one.type == "data"]
        holds = Splices(Timeline())
        assert [holds.choose(each) for each in (container.streams[0], stream, stream)] == [False, True, False]
    with open_source(str(path), SourceOptions()) as source:
        assert not [item for item in source if isinstance(item, NotWatched)]
