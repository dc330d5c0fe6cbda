"""Everything that a demo brought to light; the JSON document and the screen are two ways to print it."""

from collections.abc import Mapping, Sequence

import msgspec

from tocsin.demo.cast import CastReader
from tocsin.demo.document import Document
from tocsin.demo.sides import Alert, Side
from tocsin.demo.views import LayerShare, Reason


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
    if is_sample:
        # Reports of one's own need not touch every layer; the sample data is chosen so that they do.
        found += (f"the {share.layer.word} layer never decided" for share in layers if not share.count)
    return tuple(found)
