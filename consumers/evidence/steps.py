"""The steps of the checklist, one function each: returns what is proved, raises why it does not hold."""

import hashlib
from collections import Counter
from typing import Any, Final

import msgspec

from broker import avro
from broker.directory import EnrolledKey
from broker.directory.word import Place, Places, check_seen_in_time, check_word
from broker.envelope.body import Content, check_body_digest, check_commitment
from broker.errors import BadEvidence, BrokenChain, BrokerError, NoQuorum, UnknownSchema, UntrustedRoot
from broker.records.registry import record_type
from broker.signing.batch import VerifiedBatches, check_signature
from broker.types.names import Digest
from broker.types.time import from_micros
from consumers.evidence.case import Case, NotChecked
from consumers.evidence.evidence import parse_section, schema_file, section_file, section_text_file
from consumers.evidence.manifest import readable_json

_SECOND: Final = 1_000_000


def container(case: Case) -> str:
    """Say what the container shows; whoever has a :class:`Case` has checked it."""
    return (
        f"The archive is whole: {len(case.evidence.files)} files, each with the digest that evidence.json names. This"
        f" finds damage, not deceit: README.txt, report.html and whom it was made for are the exporter's word."
    )


def root(case: Case) -> str:
    """Check that everything rests on the root that is trusted."""
    if case.evidence.manifest.root_digest != case.root_digest.hex():
        raise UntrustedRoot(
            f"the file rests on the root {case.evidence.manifest.root_digest}, you trust {case.root_digest.hex()}"
        )
    entry = case.directory.root
    return (
        f"The first root record has the digest that you trust, and {entry.threshold} of {len(entry.root_keys)} root"
        f" keys have to have signed it; its newest version here is {entry.version}."
    )


def directory(case: Case) -> str:
    """Check that every DIRECTORY message has its place in its stream: without gaps, and signed by who may."""
    there = Counter(one.header.stream for one in case.directory_messages)
    for stream, count in sorted(there.items()):
        if case.directory.head(stream).sequence != count:
            findings = [one for one in case.directory.findings if one.name.stream == stream]
            why = f": {findings[0].name}: {findings[0].says}" if findings else ""
            raise BrokenChain(f"not all {count} messages of {stream} have their place in it{why}")
    return (
        f"{len(case.directory_messages)} messages in {len(there)} streams, each without gaps from its first on and"
        " signed by whom the messages before it appoint: so these are the keys that count, by what is in the file;"
        " a later word, a revocation too, may have been left out."
    )


def signers(case: Case) -> str:
    """Check that each signer's key was enrolled for the stream and the time, and stands."""
    header = case.header
    keys = [case.directory.enrolled_signer(one, header.stream, header.issued_at) for one in header.signers]
    for key in keys:
        check_word(key, header.name, case.message.digest, _places(case, key))
        check_seen_in_time(key, header.name, _place(case))
    return f"{header.originator} could sign for {header.stream} when it says it did: {_keys(keys)}."


def _place(case: Case) -> Place | None:
    """Return the place of the message in the log; None where nothing shows it: the step ``log`` says so."""
    try:
        return case.logged.place
    except BrokerError:
        return None


def _places(case: Case, key: EnrolledKey) -> Places:
    """Return what tells the places of the message, and of the revocation of *key*."""

    def place(digest: Digest) -> Place | None:
        return case.logged.place if digest == case.message.digest else case.revocation(key).place

    return place


def signatures(case: Case) -> str:
    """Check every signature over the header."""
    verified = VerifiedBatches()
    for signer, signature in zip(case.header.signers, case.message.signatures, strict=True):
        key = case.directory.key(signer)
        if key is None:
            raise NotChecked(f"Not checked: key {signer.hex()} is not in the directory.")
        check_signature(case.message.header_bytes, signature, key.public, verified=verified)
    return f"The header is the one that was signed: {_count(len(case.header.signers), 'signature')}, all of which hold."


def bodies(case: Case) -> str:
    """Check every body that is there."""
    pairs = list(zip(case.header.sections, case.message.bodies, strict=True))
    there = [(head, body) for head, body in pairs if body is not None]
    for head, body in there:
        check_body_digest(head, body)
    rest = f"; {_count(len(pairs) - len(there), 'other')} left out" if len(pairs) > len(there) else ""
    return f"{_count(len(there), 'body', 'bodies')} as sent, each the one that the header names{rest}."


def sections(case: Case) -> str:
    """Check every disclosed section against the commitment in the header, and its schema and text."""
    disclosed = case.evidence.manifest.disclosed
    heads = {head.name: head for head in case.header.sections}
    unread, used = [], set()
    for name in disclosed:
        content = parse_section(case.evidence.files[section_file(name)])
        check_commitment(heads[name], content)
        _check_schema(case, name, content)
        used.add(schema_file(content.schema_id))
        if not _is_text_checked(case, name, content):
            unread.append(name)
    for name in sorted(one for one in case.evidence.files if one.startswith("schemas/") and one not in used):
        raise BadEvidence(f"{name} is the schema of no disclosed section")
    withheld = case.evidence.manifest.withheld
    return (
        f"What the originator said in {', '.join(disclosed) or 'no section'}, word for word"
        + (f"; withheld, and not to be guessed from what is here: {', '.join(withheld)}" if withheld else "")
        + (f"; the decoded text was not compared, its schema is not known here: {', '.join(unread)}" if unread else "")
        + "."
    )


def log(case: Case) -> str:
    """Check that the message is in the log."""
    logged = case.logged
    return (
        f"It is leaf {logged.index} of the log, below a checkpoint over {logged.signed.size} leaves that the notary"
        f" signed; the notary states that it saw it first at {_micros(logged.entry.seen_at)}."
    )


def witnesses(case: Case) -> str:
    """Check that a quorum of witnesses cosigned the checkpoint."""
    signed = case.logged.signed
    if not signed.quorum:
        raise NotChecked(
            "Not checked: this network appoints no witnesses. Only its notary vouches that everybody sees the same log."
        )
    if signed.witnessed_at is None:
        raise NoQuorum(
            f"NO QUORUM VOUCHES FOR THIS: {len(signed.witnesses)} of the {signed.quorum} witnesses that it takes"
            " cosigned the checkpoint; the notary might show others another log"
        )
    names, at = ", ".join(signed.witnesses), _micros(signed.witnessed_at * _SECOND)
    return (
        f"{len(signed.witnesses)} witnesses cosigned the checkpoint, {signed.quorum} are needed: {names}. Complete at"
        f" {at}: the message was in the log by then, and everybody is shown this log."
    )


def section_text(record: msgspec.Struct) -> bytes:
    """Return a disclosed section as people read it."""
    value: Any = msgspec.to_builtins(record, builtin_types=(), str_keys=True)
    return readable_json(value)


def decode_section(content: Content) -> msgspec.Struct:
    """Return the typed record of a section.

    Raises:
        UnknownSchema: This version does not know its schema.
        SchemaError: It does not decode.
    """
    schema = avro.schema_by_id(content.schema_id)
    return avro.decode(schema, content.avro, record_type(schema.path))


def _check_schema(case: Case, name: str, content: Content) -> None:
    text = case.evidence.schema(content.schema_id)
    if text is None or hashlib.sha256(text).digest() != content.schema_id:
        raise UnknownSchema(f"the schema of section {name}, {content.schema_id.hex()[:16]}…, is not in the file")


def _is_text_checked(case: Case, name: str, content: Content) -> bool:
    """Check that the decoded text of a section is what its bytes say; say whether its schema is known here."""
    try:
        record = decode_section(content)
    except UnknownSchema:
        return False
    if section_text(record) != case.evidence.files[section_text_file(name)]:
        raise BadEvidence(f"{section_text_file(name)} does not say what {section_file(name)} does")
    return True


def _keys(keys: list[EnrolledKey]) -> str:
    return "; ".join(f"key {key.id.hex()} of {key.owner}{_revoked(key)}" for key in keys)


def _revoked(key: EnrolledKey) -> str:
    return "" if key.revocation is None else ", which was revoked after the message had been logged"


def _count(number: int, noun: str, several: str = "") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {several or noun + 's'}"


def _micros(micros: int) -> str:
    return f"{from_micros(micros):%Y-%m-%d %H:%M:%S} UTC"
