"""The settings that say where the log is, who signs it and who is asked to witness it."""

from pathlib import Path

import pytest

from broker.errors import BadSettings, NoLog
from broker.log_store.folder import FolderTileStore
from broker.log_store.http import HttpLogReader
from tocsin.folder import FederationFolder
from tocsin.log_sources import open_log, open_store
from tocsin.settings import (
    NOTARY_KEY,
    NotarySettings,
    format_federation,
    load_everything,
    load_federation,
    load_node,
    load_notary,
)

FEDERATION = f'id = "exercise"\nstatus = "exercise"\nbus = "embedded"\nroot_digest = "{"ab" * 32}"\n'


def a_folder(root: Path, federation: str = "", notary: str | None = None, node: str = "") -> FederationFolder:
    """Return a folder with settings that say what is given, and the usual rest."""
    folder = FederationFolder(root)
    folder.node("NL").root.mkdir(parents=True)
    folder.federation_file.write_text(FEDERATION + federation, "utf-8")
    folder.node("NL").settings_file.write_text('node = "NL/~1"\n' + node, "utf-8")
    if notary is not None:
        folder.hub.mkdir()
        folder.notary_file.write_text(notary, "utf-8")
    return folder


def test_a_federation_that_says_nothing_of_a_log_has_none(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    settings = load_federation(folder)

    assert "" == settings.log
    assert open_log(folder, settings) is None
    assert "log" not in format_federation(settings)
    with pytest.raises(NoLog):
        open_store(folder, settings)


def test_a_log_beside_the_settings_is_read_and_grown(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, 'log = "log"\n')
    settings = load_federation(folder)
    open_store(folder, settings).replace_checkpoint(b"first", expected=None)
    log = open_log(folder, settings)

    assert log is not None
    assert b"first" == log.read("checkpoint", most=100)
    assert (tmp_path / "log" / "checkpoint").exists()
    assert 'log = "log"\n' in format_federation(settings)


def test_a_log_at_an_address_is_read_and_never_grown(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, 'log = "https://log.example/exercise/"\n')
    settings = load_federation(folder)
    log = open_log(folder, settings)

    assert "https://log.example/exercise" == settings.log
    assert isinstance(log, HttpLogReader)
    assert not isinstance(log, FolderTileStore)
    with pytest.raises(BadSettings, match="cannot be written there"):
        open_store(folder, settings)


@pytest.mark.parametrize("text", ["/var/log", "../log", "log/../../x", "http://log.example", "ftp://log.example"])
def test_refuses_a_log_outside_the_folder_or_in_the_clear(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadSettings, match=r"federation\.toml: log"):
        load_federation(a_folder(tmp_path, f'log = "{text}"\n'))


def test_a_witness_is_told_where_its_key_is(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, node='witness_key = "file:keys/witness.pem"\n')
    reference = load_node(folder, folder.participants()[0]).witness_key

    assert reference is not None
    assert folder.node("NL").keys / "witness.pem" == reference.path(folder.node("NL").root)


def test_a_notary_that_is_told_nothing_has_its_key_at_the_usual_place(tmp_path: Path) -> None:
    assert NotarySettings(NOTARY_KEY, {}) == load_notary(a_folder(tmp_path, notary=""))


def test_witnesses_have_names_and_addresses(tmp_path: Path) -> None:
    text = 'witnesses = "x/witness/NL = https://nl.example/w/, x/witness/BE=http://be:8080,"\n'

    expected = {"x/witness/NL": "https://nl.example/w", "x/witness/BE": "http://be:8080"}
    assert expected == load_notary(a_folder(tmp_path, notary=text)).witnesses


@pytest.mark.parametrize(
    "text",
    ["x/witness/NL", "=https://nl.example", "a=", "a=nl.example", "a=https://", "a=ftp://x", "a=http://x,a=http://y"],
)
def test_refuses_witnesses_that_are_not_named_or_cannot_be_asked(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadSettings, match=r"notary\.toml: witnesses"):
        load_notary(a_folder(tmp_path, notary=f'witnesses = "{text}"\n'))


def test_where_the_notary_does_not_work_there_is_no_setting_of_it(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    with pytest.raises(NoLog, match="another machine"):
        load_notary(folder)

    assert {} == load_everything(folder).notary


def test_all_mistakes_are_said_at_once_the_notarys_too(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, 'log = "/x"\n', notary='key = "x"\nwitness = ""\n', node='witness_key = "y"\n')
    with pytest.raises(BadSettings) as caught:
        load_everything(folder)

    said = str(caught.value)
    assert "4 mistakes" in said
    for one in ("federation.toml: log", "notary.toml: key", "'witness' is unknown", "node.toml: witness_key"):
        assert one in said or one.split(": ")[-1] in said


def test_keys_are_never_shown(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, notary='key = "env:NOTARY"\n', node='witness_key = "env:WITNESS"\n')
    settings = load_everything(folder)

    assert ("***", "***") == (
        settings.notary["key"].shown,
        settings.nodes[folder.participants()[0]]["witness_key"].shown,
    )
