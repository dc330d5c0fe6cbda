import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from broker.errors import BadTable
from broker.policy.builtin import (
    community_table,
    marking_table,
    open_house_table,
    open_national_table,
    open_release_table,
    schema_text,
)
from broker.policy.rule import Members, OneOf
from broker.policy.schema import table_schema
from broker.policy.table import MAX_RULES, MAX_TABLE_CHARACTERS, Layer, format_table, parse_table, table_digest

TEXT = """{
  "name": "nl-conditions",
  "layer": "national",
  "version": 3,
  "author": "NL/~admin",
  "rules": [
    {
      "id": "police-only",
      "effect": "permit",
      "says": "Only police and customs – “nobody” else.",
      "when": {
        "tlp": ["GREEN", "AMBER"],
        "relation": {
          "all": ["community"],
          "any": ["named", "group"],
          "none": ["excluded"]
        },
        "sector": ["police", "customs"]
      }
    },
    {
      "id": "no-export",
      "effect": "never",
      "says": "Nothing leaves.",
      "when": {
        "action": ["export"]
      }
    }
  ]
}
"""


def changed(**members: object) -> str:
    return json.dumps(json.loads(TEXT) | members, indent=1)


def with_rule(**members: object) -> str:
    value = json.loads(TEXT)
    value["rules"] = [value["rules"][0] | members]
    return json.dumps(value, indent=1)


def with_when(**when: object) -> str:
    return with_rule(when=when)


def test_reads_a_table() -> None:
    table = parse_table(TEXT, source="nl.json")
    assert ("nl-conditions", Layer.NATIONAL, 3, "NL/~admin") == (table.name, table.layer, table.version, table.author)
    assert (
        OneOf("tlp", ("GREEN", "AMBER")),
        Members("relation", all_of=("community",), any_of=("named", "group"), none_of=("excluded",)),
        OneOf("sector", ("police", "customs")),
    ) == table.rules[0].when


def test_prints_exactly_the_canonical_text_that_it_reads() -> None:
    assert TEXT == format_table(parse_table(TEXT, source="nl.json"))


@pytest.mark.parametrize(
    "table",
    [community_table(), marking_table(), open_national_table("NL"), open_house_table("X"), open_release_table("X")],
)
def test_reads_back_every_table_that_ships(table: Any) -> None:
    assert table == parse_table(format_table(table), source="shipped")


def test_white_space_and_the_order_of_words_and_members_do_not_change_the_digest() -> None:
    value = json.loads(TEXT)
    value["rules"][0]["when"] = {
        "sector": ["customs", "police"],
        "relation": {"none": ["excluded"], "any": ["group", "named"], "all": ["community"]},
        "tlp": ["AMBER", "GREEN"],
    }
    other = parse_table(json.dumps(dict(reversed(value.items()))), source="nl.json")
    assert table_digest(parse_table(TEXT, source="nl.json")) == table_digest(other)


def test_the_order_of_rules_and_the_version_change_the_digest() -> None:
    rules = json.loads(TEXT)["rules"]
    digests = {
        table_digest(parse_table(text, source="nl.json"))
        for text in (TEXT, changed(rules=rules[::-1]), changed(version=4))
    }
    assert 3 == len(digests)


REFUSED = {
    "an empty file": ("", "line 1", "JSON"),
    "no JSON": (TEXT.replace('"version": 3,', '"version": 3'), "line 5", "no JSON"),
    "a number too long": (TEXT.replace('"version": 3,', f'"version": {"9" * 5000},'), "line 1", "no JSON"),
    "too deep": ("[" * 100_000 + "]" * 100_000, "line 1", "no JSON"),
    "too large": (TEXT + " " * MAX_TABLE_CHARACTERS, "line 1", "at most"),
    "a list": ("[]", "line 1", "expected an object"),
    "a member twice": (TEXT.replace('"version": 3,', '"version": 3,\n  "version": 3,'), "line 5", "second time"),
    "a fact twice": (TEXT.replace('"tlp"', '"sector": ["police"],\n        "tlp"'), "line 19", "second time"),
    "a member twice, escaped": (TEXT.replace('"author"', '"n\\u0061me": "x",\n "author"'), "line 5", "second time"),
    "an unknown member": (TEXT.replace('"author"', '"autor"'), "line 5", "did you mean 'author'?"),
    "a missing member": (TEXT.replace('  "author": "NL/~admin",\n', ""), "line 1", "author is missing"),
    "an unknown layer": (TEXT.replace('"national"', '"nationall"'), "line 3", "did you mean 'national'?"),
    "a version of text": (TEXT.replace('"version": 3', '"version": "3"'), "line 4", "whole number"),
    "a version that is true": (TEXT.replace('"version": 3', '"version": true'), "line 4", "whole number"),
    "version 0": (TEXT.replace('"version": 3', '"version": 0'), "line 4", "whole number"),
    "a name with capitals": (TEXT.replace("nl-conditions", "NL"), "line 2", "lower-case"),
    "no rules": (changed(rules=[]), "line 6", "list of 1 to"),
    "too many rules": (changed(rules=[{}] * (MAX_RULES + 1)), "line 6", "list of 1 to"),
    "a rule that is text": (changed(rules=["permit"]), "line 7", "expected an object"),
    "a rule twice": (TEXT.replace("no-export", "police-only"), "line 22", "second time"),
    "an unknown effect": (TEXT.replace('"never"', '"nevr"'), "line 23", "did you mean 'never'?"),
    "an empty sentence": (TEXT.replace('"Nothing leaves."', '" "'), "line 24", "not empty"),
    "a sentence of two lines": (TEXT.replace("Nothing leaves.", "No.\\nthing"), "line 24", "one line"),
    "a sentence with a terminal code": (TEXT.replace("Nothing", "\\u001b[2J"), "line 24", "one line"),
    "a sentence with half a character": (TEXT.replace("Nothing", "\\ud800"), "line 24", "one line"),
    "a long sentence": (TEXT.replace("Nothing", "No" * 200), "line 24", "allowed"),
    "a rule without conditions": (TEXT.replace('"when": {\n        "action"', '"if": {\n "action"'), "line 25", "'if'"),
    "conditions that are a list": (with_rule(when=[]), "line 11", "has to be an object"),
    "an unknown fact": (TEXT.replace('"sector"', '"sektor"'), "line 18", "did you mean 'sector'?"),
    "an unknown word": (TEXT.replace('"customs"', '"custom"'), "line 18", "did you mean 'customs'?"),
    "a word of another fact": (TEXT.replace('"export"', '"police"'), "line 26", "'police' is no word of 'action'"),
    "a word in capitals": (TEXT.replace('"GREEN"', '"green"'), "line 12", "known are CLEAR, GREEN"),
    "the word unknown": (TEXT.replace('"GREEN"', '"unknown"'), "line 12", "no word of 'tlp'"),
    "a word that is a number": (with_when(tlp=[1]), "line 13", "'1' is no word"),
    "a word that is a list": (with_when(tlp=[["RED"]]), "line 13", "is no word of 'tlp'"),
    "a word twice": (with_when(tlp=["RED", "RED"]), "line 14", "twice"),
    "an empty list of words": (with_when(tlp=[]), "line 12", "not an empty one"),
    "a word instead of a list": (with_when(tlp="RED"), "line 12", "expected a list"),
    "a list for a set": (with_when(relation=["own"]), "line 12", "is a set"),
    "an empty set condition": (with_when(relation={}), "line 12", "is a set"),
    "an unknown set condition": (with_when(relation={"al": ["own"]}), "line 13", "did you mean 'all'?"),
    "a set for a word": (with_when(tlp={"any": ["RED"]}), "line 12", "expected a list"),
    "all and none of one word": (with_when(relation={"all": ["own"], "none": ["own"]}), "line 12", "never apply"),
    "any and none of the same": (with_when(relation={"any": ["own"], "none": ["own"]}), "line 12", "never apply"),
}


@pytest.mark.parametrize(("text", "line", "message"), REFUSED.values(), ids=REFUSED)
def test_refuses_the_whole_table_and_names_file_and_line(text: str, line: str, message: str) -> None:
    with pytest.raises(BadTable) as caught:
        parse_table(text, source="nl.json")
    said = str(caught.value)
    assert said.startswith(f"nl.json, {line}: "), said
    assert message in said


def test_the_published_schema_is_the_one_of_the_vocabulary() -> None:
    assert table_schema() == json.loads(schema_text())


@pytest.mark.parametrize("table", [community_table(), marking_table(), open_national_table("NL")])
def test_the_published_schema_accepts_every_table_that_ships(table: Any) -> None:
    jsonschema.Draft202012Validator(table_schema()).validate(json.loads(format_table(table)))


@pytest.mark.parametrize("case", ["an unknown fact", "an unknown word", "an unknown layer", "a list for a set"])
def test_the_published_schema_refuses_what_the_parser_refuses(case: str) -> None:
    validator = jsonschema.Draft202012Validator(table_schema())
    assert not validator.is_valid(json.loads(REFUSED[case][0]))
