import pytest

from broker.errors import BadFile
from tests.unit.tocsin.cluster.clusters import a_cluster, codes, held
from tocsin.cluster.properties import parse_properties, reveal
from tocsin.cluster.state import BrokerState, ClusterState

TEXT = """\
# who may do everything
! another remark
node.id = 2
super.users=User:kafka-node;User:bob
allow.everyone.if.no.acl.found: true
listeners=A://:1,\\
    B://:2

empty=
"""


def hiding(state: ClusterState) -> ClusterState:
    """Return *state* as brokers show it: without what is hidden."""
    names = frozenset(("super.users", "allow.everyone.if.no.acl.found"))
    return ClusterState(
        brokers=tuple(
            BrokerState(one.id, {key: value for key, value in one.settings.items() if key not in names}, names)
            for one in state.brokers
        ),
        topics=state.topics,
        rules=state.rules,
    )


def test_a_file_is_read_as_java_reads_it() -> None:
    expected = {
        "node.id": "2",
        "super.users": "User:kafka-node;User:bob",
        "allow.everyone.if.no.acl.found": "true",
        "listeners": "A://:1,B://:2",
        "empty": "",
    }
    assert expected == parse_properties(TEXT)


def test_a_line_that_is_no_setting_is_refused() -> None:
    with pytest.raises(BadFile):
        parse_properties("node.id=1\nrubbish\n")


def test_a_file_shows_what_its_broker_hides_and_no_other() -> None:
    revealed = reveal(hiding(a_cluster()), parse_properties(TEXT))
    assert ["everyone-allowed", "super-user"] == codes(revealed)
    assert ["broker 1", "broker 1", "broker 3", "broker 3"] == [one.partition(",")[0] for one in held(revealed).unseen]


def test_a_file_changes_nothing_that_a_broker_shows() -> None:
    state = hiding(a_cluster())
    revealed = reveal(state, {"node.id": "1", "auto.create.topics.enable": "true"})
    assert state.brokers[0].settings == revealed.brokers[0].settings


def test_a_file_that_names_no_broker_is_that_of_all() -> None:
    revealed = reveal(hiding(a_cluster()), {"super.users": "User:admin", "allow.everyone.if.no.acl.found": "false"})
    assert ((), ()) == (held(revealed).findings, held(revealed).unseen)


def test_a_file_of_a_broker_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadFile):
        reveal(a_cluster(), {"node.id": "9"})
