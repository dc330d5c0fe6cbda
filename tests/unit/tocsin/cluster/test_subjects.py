import pytest

from broker.errors import BadFile
from broker.types.names import Participant
from tocsin.cluster.subjects import STRICT, complaint, parse_subject_rules, principal_of_subject

MEMBERS = (Participant("NL"), Participant("X-HUB"))


def taken_for(rules: str, subject: str) -> str | None:
    return principal_of_subject(parse_subject_rules(rules), subject)


@pytest.mark.parametrize("code", ["NL", "X-HUB", "X-AB"])
def test_the_strict_rule_takes_a_participant_for_itself(code: str) -> None:
    assert code == taken_for(STRICT, f"CN={code}")


@pytest.mark.parametrize(
    "subject", ["CN=admin", "CN=kafka-node", "CN=NL,O=x", "O=x,CN=NL", "CN=nl", "CN=NLX", "CN=X-H", "NL", "", " CN=NL"]
)
def test_the_strict_rule_takes_anything_else_for_nobody(subject: str) -> None:
    assert taken_for(STRICT, subject) is None


@pytest.mark.parametrize(
    ("rules", "subject", "expected"),
    [
        ("DEFAULT", "CN=a,O=b", "CN=a,O=b"),
        ("RULE:^CN=(.*?),OU=(.*?)$/$1@$2/", "CN=a,OU=b", "a@b"),
        ("RULE:^CN=(.*?)$/$1/L", "CN=NL", "nl"),
        ("RULE:^CN=(.*?)$/$1/U", "CN=nl", "NL"),
        ("RULE:^CN=(a)$/$1/, RULE:^CN=(b)$/x/", "CN=b", "x"),
        ("RULE:^CN=(a)$/$1/,DEFAULT", "CN=b", "CN=b"),
        (r"RULE:^CN=(a\/b)$/$1/", "CN=a/b", "a/b"),
    ],
)
def test_rules_are_read_as_a_broker_reads_them(rules: str, subject: str, expected: str) -> None:
    assert expected == taken_for(rules, subject)


@pytest.mark.parametrize("rules", ["rubbish", "RULE:^CN=(a)$/$1", "DEFAULT;DEFAULT", "RULE:^CN=(a$/$1/"])
def test_rules_that_are_none_are_refused(rules: str) -> None:
    with pytest.raises(BadFile):
        parse_subject_rules(rules)


def test_nothing_is_wrong_with_the_strict_rule() -> None:
    assert complaint(STRICT, MEMBERS) is None


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ("RULE:^CN=(.*)$/$1/", "CN=admin becomes User:admin"),
        ("RULE:^CN=([^,]+).*$/$1/", "CN=admin becomes User:admin"),
        ("RULE:^.*CN=([A-Z]{2}).*$/$1/", "becomes User:NL"),
        ("RULE:^CN=([A-Za-z]{2})$/$1/U", "CN=nl becomes User:NL"),
        ("RULE:^CN=([A-Z]{2})$/$1/,DEFAULT", "with DEFAULT"),
        ("RULE:^CN=([A-Z]{2})$/$1/", "of X-HUB, with the subject CN=X-HUB, does not become User:X-HUB"),
        ("RULE:^CN=([A-Z]{2}|X-[A-Z]+)$/user-$1/", "does not become User:NL"),
        ("", "does not become User:NL"),
    ],
)
def test_rules_that_let_in_somebody_else_or_not_everybody_are_complained_of(rules: str, says: str) -> None:
    assert says in (complaint(rules, MEMBERS) or "")
