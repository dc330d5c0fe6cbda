import msgspec
import pytest

from broker.policy.builtin import community_table, marking_table, open_house_table, open_release_table
from broker.policy.check import Remark, check_table
from broker.policy.rule import Effect, Members, Rule
from broker.policy.table import Layer, Table
from tests.support.policy import a_rule, a_table

pytestmark = pytest.mark.timeout(120)  # diagrams of whole tables


def remarks(table: Table, level: str, against: Table | None = None) -> list[Remark]:
    return [remark for remark in check_table(table, against) if remark.level == level]


def test_has_nothing_to_complain_of_in_the_tables_that_ship() -> None:
    for table in (community_table(), marking_table()):
        assert [] == remarks(table, "error") + remarks(table, "warning")


def test_says_in_words_what_every_rule_does() -> None:
    said = {remark.message for remark in remarks(community_table(), "info")}
    assert (
        "never: relation excluded, not own "
        "(The message excludes this reader, and that goes before everything else.)" in said
    )
    assert len(community_table().rules) <= len(said)


def test_warns_of_a_permit_without_a_condition() -> None:
    assert [Remark("warning", "no-objection", "permits everything: it has no condition")] == remarks(
        open_house_table("BE/~1"), "warning"
    )


def test_a_never_without_a_condition_is_an_error() -> None:
    table = a_table(a_rule(), a_rule("closed", Effect.NEVER))
    assert ["", "closed"] == [remark.rule_id for remark in remarks(table, "error")]


def test_a_table_that_permits_nothing_is_an_error() -> None:
    table = a_table(a_rule("no-export", Effect.NEVER, action=["export"]))
    assert "this table permits nothing to anybody" == remarks(table, "error")[0].message


def test_warns_of_a_rule_that_changes_nothing() -> None:
    table = a_table(a_rule("wide", tlp=["CLEAR", "GREEN"]), a_rule("narrow", tlp=["GREEN"]))
    assert ["narrow"] == [remark.rule_id for remark in remarks(table, "warning")]


def test_warns_of_a_permit_that_never_applies() -> None:
    table = a_table(a_rule("rest", tlp=["CLEAR"]), a_rule("red", tlp=["RED"]), a_rule("no", Effect.NEVER, tlp=["RED"]))
    assert [
        Remark("warning", "red", "never applies: other rules forbid all that it permits"),
    ] == remarks(table, "warning")


def test_warns_of_a_never_that_forbids_what_nothing_permits() -> None:
    table = a_table(a_rule("clear", tlp=["CLEAR"]), a_rule("no", Effect.NEVER, tlp=["RED"]))
    says = "changes nothing: no rule permits what it forbids, or others forbid it too"
    assert [Remark("warning", "no", says)] == remarks(table, "warning")


def test_names_permits_that_overlap() -> None:
    table = a_table(a_rule("one", tlp=["CLEAR", "GREEN"]), a_rule("two", tlp=["GREEN", "AMBER"]))
    assert Remark("info", "one", "some requests are permitted by this rule and also by two") in check_table(table)


def test_warns_of_what_a_new_table_permits_besides_with_an_example_in_words() -> None:
    old, new = a_table(a_rule(tlp=["CLEAR"])), a_table(a_rule(tlp=["CLEAR", "RED"]))
    said = "permits what a-table version 1 does not, for example: tlp RED"
    assert Remark("warning", "", said) in check_table(new, old)


def test_says_what_a_new_table_no_longer_permits() -> None:
    old, new = a_table(a_rule(tlp=["CLEAR", "GREEN"])), a_table(a_rule(tlp=["CLEAR"]))
    said = "no longer permits what a-table version 1 does, for example: tlp GREEN"
    assert Remark("info", "", said) in check_table(new, old)


def test_says_that_a_reworded_table_permits_the_same() -> None:
    old = a_table(a_rule(tlp=["CLEAR", "GREEN"]))
    new = a_table(a_rule("one", tlp=["CLEAR"]), a_rule("two", tlp=["GREEN"]))
    assert Remark("info", "", "permits exactly what a-table version 1 does") in check_table(new, old)


def test_refuses_to_compare_tables_of_two_layers() -> None:
    said = "a house table cannot take the place of a national table"
    assert Remark("error", "", said) in check_table(a_table(a_rule()), a_table(a_rule(), layer=Layer.NATIONAL))


def broken(rule: Rule) -> Table:
    return msgspec.structs.replace(community_table(), rules=(*community_table().rules, rule))


def test_a_community_table_that_permits_more_at_a_tighter_label_is_an_error() -> None:
    table = broken(a_rule("red", tlp=["RED"], section=["core"]))
    assert any("a tighter TLP permits more" in remark.message for remark in remarks(table, "error"))


def test_a_community_table_that_permits_more_with_a_handling_code_is_an_error() -> None:
    table = broken(Rule("h3", Effect.PERMIT, "Because.", (Members("handling", all_of=("H3",)),)))
    assert any("one more handling code permits more" in remark.message for remark in remarks(table, "error"))


def test_a_community_table_that_lets_the_excluded_in_is_an_error() -> None:
    rules = tuple(rule for rule in community_table().rules if rule.id != "excluded")
    table = msgspec.structs.replace(community_table(), rules=rules)
    assert any("an excluded reader is permitted" in remark.message for remark in remarks(table, "error"))


def test_a_community_table_that_shows_something_before_its_time_is_an_error() -> None:
    rules = tuple(rule for rule in community_table().rules if rule.id != "embargo")
    table = msgspec.structs.replace(community_table(), rules=rules)
    assert any("before the release time" in remark.message for remark in remarks(table, "error"))


def test_warns_of_a_table_by_which_a_grant_takes_something_away() -> None:
    table = a_table(a_rule("clear", tlp=["CLEAR"]), a_rule("odd", Effect.NEVER, "Odd.", tlp=["CLEAR"], grant=["valid"]))
    assert any("a grant of the originator takes something away" in one.message for one in remarks(table, "warning"))


@pytest.mark.parametrize("layer", list(Layer))
def test_tables_of_every_layer_are_checked_and_compared(layer: Layer) -> None:
    old = a_table(a_rule("clear", tlp=["CLEAR"]), layer=layer)
    new = a_table(a_rule("clear", tlp=["CLEAR"]), a_rule("green", tlp=["GREEN"]), layer=layer)
    said = [one.message for one in check_table(new, old)]
    assert "permits what a-table version 1 does not, for example: tlp GREEN" in said
    assert any(one.startswith("permits: tlp GREEN") for one in said)


def test_release_rules_take_the_place_of_release_rules_only() -> None:
    said = "a release table cannot take the place of a house table"
    assert Remark("error", "", said) in check_table(open_release_table("NL/~1"), open_house_table("NL/~1"))
