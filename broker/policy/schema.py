"""The JSON Schema of a table, made from the vocabulary, so that the two cannot disagree."""

from broker.policy.rule import MAX_SENTENCE_CHARACTERS, Effect
from broker.policy.table import MAX_RULES, Layer
from broker.policy.vocabulary import FACTS, Fact

_LINE = {"type": "string", "minLength": 1, "maxLength": MAX_SENTENCE_CHARACTERS}
_LABEL = {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,62}$"}


def table_schema() -> dict[str, object]:
    """Return the JSON Schema (2020-12) of a table's JSON form."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "tocsin policy table",
        "description": "A rule permits if all its conditions hold; never beats permit; nothing permits by itself.",
        **_object(
            {
                "name": _LABEL,
                "layer": {"enum": list(Layer.words())},
                "version": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
                "author": _LINE,
                "rules": {"type": "array", "minItems": 1, "maxItems": MAX_RULES, "items": _rule()},
            }
        ),
    }


def _rule() -> dict[str, object]:
    when = {
        "description": "Conditions, all of which must hold; empty means always.",
        "type": "object",
        "additionalProperties": False,
        "properties": {fact.name: _condition(fact) for fact in FACTS},
    }
    return _object({"id": _LABEL, "effect": {"enum": list(Effect.words())}, "says": _LINE, "when": when})


def _condition(fact: Fact) -> dict[str, object]:
    words = {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": list(fact.words)}}
    if not fact.is_set:
        return {"description": "The fact is one of these words.", **words}
    return {
        "description": "The fact holds all of these words, at least one of any, and none of none.",
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {"all": words, "any": words, "none": words},
    }


def _object(properties: dict[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }
