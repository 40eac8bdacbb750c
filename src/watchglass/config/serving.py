"""How `watchglass serve` goes about it: `[serve]`."""

from pathlib import Path

from pydantic import Field

from watchglass.config.archive import ArchiveTable
from watchglass.config.secret import Secret
from watchglass.config.streams import Tier
from watchglass.config.tables import ConfigTable


class EvidenceTable(ConfigTable):
    """The seconds around each finding, as they came: a clip, a strip of pictures, the facts."""

    keep: bool = True
    """Whether to keep any."""
    before: float = Field(10.0, ge=0.0, le=15.0)
    """Seconds before the opening."""
    after: float = Field(5.0, ge=0.0, le=15.0)
    """Seconds after it was told."""
    gigabytes: float = Field(10.0, gt=0.0)
    """What all of it may take on the disk; the oldest goes first."""
    days: float = Field(30.0, gt=0.0)
    """How long it is kept."""


class IncidentsTable(ConfigTable):
    """How slow incidents are."""

    keep: float = Field(30.0, ge=0.0)
    """Seconds for which all must be well until one is over: what comes back within them is the same."""
    flaps: int = Field(4, ge=2)
    """Changes (begun, over, begun again) within ten minutes that make it one that comes and goes."""
    remind: float = Field(4.0, ge=0.0)
    """Hours after which what goes on, and nobody has in hand, is told again; 0 for never."""


class ServeTable(ConfigTable):
    """Where things are kept, and how patient watching is."""

    data: Path = Path("watchglass-data")
    """Folder of what is kept: the database and evidence."""
    database: Secret | None = None
    """`postgresql://USER:PASSWORD@HOST/NAME`, or `sqlite:///FILE`; a file in `data` where nothing is said."""
    tier: Tier = "full"
    """For streams that do not say."""
    heartbeat: Secret | None = None
    """An address that is POSTed to every 20 s while we live: a dead man's switch of yours then knows if we die."""
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
    evidence: EvidenceTable = EvidenceTable()
    """The seconds around each finding."""
    incidents: IncidentsTable = IncidentsTable()
    """How slow incidents are."""
    archive: ArchiveTable | None = None
    """Where what is measured is kept, if anywhere."""

    def evidence_folder(self, base: Path) -> Path:
        """Where proof lies, a folder for each finding; ``base`` as for ``database_url``."""
        return (base / self.data / "evidence").resolve()

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
