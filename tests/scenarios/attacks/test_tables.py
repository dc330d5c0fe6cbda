"""A participant publishes conditions that are no table of its own to make, or that cost every reader a second."""

import json
from typing import Any

import pytest

from broker.deciders import Deciders, tables_in_force
from broker.directory.entries import ConditionsEntry
from broker.errors import BadTable
from broker.policy.builtin import open_house_table, open_national_table
from broker.policy.table import Layer, Table, format_table
from broker.types.names import Participant
from tests.support.exercise import Exercise
from tests.support.federation import Federation, a_federation, admin_stream, text_digest
from tests.support.records import a_core

NL = Participant("NL")


def with_conditions(text: str) -> Federation:
    federation = a_federation()
    entry = ConditionsEntry(participant="NL", table=text, digest=text_digest(text))
    federation.say(entry, admin_stream("NL"))
    return federation


def a_table(layer: Layer) -> str:
    table = open_national_table("NL")
    return format_table(Table(table.name, layer, table.version, table.author, table.rules))


@pytest.mark.parametrize("layer", [layer for layer in Layer if layer is not Layer.NATIONAL])
def test_conditions_that_call_themselves_another_layer_are_no_conditions(layer: Layer) -> None:
    directory = with_conditions(a_table(layer)).directory
    with pytest.raises(BadTable, match="national"):
        tables_in_force(directory, NL)


def test_conditions_of_the_national_layer_are_in_force() -> None:
    assert Layer.NATIONAL is tables_in_force(with_conditions(a_table(Layer.NATIONAL)).directory, NL)[1].layer


def test_a_table_that_is_none_is_read_once_and_not_for_every_message(monkeypatch: pytest.MonkeyPatch) -> None:
    conditions = json.dumps([["no", "table", 1]])
    directory = with_conditions(conditions).directory
    read: list[str] = []
    loads = json.loads

    def counting(text: str, *args: Any, **options: Any) -> Any:
        read.append(text)
        return loads(text, *args, **options)

    monkeypatch.setattr(json, "loads", counting)
    deciders = Deciders(open_house_table("BE/~1"))
    said = {str(_refusal(deciders, directory)) for _ in range(3)}
    assert (1, 1) == (len(said), read.count(conditions))


def _refusal(deciders: Deciders, directory: Any) -> BadTable:
    with pytest.raises(BadTable) as refused:
        deciders.decider(directory, NL)
    return refused.value


async def test_nobody_sees_messages_under_conditions_that_are_no_table(exercise: Exercise) -> None:
    exercise.federation.say(ConditionsEntry(participant="NL", table="no", digest=text_digest("no")), admin_stream("NL"))
    await exercise.announce()
    node = exercise.node()
    await exercise.write({"core": a_core()})
    await exercise.write({"core": a_core("BE")}, by="BE/customs")
    await node.receive()
    assert ["BE/customs/1#1"] == [str(one.message) for one in node.items("BE/police")]
