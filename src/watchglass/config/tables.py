"""What every table of `watchglass.toml` is: frozen, unknown keys forbidden, its docstrings are the descriptions."""

from pydantic import BaseModel, ConfigDict


class ConfigTable(BaseModel):
    """Base of the tables."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
