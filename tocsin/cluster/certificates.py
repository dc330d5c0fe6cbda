"""X.509 for the bus: an exercise's own authorities, what they issue, and what a certificate says. P-256 throughout.

Kafka's TLS does not take Ed25519 keys. A network of records has its authorities elsewhere, with their keys offline;
docs/kafka.md says what a certificate must look like.
"""

import ipaddress
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from broker.errors import AlreadyThere, BadIdentity, BadSettings, MissingFile

AUTHORITY_DAYS: Final = 3650
CERTIFICATE_DAYS: Final = 365
CLOCKS_APART: Final = timedelta(hours=1)
"""A certificate is valid so long before it was made: the clock that checks it may be behind."""

CA_FILE: Final = "ca.pem"
CERTIFICATE_FILE: Final = "certificate.pem"
KEY_FILE: Final = "key.pem"
KEYSTORE_FILE: Final = "keystore.pem"

_UNREADABLE: Final = (ValueError, TypeError, UnsupportedAlgorithm)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and the private key to it.

    Attributes:
        certificate_pem: The certificate, then the authority's that issued it.
        key_pem: PKCS #8, not encrypted.
    """

    certificate_pem: bytes
    key_pem: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a certificate says of itself."""

    common_name: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Authority:
    """Somebody whose word brokers or clients take: a certificate and the private key to it."""

    certificate_pem: bytes
    _key: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def make(cls, name: str, *, now: datetime, days: int = AUTHORITY_DAYS) -> "Authority":
        """Make an authority called *name*, with a new key, that vouches for itself for *days*."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        builder = _builder(subject, subject, key.public_key(), now - CLOCKS_APART, now + timedelta(days=days))
        certificate = (
            builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate.public_bytes(serialization.Encoding.PEM), key)

    @classmethod
    def load(cls, folder: Path) -> "Authority":
        """Read an authority from *folder*; the inverse of :meth:`save`.

        Raises:
            MissingFile: A file of it is not there.
            BadSettings: A file is no certificate, no P-256 key, or the two do not belong together.
        """
        certificate_pem, key_pem = _read(folder / CERTIFICATE_FILE), _read(folder / KEY_FILE)
        try:
            certificate = x509.load_pem_x509_certificate(certificate_pem)
            key = serialization.load_pem_private_key(key_pem, password=None)
        except _UNREADABLE:
            # Without the cause: it may quote a key.
            raise BadSettings(f"the authority in {folder} is not a certificate and an unencrypted key in PEM") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
            raise BadSettings(f"the certificate and the key of the authority in {folder} do not belong together")
        return cls(certificate_pem, key)

    def save(self, folder: Path) -> None:
        """Write the authority to *folder*, for its owner only.

        Raises:
            AlreadyThere: There is one; an authority's key is never overwritten.
        """
        if (folder / KEY_FILE).exists():
            raise AlreadyThere(f"an authority is already in {folder}; its key is never overwritten")
        _write(folder / KEY_FILE, _private_pem(self._key))
        _write(folder / CERTIFICATE_FILE, self.certificate_pem)

    def issue(
        self,
        common_name: str,
        *,
        hosts: Iterable[str] = (),
        now: datetime,
        days: int = CERTIFICATE_DAYS,
        organisation: str = "",
    ) -> Issued:
        """Issue a certificate with a new key; for a server where *hosts* are given, else for a client only.

        Args:
            common_name: Who it is: a participant's code, or the name of a broker or an administrator.
            hosts: Names and addresses at which a server is reached.
            days: How long it is valid; never longer than the authority.
            organisation: Stands in the subject before the name. A cluster with the strict rule takes no such subject.
        """
        issuer = x509.load_pem_x509_certificate(self.certificate_pem)
        key = ec.generate_private_key(ec.SECP256R1())
        ends = min(now + timedelta(days=days), issuer.not_valid_after_utc)
        builder = _builder(_name(common_name, organisation), issuer.subject, key.public_key(), now - CLOCKS_APART, ends)
        names = [_host(one) for one in hosts]
        purposes = [ExtendedKeyUsageOID.CLIENT_AUTH] + ([ExtendedKeyUsageOID.SERVER_AUTH] if names else [])
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        leaf = certificate.public_bytes(serialization.Encoding.PEM)
        return Issued(leaf + self.certificate_pem, _private_pem(key))


def write_identity(folder: Path, issued: Issued, authorities_pem: bytes) -> None:
    """Write what its owner shows to the bus: ``key.pem``, ``certificate.pem``, and in ``ca.pem`` whom it believes.

    Each file is whole at every moment, the key is the first: who reads key and certificate in between finds that they
    do not belong together, and keeps what it has.
    """
    _write(folder / KEY_FILE, issued.key_pem)
    _write(folder / CERTIFICATE_FILE, issued.certificate_pem)
    _write(folder / CA_FILE, authorities_pem)


def write_keystore(folder: Path, issued: Issued, trusted: Mapping[str, bytes]) -> None:
    """Write what a Kafka broker reads: key and certificates in ``keystore.pem``, and each of *trusted* by its name."""
    for name, pem in trusted.items():
        _write(folder / name, pem)
    _write(folder / KEYSTORE_FILE, issued.key_pem + issued.certificate_pem)


def read_certificate(pem: bytes) -> CertificateFacts:
    """Return what the first certificate of *pem* says of itself; nothing of it is verified.

    Raises:
        BadIdentity: There is no certificate, or it names nobody.
    """
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except _UNREADABLE:
        raise BadIdentity("a certificate is not X.509 in PEM") from None
    if len(names) != 1:
        raise BadIdentity(f"a certificate has {len(names)} common names; expected one, the participant's code")
    return CertificateFacts(str(names[0].value), certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )


def _name(common_name: str, organisation: str = "") -> x509.Name:
    before = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
    return x509.Name([*before, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise MissingFile(f"there is no file {path.name} in {path.parent}") from None
    except OSError as error:
        raise BadSettings(f"{path} cannot be read: {error.strerror}", hint="Check its owner and mode.") from None


def _write(path: Path, content: bytes) -> None:
    """Write *content* beside *path* and put it in its place: a reader sees the old file or the new one."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(path, content)
    except OSError as error:
        says = f"{path} cannot be written: {error.strerror}"
        raise BadSettings(says, hint="Check its folder, owner and mode.") from None


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
