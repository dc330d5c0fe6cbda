"""Strategies for whole values of the wire, and for what an adversary makes of their bytes."""

from hypothesis import strategies as st

from broker import limits
from broker.envelope.header import Header, SectionHead
from broker.envelope.outer import Envelope, Signature
from broker.merkle import Hash
from broker.types.names import ROOT, ZERO_DIGEST, Digest, KeyId, MessageName, Originator, Stream
from broker.types.time import from_micros
from broker.types.vocabulary import Kind, Status, Tlp

LAST_MICROSECOND = 253_402_300_799_999_999

labels = st.from_regex(r"[a-z][a-z0-9-]{0,39}", fullmatch=True)
participants = st.from_regex(r"[A-Z]{2}|X-[A-Z]{2,16}", fullmatch=True)
authorities = st.builds("{}/{}".format, participants, labels)
nodes = st.builds("{}/~{}".format, participants, st.integers(1, 999_999))
administrators = st.one_of(st.builds("{}/~admin".format, participants), st.just(str(ROOT)))
originators = st.one_of(authorities, nodes, administrators).map(Originator)
streams = st.builds(Stream, originators, st.integers(1, limits.MAX_WRITER))
message_names = st.builds(MessageName, streams, st.integers(1, limits.MAX_SEQUENCE))
times = st.integers(0, LAST_MICROSECOND).map(from_micros)
digests = st.binary(min_size=32, max_size=32).map(Digest)
key_ids = st.binary(min_size=16, max_size=16).map(KeyId)

_ORIGINATORS = {
    Kind.RECORD: authorities,
    Kind.RELEASE: authorities,
    Kind.DIRECTORY: administrators,
    Kind.HEADS: nodes,
}


@st.composite
def headers(draw: st.DrawFn) -> Header:
    """Draw a header whose fields can be true together."""
    kind = draw(st.sampled_from(sorted(_ORIGINATORS)))
    tlp = draw(st.sampled_from([label for label in Tlp if label is not Tlp.UNKNOWN]))
    originator = Originator(draw(_ORIGINATORS[kind]))
    sequence = draw(st.one_of(st.just(1), st.integers(2, limits.MAX_SEQUENCE)))
    sealed = kind is Kind.RECORD and tlp is not Tlp.CLEAR
    names = draw(st.lists(st.from_regex(r"[a-z][a-z-]{0,39}", fullmatch=True), min_size=1, max_size=5, unique=True))
    most = limits.MAX_ROOT_SIGNERS if originator == ROOT else limits.MAX_SIGNERS
    return Header(
        federation=draw(st.from_regex(r"[a-z][a-z0-9-]{0,62}", fullmatch=True)),
        kind=kind,
        status=draw(st.sampled_from([status for status in Status if status is not Status.UNKNOWN])),
        originator=originator,
        writer=draw(st.integers(1, limits.MAX_WRITER)),
        sequence=sequence,
        previous=ZERO_DIGEST if sequence == 1 else draw(digests.filter(lambda digest: digest != ZERO_DIGEST)),
        issued_at=draw(times),
        tlp=tlp,
        directory_digest=draw(digests),
        signers=tuple(draw(st.lists(key_ids, min_size=1, max_size=most, unique=True))),
        sections=tuple(
            SectionHead(name, draw(digests), draw(digests), draw(digests) if sealed else None) for name in names
        ),
    )


int32s = st.integers(-(2**31), 2**31 - 1)
signatures = st.builds(
    Signature,
    st.binary(max_size=70),
    int32s,
    int32s,
    st.lists(digests.map(Hash), max_size=limits.MAX_BATCH_PATH).map(tuple),
)
envelopes = st.builds(
    Envelope,
    st.binary(max_size=200),
    st.lists(signatures, max_size=4).map(tuple),
    st.lists(st.none() | st.binary(max_size=200), max_size=5).map(tuple),
)


@st.composite
def edited(draw: st.DrawFn, data: bytes) -> bytes:
    """Draw what a few edits make of *data*."""
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(data)))
        gone = draw(st.integers(0, 3))
        data = data[:place] + draw(st.binary(max_size=3)) + data[place + gone :]
    return data
