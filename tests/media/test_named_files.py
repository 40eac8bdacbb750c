import pytest

from watchglass.media.named_files import whole_inputs


def inputs(folder, files):
    """What is left of these files, by name."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return [str(path.relative_to(folder)) for path in whole_inputs(folder / name for name in files)]


def playlist(*names):
    return "#EXTM3U\n#EXT-X-TARGETDURATION:2\n" + "".join(f"#EXTINF:2,\n{name}\n" for name in names)


@pytest.mark.parametrize(
    ("files", "left"),
    [
        pytest.param({"a.mp4": "", "b.ts": ""}, ["a.mp4", "b.ts"], id="no manifest"),
        pytest.param({"a.m3u8": playlist("1.ts", "2.ts"), "1.ts": "", "3.ts": ""}, ["a.m3u8", "3.ts"], id="hls"),
        pytest.param(
            {
                "a.m3u8": '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",URI="snd/b.m3u8"\n'
                "#EXT-X-STREAM-INF:BANDWIDTH=1\nvid/b.m3u8?x=1\n",
                "vid/b.m3u8": playlist("../1.mp4"),
                "snd/b.m3u8": '#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n' + playlist("%31.aac"),
                "1.mp4": "",
                "snd/init.mp4": "",
                "snd/1.aac": "",
                "vid/1.aac": "",
            },
            ["a.m3u8", "vid/1.aac"],
            id="renditions",
        ),
        pytest.param(
            {
                "a.mpd": '<MPD><BaseURL>v/</BaseURL><SegmentTemplate media="$RepresentationID$-$Number%05d$.mp4"'
                ' initialization="init.mp4"/><BaseURL>w/whole.mp4</BaseURL></MPD>',
                "v/x-00001.mp4": "",
                "v/init.mp4": "",
                "v/other.mp4": "",
                "w/whole.mp4": "",
            },
            ["a.mpd", "v/other.mp4"],
            id="dash",
        ),
        pytest.param({"a.m3u8": playlist("http://h/1.ts", "//h/1.ts"), "1.ts": ""}, ["a.m3u8", "1.ts"], id="elsewhere"),
        pytest.param({"a.m3u8": playlist("a.m3u8")}, ["a.m3u8"], id="itself"),
        pytest.param(
            {"a.m3u8": playlist("b.m3u8"), "b.m3u8": playlist("a.m3u8")}, ["a.m3u8", "b.m3u8"], id="one another"
        ),
        pytest.param(
            {"a.m3u8": playlist("x[1].ts", "http://[::1"), "x[1].ts": "", "x1.ts": ""}, ["a.m3u8", "x1.ts"], id="odd"
        ),
    ],
)  # fmt: skip
def test_parts_of_a_stream_are_no_inputs(tmp_path, files, left):
    assert inputs(tmp_path, files) == left
