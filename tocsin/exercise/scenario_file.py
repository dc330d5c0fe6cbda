"""Read a scenario from TOML; whatever is wrong with it is said at once, each mistake with its place.

::

    name = "acetic-anhydride"
    title = "…"
    says = "…"
    lasts = "6d"

    [[player]]
    code = "XA"
    name = "Arvania"
    sectors = ["regulator", "customs"]      # becomes XA/regulator, the focal point, and XA/customs

    [[message]]
    id = "notification"
    at = "0h"
    by = "XA/regulator"
    kind = "notification"
    tlp = "AMBER"
    core = { to = ["XB"], exporting_country = "XA", importing_country = "XB" }

    [[expect]]
    who = "XB/regulator"
    does = "replied"
    message = "notification"
    within = "3d"
    points = 2
    after = "5h"                            # when a run without people does it
    reaction = { kind = "notification-reply", core = { … } }
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, TypeVar

from broker.errors import BadScenario, BrokerError
from broker.policy.vocabulary import nearest
from broker.records.registry import RECORD_TYPES
from broker.types.names import Digest, Originator, Participant, check_authority, check_participant, participant_of
from broker.types.vocabulary import Sector, Tlp
from tocsin.exercise.drafting import mistakes_in
from tocsin.exercise.durations import parse_duration
from tocsin.exercise.references import Moment, messages_in
from tocsin.exercise.scenario import RECALL, Deed, Expected, Player, Scenario, Step

T = TypeVar("T")

_TOP: Final = ("name", "title", "says", "lasts", "player", "message", "expect")
_PLAYER: Final = ("code", "name", "sectors")
_SECTIONS: Final = ("core", "operational", "nominal", "evidence", "trade")
_MESSAGE: Final = ("id", "at", "by", "kind", "tlp", "message", "reason", *_SECTIONS)
_EXPECT: Final = ("id", "who", "does", "message", "within", "points", "kind", "after", "reaction")
_REACTION: Final = ("kind", "tlp", *_SECTIONS)
_KINDS: Final = tuple(dict.fromkeys((*(path.partition("/")[0] for path in RECORD_TYPES), RECALL)))
_LONGEST: Final = timedelta(days=60)
"""Sealing keys are valid for 90 days, and nobody renews them in the middle of an exercise."""
_TRIAL: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Any start will do to see whether the records of a scenario have mistakes."""


def parse_scenario(text: str, source: str, *, cast: Mapping[str, str] | None = None) -> Scenario:
    """Return the scenario that *text* writes.

    Args:
        source: What the file is called, for mistakes.
        cast: Participants that play those of the scenario, by the codes of these.

    Raises:
        BadScenario: It has mistakes; the message names all of them.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadScenario(f"{source} cannot be read: {error}") from None
    reading = _Reading()
    scenario = reading.scenario(_cast_in(document, cast or {}))
    # Of messages with mistakes of their own nothing more is said: their mistakes would come back in other words.
    mistakes = reading.mistakes or list(_mistakes(scenario))
    if mistakes:
        raise BadScenario("\n".join(f"{source}: {one}" for one in mistakes))
    return scenario


class _Reading:
    """Reads tables and gathers what is wrong with them."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def scenario(self, document: Mapping[str, Any]) -> Scenario:
        """Return the scenario, as far as it can be read."""
        self._known("the file", document, _TOP)
        return Scenario(
            name=self._text("the file", document, "name"),
            title=self._text("the file", document, "title"),
            says=self._text("the file", document, "says"),
            lasts=self._value("the file", document, "lasts", parse_duration, timedelta()),
            players=tuple(self._player(where, one) for where, one in self._tables(document, "player")),
            steps=tuple(self._step(where, one) for where, one in self._tables(document, "message")),
            expected=tuple(self._expected(where, one, document) for where, one in self._tables(document, "expect")),
        )

    def _player(self, where: str, table: Mapping[str, Any]) -> Player:
        self._known(where, table, _PLAYER)
        code = self._value(where, table, "code", check_participant, Participant(""))
        named = table.get("sectors")
        sectors = [self._value(f"{where} sectors", {"": one}, "", Sector.from_word, None) for one in _list(named)]
        if not sectors:
            self.mistakes.append(f"{where}: sectors: name at least one of {', '.join(Sector.words())}")
        return Player(code, self._text(where, table, "name"), tuple(one for one in sectors if one is not None))

    def _step(self, where: str, table: Mapping[str, Any]) -> Step:
        self._known(where, table, _MESSAGE)
        return Step(
            id=self._text(where, table, "id"),
            at=self._value(where, table, "at", parse_duration, timedelta()),
            by=self._value(where, table, "by", check_authority, Originator("")),
            message=str(table.get("message", "")),
            reason=str(table.get("reason", "")),
            **self._content(where, table),
        )

    def _content(self, where: str, table: Mapping[str, Any]) -> dict[str, Any]:
        kind = self._text(where, table, "kind")
        if kind not in _KINDS:
            self.mistakes.append(f"{where}: kind: {kind[:40]!r} is unknown; {nearest(kind[:40], _KINDS)}")
        sections = {name: table[name] for name in _SECTIONS if isinstance(table.get(name), Mapping)}
        for name in sections:
            if f"{kind}/{name}" not in RECORD_TYPES and kind in _KINDS:
                self.mistakes.append(f"{where}: a {kind} has no section {name}")
        if kind in _KINDS and kind != RECALL and "core" not in sections:
            self.mistakes.append(f"{where}: core is missing: a table with the record's fields")
        tlp = self._value(where, {"tlp": "AMBER", **table}, "tlp", Tlp.from_word, Tlp.AMBER)
        return {"kind": kind, "tlp": tlp, "sections": sections}

    def _expected(self, where: str, table: Mapping[str, Any], document: Mapping[str, Any]) -> Expected:
        self._known(where, table, _EXPECT)
        deed = self._value(where, table, "does", Deed.from_word, Deed.RECEIVED)
        after = None
        if "after" in table:
            after = self._value(where, table, "after", parse_duration, timedelta())
        points = table.get("points", 1)
        if not isinstance(points, int) or not 0 < points <= 100:
            self.mistakes.append(f"{where}: points: expected a whole number from 1 to 100")
            points = 1
        who = self._value(where, table, "who", check_authority, Originator(""))
        about = self._text(where, table, "message")
        expected = Expected(
            id=str(table.get("id") or f"{about}-{deed.word}-{who.replace('/', '-').lower()}"),
            who=who,
            deed=deed,
            message=about,
            within=self._value(where, table, "within", parse_duration, timedelta()),
            points=points,
            kind=str(table.get("kind", "")),
            after=after,
        )
        return self._reacting(where, table, expected, document)

    def _reacting(
        self, where: str, table: Mapping[str, Any], expected: Expected, document: Mapping[str, Any]
    ) -> Expected:
        reaction = table.get("reaction")
        if reaction is None:
            return expected
        if not isinstance(reaction, Mapping):
            self.mistakes.append(f"{where}: reaction: expected a table with kind and core")
            return expected
        place = f"{where} reaction"
        self._known(place, reaction, _REACTION)
        if expected.after is None:
            self.mistakes.append(f"{where}: a reaction needs after: when it is sent")
        at = _sent_at(document, expected.message) + (expected.after or timedelta())
        step = Step(id=expected.id, at=at, by=expected.who, **self._content(place, reaction))
        return Expected(**{name: getattr(expected, name) for name in _KEPT}, reaction=step)

    def _tables(self, document: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        several = document.get(name, [])
        if not isinstance(several, list) or not several:
            self.mistakes.append(f"{name}: expected at least one [[{name}]]")
            return
        for number, one in enumerate(several, start=1):
            if isinstance(one, Mapping):
                yield f"{name} {number}{_called(one)}", one
            else:
                self.mistakes.append(f"{name} {number}: expected a table")

    def _known(self, where: str, table: Mapping[str, Any], keys: Iterable[str]) -> None:
        known = tuple(keys)
        self.mistakes += [
            f"{where}: {key[:40]!r} is unknown; {nearest(key[:40], known)}" for key in table if key not in known
        ]

    def _text(self, where: str, table: Mapping[str, Any], key: str) -> str:
        value = table.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.mistakes.append(f"{where}: {key} is missing: expected a text")
        return ""

    def _value(self, where: str, table: Mapping[str, Any], key: str, read: Callable[[str], T], instead: T) -> T:
        if key not in table:
            self.mistakes.append(f"{where}: {key} is missing")
            return instead
        try:
            return read(str(table[key]))
        except BrokerError as error:
            self.mistakes.append(f"{where}: {key}: {error}".replace(": :", ":"))
            return instead


_KEPT: Final = tuple(name for name in Expected.__struct_fields__ if name != "reaction")


def _mistakes(scenario: Scenario) -> Iterator[str]:
    """Yield what the parts of a scenario say against each other, and what is wrong with its records."""
    if not timedelta() < scenario.lasts <= _LONGEST:
        yield f"lasts: expected more than nothing and at most {_LONGEST.days}d"
    yield from _authors(scenario)
    ids = [one.id for one in scenario.messages()]
    yield from (f"message {one!r} is there twice" for one in sorted({one for one in ids if ids.count(one) > 1}))
    times = {one.id: one.at for one in scenario.messages()}
    for one in scenario.messages():
        yield from (f"message {one.id!r}: {text}" for text in _step_mistakes(one, scenario, times))
    for expected in scenario.expected:
        yield from (f"expect {expected.id!r}: {text}" for text in _expectation_mistakes(expected, times))


def _authors(scenario: Scenario) -> Iterator[str]:
    known = scenario.authorities
    for one in scenario.messages():
        if one.by not in known:
            yield f"message {one.id!r}: {one.by} takes no part; {nearest(one.by, known)}"
    for expected in scenario.expected:
        if expected.who not in known:
            yield f"expect {expected.id!r}: {expected.who} takes no part; {nearest(expected.who, known)}"


def _step_mistakes(step: Step, scenario: Scenario, times: Mapping[str, timedelta]) -> Iterator[str]:
    if step.at > scenario.lasts:
        yield "is sent after the scenario's end"
    named = {*messages_in(step.sections), *((step.message,) if step.kind == RECALL else ())}
    later = sorted(one for one in named if one not in times or times[one] >= step.at)
    for one in later:
        earlier = [name for name, at in times.items() if at < step.at]
        yield f"speaks of {one!r}, which is not sent before it; {nearest(one, earlier)}"
    if step.kind == RECALL and not step.reason.strip():
        yield "a recall needs a reason"
    if not later:
        digests = {one: Digest(sha256(one.encode()).digest()) for one in times}
        yield from mistakes_in(step, scenario, Moment(start=_TRIAL, digests=digests))


def _expectation_mistakes(expected: Expected, times: Mapping[str, timedelta]) -> Iterator[str]:
    if expected.message not in times:
        yield f"no message {expected.message!r}; {nearest(expected.message, times)}"
    if not expected.within:
        yield "within: expected more than nothing"
    if expected.reaction is not None and not expected.deed.is_a_message:
        yield f"{expected.deed.word} is not done by a message, so there is no reaction"
    if expected.kind and expected.kind not in _KINDS:
        yield f"kind: {nearest(expected.kind, _KINDS)}"


def _sent_at(document: Mapping[str, Any], message: str, left: int = 50) -> timedelta:
    """Return when a message is sent, as far as the file can be read: a step, or the reaction of an expectation."""
    for one in _list(document.get("message")):
        if isinstance(one, Mapping) and one.get("id") == message:
            return _duration(one.get("at"))
    for one in _list(document.get("expect")):
        # Reactions to each other would never end.
        if isinstance(one, Mapping) and one.get("id") == message and left:
            return _sent_at(document, str(one.get("message")), left - 1) + _duration(one.get("after"))
    return timedelta()


def _duration(text: object) -> timedelta:
    try:
        return parse_duration(str(text))
    except BrokerError:
        return timedelta()


def _called(table: Mapping[str, Any]) -> str:
    name = table.get("id") or table.get("code")
    return f" ({name[:40]})" if isinstance(name, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _cast_in(tree: Any, cast: Mapping[str, str]) -> Any:
    """Return *tree* with the participants that play in the place of its own: ``XA`` and ``XA/customs``, whole."""
    if isinstance(tree, Mapping):
        return {name: _cast_in(value, cast) for name, value in tree.items()}
    if isinstance(tree, list):
        return [_cast_in(value, cast) for value in tree]
    if isinstance(tree, str) and (new := cast.get(participant_of(tree))) is not None:
        return new + tree[len(participant_of(tree)) :]
    return tree
