"""The tables that ship with the package; the only place that reads them."""

from functools import cache
from importlib import resources

from broker.policy.rule import Effect, Rule
from broker.policy.table import Layer, Table, parse_table


@cache
def marking_table() -> Table:
    """Return how every marking is read; part of the format, so the same on every node."""
    return _load("marking.json")


@cache
def community_table() -> Table:
    """Return the baseline that a federation starts from; its hub administrators publish it in the directory."""
    return _load("community.json")


def open_national_table(participant: str) -> Table:
    """Return the national table of a participant that published no conditions: it adds none."""
    says = f"{participant} has published no conditions of its own."
    return _permissive(f"no-conditions-{participant.lower()}", Layer.NATIONAL, participant, says)


def open_house_table(node: str) -> Table:
    """Return the house table of a node that wrote none: it adds no rule."""
    return _permissive("no-house-rules", Layer.HOUSE, node, "This node has no house rules of its own.")


def open_release_table(node: str) -> Table:
    """Return the release table of a node that wrote none: it holds back nothing that the other tables permit."""
    return _permissive("no-release-rules", Layer.RELEASE, node, "This node has no release rules of its own.")


def schema_text() -> str:
    """Return the published JSON Schema of a table."""
    return _read("table.schema.json")


def _permissive(name: str, layer: Layer, author: str, says: str) -> Table:
    return Table(name, layer, 1, author, (Rule("no-objection", Effect.PERMIT, says, ()),))


def _load(name: str) -> Table:
    return parse_table(_read(name), source=name)


def _read(name: str) -> str:
    return (resources.files("broker.policy") / name).read_text("utf-8")
