"""I-frame playlists of renditions that tests make."""

from protecting import boxes
from segments import Media

_PICTURE = 0x100
"""PID of the picture in what FFmpeg muxes."""


def i_frame_range(segment: bytes) -> tuple[int, int]:
    """Length and offset of the first picture in a segment of a transport stream, or of its fragment and that in MP4."""
    if segment[:1] == b"G":
        begins = [
            at
            for at in range(0, len(segment), 188)
            if segment[at + 1] & 0x40 and (segment[at + 1] & 0x1F) << 8 | segment[at + 2] == _PICTURE
        ]
        return [*begins, len(segment)][1] - begins[0], begins[0]
    tree, begin = boxes(segment), 0
    for box in tree:
        size = len(box.packed())
        if box.kind == b"moof":
            trun = box.one(b"trun").body
            flags, offset = int.from_bytes(trun[1:4], "big"), int.from_bytes(trun[8:12], "big")
            first = 16 if flags & 4 else 12
            at = first + 4 * bool(flags & 0x100)
            default = int.from_bytes(box.one(b"tfhd").body[-8:-4], "big")
            return offset + (int.from_bytes(trun[at : at + 4], "big") if flags & 0x200 else default), begin
        begin += size
    raise AssertionError("no fragment")


def i_frames(media: Media, *, seconds: float = 1.0, head: str = "", is_ended: bool = True) -> str:
    """The I-frame playlist of a rendition whose segments each begin with a key frame."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:4", f"#EXT-X-TARGETDURATION:{round(seconds)}", "#EXT-X-I-FRAMES-ONLY"]
    lines += ['#EXT-X-MAP:URI="init.mp4"'] if "init.mp4" in media.files else []
    lines += [head] if head else []
    for name in media.segments:
        length, offset = i_frame_range(media.files[name])
        lines += [f"#EXTINF:{seconds:.3f},", f"#EXT-X-BYTERANGE:{length}@{offset}", name]
    return "\n".join([*lines, *["#EXT-X-ENDLIST"] * is_ended]) + "\n"
