"""``--bus`` and what goes with it, as far as no cluster is needed; and the metrics of a follower."""

from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.cli.commands import SEIZURE, a_file, finish, run, start

ADDRESS = "kafka://127.0.0.1:9"


@pytest.mark.parametrize("command", [("federation", "new", "DIR", "-p", "NL"), ("demo",)], ids=["founding", "demo"])
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--bus", ADDRESS), "in the clear"),
        (("--bus", "carrier-pigeon"), "is no bus"),
        (("--bus", "kafka://a"), "HOST:PORT"),
        (("--bus-identities", "certificates"), "add --bus"),
    ],
    ids=["clear", "none", "address", "identities"],
)
def test_a_bus_that_cannot_be_meant_is_a_mistake_of_usage(
    tmp_path: Path, command: tuple[str, ...], options: tuple[str, ...], says: str
) -> None:
    words = [str(tmp_path / "made") if word == "DIR" else word for word in command]
    ran = run(*words, *options)

    assert 2 == ran.code
    assert says in " ".join(ran.err.split())
    assert not (tmp_path / "made").exists()


def test_a_cluster_that_is_not_there_is_a_matter_of_transport(tmp_path: Path) -> None:
    ran = run("federation", "new", tmp_path / "made", "-p", "NL", "--bus", ADDRESS, "--allow-plaintext")

    assert 7 == ran.code
    assert not (tmp_path / "made" / "federation.toml").exists()


def test_everybody_without_an_identity_is_named_before_anything_is_made(tmp_path: Path) -> None:
    run("kafka", "certificates", "new", tmp_path / "made", "-p", "NL")
    people = ("-p", "NL", "-p", "BE", "-p", "FR")
    ran = run("federation", "new", tmp_path / "f", *people, "--bus", ADDRESS, "--bus-identities", tmp_path / "made")

    assert 3 == ran.code
    assert "BE, FR have no identity" in ran.err
    assert not (tmp_path / "f").exists()


def test_what_a_founding_left_that_did_not_end_is_told_from_a_network(tmp_path: Path) -> None:
    run("federation", "new", tmp_path / "made", "-p", "NL", "--bus", ADDRESS, "--allow-plaintext")
    ran = run("federation", "new", tmp_path / "made", "-p", "NL")

    assert 4 == ran.code
    assert "no network" in ran.err


def test_metrics_are_for_those_who_follow(federation: Path) -> None:
    ran = run("receive", "--as", "BE/police", "--metrics", "9464", folder=federation)

    assert 2 == ran.code
    assert "add --follow" in " ".join(ran.err.split())


@pytest.mark.parametrize("where", ["nowhere", "127.0.0.1:", "127.0.0.1:99999", "::1"])
def test_metrics_at_a_place_that_is_none_are_refused(federation: Path, where: str) -> None:
    run("receive", "--as", "BE/police", folder=federation)
    ran = run("receive", "--as", "BE/police", "--follow", "--metrics", where, folder=federation)

    assert 3 == ran.code
    assert "metrics cannot be served" in ran.err
    assert "Errno" not in ran.err
    assert "invalid literal" not in ran.err


def test_a_follower_serves_counts_and_codes_and_no_content(federation: Path, tmp_path: Path, port: int) -> None:
    run("receive", "--as", "BE/police", folder=federation)
    process = start(
        "receive", "--as", "BE/police", "--follow", "--json", "--metrics", str(port), "--folder", federation
    )
    try:
        assert process.stderr is not None
        assert process.stdout is not None
        assert any("following" in line for line in process.stderr)
        run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
        assert "NL/customs/1#2" in process.stdout.readline()
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()
        process.terminate()
        ran = finish(process)
    finally:
        if process.returncode is None:
            process.kill()
            process.communicate()
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))

    assert "0.0" == values["tocsin_bus_waiting"]
    assert float(values["tocsin_messages_total"]) >= 2  # keys and report; heads may follow
    assert float(values["tocsin_alerts_total"]) >= 1  # one for each authority that is concerned
    assert "0.0" == values["tocsin_outbox_waiting"]
    assert not any(word in text for word in ("acetic", "Voorbeeld", "Rotterdam", "NL"))
    assert 0 == ran.code
