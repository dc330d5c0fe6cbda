"""Secrets: never in a settings file, only a reference to a file or a variable; never shown."""

from pathlib import Path
from typing import Final

import msgspec

from broker.errors import BadSettings, MissingFile
from broker.signing.keys import SigningKey, parse_signing_key
from tocsin import environment

HIDDEN: Final = "***"
_KINDS: Final = ("file", "env")


class SecretReference(msgspec.Struct, frozen=True):
    """Where a secret lies.

    Attributes:
        kind: ``file`` or ``env``.
        name: A path, relative to the folder of the node, or a variable.
    """

    kind: str
    name: str

    def __repr__(self) -> str:
        return HIDDEN

    def format(self) -> str:
        """Return the reference as settings write it; the inverse of :func:`parse_reference`."""
        return f"{self.kind}:{self.name}"

    def path(self, folder: Path) -> Path | None:
        """Return the file that it names; None where it names a variable."""
        return folder / self.name if self.kind == "file" else None


def parse_reference(text: str) -> SecretReference:
    """Parse ``file:keys/node.pem`` or ``env:NAME``.

    Raises:
        BadSettings: It is anything else, as the secret itself; the text is never quoted.
    """
    kind, _, name = text.partition(":")
    if kind not in _KINDS or not name or not name.isprintable():
        raise BadSettings("expected file:PATH or env:NAME, never the secret itself")
    return SecretReference(kind, name)


def load_key(reference: SecretReference, folder: Path) -> SigningKey:
    """Return the private key that *reference* names.

    Raises:
        MissingFile: There is no such file or variable.
        BadSettings: It is no private key of ours, or cannot be read.
    """
    return parse_signing_key(load_secret(reference, folder, "key"))


def load_secret(reference: SecretReference, folder: Path, what: str) -> str:
    """Return the text that *reference* names.

    Args:
        what: What is expected there, for the message.

    Raises:
        MissingFile: There is no such file or variable.
        BadSettings: It cannot be read.
    """
    path = reference.path(folder)
    if path is None:
        text = environment.variable(reference.name)
        if text is None:
            raise MissingFile(f"the variable {reference.name} is not set, and a {what} is expected there")
        return text
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise MissingFile(f"there is no {what} file {reference.name}", hint=f"It is looked for in {folder}.") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise BadSettings(f"the {what} file {reference.name} cannot be read: {reason}") from None
