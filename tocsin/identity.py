"""What is shown to a bus on the network: a folder with ``ca.pem``, ``certificate.pem`` and ``key.pem``."""

from pathlib import Path

from broker.bus.kafka.connection import Tls
from broker.errors import BadIdentity
from tocsin.cluster.certificates import CA_FILE, CERTIFICATE_FILE, KEY_FILE, CertificateFacts, read_certificate


def identity_files(folder: Path, *, certified: bool = True) -> Tls:
    """Return the files of the identity in *folder*.

    Args:
        certified: A certificate is shown; False where a password is.
    """
    if not certified:
        return Tls(folder / CA_FILE)
    return Tls(folder / CA_FILE, folder / CERTIFICATE_FILE, folder / KEY_FILE)


def read_identity(folder: Path) -> CertificateFacts:
    """Return what the certificate in *folder* says of itself.

    Raises:
        BadIdentity: It is not there, or cannot be read.
    """
    path = folder / CERTIFICATE_FILE
    try:
        return read_certificate(path.read_bytes())
    except OSError as error:
        raise BadIdentity(f"{path} cannot be read: {error.strerror}", hint="docs/errors.md says more.") from None
