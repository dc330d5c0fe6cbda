"""Where everything is put together: a node with its database, its copy of the directory, its keys and its bus.

The only place that reads the clock and asks for randomness.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine

from broker.bus.port import Bus
from broker.database import reading
from broker.directory import Directory
from broker.errors import BadTable, MissingFile, StaleDirectory, UnknownAuthority, UntrustedRoot
from broker.follow import DirectoryFollower
from broker.policy.builtin import open_house_table, open_release_table
from broker.policy.table import Layer, Table, parse_table
from broker.policy.vocabulary import nearest
from broker.section_keys import SectionKeys, open_section_keys
from broker.signing.keys import SigningKey
from broker.types.names import Originator, Participant, check_authority, participant_of
from broker.types.time import Clock
from broker.types.vocabulary import Status
from consumers.deliver import Deliverer
from consumers.hearing import check_heard
from consumers.receive import Receiver
from consumers.unsealing import Unsealer
from producers.addressing import Sealing
from producers.flush import Flusher, Line
from producers.heads import Announcer
from producers.publish import Terms
from producers.sources import Source
from producers.veil import TAG
from tocsin.buses import open_bus
from tocsin.folder import FederationFolder, NodeFolder, find_node
from tocsin.keyring import FolderKeyring, load_store_key
from tocsin.node_database import open_node_database
from tocsin.outbound import Arrived
from tocsin.profiles import Profiles, load_profiles
from tocsin.secret import load_key
from tocsin.settings import FederationSettings, NodeSettings, load_federation, load_node


def now() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)


RANDOMNESS: Final[Callable[[int], bytes]] = secrets.token_bytes


class Node:
    """One node, wired. What needs a key, a table or the bus asks for it when it is used, not before."""

    def __init__(
        self,
        folder: FederationFolder,
        federation: FederationSettings,
        settings: NodeSettings,
        engine: Engine,
        *,
        clock: Clock = now,
    ) -> None:
        self.folder: Final = folder
        self.federation: Final = federation
        self.settings: Final = settings
        self.engine: Final = engine
        self.clock: Final = clock
        self.follower: Final = DirectoryFollower(engine, federation=federation.id, root_digest=federation.root_digest)

    @property
    def name(self) -> Originator:
        """As the directory knows it, ``NL/~1``."""
        return self.settings.node

    @property
    def participant(self) -> Participant:
        """Whose node it is."""
        return participant_of(self.settings.node)

    @property
    def own_folder(self) -> NodeFolder:
        """Where its files lie."""
        return self.folder.node(self.participant)

    @property
    def directory(self) -> Directory:
        """The directory as far as this node has read it."""
        return self.follower.directory

    @property
    def is_actual(self) -> bool:
        """Whether the network carries messages about the world, as its root record says.

        Raises:
            UntrustedRoot: The node has not read the root record yet.
        """
        return self.directory.root.status is Status.ACTUAL

    @cached_property
    def key(self) -> SigningKey:
        """The key that signs what its authorities publish.

        Raises:
            MissingFile, BadSettings: It cannot be had.
        """
        return load_key(self.settings.signing_key, self.own_folder.root)

    @cached_property
    def administrator_key(self) -> SigningKey:
        """The key of the participant's administrator.

        Raises:
            MissingFile, BadSettings: It cannot be had.
        """
        if self.settings.administrator_key is None:
            raise MissingFile(
                f"the node {self.name} has no administrator's key",
                hint="Set administrator_key in its node.toml, where the administrator works.",
            )
        return load_key(self.settings.administrator_key, self.own_folder.root)

    @cached_property
    def keyring(self) -> FolderKeyring:
        """The node's private sealing keys, read whenever they are asked for."""
        return FolderKeyring(self.own_folder.sealing_keys)

    @cached_property
    def section_keys(self) -> SectionKeys:
        """The node's key store; made when it is not there.

        Raises:
            MissingKey: There is no store key, or the store was sealed under another one.
            BadSettings: The store key cannot be read.
            UnusableDatabase, DatabaseBusy: The store cannot be used.
        """
        rest = load_store_key(self.settings.store_key, self.own_folder.root)
        return open_section_keys(self.own_folder.section_keys, rest, randomness=RANDOMNESS)

    @cached_property
    def house(self) -> Table:
        """The house table.

        Raises:
            MissingFile, BadTable: It cannot be used; then nothing is decided.
        """
        if not self.settings.house:
            return open_house_table(self.name)
        return load_table(self.own_folder.root / self.settings.house, Layer.HOUSE)

    @cached_property
    def release(self) -> Table:
        """The release rules.

        Raises:
            MissingFile, BadTable: They cannot be used; then nothing is released.
        """
        if not self.settings.release:
            return open_release_table(self.name)
        return load_table(self.own_folder.root / self.settings.release, Layer.RELEASE)

    @cached_property
    def profiles(self) -> Profiles:
        """The marking profiles.

        Raises:
            MissingFile, BadSettings: They cannot be used.
        """
        return load_profiles(self.own_folder.root / self.settings.profiles)

    @cached_property
    def deliverer(self) -> Deliverer:
        """What takes messages into the database."""
        unsealer = Unsealer(self.section_keys, self.keyring)
        return Deliverer(self.engine, node=self.name, follower=self.follower, house=self.house, unsealer=unsealer)

    def receiver(self, bus: Bus) -> Receiver:
        """Return what reads *bus* for this node."""
        return Receiver(
            self.engine,
            bus,
            node=self.name,
            deliverer=self.deliverer,
            follower=self.follower,
            clock=self.clock,
        )

    @property
    def sealing(self) -> Sealing:
        """What it seals with, and by which rules.

        Raises:
            MissingKey, BadSettings, UnusableDatabase, DatabaseBusy: The key store cannot be used.
            MissingFile, BadTable: The release rules cannot be used.
        """
        arrived = Arrived(self.section_keys)
        return Sealing(
            section_keys=self.section_keys,
            keyring=self.keyring,
            relationships=arrived.relationships,
            release=self.release,
            withheld=arrived.withheld,
            passed_on=arrived.passed_on,
        )

    def unheard(self) -> str:
        """Say for people that its directory may not be the newest; an empty text where others have vouched for it."""
        try:
            with reading(self.engine) as connection:
                self._check_heard(connection, self.directory, self.clock())
        except StaleDirectory as error:
            return str(error)
        except UntrustedRoot:  # it has read nothing yet, and shows nothing
            return ""
        return ""

    def terms(self, *, source: Source | None = None, new: bool = False) -> Terms:
        """Return how its outbox takes drafts, those of the file *source* or of none.

        Args:
            new: Rows equal to those of another file are other events.

        Raises:
            UntrustedRoot: The node has not read the root record yet.
            MissingKey, BadSettings, UnusableDatabase, DatabaseBusy: The key store cannot be used.
        """
        return Terms(source=source, new=new, actual=self.is_actual, keyed=self.section_keys.keyed_digests(TAG))

    def flusher(self, bus: Bus) -> Flusher:
        """Return what signs and sends over *bus* for this node."""
        return Flusher(self.engine, self._line(bus))

    def announcer(self, bus: Bus) -> Announcer:
        """Return what writes this node's HEADS and sends them over *bus*."""
        return Announcer(self.engine, self._line(bus), self.name)

    @asynccontextmanager
    async def bus(self) -> AsyncIterator[Bus]:
        """Give the bus, and close it.

        Raises:
            BusUnavailable: The embedded one is not there.
            ConfigError: The settings do not lead into the cluster.
        """
        async with open_bus(self.folder, self.federation, clock=self.clock, node=self.settings) as bus:
            yield bus

    async def check_authority(self, text: str) -> Originator:
        """Return *text* as an authority that this node serves; the directory is read again where it knows none.

        Raises:
            BadName: It is no authority's name.
            UnknownAuthority: This node serves no such authority.
            TransportError: The node does not know it and cannot ask the bus.
        """
        authority = check_authority(text)
        if self._serves(authority):
            return authority
        async with self.bus() as bus:
            await self.follower.catch_up(bus)
        if self._serves(authority):
            return authority
        served = self.served()
        hint = nearest(text, served) if served else "It serves none: see tocsin directory show."
        raise UnknownAuthority(f"{text} is no active authority of node {self.name}", hint=hint)

    def served(self) -> tuple[Originator, ...]:
        """Return the authorities that the node serves now, by name."""
        entries = self.directory.authorities(self.clock())
        return tuple(Originator(one.authority) for one in entries if one.node == self.name)

    def close(self) -> None:
        """Close the key store, if it was opened; the database is closed by who opened it."""
        if "section_keys" in self.__dict__:
            self.section_keys.close()

    def _line(self, bus: Bus) -> Line:
        return Line(
            bus=bus,
            follower=self.follower,
            key=self.key,
            clock=self.clock,
            randomness=RANDOMNESS,
            sealing=self.sealing,
            check_heard=self._check_heard,
        )

    def _check_heard(self, connection: Connection, directory: Directory, at: datetime) -> None:
        check_heard(connection, directory, self.name, at)

    def _serves(self, authority: Originator) -> bool:
        return authority in self.served()


@contextmanager
def open_node(folder: FederationFolder, participant: Participant, *, clock: Clock = now) -> Iterator[Node]:
    """Give the node of *participant*, and close its database.

    Raises:
        UnknownAuthority: The participant has no node in this folder.
        ConfigError: Settings or database cannot be used.
    """
    own = find_node(folder, participant)
    federation, settings = load_federation(folder), load_node(folder, participant)
    engine = open_node_database(own.database)
    try:
        node = Node(folder, federation, settings, engine, clock=clock)
        try:
            yield node
        finally:
            node.close()
    finally:
        engine.dispose()


def load_table(path: Path, layer: Layer) -> Table:
    """Read the policy table in the file *path*.

    Raises:
        MissingFile: There is no such file.
        BadTable: It has a mistake, or is a table of another layer.
    """
    source = f"{path.parent.name}/{path.name}" if path.parent.name else path.name
    try:
        table = parse_table(path.read_text("utf-8"), source=source)
    except FileNotFoundError:
        raise MissingFile(f"there is no policy table {source}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadTable(f"{source} cannot be read: {error}") from None
    if table.layer is not layer:
        raise BadTable(f"{source} is a {table.layer.word} table; expected a {layer.word} table")
    return table
