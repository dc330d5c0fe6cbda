"""The writer's side: the next DIRECTORY message of an administrator, signed."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from broker.avro import encode, schema
from broker.directory.chain import START, Head
from broker.directory.directory import Directory
from broker.directory.entries import SECTION_NAMES, Entry, KeyEntry, KeyStatement, schema_path
from broker.envelope.body import Content
from broker.envelope.header import Header
from broker.envelope.message import Unsigned, compose, enclose
from broker.errors import KeyNotValid
from broker.limits import SEALING_KEY_MAX_AGE
from broker.signing.batch import sign_batch
from broker.signing.keys import SigningKey, key_id, prove_possession
from broker.types.names import Digest, KeyId, Stream
from broker.types.vocabulary import Algorithm, KeyUse, Kind, Status, Tlp


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says besides its entry.

    Attributes:
        stream: The administrator's stream that it continues.
        head: The last message of that stream.
        directory_digest: State of the directory that the administrator decided by; zeros on the first root record.
        salt: 32 random bytes, never used before.
    """

    federation: str
    status: Status
    stream: Stream
    head: Head
    issued_at: datetime
    directory_digest: Digest
    salt: bytes


def state_key(
    key: SigningKey, *, federation: str, owner: str, use: KeyUse, valid_from: datetime, valid_to: datetime
) -> KeyStatement:
    """Return the statement that enrols *key* for *owner*, with the proof that its holder agreed."""
    return KeyStatement(
        id=key.id,
        algorithm=Algorithm.ED25519,
        public=key.public,
        valid_from=valid_from,
        valid_to=valid_to,
        possession=prove_possession(key, federation=federation, owner=owner, use=use),
    )


def state_sealing_key(
    public: bytes, possession: bytes, *, valid_from: datetime, valid_to: datetime | None = None
) -> KeyStatement:
    """Return the statement that enrols a sealing key.

    Args:
        possession: The proof of :func:`broker.signing.possession.prove_sealing_possession`.
        valid_to: None for as long as is allowed.
    """
    return KeyStatement(
        id=key_id(public),
        algorithm=Algorithm.X25519,
        public=public,
        valid_from=valid_from,
        valid_to=valid_to or valid_from + SEALING_KEY_MAX_AGE,
        possession=possession,
    )


def sealing_key_entry(statement: KeyStatement, node: str) -> KeyEntry:
    """Return the entry that enrols a sealing key of *node*."""
    return KeyEntry(key=statement, use=KeyUse.SEAL, owner=node, node=node, streams=())


def write_entry(entry: Entry, occasion: Occasion, keys: Sequence[SigningKey]) -> bytes:
    """Return the envelope of the message that says *entry*, signed by each of *keys*.

    Whether it applies is for :func:`broker.directory.directory.apply` to say.

    Raises:
        InvalidRecord: A field of the entry has the wrong type.
        BadHeader: The originator is no administrator, or there are no or too many keys.
    """
    message = compose_entry(entry, occasion, [key.id for key in keys])
    return enclose(message, [sign_batch([message.header_bytes], key)[0] for key in keys])


def compose_entry(entry: Entry, occasion: Occasion, signers: Sequence[KeyId]) -> Unsigned:
    """Return the message that says *entry*, for each of *signers* to sign, wherever its key is.

    Raises:
        InvalidRecord: A field of the entry has the wrong type.
        BadHeader: The originator is no administrator, or there are no or too many signers.
    """
    section = SECTION_NAMES[type(entry)]
    written_by = schema(schema_path(section))
    header = Header(
        federation=occasion.federation,
        kind=Kind.DIRECTORY,
        status=occasion.status,
        originator=occasion.stream.originator,
        writer=occasion.stream.writer,
        sequence=occasion.head.sequence + 1,
        previous=occasion.head.digest,
        issued_at=occasion.issued_at,
        tlp=Tlp.CLEAR,
        directory_digest=occasion.directory_digest,
        signers=tuple(signers),
        sections=(),
    )
    content = Content(occasion.salt, written_by.id, encode(written_by, entry))
    return compose(header, [(section, content)])


def next_occasion(directory: Directory, stream: Stream, *, issued_at: datetime, salt: bytes) -> Occasion:
    """Return the occasion of the next message of *stream* in *directory*.

    Raises:
        UntrustedRoot: There is no root record yet; the first one needs an occasion of its own.
        KeyNotValid: The stream has messages that do not count yet; another first one would be a fork of it.
    """
    if directory.head(stream) == START:
        _check_unstarted(directory, stream)
    return Occasion(
        federation=directory.federation,
        status=directory.root.status,
        stream=stream,
        head=directory.head(stream),
        issued_at=issued_at,
        directory_digest=directory.digest,
        salt=salt,
    )


def _check_unstarted(directory: Directory, stream: Stream) -> None:
    for one in directory.findings:
        if one.name.stream == stream and one.name.sequence == 1 and one.code == KeyNotValid.code:
            raise KeyNotValid(
                f"{stream} is not to be started anew: {one.says}",
                hint="state the old key again until the new one has spoken, or revoke it naming its last valid message",
            )
