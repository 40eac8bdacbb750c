"""How readings lie in Parquet.

One row for each reading, in row groups of one detector each, ``order`` saying where it was in all that was observed
of its ``input``. Happenings are rows without a detector, as JSON in ``event``. Numbers keep all their bits, because
the same findings shall come of them.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from watchglass.model.stored import Header
from watchglass.store import happenings

FORM = 1
"""Rises when a reader of the old form would misread the new."""
SCHEMA_KEY, VERSION_KEY, INPUTS_KEY = b"watchglass.schema", b"watchglass.version", b"watchglass.inputs"

_WORD = pa.dictionary(pa.int32(), pa.string())
WORDS = ("track", "name", "unit", "note")
"""Columns of words, of which the same few come again and again."""
SCHEMA = pa.schema(
    [
        ("input", pa.int32()),
        ("order", pa.int64()),
        ("detector", _WORD),
        ("track", _WORD),
        ("name", _WORD),
        ("pts", pa.float64()),
        ("duration", pa.float64()),
        ("value", pa.float64()),
        ("unit", _WORD),
        ("note", _WORD),
        ("event", pa.string()),
    ]
)


def writer(path: Path, inputs: Mapping[int, Header], version: str) -> Any:
    """A writer of Parquet with our schema; the inputs may also be told when it is closed."""
    facts = {SCHEMA_KEY: f"watchglass.readings/{FORM}".encode(), VERSION_KEY: version.encode()}
    if inputs:
        facts[INPUTS_KEY] = happenings.text_of(inputs).encode()
    return pq.ParquetWriter(
        path,
        SCHEMA.with_metadata(facts),
        compression="zstd",
        use_dictionary=["input", "detector", *WORDS, "duration"],
        # Times rise evenly, so that most of their bytes are alike; values were smallest as they are.
        column_encoding={"order": "DELTA_BINARY_PACKED", "pts": "BYTE_STREAM_SPLIT", "value": "PLAIN"},
        write_statistics=["input", "detector", "order", "pts"],
    )


def opened(path: Path) -> Any:
    """A file of Parquet; a context."""
    return pq.ParquetFile(path, pre_buffer=False)


def bind(parts: Iterable[Path], path: Path, version: str) -> None:
    """Make one file of whole parts, in their order.

    Raises:
        OSError: It cannot be written.
    """
    inputs: dict[int, Header] = {}
    with writer(path, {}, version) as out:
        for part in parts:
            with opened(part) as file:
                inputs |= happenings.headers(file.schema_arrow.metadata[INPUTS_KEY].decode())
                for group in range(file.num_row_groups):
                    rows = file.read_row_group(group, use_threads=False)
                    out.write_table(rows.replace_schema_metadata(None))
        out.add_key_value_metadata({INPUTS_KEY: happenings.text_of(inputs).encode()})
