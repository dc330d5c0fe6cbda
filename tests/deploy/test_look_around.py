"""compose.yaml as people use it: up, a report of NL becomes an alert at BE, who may do what, and down."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.deploy.files import services
from tests.deploy.project import Project, checked

pytestmark = [pytest.mark.compose, pytest.mark.timeout(3600)]

BROKERS = ("kafka-1", "kafka-2", "kafka-3")
LASTING = (*BROKERS, "nl", "be", "notary", "nl-witness", "be-witness")
AS_NETHERLANDS = """
import asyncio, sys
from pathlib import Path
from broker.bus.kafka.bus import open_kafka_bus
from broker.bus.kafka.connection import Connection, Tls, parse_address
from broker.bus.port import Outgoing
from broker.errors import BrokerError

async def main(topic):
    own = Path("/var/lib/tocsin/nodes/NL/keys/bus")
    tls = Tls(own / "ca.pem", own / "certificate.pem", own / "key.pem")
    bus = open_kafka_bus(Connection(address=parse_address("kafka://kafka-1:9092"), tls=tls))
    try:
        print("read", await bus.end(topic))
        await bus.send(topic, [Outgoing("NL/customs/1", b"not a message")])
        print("sent")
    except BrokerError as error:
        print(error.code)
    finally:
        await bus.close()

asyncio.run(main(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def published(project: Project) -> str:
    """Have Dutch customs publish the sample, once for all tests; return what it is told."""
    return checked(project.execute("nl", "tocsin", "publish", "/sample.csv", "--as", "NL/customs"))


def inbox(project: Project) -> list[Mapping[str, Any]]:
    """Return what the Belgian police may see."""
    return list(json.loads(checked(project.execute("be", "tocsin", "inbox", "--as", "BE/police", "--json"))))


def assurances(project: Project) -> Mapping[str, str]:
    """Return what the Belgian police is told of each message: whether it is in the log."""
    return {str(item["message"]): str(item["assurance"]) for item in inbox(project)}


def test_a_report_of_dutch_customs_becomes_an_alert_at_the_belgian_police(project: Project, published: str) -> None:
    project.wait("BE shows the alert", lambda: "ALERT" in project.compose("logs", "be").stdout)

    assert "2 messages sent." in published
    # The first message of the stream has their keys.
    assert {"NL/customs/1#2", "NL/customs/1#3"} <= {str(item["message"]) for item in inbox(project)}


def test_a_participant_reads_the_topic_of_another_and_cannot_write_to_it(project: Project) -> None:
    said = checked(project.execute("nl", "python3", "-c", AS_NETHERLANDS, "exercise.msg.BE"))

    assert ["read", "bus-forbidden"] == [line.split()[0] for line in said.splitlines()]


def test_the_cluster_is_as_it_should_be(project: Project) -> None:
    done = project.compose("run", "--rm", "setup", "check")

    assert (0, True) == (done.returncode, "No findings." in done.stdout), done.stdout + done.stderr


def test_the_hub_publishes_its_catalogue_and_belgium_has_it(project: Project) -> None:
    checked(project.compose("run", "--rm", "setup", "catalogue"))

    def has_it() -> bool:
        return "X-HUB/catalogue/1#1" in checked(
            project.execute("be", "tocsin", "substance", "editions", "--as", "BE/police", "--json")
        )

    project.wait("BE has the edition", has_it)


def test_a_node_sees_nobody_elses_keys(project: Project) -> None:
    listed = checked(project.execute("be", "find", "/var/lib/tocsin", "-name", "*.pem", "-o", "-name", "store.key"))

    assert {"/var/lib/tocsin/nodes/BE/keys/node.pem", "/var/lib/tocsin/nodes/BE/keys/store.key"} <= set(listed.split())
    assert [] == [path for path in listed.split() if not path.startswith("/var/lib/tocsin/nodes/BE/")]


def test_whoever_copies_the_bus_reads_nothing_of_a_report(project: Project, published: str) -> None:
    assert "2 messages sent." in published
    folder = "/var/lib/kafka/data/exercise.msg.NL-0"
    copied = checked(project.execute("kafka-1", "sh", "-c", f"cat {folder}/*.log | tr -c ' -~' ' '"))

    assert "NL/customs" in copied, "who says something is in the open"
    assert [] == [word for word in ("Voorbeeld", "Rotterdam", "acetic", "EXERCISE-1") if word in copied]


def test_setting_up_again_changes_nothing(project: Project) -> None:
    for service, what in (("certificates", "certificates"), ("setup", "network")):
        assert f"Done before: {what}." in checked(project.compose("run", "--rm", service, what))


@pytest.mark.parametrize("service", LASTING)
def test_a_container_is_hardened(project: Project, service: str) -> None:
    container = project.container(service)
    host = container["HostConfig"]

    assert "1000:1000" == container["Config"]["User"]
    assert (True, False, ["ALL"]) == (host["ReadonlyRootfs"], host["Privileged"], host["CapDrop"])
    assert ["no-new-privileges:true"] == host["SecurityOpt"]
    assert {} == (host["PortBindings"] or {})
    assert 0 < host["Memory"] <= 1 << 30
    assert host["PidsLimit"] > 0


def test_all_services_are_known_here() -> None:
    assert {*LASTING, "certificates", "setup"} == set(services())


def log_of(project: Project, service: str) -> Mapping[str, Any]:
    """Return what a node sees of the log."""
    return dict(json.loads(checked(project.execute(service, "tocsin", "notary", "show", "--json"))))


def test_the_log_is_kept_and_both_witnesses_cosign_it(project: Project, published: str) -> None:
    assert "2 messages sent." in published
    project.wait("the log is witnessed", lambda: bool(log_of(project, "be")["witnessed"]))

    log = log_of(project, "nl")
    assert ["exercise/witness/BE", "exercise/witness/NL"] == sorted(log["witnesses"])
    assert 2 == log["quorum"]


def test_the_log_grows_with_what_is_said_and_an_inbox_says_that_it_is_witnessed(
    project: Project, published: str
) -> None:
    assert "2 messages sent." in published
    size = log_of(project, "be")["log_size"]
    one_more = "head -1 /sample.csv > /tmp/1.csv && tail -1 /sample.csv | sed s/EXERCISE-2/EXERCISE-3/ >> /tmp/1.csv"
    checked(project.execute("nl", "sh", "-c", one_more))
    said = checked(project.execute("nl", "tocsin", "publish", "/tmp/1.csv", "--as", "NL/customs", "--json"))
    (name,) = [one["message"] for one in json.loads(said)["published"]]
    project.wait("BE shows it", lambda: name in assurances(project))
    project.wait("it is witnessed", lambda: assurances(project)[name] == "witnessed")

    assert size < log_of(project, "be")["log_size"]
    assert {"witnessed"} == set(assurances(project).values())


def test_the_notary_writes_nothing_on_the_bus(project: Project) -> None:
    script = AS_NETHERLANDS.replace("/var/lib/tocsin/nodes/NL/keys/bus", "/var/lib/tocsin/hub/keys/bus")
    said = checked(project.execute("notary", "python3", "-c", script, "exercise.msg.NL"))

    assert ["read", "bus-forbidden"] == [line.split()[0] for line in said.splitlines()]


def test_the_notary_sees_no_key_but_its_own(project: Project) -> None:
    listed = checked(project.execute("notary", "find", "/var/lib/tocsin", "-name", "*.pem", "-not", "-path", "*/bus/*"))

    assert ["/var/lib/tocsin/hub/keys/notary.pem"] == listed.split()


def test_a_node_stops_when_it_is_asked_to_and_goes_on_afterwards(project: Project) -> None:
    project.wait("the engine has found BE well", lambda: project.is_well("be"))
    checked(project.compose("stop", "be"))
    state = project.container("be")["State"]
    checked(project.compose("start", "be"))
    project.wait("BE follows again", lambda: project.says_it_is_well("be"))

    assert (0, False) == (state["ExitCode"], state["OOMKilled"])


def test_an_audit_from_a_national_node_finds_nothing(project: Project) -> None:
    checked(project.execute("be", "tocsin", "audit", "check"))


def test_the_doctor_of_a_national_node_finds_nothing_wrong(project: Project) -> None:
    checked(project.execute("be", "tocsin", "doctor"))
