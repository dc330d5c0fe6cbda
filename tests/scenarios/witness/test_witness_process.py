"""``tocsin witness run`` as a process of its own: cosigns, remembers, catches a notary that shows two trees."""

import asyncio
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from broker.errors import SplitView, WitnessUnavailable
from broker.log.note import parse_note
from broker.log.witness import parse_request
from broker.signing.keys import SigningKey
from tests.cli.commands import Ran, run
from tests.scenarios.witness.conftest import FEDERATION, ORIGIN, a_checkpoint, obtain
from tests.support.patience import ANSWER_SECONDS
from tests.support.witnessing import FORK, LOG
from tocsin.witnessing.client import HttpWitness

Run = Callable[..., Any]

pytestmark = pytest.mark.timeout(300)  # each starts up to four processes


async def ran(*arguments: str, folder: Path) -> Ran:
    """Run a command beside the loop of the test; it has one of its own."""
    return await asyncio.to_thread(run, "witness", *arguments, "--as", "BE", folder=folder)


async def test_cosigns_what_grows_and_remembers_it_over_a_restart(
    running: Run, notary: SigningKey, folder: Path
) -> None:
    with running() as one:
        assert f"{FEDERATION}/witness/BE" == one.name
        async with HttpWitness(one.name, one.address) as witness:
            first = await obtain(witness, one.key, notary, 10)
            second = await obtain(witness, one.key, notary, 20, known=10)
        code, errors = one.stop()
    assert first.at <= second.at
    assert 0 == code
    assert errors.count("event=cosigned") == 2
    assert "event=stopped" in errors
    assert "Traceback" not in errors

    with running() as again:
        async with HttpWitness(again.name, again.address) as witness:
            with pytest.raises(SplitView, match=r"has seen a tree of 20; this one has only 15"):
                await obtain(witness, again.key, notary, 15)
            assert second.at <= (await obtain(witness, again.key, notary, 30)).at

    shown = (await ran("show", "--json", folder=folder)).document()
    assert (True, [], [(ORIGIN, 30, LOG.root(0, 30).hex())]) == (
        shown["appointed"],
        shown["refused"],
        [(one["origin"], one["size"], one["root"]) for one in shown["heads"]],
    )


async def test_a_split_view_is_caught_and_named(running: Run, notary: SigningKey, folder: Path) -> None:
    with running() as one:
        async with HttpWitness(one.name, one.address) as witness:
            await obtain(witness, one.key, notary, 20)
            with pytest.raises(SplitView, match=f"{one.name} has seen another tree of the same size, 20"):
                await obtain(witness, one.key, notary, 20, FORK)
            with pytest.raises(SplitView, match=r"has seen a tree of 20 that this one of 30 did not grow out of"):
                await obtain(witness, one.key, notary, 30, FORK)
            await obtain(witness, one.key, notary, 30)
        _, errors = one.stop()
    assert "code=split-view" in errors
    assert "code=not-consistent" in errors

    shown = await ran("show", "--json", folder=folder)
    refused = shown.document()["refused"]
    assert ["split-view", "not-consistent"] == [one["code"] for one in refused]
    assert a_checkpoint(notary, 20) == refused[0]["cosigned_note"].encode()
    assert a_checkpoint(notary, 20, FORK) == parse_request(refused[0]["request"].encode()).checkpoint
    assert parse_note(a_checkpoint(notary, 20)).text != parse_note(a_checkpoint(notary, 20, FORK)).text
    words = (await ran("show", folder=folder)).out
    assert "split-view: the notary signed two trees of one size." in words


async def test_one_witness_that_forgot_everything_is_no_quorum_for_a_fork(
    running: Run, notary: SigningKey, folder: Path
) -> None:
    with running("NL") as nl, running("BE") as be, running("DE") as de:
        for one in (nl, be, de):
            async with HttpWitness(one.name, one.address) as witness:
                await obtain(witness, one.key, notary, 20)
        be.stop()
        for file in (folder / "nodes" / "BE").glob("witness.sqlite*"):
            file.unlink()

        given = []
        with running("BE") as forgetful:
            for one in (nl, forgetful, de):
                async with HttpWitness(one.name, one.address) as witness:
                    try:
                        await obtain(witness, one.key, notary, 20, FORK)
                    except SplitView:
                        continue
                given.append(one.name)

    assert [f"{FEDERATION}/witness/BE"] == given


async def test_a_memory_from_a_backup_goes_on_from_what_it_still_knows(
    running: Run, notary: SigningKey, folder: Path, tmp_path: Path
) -> None:
    node = folder / "nodes" / "BE"
    with running() as one:
        async with HttpWitness(one.name, one.address) as witness:
            await obtain(witness, one.key, notary, 10)
        one.stop()
    shutil.copy(node / "witness.sqlite", tmp_path / "backup")
    with running() as one:
        async with HttpWitness(one.name, one.address) as witness:
            await obtain(witness, one.key, notary, 20, known=10)
        one.stop()
    for file in node.glob("witness.sqlite*"):
        file.unlink()
    shutil.copy(tmp_path / "backup", node / "witness.sqlite")

    with running() as one:
        async with HttpWitness(one.name, one.address) as witness:
            with pytest.raises(SplitView):  # what it still knows still binds it
                await obtain(witness, one.key, notary, 20, FORK, known=20)
            await obtain(witness, one.key, notary, 30, known=20)


async def test_two_processes_on_one_memory_never_roll_the_tree_back(
    running: Run, notary: SigningKey, folder: Path
) -> None:
    given: list[tuple[int, int]] = []
    overtaken: list[int] = []

    async def push(witness: HttpWitness, key: Any, size: int) -> None:
        try:
            given.append((size, (await obtain(witness, key, notary, size)).at))
        except (SplitView, WitnessUnavailable):
            overtaken.append(size)

    with running() as one, running() as other:
        async with HttpWitness(one.name, one.address) as first, HttpWitness(other.name, other.address) as second:
            sizes = range(1, 25)
            await asyncio.gather(*(push((first, second)[size % 2], one.key, size) for size in sizes))

    assert given
    assert 24 == len(given) + len(overtaken)
    shown = (await ran("show", "--json", folder=folder)).document()
    assert [max(given)[0]] == [head["size"] for head in shown["heads"]]
    by_time = sorted(given, key=lambda size_and_time: (size_and_time[1], size_and_time[0]))
    assert sorted(size for size, _ in given) == [size for size, _ in by_time]
    assert [] == shown["refused"]


async def test_ctrl_c_is_an_end_like_everywhere(running: Run, notary: SigningKey) -> None:
    with running() as one:
        async with HttpWitness(one.name, one.address) as witness:
            await obtain(witness, one.key, notary, 10)  # so that it answers already
        one.process.send_signal(signal.SIGINT)
        _, errors = one.process.communicate(timeout=ANSWER_SECONDS)

    assert 130 == one.process.returncode
    assert "stopped" in errors
    assert "Traceback" not in errors


async def test_serves_below_a_prefix(running: Run, notary: SigningKey) -> None:
    with running("BE", "--prefix", "log/") as one:
        assert one.address.endswith("/log")
        async with HttpWitness(one.name, one.address + "/") as witness:
            await obtain(witness, one.key, notary, 10)


def test_a_port_that_is_taken_is_said_so(running: Run, folder: Path) -> None:
    with running() as one:
        port = one.address.rpartition(":")[2]
        ran = run("witness", "run", "--as", "BE", "--port", port, folder=folder)

    assert 3 == ran.code
    assert f"port {port}: Address already in use" in ran.err


def test_an_address_of_another_machine_is_refused(folder: Path) -> None:
    ran = run("witness", "run", "--as", "BE", "--host", "127.0.0.1.example", folder=folder)

    assert 3 == ran.code
    assert "127.0.0.1.example" in ran.err


def test_a_node_without_a_witness_s_key_is_told_what_is_missing(folder: Path) -> None:
    settings = folder / "nodes" / "BE" / "node.toml"
    lines = settings.read_text("utf-8").splitlines(keepends=True)
    settings.write_text("".join(line for line in lines if not line.startswith("witness_key")), "utf-8")

    for command in ("run", "show"):
        ran = run("witness", command, "--as", "BE", folder=folder)
        assert (3, True) == (ran.code, "has no witness's key" in ran.err)


def test_a_witness_that_nobody_appointed_says_so(folder: Path) -> None:
    (folder / "nodes" / "BE" / "keys" / "witness.pem").write_text(SigningKey(b"x" * 32).format(), "utf-8")

    shown = run("witness", "show", "--as", "BE", folder=folder)

    assert "does not appoint it: nobody counts what it cosigns" in shown.out
    assert "It has cosigned nothing yet." in shown.out
