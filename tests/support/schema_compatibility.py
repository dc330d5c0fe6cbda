"""What the next version of a schema may change: nothing that keeps two versions from reading each other's records."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from tests.support.schema_rules import Json


def incompatibilities(one: Json, other: Json) -> list[str]:
    """Return what keeps two versions of a schema from reading each other's records, in both directions.

    Stricter than Avro: a type is never promoted, because promotion works in one direction only.
    """
    return list(_resolved(_unfolded(one), _unfolded(other), ""))


def history_incompatibilities(versions: Sequence[Json]) -> list[str]:
    """Return the incompatibilities between every two of all *versions* ever released (FULL_TRANSITIVE)."""
    return [found for one, other in combinations(versions, 2) for found in incompatibilities(one, other)]


def _unfolded(schema: Json, known: dict[str, Json] | None = None) -> Json:
    """Return *schema* with each reference replaced by what it names."""
    known = {} if known is None else known
    if isinstance(schema, str):
        return known.get(schema, schema)
    if isinstance(schema, list):
        return [_unfolded(branch, known) for branch in schema]
    full = dict(schema)
    match schema["type"]:
        case "record":
            full["fields"] = [{**field, "type": _unfolded(field["type"], known)} for field in schema["fields"]]
        case "array":
            full["items"] = _unfolded(schema["items"], known)
    if "name" in schema:
        known[schema["name"]] = full
    return full


def _resolved(one: Json, other: Json, at: str) -> Iterator[str]:
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for left, right in zip(one, other, strict=True):
            yield from _resolved(left, right, at)
    elif not (isinstance(one, dict) and isinstance(other, dict)):
        if one != other:
            yield f"{at}: the type changed"
    elif _shape(one) != _shape(other):
        yield f"{at}: the type changed"
    elif one["type"] == "record":
        yield from _resolved_fields(_fields(one), _fields(other), at)
    elif one["type"] == "array":
        yield from _resolved(one["items"], other["items"], f"{at}[]")
    elif one["type"] == "enum":
        yield from _resolved_symbols(one, other, at)


def _resolved_fields(one: dict[str, Json], other: dict[str, Json], at: str) -> Iterator[str]:
    for name in one.keys() ^ other.keys():
        if "default" not in (one.get(name) or other[name]):
            yield f"{at}.{name}: only one version has it, and it has no default"
    for name in one.keys() & other.keys():
        yield from _resolved(one[name]["type"], other[name]["type"], f"{at}.{name}")


def _resolved_symbols(one: Json, other: Json, at: str) -> Iterator[str]:
    if one.get("default") != other.get("default"):
        yield f"{at}: the enum's default changed"
    elif one["symbols"] != other["symbols"] and one.get("default") not in one["symbols"]:
        yield f"{at}: the enum's symbols changed, and it has no default"
    if not (set(one["symbols"]) <= set(other["symbols"]) or set(other["symbols"]) <= set(one["symbols"])):
        yield f"{at}: a symbol was removed or renamed"


def _fields(record: Json) -> dict[str, Json]:
    return {field["name"]: field for field in record["fields"]}


def _shape(schema: Json) -> dict[str, Json]:
    """Return what two versions of a type must have in common."""
    return {key: schema.get(key) for key in ("type", "name", "size", "logicalType", "precision", "scale")}
