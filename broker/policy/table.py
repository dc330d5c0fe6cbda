"""A decision table: rules of one layer, as people write them and as a digest names them.

The text is JSON; ``table.schema.json`` beside this file describes it. White space, the order of members and the order
of words in a list are free; the order of rules is not, since the first rule that applies is the one that is quoted. The
digest is taken over the canonical text, so two files that say the same have one digest.
"""

import hashlib
import json
import re
from functools import lru_cache
from typing import Final

import msgspec

from broker.errors import BadTable
from broker.policy.positions import Place, read_json
from broker.policy.rule import Rule, read_line, read_object, read_rule, rule_to_json
from broker.policy.vocabulary import nearest
from broker.types.names import Digest
from broker.types.vocabulary import Word

MAX_TABLE_CHARACTERS: Final = 256 * 1024
MAX_RULES: Final = 256
_MEMBERS: Final = ("name", "layer", "version", "author", "rules")
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")


class Layer(Word):
    """Whose table it is. All four of a decision must permit; explanations name the first that does not, in this order.

    The fourth is at home: of a reader, its house rules; of a sender, its release rules.
    """

    MARKING = "MARKING"
    NATIONAL = "NATIONAL"
    COMMUNITY = "COMMUNITY"
    HOUSE = "HOUSE"
    RELEASE = "RELEASE"


class Table(msgspec.Struct, frozen=True, cache_hash=True):
    """A decision table. ``version`` counts from 1; ``author`` is whom explanations name."""

    name: str
    layer: Layer
    version: int
    author: str
    rules: tuple[Rule, ...]


def parse_table(text: str, *, source: str) -> Table:
    """Parse the JSON form of a table; ``source`` is the file's name, for messages.

    Raises:
        BadTable: Anything in it is unknown, missing, double or impossible; the message names the line.
    """
    if len(text) > MAX_TABLE_CHARACTERS:
        raise BadTable(f"{source}, line 1: {len(text)} characters; a table has {MAX_TABLE_CHARACTERS} at most")
    value, place = read_json(text, source=source)
    members = read_object(value, place, _MEMBERS)
    layer = members["layer"]
    if layer not in Layer.words():
        place.at("layer").refuse(f"{str(layer)[:40]!r} is no layer; {nearest(str(layer), Layer.words())}")
    version = members["version"]
    if type(version) is not int or not 1 <= version < 2**31:
        place.at("version").refuse("'version' has to be a whole number, from 1 on")
    return Table(
        name=_check_label(read_line(members["name"], place.at("name")), place.at("name")),
        layer=Layer.from_word(str(layer)),
        version=version,
        author=read_line(members["author"], place.at("author")),
        rules=_read_rules(members["rules"], place.at("rules")),
    )


@lru_cache(maxsize=64)  # every flush notes the tables that it has decided by
def format_table(table: Table) -> str:
    """Return the canonical text of *table*; :func:`parse_table` is its exact inverse."""
    value = {
        "name": table.name,
        "layer": table.layer.word,
        "version": table.version,
        "author": table.author,
        "rules": [rule_to_json(rule) for rule in table.rules],
    }
    return _layout(value, "") + "\n"


@lru_cache(maxsize=1024)
def table_digest(table: Table) -> Digest:
    """Return the SHA-256 of the canonical text of *table*."""
    return Digest(hashlib.sha256(format_table(table).encode()).digest())


def _read_rules(value: object, place: Place) -> tuple[Rule, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_RULES:
        place.refuse(f"'rules' has to be a list of 1 to {MAX_RULES} rules")
    rules: dict[str, Rule] = {}
    for index, item in enumerate(value):
        rule = read_rule(item, place.at(index))
        at_id = place.at(index).at("id")
        if _check_label(rule.id, at_id) in rules:
            at_id.refuse(f"the rule {rule.id!r} stands here a second time")
        rules[rule.id] = rule
    return tuple(rules.values())


def _check_label(label: str, place: Place) -> str:
    if not _NAME.fullmatch(label):
        place.refuse(f"{label[:40]!r} is no name: expected lower-case letters, digits and hyphens")
    return label


def _layout(value: object, indent: str) -> str:
    """Return JSON with two spaces a level, and lists of words on one line."""
    inner = indent + "  "
    if isinstance(value, dict) and value:
        lines = [f"{inner}{_plain(name)}: {_layout(item, inner)}" for name, item in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(inner + _layout(item, inner) for item in value) + f"\n{indent}]"
    return _plain(value)


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
