"""A node's own sealing keys from founding to their end, and the key store that goes with them."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker.errors import AlreadyThere, BadSettings, BusUnavailable, MissingKey, UnknownKey
from broker.limits import SEALING_KEY_KEPT_AFTER, SEALING_KEY_MAX_AGE
from broker.sealing.keys import SealingKey
from broker.sealing.section import key_commitment
from broker.types.names import KeyId, Originator, Participant
from tests.support.federation import a_sealing_key, a_signing_key
from tocsin.administering import Administrator
from tocsin.enrolment import rotate_sealing_key
from tocsin.folder import FederationFolder
from tocsin.founding import Founding, found_federation
from tocsin.installation import Node, open_node
from tocsin.key_files import destroy_key_file, make_sealing_key_file, make_store_key
from tocsin.keyring import FolderKeyring, Keyring, load_store_key
from tocsin.members import usual_member
from tocsin.sealing_keys import Stage, destroy_ended_keys, make_missing_store_key, own_keys
from tocsin.secret import SecretReference
from tocsin.settings import load_node

NL = Participant("NL")
AT = datetime(2026, 3, 1, tzinfo=UTC)
END = AT + SEALING_KEY_MAX_AGE
GONE = END + SEALING_KEY_KEPT_AFTER
MOMENT = timedelta(microseconds=1)


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


async def a_folder(tmp_path: Path) -> FederationFolder:
    founding = Founding(id="exercise", members=(usual_member("NL"), usual_member("BE")))
    folder = await found_federation(tmp_path / "made", founding, clock=at(AT))
    with open_node(folder, NL) as node:
        await catch_up(node)
    return folder


async def catch_up(node: Node) -> None:
    async with node.bus() as bus:
        await node.follower.catch_up(bus)


def administrator(node: Node) -> Administrator:
    return Administrator(node.folder, Originator("NL/~admin"), node.administrator_key, clock=node.clock)


def ids(keyring: Keyring) -> set[KeyId]:
    return {key.id for key in keyring()}


def stages(node: Node, moment: datetime) -> list[Stage]:
    return [one.stage for one in own_keys(node, moment)]


# ── founding ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_node_is_founded_with_a_sealing_key_and_a_store_key(tmp_path: Path) -> None:
    folder = await a_folder(tmp_path)
    with open_node(folder, NL, clock=at(AT)) as node:
        assert [node.directory.sealing_key(f"{code}/~1", AT) is not None for code in ("NL", "BE")] == [True, True]
        assert [Stage.IN_USE] == stages(node, AT)
        node.section_keys.put([bytes(32)], owner=Participant("NL"))
        assert (1, 0) == node.section_keys.count()


async def test_private_halves_and_store_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = await a_folder(tmp_path)
    with open_node(folder, NL) as node:
        node.section_keys.put([bytes(32)], owner=Participant("NL"))
        keys = node.own_folder.keys
        assert {0o600} == {path.stat().st_mode & 0o777 for path in keys.rglob("*") if path.is_file()}
        assert {0o700} == {path.stat().st_mode & 0o777 for path in (keys, node.own_folder.sealing_keys)}


async def test_no_two_nodes_have_one_store_key(tmp_path: Path) -> None:
    folder = await a_folder(tmp_path)
    assert 2 == len({(folder.node(code).keys / "store.key").read_text("utf-8") for code in ("NL", "BE")})


# ── rotation ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_key_is_used_and_the_old_one_stays_until_its_end(tmp_path: Path) -> None:
    folder = await a_folder(tmp_path)
    moment = AT + timedelta(days=60)
    with open_node(folder, NL, clock=at(moment)) as node:
        held = ids(node.keyring)
        await rotate_sealing_key(node, administrator(node))
        await catch_up(node)
        assert [Stage.IN_USE, Stage.STANDS_BY] == stages(node, moment)
        assert [Stage.IN_USE, Stage.ENDED] == stages(node, END)
        assert held < ids(node.keyring)


async def test_a_keyring_sees_what_another_process_did(tmp_path: Path) -> None:
    folder = await a_folder(tmp_path)
    with open_node(folder, NL, clock=at(AT)) as first, open_node(folder, NL, clock=at(AT)) as second:
        assert 1 == len(first.keyring())
        await rotate_sealing_key(second, administrator(second))
        assert ids(second.keyring) == ids(first.keyring)
        assert 2 == len(first.keyring())


async def test_a_key_that_was_certainly_not_enrolled_leaves_nothing(tmp_path: Path) -> None:
    folder = await a_folder(tmp_path)
    with open_node(folder, NL, clock=at(AT)) as node:
        stranger = Administrator(folder, Originator("NL/~admin"), a_signing_key("stranger"), clock=at(AT))
        with pytest.raises(UnknownKey):
            await rotate_sealing_key(node, stranger)
        assert 1 == len(node.keyring())


async def test_a_key_that_was_perhaps_enrolled_is_kept(tmp_path: Path) -> None:
    folder = await a_folder(tmp_path)
    folder.bus_file.unlink()
    with open_node(folder, NL, clock=at(AT)) as node:
        with pytest.raises(BusUnavailable):
            await rotate_sealing_key(node, administrator(node))
        assert [Stage.IN_USE, Stage.LEFT_OVER] == stages(node, AT)


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("moment", "stage"),
    [
        (AT - MOMENT, Stage.AHEAD),
        (AT, Stage.IN_USE),
        (END - MOMENT, Stage.IN_USE),
        (END, Stage.ENDED),
        (GONE - MOMENT, Stage.ENDED),
        (GONE, Stage.OVERDUE),
    ],
)
async def test_a_key_goes_through_its_stages(tmp_path: Path, moment: datetime, stage: Stage) -> None:
    with open_node(await a_folder(tmp_path), NL) as node:
        assert [stage] == stages(node, moment)


async def test_a_private_half_is_destroyed_at_its_time_and_not_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_node(await a_folder(tmp_path), NL) as node:
        (key,) = node.keyring()
        assert () == destroy_ended_keys(node, GONE - MOMENT)
        assert (key.id,) == destroy_ended_keys(node, GONE)
        assert ((), []) == (node.keyring(), list(node.own_folder.sealing_keys.iterdir()))
        assert () == destroy_ended_keys(node, GONE)
        assert [Stage.DESTROYED] == stages(node, GONE)
    logged = capsys.readouterr().err
    assert 1 == logged.count("sealing key destroyed")
    assert key.id.hex() in logged


async def test_only_the_key_whose_time_has_passed_is_destroyed(tmp_path: Path) -> None:
    folder = await a_folder(tmp_path)
    with open_node(folder, NL, clock=at(AT + timedelta(days=60))) as node:
        (old,) = node.keyring()
        await rotate_sealing_key(node, administrator(node))
        await catch_up(node)
        assert (old.id,) == destroy_ended_keys(node, GONE)
        assert [Stage.IN_USE, Stage.DESTROYED] == stages(node, GONE)


async def test_a_key_that_nobody_enrolled_is_never_destroyed_by_itself(tmp_path: Path) -> None:
    with open_node(await a_folder(tmp_path), NL) as node:
        (node.own_folder.sealing_keys / "other.pem").write_text(a_sealing_key("other").format(), "utf-8")
        destroy_ended_keys(node, GONE + timedelta(days=1000))
        assert [Stage.DESTROYED, Stage.LEFT_OVER] == stages(node, GONE)
        assert {a_sealing_key("other").id} == ids(node.keyring)


async def test_an_enrolled_key_whose_private_half_is_gone_is_missed(tmp_path: Path) -> None:
    with open_node(await a_folder(tmp_path), NL) as node:
        for path in node.keyring.files():
            path.unlink()
        assert [Stage.MISSING] == stages(node, AT)


def test_a_private_half_is_overwritten_before_its_file_goes(tmp_path: Path) -> None:
    path, key, _ = make_sealing_key_file(tmp_path / "key.pem", federation="exercise", owner="NL/~1")
    other_name = tmp_path / "hard link"
    os.link(path, other_name)
    destroy_key_file(path)
    assert (False, bytes(len(key.format()))) == (path.exists(), other_name.read_bytes())
    destroy_key_file(path)


def test_a_link_is_not_followed_to_what_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious", "utf-8")
    (tmp_path / "key.pem").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic"):
        destroy_key_file(tmp_path / "key.pem")
    assert "precious" == (tmp_path / "precious").read_text("utf-8")


# ── the files ────────────────────────────────────────────────────────────────────────────────────────────────────────


def write(folder: Path, key: SealingKey, name: str) -> None:
    (folder / name).write_text(key.format(), "utf-8")


def test_a_folder_that_is_not_there_holds_no_keys(tmp_path: Path) -> None:
    assert () == FolderKeyring(tmp_path / "none")()


def test_a_keyring_follows_its_folder(tmp_path: Path) -> None:
    keyring, first, second = FolderKeyring(tmp_path), a_sealing_key("first"), a_sealing_key("second")
    write(tmp_path, first, "a.pem")
    assert {first.id} == ids(keyring)
    write(tmp_path, second, "b.pem")
    assert {first.id, second.id} == ids(keyring)
    (tmp_path / "a.pem").unlink()
    (tmp_path / "notes.txt").write_text("no key", "utf-8")
    assert {second.id} == ids(keyring)
    (tmp_path / "b.pem").unlink()
    write(tmp_path, first, "b.pem")
    assert {first.id} == ids(keyring)


@pytest.mark.parametrize("content", [b"", b"no key", b"\xff\xfe", a_signing_key("NL").format().encode()])
def test_a_file_that_is_no_sealing_key_is_named_and_not_quoted(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.pem").write_bytes(content)
    with pytest.raises(BadSettings, match=r"bad\.pem") as caught:
        FolderKeyring(tmp_path)()
    assert "no key" not in str(caught.value)


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    make_sealing_key_file(tmp_path / "key.pem", federation="exercise", owner="NL/~1")
    make_store_key(tmp_path / "store.key")
    with pytest.raises(AlreadyThere):
        make_sealing_key_file(tmp_path / "key.pem", federation="exercise", owner="NL/~1")
    with pytest.raises(AlreadyThere):
        make_store_key(tmp_path / "store.key")


# ── the store key ────────────────────────────────────────────────────────────────────────────────────────────────────

STORE = SecretReference("file", "store.key")
SECRET = bytes(range(32)).hex()


@pytest.mark.parametrize("text", [SECRET, SECRET + "\n"])
def test_a_store_key_is_64_hexadecimal_digits(tmp_path: Path, text: str) -> None:
    (tmp_path / "store.key").write_text(text, "utf-8")
    sealed = load_store_key(STORE, tmp_path).seal(bytes(32), commitment=key_commitment(bytes(32)), nonce=bytes(24))
    assert bytes(32) == load_store_key(STORE, tmp_path).open(sealed, commitment=key_commitment(bytes(32)))


@pytest.mark.parametrize(
    "text", ["", SECRET[1:], SECRET + "0", SECRET.upper(), f" {SECRET}", SECRET + "\n\n", "é" * 64]
)
def test_anything_else_is_no_store_key_and_is_not_quoted(tmp_path: Path, text: str) -> None:
    (tmp_path / "store.key").write_text(text, "utf-8")
    with pytest.raises(BadSettings) as caught:
        load_store_key(STORE, tmp_path)
    assert SECRET[2:20] not in str(caught.value)


def test_a_store_key_may_be_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = SecretReference("env", "NODE_STORE_KEY")
    with pytest.raises(MissingKey, match="NODE_STORE_KEY"):
        load_store_key(reference, tmp_path)
    monkeypatch.setenv("NODE_STORE_KEY", SECRET)
    assert "<RestKey>" == repr(load_store_key(reference, tmp_path))


async def test_settings_from_before_sealing_still_load(tmp_path: Path) -> None:
    folder = await a_folder(tmp_path)
    file = folder.node("NL").settings_file
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(one for one in lines if not one.startswith("store_key")), "utf-8")
    assert "file:keys/store.key" == load_node(folder, NL).store_key.format()


async def test_a_node_that_never_had_a_store_key_is_given_one_once(tmp_path: Path) -> None:
    folder = await a_folder(tmp_path)
    (folder.node("NL").keys / "store.key").unlink()
    with open_node(folder, NL) as node:
        with pytest.raises(MissingKey) as caught:
            _ = node.section_keys
        assert "tocsin keys new" in caught.value.hint
        assert [True, False] == [make_missing_store_key(node), make_missing_store_key(node)]
        assert (0, 0) == node.section_keys.count()


async def test_a_lost_store_key_is_not_replaced_behind_the_back_of_its_store(tmp_path: Path) -> None:
    folder = await a_folder(tmp_path)
    with open_node(folder, NL) as node:
        node.section_keys.put([bytes(32)], owner=Participant("NL"))
    (folder.node("NL").keys / "store.key").unlink()
    with open_node(folder, NL) as node, pytest.raises(MissingKey, match="is gone"):
        make_missing_store_key(node)
    folder.node("NL").section_keys.rename(tmp_path / "away.sqlite")
    with open_node(folder, NL) as node:
        assert make_missing_store_key(node)


async def test_another_store_key_opens_nothing(tmp_path: Path) -> None:
    folder = await a_folder(tmp_path)
    with open_node(folder, NL) as node:
        node.section_keys.put([bytes(32)], owner=Participant("NL"))
    (folder.node("NL").keys / "store.key").write_text(SECRET, "utf-8")
    with open_node(folder, NL) as node, pytest.raises(MissingKey, match="another store key"):
        _ = node.section_keys
