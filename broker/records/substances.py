"""Substances as a report names them, in any script; "unnamed chemical" is legal."""

from datetime import date

import msgspec

from broker.records.problems import Problem, Problems
from broker.records.texts import language_problems
from broker.types.vocabulary import Word


class Identification(Word):
    """How a substance was identified."""

    UNKNOWN = "UNKNOWN"
    DECLARED = "DECLARED"
    LABEL = "LABEL"
    SMELL = "SMELL"
    PRESUMPTIVE = "PRESUMPTIVE"
    LABORATORY = "LABORATORY"
    NOT_STATED = "NOT_STATED"


class Substance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A substance as the report names it."""

    as_written: str
    language: str = ""
    substance_id: str | None = None
    identified: Identification = Identification.NOT_STATED
    identified_on: date | None = None
    physical_form: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the substance's codes."""
        yield from language_problems("language", self.language)
        if self.substance_id is not None and not self.substance_id.strip():
            yield Problem("substance_id", "missing", "must not be empty: null says that it is not known")
