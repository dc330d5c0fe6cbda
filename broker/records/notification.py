"""Pre-export notifications (PEN): what an exporting country tells an importing one before goods leave.

Source: 1988 Convention, article 12(10)(a). Companies stand in the trade section alone.
"""

from datetime import date

import msgspec

from broker.records.bounds import Count, Sha256
from broker.records.companies import Company, TradeRole
from broker.records.core import Concerned, Related, digest_problems, head_problems
from broker.records.dates import period_problems
from broker.records.marking import Marking
from broker.records.places import Place
from broker.records.problems import Problem, Problems
from broker.records.quantity import Quantity
from broker.records.shipment import index_problems
from broker.records.substances import Substance
from broker.records.texts import country_problems, language_problems
from broker.types.vocabulary import Word


class NotificationAct(Word):
    """What a notification does."""

    UNKNOWN = "UNKNOWN"
    NOTIFIES = "NOTIFIES"
    AMENDS = "AMENDS"
    CANCELS = "CANCELS"


class NotificationCore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be exported, from where to where, when, and by when the importing country may answer."""

    marking: Marking
    concerned: tuple[Concerned, ...] = ()
    national_reference: str
    related: tuple[Related, ...] = ()
    act: NotificationAct = NotificationAct.NOTIFIES
    notification: Sha256 | None = None
    exporting_country: str
    importing_country: str
    transit_countries: tuple[str, ...] = ()
    substances: tuple[Substance, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    intended_use: str = ""
    points_of_exit: tuple[Place, ...] = ()
    points_of_entry: tuple[Place, ...] = ()
    dispatch_from: date | None = None
    dispatch_to: date | None = None
    is_simplified: bool = False
    shipments_expected: Count | None = None
    import_authorization: str = ""
    export_authorization: str = ""
    answer_by: date | None = None
    deadline_rule: str = ""
    remarks: str = ""
    language: str = ""

    def broken_rules(self) -> Problems:
        """Yield what contradicts itself; which fields article 12(10)(a) asks for is asked before it is sent."""
        yield from head_problems(self)
        yield from self._reference_problems()
        yield from country_problems("exporting_country", self.exporting_country)
        yield from country_problems("importing_country", self.importing_country)
        for index, country in enumerate(self.transit_countries):
            yield from country_problems(f"transit_countries[{index}]", country)
        if self.exporting_country == self.importing_country:
            yield Problem("importing_country", "contradiction", "is the exporting country: nothing is exported")
        if self.dispatch_from is not None and self.dispatch_to is not None:
            yield from (
                Problem("dispatch_to", one.code, one.message)
                for one in period_problems(self.dispatch_from, self.dispatch_to)
            )
        yield from index_problems(self.quantities, len(self.substances))
        yield from language_problems("language", self.language)

    def _reference_problems(self) -> Problems:
        if self.act is NotificationAct.NOTIFIES:
            if self.notification is not None:
                yield Problem("notification", "contradiction", "a new notification speaks of no earlier one")
        elif self.notification is None:
            yield Problem("notification", "missing", "name the notification that this one is about")
        else:
            yield from digest_problems("notification", self.notification)


class NotificationTrade(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The companies of a trade; read by those who may see the section, and by nobody else."""

    companies: tuple[Company, ...]
    no_consignee_known: bool = False

    def broken_rules(self) -> Problems:
        """Yield a problem if a role that only one company has is there twice, or one is denied that is there."""
        if self.no_consignee_known and any(one.role is TradeRole.CONSIGNEE for one in self.companies):
            yield Problem("no_consignee_known", "contradiction", "there is a consignee among the companies")
        for role in (TradeRole.EXPORTER, TradeRole.IMPORTER):
            if sum(one.role is role for one in self.companies) > 1:
                yield Problem("companies", "repeated", f"more than one {role.word}")
