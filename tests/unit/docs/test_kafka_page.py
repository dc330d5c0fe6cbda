"""docs/kafka.md: its broker is safe, its tables are those of the program, and every finding has a row."""

import ast
import re
from pathlib import Path

import tocsin.cluster
from broker.bus.kafka.topics import TOPIC_SETTINGS
from broker.types.names import Participant
from tocsin.cluster.check_brokers import USUAL_SUPER_USERS, Expected, broker_findings
from tocsin.cluster.plan import Network, make_plan
from tocsin.cluster.properties import parse_properties
from tocsin.cluster.shell import Shell
from tocsin.cluster.state import BrokerState

TEXT = (Path(__file__).parents[3] / "docs" / "kafka.md").read_text(encoding="utf-8")
MODULES = ("compare.py", "check_brokers.py", "check_rules.py", "check_topics.py")
CODE = r"[a-z]+(?:-[a-z]+)+"


def found_codes() -> set[str]:
    """Return what the first argument of each finding is in the modules that find something."""
    found: set[str] = set()
    for name in MODULES:
        tree = ast.parse((Path(tocsin.cluster.__path__[0]) / name).read_text(encoding="utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            given = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "code")]
            texts = (one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str))
            found |= {text for text in texts if re.fullmatch(CODE, text)}
    return found


def test_every_finding_has_a_row_and_every_row_a_finding() -> None:
    table = TEXT.partition("## What `check` finds")[2]
    assert found_codes() == set(re.findall(rf"^\| `({CODE})` \|", table, re.MULTILINE))


def test_every_setting_of_a_topic_has_a_row_with_its_value() -> None:
    table = TEXT.partition("## Topics")[2].partition("\n## ")[0]
    assert dict(TOPIC_SETTINGS) == dict(re.findall(r"^\| `([a-z.]+)` \| `([^`]+)` \|", table, re.MULTILINE))


def test_nothing_is_found_about_the_broker_that_the_page_shows() -> None:
    [example, _tools] = re.findall(r"```properties\n(.*?)```", TEXT, re.DOTALL)
    participants = (Participant("NL"), Participant("X-HUB"))
    expected = Expected(
        participants=participants, brokers=3, super_users=USUAL_SUPER_USERS, shell=Shell("kafka-1:9093")
    )
    assert [] == list(broker_findings(BrokerState(1, parse_properties(example)), expected))


def test_the_table_of_rights_is_the_one_that_is_provisioned() -> None:
    nl, reader = Participant("NL"), Participant("X-AUDIT")
    plan = make_plan(Network(federation="FED", participants=(nl,), readers=(reader,)), 3)
    rights: dict[tuple[str, str], set[str]] = {}
    for rule in plan.rules:
        rights.setdefault((rule.principal.removeprefix("User:"), rule.name), set()).add(rule.right)
    rows = {
        (who, name): frozenset(words.split(", "))
        for who, what, words in re.findall(r"^\| (each[^|]*) \| (.*?) \| ([A-Z][A-Za-z, ]+) \|$", TEXT, re.MULTILINE)
        for name in re.findall(r"`([^`]+)`", what)
    }
    everybody = ("NL", "X-HUB", "X-AUDIT")
    expected = {
        **{(code, f"FED.msg.{code}"): rows["each participant, the hub", "FED.msg.NL"] for code in ("NL", "X-HUB")},
        **{(code, "FED.directory"): rows["each participant, the hub", "FED.directory"] for code in ("NL", "X-HUB")},
        **{(code, "FED.msg."): rows["each participant, the hub, each reader", "FED.msg."] for code in everybody},
        ("X-AUDIT", "FED.directory"): rows["each reader", "FED.directory"],
        **{(code, f"node-{code}-"): rows["each of them", "node-NL-"] for code in everybody},
    }
    assert expected == {key: frozenset(value) for key, value in rights.items()}


def test_the_quotas_are_those_that_are_printed() -> None:
    quota = make_plan(Network(federation="FED", participants=(Participant("NL"),)), 3).quotas[0]
    mebibytes = [size // 2**20 for size in (quota.producer_bytes, quota.consumer_bytes)]
    assert "gets {} MiB a second to write and {} MiB to read".format(*mebibytes) in TEXT
