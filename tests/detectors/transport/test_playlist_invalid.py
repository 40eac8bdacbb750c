from ruling import KeepsRules
from watchglass.detectors.transport.playlist_invalid import PlaylistInvalid


class TestPlaylistInvalid(KeepsRules):
    detector = PlaylistInvalid
    rules = ("media_sequence_back", "codecs_missing")
