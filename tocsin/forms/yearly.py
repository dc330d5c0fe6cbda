"""Form D at a node: made on screen from what an authority sees; what leaves the node is decided about part by part."""

from collections.abc import Callable
from functools import reduce

import msgspec

from broker.errors import InvalidRecord
from broker.figures.derived import Derived
from broker.figures.form_d import FormD, form_d
from broker.figures.reported import Reported
from broker.figures.sieve import Scope
from broker.figures.statistic import statistics_core
from broker.records.checking import problems_in
from broker.records.forwarded import stricter
from broker.records.problems import refuse
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import Purpose, Role, Sector, Tlp
from producers.draft import Draft, draft_record
from tocsin.cataloguing import catalogue_at
from tocsin.forms.gathering import gather_year, part_on
from tocsin.forms.leaving import Departure, Leaving, decide_leaving
from tocsin.installation import Node


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Which form somebody asks for.

    Args:
        none_of: Substances of which the person says that there was none.
    """

    reader: Originator
    scope: Scope
    none_of: tuple[str, ...] = ()


class YearForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form, and what stands on it.

    Attributes:
        records: All that it was made from.
        tlp: The strictest label of what was counted.
        departure: What was decided about each part; None on screen, where nothing is.
    """

    wish: Wish
    form: FormD
    records: tuple[Reported, ...]
    tlp: Tlp
    departure: Departure | None = None

    @property
    def derived(self) -> Derived | None:
        """The whole marking; None on screen."""
        return None if self.departure is None else self.departure.mark


def year_form(node: Node, wish: Wish) -> YearForm:
    """Return the form as the authority may look at it: from everything that it sees.

    Raises:
        InvalidRecord: There are cases of a substance of which there are said to be none.
        BrokerError: The index of the node cannot be used.
    """
    records = gather_year(node, wish.reader, wish.scope)
    form = form_d(records, wish.scope, part_on=part_on(catalogue_at(node, wish.reader)), none_of=wish.none_of)
    counted = set(form.counted)
    labels = {one.facts.tlp for one in records if one.name in counted}
    return YearForm(wish=wish, form=form, records=records, tlp=reduce(stricter, labels, Tlp.CLEAR))


def leaving_form(
    node: Node, looked_at: YearForm, purpose: Purpose, progress: Callable[[int], None] = lambda _: None
) -> YearForm:
    """Return the form as it may leave the node: each part decided about, and without those that may not.

    Raises:
        AccessDenied, MissingItem: Not one of its parts may leave.
    """
    wish, counted = looked_at.wish, set(looked_at.form.counted)
    leaving = Leaving(reader=wish.reader, purpose=purpose)
    parts = [one for one in looked_at.records if one.name in counted]
    departure = decide_leaving(node, leaving, parts, progress)
    departure.check_some(leaving)
    barred = {one.reported.name: f"{one.says} (rule {one.rule})" for one in departure.kept}
    form = form_d(
        looked_at.records,
        wish.scope,
        part_on=part_on(catalogue_at(node, wish.reader)),
        none_of=wish.none_of,
        barred=barred,
    )
    return msgspec.structs.replace(looked_at, form=form, tlp=departure.mark.tlp, departure=departure)


def check_publisher(node: Node, authority: Originator) -> None:
    """Check that an authority may publish a country's figures: its focal point, or its regulator.

    Raises:
        InvalidRecord: It is neither.
    """
    entries = node.directory.authorities(node.clock())
    official = [one.authority for one in entries if Role.FOCAL_POINT in one.roles or one.sector is Sector.REGULATOR]
    if authority not in official:
        own = [one for one in official if participant_of(one) == node.participant]
        hint = f"Of {node.participant}, {', '.join(own)} may." if own else f"{node.participant} has appointed none."
        raise InvalidRecord(f"{authority} is neither focal point nor regulator: it publishes no figures", hint=hint)


def draft_statistics(node: Node, made: YearForm, *, reference: str, recipients: tuple[str, ...]) -> Draft:
    """Return the draft of the record of a form that may leave the node; it carries the strictest marking of its parts.

    Raises:
        InvalidRecord: Nothing was decided about, or the parts allow no purpose or no recipient in common.
    """
    derived = made.derived
    if derived is None:
        raise InvalidRecord("a form is published only after each of its parts was decided about")
    if not made.form.lines:
        hint = "Missing is not zero. To report that there was none of a substance: --none ID"
        raise InvalidRecord("the form has no figure: there is nothing to publish", hint=hint)
    if derived.for_nobody_else:
        raise InvalidRecord("the incidents behind the figures are for different recipients: there is nobody to tell")
    allowed = derived.marking.recipients
    foreign = [one for one in recipients if allowed and one not in allowed]
    if foreign:
        raise InvalidRecord(f"an incident behind the figures is for {', '.join(allowed)} alone, not for {foreign[0]}")
    marking = msgspec.structs.replace(derived.marking, recipients=recipients or allowed)
    core = statistics_core(made.form, Derived(derived.tlp, marking), reference=reference)
    refuse(problems_in(core))
    return draft_record(
        core,
        authority=made.wish.reader,
        tlp=derived.tlp,
        status=made.wish.scope.status,
        authored_at=node.clock(),
    )
