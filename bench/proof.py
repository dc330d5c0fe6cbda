"""Measure a proof out of a large log, and its check: ``python -m bench.proof``.

Ten million leaves lie as real tiles in a folder; of the entries only the bundles that are read. Each proof is made in a
process of its own, after the kernel was asked to forget the files (it need not, and the disk may have them still):
checkpoint read and checked, leaf read, hashes read, proof made and written. What the process needs to start is told
apart. Then an evidence file is checked, by the function and by the whole command. Times pass on the wall.
"""

import hashlib
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from broker import limits
from broker.log.checkpoint import Checkpoint, format_checkpoint, log_origin
from broker.log.entry import LogEntry, format_entry
from broker.log.hashes import TileHashes
from broker.log.note import ED25519, Note, NoteKey, format_note, sign_note
from broker.log.port import CHECKPOINT
from broker.log.proof_file import check_proof, parse_proof
from broker.log.tiles import WIDTH, Bundle, Tile, format_bundle, new_tiles
from broker.log.tree import root_of
from broker.log.trust import LogTrust, check_checkpoint
from broker.log_store import FolderTileStore
from broker.merkle import Frontier, Hash, leaf_hash
from broker.signing.keys import SigningKey
from broker.types.names import Digest, Originator, Stream
from consumers.evidence.checklist import check_evidence
from consumers.evidence.evidence import format_evidence, open_evidence
from consumers.evidence.gathering import LogView
from tests.support.evidence import a_world

LEAVES: Final = 10_000_000
PROOFS: Final = 20
GOAL_MS: Final = 50.0
_FEDERATION: Final = "bench"
_KEY: Final = SigningKey(bytes(range(32)))
_ORIGIN: Final = log_origin(_FEDERATION)
_TRUST: Final = LogTrust(_ORIGIN, (NoteKey(_ORIGIN, ED25519, _KEY.public),), (), 0)
_BEGAN: Final = 1_700_000_000_000_000
_TILES_AT_ONCE: Final = 512
_RESULTS: Final = Path(__file__).parent / "results"


class Proof(NamedTuple):
    """What one process measured."""

    ms: float
    start_ms: float
    mib: float
    grown_mib: float


def entry_at(index: int) -> bytes:
    """Return the leaf that stands at *index*."""
    digest = Digest(hashlib.sha256(b"message %d" % index).digest())
    return format_entry(
        LogEntry(_FEDERATION, Stream(Originator("NL/customs"), 1), index + 1, digest, 1_700_000_000_000_000 + index)
    )


def build(root: Path, leaves: int, read: Sequence[int]) -> None:
    """Write the tiles of a log of *leaves*, and the bundles with the leaves *read*."""
    store = FolderTileStore(root)
    real = {index // WIDTH for index in read}
    starts = range(0, -(-leaves // WIDTH), _TILES_AT_ONCE)
    with ProcessPoolExecutor() as pool:
        jobs = [pool.submit(_write_lowest, root, leaves, start, sorted(real)) for start in starts]
        roots = [one for job in jobs for one in job.result()]
    level = 1
    while roots:
        _write_level(root, level, roots)
        full = range(0, len(roots) - len(roots) % WIDTH, WIDTH)
        roots = [Frontier().grown(roots[start : start + WIDTH]).root for start in full]
        level += 1
    tree = root_of(leaves, TileHashes(store, leaves))
    text = format_checkpoint(Checkpoint(_ORIGIN, leaves, tree))
    store.replace_checkpoint(format_note(Note(text, (sign_note(text, _KEY, _ORIGIN),))), expected=None)


def _write_lowest(root: Path, leaves: int, start: int, real: Sequence[int]) -> list[Hash]:
    """Write some tiles of level 0; return the roots of those that are full."""
    roots: list[Hash] = []
    for tile in range(start, min(start + _TILES_AT_ONCE, -(-leaves // WIDTH))):
        first, last = tile * WIDTH, min((tile + 1) * WIDTH, leaves)
        if tile in real:
            entries = [entry_at(index) for index in range(first, last)]
            hashes = [leaf_hash(one) for one in entries]
            _put(root, Bundle(tile, last - first).path, format_bundle(entries))
        else:
            hashes = [Hash(hashlib.sha256(b"%d" % index).digest()) for index in range(first, last)]
        _put(root, Tile(0, tile, last - first).path, b"".join(hashes))
        if last - first == WIDTH:
            roots.append(Frontier().grown(hashes).root)
    return roots


def _write_level(root: Path, level: int, roots: Sequence[Hash]) -> None:
    for start in range(0, len(roots), WIDTH):
        some = roots[start : start + WIDTH]
        _put(root, Tile(level, start // WIDTH, len(some)).path, b"".join(some))


def _put(root: Path, name: str, data: bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def prove_once(root: Path, index: int) -> tuple[float, float]:
    """Make a proof as ``audit prove`` does; return milliseconds, and MiB that the process grew by."""
    before, began = _peak_mib(), time.perf_counter()
    store = FolderTileStore(root)
    raw = store.read(CHECKPOINT, most=limits.MAX_NOTE_BYTES)
    if raw is None:
        raise SystemExit("there is no checkpoint")
    signed = check_checkpoint(raw, _TRUST)
    wanted = Digest(hashlib.sha256(b"message %d" % index).digest())
    view = LogView(TileHashes(store, signed.size), signed, {wanted: index}.get)
    leaf, proof = view.prove(wanted)
    took = (time.perf_counter() - began) * 1000
    check_proof(parse_proof(proof), leaf, _TRUST)
    return took, _peak_mib() - before


def _measure(root: Path, indices: Sequence[int]) -> Iterator[Proof]:
    for index in indices:
        _forget(root)
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "bench.proof", str(root), str(index)], check=True, capture_output=True
        )
        whole = (time.perf_counter() - began) * 1000
        took, grown, peak = json.loads(done.stdout)
        yield Proof(took, whole - took, peak, grown)


def _forget(root: Path) -> None:
    """Ask the kernel to drop what it holds of the files; they were written to the disk before."""
    for path in root.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


def _check_times(folder: Path) -> tuple[float, float, int]:
    """Return milliseconds to check an evidence file, those of the whole command, and the size of the file."""
    world = a_world()
    raw = format_evidence(world.make(world.write()).evidence)
    path = folder / "case.zip"
    path.write_bytes(raw)
    began = time.perf_counter()
    passed = check_evidence(open_evidence(raw), world.federation.root_digest).is_passed
    function = (time.perf_counter() - began) * 1000
    command = [str(Path(sys.executable).with_name("tocsin")), "audit", "verify", str(path)]
    began = time.perf_counter()
    subprocess.run([*command, "--root-digest", world.federation.root_digest.hex()], check=passed, capture_output=True)
    return function, (time.perf_counter() - began) * 1000, len(raw)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    console = Console()
    chosen = random.Random(1)
    indices = [chosen.randrange(LEAVES) for _ in range(PROOFS)]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "log"
        console.print(f"Writing the tiles of {LEAVES:,} leaves …")
        build(root, LEAVES, indices)
        os.sync()
        count = sum(1 for _ in new_tiles(0, LEAVES))
        proofs = list(_measure(root, indices))
        function, command, size = _check_times(Path(folder))
    times = sorted(one.ms for one in proofs)
    worst = times[-1]
    table = Table("", "", "goal", title=f"One proof out of {LEAVES:,} leaves, {count:,} tiles; {PROOFS} processes")
    table.add_row("proof, cold, median", f"{statistics.median(times):.1f} ms", f"≤ {GOAL_MS:.0f} ms")
    table.add_row("proof, cold, slowest", f"{worst:.1f} ms", "met" if worst <= GOAL_MS else "MISSED")
    table.add_row("the process besides", f"{statistics.median(one.start_ms for one in proofs):.0f} ms", "")
    table.add_row(
        "memory, peak and growth",
        f"{max(one.mib for one in proofs):.0f} + {max(one.grown_mib for one in proofs):.1f} MiB",
        "",
    )
    table.add_row(f"check of {size // 1024} KiB, all steps", f"{function:.1f} ms", "")
    table.add_row("audit verify, whole command", f"{command:.0f} ms", "")
    console.print(table)
    _RESULTS.mkdir(exist_ok=True)
    at = datetime.now(UTC)
    result = {
        "at": at.isoformat(), "leaves": LEAVES, "proof_ms": times, "check_ms": function, "command_ms": command,
        "peak_mib": max(one.mib for one in proofs),
    }  # fmt: skip
    (_RESULTS / f"proof-{at:%Y%m%dT%H%M%SZ}.json").write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        took_ms, grown_mib = prove_once(Path(sys.argv[1]), int(sys.argv[2]))
        print(json.dumps([took_ms, grown_mib, _peak_mib()]))
    else:
        main()
