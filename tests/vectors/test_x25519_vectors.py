"""X25519: Wycheproof (Apache-2.0), and RFC 7748, section 6.1, which is among its cases."""

import json
from collections import Counter
from pathlib import Path

from broker.errors import WeakKey
from broker.sealing.keys import SealingKey

REFUSED = {"NonCanonicalPublic", "ZeroSharedSecret"}
"""What RFC 7748 leaves to the implementation and we refuse: a second form of a key, and a secret that is none.

Points on the twist pass: an agreement with one gives nothing away (RFC 7748, section 7), and a key is enrolled only
with the proof that it is the image of one on the curve.
"""


def agreed(private: str, public: str) -> str:
    try:
        return SealingKey(bytes.fromhex(private)).exchange(bytes.fromhex(public)).hex()
    except WeakKey:
        return "refused"


def test_agrees_with_every_case_of_wycheproof(vectors: Path) -> None:
    text = (vectors / "wycheproof" / "x25519_test.json").read_text(encoding="utf-8")
    seen: Counter[str] = Counter()
    for group in json.loads(text)["testGroups"]:
        for case in group["tests"]:
            weak = bool(REFUSED & set(case["flags"]))
            expected = "refused" if weak else case["shared"]
            seen["refused" if weak else case["result"]] += 1
            assert expected == agreed(case["private"], case["public"]), f"{case['tcId']}: {case['comment']}"

    assert {"valid": 264, "acceptable": 210, "refused": 44} == dict(seen)
