"""Private keys on disk: PEM, readable by their owner only, never overwritten."""

import os
from pathlib import Path

from broker.errors import AlreadyThere
from broker.signing.keys import SEED_BYTES, SigningKey
from tocsin.installation import RANDOMNESS


def make_key(path: Path) -> SigningKey:
    """Make a new private key, write it to *path* (mode 0600) and return it.

    Raises:
        AlreadyThere: There is such a file; a key is never overwritten.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = SigningKey(RANDOMNESS(SEED_BYTES))
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise AlreadyThere(f"the key file {path.name} is already there; a key is never overwritten") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(key.format())
        file.flush()
        os.fsync(file.fileno())
    return key
