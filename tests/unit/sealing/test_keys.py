"""Sealing keys: their files, what they agree on, what is wrapped to them."""

import traceback

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519

from broker.errors import BadSettings, BadWrap, WeakKey
from broker.sealing.keys import WRAP_OVERHEAD_BYTES, SealingKey, make_sealing_key, parse_sealing_key, wrap
from broker.signing.keys import key_id
from broker.signing.possession import check_sealing_possession
from tests.support.messages import a_key
from tests.support.sealing import a_sealing_key

PEM = a_sealing_key().format()
PRIVATE = x25519.X25519PrivateKey.from_private_bytes(bytes(range(32)))
OPEN = serialization.NoEncryption()
PKCS8 = serialization.PrivateFormat.PKCS8
SMALL = [bytes(32), b"\1" + bytes(31)]


def test_a_key_file_is_printed_as_it_was_parsed() -> None:
    key = parse_sealing_key(PEM)

    assert PEM == key.format()
    assert (a_sealing_key().id, a_sealing_key().public) == (key.id, key.public)


def test_a_key_file_made_by_others_in_the_standard_form_is_read() -> None:
    text = PRIVATE.private_bytes(serialization.Encoding.PEM, PKCS8, OPEN).decode()

    assert PRIVATE.public_key().public_bytes_raw() == parse_sealing_key(text).public
    assert text == parse_sealing_key(text).format()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("\ud800", id="lone surrogate"),
        pytest.param("not a key", id="prose"),
        pytest.param(PEM.replace("\n", "\r\n"), id="other line ends"),
        pytest.param(PEM + PEM, id="two keys"),
        pytest.param("from: me\n" + PEM, id="text before"),
        pytest.param(PEM + "done\n", id="text after"),
        pytest.param(PEM.rstrip(), id="no last line end"),
        pytest.param(PEM[:-30], id="cut"),
        pytest.param(PEM.replace("PRIVATE", "PUBLIC"), id="other label"),
        pytest.param(a_key().format(), id="Ed25519"),
        pytest.param(
            PRIVATE.private_bytes(
                serialization.Encoding.PEM, PKCS8, serialization.BestAvailableEncryption(b"password")
            ).decode(),
            id="encrypted",
        ),
    ],
)
def test_refuses_what_is_no_key_file(text: str) -> None:
    with pytest.raises(BadSettings) as refusal:
        parse_sealing_key(text)

    shown = "".join(traceback.TracebackException.from_exception(refusal.value).format())
    assert PEM.splitlines()[1] not in shown


def test_a_key_does_not_show_its_secret() -> None:
    key = a_sealing_key()

    assert f"<SealingKey {key.id.hex()}>" == repr(key) == str(key)
    assert not hasattr(key, "__dict__")
    assert key_id(key.public) == key.id


def test_a_key_is_made_together_with_the_proof_that_its_owner_holds_it() -> None:
    key, proof = make_sealing_key(bytes(32), federation="exercise-2026", owner="NL/~1")

    check_sealing_possession(key.public, proof, federation="exercise-2026", owner="NL/~1")


def test_the_file_of_a_key_holds_nothing_that_could_sign() -> None:
    """The seed of the Ed25519 key is forgotten: what is left is a hash of it."""
    key, _ = make_sealing_key(bytes(32), federation="exercise-2026", owner="NL/~1")
    other = SealingKey(bytes(32))

    assert key.public != other.public
    assert (
        ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).private_bytes(serialization.Encoding.PEM, PKCS8, OPEN)
        not in key.format().encode()
    )


def test_two_agree_on_one_secret() -> None:
    mine, yours = a_sealing_key("NL/~1"), a_sealing_key("BE/~1")

    assert mine.exchange(yours.public) == yours.exchange(mine.public)
    assert mine.exchange(yours.public) != mine.exchange(mine.public)


@pytest.mark.parametrize("public", [*SMALL, b"", bytes(31), bytes(33), b"\xff" * 32])
def test_agrees_on_nothing_with_a_weak_key(public: bytes) -> None:
    with pytest.raises(WeakKey):
        a_sealing_key().exchange(public)
    with pytest.raises(WeakKey):
        wrap(b"list keys", public, b"info")


def test_unwraps_what_was_wrapped_to_it() -> None:
    key = a_sealing_key()
    sealed = wrap(b"list keys", key.public, b"info")

    assert b"list keys" == key.unwrap(sealed, b"info")
    assert 9 + WRAP_OVERHEAD_BYTES == len(sealed)


def test_refuses_what_was_wrapped_to_another() -> None:
    sealed = wrap(b"list keys", a_sealing_key("BE/~1").public, b"info")

    with pytest.raises(BadWrap, match=a_sealing_key().id.hex()):
        a_sealing_key().unwrap(sealed, b"info")


@pytest.mark.parametrize("info", [b"", b"inf", b"info ", b"INFO"])
def test_refuses_what_was_wrapped_for_something_else(info: bytes) -> None:
    sealed = wrap(b"list keys", a_sealing_key().public, b"info")

    with pytest.raises(BadWrap):
        a_sealing_key().unwrap(sealed, info)


def test_refuses_a_wrap_with_any_bit_changed_or_cut_anywhere() -> None:
    whole = wrap(b"list keys", a_sealing_key().public, b"info")
    changed = [whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :] for at in range(len(whole))]
    for sealed in [*changed, *(whole[:at] for at in range(len(whole))), whole + b"\0"]:
        with pytest.raises(BadWrap):
            a_sealing_key().unwrap(sealed, b"info")


def test_refuses_the_other_form_of_the_same_public_key_in_a_wrap() -> None:
    whole = wrap(b"list keys", a_sealing_key().public, b"info")

    with pytest.raises(BadWrap):
        a_sealing_key().unwrap(whole[:31] + bytes([whole[31] | 0x80]) + whole[32:], b"info")


@pytest.mark.parametrize("public", SMALL)
def test_refuses_a_wrap_that_was_agreed_on_with_a_weak_key(public: bytes) -> None:
    with pytest.raises(BadWrap):
        a_sealing_key().unwrap(public + bytes(25), b"info")
