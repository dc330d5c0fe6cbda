"""What content costs in the processor, by section: our codec, and an Avro library with a check of types beside it.

Run ``python -m bench.codec``. Each number is the least of many rounds, since the rest of the machine only adds to it.
"""

import io
import json
import time
from collections.abc import Callable
from typing import Any, Final

import fastavro
import msgspec

import schemas
from bench.drafts import make_drafts
from bench.facts import plain
from bench.network import AUTHOR
from broker.avro import decode, encode, schema
from broker.records.registry import path_of

ROUNDS: Final = 40
CALLS: Final = 300


def least_micros(call: Callable[[], object]) -> float:
    """Return the processor time of one call, in microseconds."""
    rounds: list[float] = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(CALLS):
            call()
        rounds.append((time.process_time() - start) / CALLS * 1e6)
    return min(rounds)


def by_library(parsed: Any, record: msgspec.Struct) -> bytes:
    """Return *record* as the library writes it, its types checked first."""
    fields = plain(record)
    msgspec.convert(fields, type(record))
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed, fields)
    return out.getvalue()


def from_library(parsed: Any, data: bytes, kind: type[msgspec.Struct]) -> msgspec.Struct:
    """Return the record in *data* as the library reads it, its types checked after."""
    return msgspec.convert(fastavro.schemaless_reader(io.BytesIO(data), parsed, None), kind)


def compare(record: msgspec.Struct) -> str:
    """Return a line of numbers for one section."""
    ours, kind = schema(path_of(record)), type(record)
    parsed = fastavro.parse_schema(json.loads(schemas.read(ours.path)), named_schemas={})
    data = encode(ours, record)
    times = [
        least_micros(lambda: by_library(parsed, record)),
        least_micros(lambda: encode(ours, record)),
        least_micros(lambda: from_library(parsed, data, kind)),
        least_micros(lambda: decode(ours, data, kind)),
    ]
    return f"{ours.path:<22}{len(data):>6}" + "".join(f"{one:>16.1f}" for one in times)


def main() -> None:
    """Print one line a section."""
    print(f"{'section':<22}{'bytes':>6}{'library writes':>16}{'we write':>16}{'library reads':>16}{'we read':>16}")
    for record in next(iter(make_drafts(AUTHOR, 1))).sections.present().values():
        print(compare(record))


if __name__ == "__main__":
    main()
