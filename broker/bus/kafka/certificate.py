"""When a certificate begins and ends: the one thing in it that this side has to know."""

from datetime import datetime

import msgspec
from cryptography import x509

from broker.errors import BadIdentity


class Validity(msgspec.Struct, frozen=True):
    """The first and the last moment at which a certificate holds."""

    begins: datetime
    ends: datetime


def parse_validity(pem: bytes) -> Validity:
    """Return when the first certificate of a PEM text holds.

    Raises:
        BadIdentity: There is none, or it is not whole.
    """
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        return Validity(certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    except ValueError:
        raise BadIdentity("there is no whole certificate in it") from None
