"""Found an exercise federation in one folder: keys, directory, bus, one node a participant."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Outgoing
from broker.directory import Directory, Head, fold
from broker.directory.chain import START
from broker.directory.entries import (
    ConditionsEntry,
    Entry,
    KeyEntry,
    KeyStatement,
    NodeEntry,
    ParticipantEntry,
    RootEntry,
    StreamGrant,
    TableEntry,
    Witness,
)
from broker.directory.rules import NOTARY
from broker.directory.writing import Occasion, sealing_key_entry, state_key, state_sealing_key, write_entry
from broker.envelope.message import Opened, open_envelope
from broker.errors import AlreadyThere, BadSettings, MissingFile
from broker.policy.builtin import community_table
from broker.policy.table import Table, format_table
from broker.signing.keys import SigningKey
from broker.types.names import (
    HUB,
    HUB_ADMIN,
    ROOT,
    ZERO_DIGEST,
    Digest,
    Originator,
    Stream,
    check_federation,
    directory_topic,
    message_topic,
    participant_of,
)
from broker.types.time import Clock
from broker.types.vocabulary import KeyUse, Status
from tocsin.appointing import (
    MAX_WITNESSES,
    WITNESSES,
    LogKeys,
    choose_witnesses,
    make_log_keys,
    quorum_of,
    witness_name,
    write_log_settings,
)
from tocsin.buses import open_bus
from tocsin.cluster.certificates import CA_FILE, CERTIFICATE_FILE, KEY_FILE
from tocsin.folder import FederationFolder
from tocsin.founding_catalogue import (
    CATALOGUE,
    CATALOGUE_NODE,
    catalogue_entry,
    catalogue_node_entry,
    make_catalogue_node_folder,
)
from tocsin.installation import RANDOMNESS, now
from tocsin.key_files import make_key, make_sealing_key_file, make_store_key
from tocsin.members import Member, active_entry
from tocsin.profiles import format_usual_profiles
from tocsin.settings import EMBEDDED, STORE_KEY, FederationSettings, WayIn, format_federation
from tocsin.settings_file import format_settings, replace_setting

ROOT_KEYS: Final = 3
ROOT_THRESHOLD: Final = 2
FIRST_WRITERS: Final = (1, 999)
"""The writers that a node's first key may open; a key that follows gets a range of its own."""
KEYS_VALID_FOR: Final = timedelta(days=730)
HEADS_MAX_AGE_HOURS: Final = 48
CHECKPOINT_MAX_AGE_HOURS: Final = 24
NODE_IDENTITY: Final = "keys/bus"
"""What a node shows to the bus, below its folder."""
_NO_TABLES: Final[Mapping[str, Table | None]] = {}
_HUB_IDENTITY: Final = "hub/keys/bus"
_NO_IDENTITIES: Final = "Name the folder that tocsin kafka certificates new has made, with all participants."

_ROOT_STREAM: Final = Stream(ROOT, 1)
_HUB_STREAM: Final = Stream(HUB_ADMIN, 1)


class Founding(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be founded.

    Attributes:
        conditions: The national table of those participants that set conditions.
        profiles: The text of ``profiles.toml`` of those that do not start from the usual one.
        houses: The house table of those whose node has one.
        releases: The release rules of those whose node has some.
        bus: ``embedded``, or the address of a Kafka cluster.
        witnesses: How many of the participants, at most, are appointed to witness the log; the first ones are.
        identities: A folder with what the hub and each participant show to the cluster, by code; None for nothing.
        allow_plaintext: Speak to the cluster in the clear.
    """

    id: str
    members: Sequence[Member]
    conditions: Mapping[str, Table] = {}
    profiles: Mapping[str, str] = {}
    houses: Mapping[str, Table] = {}
    releases: Mapping[str, Table] = {}
    bus: str = EMBEDDED
    witnesses: int = WITNESSES
    identities: Path | None = None
    allow_plaintext: bool = False

    @property
    def appointed(self) -> tuple[Member, ...]:
        """The participants whose nodes witness the log."""
        return choose_witnesses(self.members, self.witnesses)


async def found_federation(root: Path, founding: Founding, *, clock: Clock = now) -> FederationFolder:
    """Make an exercise federation in the folder *root*, which is empty or not there yet.

    ``federation.toml`` is written last: without it, what an interrupted founding left is no federation.

    Raises:
        AlreadyThere: The folder is not empty, or the bus has a network of this name.
        BadSettings: There are no participants, one is named twice, or somebody else's conditions are given.
        MissingFile: Somebody's identity for the bus is not there.
        TransportError: The bus does not answer.
    """
    _check(founding)
    _check_identities(founding)
    folder = _make_folder(root)
    keys = _make_keys(folder, founding)
    script = _Script(founding.id, keys, clock())
    script.write(founding)
    for member in founding.members:
        code = member.code
        tables = {"house": founding.houses.get(code), "release": founding.releases.get(code)}
        make_node_folder(folder, member, profiles=founding.profiles.get(code, ""), tables=tables)
    make_catalogue_node_folder(folder)
    write_log_settings(folder, founding.appointed)
    _copy_identities(folder, founding)
    settings = FederationSettings(
        id=founding.id,
        status=Status.EXERCISE,
        bus=founding.bus,
        log=folder.log.name,
        root_digest=script.root_digest,
        way_in=WayIn(
            bus_identity="" if founding.identities is None else _HUB_IDENTITY,
            allow_plaintext=founding.allow_plaintext,
        ),
    )
    await _announce(folder, settings, script, clock)
    folder.federation_file.write_text(format_federation(settings), "utf-8")
    return folder


class _Keys(msgspec.Struct, frozen=True):
    """The keys of a founding; of a sealing key, which nothing is signed with, only its public half and the proof."""

    root: tuple[SigningKey, ...]
    hub: SigningKey
    catalogue: SigningKey
    administrators: Mapping[str, SigningKey]
    nodes: Mapping[str, SigningKey]
    sealing: Mapping[str, tuple[bytes, bytes]]
    log: LogKeys


class _Script:
    """The DIRECTORY messages of a founding, in their order."""

    def __init__(self, federation: str, keys: _Keys, at: datetime) -> None:
        self._federation = federation
        self._keys = keys
        self._at = at
        self._heads: dict[Stream, Head] = {}
        self._state = ZERO_DIGEST
        self.messages: list[Opened] = []
        self.root_digest = ZERO_DIGEST

    def write(self, founding: Founding) -> None:
        """Write all messages.

        Raises:
            BrokerError: One of them would not apply.
        """
        table = format_table(community_table())
        self.root_digest = self._say(self._root(founding, _digest(table)), _ROOT_STREAM)
        self._say(TableEntry(table=table, digest=_digest(table)), _HUB_STREAM)
        # What administrators decide by while they found: the root and the community's table.
        self._state = self._fold().digest
        for member in founding.members:
            self._enter(member, founding.conditions.get(member.code))
        self._enter_catalogue()
        findings = self._fold().findings
        if findings:
            raise BadSettings(f"the directory would not hold: {findings[0].name}: {findings[0].says}")

    def _fold(self) -> Directory:
        return fold(self.messages, self.root_digest, self._federation)

    def _root(self, founding: Founding, table: Digest) -> RootEntry:
        witnesses = tuple(self._witness(member) for member in founding.appointed)
        return RootEntry(
            federation=self._federation,
            version=1,
            status=Status.EXERCISE,
            threshold=ROOT_THRESHOLD,
            root_keys=tuple(self._statement(key, ROOT) for key in self._keys.root),
            hub_administrators=(self._statement(self._keys.hub, HUB_ADMIN),),
            notary_key=self._statement(self._keys.log.notary, NOTARY, KeyUse.LOG),
            witnesses=witnesses,
            witness_quorum=quorum_of(len(witnesses)),
            suites=("ed25519",),
            heads_max_age_hours=HEADS_MAX_AGE_HOURS,
            checkpoint_max_age_hours=CHECKPOINT_MAX_AGE_HOURS,
            community_table_digest=table,
        )

    def _witness(self, member: Member) -> Witness:
        key, name = self._keys.log.witnesses[member.code], witness_name(self._federation, member.code)
        return Witness(name=name, operator=member.name, key=self._statement(key, name, KeyUse.WITNESS))

    def _enter(self, member: Member, conditions: Table | None) -> None:
        code, node, administrator = member.code, node_name(member.code), f"{member.code}/~admin"
        key = self._statement(self._keys.administrators[code], administrator)
        self._say(
            ParticipantEntry(code=code, name=member.name, administrators=(key,), active_from=self._at, active_to=None),
            _HUB_STREAM,
        )
        stream = Stream(Originator(administrator), 1)
        self._say(NodeEntry(node=node, operator=member.name, active_from=self._at, active_to=None), stream)
        for post in member.authorities:
            self._say(active_entry(post, code, node, active_from=self._at), stream)
        originators = [*(f"{code}/{post.name}" for post in member.authorities), node]
        statement = self._statement(self._keys.nodes[code], node, KeyUse.SIGN)
        self._say(node_key_entry(statement, node, originators, FIRST_WRITERS), stream)
        public, possession = self._keys.sealing[code]
        self._say(sealing_key_entry(state_sealing_key(public, possession, valid_from=self._at), node), stream)
        if conditions is not None:
            text = format_table(conditions)
            self._say(ConditionsEntry(participant=code, table=text, digest=_digest(text)), stream)

    def _enter_catalogue(self) -> None:
        self._say(catalogue_node_entry(self._at), _HUB_STREAM)
        self._say(catalogue_entry(self._at), _HUB_STREAM)
        statement = self._statement(self._keys.catalogue, CATALOGUE_NODE, KeyUse.SIGN)
        entry = node_key_entry(statement, CATALOGUE_NODE, [CATALOGUE, CATALOGUE_NODE], FIRST_WRITERS)
        self._say(entry, _HUB_STREAM)

    def _say(self, entry: Entry, stream: Stream) -> Digest:
        head = self._heads.get(stream, START)
        occasion = Occasion(
            federation=self._federation,
            status=Status.EXERCISE,
            stream=stream,
            head=head,
            issued_at=self._at,
            directory_digest=self._state,
            salt=RANDOMNESS(32),
        )
        opened = open_envelope(write_entry(entry, occasion, self._signers(stream)))
        self._heads[stream] = Head(head.sequence + 1, opened.digest)
        self.messages.append(opened)
        return opened.digest

    def _signers(self, stream: Stream) -> Sequence[SigningKey]:
        if stream == _ROOT_STREAM:
            return self._keys.root[:ROOT_THRESHOLD]
        if stream == _HUB_STREAM:
            return [self._keys.hub]
        return [self._keys.administrators[participant_of(stream.originator)]]

    def _statement(self, key: SigningKey, owner: str, use: KeyUse = KeyUse.ADMINISTRATE) -> KeyStatement:
        return state_key(
            key,
            federation=self._federation,
            owner=owner,
            use=use,
            valid_from=self._at,
            valid_to=self._at + KEYS_VALID_FOR,
        )


def node_name(participant: str) -> str:
    """Return the name of a participant's first node."""
    return f"{participant}/~1"


def node_key_entry(
    statement: KeyStatement, node: str, originators: Sequence[str], writers: tuple[int, int]
) -> KeyEntry:
    """Return the entry of a node's key that may write the streams of *originators*, each from one writer to another."""
    first, last = writers
    return KeyEntry(
        key=statement,
        use=KeyUse.SIGN,
        owner=node,
        node=node,
        streams=tuple(StreamGrant(originator=one, first_writer=first, last_writer=last) for one in originators),
    )


def _check(founding: Founding) -> None:
    check_federation(founding.id)
    codes = [member.code for member in founding.members]
    if not codes:
        raise BadSettings("a federation needs participants", hint="Name each: --participant NL --participant BE")
    if not 0 <= founding.witnesses <= MAX_WITNESSES:
        raise BadSettings(f"a log has 0 to {MAX_WITNESSES} witnesses, not {founding.witnesses}")
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise BadSettings(f"named twice: {', '.join(twice)}")
    strangers = sorted({*founding.conditions, *founding.profiles, *founding.houses, *founding.releases} - set(codes))
    if strangers:
        raise BadSettings(f"no participants of this federation: {', '.join(strangers)}")


def _make_folder(root: Path) -> FederationFolder:
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        if (root / "hub").is_dir() and not FederationFolder(root).federation_file.exists():
            raise AlreadyThere(
                f"{root} holds what a founding left that did not end, and no network",
                hint="Delete it, or name another.",
            )
        raise AlreadyThere(f"{root} is not empty", hint="Name a folder that is not there yet.")
    folder = FederationFolder(root)
    for path in (root, folder.log, root / "nodes"):
        path.mkdir(parents=True, exist_ok=True)
    return folder


def _make_keys(folder: FederationFolder, founding: Founding) -> _Keys:
    codes = [member.code for member in founding.members]
    return _Keys(
        root=tuple(make_key(folder.hub_keys / f"root-{number}.pem") for number in range(1, ROOT_KEYS + 1)),
        hub=make_key(folder.hub_keys / "admin.pem"),
        catalogue=make_key(folder.node(HUB).keys / "node.pem"),
        administrators={code: make_key(folder.node(code).keys / "admin.pem") for code in codes},
        nodes={code: make_key(folder.node(code).keys / "node.pem") for code in codes},
        sealing={code: make_sealing_halves(folder, code, federation=founding.id) for code in codes},
        log=make_log_keys(folder, founding.appointed),
    )


def make_sealing_halves(folder: FederationFolder, participant: str, *, federation: str) -> tuple[bytes, bytes]:
    """Make a sealing key of a participant's first node; return its public half and the proof of possession."""
    keys = folder.node(participant).sealing_keys
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    _, key, possession = make_sealing_key_file(keys, federation=federation, owner=node_name(participant))
    return key.public, possession


def make_node_folder(
    folder: FederationFolder, member: Member, *, profiles: str = "", tables: Mapping[str, Table | None] = _NO_TABLES
) -> None:
    """Make what a node needs beside its enrolled keys: settings, marking profiles, store key, a place for refused rows.

    Args:
        profiles: The text of ``profiles.toml``; empty for the usual ones.
        tables: Those that stay at home, by the setting that names the file: ``house``, ``release``.
    """
    node = folder.node(member.code)
    # Refused rows may name persons.
    node.refused.mkdir(mode=0o700, parents=True)
    make_store_key(node.root / STORE_KEY.name)
    settings = {
        "node": node_name(member.code),
        "signing_key": "file:keys/node.pem",
        "administrator_key": "file:keys/admin.pem",
        "store_key": STORE_KEY.format(),
        "profiles": "profiles.toml",
    }
    for setting, table in tables.items():
        if table is not None:
            settings[setting] = f"{setting}.json"
            (node.root / settings[setting]).write_text(format_table(table), "utf-8")
    node.settings_file.write_text(format_settings(settings), "utf-8")
    usual = format_usual_profiles([f"{member.code}/{post.name}" for post in member.authorities])
    (node.root / "profiles.toml").write_text(profiles or usual, "utf-8")


def _check_identities(founding: Founding) -> None:
    if founding.identities is None:
        return
    codes = (HUB, *(member.code for member in founding.members))
    without = [code for code in codes if not (founding.identities / code / CA_FILE).is_file()]
    if without:
        have, whose = ("has", without[0]) if len(without) == 1 else ("have", "CODE, for each of them")
        issue = f"tocsin kafka certificates issue {founding.identities.parent} {whose}"
        says = f"{', '.join(without)} {have} no identity for the bus in {founding.identities}"
        raise MissingFile(says, hint=issue if founding.identities.is_dir() else _NO_IDENTITIES)


def _copy_identities(folder: FederationFolder, founding: Founding) -> None:
    """Give the hub and every node what they show to the bus."""
    if founding.identities is None:
        return
    for code in (HUB, *(member.code for member in founding.members)):
        found = founding.identities / code
        to = folder.root / _HUB_IDENTITY if code == HUB else folder.node(code).root / NODE_IDENTITY
        to.mkdir(mode=0o700)
        for name in (CA_FILE, CERTIFICATE_FILE, KEY_FILE):
            shutil.copy(found / name, to / name)
        if code != HUB:
            replace_setting(folder.node(code).settings_file, "bus_identity", NODE_IDENTITY)


async def _announce(folder: FederationFolder, settings: FederationSettings, script: _Script, clock: Clock) -> None:
    """Make the topics and say the directory; on a bus that has none of this name."""
    topic = directory_topic(settings.id)
    if settings.bus == EMBEDDED:
        await open_embedded_bus(folder.bus_file, clock=clock).close()
    async with open_bus(folder, settings, clock=clock) as bus:
        codes = [HUB, *folder.participants()]
        await bus.create_topics([topic, *(message_topic(settings.id, code) for code in codes)])
        if await bus.end(topic):
            raise AlreadyThere(
                f"the bus {settings.bus} carries a network {settings.id} already",
                hint="Choose another --id, or a namespace of its own: kafka://HOST:PORT/NAMESPACE",
            )
        await bus.send(topic, [Outgoing(str(one.header.stream), one.raw) for one in script.messages])


def _digest(text: str) -> Digest:
    return Digest(hashlib.sha256(text.encode()).digest())
