from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from broker.errors import BadSettings, InvalidRecord
from broker.policy.profile import Requested, apply_profile
from broker.policy.profile_text import parse_profile
from broker.types.vocabulary import Handling, Purpose, RecordKind, Tlp

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAPPING: dict[str, Any] = {
    "authority": "NL/customs",
    "kind": "incident",
    "tlp": "AMBER",
    "purposes": ["prevention", "investigation"],
    "handling": ["H1"],
    "source": "B",
    "information": "2",
    "recipients": ["BE", "DE/customs"],
    "excluded": ["XX"],
    "release_after": "48 hours",
    "retain_for": "5 years",
    "tell": ["seized-in", "destination"],
    "bounds": {"loosest_tlp": "GREEN", "recipients": ["BE", "DE/customs", "@NL/lionfish"]},
}
PROFILE = parse_profile(MAPPING, source="profiles.toml")


def test_a_record_that_says_nothing_gets_what_the_profile_says() -> None:
    marking = apply_profile(PROFILE, Requested(), authored_at=NOW)
    assert (Tlp.AMBER, (Handling.H1,), ("BE", "DE/customs")) == (marking.tlp, marking.handling, marking.recipients)
    assert NOW + timedelta(days=2) == marking.release_after
    assert NOW + timedelta(days=5 * 365) == marking.retain_until
    assert ("seized-in", "destination") == marking.tell


def test_the_least_a_profile_says_is_narrow() -> None:
    least = {name: MAPPING[name] for name in ("authority", "kind", "tlp", "purposes")}
    profile = parse_profile(least, source="profiles.toml")
    assert (RecordKind.INCIDENT, "X", "4", ()) == (profile.kind, profile.source, profile.information, profile.tell)
    assert profile.tlp is profile.bounds.loosest_tlp
    assert profile.purposes == profile.bounds.purposes


TIGHTER = [
    Requested(tlp=Tlp.RED),
    Requested(handling=(Handling.H2, Handling.H1)),
    Requested(purposes=(Purpose.PREVENTION,)),
    Requested(recipients=("BE",)),
    Requested(excluded=("XX", "YY")),
    Requested(release_after=NOW + timedelta(days=9)),
    Requested(retain_until=NOW + timedelta(days=9)),
    Requested(tell=()),
    Requested(source="A", information="1", basis="assessment"),
]


@pytest.mark.parametrize("requested", TIGHTER)
def test_a_record_may_tighten(requested: Requested) -> None:
    assert apply_profile(PROFILE, requested, authored_at=NOW) != apply_profile(PROFILE, Requested(), authored_at=NOW)


def test_a_record_may_loosen_within_the_bounds() -> None:
    requested = Requested(tlp=Tlp.GREEN, recipients=("@NL/lionfish",))
    marking = apply_profile(PROFILE, requested, authored_at=NOW)
    assert (Tlp.GREEN, ("@NL/lionfish",)) == (marking.tlp, marking.recipients)


LOOSER = [
    (Requested(tlp=Tlp.CLEAR), "TLP:GREEN is the loosest allowed"),
    (Requested(handling=()), "handling code H1 is required"),
    (Requested(handling=(Handling.H1, Handling.H3)), "H3 needs its text"),
    (Requested(purposes=(Purpose.PREVENTION, Purpose.TRAINING)), "purpose training is not allowed"),
    (Requested(purposes=()), "no purpose is left"),
    (Requested(recipients=("FR",)), "recipient FR is not allowed"),
    (Requested(recipients=()), "has to name its recipients"),
    (Requested(excluded=()), "XX stays excluded"),
    (Requested(release_after=NOW), "not be released before 2026-03-03"),
    (Requested(retain_until=NOW + timedelta(days=4000)), "not be kept after"),
    (Requested(tell=("transit",)), "transit is not to be told"),
]


@pytest.mark.parametrize(("requested", "message"), LOOSER)
def test_refuses_a_record_that_loosens_beyond_the_bounds(requested: Requested, message: str) -> None:
    with pytest.raises(InvalidRecord, match=message):
        apply_profile(PROFILE, requested, authored_at=NOW)


def test_says_everything_that_is_too_loose_at_once() -> None:
    with pytest.raises(InvalidRecord, match=r"looser than the profile of NL/customs allows: .*TLP.*; .*H1.*; .*XX"):
        apply_profile(PROFILE, Requested(tlp=Tlp.CLEAR, handling=(), excluded=()), authored_at=NOW)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"tpl": "AMBER"}, r"tpl is unknown; did you mean 'tlp'\?"),
    ({"tlp": "AMBR"}, r"tlp: 'AMBR' is unknown; did you mean 'AMBER'\?"),
    ({"kind": "incidnt"}, r"kind: 'incidnt' is unknown; did you mean 'incident'\?"),
    ({"kind": 5}, "kind: '5' is unknown"),
    ({"authority": "customs"}, "authority: 'customs' is no authority"),
    ({"purposes": []}, "purposes: at least one"),
    ({"purposes": "prevention"}, "purposes: expected a list"),
    ({"purposes": ["preventon"]}, r"did you mean 'prevention'\?"),
    ({"handling": ["H9"]}, "handling: 'H9' is unknown"),
    ({"handling_text": "two\nlines"}, "handling_text: expected one line"),
    ({"source": "Z"}, "source: 'Z' is unknown; known are A, B, C, X"),
    ({"information": 2}, "information: '2' is unknown"),
    ({"recipients": ["Belgium"]}, "recipients: 'Belgium' names nobody"),
    ({"release_after": "soon"}, "release_after: 'soon' is no span"),
    ({"retain_for": "5 month"}, "retain_for: '5 month' is no span"),
    ({"tell": ["seized"]}, r"did you mean 'seized-in'\?"),
    ({"bounds": "GREEN"}, "bounds: expected a table"),
    ({"bounds": {"losest_tlp": "GREEN"}}, r"bounds\.losest_tlp is unknown; did you mean 'loosest_tlp'\?"),
    ({"bounds": {"loosest_tlp": "RED"}}, "TLP:AMBER, and TLP:RED is the loosest allowed"),
    ({"handling": ["H3"]}, "H3 needs its text"),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED)
def test_refuses_a_profile_with_a_mistake(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadSettings, match=message):
        parse_profile(MAPPING | changes, source="profiles.toml")


def test_says_every_mistake_of_a_profile_at_once() -> None:
    with pytest.raises(BadSettings, match=r"profiles\.toml: .*authority is missing.*tlp: 'X'.*tell: 'Y'"):
        parse_profile({"kind": "incident", "purposes": ["training"], "tlp": "X", "tell": ["Y"]}, source="profiles.toml")
