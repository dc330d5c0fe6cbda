"""The marking of a message: who may have it, for what and until when.

The TLP label is not here: it stands in the header only, where even a keyless handler sees it.
"""

from datetime import datetime

import msgspec

from broker.records.problems import Problem, Problems
from broker.records.texts import name_problems, repetition_problems
from broker.types.vocabulary import Handling, Purpose, Word


class SourceEvaluation(Word):
    """How far the source is trusted (the 4×4 system of Europol)."""

    UNKNOWN = "UNKNOWN"
    A = "A"
    B = "B"
    C = "C"
    X = "X"

    @property
    def word(self) -> str:
        """The letter itself."""
        return self.value


class InformationEvaluation(Word):
    """How far the information is trusted (the 4×4 system of Europol)."""

    UNKNOWN = "UNKNOWN"
    I1 = "I1"
    I2 = "I2"
    I3 = "I3"
    I4 = "I4"

    @property
    def word(self) -> str:
        """The digit alone, as people write it behind the source's letter: ``B2``."""
        return self.value.removeprefix("I")


class Basis(Word):
    """Whether something is a fact or somebody's assessment."""

    UNKNOWN = "UNKNOWN"
    FACT = "FACT"
    ASSESSMENT = "ASSESSMENT"
    NOT_STATED = "NOT_STATED"


class Marking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may have a message, for what and until when."""

    handling: tuple[Handling, ...] = ()
    handling_text: str = ""
    purposes: tuple[Purpose, ...]
    source_evaluation: SourceEvaluation = SourceEvaluation.X
    information_evaluation: InformationEvaluation = InformationEvaluation.I4
    basis: Basis = Basis.NOT_STATED
    recipients: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    release_after: datetime | None = None
    retain_until: datetime | None = None

    def broken_rules(self) -> Problems:
        """Yield what contradicts itself in the marking."""
        yield from repetition_problems("handling", self.handling)
        yield from repetition_problems("purposes", self.purposes)
        if not self.purposes:
            yield Problem("purposes", "missing", "without a purpose nobody could use the message: name at least one")
        if (Handling.H3 in self.handling) != bool(self.handling_text.strip()):
            yield Problem("handling_text", "bad-handling", "H3 and its text belong together")
        yield from name_problems("recipients", self.recipients)
        yield from name_problems("excluded", self.excluded)
        for name in sorted(set(self.recipients) & set(self.excluded)):
            yield Problem("excluded", "contradiction", f"{name[:60]} is a recipient as well")
        if self._is_purged_before_release():
            yield Problem("retain_until", "contradiction", "lies before the end of the embargo")

    def _is_purged_before_release(self) -> bool:
        release, purge = self.release_after, self.retain_until
        if release is None or purge is None or release.tzinfo is None or purge.tzinfo is None:
            return False  # a time without a zone cannot be compared, and is a problem of its own
        return purge <= release


def strictest(original: Marking, passed_on: Marking) -> Marking:
    """Return the marking of a message that somebody else passes on: no wider than its author's in anything.

    Whom it is for is the forwarder's to say, and a grant's to limit; whom it is not for, the author's as well.
    """
    texts = dict.fromkeys(text for text in (original.handling_text, passed_on.handling_text) if text.strip())
    return msgspec.structs.replace(
        original,
        handling=tuple(dict.fromkeys((*original.handling, *passed_on.handling))),
        handling_text="; ".join(texts),
        purposes=tuple(one for one in original.purposes if one in passed_on.purposes),
        recipients=passed_on.recipients or original.recipients,
        excluded=tuple(dict.fromkeys((*original.excluded, *passed_on.excluded))),
        release_after=max(_times(original.release_after, passed_on.release_after), default=None),
        retain_until=min(_times(original.retain_until, passed_on.retain_until), default=None),
    )


def _times(*several: datetime | None) -> list[datetime]:
    return [one for one in several if one is not None]
