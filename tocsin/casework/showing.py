"""Cases, suggestions and matches as rows, lines and documents. No person and no company is named in any of them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from broker.cases.balance import Sum
from broker.cases.facts import IncidentFacts, Measure
from broker.types.names import Originator
from broker.types.vocabulary import Section
from tocsin.casework.case_view import Case, Part
from tocsin.casework.matching import Hit, Matching
from tocsin.casework.queries import Asked, Asking
from tocsin.casework.search import Found
from tocsin.casework.suggesting import Suggestion
from tocsin.showing.about import Names
from tocsin.showing.items import label
from tocsin.showing.plain import amount, counted, moment, plain
from tocsin.showing.records import Line, headline

FOUND_COLUMNS: Final = ("message", "reference", "tlp", "type", "day", "country", "substance", "amount")
ASKING_COLUMNS: Final = ("day", "person", "questions", "different", "matched")
QUERY_COLUMNS: Final = ("asked", "person", "purpose", "kind", "term", "found", "elsewhere")
CASE_COLUMNS: Final = ("first message", "messages", "not yours", "from", "until", "requests open")
HIT_COLUMNS: Final = ("message", "reference", "from", "record", "in")
_NO_MESSAGE: Final = "(not signed yet)"
_TERM_SHOWN: Final = 8
_GRAM: Final = Decimal("0.001")


def found_row(one: Found) -> tuple[str, ...]:
    """Return an incident as a row of a list."""
    facts = one.facts
    return (
        _NO_MESSAGE if one.message is None else str(one.message),
        plain(one.national_reference),
        label(facts.tlp),
        facts.incident_type.word,
        days(facts),
        facts.reporting_country,
        substances(facts),
        amounts(facts),
    )


def found_document(one: Found) -> dict[str, Any]:
    """Return an incident as a document."""
    facts = one.facts
    return {
        "message": None if one.message is None else str(one.message),
        "digest": None if one.digest is None else one.digest.hex(),
        "national_reference": one.national_reference,
        "originator": one.originator,
        "tlp": facts.tlp.word,
        "status": facts.status.word,
        "type": facts.incident_type.word,
        "country": facts.reporting_country or None,
        "countries": facts.countries,
        "first_day": facts.first_day,
        "last_day": facts.last_day,
        "substances": [{"ids": named.ids, "as_written": named.as_written} for named in facts.substances],
        "amounts": [
            {"measure": amount.measure.word, "low": _number(amount.low), "high": _number(amount.high),
             "is_lower_bound": amount.is_lower_bound, "as_written": amount.as_written}
            for amount in facts.amounts
        ],
        "related": [{"digest": other.digest.hex(), "relation": other.relation.word} for other in facts.related],
    }  # fmt: skip


def suggestion_lines(one: Suggestion) -> Iterator[Line]:
    """Yield a suggestion line by line."""
    like, found = one.likeness, one.found
    name = _NO_MESSAGE if found.message is None else str(found.message)
    yield Line(f"{like.certainty.word} {like.relation.word}", f"{name}  {plain(found.national_reference)}")
    yield Line("  it", " · ".join(filter(None, found_row(found)[2:])))
    for says in like.reasons:
        yield Line("  for", plain(says))
    for says in like.against:
        yield Line("  against", plain(says))


def suggestion_document(one: Suggestion) -> dict[str, Any]:
    """Return a suggestion as a document."""
    like = one.likeness
    return {
        "relation": like.relation.word,
        "certainty": like.certainty.word,
        "score": like.score,
        "reasons": like.reasons,
        "against": like.against,
        "incident": found_document(one.found),
    }


def hit_row(hit: Hit) -> tuple[str, ...]:
    """Return a match as a row of a list."""
    where = ", ".join(section.word for section in hit.sections)
    return (hit.message or _NO_MESSAGE, plain(hit.national_reference), hit.originator, hit.record.word, where)


def matching_document(found: Matching) -> dict[str, Any]:
    """Return what was matched as a document."""
    return {
        "matches": [
            {"message": one.message or None, "digest": one.digest or None,
             "national_reference": one.national_reference, "originator": one.originator, "record": one.record.word,
             "sections": [section.word for section in one.sections]}
            for one in found.hits
        ],
        "elsewhere": [{"originator": one.originator, "contact": one.contact} for one in found.elsewhere],
    }  # fmt: skip


def query_row(one: Asked) -> tuple[str, ...]:
    """Return a question on record as a row of a list."""
    at, person = moment(one.asked_at), plain(one.person)
    return (at, person, one.purpose, one.kind, one.term[:_TERM_SHOWN], str(one.hits), str(one.elsewhere))


def query_document(one: Asked) -> dict[str, Any]:
    """Return a question on record as a document."""
    return {
        "asked_at": one.asked_at,
        "person": one.person or None,
        "purpose": one.purpose,
        "kind": one.kind,
        "term": one.term,
        "matches": one.hits,
        "elsewhere": one.elsewhere,
    }


def asking_row(one: Asking) -> tuple[str, ...]:
    """Return how much somebody asked on a day as a row of a list."""
    return (f"{one.day}", plain(one.person), str(one.questions), str(one.different), str(one.matched))


def asking_document(one: Asking) -> dict[str, Any]:
    """Return how much somebody asked on a day as a document."""
    return {
        "day": one.day,
        "person": one.person or None,
        "questions": one.questions,
        "different": one.different,
        "matched": one.matched,
    }


def case_row(case: Case) -> tuple[str, ...]:
    """Return a case as a row of a list."""
    first, until = case.timeline[0].day, max(one.last for one in case.timeline)
    return (
        str(case.parts[0].item.message),
        str(len(case.parts)),
        str(case.unseen),
        f"{first}",
        f"{until}",
        str(len(case.outstanding)),
    )


def case_lines(case: Case, names: Names) -> Iterator[Line]:
    """Yield a case line by line: its messages, when what happened, what is owed, and how much it comes to."""
    for part in case.parts:
        core = part.item.sections.get(Section.CORE)
        says = headline(core, names) if core is not None else "nothing of it can be seen"
        yield Line(str(part.item.message), says)
        for line in _part_lines(part, names):
            yield Line("", line)
    if case.unseen:
        yield Line("not yours", f"{counted(case.unseen, 'further message')} of this case are not yours to see")
    for one in case.timeline:
        when = f"{one.day}" if one.day == one.last else f"{one.day} to {one.last}"
        yield Line(when, f"{one.says}  ({one.message})")
    for owed in case.outstanding:
        word = "OVERDUE since" if owed.is_overdue else "owed by"
        whom = plain(", ".join(owed.asked))
        yield Line("request", f"{owed.message} to {whom}: an answer is {word} {moment(owed.answer_by)}")
    for total in case.balance.sums:
        yield Line(
            "amount", f"{plain(total.substance)}: {sum_text(total)}, from {counted(len(total.messages), 'message')}"
        )
    for left in case.balance.left:
        yield Line("not added", f"{names.get(left.message) or left.message.hex()[:16]}: {left.says}")


def case_document(case: Case) -> dict[str, Any]:
    """Return a case as a document."""
    return {
        "messages": [
            {"message": str(part.item.message), "kind": part.item.kind.word, "originator": part.item.originator,
             "issued_at": part.item.issued_at, "digest": part.item.original.hex(),
             "withheld": [{"section": one.section.word, "rule": one.rule, "says": one.says}
                          for one in part.item.withheld],
             "links": [{"digest": link.target.hex(), "says": link.says} for link in part.links]}
            for part in case.parts
        ],
        "not_to_be_seen": case.unseen,
        "timeline": [
            {"day": one.day, "last": one.last, "says": one.says, "message": one.message} for one in case.timeline
        ],
        "outstanding": [
            {"message": one.message, "asker": one.asker, "asked": one.asked, "answer_by": one.answer_by,
             "overdue": one.is_overdue}
            for one in case.outstanding
        ],
        "amounts": [
            {"substance": one.substance, "measure": one.measure.word, "low": _number(one.low),
             "high": _number(one.high), "is_lower_bound": one.is_lower_bound,
             "messages": [digest.hex() for digest in one.messages]}
            for one in case.balance.sums
        ],
        "not_added": [{"message": one.message.hex(), "says": one.says} for one in case.balance.left],
    }  # fmt: skip


def days(facts: IncidentFacts) -> str:
    """Return when an incident happened, as far as it is told."""
    if facts.first_day is None or facts.last_day is None:
        return "not told"
    return f"{facts.first_day}" if facts.first_day == facts.last_day else f"{facts.first_day}…{facts.last_day}"


def substances(facts: IncidentFacts) -> str:
    """Return the substances of an incident: our ids, or names as written."""
    return plain(", ".join("/".join(one.ids) or one.as_written for one in facts.substances))


def amounts(facts: IncidentFacts) -> str:
    """Return the amounts of an incident as written."""
    return plain("; ".join(one.as_written for one in facts.amounts if one.as_written))


def sum_text(total: Sum) -> str:
    """Return a sum in words."""
    unit = "kg" if total.measure is Measure.MASS else "L"
    bound = "at least " if total.is_lower_bound else ""
    if total.low == total.high:
        return f"{bound}{_rounded(total.low)} {unit}"
    return f"{bound}{_rounded(total.low)} to {_rounded(total.high)} {unit}"


def _rounded(value: Decimal) -> str:
    """Return a sum to the gram or millilitre: what conversion adds behind that, nobody has measured."""
    return amount(value.quantize(_GRAM))


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _part_lines(part: Part, names: Names) -> Iterator[str]:
    for link in part.links:
        yield f"{link.says} {names.get(link.target) or 'a message that is not yours to see'}"
    withheld = dict.fromkeys(one.section.word for one in part.item.withheld)
    if withheld:
        yield f"withheld from you: {', '.join(withheld)}"


def whom_lines(found: Matching, authority: Originator) -> Iterator[Line]:
    """Yield whom to ask, where something matches that is not to be seen."""
    for one in found.elsewhere:
        yield Line(one.originator, f"has something that matches; ask: {one.contact or 'see the directory'}")
        yield Line("", f"tocsin request new --type match --to {one.originator} --as {authority} …")
