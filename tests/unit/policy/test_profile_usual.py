"""The profiles that hold where an authority has written none: careful, and whole."""

import pytest

from broker.policy.profile_usual import USUAL_KINDS, usual_profile
from broker.types.vocabulary import Purpose, RecordKind, Tlp


def test_incidents_and_what_has_a_command_of_its_own_have_none() -> None:
    without = set(RecordKind) - set(USUAL_KINDS)

    assert {None} == {usual_profile("NL/customs", kind) for kind in without}
    assert RecordKind.INCIDENT in without


@pytest.mark.parametrize(
    ("kind", "tlp", "loosest"),
    [
        (RecordKind.NOTIFICATION, Tlp.AMBER, Tlp.AMBER),
        (RecordKind.NOTIFICATION_REPLY, Tlp.AMBER, Tlp.AMBER),
        (RecordKind.SHIPMENT, Tlp.AMBER, Tlp.AMBER),
        (RecordKind.REQUEST, Tlp.AMBER, Tlp.AMBER),
        (RecordKind.ANSWER, Tlp.AMBER, Tlp.AMBER),
        (RecordKind.SUBSTANCE_WARNING, Tlp.GREEN, Tlp.CLEAR),
        (RecordKind.SCHEDULING, Tlp.GREEN, Tlp.CLEAR),
        (RecordKind.STATISTICS, Tlp.GREEN, Tlp.CLEAR),
    ],
)
def test_each_kind_has_its_label_and_how_far_it_may_be_loosened(kind: RecordKind, tlp: Tlp, loosest: Tlp) -> None:
    profile = usual_profile("NL/customs", kind)

    assert profile is not None
    assert (("NL/customs", kind), tlp, loosest) == (
        (profile.authority, profile.kind),
        profile.tlp,
        profile.bounds.loosest_tlp,
    )


def test_companies_in_a_trade_are_not_for_investigations_unless_somebody_says_so() -> None:
    profile = usual_profile("NL/regulator", RecordKind.NOTIFICATION)

    assert profile is not None
    assert Purpose.INVESTIGATION not in profile.purposes
    assert Purpose.INVESTIGATION in profile.bounds.purposes


def test_every_kind_of_figures_may_be_used_for_statistics() -> None:
    profile = usual_profile("NL/customs", RecordKind.STATISTICS)

    assert profile is not None
    assert Purpose.STATISTICS in profile.purposes
