"""How to get at AWS, and at what speaks as AWS does: keys that several tables share."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from watchglass.config.secret import Secret
from watchglass.config.tables import ConfigTable
from watchglass.model.errors import ConfigError, UsageError
from watchglass.net.guard import Network, parse_networks

if TYPE_CHECKING:
    from watchglass.sinks.aws import AwsCredentials


class AwsAccess(ConfigTable):
    """Where it is, and with which key."""

    region: str = ""
    """As in `eu-north-1`; of the environment or the address where nothing is said."""
    endpoint: str = ""
    """Of a server of yours that speaks the same; AWS where nothing is said."""
    access_key: Secret | None = None
    """With `secret_key`; else whatever the environment, a profile or the machine's role has."""
    secret_key: Secret | None = None

    def credentials(self, key: str) -> "AwsCredentials | None":
        """The key that is given, if one is.

        Args:
            key: Of the table, for the error.

        Raises:
            ConfigError: It is half given, or not where it should be.
        """
        from watchglass.sinks.aws import AwsCredentials

        if self.access_key is None or self.secret_key is None:
            if self.access_key is not self.secret_key:
                raise ConfigError(f"{key}: access_key and secret_key go together")
            return None
        return AwsCredentials(self.access_key.read(f"{key}.access_key"), self.secret_key.read(f"{key}.secret_key"))


def networks_of(written: Sequence[str], key: str) -> tuple[Network, ...]:
    """Private networks that may be reached.

    Args:
        written: As in the file.
        key: Of the table, for the error.

    Raises:
        ConfigError: One of them is none.
    """
    try:
        return parse_networks(written)
    except UsageError as error:
        raise ConfigError(f"{key}.allow_private: {str(error).partition(': ')[2]}") from None
