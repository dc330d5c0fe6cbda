"""Say to a duty officer who wanted what, which rule said so, who wrote it, and whom to call."""

from collections.abc import Iterator, Mapping
from typing import Final

from broker.policy.decide import Decision, Obligation, SectionOutcome
from broker.policy.facts import Facts
from broker.policy.table import Layer
from broker.types.vocabulary import Action, Status, Word

_WANTED: Final[Mapping[Action, str]] = {
    Action.RECEIVE: "to receive",
    Action.OPEN: "to open",
    Action.FORWARD: "to forward",
    Action.EXPORT: "to export",
    Action.USE_IN_COURT: "to use in court",
}
_OBLIGED: Final[Mapping[Obligation, str]] = {
    Obligation.REDACT: "Say that the other sections exist, and whom to call about them.",
    Obligation.PURGE_BY: "The content is removed when its retention ends.",
    Obligation.NO_ONWARD: "Not to be passed on without a grant of the originator.",
    Obligation.POINTER_ONLY: "A notice outside this node says only that there is a message, and whom to call.",
    Obligation.EXERCISE_BANNER: "This is no real case; every page says so.",
}


def explain(decision: Decision, *, reader: str, originator: str, author_of: Mapping[Layer, str], contact: str) -> str:
    """Return the explanation of *decision* as plain lines of text.

    Args:
        author_of: Who wrote the table of each layer; a layer that is absent is quoted without an author.
        contact: The originator's 24-hour contact; may be empty.
    """
    return "\n".join(_lines(decision, reader=reader, originator=originator, author_of=author_of, contact=contact))


def _lines(
    decision: Decision, *, reader: str, originator: str, author_of: Mapping[Layer, str], contact: str
) -> Iterator[str]:
    yield _request(decision.facts, reader, originator)
    yield f"Decision: {decision.outcome}."
    for title, wanted in (("Shown", True), ("Not shown", False)):
        outcomes = [outcome for outcome in decision.outcomes if outcome.permitted is wanted]
        if outcomes:
            yield f"{title}: {', '.join(outcome.section.word for outcome in outcomes)}."
        for outcome in outcomes:
            yield f"  {_because(outcome, author_of)}"
    for obligation in decision.obligations:
        yield _OBLIGED[obligation]
    asks = "To ask for more" if decision.refused else "With questions"
    yield f"{asks}, call {originator}: {contact}" if contact else f"{asks}, ask {originator}."


def _request(facts: Facts, reader: str, originator: str) -> str:
    purposes = " or ".join(_word(purpose) for purpose in facts.purposes) or "no purpose"
    wanted = _WANTED.get(facts.action, "to do something unknown with")
    status = "" if facts.status is Status.ACTUAL else f", {_word(facts.status)}"
    relation = ", ".join(sorted(_word(word) for word in facts.relation)) or "none"
    what = f"a message of {originator} ({_word(facts.kind)}, TLP:{_word(facts.tlp)}{status})"
    return f"{reader} wanted {wanted} {what}, for {purposes}. Its relation to the message: {relation}."


def _because(outcome: SectionOutcome, author_of: Mapping[Layer, str]) -> str:
    author = author_of.get(outcome.layer, "")
    written = f", written by {author}" if author else ""
    purpose = f", for {outcome.purpose.word}" if outcome.purpose is not None else ""
    rule = f"rule {outcome.rule_id} of the {outcome.layer.word} table{written}{purpose}"
    return f"{_word(outcome.section)}: “{outcome.says}” ({rule})"


def _word(word: object) -> str:
    """Return the spelling for people, also of something outside the vocabulary."""
    return word.word if isinstance(word, Word) else "something unknown"
