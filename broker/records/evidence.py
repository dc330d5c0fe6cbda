"""Incidents: the evidence section, what a report rests on."""

from datetime import date

import msgspec

from broker.records.bounds import Count, Sha256
from broker.records.problems import Problems
from broker.records.texts import language_problems, required_problems


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the report comes from."""

    kind: str
    address: str = ""
    language: str = ""
    title: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the source's codes."""
        yield from language_problems("language", self.language)


class LaboratoryFinding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a laboratory found."""

    method: str = ""
    result: str
    laboratory: str = ""
    analysed_on: date | None = None

    def broken_rules(self) -> Problems:
        """Yield a problem if nothing was found."""
        yield from required_problems("result", self.result)


class AttachmentReference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that travels by itself."""

    sha256: Sha256
    size_bytes: Count
    media_type: str
    description: str = ""

    def broken_rules(self) -> Problems:
        """Yield a problem if the file's type is not told."""
        yield from required_problems("media_type", self.media_type)


class IncidentEvidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an incident's report rests on."""

    sources: tuple[Source, ...] = ()
    findings: tuple[LaboratoryFinding, ...] = ()
    attachments: tuple[AttachmentReference, ...] = ()
