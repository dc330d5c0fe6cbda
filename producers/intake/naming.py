"""Other messages that a row names: by name, by digest, or by a national reference of the same authority."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from broker.records.core import Related, RelatedAs
from broker.types.vocabulary import RecordKind
from producers.draft import RelatedReference
from producers.intake.form import Form, NamedMessage, Resolve
from producers.intake.rows import FieldProblem
from producers.intake.values import words_of
from producers.intake.words import read_word

_DIGEST: Final = re.compile(r"[0-9a-fA-F]{64}")
_HOW: Final = "expected a name like NL/customs/1#42, a digest, or your own reference of it"


class RelatedTo(msgspec.Struct, frozen=True):
    """What a row says it is to another message: one known by its digest, or one of the same authority."""

    known: tuple[Related, ...] = ()
    references: tuple[RelatedReference, ...] = ()


def find_named(
    form: Form, said: Mapping[str, Any], resolve: Resolve, problems: list[FieldProblem], *, path: str = ""
) -> Mapping[str, NamedMessage]:
    """Return the messages that *said* names in the columns of the *form* that name one; note those that are none.

    Args:
        path: Of the section that *said* is, for the messages of problems.
    """
    found: dict[str, NamedMessage] = {}
    for column, kinds in form.names.items():
        text = said.get(column)
        if isinstance(text, str) and text:
            message = resolve(text.strip())
            problem = _problem(f"{path}{column}", text, message, kinds)
            if problem is not None:
                problems.append(problem)
            elif message is not None:
                found[column] = message
    return found


def read_related(values: Mapping[str, str], resolve: Resolve, problems: list[FieldProblem]) -> RelatedTo:
    """Return what ``related_to`` and ``relation`` say.

    A national reference stays one: it may be of a row that comes later, and then its message is waited for.
    """
    text = values.get("related_to", "")
    relation = read_word("relation", values, words_of(RelatedAs), RelatedAs.FOLLOWS, problems)
    if not text:
        if "relation" in values:
            problems.append(FieldProblem("related_to", "missing", "a relation to which message?"))
        return RelatedTo()
    if not is_message(text):
        return RelatedTo(references=(RelatedReference(text, relation),))
    message = resolve(text)
    if message is None or message.digest is None:
        problems.append(_unknown("related_to", text))
        return RelatedTo()
    return RelatedTo(known=(Related(digest=message.digest, relation=relation),))


def with_digests(
    core: Mapping[str, Any], named: Mapping[str, NamedMessage], resolve: Resolve, problems: list[FieldProblem]
) -> Mapping[str, Any]:
    """Return a nested *core* with the digests of the messages that it names in words."""
    digests = {field: message.digest for field, message in named.items()}
    related = core.get("related")
    if isinstance(related, list):
        digests["related"] = [_digested(one, resolve, place, problems) for place, one in enumerate(related)]  # type: ignore[assignment]
    return {**core, **digests}


def is_message(text: str) -> bool:
    """Say whether *text* can only be meant as the name or the digest of a message."""
    return "#" in text or _DIGEST.fullmatch(text) is not None


def _digested(one: Any, resolve: Resolve, place: int, problems: list[FieldProblem]) -> Any:
    text = one.get("digest") if isinstance(one, Mapping) else None
    if not isinstance(text, str) or not is_message(text):
        return one
    message = resolve(text)
    if message is None or message.digest is None:
        problems.append(_unknown(f"core.related[{place}].digest", text))
        return one
    return {**one, "digest": message.digest}


def _problem(field: str, text: str, message: NamedMessage | None, kinds: tuple[RecordKind, ...]) -> FieldProblem | None:
    if message is None:
        return _unknown(field, text)
    if kinds and message.kind not in kinds:
        expected = " or ".join(_words(kinds))
        says = f"{text[:60]!r} is of kind {message.kind.word}; expected one of kind {expected}"
        return FieldProblem(field, "wrong-kind", says)
    if message.digest is None:
        says = f"your own {text[:60]!r} is not signed yet: publish that first, then this"
        return FieldProblem(field, "unsent-message", says)
    return None


def _words(kinds: tuple[RecordKind, ...]) -> Iterator[str]:
    return (kind.word for kind in kinds)


def _unknown(field: str, text: str) -> FieldProblem:
    return FieldProblem(field, "unknown-message", f"{text[:60]!r} is no message that you have: {_HOW}")
