"""Everything that a demo brought to light; the JSON document and the screen are two ways to print it."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tocsin.demo.cast import CastReader
from tocsin.demo.document import Document
from tocsin.demo.permission import Asked
from tocsin.demo.sides import Alert, Side
from tocsin.demo.views import LayerShare, Reason
from tocsin.demo.withdrawing import TakenBack


class ReaderView(msgspec.Struct, frozen=True):
    """A reader that is shown, and the rules that set it apart: what it may see by them, and what it may not."""

    reader: CastReader
    reasons: tuple[Reason, ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a demo.

    Attributes:
        rows: In the file, the refused ones included.
        linked: Reports that are second reports or parts of another one.
        parked: Reports that wait for another one that nobody has published.
        sides: One report as several see it.
        nodes: Whose databases were audited.
        asked: How one of the readers asked for more than it may; None where nobody had anything to ask for.
        taken_back: The same report taken back; None likewise.
        deeds: What was done in each attempt to tamper, by its name.
        complaints: What should not be so; a demo with any has failed.
    """

    file: str
    participants: int
    authorities: int
    rows: int
    linked: int
    parked: int
    readers: tuple[ReaderView, ...]
    layers: tuple[LayerShare, ...]
    sides: tuple[Side, ...]
    sided: str | None
    alert: Alert | None
    nodes: int
    deeds: Mapping[str, str]
    asked: Asked | None
    taken_back: TakenBack | None
    document: Document
    complaints: tuple[str, ...]


def complaints_of(document: Document, layers: Sequence[LayerShare], *, is_sample: bool) -> tuple[str, ...]:
    """Return what should not be so in the result of a demo."""
    found = [
        f"{view.reader} was not decided about for every report"
        for view in document.views
        if view.released + view.redacted + view.denied != document.published
    ]
    if document.audit.findings:
        found.append(f"the audit of the untouched record has {document.audit.findings} findings")
    found += (f"nobody noticed: {one.attempt}" for one in document.tampering if not one.caught)
    found += (one for one in (_sealing(document), _permission(document, is_sample=is_sample)) if one)
    found += _recall(document)
    if is_sample:
        # Reports of one's own need not touch every layer; the sample data is chosen so that they do.
        found += (f"the {share.layer.word} layer never decided" for share in layers if not share.count)
    return tuple(found)


def _sealing(document: Document) -> str:
    sealing = document.sealing
    if sealing is None or sealing.opened_without_keys == 0 == sealing.opened_by_uninvited - sealing.invited:
        return ""
    return "something sealed could be read without having been released"


def _permission(document: Document, *, is_sample: bool) -> str:
    if document.permission is None:
        return "no export was refused" if is_sample else ""
    return "" if document.permission.exported else "a grant was asked for, and the export is still refused"


def _recall(document: Document) -> Iterator[str]:
    recall = document.recall
    if recall is None:
        return
    left = [one.reader for one in recall.holders if not (one.withdrawn and one.content_gone and one.keys_gone)]
    if left:
        yield f"{recall.message} was taken back and is still at {', '.join(left)}"
    if recall.missing:
        yield f"{recall.missing} holders of {recall.message} have sent no receipt for its removal"
