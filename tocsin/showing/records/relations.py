"""Agreements, groups and contacts: who shares with whom, and whom to call."""

from collections.abc import Iterator

from broker.records.agreement import AgreementCore
from broker.records.contact import ContactCore
from broker.records.group import GroupCore
from tocsin.showing.about import Names
from tocsin.showing.plain import plain
from tocsin.showing.records.line import Line, head_lines, period, texts, word_of


def agreement_headline(core: AgreementCore, _names: Names) -> str:
    """Return an agreement in a few words."""
    return plain(f"agreement {core.reference} with {', '.join(core.parties)}")


def agreement_lines(core: AgreementCore, names: Names) -> Iterator[Line]:
    """Yield what is agreed with whom, and how long."""
    yield Line("what", plain(f"agreement {core.reference} {core.title}").strip())
    yield Line("with", plain(", ".join(core.parties)))
    yield Line("covers", ", ".join(word_of(kind) for kind in core.kinds) or "all kinds of records")
    yield Line("when", period(core.starts_on, core.ends_on))
    yield from texts(core, "contact")
    yield from head_lines(core, names)


def group_headline(core: GroupCore, _names: Names) -> str:
    """Return a group in a few words."""
    return plain(f"group {core.name}: {', '.join(core.members)}")


def group_lines(core: GroupCore, names: Names) -> Iterator[Line]:
    """Yield who is in a group, and how long."""
    yield Line("what", plain(f"group {core.name}: {core.title}"))
    yield Line("members", plain(", ".join(core.members)))
    yield Line("when", period(core.starts_on, core.ends_on))
    yield from head_lines(core, names)


def contact_headline(core: ContactCore, _names: Names) -> str:
    """Return a contact in a few words."""
    return plain(f"contact of {core.authority}: {core.telephone}")


def contact_lines(core: ContactCore, _names: Names) -> Iterator[Line]:
    """Yield whom to call."""
    yield Line("what", plain(f"contact of {core.authority}"))
    yield Line("call", plain(f"{core.desk}, {core.telephone} {core.email}").strip())
    yield Line("languages", plain(", ".join(core.languages)))
    yield Line("when", period(core.starts_on, core.ends_on))
