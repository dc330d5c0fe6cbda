from broker.types.vocabulary import RecordKind, Status, Tlp
from producers.draft import draft_record
from tests.support.intake import CUSTOMS, NOW
from tests.support.records import a_contact, an_agreement


def test_a_record_that_comes_from_no_file_is_drafted_too() -> None:
    draft = draft_record(an_agreement("BE"), authority=CUSTOMS, tlp=Tlp.AMBER, status=Status.ACTUAL, authored_at=NOW)
    other = draft_record(a_contact(), authority=CUSTOMS, tlp=Tlp.AMBER, status=Status.ACTUAL, authored_at=NOW)

    assert (RecordKind.AGREEMENT, "agreement-1", 0) == (draft.kind, draft.national_reference, draft.line)
    assert ["core"] == list(draft.sections.present())
    assert draft.content_digest != other.content_digest
