"""The private keys that a node opens with: its sealing keys, and the store key that seals section keys at rest."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from broker.errors import BadSettings, MissingFile, MissingKey
from broker.sealing.keys import SealingKey, parse_sealing_key
from broker.sealing.rest import RestKey
from tocsin.secret import SecretReference, load_secret

KEY_FILE_SUFFIX: Final = ".pem"
STORE_KEY_BYTES: Final = 32

Keyring: TypeAlias = Callable[[], Sequence[SealingKey]]
"""The private sealing keys of a node, as they are when it is called."""


class FolderKeyring:
    """The private sealing keys in a folder; looked at again on every call, since another process may rotate them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, tuple[tuple[int, int, int], SealingKey]] = {}

    def __call__(self) -> Sequence[SealingKey]:
        """Return the keys.

        Raises:
            BadSettings: A key file cannot be read.
        """
        return tuple(self.files().values())

    def files(self) -> Mapping[Path, SealingKey]:
        """Return each key by its file, in the order of their names.

        Raises:
            BadSettings: A key file cannot be read.
        """
        found: dict[Path, tuple[tuple[int, int, int], SealingKey]] = {}
        for path in sorted(self._folder.glob(f"*{KEY_FILE_SUFFIX}")):
            try:
                state = path.stat()
                version = (state.st_ino, state.st_mtime_ns, state.st_size)
                known = self._read.get(path)
                found[path] = known if known is not None and known[0] == version else (version, _load(path))
            except FileNotFoundError:
                continue  # destroyed by another process, between two looks
        self._read = found
        return {path: key for path, (_, key) in found.items()}


def load_store_key(reference: SecretReference, folder: Path) -> RestKey:
    """Return the store key that *reference* names.

    Args:
        folder: The node's, named after its participant.

    Raises:
        MissingKey: There is no such file or variable.
        BadSettings: It is no store key, or cannot be read.
    """
    try:
        text = load_secret(reference, folder, "store key")
    except MissingFile as error:
        raise MissingKey(
            str(error),
            hint=f"Bring it back from a copy; a node that never had one: tocsin keys new --as {folder.name}",
        ) from None
    if not re.fullmatch(rf"[0-9a-f]{{{2 * STORE_KEY_BYTES}}}\n?", text):
        # The text is never quoted.
        raise BadSettings(f"the store key is not {2 * STORE_KEY_BYTES} hexadecimal digits in lower case")
    return RestKey(bytes.fromhex(text))


def _load(path: Path) -> SealingKey:
    try:
        return parse_sealing_key(path.read_text("utf-8"))
    except FileNotFoundError:
        raise
    except BadSettings as error:
        raise BadSettings(f"{path.name}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise BadSettings(f"the key file {path.name} cannot be read: {reason}") from None
