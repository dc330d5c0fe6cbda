"""Section keys at rest."""

import pytest

from broker.errors import BadSettings, BrokenSeal
from broker.sealing.rest import NONCE_BYTES, RestKey
from broker.sealing.section import key_commitment
from tests.support.sealing import a_section_key

REST = RestKey(bytes(range(32)))
KEY = a_section_key()
SEALED = REST.seal(KEY, commitment=key_commitment(KEY), nonce=bytes(NONCE_BYTES))


def test_opens_what_it_sealed() -> None:
    assert KEY == REST.open(SEALED, commitment=key_commitment(KEY))
    assert KEY not in SEALED


def test_refuses_the_key_of_another_section() -> None:
    with pytest.raises(BrokenSeal):
        REST.open(SEALED, commitment=key_commitment(a_section_key("other")))


def test_refuses_what_another_node_sealed() -> None:
    with pytest.raises(BrokenSeal):
        RestKey(bytes(32)).open(SEALED, commitment=key_commitment(KEY))


def test_refuses_what_was_changed_or_cut() -> None:
    changed = [SEALED[:at] + bytes([SEALED[at] ^ 1]) + SEALED[at + 1 :] for at in range(len(SEALED))]
    for sealed in [*changed, *(SEALED[:at] for at in range(len(SEALED))), SEALED + b"\0"]:
        with pytest.raises(BrokenSeal):
            REST.open(sealed, commitment=key_commitment(KEY))


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_refuses_a_secret_of_another_length(length: int) -> None:
    with pytest.raises(BadSettings, match=str(length)):
        RestKey(bytes(length))


def test_does_not_show_its_secret() -> None:
    assert "<RestKey>" == repr(REST) == str(REST)
    assert not hasattr(REST, "__dict__")
