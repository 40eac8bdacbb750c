"""How `watchglass serve` goes about it: `[serve]`."""

from pathlib import Path

from pydantic import Field

from watchglass.config.secret import Secret
from watchglass.config.streams import Tier
from watchglass.config.tables import ConfigTable


class ServeTable(ConfigTable):
    """Where things are kept, and how patient watching is."""

    data: Path = Path("watchglass-data")
    """Folder of what is kept: the database and evidence."""
    database: Secret | None = None
    """`postgresql://USER:PASSWORD@HOST/NAME`, or `sqlite:///FILE`; a file in `data` where nothing is said."""
    tier: Tier = "full"
    """For streams that do not say."""
    heartbeat: Secret | None = None
    """An address that is asked for every 30 s while all is well: a dead man's switch of yours then knows if we die."""
    heartbeat_allow_private: list[str] = Field([])
    """Private networks in which that may be."""
    hang: float = Field(8.0, ge=1.0, le=30.0)
    """Seconds without a sign of life after which the process of a stream is ended and begun anew."""
    recycle: float = Field(24.0, ge=0.0)
    """Hours after which the process of a stream is replaced by a fresh one, without a gap; 0 for never."""
    keep: float = Field(90.0, gt=0.0)
    """Days after which incidents that are over are let go."""
    rollups_keep: float = Field(7.0, gt=0.0)
    """Days after which what was measured, by the minute, is let go."""

    def database_url(self, base: Path) -> str:
        """Where the database is, its secret read.

        Args:
            base: Folder to which paths are relative.

        Raises:
            ConfigError: The secret is not where it should be.
        """
        if self.database is not None:
            return self.database.read("serve.database")
        return f"sqlite:///{(base / self.data).resolve()}/watchglass.db"
