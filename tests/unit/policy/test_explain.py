from broker.policy.decide import decide
from broker.policy.explain import explain
from broker.policy.table import Layer
from broker.types.vocabulary import Action, Purpose, Relation, Status, Tlp
from tests.support.policy import BASELINE, facts

AUTHORS = {Layer.COMMUNITY: "X-HUB/~admin", Layer.MARKING: "NL/customs"}


def explained(**changes: object) -> list[str]:
    decision = decide(BASELINE, facts(**changes))
    text = explain(decision, reader="BE/police", originator="NL/customs", author_of=AUTHORS, contact="desk, +31 00 000")
    return text.splitlines()


def test_says_who_wanted_what() -> None:
    assert explained(status=Status.EXERCISE, purposes=(Purpose.PREVENTION, Purpose.INVESTIGATION))[0] == (
        "BE/police wanted to receive a message of NL/customs (incident, TLP:AMBER, exercise), "
        "for prevention or investigation. Its relation to the message: community, named."
    )


def test_quotes_the_rule_with_its_author_for_every_section() -> None:
    lines = explained(purposes=(Purpose.PREVENTION,), relation=frozenset({Relation.COMMUNITY, Relation.NAMED}))
    assert "Decision: redacted." in lines
    assert "Shown: core, operational, evidence." in lines
    assert "Not shown: nominal, trade." in lines
    assert (
        "  core: “The core is shown to those whom the message names as recipients, also at TLP:RED.” "
        "(rule core-named of the community table, written by X-HUB/~admin, for prevention)"
    ) in lines
    assert (
        "  nominal: “No rule of the community opens the nominal section to this reader.” "
        "(rule nothing-permits of the community table, written by X-HUB/~admin)"
    ) in lines


def test_says_what_the_release_obliges_to() -> None:
    assert "Not to be passed on without a grant of the originator." in explained()


def test_says_whom_to_call() -> None:
    assert "To ask for more, call NL/customs: desk, +31 00 000" == explained(relation=frozenset())[-1]
    assert "With questions, call NL/customs: desk, +31 00 000" == explained()[-1]


def test_explains_facts_that_it_does_not_know() -> None:
    lines = explained(tlp=Tlp.UNKNOWN, action=Action.UNKNOWN, kind="new-kind")
    assert "to do something unknown with a message of NL/customs (something unknown, TLP:UNKNOWN)" in lines[0]
    assert "Decision: denied." in lines


def test_leaves_out_an_author_and_a_contact_that_nobody_knows() -> None:
    decision = decide(BASELINE, facts())
    text = explain(decision, reader="BE/police", originator="NL/customs", author_of={}, contact="")
    assert "written by" not in text
    assert text.endswith("With questions, ask NL/customs.")
