"""What a log and a witness say to each other: a new checkpoint, and the cosignature or what stands against it.

Pure: the witness's memory and the line between the two come from outside. A witness goes through
:func:`check_request`, then in one transaction with its memory :func:`check_growth` and the keeping of the new head, and
only then through :func:`cosigned`.

Source: C2SP tlog-witness.
"""

from collections.abc import Callable, Collection, Generator, Mapping
from typing import Final

import msgspec

from broker.errors import (
    BadNote,
    BadSignature,
    BrokerError,
    NotConsistent,
    SplitView,
    UntrustedCheckpoint,
    WitnessUnavailable,
)
from broker.limits import KIB, MAX_NOTE_BYTES, MAX_PROOF_HASHES
from broker.log.checkpoint import Checkpoint, parse_checkpoint
from broker.log.cosignature import check_cosignature, cosign
from broker.log.note import NoteKey, NoteSignature, check_note, format_signatures, parse_note, parse_signatures
from broker.log.text import format_base64, parse_hash, parse_number
from broker.log.tree import TreeHead, check_consistency
from broker.merkle import EMPTY_ROOT, Hash
from broker.signing.keys import SigningKey

PATH: Final = "/add-checkpoint"
"""Behind a witness's prefix."""
MAX_REQUEST_BYTES: Final = MAX_NOTE_BYTES + 4 * KIB
"""A note, and before it an old size and 63 hashes at most."""
MAX_ANSWER_BYTES: Final = MAX_NOTE_BYTES
MOST_REQUESTS: Final = 3
"""Of one :func:`ask`: between the second and the third somebody else asked the witness too; then it is enough."""

OK: Final = 200
BAD_REQUEST: Final = 400
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
CONFLICT: Final = 409
UNPROCESSABLE: Final = 422

TEXT: Final = "text/plain; charset=utf-8"
SIZE: Final = "text/x.tlog.size"

_OLD: Final = "old "
_NO_TREE: Final = TreeHead(0, EMPTY_ROOT)
"""What a witness that never cosigned a checkpoint of a log has seen of it."""


class Answer(msgspec.Struct, frozen=True):
    """What a witness answers, as HTTP carries it."""

    status: int
    content_type: str
    body: bytes


class AddCheckpoint(msgspec.Struct, frozen=True):
    """A request.

    Attributes:
        old_size: Of the tree that the witness is believed to have cosigned last; 0 for none.
        proof: That the tree of the checkpoint grew out of that one.
        checkpoint: The signed note, exact bytes; not looked into yet.
    """

    old_size: int
    proof: tuple[Hash, ...]
    checkpoint: bytes


class Submission(msgspec.Struct, frozen=True):
    """A request whose checkpoint is signed by a key that the witness trusts for its origin."""

    request: AddCheckpoint
    text: str
    checkpoint: Checkpoint


class Objection(msgspec.Struct, frozen=True):
    """Why a submission is not cosigned.

    Attributes:
        suspicion: The code of what the checkpoint may be proof of; empty where the client merely did not know better.
    """

    answer: Answer
    suspicion: str = ""


class Cosigned(msgspec.Struct, frozen=True):
    """What a witness gave.

    Attributes:
        at: When it says that it cosigned, seconds since 1970.
    """

    signature: NoteSignature
    at: int


def parse_request(raw: bytes) -> AddCheckpoint:
    """Parse a request's body; the checkpoint in it stays bytes.

    Raises:
        BadNote: It is not laid out as the protocol says.
    """
    if len(raw) > MAX_REQUEST_BYTES:
        raise BadNote(f"a request of {len(raw)} bytes; at most {MAX_REQUEST_BYTES} are read")
    head, blank, checkpoint = raw.partition(b"\n\n")
    if not blank or not checkpoint:
        raise BadNote("a request without an empty line and a checkpoint behind it")
    first, *lines = head.decode(errors="replace").split("\n")
    if not first.startswith(_OLD):
        raise BadNote(f"a request begins with {first[:40]!r}; expected a line like 'old 42'")
    if len(lines) > MAX_PROOF_HASHES:
        raise BadNote(f"a proof of {len(lines)} lines; at most {MAX_PROOF_HASHES} are allowed")
    return AddCheckpoint(parse_number(first.removeprefix(_OLD)), tuple(map(parse_hash, lines)), checkpoint)


def format_request(request: AddCheckpoint) -> bytes:
    """Return a request's body; the exact inverse of :func:`parse_request`."""
    lines = (f"{_OLD}{request.old_size}", *map(format_base64, request.proof), "")
    return "".join(f"{line}\n" for line in lines).encode() + request.checkpoint


# ── the witness ──────────────────────────────────────────────────────────────────────────────────────────────────────


def check_request(raw: bytes, logs: Mapping[str, Collection[NoteKey]]) -> Submission | Answer:
    """Return what a request submits, or the answer if it fails without a look at what was seen before.

    Args:
        logs: The keys that are trusted for each origin.
    """
    try:
        request = parse_request(raw)
        note = parse_note(request.checkpoint)
        checkpoint = parse_checkpoint(note.text)
    except BadNote as error:
        return _said(BAD_REQUEST, f"malformed: {error}")
    if checkpoint.origin not in logs:
        return _said(NOT_FOUND, "unknown log")
    try:
        check_note(note, logs[checkpoint.origin])
    except (UntrustedCheckpoint, BadSignature):
        return _said(FORBIDDEN, "no valid signature by a key that is trusted for this log")
    if request.old_size > checkpoint.size:
        return _said(BAD_REQUEST, "the old size is above the size of the checkpoint")
    return Submission(request, note.text, checkpoint)


def check_growth(submission: Submission, known: TreeHead | None) -> Objection | None:
    """Return what stands against cosigning a submission, if anything does.

    Args:
        known: The head that was cosigned last for this origin; None if none was. Nobody may change it until the new
            one is kept, else a smaller tree could take the place of a larger one.
    """
    seen, request, head = known or _NO_TREE, submission.request, submission.checkpoint.head
    is_other = head.size == seen.size and head.root != seen.root
    if request.old_size != seen.size:
        answer = Answer(CONFLICT, SIZE, b"%d\n" % seen.size)
        return Objection(answer, SplitView.code if is_other else "")
    if is_other:
        return Objection(_said(CONFLICT, "another root was cosigned for this size"), SplitView.code)
    try:
        check_consistency(request.proof, old=seen, new=head)
    except NotConsistent:
        # Anybody can send a published checkpoint with a wrong proof, so this alone accuses nobody; and where nothing is
        # to be proved, a proof says nothing about the log at all.
        suspicion = NotConsistent.code if 0 < seen.size < head.size else ""
        return Objection(_said(UNPROCESSABLE, "the consistency proof does not hold"), suspicion)
    return None


def cosigned(submission: Submission, *, key: SigningKey, name: str, at: int) -> Answer:
    """Return the answer that carries the cosignature; only after the head was kept for good.

    Args:
        at: Seconds since 1970; never less than for an earlier cosignature.
    """
    return Answer(OK, TEXT, format_signatures((cosign(submission.text, key, name, at),)))


def add_checkpoint(
    request: bytes,
    *,
    known: Callable[[str], TreeHead | None],
    logs: Mapping[str, Collection[NoteKey]],
    key: SigningKey,
    name: str,
    now: int,
) -> tuple[Answer, TreeHead | None]:
    """Return the answer to a request, and the head that has to be kept before it goes out; None: nothing to keep.

    Args:
        known: The head that was cosigned last for an origin.
        now: Seconds since 1970.
    """
    submission = check_request(request, logs)
    if isinstance(submission, Answer):
        return submission, None
    objection = check_growth(submission, known(submission.checkpoint.origin))
    if objection is not None:
        return objection.answer, None
    return cosigned(submission, key=key, name=name, at=now), submission.checkpoint.head


# ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def ask(
    checkpoint: bytes, *, known_size: int, prove: Callable[[int], tuple[Hash, ...]], key: NoteKey
) -> Generator[bytes, Answer, Cosigned]:
    """Yield requests for a cosignature, be sent the answers, and return what the witness gave.

    Args:
        checkpoint: The note, signed by the log.
        known_size: What the witness has cosigned last, as far as is known; 0 where nothing is.
        prove: Gives the proof from an old size, above 0 and below that of the checkpoint.
        key: The witness's.

    Raises:
        SplitView: The witness has seen a tree that this one did not grow out of.
        WitnessUnavailable: It does not know this log or its key, or answers what no witness would.
    """
    text = parse_note(checkpoint).text
    size = parse_checkpoint(text).size
    old = known_size if known_size <= size else 0
    for _ in range(MOST_REQUESTS):
        proof = prove(old) if 0 < old < size else ()
        answer = yield format_request(AddCheckpoint(old, proof, checkpoint))
        if answer.status == OK:
            return _read_cosignature(answer.body, text, key)
        if answer.status == UNPROCESSABLE and old:
            raise SplitView(f"{key.name} has seen a tree of {old} that this one of {size} did not grow out of")
        if answer.status != CONFLICT:
            raise _unavailable(key, f"answered {answer.status} {_shortened(answer.body)}")
        old = _next_size(answer, old, size, key)
    raise _unavailable(key, f"named another size in each of {MOST_REQUESTS} answers")


def _next_size(answer: Answer, old: int, size: int, key: NoteKey) -> int:
    """Return the size that a conflict names and that is worth asking with."""
    named = _named_size(answer)
    if named in (None, old) and old == size:
        raise SplitView(f"{key.name} has seen another tree of the same size, {size}")
    if named is None or named == old:
        raise _unavailable(key, f"answered {answer.status} and named no other size: {_shortened(answer.body)}")
    if named > size:
        raise SplitView(f"{key.name} has seen a tree of {named}; this one has only {size}")
    return named


def _named_size(answer: Answer) -> int | None:
    body = answer.body.decode(errors="replace")
    if answer.content_type.partition(";")[0].strip().lower() != SIZE or not body.endswith("\n"):
        return None
    try:
        return parse_number(body.removesuffix("\n"))
    except BadNote:
        return None


def _read_cosignature(body: bytes, text: str, key: NoteKey) -> Cosigned:
    try:
        for signature in parse_signatures(body):
            # Those of unknown keys have to be ignored, as a witness may have several.
            if signature.is_of(key):
                return Cosigned(signature, check_cosignature(text, signature, key))
    except BrokerError as error:
        raise _unavailable(key, f"gave a cosignature that does not hold: {error}") from error
    raise _unavailable(key, "gave no cosignature by its key")


def _said(status: int, says: str) -> Answer:
    return Answer(status, TEXT, f"{says}\n".encode())


def _shortened(body: bytes) -> str:
    return repr(body[:80].decode(errors="replace"))


def _unavailable(key: NoteKey, says: str) -> WitnessUnavailable:
    return WitnessUnavailable(f"witness {key.name} {says}")
