"""Which representations of a period are watched: by the same rules as the renditions of HLS."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from watchglass.media.hls_choice import HlsOptions, choose, labelled
from watchglass.media.mpd import AdaptationSet, Period, Representation
from watchglass.media.multivariant import AudioRendition, MultivariantPlaylist, Variant
from watchglass.media.text_rendition import TextRendition
from watchglass.model.media import Track

_SOUNDS, _TEXTS = "audio", "texts"
_MOST_SOUNDS = 32
"""Of a period: each is fetched and decoded by itself."""
_MOST_TEXTS = 64
"""Of a period that are known; how many are watched is said with those of HLS."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is watched of a period."""

    representations: Mapping[str, Representation]
    """By label, the picture first."""
    numbers: Mapping[str, int]
    """The number of the track of separate sound."""
    texts: Mapping[str, Track]
    """The representations that are subtitles, as tracks, by label."""
    announced: tuple[TextRendition, ...]
    """Closed captions that its pictures are said to carry."""
    own_sound: str
    """What is wanted of the sound that is muxed with the picture, as in ``HlsOptions.audio``."""
    left_out: tuple[str, ...]


def chosen(period: Period, options: HlsOptions) -> Chosen | None:
    """Choose from a period; None if there is neither a picture nor a sound in it."""
    pictures = [one for one in period.adaptation_sets if one.kind == "video" and not one.is_trick_mode]
    sounds = [one for one in period.adaptation_sets if one.kind == "audio" and one.representations][:_MOST_SOUNDS]
    written = [one for one in period.adaptation_sets if one.kind == "text" and one.representations][:_MOST_TEXTS]
    offered = dict(_offered(pictures or sounds))
    if not offered:
        return None
    variants = [
        Variant(key, one.bandwidth, one.width, one.height, one.codecs, _SOUNDS, _TEXTS, _TEXTS)
        for key, one in offered.items()
    ]
    audio, texts = [], []
    for index, one in enumerate(sounds):
        key, best = _best(one, index, options)
        offered[key] = best
        audio.append(AudioRendition(key, _SOUNDS, one.label, one.language))
    for index, one in enumerate(written):
        key, best = _best(one, index, options)
        offered[key] = best
        texts.append(TextRendition(_TEXTS, one.label, one.language, uri=key, is_forced=one.is_forced))
    texts += [
        TextRendition(_TEXTS, language=language, service=service)
        for service, language in dict.fromkeys(each for one in pictures for each in one.services)
    ]
    choice = choose(MultivariantPlaylist(tuple(variants), audio=tuple(audio), texts=tuple(texts)), options)
    labels = {"video": offered[choice.variant.uri]}
    numbers = {}
    for number, rendition in choice.audio.items():
        label = labelled(rendition, number, labels)
        labels[label], numbers[label] = offered[rendition.uri or ""], number
    tracks = {}
    for number, text in choice.texts.items():
        label = f"captions:{number}"
        labels[label] = written_as = offered[text.uri or ""]
        tracks[label] = replace(text.track(label), codec=_text_codec(written_as))
    left_out = (*_others(period), *choice.left_out)
    return Chosen(labels, numbers, tracks, choice.announced, choice.own_sound, left_out)


def _offered(sets: Sequence[AdaptationSet]) -> Iterator[tuple[str, Representation]]:
    for index, one in enumerate(sets):
        for number, representation in enumerate(one.representations):
            yield f"{one.kind}/{index}/{number}", representation


def _best(one: AdaptationSet, index: int, options: HlsOptions) -> tuple[str, Representation]:
    """The representation of a sound or a text: the best one, unless the worst is asked for."""
    pick = min if options.rendition == "worst" else max
    number = pick(range(len(one.representations)), key=lambda number: one.representations[number].bandwidth)
    return f"{one.kind}/{index}/{number}", one.representations[number]


def _text_codec(one: Representation) -> str:
    return "ttml" if one.codecs.startswith("stpp") or "ttml" in one.mime_type else "webvtt"


def _others(period: Period) -> Iterator[str]:
    for one in period.adaptation_sets:
        if one.is_trick_mode:
            yield "pictures for fast forward (trick mode)"
        elif one.kind not in ("video", "audio", "text"):
            yield f"{one.kind or 'something'} {one.language or one.label}".rstrip()
