"""The notary of a federation, put together: journal, log, key, and the witnesses that it asks."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Final

import msgspec
from sqlalchemy import Engine

from broker.database import open_engine
from broker.log.port import WitnessClient
from broker.notary import Notary
from broker.signing.keys import SigningKey
from broker.types.names import Participant
from broker.types.time import Clock
from tocsin.appointing import witness_name
from tocsin.buses import open_bus
from tocsin.folder import FederationFolder
from tocsin.installation import now
from tocsin.log_sources import open_store
from tocsin.secret import load_key
from tocsin.settings import FederationSettings, NotarySettings, load_federation, load_node, load_notary
from tocsin.witnessing.client import HttpWitness, LocalWitness
from tocsin.witnessing.opening import DirectoryLogs, open_witness

IN_THIS_PROCESS: Final = "in this process"


class Asked(msgspec.Struct, frozen=True):
    """A witness that the notary asks.

    Attributes:
        where: Its address, or :data:`IN_THIS_PROCESS`.
    """

    name: str
    where: str

    @property
    def is_local(self) -> bool:
        """Whether it is asked without a network, on the notary's own machine."""
        return self.where == IN_THIS_PROCESS


class Notarizing(msgspec.Struct, frozen=True):
    """A notary ready to work, and what it works with."""

    notary: Notary
    key: SigningKey
    log: str
    asked: tuple[Asked, ...]


@asynccontextmanager
async def open_notary(folder: FederationFolder, *, clock: Clock = now) -> AsyncIterator[Notarizing]:
    """Give the notary of the federation in *folder*; close everything.

    Raises:
        NoLog: The notary works elsewhere, or the settings name no log.
        MissingFile, BadSettings: Its key, or that of a witness in this folder, cannot be had.
        StaleDatabase, UnusableDatabase, DatabaseBusy: Its journal cannot be used.
        BusUnavailable: The embedded bus is not there.
    """
    settings, own = load_federation(folder), load_notary(folder)
    store, key = open_store(folder, settings), load_key(own.key, folder.hub)
    async with AsyncExitStack() as stack:
        engine = stack.enter_context(open_journal(folder))
        asked = asked_witnesses(folder, settings, own)
        opener = _Opener(folder, settings, engine, clock)
        clients = [await opener.open(one, stack) for one in asked]
        bus = await stack.enter_async_context(open_bus(folder, settings, clock=clock, node=own))
        notary = Notary(
            engine,
            bus,
            store,
            key=key,
            federation=settings.id,
            root_digest=settings.root_digest,
            clock=clock,
            witnesses=clients,
        )
        yield Notarizing(notary, key, settings.log, tuple(asked))


@contextmanager
def open_journal(folder: FederationFolder, *, readonly: bool = False) -> Iterator[Engine]:
    """Give the notary's journal, made when it is not there; close it.

    Raises:
        MissingFile: With *readonly*: it is not there.
        UnusableDatabase, DatabaseBusy: It cannot be used.
    """
    engine = open_engine(folder.notary_database, readonly=readonly)
    try:
        yield engine
    finally:
        engine.dispose()


def asked_witnesses(folder: FederationFolder, settings: FederationSettings, own: NotarySettings) -> Sequence[Asked]:
    """Return whom the notary asks: those that its settings name; where they name none, those whose keys lie here."""
    if own.witnesses:
        return [Asked(name, address) for name, address in own.witnesses.items()]
    here = [code for code in folder.participants() if load_node(folder, code).witness_key is not None]
    return [Asked(witness_name(settings.id, code), IN_THIS_PROCESS) for code in here]


class _Opener(msgspec.Struct, frozen=True):
    """Opens the witnesses of one notary."""

    folder: FederationFolder
    settings: FederationSettings
    journal: Engine
    clock: Clock

    async def open(self, one: Asked, stack: AsyncExitStack) -> WitnessClient:
        if not one.is_local:
            return await stack.enter_async_context(HttpWitness(one.name, one.where))
        # By the notary's own copy of the directory, too: on one machine another one would prove nothing either.
        logs = DirectoryLogs(self.journal, federation=self.settings.id, root_digest=self.settings.root_digest)
        code = Participant(one.name.rpartition("/")[2])
        own, settings = self.folder.node(code), load_node(self.folder, code)
        opened = open_witness(own, settings, name=one.name, logs=logs, clock=self.clock)
        witness, _ = stack.enter_context(opened)
        return LocalWitness(witness)
