import av

from making import clip, noise
from watchglass.media.picture_decoder import decode_alone, prepare


def test_key_frames_come_one_for_one_without_delay(tmp_path) -> None:
    options = {"bf": "2", "x264-params": "keyint=10:min-keyint=10:scenecut=0:open-gop=1:bframes=2"}
    path = clip(tmp_path / "a.ts", seconds=2.0, picture=noise(), video_options=options, gop=10)
    with av.open(str(path)) as container:
        [stream] = container.streams.video
        prepare(stream.codec_context, 10**6, 1)
        found = [(packet.pts, decode_alone(packet)) for packet in container.demux(stream) if packet.is_keyframe]
    assert len(found) == 5
    for pts, frames in found:
        assert [frame.pts for frame in frames] == [pts]
        assert not frames[0].is_corrupt
        assert frames[0].time_base
