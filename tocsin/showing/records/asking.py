"""Requests for information and their answers."""

from collections.abc import Iterator
from typing import Final

from broker.records.answer import AnswerCore, AnswerNominal, AnswerOperational, AnswerOutcome
from broker.records.inquiry import InquiryCore, InquiryNominal, InquiryOperational, InquiryType, Urgency
from tocsin.showing.about import Names, named
from tocsin.showing.plain import moment, plain
from tocsin.showing.records.line import (
    Line,
    goods_lines,
    head_lines,
    headed,
    joined,
    shortened,
    substances_of,
    texts,
    word_of,
)
from tocsin.showing.records.reported import leg_lines, party_lines, where_lines

ASKS: Final = {
    InquiryType.INFORMATION: "asks what is known",
    InquiryType.BACKTRACKING: "asks where it came from",
    InquiryType.MATCH: "asks whether it matches",
    InquiryType.CONFIRMATION: "asks to confirm",
    InquiryType.SUBSTANCE: "asks about a substance",
}
OUTCOMES: Final = {
    AnswerOutcome.ANSWERED: "answered",
    AnswerOutcome.PARTLY: "answered in part",
    AnswerOutcome.NOTHING_KNOWN: "nothing known",
    AnswerOutcome.REFUSED: "refused",
    AnswerOutcome.MORE_TIME: "asks for more time",
}


def inquiry_headline(core: InquiryCore, _names: Names) -> str:
    """Return a request for information in a few words."""
    urgent = "URGENT " if core.urgency is Urgency.URGENT else ""
    what = ASKS.get(core.inquiry_type, "asks")
    due = f"answer by {moment(core.answer_by)}"
    return headed(f"{urgent}{what}", ", ".join(substances_of(core.substances)), shortened(core.question), due)


def inquiry_lines(core: InquiryCore, names: Names) -> Iterator[Line]:
    """Yield what is asked, about what, and by when to answer."""
    yield Line("what", f"{ASKS.get(core.inquiry_type, 'asks')}, for {word_of(core.purpose)}")
    yield Line("question", plain(core.question))
    yield Line("answer by", f"{moment(core.answer_by)} ({word_of(core.urgency)})")
    if core.message is not None:
        yield Line("about", named(core.message, names))
    yield from texts(core, "lot")
    yield from goods_lines(core.substances, core.quantities)
    yield from where_lines(core.places)
    yield from head_lines(core, names)


def answer_headline(core: AnswerCore, names: Names) -> str:
    """Return an answer in a few words."""
    until = "" if core.answer_by is None else f"until {moment(core.answer_by)}"
    what = f"{OUTCOMES.get(core.outcome, word_of(core.outcome))} to {named(core.request, names)}"
    return headed(what, until, shortened(core.says))


def answer_lines(core: AnswerCore, names: Names) -> Iterator[Line]:
    """Yield what is answered to what, and whom to ask next."""
    yield Line("answer", OUTCOMES.get(core.outcome, word_of(core.outcome)))
    yield from texts(core, "says")
    if core.answer_by is not None:
        yield Line("until", moment(core.answer_by))
    yield Line("about", named(core.request, names))
    yield from joined("ask next", [plain(one) for one in core.ask_next])
    yield from goods_lines(core.substances, core.quantities)
    yield from where_lines(core.places)
    yield from head_lines(core, names)


def asking_operational_lines(section: InquiryOperational | AnswerOperational, _names: Names) -> Iterator[Line]:
    """Yield how the goods moved that a request or an answer speaks of."""
    yield from leg_lines(section.legs)
    yield from joined("marks", [plain(mark) for mark in section.marks])
    yield from texts(section, "details")


def asking_nominal_lines(section: InquiryNominal | AnswerNominal, _names: Names) -> Iterator[Line]:
    """Yield the persons and companies that a request or an answer names."""
    yield from party_lines(section.parties, fictitious=section.fictitious)
    yield from texts(section, "notes")
