"""What an evidence file tells of its message: only what may leave, as people read it."""

from collections.abc import Iterator

from broker.records.registry import CORE_TYPES
from broker.types.vocabulary import Action, Handling, Section
from consumers.evidence.report import Story
from tocsin.onward import Order, Permitted
from tocsin.showing.items import BANNER, label
from tocsin.showing.plain import moment
from tocsin.showing.records import Line, lines, marking_lines


def tell(order: Order, permitted: Permitted, case: str) -> Story:
    """Return what is told.

    Args:
        case: The proceedings that it is for; empty for an export.
    """
    original = permitted.ruling.original.header
    return Story(
        title=f"Evidence: {original.name}, {label(permitted.item.tlp)}",
        banner=BANNER.get(permitted.item.status, ""),
        handling=tuple(_handling(order, permitted, case)),
        facts=tuple((one.label, one.text) for one in _facts(permitted)),
    )


def _handling(order: Order, permitted: Permitted, case: str) -> Iterator[str]:
    found, wanted, grant = permitted.item, order.wanted, permitted.ruling.grant
    what = f"taken to court by {order.reader}, {case}," if case else f"exported by {order.reader}"
    yield f"{label(found.tlp)}. From {found.author}, {what} for {wanted.purpose.word}. The marking binds this file too."
    if grant is not None:
        until = "" if grant.until is None else f", until {moment(grant.until)}"
        yield f"{grant.by} has permitted it{until}."
    marking = getattr(permitted.ruling.content.content[Section.CORE], "marking", None)
    if wanted.action is not Action.USE_IN_COURT and marking is not None and Handling.H1 in marking.handling:
        yield f"NOT FOR USE IN COURT without the permission of {found.author} (H1)."


def _facts(permitted: Permitted) -> Iterator[Line]:
    ruling = permitted.ruling
    header = ruling.original.header
    yield Line("message", str(header.name))
    yield Line("digest", ruling.original.digest.hex())
    yield Line("from", permitted.item.author)
    yield Line("issued", moment(header.issued_at))
    if permitted.item.forwarded is not None:
        yield Line("passed on", f"to the exporter by {permitted.item.originator}")
    for section in ruling.sections:
        record = ruling.content.content[section]
        yield Line(section.word.upper(), "")
        yield from lines(record)
        if isinstance(record, CORE_TYPES):
            yield from marking_lines(record.marking)
    disclosed = {one.word for one in ruling.sections}
    withheld = [one.name for one in header.sections if one.name not in disclosed]
    if withheld:
        yield Line("WITHHELD", "")
        yield Line("sections", ", ".join(withheld))
