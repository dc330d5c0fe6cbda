"""Ed25519: RFC 8032, section 7.1, and Wycheproof (Apache-2.0).

The vectors sign bare messages, our keys sign only payloads of a type; so these tests go one step below the door.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from broker.errors import BadSignature, WeakKey
from broker.signing.keys import SigningKey, _check_bare_signature, check_public_key

RFC_8032 = [
    pytest.param(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        id="test 1",
    ),
    pytest.param(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        id="test 2",
    ),
    pytest.param(
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        id="test 3",
    ),
]


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC_8032)
def test_agrees_with_rfc_8032(seed: str, public: str, message: str, signature: str) -> None:
    key = SigningKey(bytes.fromhex(seed))

    assert public == key.public.hex()
    assert signature == key._key.sign(bytes.fromhex(message)).signature.hex()
    check_public_key(key.public)
    _check_bare_signature(key.public, bytes.fromhex(signature), bytes.fromhex(message))


def verdict(public: bytes, signature: bytes, message: bytes) -> str:
    """Return Wycheproof's word for what we think of a signature, enrolment of its key included."""
    try:
        check_public_key(public)
        _check_bare_signature(public, signature, message)
    except (WeakKey, BadSignature):
        return "invalid"
    return "valid"


def test_agrees_with_every_case_of_wycheproof(vectors: Path) -> None:
    text = (vectors / "wycheproof" / "ed25519_test.json").read_text(encoding="utf-8")
    seen: Counter[str] = Counter()
    for group in json.loads(text)["testGroups"]:
        public = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            seen[case["result"]] += 1
            signature, message = bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"])
            assert case["result"] == verdict(public, signature, message), f"{case['tcId']}: {case['comment']}"

    assert {"valid": 88, "invalid": 63} == dict(seen)
