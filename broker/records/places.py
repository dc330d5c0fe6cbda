"""Places as far as a report tells them."""

import msgspec

from broker.records.problems import Problem, Problems
from broker.records.texts import country_problems, locode_problems
from broker.types.vocabulary import Word


class PlaceRole(Word):
    """What a place has to do with an incident.

    ``ORIGIN`` is for reports that do not say whether goods were made or sent from there.
    """

    UNKNOWN = "UNKNOWN"
    HAPPENED_IN = "HAPPENED_IN"
    MADE_IN = "MADE_IN"
    SENT_FROM = "SENT_FROM"
    ORIGIN = "ORIGIN"
    TRANSIT = "TRANSIT"
    DESTINATION = "DESTINATION"
    NOT_STATED = "NOT_STATED"


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place as far as the report tells it."""

    role: PlaceRole = PlaceRole.NOT_STATED
    country: str = ""
    locode: str | None = None
    region: str | None = None
    withheld: bool = False
    as_written: str = ""

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the place's codes."""
        if self.country:
            yield from country_problems("country", self.country)
        elif not self.withheld:
            yield Problem("country", "missing", "must not be empty unless the place is withheld")
        yield from locode_problems("locode", self.locode, country=self.country)
