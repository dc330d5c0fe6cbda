import pytest

from broker.errors import UnknownSchema
from broker.records.core import Core
from broker.records.incident import IncidentCore, IncidentType
from broker.records.registry import CORE, RECORD_TYPES, kind_of, path_of, record_kind, record_type, sections_of
from broker.types.vocabulary import RecordKind, Section
from tests.support import records


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("incident/core", RecordKind.INCIDENT),
        ("incident/nominal", RecordKind.INCIDENT),
        ("agreement/core", RecordKind.AGREEMENT),
        ("group/core", RecordKind.GROUP),
        ("contact/core", RecordKind.CONTACT),
        ("request/core", RecordKind.REQUEST),
        ("grant/core", RecordKind.GRANT),
        ("recall/core", RecordKind.RECALL),
        ("receipt/core", RecordKind.RECEIPT),
    ],
)
def test_tells_what_a_record_reports_by_its_schema(path: str, kind: RecordKind) -> None:
    assert kind is record_kind(path)


@pytest.mark.parametrize("path", ["heads/heads", "directory/root", "header", "incident", "incident/trade", "", "/core"])
def test_refuses_a_schema_that_is_no_section_of_a_record(path: str) -> None:
    with pytest.raises(UnknownSchema):
        record_kind(path)
    with pytest.raises(UnknownSchema):
        record_type(path)


@pytest.mark.parametrize("path", ["forward/core", "forward/trade"])
def test_a_forward_reports_nothing_of_its_own(path: str) -> None:
    assert "Forward" == record_type(path).__name__[:7]
    with pytest.raises(UnknownSchema, match="for the original to say"):
        record_kind(path)


def test_tells_the_kind_of_a_record_by_its_core() -> None:
    assert RecordKind.GRANT is kind_of(records.a_grant())
    assert RecordKind.INCIDENT is kind_of(records.a_core())


def test_names_the_sections_of_a_record_core_first() -> None:
    assert ("core", "operational", "nominal", "evidence") == sections_of(RecordKind.INCIDENT)
    assert ("core",) == sections_of(RecordKind.GROUP)


@pytest.mark.parametrize("kind", [RecordKind.UNKNOWN, RecordKind.ATTACHMENT])
def test_refuses_a_kind_that_this_version_has_no_schema_for(kind: RecordKind) -> None:
    with pytest.raises(UnknownSchema):
        sections_of(kind)


def test_every_section_is_one_that_policy_decides_about() -> None:
    assert {path.partition("/")[2] for path in RECORD_TYPES} <= set(Section.words())


def test_every_kind_has_a_core_that_begins_alike() -> None:
    head = ("marking", "concerned", "national_reference", "related")
    cores = [kind for path, kind in RECORD_TYPES.items() if path.endswith(f"/{CORE}")]
    assert [head] * len(cores) == [kind.__struct_fields__[:4] for kind in cores]


def test_finds_the_path_of_a_record() -> None:
    assert "incident/operational" == path_of(records.an_operational_section())
    with pytest.raises(UnknownSchema):
        path_of(records.some_heads())


def test_a_core_can_be_read_without_knowing_what_it_reports() -> None:
    core: Core = records.a_group()
    assert "group-lionfish" == core.national_reference
    assert isinstance(records.a_core(), IncidentCore)


def test_goods_destroyed_or_transferred_are_no_seizure() -> None:
    assert {"destroyed-goods", "transferred-goods", "seizure"} <= set(IncidentType.words())
