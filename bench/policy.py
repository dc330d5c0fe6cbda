"""How long a decision takes, and what is proved on the tables that ship: ``python -m bench.policy``."""

import json
import sys
import tempfile
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from bench.machine import this_machine
from broker.policy.builtin import community_table
from broker.policy.check import check_table
from broker.policy.decide import Decider, decide
from broker.policy.diagram import count_nodes, diagram
from broker.policy.facts import Facts
from broker.types.vocabulary import Purpose, Relation
from tests.support.policy import ALL_SECTIONS, BASELINE, facts

CALLS: Final = 1_000
REPEATED: Final = 25
REQUESTS: Final = {
    "named": facts(sections=ALL_SECTIONS[:3]),
    "named, five sections": facts(),
    "concerned, three purposes": facts(
        sections=ALL_SECTIONS[:3],
        relation=frozenset({Relation.COMMUNITY, Relation.CONCERNED}),
        purposes=(Purpose.PREVENTION, Purpose.REGULATION, Purpose.INVESTIGATION),
    ),
}


def micros(what: Callable[[], object]) -> float:
    """Return the microseconds of one call, in the best of several rounds."""
    return round(min(timeit.repeat(what, number=CALLS, repeat=REPEATED)) / CALLS * 1e6, 2)


def measure(request: Facts) -> dict[str, float]:
    """Return how long four layers take for one request: worked out, and remembered."""
    decider = Decider(BASELINE)
    return {"decide": micros(lambda: decide(BASELINE, request)), "remembered": micros(lambda: decider.decide(request))}


def main() -> None:
    """Print everything as one JSON document."""
    began = timeit.default_timer()
    check_table(community_table(), community_table())
    checked = timeit.default_timer() - began
    with tempfile.TemporaryDirectory() as folder:
        machine = this_machine(Path(folder))
    document = {
        "machine": msgspec.to_builtins(machine),
        "microseconds": {name: measure(request) for name, request in REQUESTS.items()},
        "nodes": count_nodes(diagram(community_table())),
        "check_seconds": round(checked, 2),
    }
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
