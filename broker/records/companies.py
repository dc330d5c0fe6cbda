"""Companies that take part in a trade, as article 12(10)(a) of the 1988 Convention asks for them.

No message of a problem here repeats what was written: it would carry the data into logs and listings.
"""

import msgspec

from broker.records.problems import Problem, Problems
from broker.records.texts import optional_country_problems
from broker.types.vocabulary import Word


class TradeRole(Word):
    """What a company does in a trade."""

    UNKNOWN = "UNKNOWN"
    EXPORTER = "EXPORTER"
    IMPORTER = "IMPORTER"
    CONSIGNEE = "CONSIGNEE"
    BROKER = "BROKER"
    CARRIER = "CARRIER"
    END_USER = "END_USER"
    OTHER = "OTHER"


class Company(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A company in a trade."""

    role: TradeRole
    name: str
    address: str = ""
    country: str = ""
    registration: str = ""
    telephones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()

    def broken_rules(self) -> Problems:
        """Yield what is wrong with the company, without repeating it."""
        if not self.name.strip():
            yield Problem("name", "missing", "a company without a name")
        if any(optional_country_problems("country", self.country)):
            yield Problem("country", "bad-country", "is no country code: expected two capitals, like NL")
