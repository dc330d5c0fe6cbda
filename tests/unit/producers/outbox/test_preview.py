"""The preview of a draft says what receiving nodes will decide."""

import time
from datetime import timedelta

import msgspec
import pytest

from broker.directory import Directory
from broker.policy.builtin import open_release_table
from broker.policy.rule import Effect, Rule
from broker.policy.table import Layer, Table
from broker.records.core import Concerned, CountryRole
from broker.relationships import Relationships, StandingAgreement
from broker.types.names import Participant
from broker.types.vocabulary import Section, Tlp
from producers.draft import Draft
from producers.preview import AudienceRow, Preview, Previewer, about_draft
from tests.support.federation import ROOT_STREAM, Federation, a_root, admin_stream, an_authority
from tests.support.outbox import CUSTOMS, NOW, a_draft, a_sealing_federation
from tests.support.records import a_marking, an_agreement


def a_directory(*participants: str, authorities: int = 0) -> Directory:
    """Return the directory of a federation without a table of its own, so that the baseline holds."""
    federation = Federation()
    federation.root_digest = federation.say(a_root(federation.root_keys, [federation.hub_key]), ROOT_STREAM).digest
    for code in participants:
        federation.join(code)
        for number in range(authorities):
            federation.say(an_authority(f"{code}/force-{number}"), admin_stream(code))
    return federation.directory


def audience(
    draft: Draft, directory: Directory, relationships: Relationships | None = None, release: Table | None = None
) -> Preview:
    release = release or open_release_table("NL/~1")
    previewer = Previewer(directory, relationships or Relationships(), release, NOW)
    return previewer.preview(about_draft(draft))


def readers(row: AudienceRow) -> set[str]:
    return {name for verdict in row.permitted for name in verdict.authorities}


@pytest.fixture(scope="module")
def directory_of_three() -> Directory:
    return a_directory("NL", "BE", "FR")


def test_every_authority_is_either_permitted_or_refused_with_a_sentence(directory_of_three: Directory) -> None:
    found = audience(a_draft("R-1"), directory_of_three)

    assert [Section.CORE, Section.OPERATIONAL, Section.NOMINAL] == [row.section for row in found.rows]
    everybody = {entry.authority for entry in directory_of_three.authorities(NOW)}
    for row in found.rows:
        listed = [name for verdict in (*row.permitted, *row.refused) for name in verdict.authorities]
        assert everybody == set(listed)
        assert len(everybody) == len(listed)
        assert all(verdict.rule_id and verdict.says for verdict in (*row.permitted, *row.refused))


def test_a_concerned_country_may_read_the_core_only_and_is_alerted(directory_of_three: Directory) -> None:
    found = audience(a_draft("R-1"), directory_of_three)

    core, operational, nominal = (readers(row) for row in found.rows)
    assert "BE/police" in core
    assert "BE/police" not in operational | nominal
    assert "FR/police" not in core
    assert "NL/police" in core & operational
    assert [Participant("BE")] == list(found.alerted)
    assert "BE/police" in found.alerted[Participant("BE")]
    assert set(found.alerted[Participant("BE")]) <= core


def test_a_country_that_may_not_be_told_is_not_alerted(directory_of_three: Directory) -> None:
    concerned = (Concerned(country="BE", role=CountryRole.DESTINATION, tell=False),)

    assert {} == audience(a_draft("R-1", concerned=concerned), directory_of_three).alerted


def test_an_agreement_and_an_exclusion_are_seen(directory_of_three: Directory) -> None:
    agreement = StandingAgreement.of(CUSTOMS, an_agreement("FR"))
    draft = a_draft("R-1", marking=a_marking(excluded=("BE",)))

    found = audience(draft, directory_of_three, Relationships(agreements=(agreement,)))

    core, operational, _ = (readers(row) for row in found.rows)
    assert "FR/police" in core & operational
    assert not {name for name in core if name.startswith("BE/")}
    assert {} == found.alerted


def test_an_embargo_holds_in_the_preview(directory_of_three: Directory) -> None:
    draft = a_draft("R-1", marking=a_marking(release_after=NOW + timedelta(days=1)))

    assert {"NL"} == {name.split("/")[0] for row in audience(draft, directory_of_three).rows for name in readers(row)}


def test_a_named_recipient_of_a_red_message_is_the_only_other_reader(directory_of_three: Directory) -> None:
    draft = a_draft("R-1", marking=a_marking(recipients=("FR/police",)))
    draft = msgspec.structs.replace(draft, tlp=Tlp.RED)

    core = readers(audience(draft, directory_of_three).rows[0])

    assert {"FR/police"} == {name for name in core if not name.startswith("NL/")}


def test_release_rules_narrow_what_others_get_and_say_so(directory_of_three: Directory) -> None:
    rule = Rule("not-yet", Effect.NEVER, "Nothing leaves the country this week.", ())
    release = Table("quiet", Layer.RELEASE, 1, "NL/~1", (rule,))

    core = audience(a_draft("R-1"), directory_of_three, release=release).rows[0]

    assert {"NL"} == {name.split("/")[0] for name in readers(core)}
    assert ["BE/police"] == [
        name for one in core.refused if one.rule_id == "not-yet" for name in one.authorities if name == "BE/police"
    ]


def test_readers_whose_node_has_no_sealing_key_are_named() -> None:
    federation = a_sealing_federation("NL")
    federation.join("BE")

    found = audience(a_draft("R-1"), federation.directory)

    assert "BE/police" in found.unreached
    assert {"BE"} == {name.split("/")[0] for name in found.unreached}
    assert () == audience(a_draft("R-1", tlp=Tlp.CLEAR), federation.directory).unreached


def test_six_hundred_authorities_are_previewed_at_once() -> None:
    directory = a_directory("NL", "BE", "FR", authorities=196)
    assert 600 == len(directory.authorities(NOW))
    started = time.process_time()

    audience(a_draft("R-1"), directory)

    # Ten times what is promised: this catches a decision for each authority, not a slow machine.
    assert time.process_time() - started < 2
