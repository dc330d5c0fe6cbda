"""The types of the entries agree with their schemas, and come back from Avro as they were."""

import json

import msgspec
import pytest

import schemas
from broker import avro
from broker.directory.entries import ENTRY_TYPES, SECTION_NAMES, ConditionsEntry, Entry, LastValid, schema_path
from tests.support.federation import (
    HUB_STREAM,
    a_federation,
    a_key_entry,
    a_node,
    a_participant,
    a_revocation,
    a_root,
    a_signing_key,
    an_authority,
    text_digest,
)
from tests.support.schema_agreement import disagreements
from tests.support.trade import a_trade_entry

KEY = a_signing_key("a key")
LAST = LastValid(originator="NL/~admin", writer=1, sequence=3, digest=text_digest("a header"))
ENTRIES: tuple[Entry, ...] = (
    a_root([KEY], [a_signing_key("hub")]),
    a_participant("NL", [KEY]),
    an_authority("NL/police"),
    a_node("NL/~1"),
    a_key_entry(KEY, ["NL/police"]),
    a_revocation(KEY, last_valid=(LAST,)),
    ConditionsEntry(participant="NL", table="{}", digest=text_digest("{}")),
    a_trade_entry(),
    a_trade_entry(rule=None, asks=(), simplified_months=0),
)


@pytest.mark.parametrize("section", ENTRY_TYPES)
def test_a_type_agrees_with_its_schema(section: str) -> None:
    assert [] == disagreements(json.loads(schemas.read(schema_path(section))), ENTRY_TYPES[section])


def test_every_schema_of_the_directory_has_a_type() -> None:
    shipped = {path for path in schemas.paths() if path.startswith("directory/")}
    assert {schema_path(section) for section in ENTRY_TYPES} == shipped


@pytest.mark.parametrize("entry", ENTRIES, ids=[SECTION_NAMES[type(entry)] for entry in ENTRIES])
def test_an_entry_comes_back_from_avro(entry: Entry) -> None:
    written_by = avro.schema(schema_path(SECTION_NAMES[type(entry)]))
    assert entry == avro.decode(written_by, avro.encode(written_by, entry), type(entry))


def test_a_message_carries_its_entry_under_the_entrys_name() -> None:
    federation = a_federation(["NL"])
    opened = federation.compose(a_participant("BE", [KEY]), HUB_STREAM)
    assert ["participant"] == [section.name for section in opened.header.sections]


def test_entries_are_frozen() -> None:
    assert all(msgspec.structs.fields(one) and one.__struct_config__.frozen for one in ENTRY_TYPES.values())
