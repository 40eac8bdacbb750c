"""A live channel of low latency: segments are listed part by part, and time goes on as far as it is asked for."""

import itertools
from collections.abc import Callable

from origin import Answer, Origin, Request
from segments import Media, encrypted

PARTS = 4
KEY, IV = bytes(range(16)), (7).to_bytes(16, "big")


class PartChannel:
    """Each request for what is not there yet is answered once it is, which is at once.

    Args:
        origin: Serves it.
        media: Segments of a second each.
        ranges: True for parts that are ranges of their segment, which then is there before it is listed.
        skips: True if it sends delta updates to whoever asks for them.
        blocks: False if it says that it keeps requests, and does not.
        secret: True for parts and segments that are encrypted, each by itself.
    """

    def __init__(
        self,
        origin: Origin,
        media: Media,
        *,
        ranges: bool = False,
        skips: bool = False,
        blocks: bool = True,
        secret: bool = False,
        breaks: tuple[int, ...] = (),
    ) -> None:
        self.media, self.skips, self.blocks, self.ranges, self.secret = media, skips, blocks, ranges, secret
        self.breaks = breaks
        self.script: dict[int, Callable[[Request], bytes | Answer]] = {}
        self.loads = 0
        self.parts = 4 * PARTS
        """How many are there by now."""
        self._sizes: dict[str, list[tuple[int, int]]] = {}
        for name, data in media.files.items():
            origin.routes[f"/{name}"] = encrypted(data, KEY, IV) if secret and name != "init.mp4" else data
        origin.routes["/key"] = KEY
        for name in media.segments:
            data = media.files[name]
            cuts = [0, *(len(data) * n // PARTS for n in range(1, PARTS)), len(data)]
            self._sizes[name] = list(itertools.pairwise(cuts))
            for number, (begin, end) in enumerate(self._sizes[name]):
                piece = data[begin:end]
                origin.routes[f"/{name}.{number}"] = encrypted(piece, KEY, IV) if secret else piece
        origin.routes["/live.m3u8"] = self.answer

    def answer(self, request: Request) -> bytes | Answer:
        self.loads += 1
        scripted = self.script.get(self.loads)
        if scripted is not None:
            return scripted(request)
        asked = dict(pair.split("=") for pair in request.query.split("&") if "=" in pair)
        if "_HLS_msn" not in asked:
            self.parts += PARTS
        elif self.blocks:
            self.parts = max(self.parts, PARTS * int(asked["_HLS_msn"]) + int(asked.get("_HLS_part", PARTS - 1)) + 1)
        return self.at(self.parts, skips=self.skips and "_HLS_skip" in asked)

    def at(self, parts: int, *, skips: bool = False) -> bytes:
        names = self.media.segments
        parts = min(parts, PARTS * len(names))
        whole, rest = divmod(parts, PARTS)
        first = max(0, whole - 6)
        skipped = max(0, whole - first - 2) if skips else 0
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:9",
            "#EXT-X-TARGETDURATION:1",
            f"#EXT-X-MEDIA-SEQUENCE:{first}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{sum(one < first for one in self.breaks)}",
            "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.75,CAN-SKIP-UNTIL=600.0",
            "#EXT-X-PART-INF:PART-TARGET=0.25",
        ]
        lines += [f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}"] * bool(skipped)
        if self.secret:
            lines.append(f'#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x{IV.hex()}')
        lines += ['#EXT-X-MAP:URI="init.mp4"'] * ("init.mp4" in self.media.files)
        for number in range(first + skipped, whole + bool(rest)):
            lines += ["#EXT-X-DISCONTINUITY"] * (number in self.breaks)
            if number >= whole - 3:
                lines += [self._part(names[number], n) for n in range(PARTS if number < whole else rest)]
            if number < whole:
                lines += ["#EXTINF:1.0,", names[number]]
        lines += ["#EXT-X-ENDLIST"] * (whole == len(names))
        return ("\n".join(lines) + "\n").encode()

    def _part(self, name: str, number: int) -> str:
        begin, end = self._sizes[name][number]
        where = f'URI="{name}",BYTERANGE="{end - begin}@{begin}"' if self.ranges else f'URI="{name}.{number}"'
        return f"#EXT-X-PART:DURATION=0.25,{where}"
