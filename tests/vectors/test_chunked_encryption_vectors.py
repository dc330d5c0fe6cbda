"""C2SP chunked encryption with AES-256-GCM (Cobblestone-256): Wycheproof (Apache-2.0); its ciphertexts are deflated."""

import hashlib
import json
import zlib
from collections import Counter
from pathlib import Path

from broker.errors import BrokenSeal
from broker.sealing.chunks import KEY_BYTES, unseal


def digest(key: bytes, context: bytes, sealed: bytes) -> str:
    """Return the SHA-512 of what opens, or that nothing does."""
    if len(key) != KEY_BYTES:
        return "nothing"  # no such key comes to the seal: a header's key and a list's are of fixed size
    try:
        return hashlib.sha512(unseal(sealed, key=key, context=context)).hexdigest()
    except BrokenSeal:
        return "nothing"


def test_agrees_with_every_case_of_wycheproof(vectors: Path) -> None:
    path = vectors / "wycheproof" / "c2sp_chunked_encryption_aes_256_gcm_test.json"
    seen: Counter[str] = Counter()
    for group in json.loads(path.read_text(encoding="utf-8"))["testGroups"]:
        for case in group["tests"]:
            seen[case["result"]] += 1
            sealed = zlib.decompress(bytes.fromhex(case["ct"]))
            expected = case["msgSha512"] if case["result"] == "valid" else "nothing"
            found = digest(bytes.fromhex(case["key"]), bytes.fromhex(case["ctx"]), sealed)
            assert expected == found, f"{case['tcId']}: {case['comment']}"

    assert {"valid": 10, "invalid": 25} == dict(seen)
