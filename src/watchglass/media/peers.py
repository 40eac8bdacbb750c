"""Which source watches which kind of peer."""

from functools import partial

from watchglass.media.decode import DecodeOptions
from watchglass.media.peer_live import PeerSource
from watchglass.media.rtmp_live import RtmpSession
from watchglass.net.guard import Guard
from watchglass.net.peer_address import PeerAddress
from watchglass.net.rtmp import stream_of


def open_peer(address: PeerAddress, decode: DecodeOptions) -> PeerSource:
    """What watches a stream at an address that a user typed: its host is trusted, and no other is connected to.

    Raises:
        SourceError: The address does not name a stream.
    """
    guard = Guard([address.host])
    stream_of(address)
    return PeerSource(str(address), partial(RtmpSession, address, guard), decode)
