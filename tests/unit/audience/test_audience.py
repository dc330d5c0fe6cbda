"""Deciding about many authorities together comes to what deciding about each by itself does."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.about import About, Reader
from broker.audience import Audience, Audiences, Readership
from broker.deciders import SenderDeciders
from broker.facts import delivery, facts_for
from broker.grants import Grants, StandingGrant
from broker.policy.builtin import open_release_table
from broker.policy.rule import Effect
from broker.policy.table import Layer, Table
from broker.relationships import Relationships, StandingAgreement, StandingGroup
from broker.types.names import Digest, Originator, Participant
from broker.types.vocabulary import Action, Handling, Purpose, RecordKind, Section, Status, Tlp
from tests.support.exercise import NOW
from tests.support.federation import a_federation
from tests.support.policy import a_rule, a_table
from tests.support.records import a_marking

FEDERATION = a_federation(["NL", "BE", "DE", "FR"])
DIRECTORY = FEDERATION.directory
READERSHIP = Readership.of(DIRECTORY, NOW)
CUSTOMS = Originator("NL/customs")
MESSAGE = Digest(b"m" * 32)
SECTIONS = (Section.CORE, Section.OPERATIONAL, Section.NOMINAL, Section.EVIDENCE)
DAY = timedelta(days=1)


def an_about(**changes: Any) -> About:
    fields: dict[str, Any] = {
        "originator": CUSTOMS,
        "participant": Participant("NL"),
        "kind": RecordKind.INCIDENT,
        "status": Status.EXERCISE,
        "tlp": Tlp.AMBER,
        "sections": SECTIONS,
        "marking": a_marking(),
        "told": frozenset(),
    }
    return About(**(fields | changes))


def an_agreement(*parties: str, by: str = "NL/customs", ends_on: date | None = None) -> StandingAgreement:
    return StandingAgreement(
        by=Originator(by), name="one", parties=frozenset(parties), kinds=frozenset(), starts_on=date(2026, 1, 1),
        ends_on=ends_on,
    )  # fmt: skip


def a_group(*members: str) -> StandingGroup:
    return StandingGroup(
        by=Originator("NL/police"), name="@NL/lionfish", members=frozenset(members), starts_on=date(2026, 1, 1),
        ends_on=date(2027, 1, 1),
    )  # fmt: skip


def a_grant(*sections: Section, **changes: Any) -> StandingGrant:
    fields: dict[str, Any] = {
        "by": CUSTOMS,
        "message": MESSAGE,
        "action": Action.RECEIVE,
        "grantee": Originator("DE/police"),
        "sections": frozenset(sections),
        "recipients": frozenset(),
        "purposes": frozenset({Purpose.INVESTIGATION}),
        "until": NOW + DAY,
        "issued_at": NOW,
    }
    return StandingGrant(**(fields | changes))


def audience_of(
    about: About,
    relationships: Relationships = Relationships(),  # noqa: B008 - a frozen value
    *,
    release: Table | None = None,
    message: Digest | None = None,
) -> Audience:
    deciders = SenderDeciders(release or open_release_table("NL"))
    return Audiences(DIRECTORY, relationships, deciders, NOW, readership=READERSHIP).of(about, message)


def permitted(audience: Audience) -> dict[str, tuple[Section, ...]]:
    """Return what each authority that may see something may see."""
    return {
        name: verdict.decision.permitted
        for verdict in audience.verdicts
        for name in verdict.readers
        if verdict.decision.permitted
    }


def one_by_one(
    about: About, relationships: Relationships, release: Table, message: Digest | None
) -> dict[str, tuple[Section, ...]]:
    """Return the same, with every authority decided about by itself."""
    deciders = SenderDeciders(release)
    found: dict[str, tuple[Section, ...]] = {}
    for entry in DIRECTORY.authorities(NOW):
        reader = Reader.of(entry, active=True)
        decider = deciders.decider(DIRECTORY, about.participant, own=reader.participant == about.participant)
        made = decider.decide(facts_for(about, reader, relationships, delivery(reader, NOW, message)))
        if made.permitted:
            found[reader.authority] = made.permitted
    return found


NAMES = st.sampled_from(
    [
        "NL",
        "BE",
        "DE",
        "FR",
        "BE/police",
        "BE/health",
        "DE/customs",
        "FR/regulator",
        "@NL/lionfish",
        "@NL/unheard",
        "XX",
    ]
)
MARKINGS = st.builds(
    lambda recipients, excluded, handling, purposes, embargo: a_marking(
        recipients=tuple(recipients),
        excluded=tuple(one for one in excluded if one not in recipients),
        handling=tuple(handling),
        handling_text="as agreed" if Handling.H3 in handling else "",
        purposes=tuple(purposes),
        release_after=NOW + DAY if embargo else None,
    ),
    st.lists(NAMES, unique=True, max_size=4),
    st.lists(NAMES, unique=True, max_size=3),
    st.lists(st.sampled_from([Handling.H0, Handling.H1, Handling.H2, Handling.H3]), unique=True, max_size=2),
    st.lists(
        st.sampled_from([Purpose.INVESTIGATION, Purpose.REGULATION, Purpose.PUBLIC_HEALTH]), min_size=1, unique=True
    ),
    st.booleans(),
)
ABOUTS = st.builds(
    lambda marking, tlp, told: an_about(marking=marking, tlp=tlp, told=frozenset(told)),
    MARKINGS,
    st.sampled_from([Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED]),
    st.lists(st.sampled_from(["NL", "BE", "FR"]), unique=True),
)
RELATIONSHIPS = st.builds(
    lambda parties, members, sections, ended: Relationships(
        agreements=(an_agreement(*parties, ends_on=NOW.date() - DAY if ended else None),) if parties else (),
        groups=(a_group(*members),) if members else (),
        focal_points=frozenset({Originator("NL/police")}),
        grants=Grants({MESSAGE: (a_grant(*sections),)}) if sections else Grants(),
    ),
    st.lists(st.sampled_from(["BE", "DE/police", "FR/customs"]), unique=True),
    st.lists(st.sampled_from(["BE/police", "DE", "FR/health"]), unique=True),
    st.lists(st.sampled_from(SECTIONS), unique=True),
    st.booleans(),
)
NARROW = a_table(
    a_rule("most", sector=["police", "customs", "regulator"]),
    a_rule("no-evidence", Effect.NEVER, section=["evidence"]),
    layer=Layer.RELEASE,
)


@settings(max_examples=300, deadline=None)
@given(ABOUTS, RELATIONSHIPS, st.booleans(), st.sampled_from([None, MESSAGE]))
def test_all_together_is_decided_as_one_by_one(
    about: About, relationships: Relationships, narrow: bool, message: Digest | None
) -> None:
    release = NARROW if narrow else open_release_table("NL")
    together = audience_of(about, relationships, release=release, message=message)
    assert one_by_one(about, relationships, release, message) == permitted(together)
    everybody = sorted(name for verdict in together.verdicts for name in verdict.readers)
    assert sorted(READERSHIP.readers) == everybody, "each authority is in exactly one verdict"


def test_nodes_get_the_keys_of_what_one_of_their_authorities_may_have() -> None:
    audience = audience_of(an_about(marking=a_marking(recipients=("BE/police",))))
    both = frozenset({Originator("NL/~1"), Originator("BE/~1")})
    assert dict.fromkeys(SECTIONS, both) == audience.nodes
    narrower = audience_of(an_about(marking=a_marking(recipients=("BE/regulator",))))
    assert both == narrower.nodes[Section.CORE]
    assert {Originator("NL/~1")} == narrower.nodes[Section.OPERATIONAL]


def test_a_section_without_the_core_gives_no_key() -> None:
    """Who has no core has no marking to follow."""
    release = a_table(a_rule("all"), a_rule("no-core", Effect.NEVER, section=["core"]), layer=Layer.RELEASE)
    audience = audience_of(an_about(marking=a_marking(recipients=("BE/police",))), release=release)
    assert Section.OPERATIONAL in permitted(audience)["BE/police"]
    assert {section: frozenset({Originator("NL/~1")}) for section in SECTIONS} == audience.nodes


def test_release_rules_do_not_bind_the_own_participant() -> None:
    closed = a_table(a_rule("nobody", Effect.NEVER), layer=Layer.RELEASE)
    audience = audience_of(an_about(tlp=Tlp.GREEN), release=closed)
    assert {f"NL/{one}" for one in ("customs", "police", "regulator", "health")} == set(permitted(audience))


@pytest.mark.parametrize(
    ("until", "sections"), [(NOW + DAY, (Section.CORE,)), (NOW, ())], ids=["holds", "ended this moment"]
)
def test_a_grant_widens_for_its_message_alone(until: datetime, sections: tuple[Section, ...]) -> None:
    relationships = Relationships(grants=Grants({MESSAGE: (a_grant(Section.CORE, until=until),)}))
    about = an_about(tlp=Tlp.RED)
    assert sections == permitted(audience_of(about, relationships, message=MESSAGE)).get("DE/police", ())
    assert "DE/police" not in permitted(audience_of(about, relationships, message=Digest(b"o" * 32)))


def test_what_is_decided_once_is_not_decided_again() -> None:
    audiences = Audiences(DIRECTORY, Relationships(), SenderDeciders(open_release_table("NL")), NOW)
    assert audiences.of(an_about()) is audiences.of(an_about())
