"""Evidence files on disk: written whole or not at all, read with a cap."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from broker import limits
from broker.errors import AlreadyThere, BadEvidence, BadFile, MissingFile
from tocsin.onward_files import check_new


def write_evidence(path: Path, raw: bytes) -> None:
    """Write a file that only its owner may read; it is there whole, or not at all.

    Raises:
        AlreadyThere: There is such a file; it is not overwritten.
        BadFile: It cannot be written.
    """
    check_new(path)
    try:
        handle, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise BadFile(f"{path.name} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)  # fails where somebody else has made the file in between
    except FileExistsError:
        raise AlreadyThere(f"there is a file {path.name} already") from None
    except OSError as error:
        raise BadFile(f"{path.name} cannot be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            Path(name).unlink()


def read_evidence(path: Path) -> bytes:
    """Return the bytes of an evidence file.

    Raises:
        MissingFile: There is no such file.
        BadEvidence: It is no file, cannot be read, or is larger than an evidence file can be; then it is not read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadEvidence(f"{path} is no evidence file: it is no file at all")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            # One byte more tells that it has grown since.
            raw = file.read(limits.MAX_EVIDENCE_BYTES + 1) if size <= limits.MAX_EVIDENCE_BYTES else None
    except FileNotFoundError:
        raise MissingFile(f"there is no file {path}") from None
    except OSError as error:
        raise BadEvidence(f"{path} cannot be read: {error.strerror}") from None
    if raw is None or len(raw) > limits.MAX_EVIDENCE_BYTES:
        raise BadEvidence(f"{path} is larger than the {limits.MAX_EVIDENCE_BYTES} bytes of an evidence file")
    return raw
