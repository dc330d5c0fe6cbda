"""The decision diagram of one table: the answer to every request there is, in a few hundred nodes.

A node asks one variable and has a branch for each of its values; a leaf says yes or no. Equal nodes are shared and a
node whose branches agree is left out, so what is true of the diagram is proved for the whole space, not sampled.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

import msgspec

from broker.policy.rule import Effect
from broker.policy.space import LEVEL, VARIABLES, Clause, clauses
from broker.policy.table import Table

Point = Mapping[str, str]
"""Variables and their values; a variable that is left out may have any."""


class Node(msgspec.Struct, frozen=True, eq=False):
    """A question: the level of its variable, and where each of its values leads."""

    level: int
    branches: tuple["Diagram", ...]


Diagram = Node | bool


def diagram(table: Table) -> Diagram:
    """Return the diagram of *table*."""
    return _diagram(clauses(table))


def without_rule(table: Table, index: int) -> Diagram:
    """Return the diagram of *table* as if its rule at *index* were not there."""
    return _diagram(tuple(clause for clause in clauses(table) if clause.rule != index))


def is_permitted(root: Diagram, point: Point) -> bool:
    """Say whether the request at *point* is permitted; the point must answer every question on its path."""
    while isinstance(root, Node):
        variable = VARIABLES[root.level]
        root = root.branches[variable.values.index(point[variable.name])]
    return root


def count_nodes(root: Diagram) -> int:
    """Return the number of different questions."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Node) and id(node) not in seen:
            seen.add(id(node))
            waiting.extend(node.branches)
    return len(seen)


def count_permitted(root: Diagram) -> int:
    """Return how many points of the space are permitted."""
    sizes = [1]
    for variable in reversed(VARIABLES):
        sizes.append(sizes[-1] * len(variable.values))
    below = sizes[::-1]  # below[level]: points of the variables from that level on
    known: dict[int, int] = {}

    def count(node: Diagram, level: int) -> int:
        if not isinstance(node, Node):
            return below[level] if node else 0
        if id(node) not in known:
            known[id(node)] = sum(count(branch, node.level + 1) for branch in node.branches)
        return known[id(node)] * below[level] // below[node.level]

    return count(root, 0)


def paths(root: Diagram) -> Iterator[tuple[dict[str, str], bool]]:
    """Yield every path: the answers along it (only those asked), and where it ends."""
    if not isinstance(root, Node):
        yield {}, root
        return
    variable = VARIABLES[root.level]
    for value, branch in zip(variable.values, root.branches, strict=True):
        for answers, end in paths(branch):
            yield {variable.name: value, **answers}, end


def fixed(root: Diagram, name: str, value: str) -> Diagram:
    """Return the diagram in which variable *name* is known to be *value*, and no longer asked."""
    level = LEVEL[name]
    chosen = VARIABLES[level].values.index(value)
    known: dict[int, Diagram] = {}

    def walk(node: Diagram) -> Diagram:
        if not isinstance(node, Node) or node.level > level:
            return node
        if node.level == level:
            return node.branches[chosen]
        if id(node) not in known:
            known[id(node)] = Node(node.level, tuple(walk(branch) for branch in node.branches))
        return known[id(node)]

    return walk(root)


def first_widening(old: Diagram, new: Diagram) -> Point | None:
    """Return a request that *new* permits and *old* does not; none where there is none in the whole space."""
    narrower: set[tuple[int, int]] = set()

    def walk(before: Diagram, after: Diagram) -> dict[str, str] | None:
        if before is True or after is False or before is after:
            return None
        if before is False and after is True:
            return {}
        key = (id(before), id(after))
        if key in narrower:
            return None
        level = min(node.level for node in (before, after) if isinstance(node, Node))
        for index, value in enumerate(VARIABLES[level].values):
            found = walk(_branch(before, level, index), _branch(after, level, index))
            if found is not None:
                return {VARIABLES[level].name: value, **found}
        narrower.add(key)
        return None

    return walk(old, new)


def _branch(node: Diagram, level: int, index: int) -> Diagram:
    return node.branches[index] if isinstance(node, Node) and node.level == level else node


@lru_cache(maxsize=1024)
def _diagram(rules: tuple[Clause, ...]) -> Diagram:
    return _Builder(rules).build(0, (1 << len(rules)) - 1)


class _Builder:
    """Builds one diagram from the first variable to the last, keeping the set of clauses that can still hold.

    Sets of clauses are integers with one bit a clause. Two prefixes that leave the same clauses share their node.
    """

    def __init__(self, rules: tuple[Clause, ...]) -> None:
        self._nevers = _set_of(index for index, rule in enumerate(rules) if rule.effect is Effect.NEVER)
        self._permits = _set_of(index for index, rule in enumerate(rules) if rule.effect is Effect.PERMIT)
        self._keeps = [
            tuple(
                _set_of(index for index, rule in enumerate(rules) if not rule.forbidden >> variable.shift + at & 1)
                for at in range(len(variable.values))
            )
            for variable in VARIABLES
        ]
        # done[level]: the clauses that ask nothing from that level on, so that they hold if they are still there
        self._done = [
            _set_of(index for index, rule in enumerate(rules) if not rule.forbidden >> variable.shift)
            for variable in VARIABLES
        ] + [self._nevers | self._permits]
        self._known: dict[tuple[int, int], Diagram] = {}
        self._shared: dict[tuple[int, tuple[int, ...]], Node] = {}

    def build(self, level: int, live: int) -> Diagram:
        """Return the diagram from *level* on, where the clauses *live* hold so far."""
        done = live & self._done[level]
        if done & self._nevers or not live & self._permits:
            return False
        if done:
            if not live & self._nevers:
                return True
            live = live & self._nevers | _lowest(done)  # one permit holds already: the other permits do not matter
        key = (level, live)
        if key not in self._known:
            branches = tuple(self.build(level + 1, live & keeps) for keeps in self._keeps[level])
            self._known[key] = self._node(level, branches)
        return self._known[key]

    def _node(self, level: int, branches: tuple[Diagram, ...]) -> Diagram:
        if all(branch is branches[0] for branch in branches):
            return branches[0]
        return self._shared.setdefault((level, tuple(map(id, branches))), Node(level, branches))


def _set_of(indices: Iterator[int]) -> int:
    result = 0
    for index in indices:
        result |= 1 << index
    return result


def _lowest(members: int) -> int:
    return members & -members
