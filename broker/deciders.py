"""Which tables bind a message: its marking, its participant's conditions, the community's table, and one at home.

Every layer can only narrow what the others leave. Marking and community are the same for all nodes; conditions are in
the directory, readable by everybody and binding on every reader. The fourth stays at home: at a reader's node its house
table, at the sender's the release rules, which say who of the others gets keys at all.
"""

from functools import lru_cache

from broker.directory.directory import Directory
from broker.errors import BadTable
from broker.policy.builtin import community_table, marking_table, open_national_table, open_release_table
from broker.policy.decide import Decider, Tables
from broker.policy.table import Layer, Table, parse_table, table_digest
from broker.types.names import Participant


class Deciders:
    """The deciders of one node, one for each participant whose messages it reads or sends.

    A decider remembers its decisions, so it is kept as long as the tables in force stay the same.
    """

    def __init__(self, home: Table) -> None:
        """Prepare to decide by the table *home* beside those that bind everybody."""
        self._home = home
        self._of: dict[Participant, Decider] = {}

    def decider(self, directory: Directory, participant: Participant) -> Decider:
        """Return the decider for messages of *participant* under *directory*.

        Raises:
            BadTable: A table in the directory has a mistake; nothing of it is applied.
        """
        community, national = tables_in_force(directory, participant)
        known = self._of.get(participant)
        # Parsed tables are remembered by their text, so identity answers whether anything changed.
        if known is not None and known.tables.community is community and known.tables.national is national:
            return known
        made = Decider(Tables(marking_table(), national, community, self._home))
        self._of[participant] = made
        return made


class SenderDeciders:
    """The deciders of a node that sends; its release rules bind everybody but its own participant."""

    def __init__(self, release: Table) -> None:
        self._others = Deciders(release)
        self._own = Deciders(open_release_table(release.author))

    def decider(self, directory: Directory, participant: Participant, *, own: bool) -> Decider:
        """Return the decider for messages of *participant* under *directory*.

        Args:
            own: For readers of the participant itself.

        Raises:
            BadTable: A table in the directory has a mistake; nothing of it is applied.
        """
        return (self._own if own else self._others).decider(directory, participant)


def tables_in_force(directory: Directory, participant: Participant) -> tuple[Table, Table]:
    """Return the community's table and the conditions of *participant*.

    Raises:
        BadTable: One of them has a mistake, or the directory names a community table whose text it does not have.
    """
    conditions = directory.conditions(participant)
    return (
        _community(directory),
        _open(participant)
        if conditions is None
        else _parsed(conditions[0], f"the conditions of {participant}", Layer.NATIONAL),
    )


def _community(directory: Directory) -> Table:
    published = directory.community_table()
    if published is not None:
        return _parsed(published[0], "the community's table", Layer.COMMUNITY)
    # Fail closed: the baseline that ships stands in only where it is the very table that the root names.
    if directory.root.community_table_digest != table_digest(community_table()):
        raise BadTable(
            f"the community table {directory.root.community_table_digest.hex()[:16]}… is not in the directory",
            hint="a hub administrator has to publish it; until then nothing is decided",
        )
    return community_table()


def _parsed(text: str, source: str, layer: Layer) -> Table:
    found = _read(text, source)
    if isinstance(found, str):
        raise BadTable(found)
    if found.layer is not layer:
        raise BadTable(f"{source}: a table of the layer {found.layer.word}; only {layer.word} can stand there")
    return found


@lru_cache(maxsize=1024)
def _read(text: str, source: str) -> Table | str:
    """Return a table, or what is wrong with it: that too is worked out once, not for every message it holds up."""
    try:
        return parse_table(text, source=source)
    except BadTable as error:
        return str(error)


@lru_cache(maxsize=1024)
def _open(participant: Participant) -> Table:
    return open_national_table(participant)
