"""The baseline, row by row, written by hand from the law and not from the table.

kind | TLP | the message besides | reader's sector | its relation | its purposes | action | sections it may have

Besides: ``to`` it names recipients, ``for:`` a purpose it allows (else all), ``absent`` the reader takes no part in
exercises. Relation: a reader is in the community unless it is a ``stranger``.
"""

import pytest

from broker.policy.decide import decide
from broker.policy.facts import Facts
from broker.types.vocabulary import Action, Handling, Purpose, RecordKind, Relation, Section, Sector, Status, Tlp
from tests.support.policy import ALL_PURPOSES, BASELINE, facts

LAW = """
incident     | CLEAR | -        | health     | -         | prevention    | receive  | core
incident     | CLEAR | -        | police     | -         | investigation | receive  | core
incident     | CLEAR | -        | police     | stranger  | investigation | receive  | -
incident     | GREEN | -        | laboratory | -         | prevention    | receive  | core
incident     | GREEN | -        | regulator  | -         | regulation    | receive  | core
incident     | GREEN | -        | health     | -         | statistics    | receive  | core
incident     | GREEN | -        | police     | stranger  | investigation | receive  | -
incident     | GREEN | -        | customs    | agreement | investigation | receive  | core operational evidence
incident     | GREEN | to       | customs    | -         | investigation | receive  | -
incident     | GREEN | to       | customs    | agreement | investigation | receive  | -
incident     | GREEN | to       | customs    | concerned | investigation | receive  | core
incident     | AMBER | -        | police     | -         | investigation | receive  | -
incident     | AMBER | -        | police     | agreement | investigation | receive  | core operational evidence
incident     | AMBER | -        | regulator  | agreement | regulation    | receive  | core
incident     | AMBER | -        | police     | concerned | investigation | receive  | core
incident     | AMBER | to       | police     | concerned | investigation | receive  | core
incident     | AMBER | to       | police     | named     | investigation | receive  | all
incident     | AMBER | to       | police     | named     | prevention    | receive  | core operational evidence
incident     | AMBER | to       | police     | named     | prevention investigation | receive  | all
incident     | AMBER | to       | customs    | group     | investigation | receive  | all
incident     | AMBER | to       | judiciary  | named     | investigation | receive  | all
incident     | AMBER | to       | laboratory | named     | prevention    | receive  | core evidence
incident     | AMBER | to       | laboratory | group     | prevention    | receive  | core evidence
incident     | AMBER | to       | regulator  | named     | regulation    | receive  | core
incident     | AMBER | to       | regulator  | named     | investigation | receive  | core nominal trade
incident     | AMBER | to       | health     | named     | investigation | receive  | core
incident     | AMBER | to       | health     | named     | public-health | receive  | core
incident     | AMBER | to       | police     | agreement | investigation | receive  | -
incident     | AMBER+STRICT | -        | police     | agreement | investigation | receive  | -
incident     | AMBER+STRICT | -        | police     | concerned | investigation | receive  | -
incident     | AMBER+STRICT | to       | police     | concerned | investigation | receive  | -
incident     | AMBER+STRICT | to       | police     | named     | investigation | receive  | all
incident     | RED   | to       | customs    | named     | investigation | receive  | all
incident     | RED   | to       | customs    | group     | prevention    | receive  | core operational evidence
incident     | RED   | -        | customs    | agreement | investigation | receive  | -
incident     | RED   | to       | customs    | concerned | investigation | receive  | -
incident     | RED   | to       | customs    | own       | investigation | receive  | all
incident     | RED   | to       | health     | own       | statistics    | receive  | all
incident     | RED   | to       | police     | own excluded | investigation | receive  | all
incident     | RED   | to for:training | police     | own       | investigation | export   | all
incident     | AMBER | to       | police     | own       | prevention    | use-in-court | all
incident     | AMBER | to       | police     | own stranger | investigation | receive  | -
incident     | CLEAR | -        | police     | excluded  | investigation | receive  | -
incident     | GREEN | to       | police     | named excluded | investigation | receive  | -
incident     | AMBER | to       | police     | group concerned excluded | investigation | receive  | -
incident     | GREEN | embargo  | police     | -         | investigation | receive  | -
incident     | AMBER | to embargo | police     | named     | investigation | receive  | -
incident     | AMBER | to embargo | police     | group     | investigation | receive  | all
incident     | AMBER | to embargo | police     | own       | investigation | receive  | all
incident     | GREEN | for:prevention | police     | -         | investigation | receive  | -
incident     | GREEN | for:prevention | police     | -         | investigation prevention | receive  | core
incident | AMBER | to for:prevention | police | named | investigation prevention | receive | core operational evidence
incident     | AMBER | to for:investigation | police     | named     | training      | open     | -
incident     | AMBER | to       | police     | named     | prevention    | open     | core operational evidence
incident     | GREEN | H0       | health     | -         | public-health | receive  | -
incident     | GREEN | H0       | regulator  | -         | regulation    | receive  | -
incident     | GREEN | H0       | regulator  | -         | regulation prevention | receive  | core
incident     | GREEN | H0       | police     | -         | training      | receive  | -
incident     | GREEN | H0       | police     | -         | statistics    | receive  | -
incident     | GREEN | H0       | police     | own       | statistics    | receive  | all
incident     | GREEN | -        | police     | -         | investigation | forward  | core
incident     | GREEN | H1       | police     | -         | investigation | forward  | core
incident     | GREEN | H1       | judiciary  | -         | investigation | use-in-court | -
incident     | GREEN | H1 granted | judiciary  | -         | investigation | use-in-court | core
incident     | GREEN | H2       | police     | -         | investigation | forward  | -
incident     | GREEN | H2       | police     | -         | investigation | export   | -
incident     | GREEN | H2       | judiciary  | -         | investigation | use-in-court | core
incident     | GREEN | H2 granted | police     | -         | investigation | forward  | core
incident     | GREEN | H3       | police     | -         | investigation | receive  | core
incident     | AMBER | to       | police     | named     | investigation | forward  | -
incident     | AMBER | to       | police     | named     | investigation | export   | -
incident     | AMBER | to       | judiciary  | named     | investigation | use-in-court | -
incident     | RED   | to granted | judiciary  | named     | investigation | use-in-court | all
incident     | AMBER | to H1 H2 granted | police     | named     | prevention    | forward  | core operational evidence
incident     | GREEN | exercise | police     | -         | investigation | receive  | core
incident     | GREEN | exercise | police     | -         | statistics    | receive  | -
incident     | GREEN | exercise | police     | own       | statistics    | receive  | -
incident     | GREEN | exercise absent | police     | -         | investigation | receive  | -
incident     | GREEN | test absent | police     | -         | investigation | receive  | -
incident     | GREEN | test absent | police     | own       | investigation | receive  | all
incident     | GREEN | absent   | police     | -         | investigation | receive  | core
incident     | CLEAR | -        | industry-liaison | -         | prevention    | receive  | -
incident     | AMBER | to       | industry-liaison | named     | prevention    | receive  | -
substance-warning | GREEN | -        | industry-liaison | -         | prevention    | receive  | core
substance-warning | AMBER | to       | industry-liaison | named     | investigation | receive  | core
substance-warning | AMBER | to       | laboratory | named     | prevention    | receive  | core evidence
request      | GREEN | -        | industry-liaison | -         | prevention    | receive  | -
request      | AMBER | to       | industry-liaison | named     | investigation | receive  | core
request      | AMBER | to       | industry-liaison | group     | investigation | receive  | -
answer       | GREEN | -        | industry-liaison | -         | prevention    | receive  | -
notification | AMBER | to       | regulator  | named     | regulation    | receive  | core trade
notification | AMBER | to       | regulator  | named     | statistics    | receive  | core
notification | AMBER | to       | regulator  | agreement | regulation    | receive  | -
notification | AMBER | to       | customs    | named     | prevention    | receive  | core operational evidence
notification-reply | AMBER | to       | regulator  | group     | prevention    | receive  | core trade
shipment     | RED   | to       | regulator  | named     | regulation    | receive  | core trade
recall       | AMBER | to       | police     | named     | prevention    | receive  | core operational evidence
agreement    | AMBER | to       | judiciary  | named     | prevention    | receive  | core operational evidence
contact      | GREEN | -        | health     | -         | public-health | receive  | core
statistics   | GREEN | -        | regulator  | -         | statistics    | receive  | core
"""
ROWS = LAW.strip().splitlines()


def read(row: str) -> tuple[Facts, str]:
    """Return the facts of a row, and the sections it expects."""
    kind, tlp, message, sector, relation, purposes, action, expected = (cell.strip() for cell in row.split("|"))
    extras, relations = set(message.split()), set(relation.split())
    allowed = frozenset(Purpose.from_word(extra[4:]) for extra in extras if extra.startswith("for:"))
    community = set() if "stranger" in relations else {"community"}
    status = next((Status.from_word(word) for word in ("exercise", "test") if word in extras), Status.ACTUAL)
    request = facts(
        action=Action.from_word(action),
        kind=RecordKind.from_word(kind),
        status=status,
        tlp=next(one for one in Tlp if one.word == tlp),
        relation=frozenset(Relation.from_word(word) for word in relations - {"-", "stranger"} | community),
        sector=Sector.from_word(sector),
        purposes=tuple(Purpose.from_word(word) for word in purposes.split()),
        allowed_purposes=allowed or ALL_PURPOSES,
        addressed="to" in extras,
        takes_part="absent" not in extras,
        embargoed="embargo" in extras,
        handling=frozenset(code for code in Handling if code.word in extras),
        granted="granted" in extras,
    )
    return request, {"-": "", "all": " ".join(Section.words())}.get(expected, expected)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(row.replace("|", " ").split()))
def test_the_baseline_decides_as_the_law_says(row: str) -> None:
    request, expected = read(row)
    decision = decide(BASELINE, request)
    assert expected == " ".join(section.word for section in decision.permitted)


def test_the_law_table_has_rows_for_every_action_and_every_sector() -> None:
    requests = [read(row)[0] for row in ROWS]
    assert set(Action) - {Action.UNKNOWN} == {request.action for request in requests}
    assert set(Sector) - {Sector.UNKNOWN} == {request.sector for request in requests}


def test_every_rule_of_the_baseline_decides_some_row() -> None:
    decisive = {
        layer.rule_id for row in ROWS for outcome in decide(BASELINE, read(row)[0]).outcomes for layer in outcome.layers
    }
    assert set() == {rule.id for rule in BASELINE.community.rules} - decisive
