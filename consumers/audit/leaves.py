"""Check the entries of a log against the tiles above them, as far as that can be done piece by piece."""

from typing import Final

from broker import limits
from broker.errors import BadTile, TooLarge
from broker.log.entry import parse_entry
from broker.log.port import LogReader
from broker.log.tiles import WIDTH, Bundle, Tile, parse_bundle, parse_tile
from broker.merkle import Frontier, Hash, leaf_hash
from consumers.audit.units import Bundles, FlawRow, LeafRow, LeavesResult

AT_ONCE: Final = 32
"""Bundles in one piece of work: 8,192 entries."""


def bundles_of(size: int) -> list[Bundles]:
    """Return the pieces that a log of *size* entries is checked in."""
    last = -(-size // WIDTH)
    return [Bundles(start, min(start + AT_ONCE, last), size) for start in range(0, last, AT_ONCE)]


def check_bundles(log: LogReader, piece: Bundles) -> LeavesResult:
    """Read the entries of *piece*, and hold them against the tiles of level 0.

    Raises:
        LogUnavailable: The log does not answer.
    """
    leaves: list[LeafRow] = []
    roots: dict[int, bytes] = {}
    flaws: list[FlawRow] = []
    malformed: list[tuple[int, str]] = []
    for index in range(piece.start, piece.end):
        width = min(WIDTH, piece.size - index * WIDTH)
        entries, wrong_entries = _entries(log, Bundle(index, width))
        hashes, wrong_tile = read_tile(log, Tile(0, index, width))
        own = [leaf_hash(entry) for entry in entries]
        roots[index] = peaks(own)
        if own != hashes:
            differing = [place for place, pair in enumerate(zip(own, hashes, strict=False)) if pair[0] != pair[1]]
            flaws.append(
                FlawRow(
                    index,
                    peaks(hashes),
                    wrong_entries or _differ(differing, index),
                    wrong_tile or _differ(differing, index),
                )
            )
        for place, (entry, hashed) in enumerate(zip(entries, own, strict=True), index * WIDTH):
            if hashes and hashed != hashes[place - index * WIDTH]:
                continue  # that it was changed is said of its bundle; what it says now nobody signed
            try:
                one = parse_entry(entry)
            except BadTile as error:
                malformed.append((place, str(error)))
                continue
            leaves.append(LeafRow(place, one.digest, str(one.stream), one.sequence, one.seen_at, one.federation))
    return LeavesResult(leaves, roots, flaws, malformed)


def peaks(hashes: list[Hash]) -> bytes:
    """Return the roots of the full trees over *hashes*, the largest first, one behind the other."""
    return b"".join(Frontier().grown(hashes).peaks)


def _differ(places: list[int], index: int) -> str:
    shown = ", ".join(str(index * WIDTH + place) for place in places[:5]) + (" …" if len(places) > 5 else "")
    return f"entries and tile differ at {shown}"


def _entries(log: LogReader, bundle: Bundle) -> tuple[list[bytes], str]:
    """Return the entries of a bundle; nothing, and what is wrong, where it is not there."""
    raw = _read(log, bundle, limits.MAX_BUNDLE_BYTES)
    if raw is None:
        return [], "it is missing"
    try:
        entries = parse_bundle(raw)[: bundle.width]
    except BadTile as error:
        return [], f"it is no bundle of entries: {error}"
    if len(entries) != bundle.width:
        return [], f"it has {len(entries)} entries, expected {bundle.width}"
    return list(entries), ""


def read_tile(log: LogReader, tile: Tile) -> tuple[list[Hash], str]:
    """Return the hashes of a tile; nothing, and what is wrong, where it is not there."""
    raw = _read(log, tile, limits.MAX_TILE_BYTES)
    if raw is None:
        return [], "it is missing"
    try:
        hashes = parse_tile(raw, len(raw) // 32)[: tile.width]
    except BadTile as error:
        return [], f"it is no tile: {error}"
    if len(hashes) != tile.width:
        return [], f"it has {len(hashes)} hashes, expected {tile.width}"
    return list(hashes), ""


def _read(log: LogReader, what: Tile | Bundle, most: int) -> bytes | None:
    try:
        raw = log.read(what.path, most=most)
        # Of a log that has grown on the partial ones may have been tidied away.
        return log.read(what.full.path, most=most) if raw is None and what.width != WIDTH else raw
    except TooLarge:
        return b""  # whatever it is: it has not what it has to have
