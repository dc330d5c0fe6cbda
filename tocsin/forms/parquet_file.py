"""Rows as Parquet: typed columns, amounts as decimals, and the marking in the file's own metadata."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

import msgspec
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from tocsin.forms.rows import PLACES, Row

_DIGITS: Final = 38
"""Of a decimal128."""
_SCALE: Final = -int(PLACES.as_tuple().exponent)
_TYPES: Final[Mapping[Any, Any]] = {
    date | None: pa.date32(),
    Decimal | None: pa.decimal128(_DIGITS, _SCALE),
}
HANDLING: Final = b"tocsin.handling"
"""The key of the metadata under which a JSON document says how the file is to be handled."""


def parquet_bytes(rows: Sequence[Row], handling: Mapping[str, Any]) -> bytes:
    """Return *rows* as Parquet.

    Args:
        handling: How the whole is to be handled.
    """
    table = pa.Table.from_pylist([_values(row) for row in rows], schema=_schema(handling))
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _schema(handling: Mapping[str, Any]) -> Any:
    fields = [
        pa.field(one.name, _TYPES.get(one.type, pa.string()), nullable=one.type in _TYPES)
        for one in msgspec.structs.fields(Row)
    ]
    return pa.schema(fields, metadata={HANDLING: msgspec.json.encode(handling)})


def _values(row: Row) -> dict[str, Any]:
    values = msgspec.structs.asdict(row)
    return values | {"tlp": row.tlp.word, "status": row.status.word}
