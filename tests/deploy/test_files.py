"""deploy/ as files: what they name exists, and nothing in them is laxer than it should be."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main

from broker.errors import LogBusy, LogForked
from producers.intake.columns import COLUMNS
from tests.deploy.files import (
    COMPOSE,
    CONTAINERFILE,
    DEPLOY,
    ROOT,
    SETUP,
    UNITS,
    compose_commands,
    properties,
    readme_commands,
    section,
    services,
    shell_commands,
)
from tests.support.images.names import kafka_image, python_image
from tests.support.kafka.distribution import VERSION
from tocsin.cli import app
from tocsin.cluster.exercise import ADMINISTRATOR, NODE
from tocsin.cluster.subjects import STRICT
from tocsin.exits import exit_of

BROKER = properties((DEPLOY / "kafka" / "server.properties").read_text("utf-8"))
PROGRAM = "/opt/tocsin/bin/tocsin"
UNIT_COMMANDS = [
    line.split() for unit in UNITS.values() for line in re.findall(rf"^ExecStart={PROGRAM} (.*)$", unit, re.MULTILINE)
]
COMMANDS = [*compose_commands(), *shell_commands(SETUP), *UNIT_COMMANDS, *readme_commands()]


def problem(words: list[str]) -> str:
    """Return the first of *words* that the program does not know, as a command or as an option; empty where it does."""
    command: Any = typer.main.get_command(app)
    place = 0
    while hasattr(command, "commands") and not words[place].startswith("-"):
        if words[place] not in command.commands:
            return words[place]
        command, place = command.commands[words[place]], place + 1
    known = {name for one in command.params for name in one.opts}
    return next((word for word in words[place:] if word.startswith("-") and word not in known), "")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_is_one_of_the_program_with_these_options(words: list[str]) -> None:
    assert "" == problem(words)


@pytest.mark.parametrize(
    ("words", "unknown"),
    [
        (["receive", "--for", "NL"], "--for"),
        (["kafka", "provide"], "provide"),
        (["federation", "new", "x", "--buses", "y"], "--buses"),
    ],
)
def test_what_the_program_does_not_have_is_found(words: list[str], unknown: str) -> None:
    assert unknown == problem(words)


def test_all_commands_are_found() -> None:
    found = [
        len(commands) for commands in (compose_commands(), shell_commands(SETUP), UNIT_COMMANDS, readme_commands())
    ]

    assert [5, 6, 3, 7] == found


def test_every_image_is_named_with_a_version() -> None:
    named = re.findall(r"image: (\S+)", COMPOSE) + re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE)

    assert {kafka_image(), python_image(), "tocsin:0.1.0"} == set(named)
    assert [] == [one for one in named if not re.fullmatch(r"[a-z/]+:\d[\w.-]*", one)]


def test_the_broker_is_the_one_that_tests_run_against() -> None:
    assert f"apache/kafka:{VERSION}" == kafka_image()


def test_the_image_of_the_program_has_its_version(version: str) -> None:
    assert f"tocsin:{version}" in COMPOSE
    assert f"tocsin:{version}" in CONTAINERFILE


def test_nothing_is_opened_to_the_outside_or_given_more_rights() -> None:
    forbidden = r"privileged|cap_add|network_mode|pid:|ports:|docker\.sock|seccomp|0\.0\.0\.0"

    assert [] == re.findall(forbidden, COMPOSE)


@pytest.mark.parametrize("service", services())
def test_every_service_builds_on_what_is_hardened(service: str) -> None:
    assert re.search(r"^    <<: \*(tocsin|kafka|steady|node)$", section(service), re.MULTILINE)


def test_the_images_user_is_not_root() -> None:
    (last,) = re.findall(r"^USER (\d+):\d+$", CONTAINERFILE, re.MULTILINE)

    assert int(last) > 0


def test_no_listener_speaks_in_the_clear() -> None:
    protocols = dict(word.split(":") for word in BROKER["listener.security.protocol.map"].split(","))
    listeners = re.findall(r"KAFKA_LISTENERS: (.*)", COMPOSE)

    assert {"SSL"} == set(protocols.values())
    assert [sorted(protocols)] == [sorted(re.findall(r"(\w+)://", one)) for one in listeners]
    assert ("required", "required") == (BROKER["ssl.client.auth"], BROKER["listener.name.client.ssl.client.auth"])


def test_who_comes_in_is_whom_the_program_expects() -> None:
    assert STRICT == BROKER["listener.name.client.ssl.principal.mapping.rules"]
    assert f"RULE:^CN=({NODE}|{ADMINISTRATOR})$/$1/" == BROKER["ssl.principal.mapping.rules"]
    assert {f"User:{NODE}", f"User:{ADMINISTRATOR}"} == set(BROKER["super.users"].split(";"))
    assert BROKER["ssl.truststore.location"] != BROKER["listener.name.client.ssl.truststore.location"]


def test_what_a_broker_reads_is_in_ascii() -> None:
    assert all(path.read_text("utf-8").isascii() for path in (DEPLOY / "kafka").iterdir())


def test_the_ignored_rest_of_the_checkout_never_reaches_an_image() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    admitted = [line[1:] for line in lines if line.startswith("!")]

    assert "*" == next(line for line in lines if line and not line.startswith("#"))
    assert [] == [name for name in admitted if not (ROOT / name).exists()]
    assert {"tests", "bench", ".git", ".venv"}.isdisjoint(admitted)


@pytest.mark.parametrize("script", [DEPLOY / "setup.sh", DEPLOY / "wheels" / "fetch.sh"], ids=lambda path: path.name)
def test_a_script_is_one(script: Path) -> None:
    assert 0 == subprocess.run(["sh", "-n", str(script)], check=False).returncode


def test_the_notary_asks_each_witness_where_it_answers() -> None:
    asked = dict(re.findall(r"exercise/witness/(\w+)=http://([\w:-]+)", SETUP))

    for code, address in asked.items():
        host, port = address.split(":")
        assert f'[witness, run, --as, {code}, --host, {host}, --port, "{port}"]' in section(host)
    assert {"NL", "BE"} == set(asked)


def test_the_log_is_written_by_the_notary_alone() -> None:
    lasting = [name for name in services() if name != "setup"]
    mounted = {name: re.findall(r"^      - log:(\S+)$", section(name), re.MULTILINE) for name in lasting}

    expected = {"notary": ["/var/lib/log"], "nl": ["/var/lib/log:ro"], "be": ["/var/lib/log:ro"]}
    assert expected == {name: places for name, places in mounted.items() if places}


def test_the_notary_only_reads_the_bus() -> None:
    assert "--reader X-NOTARY" in SETUP
    assert "identities/X-NOTARY /made/notary/hub/keys/bus" in SETUP


def test_the_sample_has_known_columns() -> None:
    header = (DEPLOY / "sample.csv").read_text("utf-8").splitlines()[0]

    assert set() == set(header.split(",")) - COLUMNS.keys()


def said(unit: str) -> dict[str, str]:
    """Return what a unit sets."""
    return dict(re.findall(r"^(\w+)=(.*)$", UNITS[unit], re.MULTILINE))


def test_receiving_the_log_and_its_witnesses_have_a_unit_each() -> None:
    assert ["tocsin-notary.service", "tocsin-receive@.service", "tocsin-witness@.service"] == list(UNITS)


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_can_stop_what_it_runs_and_does_not_restart_what_is_set_wrongly(name: str) -> None:
    unit = said(name)

    assert {"2", "3"} <= set(unit["RestartPreventExitStatus"].split())
    assert ("on-failure", "130") == (unit["Restart"], unit["SuccessExitStatus"])
    assert int(unit["TimeoutStopSec"]) >= 10


def test_a_notary_that_would_fork_its_log_stays_down() -> None:
    prevents = said("tocsin-notary.service")["RestartPreventExitStatus"].split()

    assert {str(int(exit_of(error))) for error in (LogForked(""), LogBusy(""))} <= set(prevents)


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_can_do_little_beside_its_work(name: str) -> None:
    unit = said(name)
    shut = {key for key, value in unit.items() if value == "true"}

    assert ("strict", "/var/lib/tocsin", "", "tocsin") == tuple(
        unit[key] for key in ("ProtectSystem", "ReadWritePaths", "CapabilityBoundingSet", "User")
    )
    assert {"NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome", "ProtectKernelModules"} <= shut
    assert {"RestrictSUIDSGID", "RestrictNamespaces", "LockPersonality", "ProtectClock"} <= shut
    assert unit["UMask"] in ("0077", "0027")


@pytest.mark.parametrize("name", UNITS)
def test_systemd_understands_a_unit(name: str, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze here")
    unit = tmp_path / name.replace("@", "@BE")
    # The program is installed elsewhere; all other words are looked at as they are.
    unit.write_text(UNITS[name].replace(PROGRAM, "/bin/true"), "utf-8")
    words = (analyze, "verify", "--man=no", "--recursive-errors=no", str(unit))
    verified = subprocess.run(words, capture_output=True, text=True, check=False)

    assert (0, "") == (verified.returncode, "".join(line for line in verified.stderr.splitlines() if unit.name in line))
