"""One message of every kind beside incidents, as an authority of NL sends it to BE; all names in it are invented."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from broker.records.answer import AnswerNominal, AnswerOperational
from broker.records.inquiry import InquiryNominal, InquiryOperational
from broker.records.marking import Marking
from broker.records.operational import Leg
from broker.records.substance_warning import SubstanceWarningEvidence
from broker.types.names import Digest, Originator, Participant
from broker.types.vocabulary import Purpose, Status, Tlp
from producers.draft import Sections, draft_sections
from tests.support.kinds import (
    a_catalogue,
    a_notification,
    a_notification_reply,
    a_scheduling,
    a_shipment,
    a_trade,
    a_warning,
    an_answer,
    an_inquiry,
    some_statistics,
)
from tests.support.records import a_nominal_section, an_evidence_section
from tocsin.cli.one_record import publish_one
from tocsin.cli.output import Output
from tocsin.folder import open_folder
from tocsin.installation import open_node

TO_BE = Marking(
    purposes=(Purpose.PREVENTION, Purpose.INVESTIGATION, Purpose.REGULATION, Purpose.STATISTICS), recipients=("BE",)
)
_PEOPLE = a_nominal_section().parties
_LEGS = (Leg(container="TOCU 305438 3"),)
_EVIDENCE = an_evidence_section()

KINDS: Mapping[str, Sections] = {
    "notification": Sections(core=a_notification(marking=TO_BE), trade=a_trade()),
    "notification-reply": Sections(core=a_notification_reply(marking=TO_BE)),
    "shipment": Sections(core=a_shipment(marking=TO_BE)),
    "substance-warning": Sections(
        core=a_warning(marking=TO_BE), evidence=SubstanceWarningEvidence(sources=_EVIDENCE.sources)
    ),
    "scheduling": Sections(core=a_scheduling(marking=TO_BE)),
    "catalogue": Sections(core=a_catalogue(marking=TO_BE)),
    "request": Sections(
        core=an_inquiry(marking=TO_BE),
        operational=InquiryOperational(legs=_LEGS),
        nominal=InquiryNominal(parties=_PEOPLE, fictitious=True),
    ),
    "answer": Sections(
        core=an_answer(marking=TO_BE),
        operational=AnswerOperational(legs=_LEGS),
        nominal=AnswerNominal(parties=_PEOPLE, fictitious=True),
    ),
    "statistics": Sections(core=some_statistics(marking=TO_BE)),
}

NAMED = ("Voorbeeld", "Invented exporter 1")
"""Those that no list may name."""


def send(
    federation: Path,
    sections: Sections,
    *,
    by: str = "NL/customs",
    tlp: Tlp = Tlp.AMBER,
    status: Status = Status.EXERCISE,
) -> str:
    """Publish a record, and return the name of its message."""
    with open_node(open_folder(federation), Participant(by[:2])) as node:
        draft = draft_sections(sections, authority=Originator(by), tlp=tlp, status=status, authored_at=node.clock())
        publication, code = publish_one(node, Originator(by), draft, Output(json=True))
    assert 0 == code, publication
    return str(publication.published[0].message)


def about(sections: Sections, field: str, digest: Digest) -> Sections:
    """Return *sections* whose core names the message *digest* in *field*."""
    core = msgspec.structs.replace(sections.core, **{field: digest})
    return msgspec.structs.replace(sections, core=core)
