"""Private keys on disk: readable by their owner only, never overwritten; one that has ended is made unreadable."""

import os
from pathlib import Path

from broker.errors import AlreadyThere
from broker.sealing.keys import SealingKey, make_sealing_key
from broker.signing.keys import SEED_BYTES, SigningKey
from tocsin.installation import RANDOMNESS
from tocsin.keyring import KEY_FILE_SUFFIX, STORE_KEY_BYTES


def make_key(path: Path) -> SigningKey:
    """Make a new private key, write it to *path* (mode 0600) and return it.

    Raises:
        AlreadyThere: There is such a file; a key is never overwritten.
    """
    key = SigningKey(RANDOMNESS(SEED_BYTES))
    _write(path, key.format())
    return key


def make_sealing_key_file(path: Path, *, federation: str, owner: str) -> tuple[Path, SealingKey, bytes]:
    """Make a new sealing key and write its private half (mode 0600); the seed is forgotten.

    Args:
        path: Where it is written; in a folder, under a name of its own.

    Returns:
        The file, the key, and the proof that *owner* holds it.

    Raises:
        AlreadyThere: There is such a file.
    """
    key, proof = make_sealing_key(RANDOMNESS(SEED_BYTES), federation=federation, owner=owner)
    file = path / f"{key.id.hex()}{KEY_FILE_SUFFIX}" if path.is_dir() else path
    _write(file, key.format())
    return file, key, proof


def make_store_key(path: Path) -> None:
    """Make a new store key and write it to *path* (mode 0600), 64 hexadecimal digits.

    Raises:
        AlreadyThere: There is such a file.
    """
    _write(path, RANDOMNESS(STORE_KEY_BYTES).hex() + "\n")


def destroy_key_file(path: Path) -> None:
    """Overwrite a private key on the disk, then take its file away; one that is gone is gone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    # Best effort below this: what a disk keeps of a block that it was told to overwrite is the disk's secret.
    with os.fdopen(descriptor, "wb") as file:
        file.write(bytes(os.fstat(descriptor).st_size))
        file.flush()
        os.fsync(descriptor)
    path.unlink(missing_ok=True)
    _keep(path.parent)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise AlreadyThere(f"the key file {path.name} is already there; a key is never overwritten") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _keep(path.parent)


def _keep(folder: Path) -> None:
    """Make what was made or taken away in *folder* last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
