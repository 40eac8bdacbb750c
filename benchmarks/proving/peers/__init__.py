"""Peers: other people's detectors, asked about the same files as ours.

Each is asked with settings of its own, for the detectors of ours that it corresponds to. Some tell defects with a
beginning and an end; others only give a score to each picture or run of samples, and leave it to people what is much.
"""

from collections.abc import Collection, Iterable
from pathlib import Path

from proving.peers import essentia, ffmpeg
from proving.peers.answer import Answer

Peer = ffmpeg.Filter | essentia.Algorithm
PEERS: dict[str, Peer] = {peer.name: peer for peer in (*ffmpeg.FILTERS, *essentia.ALGORITHMS)}


def of(detectors: Collection[str]) -> list[str]:
    """Names of the peers of these detectors, installed or not."""
    return [name for name, peer in PEERS.items() if not set(peer.detectors).isdisjoint(detectors)]


def here(names: Iterable[str]) -> list[str]:
    """Those of them that this machine has."""
    return [name for name in names if PEERS[name].is_here]


def ask(path: Path, names: Collection[str]) -> dict[str, Answer]:
    """What each of these says of a file."""
    return {
        **ffmpeg.ask(path, [each for each in ffmpeg.FILTERS if each.name in names]),
        **essentia.ask(path, [each for each in essentia.ALGORITHMS if each.name in names]),
    }
