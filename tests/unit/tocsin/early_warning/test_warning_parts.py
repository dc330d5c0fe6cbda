"""What a warning may say to whom is what the authors of its messages let: no person widens it by editing."""

from typing import Any

import pytest

from broker.errors import InvalidRecord
from broker.records.core import Concerned, CountryRole
from broker.records.marking import Marking
from broker.types.names import Originator, parse_message_name
from broker.types.vocabulary import Handling, Purpose, Tlp
from tests.support.signals import a_digest
from tocsin.early_warning.parts import Part, label_of, marking_of, narrowest_first, wider

USES = (Purpose.PREVENTION, Purpose.INVESTIGATION)


def a_part(name: str = "BE/police/1#2", **changes: Any) -> Part:
    """Return an AMBER message of Belgium's police for the Netherlands, which warn."""
    author = name.rpartition("/")[0]
    marking = Marking(
        purposes=changes.pop("purposes", USES),
        recipients=changes.pop("recipients", ("NL",)),
        handling=changes.pop("handling", ()),
        excluded=changes.pop("excluded", ()),
    )
    fields: dict[str, Any] = {
        "digest": a_digest(name),
        "message": parse_message_name(name),
        "author": Originator(author),
        "tlp": Tlp.AMBER,
        "marking": marking,
        "concerned": (),
        "is_own": author.startswith("NL/"),
    }
    return Part(**(fields | changes))


def fields(marking: Marking, tlp: Tlp, *parts: Part, tell: tuple[str, ...] = ()) -> list[str]:
    concerned = [Concerned(country=one, role=CountryRole.DESTINATION, tell=True) for one in tell]
    return [one.field for one in wider(marking, tlp, concerned, parts)]


def test_a_warning_from_amber_messages_of_others_is_for_their_authors_and_those_whom_they_named() -> None:
    parts = (a_part(), a_part("NL/customs/1#3", recipients=()))
    assert Tlp.AMBER is label_of(parts)
    assert ("BE", "NL") == marking_of(parts).recipients
    assert [] == fields(marking_of(parts), Tlp.AMBER, *parts)


def test_nobody_takes_the_recipients_out_of_a_warning_from_narrow_messages_of_others() -> None:
    for part in (a_part(), a_part(tlp=Tlp.GREEN, handling=(Handling.H2,)), a_part(tlp=Tlp.RED)):
        everybody = Marking(purposes=USES, handling=part.marking.handling)
        assert ["marking.recipients"] == fields(everybody, part.tlp, part)
    assert [] == fields(Marking(purposes=USES), Tlp.AMBER, a_part("NL/customs/1#3"))


def test_two_authors_who_name_different_readers_leave_nobody_to_warn() -> None:
    parts = (a_part(recipients=("NL/customs",)), a_part("DE/police/1#2", recipients=("NL/police",)))
    assert () == marking_of(parts).recipients
    assert ["marking.recipients"] == fields(marking_of(parts), Tlp.AMBER, *parts)


@pytest.mark.parametrize(
    ("changes", "tlp", "tell", "expected"),
    [
        ({"recipients": ("BE", "DE")}, Tlp.AMBER, (), ["marking.recipients"]),
        ({"recipients": ("BE",)}, Tlp.GREEN, (), ["tlp"]),
        ({"recipients": ("BE",)}, Tlp.AMBER, ("DE",), ["concerned"]),
        ({"recipients": ("BE",), "purposes": (*USES, Purpose.STATISTICS)}, Tlp.AMBER, (), ["marking.purposes"]),
        ({"recipients": ("BE",)}, Tlp.RED, (), []),
    ],
)
def test_each_way_to_widen_it_is_refused(
    changes: dict[str, Any], tlp: Tlp, tell: tuple[str, ...], expected: list[str]
) -> None:
    marking = Marking(**({"purposes": USES} | changes))
    assert expected == fields(marking, tlp, a_part(), tell=tell)


def test_handling_and_exclusions_of_every_part_stay() -> None:
    parts = (a_part(handling=(Handling.H1,)), a_part("NL/customs/1#3", excluded=("DE",), recipients=()))
    least = marking_of(parts)
    assert ((Handling.H1,), ("DE",)) == (least.handling, least.excluded)
    bare = Marking(purposes=USES, recipients=("BE",))
    assert ["marking.handling", "marking.excluded"] == fields(bare, Tlp.AMBER, *parts)


def test_without_a_purpose_in_common_there_is_no_warning() -> None:
    parts = (a_part(purposes=(Purpose.PREVENTION,)), a_part("DE/police/1#2", purposes=(Purpose.INVESTIGATION,)))
    with pytest.raises(InvalidRecord, match="no purpose"):
        marking_of(parts)


def test_narrow_messages_of_others_are_among_those_that_it_is_held_to() -> None:
    own, green = a_part("NL/customs/1#3"), a_part("BE/police/1#4", tlp=Tlp.GREEN)
    narrow, strict = a_part("BE/police/1#5"), a_part("BE/police/1#6", tlp=Tlp.AMBER_STRICT)
    assert [strict, narrow, own, green] == narrowest_first([green, own, narrow, strict])
