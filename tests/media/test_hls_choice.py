import pytest

from watchglass.media.hls_choice import MOST_SOUNDS, HlsOptions, choose
from watchglass.media.multivariant import MultivariantPlaylist
from watchglass.media.playlist import parse
from watchglass.model.errors import UsageError


def offered(*lines: str) -> MultivariantPlaylist:
    playlist = parse("\n".join(["#EXTM3U", *lines, ""]), "main.m3u8")
    assert isinstance(playlist, MultivariantPlaylist)
    return playlist


SMALL = '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=9,RESOLUTION=320x180,URI="small.m3u8"'
LARGE = '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=5,RESOLUTION=640x360,URI="large.m3u8"'
SOUND = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",LANGUAGE="en",URI="en.m3u8"'


def test_the_best_i_frames_come_with_the_sound_beside_them() -> None:
    playlist = offered(SOUND, SMALL, LARGE, '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"', "v.m3u8")
    choice = choose(playlist, HlsOptions("i-frames"))
    assert choice.variant.uri == "large.m3u8"
    assert choice.own_sound == "none"
    assert [audio.uri for audio in choice.audio.values()] == ["en.m3u8"]
    assert choice.left_out == (
        "1 other I-frame playlists (not chosen)",
        "the pictures between key frames (not chosen)",
    )
    assert not choose(playlist, HlsOptions("i-frames", audio="none")).audio


def test_of_i_frames_muxed_sound_is_left_out_and_told() -> None:
    playlist = offered(SMALL, "#EXT-X-STREAM-INF:BANDWIDTH=1", "v.m3u8")
    assert any(told.startswith("the sound") for told in choose(playlist, HlsOptions("i-frames")).left_out)
    assert not any(
        told.startswith("the sound") for told in choose(playlist, HlsOptions("i-frames", audio="none")).left_out
    )


def test_what_is_no_rendition_is_refused() -> None:
    with pytest.raises(UsageError, match="best, worst, i-frames or a height such as 720, not 'huge'"):
        HlsOptions("huge")


def test_of_very_many_sounds_some_are_watched_and_the_others_named() -> None:
    lines = "".join(f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="{n}",URI="{n}.m3u8"\n' for n in range(4_000))
    playlist = parse(f'#EXTM3U\n{lines}#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nv.m3u8\n', "many")
    assert isinstance(playlist, MultivariantPlaylist)
    choice = choose(playlist, HlsOptions())
    assert len(choice.audio) == MOST_SOUNDS
    assert len(choice.left_out) == 4_000 - MOST_SOUNDS
