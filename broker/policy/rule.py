"""One rule of a decision table: an effect, and the conditions under which it has it."""

from typing import Final

import msgspec

from broker.policy.positions import Place
from broker.policy.vocabulary import FACT_BY_NAME, FACTS, Fact, nearest
from broker.types.vocabulary import Word

MAX_SENTENCE_CHARACTERS: Final = 300
_RULE_MEMBERS: Final = ("id", "effect", "says", "when")
_SET_MEMBERS: Final = ("all", "any", "none")


class Effect(Word):
    """What a rule does where its conditions hold; *never* beats *permit*."""

    PERMIT = "PERMIT"
    NEVER = "NEVER"


class OneOf(msgspec.Struct, frozen=True):
    """A condition on a fact of one word: it is among these."""

    fact: str
    words: tuple[str, ...]


class Members(msgspec.Struct, frozen=True):
    """A condition on a fact that is a set: it holds all of these, at least one of those, and none of the last."""

    fact: str
    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()


Condition = OneOf | Members


class Rule(msgspec.Struct, frozen=True):
    """A rule; ``says`` is the sentence that explanations quote."""

    id: str
    effect: Effect
    says: str
    when: tuple[Condition, ...]


def read_rule(value: object, place: Place) -> Rule:
    """Return the rule that *value*, a parsed JSON object, says.

    Raises:
        BadTable: A member is missing or unknown, or a condition could never hold.
    """
    members = read_object(value, place, _RULE_MEMBERS)
    conditions = members["when"]
    if not isinstance(conditions, dict):
        place.at("when").refuse("'when' has to be an object: a fact's name, and the words it may take")
    effect = members["effect"]
    if effect not in Effect.words():
        place.at("effect").refuse(f"{str(effect)[:40]!r} is no effect; {nearest(str(effect), Effect.words())}")
    return Rule(
        id=read_line(members["id"], place.at("id")),
        effect=Effect.from_word(str(effect)),
        says=read_line(members["says"], place.at("says")),
        when=_read_conditions(conditions, place.at("when")),
    )


def rule_to_json(rule: Rule) -> dict[str, object]:
    """Return *rule* as JSON says it; the exact inverse of :func:`read_rule`."""
    when: dict[str, object] = {}
    for condition in rule.when:
        if isinstance(condition, OneOf):
            when[condition.fact] = list(condition.words)
        else:
            lists = (condition.all_of, condition.any_of, condition.none_of)
            when[condition.fact] = {name: list(words) for name, words in zip(_SET_MEMBERS, lists, strict=True) if words}
    return {"id": rule.id, "effect": rule.effect.word, "says": rule.says, "when": when}


def read_object(value: object, place: Place, names: tuple[str, ...]) -> dict[str, object]:
    """Return *value* as an object with exactly the members *names*.

    Raises:
        BadTable: It is none, or a member is missing or unknown.
    """
    if not isinstance(value, dict):
        place.refuse(f"expected an object with {', '.join(names)}")
    for name in value:
        if name not in names:
            place.at(name).refuse(f"{name[:40]!r} is unknown here; {nearest(name, names)}")
    missing = [name for name in names if name not in value]
    if missing:
        place.refuse(f"{', '.join(missing)} is missing")
    return value


def read_line(value: object, place: Place) -> str:
    """Return *value* as one line of printable text.

    Raises:
        BadTable: It is none, is empty or too long.
    """
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        place.refuse(f"{place.path[-1]!r} has to be one line of text, and not empty")
    if len(value) > MAX_SENTENCE_CHARACTERS:
        place.refuse(f"{place.path[-1]!r} has {len(value)} characters; {MAX_SENTENCE_CHARACTERS} are allowed")
    return value


def _read_conditions(when: dict[str, object], place: Place) -> tuple[Condition, ...]:
    for name in when:
        if name not in FACT_BY_NAME:
            place.at(name).refuse(f"{name[:40]!r} is no fact; {nearest(name, FACT_BY_NAME)}")
    return tuple(_read_condition(fact, when[fact.name], place.at(fact.name)) for fact in FACTS if fact.name in when)


def _read_condition(fact: Fact, value: object, place: Place) -> Condition:
    if not fact.is_set:
        return OneOf(fact.name, _read_words(fact, value, place))
    if not isinstance(value, dict) or not value:
        place.refuse(f"{fact.name!r} is a set: expected an object with {', '.join(_SET_MEMBERS)}")
    for name in value:
        if name not in _SET_MEMBERS:
            place.at(name).refuse(f"{name[:40]!r} is unknown here; {nearest(name, _SET_MEMBERS)}")
    read = {name: _read_words(fact, value[name], place.at(name)) for name in value}
    members = Members(fact.name, read.get("all", ()), read.get("any", ()), read.get("none", ()))
    _check_possible(members, place)
    return members


def _check_possible(members: Members, place: Place) -> None:
    """Refuse a condition on a set that no set meets."""
    both = [word for word in members.all_of if word in members.none_of]
    if both:
        place.refuse(f"this rule could never apply: {', '.join(both)} has to be there and must not be there")
    if members.any_of and set(members.any_of) <= set(members.none_of):
        place.refuse("this rule could never apply: one of 'any' has to be there, and all of them stand in 'none'")


def _read_words(fact: Fact, value: object, place: Place) -> tuple[str, ...]:
    """Return the words of a list, in the vocabulary's order, so that the order in the file does not matter."""
    if not isinstance(value, list) or not value:
        place.refuse(f"expected a list of words for {fact.name!r}, and not an empty one")
    for index, word in enumerate(value):
        if word not in fact.words:
            shown = word if isinstance(word, str) else repr(word)
            place.at(index).refuse(f"{shown[:40]!r} is no word of {fact.name!r}; {nearest(shown[:40], fact.words)}")
        if word in value[:index]:
            place.at(index).refuse(f"{word!r} stands in this list twice")
    return tuple(word for word in fact.words if word in value)
