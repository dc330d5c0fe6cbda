"""What a file's header says in terms of our columns."""

from collections.abc import Sequence

from broker.errors import BadMapping
from producers.intake.columns import ADDED
from producers.intake.limits import MAX_COLUMNS
from producers.intake.mapping import IGNORED, NO_MAPPING, ColumnMapping
from producers.intake.nearest import did_you_mean


def target_of(name: str, mapping: ColumnMapping) -> str | None:
    """Return our column for the file's column *name*; ``IGNORED`` where it has none, None where nobody knows it."""
    name = name.strip()
    if name in mapping.columns:
        return mapping.columns[name]
    plain = "_".join(name.casefold().replace("-", " ").split())
    if plain in ADDED:
        return IGNORED
    return plain if plain in mapping.known.columns else None


def resolve_header(names: Sequence[str], mapping: ColumnMapping = NO_MAPPING) -> tuple[str, ...]:
    """Return our column for each of a file's columns, ``IGNORED`` for those that the mapping leaves out.

    Raises:
        BadMapping: Columns are unknown, twice there or needed and absent; the message names all of them.
    """
    mistakes: list[str] = []
    if len(names) > MAX_COLUMNS:
        raise BadMapping(
            f"the header has {len(names)} columns; at most {MAX_COLUMNS} are read",
            hint="delete empty and unused columns",
        )
    targets: list[str] = []
    for position, name in enumerate(names, start=1):
        target = target_of(name, mapping)
        if target is None:
            mistakes.append(_unknown(name, position, mapping))
        elif target != IGNORED and target in targets:
            mistakes.append(f"column {name.strip()!r} gives {target}, as another column does already")
        elif target != IGNORED and target in mapping.constants:
            mistakes.append(f"column {name.strip()!r} gives {target}, which the mapping file sets for all rows")
        targets.append(target or IGNORED)
    mistakes += [
        f"column {needed!r} is missing: {mapping.known.columns[needed]}"
        for needed in mapping.known.required
        if needed not in targets and needed not in mapping.constants
    ]
    if mistakes:
        raise BadMapping(
            "the header cannot be used: " + "; ".join(mistakes),
            hint='name your columns in a mapping file and pass it with --mapping; map a column to "" to leave it out',
        )
    return tuple(targets)


def _unknown(name: str, position: int, mapping: ColumnMapping) -> str:
    if not name.strip():
        return f"column {position} has no name"
    return f"unknown column {name.strip()[:60]!r}{did_you_mean(name, mapping.known.columns)}"
