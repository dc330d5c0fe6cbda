"""What is set: for the federation on this machine, and for each node; read once, into frozen values."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from broker.bus.kafka.connection import SCHEME, parse_address
from broker.errors import BadSettings, NoLog
from broker.log_store.http import check_prefix
from broker.types.names import Digest, Originator, Participant, check_federation, check_originator, is_office
from broker.types.vocabulary import Status
from tocsin import environment
from tocsin.folder import FederationFolder
from tocsin.secret import SecretReference, parse_reference
from tocsin.settings_file import Effective, Key, check_overrides, format_settings, read_settings

EMBEDDED: Final = "embedded"
STORE_KEY: Final = SecretReference("file", "keys/store.key")
"""Where a node's store key lies that is told nothing else."""
NOTARY_KEY: Final = SecretReference("file", "keys/notary.pem")
"""Where the notary's key lies that is told nothing else, below the hub's folder."""
WITNESS_KEY: Final = SecretReference("file", "keys/witness.pem")
"""Where the key of a witness is put when it is appointed, below its node's folder."""


class WayIn(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown to a bus on the network to be let in.

    Attributes:
        bus_identity: A folder with ``ca.pem``, and ``certificate.pem`` and ``key.pem`` unless a password is shown.
        bus_user: The name that goes with the password.
        allow_plaintext: Speak in the clear, for a bus on this machine alone.
    """

    bus_identity: str = ""
    bus_user: str = ""
    bus_password: SecretReference | None = None
    allow_plaintext: bool = False


class FederationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every node of the federation is told.

    Attributes:
        bus: ``embedded``: the file beside the settings; else the address of a Kafka cluster.
        log: The transparency log: a folder beside the settings, or the address of one; empty where there is none.
        root_digest: Header digest of the first root record, the one thing that is told by hand.
        way_in: How the hub's administrator gets into the bus, and every node that says nothing of its own.
    """

    id: str
    status: Status
    bus: str
    root_digest: Digest
    log: str = ""
    way_in: WayIn = WayIn()


class NodeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What one node is told.

    Attributes:
        store_key: What seals its section keys at rest.
        house: The file of its house table; empty for none.
        release: The file of its release rules, which say who of the others gets keys; empty for none.
        profiles: The file of its marking profiles.
        witness_key: What it cosigns the log with; None where it is no witness.
        way_in: How it gets into the bus.
    """

    node: Originator
    signing_key: SecretReference
    administrator_key: SecretReference | None
    house: str
    profiles: str
    store_key: SecretReference = STORE_KEY
    release: str = ""
    witness_key: SecretReference | None = None
    way_in: WayIn = WayIn()


class NotarySettings(msgspec.Struct, frozen=True):
    """What the notary is told.

    Attributes:
        key: What it signs checkpoints with.
        witnesses: Where each witness is asked, by its name in the root record; empty: those whose keys lie in this
            folder are asked without a network.
        way_in: How it gets into the bus, which it only reads; the hub's where it says nothing.
    """

    key: SecretReference = NOTARY_KEY
    witnesses: Mapping[str, str] = {}
    way_in: WayIn = WayIn()


def read_bus(text: str) -> str:
    """Return *text* if it names a bus.

    Raises:
        BadSettings: It is neither ``embedded`` nor looks like the address of a cluster.
        BadName: It is an address that is not well formed.
    """
    if text == EMBEDDED:
        return text
    if not text.startswith(SCHEME):
        raise BadSettings(f"{text[:60]!r} is no bus; expected {EMBEDDED!r} or {SCHEME}HOST:PORT")
    return str(parse_address(text))


def _read_yes_or_no(text: str) -> bool:
    if text not in ("true", "false"):
        raise BadSettings("expected true or false")
    return text == "true"


def _read_digest(text: str) -> Digest:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise BadSettings("expected 64 hexadecimal digits in lower case")
    return Digest(bytes.fromhex(text))


def _read_node(text: str) -> Originator:
    node = check_originator(text)
    if not is_office(node):
        raise BadSettings(f"{text[:60]!r} is an authority; expected a node, like NL/~1")
    return node


def _read_optional_reference(text: str) -> SecretReference | None:
    return parse_reference(text) if text else None


def _read_file_name(text: str) -> str:
    if text and (Path(text).is_absolute() or ".." in Path(text).parts):
        raise BadSettings("expected a file inside the node's folder, so that the folder can be moved")
    return text


def is_address(text: str) -> bool:
    """Return whether a setting names something on a network and not a folder."""
    return "://" in text


def _read_log(text: str) -> str:
    if is_address(text):
        return check_prefix(text)
    if text and (Path(text).is_absolute() or ".." in Path(text).parts):
        raise BadSettings("expected a folder beside federation.toml, or https://HOST/PATH")
    return text


def _check_witness_address(text: str) -> str:
    # In the clear will do: what goes over is public and signed, on both ways.
    if not re.fullmatch(r"https?://[A-Za-z0-9.\[\]:_-]+(/[!-~]*)?", text):
        raise BadSettings(f"{text[:60]!r} is no address of a witness; expected https://HOST/PATH")
    return text.rstrip("/")


def _read_witnesses(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for one in filter(None, (some.strip() for some in text.split(","))):
        name, separator, address = (part.strip() for part in one.partition("="))
        if not name or not separator or not address:
            raise BadSettings(
                f"{one[:60]!r} names no witness; expected NAME=https://HOST/PATH, and a comma between two"
            )
        if name in found:
            raise BadSettings(f"the witness {name[:60]} is named twice")
        found[name] = _check_witness_address(address)
    return found


_WAY_IN: Final = (
    Key("bus_identity", _read_file_name, ""),
    Key("bus_user", str, ""),
    Key("bus_password", _read_optional_reference, "", secret=True),
    Key("allow_plaintext", _read_yes_or_no, "false"),
)
_FEDERATION: Final = (
    Key("id", check_federation),
    Key("status", Status.from_word),
    Key("bus", read_bus, EMBEDDED),
    Key("log", _read_log, ""),
    Key("root_digest", _read_digest),
    *_WAY_IN,
)
_NODE: Final = (
    Key("node", _read_node),
    Key("signing_key", parse_reference, "file:keys/node.pem", secret=True),
    Key("administrator_key", _read_optional_reference, "", secret=True),
    Key("store_key", parse_reference, STORE_KEY.format(), secret=True),
    Key("house", _read_file_name, ""),
    Key("release", _read_file_name, ""),
    Key("profiles", _read_file_name, "profiles.toml"),
    Key("witness_key", _read_optional_reference, "", secret=True),
    *_WAY_IN,
)
_NOTARY: Final = (
    Key("key", parse_reference, NOTARY_KEY.format(), secret=True),
    Key("witnesses", _read_witnesses, ""),
    *_WAY_IN,
)
_KNOWN: Final = (environment.HOME, environment.DEBUG, *(key.name for key in (*_FEDERATION, *_NODE, *_NOTARY)))


class Settings(msgspec.Struct, frozen=True):
    """All settings in force, for people; each with where it comes from."""

    federation: Mapping[str, Effective]
    nodes: Mapping[Participant, Mapping[str, Effective]]
    notary: Mapping[str, Effective]


def load_federation(folder: FederationFolder) -> FederationSettings:
    """Return the settings of the federation in *folder*.

    Raises:
        BadSettings: The file or an override has mistakes; the message names all of them.
    """
    mistakes: list[str] = []
    overrides = environment.overrides()
    check_overrides(overrides, _KNOWN, mistakes)
    found = read_settings(folder.federation_file, _FEDERATION, overrides, mistakes)
    _refuse(mistakes)
    return FederationSettings(**_values(found))


def load_node(folder: FederationFolder, participant: Participant) -> NodeSettings:
    """Return the settings of the node of *participant*.

    Raises:
        BadSettings: The file or an override has mistakes; the message names all of them.
    """
    mistakes: list[str] = []
    found = read_settings(folder.node(participant).settings_file, _NODE, environment.overrides(), mistakes)
    _refuse(mistakes)
    return NodeSettings(**_values(found))


def load_notary(folder: FederationFolder) -> NotarySettings:
    """Return the settings of the notary.

    Raises:
        NoLog: There are none here: the notary works elsewhere, or nowhere.
        BadSettings: The file or an override has mistakes; the message names all of them.
    """
    if not folder.notary_file.is_file():
        raise NoLog(
            f"there is no {folder.hub.name}/{folder.notary_file.name} here: the notary works on another machine",
            hint="Run this where the notary's key and journal are.",
        )
    mistakes: list[str] = []
    found = read_settings(folder.notary_file, _NOTARY, environment.overrides(), mistakes)
    _refuse(mistakes)
    return NotarySettings(**_values(found))


def load_everything(folder: FederationFolder) -> Settings:
    """Return all settings of a federation and its nodes, for people.

    Raises:
        BadSettings: Some file or override has mistakes; the message names all of them, whatever file they are in.
    """
    mistakes: list[str] = []
    overrides = environment.overrides()
    check_overrides(overrides, _KNOWN, mistakes)
    federation = read_settings(folder.federation_file, _FEDERATION, overrides, mistakes)
    nodes = {
        code: read_settings(folder.node(code).settings_file, _NODE, overrides, mistakes)
        for code in folder.participants()
    }
    # Only where the notary works.
    here = folder.notary_file.is_file()
    notary = read_settings(folder.notary_file, _NOTARY, overrides, mistakes) if here else {}
    _refuse(mistakes)
    return Settings(federation, nodes, notary)


def format_federation(settings: FederationSettings) -> str:
    """Return ``federation.toml``."""
    return format_settings(
        {
            "id": settings.id,
            "status": settings.status.word,
            "bus": settings.bus,
            **({"log": settings.log} if settings.log else {}),
            "root_digest": settings.root_digest.hex(),
            **_way_in_texts(settings.way_in),
        }
    )


def _way_in_texts(way_in: WayIn) -> dict[str, str]:
    """Return what a settings file says of *way_in*: what differs from saying nothing."""
    texts: dict[str, str] = {}
    if way_in.bus_identity:
        texts["bus_identity"] = way_in.bus_identity
    if way_in.allow_plaintext:
        texts["allow_plaintext"] = "true"
    return texts


def _values(found: Mapping[str, Effective]) -> dict[str, Any]:
    values = {name: one.value for name, one in found.items()}
    way_in = WayIn(**{key.name: values.pop(key.name) for key in _WAY_IN})
    return {**values, "way_in": way_in}


def _refuse(mistakes: list[str]) -> None:
    if mistakes:
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise BadSettings(f"{count} in the settings:\n" + "\n".join(f"  - {one}" for one in mistakes))
