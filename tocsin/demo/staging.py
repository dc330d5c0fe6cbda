"""A copy of the federation with all that an attempt to tamper needs, and its parts laid out for it."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from broker.bus.port import Delivered
from broker.database import open_engine
from broker.envelope.message import open_envelope
from broker.signing.keys import SEED_BYTES, SigningKey
from broker.types.names import Participant, directory_topic, message_topic
from tocsin.appointing import witness_name
from tocsin.demo.forging import Topic
from tocsin.demo.log_forging import LogFiles
from tocsin.demo.parts import Parts
from tocsin.demo.stage import LogSide, Side, Stage
from tocsin.folder import FederationFolder
from tocsin.installation import RANDOMNESS, Node, open_node
from tocsin.keyring import FolderKeyring
from tocsin.secret import load_key
from tocsin.settings import FederationSettings, load_federation, load_node, load_notary
from tocsin.witnessing.opening import DirectoryLogs, open_witness


def copy_for(parts: Parts, folder: FederationFolder, to: Path) -> FederationFolder:
    """Copy what an attempt needs: bus, log, the node that looks on, a witness's memory, the keys of victim and notary.

    Not the notary's journal: a notary that has lost it goes on from its log.
    """
    copy = FederationFolder(to)
    to.mkdir()
    for file in (folder.federation_file, folder.bus_file):
        shutil.copy(file, to)
    shutil.copytree(folder.log, copy.log)
    shutil.copytree(folder.hub_keys, copy.hub_keys)
    shutil.copy(folder.notary_file, copy.notary_file)
    shutil.copytree(folder.node(parts.witness).root, copy.node(parts.witness).root)
    _copy_keys(folder, copy, parts.victim)
    cosigner = _cosigner(folder)
    if cosigner is not None:
        _copy_keys(folder, copy, cosigner)
        shutil.copy(folder.node(cosigner).witness_database, copy.node(cosigner).witness_database)
    return copy


def _copy_keys(folder: FederationFolder, copy: FederationFolder, participant: Participant) -> None:
    own, there = folder.node(participant), copy.node(participant)
    shutil.copytree(own.keys, there.keys, dirs_exist_ok=True)
    shutil.copy(own.settings_file, there.settings_file)


@contextmanager
def staged(copy: FederationFolder, parts: Parts, now: datetime) -> Iterator[Stage]:
    """Give the stage of an attempt on *copy*; close all its files."""
    settings = load_federation(copy)
    with ExitStack() as stack:
        bus = open_engine(copy.bus_file)
        stack.callback(bus.dispose)
        node = stack.enter_context(open_node(copy, parts.witness))
        victim = _side(copy, bus, settings, parts.victim)
        yield Stage(
            victim=victim,
            witness=_side(copy, bus, settings, parts.witness),
            node=node.engine,
            directory=node.directory,
            directory_topic=Topic(bus, directory_topic(settings.id)),
            log=_log_side(copy, node, stack),
            opened=_opened_by(node, victim.sealed_reports()),
            unknown_key=SigningKey(RANDOMNESS(SEED_BYTES)),
            now=now,
        )


def _side(copy: FederationFolder, bus: Engine, settings: FederationSettings, participant: Participant) -> Side:
    topic = Topic(bus, message_topic(settings.id, participant))
    own, its = copy.node(participant), load_node(copy, participant)
    return Side(
        topic=topic,
        messages=topic.messages(),
        key=load_key(its.signing_key, own.root),
        administrator_key=load_key(its.administrator_key or its.signing_key, own.root),
        sealing_key=next(iter(FolderKeyring(own.sealing_keys)())),
    )


def _log_side(copy: FederationFolder, node: Node, stack: ExitStack) -> LogSide:
    """Return the log, and one of its witnesses, who knows the directory as *node* does."""
    federation = node.federation
    key = load_key(load_notary(copy).key, copy.hub)
    code = _cosigner(copy)
    if code is None:
        return LogSide(LogFiles(copy.log), key, None)
    logs = DirectoryLogs(node.engine, federation=federation.id, root_digest=federation.root_digest)
    name = witness_name(federation.id, code)
    witness, _ = stack.enter_context(open_witness(copy.node(code), load_node(copy, code), name=name, logs=logs))
    return LogSide(LogFiles(copy.log), key, witness.answer)


def _cosigner(folder: FederationFolder) -> Participant | None:
    """Return somebody who has cosigned the log."""
    return next((code for code in folder.participants() if folder.node(code).witness_database.exists()), None)


def _opened_by(node: Node, reports: Sequence[Delivered]) -> list[Delivered]:
    """Return those of *reports* of which the node has every key."""
    commitments = {
        one.offset: [head.key_commitment for head in open_envelope(one.value).header.sections if head.key_commitment]
        for one in reports
    }
    have = node.section_keys.get([one for several in commitments.values() for one in several])
    return [one for one in reports if all(key in have for key in commitments[one.offset])]
