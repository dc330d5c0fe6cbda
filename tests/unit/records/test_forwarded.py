"""What a forward carries is what its author signed, and nothing else passes."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from broker import avro
from broker.about import About
from broker.envelope.body import Content
from broker.envelope.header import Header
from broker.envelope.message import Opened, assemble, enclose, open_envelope, unsealed
from broker.errors import BrokerError
from broker.records.core import Related, RelatedAs
from broker.records.forward import ForwardCore, ForwardedSection, ForwardNominal
from broker.records.forwarded import open_forwarded
from broker.records.incident import IncidentCore
from broker.records.marking import strictest
from broker.records.registry import path_of
from broker.sealing.section import Place, seal_section
from broker.signing.batch import sign_batch
from broker.types.names import ZERO_DIGEST, Digest, Originator
from broker.types.vocabulary import Handling, Kind, Purpose, RecordKind, Section, Status, Tlp
from producers.forward import Passing, forward_sections
from tests.support import records
from tests.support.federation import a_seed, a_signing_key

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
KEY = a_signing_key("NL/~1")
PASSING = Passing(marking=records.a_marking(recipients=("FR",)), national_reference="forward-1", grant=None)


def a_header(by: str = "NL/customs", **changes: Any) -> Header:
    fields: dict[str, Any] = {
        "federation": "exercise-2026",
        "kind": Kind.RECORD,
        "status": Status.EXERCISE,
        "originator": Originator(by),
        "writer": 1,
        "sequence": 1,
        "previous": ZERO_DIGEST,
        "issued_at": NOON,
        "tlp": Tlp.AMBER,
        "directory_digest": ZERO_DIGEST,
        "signers": (KEY.id,),
        "sections": (),
    }
    return Header(**(fields | changes))


def content(record: msgspec.Struct) -> Content:
    schema = avro.schema(path_of(record))
    return Content(a_seed(schema.path), schema.id, avro.encode(schema, record))


def an_original(core: msgspec.Struct | None = None, **changes: Any) -> Opened:
    said = [("core", content(core or records.a_core())), ("nominal", content(records.a_nominal_section()))]
    return signed(a_header(**changes), said)


def signed(header: Header, said: Sequence[tuple[str, Content]]) -> Opened:
    place = Place(header.federation, header.stream, header.sequence)
    clear = header.tlp is Tlp.CLEAR
    parts = [
        unsealed(name, one) if clear else seal_section(name, one, key=a_seed(f"key of {name}"), place=place)
        for name, one in said
    ]
    message = assemble(header, parts)
    return open_envelope(enclose(message, sign_batch([message.header_bytes], KEY)))


def a_forward(original: Opened, core: msgspec.Struct | None = None, passing: Passing = PASSING) -> ForwardCore:
    found = forward_sections(original, {Section.CORE: content(core or records.a_core())}, passing).core
    assert isinstance(found, ForwardCore)
    return found


HEADER = a_header("BE/police")


def test_gives_the_original_back_as_its_author_wrote_it() -> None:
    original = an_original()
    found = open_forwarded(a_forward(original))
    assert (original.digest, RecordKind.INCIDENT, records.a_core()) == (found.digest, found.kind, found.core)
    assert original.signatures == found.original.signatures
    assert (None, None) == found.original.bodies


def test_is_read_with_the_strictest_marking_of_both() -> None:
    core = records.a_core(marking=records.a_marking(handling=(Handling.H2,), excluded=("DE",), recipients=("BE",)))
    shown = open_forwarded(a_forward(an_original(core), core)).shown()
    assert isinstance(shown, IncidentCore)
    assert ((Handling.H2,), ("DE",), ("FR",)) == (
        shown.marking.handling,
        shown.marking.excluded,
        shown.marking.recipients,
    )


def test_a_section_comes_back_as_it_was_signed() -> None:
    nominal = content(records.a_nominal_section())
    contents = {Section.CORE: content(records.a_core()), Section.NOMINAL: nominal}
    sections = forward_sections(an_original(), contents, PASSING)
    assert isinstance(sections.nominal, ForwardNominal)
    assert isinstance(sections.core, ForwardCore)
    found = open_forwarded(sections.core)
    assert records.a_nominal_section() == found.read(Section.NOMINAL, sections.nominal)


CHANGED: dict[str, tuple[str, Callable[[ForwardCore], ForwardCore]]] = {
    "another core": (
        "commitment-mismatch",
        lambda core: msgspec.structs.replace(core, avro=content(records.a_core("FR")).avro),
    ),
    "another salt": ("commitment-mismatch", lambda core: msgspec.structs.replace(core, salt=Digest(a_seed("?")))),
    "another schema": (
        "commitment-mismatch",
        lambda core: msgspec.structs.replace(core, schema_id=Digest(a_seed("?"))),
    ),
    "no envelope": ("bad-framing", lambda core: msgspec.structs.replace(core, original=b"nothing of the kind")),
    "another message named": (
        "invalid-record",
        lambda core: msgspec.structs.replace(
            core, related=(Related(digest=records.MESSAGE, relation=RelatedAs.FORWARDS),)
        ),
    ),
    "a body inside": ("bad-header", lambda core: msgspec.structs.replace(core, original=an_original().raw)),
    "another original": (
        "invalid-record",
        lambda core: msgspec.structs.replace(core, original=a_forward(an_original(writer=2)).original),
    ),
}


@pytest.mark.parametrize(("code", "change"), CHANGED.values(), ids=CHANGED)
def test_refuses_what_is_not_the_original(code: str, change: Callable[[ForwardCore], ForwardCore]) -> None:
    with pytest.raises(BrokerError) as caught:
        open_forwarded(change(a_forward(an_original())))
    assert code == caught.value.code


@pytest.mark.parametrize("change", [{"federation": "other-2026"}, {"status": Status.TEST}])
def test_refuses_a_message_of_another_network_or_status(change: dict[str, Any]) -> None:
    with pytest.raises(BrokerError, match="another network or status") as caught:
        open_forwarded(a_forward(an_original(**change))).check_header(HEADER)
    assert "invalid-record" == caught.value.code


@pytest.mark.parametrize("core", [records.a_group(), records.a_grant(), records.a_recall(), records.an_agreement()])
def test_what_binds_is_not_passed_on(core: msgspec.Struct) -> None:
    with pytest.raises(BrokerError, match="counts from whoever says it"):
        open_forwarded(a_forward(an_original(core), core))


SWAPPED = {
    "a record of the forwarder's own": (records.a_nominal_section(), "invalid-record"),
    "other content": (ForwardNominal(salt=Digest(a_seed("1")), schema_id=Digest(a_seed("2")), avro=b""), "commitment"),
}


@pytest.mark.parametrize(("record", "code"), SWAPPED.values(), ids=SWAPPED)
def test_refuses_a_section_that_was_not_signed(record: msgspec.Struct, code: str) -> None:
    found = open_forwarded(a_forward(an_original()))
    with pytest.raises(BrokerError) as caught:
        found.read(Section.NOMINAL, record)
    assert caught.value.code.startswith(code)


def test_refuses_a_section_that_the_original_never_had() -> None:
    found = open_forwarded(a_forward(an_original()))
    evidence = content(records.an_evidence_section())
    carried = ForwardedSection(salt=Digest(evidence.salt), schema_id=Digest(evidence.schema_id), avro=evidence.avro)
    with pytest.raises(BrokerError, match="has no section evidence"):
        found.read(Section.EVIDENCE, carried)


def test_refuses_a_section_in_the_place_of_another() -> None:
    core = content(records.a_core())
    original = signed(a_header(), [("core", core), ("nominal", core)])
    carried = ForwardNominal(salt=Digest(core.salt), schema_id=Digest(core.schema_id), avro=core.avro)
    with pytest.raises(BrokerError, match="holds a incident/core"):
        open_forwarded(a_forward(original)).read(Section.NOMINAL, carried)


def test_policy_sees_the_original_more_narrowly_marked() -> None:
    original = an_original(tlp=Tlp.GREEN)
    header = msgspec.structs.replace(HEADER, tlp=Tlp.RED)
    about = About.of(header, RecordKind.INCIDENT, a_forward(original))
    assert ("NL/customs", "NL", original.digest) == (about.originator, about.participant, about.original)
    assert (Tlp.RED, ("FR",), frozenset()) == (about.tlp, about.marking.recipients, about.told)


@pytest.mark.parametrize("own", [Tlp.CLEAR, Tlp.GREEN])
def test_a_forwarder_cannot_take_a_label_off(own: Tlp) -> None:
    header = msgspec.structs.replace(HEADER, tlp=own)
    assert Tlp.AMBER is About.of(header, RecordKind.INCIDENT, a_forward(an_original())).tlp


EARLY, LATE = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)


def test_the_strictest_marking_is_no_wider_than_either_in_anything() -> None:
    original = records.a_marking(
        handling=(Handling.H3,), handling_text="Ask first.", excluded=("DE",), release_after=EARLY, retain_until=LATE
    )
    passed_on = records.a_marking(
        handling=(Handling.H2,), purposes=(Purpose.INVESTIGATION, Purpose.TRAINING), recipients=("FR",),
        excluded=("FR/health",), release_after=None, retain_until=EARLY,
    )  # fmt: skip
    both = strictest(original, passed_on)
    assert (Handling.H3, Handling.H2) == both.handling
    assert ("Ask first.", (Purpose.INVESTIGATION,)) == (both.handling_text, both.purposes)
    assert (("FR",), ("DE", "FR/health")) == (both.recipients, both.excluded)
    assert (EARLY, EARLY) == (both.release_after, both.retain_until)


def test_a_marking_without_recipients_keeps_the_authors() -> None:
    assert ("BE",) == strictest(records.a_marking(recipients=("BE",)), records.a_marking()).recipients
