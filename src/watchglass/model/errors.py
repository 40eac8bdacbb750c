"""Everything that watchglass raises on purpose.

    WatchglassError
    ├── UsageError            the user asked for something that does not exist (exit 2)
    │   └── ConfigError       a configuration file says something we cannot follow
    ├── SourceError           an input that cannot be read (exit 3)
    │   ├── NotFoundError     nothing is there
    │   ├── NotMediaError     something is there, but no audio or video
    │   ├── TooLargeError     a picture beyond ``max_pixels``
    │   ├── PlaylistError     a playlist that cannot be followed
    │   └── ArchiveError      a file of stored readings that cannot be read back
    ├── StoreError            a database that cannot be used
    │   ├── AwayStoreError    it cannot be reached or used now, and may be another time
    │   └── DamagedStoreError its file is broken
    ├── EvidenceError         proof of a finding that cannot be kept
    ├── AddressRefusedError   an address that the guard does not let us reach
    └── TransferError         a server did not deliver

Messages are for people: they name the stream (secrets removed), the value and the limit.
"""


class WatchglassError(Exception):
    """Base of all errors that a user may see."""


class UsageError(WatchglassError):
    """Raised when a request names something that does not exist or contradicts itself."""


class ConfigError(UsageError):
    """Raised by ``config`` for a file that cannot be followed."""


class SourceError(WatchglassError):
    """Raised by ``media`` for an input that cannot be read."""


class NotFoundError(SourceError):
    """Raised when there is nothing at the given place."""


class NotMediaError(SourceError):
    """Raised when what is there holds no audio or video that can be decoded."""


class TooLargeError(SourceError):
    """Raised for a picture that has more pixels than the user allows."""


class PlaylistError(SourceError):
    """Raised for a playlist that cannot be followed."""


class ArchiveError(SourceError):
    """Raised by ``store`` for a file that holds no readings, or none that can be read."""


class StoreError(WatchglassError):
    """Raised by ``store`` for a database that cannot be reached, read or written."""


class AwayStoreError(StoreError):
    """Raised by ``store`` for a database that cannot be opened now, and may be another time."""


class DamagedStoreError(StoreError):
    """Raised by ``store`` for a database of SQLite whose file is broken."""


class EvidenceError(WatchglassError):
    """Raised where proof of a finding is not there, or cannot be written or read."""


class AddressRefusedError(WatchglassError):
    """Raised by the guard, before anything is sent, for an address that may not be reached."""


class TransferError(WatchglassError):
    """Raised when a server answers with an error, too slowly, or not at all.

    Args:
        message: What happened, for people.
        status: The HTTP status, where there was one.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
