"""What must not stand in a file that people pass around: named by where it is, read when it is needed."""

import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from watchglass.model.errors import ConfigError


class Secret(BaseModel):
    """A text, or where to find it: ``"text"``, ``{ env = "NAME" }`` or ``{ file = "/run/secrets/name" }``.

    Printed, it says where it is and never what it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str | None = Field(None, repr=False)
    env: str | None = None
    file: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one(self) -> "Secret":
        if sum(each is not None for each in (self.text, self.env, self.file)) != 1:
            raise ValueError('must be a text, { env = "NAME" } or { file = "PATH" }')
        return self

    def read(self, key: str) -> str:
        """The text.

        Args:
            key: What it is for, for the error.

        Raises:
            ConfigError: It is not where it should be.
        """
        if self.text is not None:
            return self.text
        if self.env is not None:
            found = os.environ.get(self.env)
            if not found:
                raise ConfigError(f"{key}: the environment variable {self.env} is not set")
            return found
        assert self.file is not None
        try:
            text = self.file.read_text("utf-8").strip()
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or "not text"
            raise ConfigError(f"{key}: {self.file} cannot be read ({why})") from None
        if not text:
            raise ConfigError(f"{key}: {self.file} is empty")
        return text
