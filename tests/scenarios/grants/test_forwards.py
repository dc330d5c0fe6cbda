"""A message that is passed on: its readers believe its author, and the forwarder nothing."""

from typing import Any

import msgspec
import pytest

from broker.envelope.message import Opened, open_envelope
from broker.records.forward import ForwardCore
from broker.records.grant import GrantOutcome
from broker.records.registry import CORE
from broker.types.vocabulary import Action, RecordKind, Section, Tlp
from tests.scenarios.grants.case import CUSTOMS, POLICE, Case, marking_of
from tests.support.exercise import Exercise
from tests.support.federation import a_revocation, a_signing_key, admin_stream
from tests.support.records import a_grant, a_group, a_nominal_section

STRANGER = a_signing_key("a stranger")


async def test_a_new_reader_sees_what_its_author_said(case: Case) -> None:
    assert not case.sees(CUSTOMS, case.digest)
    digest = await case.write(case.forwarded(), POLICE)
    found = case.item(CUSTOMS, digest)
    assert ("BE/police", "NL/customs", RecordKind.INCIDENT) == (found.originator, found.author, found.kind)
    assert case.digest == found.original
    assert getattr(case.report[CORE], "summary", None) == getattr(found.sections[Section.CORE], "summary", None)
    assert found.alert


async def test_it_is_marked_no_wider_than_its_author_marked_it(case: Case) -> None:
    digest = await case.write(case.forwarded(), POLICE, tlp=Tlp.GREEN)
    found = case.item(CUSTOMS, digest)
    assert Tlp.AMBER is found.tlp
    assert (CUSTOMS,) == marking_of(found.sections[Section.CORE]).recipients


async def test_only_those_it_is_passed_on_to_see_it(case: Case) -> None:
    digest = await case.write(case.forwarded(Section.NOMINAL), POLICE)
    assert [True, False, False] == [case.sees(one, digest) for one in (CUSTOMS, "BE/regulator", "BE/health")]


async def test_the_forwarders_own_participant_is_no_author_of_it(case: Case) -> None:
    """Else any authority could show its whole participant what it alone was told."""
    digest = await case.write(case.forwarded(Section.NOMINAL, recipients=("NL/police",)), POLICE)
    assert not case.sees(CUSTOMS, digest)
    assert not case.sees(POLICE, digest)


async def test_a_section_that_is_not_passed_on_is_not_there(case: Case) -> None:
    digest = await case.write(case.forwarded(Section.OPERATIONAL), POLICE)
    assert [Section.CORE, Section.OPERATIONAL] == list(case.item(CUSTOMS, digest).sections)


async def test_grants_about_it_are_its_authors_to_give(case: Case) -> None:
    digest = await case.write(case.forwarded(), POLICE)
    onward: dict[str, Any] = {"grantee": CUSTOMS, "action": Action.EXPORT, "recipients": ()}
    await case.grant(by=POLICE, **onward, message=digest)
    assert () == case.rule(Action.EXPORT, by=CUSTOMS, digest=digest).sections
    await case.grant(**onward)
    assert (Section.CORE,) == case.rule(Action.EXPORT, by=CUSTOMS, digest=digest).sections


async def test_it_is_passed_on_again_as_its_author_signed_it(case: Case) -> None:
    digest = await case.write(case.forwarded(), POLICE)
    await case.grant(grantee=CUSTOMS, recipients=("NL/health",))
    ruling = case.rule(Action.FORWARD, "NL/health", by=CUSTOMS, digest=digest)
    assert case.digest == ruling.original.digest
    again = case.forwarded(original=ruling.original)
    assert getattr(again[CORE], "avro", None) == ruling.contents[Section.CORE].avro


def forged(case: Case, **changes: Any) -> Opened:
    """Return the report under another signature, or with another header."""
    authors = case.exercise.authors
    message = authors.compose(case.report, **changes)
    return open_envelope(authors.sign([message], STRANGER)[0])


async def test_a_signature_that_is_not_its_authors_is_caught(case: Case) -> None:
    digest = await case.write(case.forwarded(original=forged(case)), POLICE)
    assert not case.sees(CUSTOMS, digest)
    assert "bad-signature" in case.refused()


async def test_a_signer_whom_nobody_knows_is_caught(case: Case) -> None:
    digest = await case.write(case.forwarded(original=forged(case, key=STRANGER)), POLICE)
    assert not case.sees(CUSTOMS, digest)
    assert "unknown-key" in case.refused()


async def test_another_nodes_key_signs_nothing_for_its_author(case: Case) -> None:
    authors, own = case.exercise.authors, case.exercise.federation.signing_key(POLICE)
    message = authors.compose(case.report, key=own)
    original = open_envelope(authors.sign([message], own)[0])
    digest = await case.write(case.forwarded(original=original), POLICE)
    assert not case.sees(CUSTOMS, digest)
    assert case.refused()


async def test_changed_content_is_caught(case: Case) -> None:
    sections = case.forwarded()
    core = sections[CORE]
    assert isinstance(core, ForwardCore)
    sections[CORE] = msgspec.structs.replace(core, avro=core.avro[:-1] + b"\x01")
    digest = await case.write(sections, POLICE)
    assert not case.sees(CUSTOMS, digest)
    assert "commitment-mismatch" in case.refused()


async def test_a_section_of_the_forwarders_own_does_not_count(case: Case) -> None:
    sections = {**case.forwarded(), "nominal": a_nominal_section("FICTITIOUS – Piet Verzonnen")}
    digest = await case.write(sections, POLICE)
    assert not case.sees(CUSTOMS, digest)


@pytest.mark.parametrize("core", [a_group(members=(CUSTOMS,)), a_grant(outcome=GrantOutcome.GRANTED)])
async def test_what_binds_is_not_passed_on(core: msgspec.Struct, case: Case) -> None:
    """An old answer or group would come again as a new one."""
    case.report = {CORE: core}
    raw = await case.exercise.write(case.report)
    digest = await case.write(case.forwarded(original=open_envelope(raw)), POLICE)
    assert not case.sees(CUSTOMS, digest)


async def test_it_is_not_believed_under_a_key_that_was_revoked(exercise: Exercise, case: Case) -> None:
    exercise.federation.say(a_revocation(exercise.federation.signing_key("NL/customs")), admin_stream("NL"))
    await exercise.announce()
    await case.node.receive()
    digest = await case.write(case.forwarded(), POLICE)
    assert not case.sees(CUSTOMS, digest)
    assert "key-revoked" in case.refused()
