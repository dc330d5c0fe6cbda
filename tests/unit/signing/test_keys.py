"""Keys: their files, their ids, what they sign."""

import base64
import itertools
import traceback

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, x25519

from broker.envelope.encoding import BATCH_TYPE, HEADER_TYPE, KEY_POSSESSION_TYPE, encode_tuple
from broker.errors import BadPossession, BadSettings, BadSignature, WeakKey
from broker.signing.keys import (
    SigningKey,
    check_possession,
    check_public_key,
    check_signature,
    key_id,
    parse_signing_key,
    prove_possession,
)
from broker.types.vocabulary import KeyUse
from tests.support.messages import a_key

PEM = a_key().format()
PRIVATE = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PASSWORD = serialization.BestAvailableEncryption(b"password")
OPEN = serialization.NoEncryption()
PKCS8 = serialization.PrivateFormat.PKCS8
ORDER = 2**252 + 27742317777372353535851937790883648493


def pem(der: bytes, label: str = "PRIVATE KEY") -> str:
    """Return *der* in PEM."""
    return f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n"


def part(tag: int, *contents: bytes) -> bytes:
    """Return one short DER element."""
    data = b"".join(contents)
    return bytes([tag, len(data)]) + data


def pkcs8(algorithm: bytes, secret: bytes) -> str:
    """Return a PKCS #8 file of the algorithm whose OID has these bytes."""
    return pem(part(0x30, part(2, b"\0"), part(0x30, part(6, algorithm)), part(4, part(4, secret))))


def test_a_key_file_is_printed_as_it_was_parsed() -> None:
    key = parse_signing_key(PEM)

    assert PEM == key.format()
    assert (a_key().id, a_key().public) == (key.id, key.public)


def test_a_key_file_made_by_others_in_the_standard_form_is_read() -> None:
    text = PRIVATE.private_bytes(serialization.Encoding.PEM, PKCS8, OPEN).decode()

    assert SigningKey(bytes(range(32))).public == parse_signing_key(text).public


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("\0", id="NUL"),
        pytest.param("\ud800", id="lone surrogate"),
        pytest.param("not a key", id="prose"),
        pytest.param(PEM.replace("\n", "\r\n"), id="other line ends"),
        pytest.param(PEM + PEM, id="two keys"),
        pytest.param("from: me\n" + PEM, id="text before"),
        pytest.param(PEM + "done\n", id="text after"),
        pytest.param(PEM.rstrip(), id="no last line end"),
        pytest.param(PEM.replace("\n", " "), id="one line"),
        pytest.param(PEM[:-30], id="cut"),
        pytest.param(PEM.replace("PRIVATE", "PUBLIC"), id="other label"),
        pytest.param(pem(b""), id="empty PEM"),
        pytest.param(pkcs8(b"\x2b\x65\x70", bytes(31)), id="short secret"),
        pytest.param(pkcs8(b"\x2b\x65\x70", bytes(33)), id="long secret"),
        pytest.param(pkcs8(b"\x2a\x03\x04", bytes(32)), id="unknown algorithm"),
        pytest.param(
            PRIVATE.private_bytes(serialization.Encoding.PEM, PKCS8, PASSWORD).decode(),
            id="encrypted",
        ),
        pytest.param(
            PRIVATE.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, OPEN).decode(),
            id="OpenSSH",
        ),
        pytest.param(
            PRIVATE.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode(),
            id="public key",
        ),
        pytest.param(
            x25519.X25519PrivateKey.from_private_bytes(bytes(range(32)))
            .private_bytes(serialization.Encoding.PEM, PKCS8, OPEN)
            .decode(),
            id="X25519",
        ),
        pytest.param(
            ed448.Ed448PrivateKey.from_private_bytes(bytes(57))
            .private_bytes(serialization.Encoding.PEM, PKCS8, OPEN)
            .decode(),
            id="Ed448",
        ),
        pytest.param(
            ec.derive_private_key(7, ec.SECP256R1()).private_bytes(serialization.Encoding.PEM, PKCS8, OPEN).decode(),
            id="P-256",
        ),
    ],
)
def test_refuses_what_is_no_key_file(text: str) -> None:
    with pytest.raises(BadSettings):
        parse_signing_key(text)


@pytest.mark.parametrize("text", [PEM + "done\n", PEM.replace("PRIVATE", "PUBLIC"), PEM[:-30]])
def test_a_refusal_never_quotes_the_key(text: str) -> None:
    secret = PEM.splitlines()[1]
    with pytest.raises(BadSettings) as refusal:
        parse_signing_key(text)

    shown = "".join(traceback.TracebackException.from_exception(refusal.value).format())
    assert secret not in shown
    assert secret[20:] not in repr(refusal.value)


def test_a_key_does_not_show_its_secret() -> None:
    key = a_key()

    assert f"<SigningKey {key.id.hex()}>" == repr(key) == str(key)
    assert not hasattr(key, "__dict__")


def test_the_id_of_a_key_is_half_a_tagged_digest_of_its_public_half() -> None:
    first, second = a_key("first"), a_key("second")

    assert len(first.id) == 16
    assert first.id == key_id(first.public) != second.id


def weak_points() -> list[bytes]:
    """Return encodings of points of small order, and of what is no point at all."""
    small = [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18]
    eighth = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    other = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
    points = [number.to_bytes(32, "little") for number in small] + [eighth, other]
    return points + [point[:31] + bytes([point[31] | 0x80]) for point in points]


@pytest.mark.parametrize("public", weak_points(), ids=bytes.hex)
def test_refuses_a_public_key_that_anyone_can_sign_for(public: bytes) -> None:
    with pytest.raises(WeakKey):
        check_public_key(public)


@pytest.mark.parametrize("public", weak_points(), ids=bytes.hex)
@pytest.mark.parametrize("point", [1, 2**255 - 20])
def test_refuses_the_signature_that_needs_no_secret(public: bytes, point: int) -> None:
    with pytest.raises(BadSignature):
        check_signature(public, point.to_bytes(32, "little") + bytes(32), HEADER_TYPE, b"anything")


def test_refuses_a_public_key_that_is_no_point() -> None:
    with pytest.raises(WeakKey):
        check_public_key((2).to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_refuses_a_public_key_of_another_length(length: int) -> None:
    with pytest.raises(WeakKey, match=str(length)):
        check_public_key(bytes(length))
    with pytest.raises(BadSignature):
        check_signature(bytes(length), bytes(64), HEADER_TYPE, b"")


def test_accepts_its_own_public_key() -> None:
    check_public_key(a_key().public)


def test_accepts_what_was_signed() -> None:
    check_signature(a_key().public, a_key().sign(HEADER_TYPE, b"payload"), HEADER_TYPE, b"payload")


@pytest.mark.parametrize("length", [*range(64), 65, 128])
def test_refuses_a_signature_of_another_length(length: int) -> None:
    signature = (a_key().sign(HEADER_TYPE, b"payload") * 2)[:length]

    with pytest.raises(BadSignature, match=str(length)):
        check_signature(a_key().public, signature, HEADER_TYPE, b"payload")


@pytest.mark.parametrize("place", range(64))
def test_refuses_a_signature_with_one_bit_changed(place: int) -> None:
    signature = bytearray(a_key().sign(HEADER_TYPE, b"payload"))
    signature[place] ^= 1

    with pytest.raises(BadSignature):
        check_signature(a_key().public, bytes(signature), HEADER_TYPE, b"payload")


def test_refuses_the_other_form_of_the_same_signature() -> None:
    signature = a_key().sign(HEADER_TYPE, b"payload")
    scalar = int.from_bytes(signature[32:], "little") + ORDER

    with pytest.raises(BadSignature):
        check_signature(a_key().public, signature[:32] + scalar.to_bytes(32, "little"), HEADER_TYPE, b"payload")


def test_refuses_the_signature_of_another_key() -> None:
    with pytest.raises(BadSignature, match=a_key("reader").id.hex()):
        check_signature(a_key("reader").public, a_key().sign(HEADER_TYPE, b"payload"), HEADER_TYPE, b"payload")


@pytest.mark.parametrize(
    ("signed_as", "read_as"), list(itertools.permutations([HEADER_TYPE, BATCH_TYPE, KEY_POSSESSION_TYPE], 2))
)
def test_a_signature_over_one_type_is_none_over_another(signed_as: bytes, read_as: bytes) -> None:
    payload = encode_tuple(1, bytes(32))

    with pytest.raises(BadSignature):
        check_signature(a_key().public, a_key().sign(signed_as, payload), read_as, payload)


def test_accepts_a_proof_of_possession() -> None:
    proof = prove_possession(a_key(), federation="exercise-2026", owner="NL/customs", use=KeyUse.SIGN)

    check_possession(a_key().public, proof, federation="exercise-2026", owner="NL/customs", use=KeyUse.SIGN)


@pytest.mark.parametrize(
    ("key", "federation", "owner", "use"),
    [
        pytest.param("NL/police", "exercise-2026", "NL/customs", KeyUse.SIGN, id="another key"),
        pytest.param("NL/customs", "exercise-2027", "NL/customs", KeyUse.SIGN, id="another federation"),
        pytest.param("NL/customs", "exercise-2026", "NL/police", KeyUse.SIGN, id="another owner"),
        pytest.param("NL/customs", "exercise-2026", "NL/customs", KeyUse.ADMINISTRATE, id="another use"),
        pytest.param("NL/customs", "exercise-2026N", "L/customs", KeyUse.SIGN, id="the same letters cut elsewhere"),
    ],
)
def test_refuses_a_proof_of_possession_for_something_else(key: str, federation: str, owner: str, use: KeyUse) -> None:
    proof = prove_possession(a_key(), federation="exercise-2026", owner="NL/customs", use=KeyUse.SIGN)

    with pytest.raises(BadPossession):
        check_possession(a_key(key).public, proof, federation=federation, owner=owner, use=use)


@pytest.mark.parametrize("proof", [b"", bytes(64), bytes(65)], ids=len)
def test_refuses_a_proof_of_possession_that_is_no_signature(proof: bytes) -> None:
    with pytest.raises(BadPossession):
        check_possession(a_key().public, proof, federation="exercise-2026", owner="NL/customs", use=KeyUse.SIGN)
