from collections.abc import Iterator

import pytest

from origin import Origin
from watchglass.media.content_keys import ContentKeys
from watchglass.media.dash_origin import DashOrigin
from watchglass.model.errors import TransferError
from watchglass.net.address import StreamUrl
from watchglass.net.http import HttpClient


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def test_bases_that_were_named_last_are_remembered(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchglass.media.dash_origin._MOST_GROUPS", 2)
    manifest = StreamUrl(origin.url("/m.mpd"))
    for name in "acd":
        origin.routes[f"/{name}2/s"] = b"there"
    with HttpClient.towards(manifest) as client:
        bases = DashOrigin(manifest, client, ContentKeys())

        def fetched(name: str) -> bytes:
            return b"".join(bases.chunks(StreamUrl(origin.url(f"/{name}1/s")), None))

        for name in "abacd":
            bases.know(manifest, [f"{name}1/", f"{name}2/"])
        assert len(bases._bases) == 2
        assert fetched("c") == fetched("d") == b"there"
        assert len(bases.aside) == 4
        with pytest.raises(TransferError, match="404"):
            fetched("a")
