"""Which source watches which kind of peer."""

from functools import partial

from watchglass.media.bridge import Bridge
from watchglass.media.decode import DecodeOptions
from watchglass.media.peer_live import Connect, PeerSource
from watchglass.media.rtmp_live import RtmpSession
from watchglass.media.rtsp_live import RtspSession
from watchglass.media.ts_live import TransportSource
from watchglass.net.guard import Guard
from watchglass.net.peer_address import PeerAddress
from watchglass.net.rtmp import stream_of


def open_peer(address: PeerAddress, decode: DecodeOptions, *, over_udp: bool = False) -> PeerSource | TransportSource:
    """What watches a stream at an address that a user typed: its host is trusted, and no other is connected to.

    Args:
        address: As typed.
        decode: What to decode, and how.
        over_udp: Have a server of RTSP send datagrams.

    Raises:
        SourceError: The address does not name a stream, or there is nothing to receive it with.
        TransferError: If there is no such host.
    """
    guard = Guard([address.host])
    if address.scheme in ("srt", "rist"):
        return TransportSource(Bridge(address, guard), decode)
    connect: Connect
    if address.scheme.startswith("rtmp"):
        stream_of(address)
        connect = partial(RtmpSession, address, guard)
    else:
        connect = partial(RtspSession, address, guard, over_udp)
    return PeerSource(str(address), connect, decode)
