"""The seal itself: Cobblestone-256, C2SP's chunked encryption.

It commits to its key: a sealed body opens under one key only, so nobody can make one ciphertext that says different
things to different readers.
"""

from typing import Final

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from broker.errors import BrokenSeal

KEY_BYTES: Final = 32


def seal(plaintext: bytes, *, key: bytes, context: bytes) -> bytes:
    """Return *plaintext* sealed under *key*, 32 bytes, for *context*."""
    encryptor = Cobblestone256Encryptor(key, context)
    return encryptor.update(plaintext) + encryptor.finalize()


def unseal(sealed: bytes, *, key: bytes, context: bytes) -> bytes:
    """Return what was sealed under *key* for *context*.

    Raises:
        BrokenSeal: Any bit of the three is another one, or the end is missing.
    """
    decryptor = Cobblestone256Decryptor(key, context)
    try:
        # ``update`` hands out plaintext before the end is known to be the end: all or nothing leaves here.
        return decryptor.update(sealed) + decryptor.finalize()
    except InvalidTag as error:
        raise BrokenSeal("a seal does not open under its key: changed, cut, or made for another place") from error
