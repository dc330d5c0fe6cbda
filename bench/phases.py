"""Where the time goes: named functions are timed, each without the named ones that it calls.

A profiler would slow the many small calls far more than the few large ones. These timers cost about a microsecond a
call, so a run with them is not the run that is measured.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from broker import avro, decisions, facts
from broker.audience import Audiences
from broker.directory.directory import Directory
from broker.envelope import body, message
from broker.policy.decide import Decider
from broker.records import checking
from broker.sealing import release, section
from broker.section_keys import SectionKeys
from broker.signing import batch
from consumers.rows import Rows
from consumers.streams import Streams

OTHER: Final = "everything else: loops, threads, rows"
_OURS: Final = ("broker", "producers", "consumers", "bench")

PHASES: Final[Mapping[str, tuple[tuple[Any, str], ...]]] = {
    "check the record's rules": ((checking, "problems_in"),),
    "Avro, encode and type check": ((avro, "encode"),),
    "Avro, decode and type check": ((avro, "decode"),),
    "header, bodies, digests: write": ((message, "compose"), (message, "assemble"), (body, "format_body")),
    "header, envelope: read": ((message, "open_envelope"),),
    "bodies, digests: read": ((body, "read_body"),),
    "who may have it": ((Audiences, "of"),),
    "sections: seal": ((section, "seal_section"),),
    "keys: list, seal and wrap": ((release, "seal_release"),),
    "keys: find and open": ((release, "open_release"),),
    "sections: open": ((section, "open_section"),),
    "key store": ((SectionKeys, "get"), (SectionKeys, "put")),
    "Merkle tree and signature": ((batch, "sign_batch"),),
    "batch proof and signature": ((batch, "check_signature"), (Directory, "enrolled_signer")),
    "envelope: write": ((message, "enclose"),),
    "facts and policy": ((facts, "facts_for"), (Decider, "decide")),
    "decision rows": ((decisions, "judgement_row"), (Rows, "add")),
    "sequence": ((Streams, "place"), (Streams, "save")),
    "SQL statements": ((Connection, "execute"), (Connection, "exec_driver_sql"), (Connection, "scalar")),
    "commits": ((SQLiteDialect_pysqlite, "do_commit"),),
}


class Phases:
    """Sums up CPU seconds by phase, over all threads."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = dict.fromkeys([*PHASES, OTHER], 0.0)
        self._lock = threading.Lock()
        self._inner = threading.local()

    def timed(self, phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return *function*, which notes the time that it takes without that of timed functions inside it."""

        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            outside = getattr(self._inner, "seconds", 0.0)
            self._inner.seconds = 0.0
            start = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                took = time.thread_time() - start
                with self._lock:
                    self.seconds[phase] += took - self._inner.seconds
                self._inner.seconds = outside + took

        return run


@contextmanager
def timed_phases() -> Iterator[Phases]:
    """Time the functions of all phases, wherever they were imported to; undone at the end."""
    phases = Phases()
    replaced: list[tuple[Any, str, Any]] = []
    for phase, functions in PHASES.items():
        for owner, name in functions:
            original = getattr(owner, name)
            timed = phases.timed(phase, original)
            for place in _places(owner, name, original):
                replaced.append((place, name, original))
                setattr(place, name, timed)
    try:
        yield phases
    finally:
        for place, name, original in reversed(replaced):
            setattr(place, name, original)


def _places(owner: Any, name: str, original: Any) -> list[Any]:
    if isinstance(owner, type):
        return [owner]
    modules = [module for key, module in sys.modules.items() if key.split(".")[0] in _OURS]
    return [module for module in modules if getattr(module, name, None) is original]
