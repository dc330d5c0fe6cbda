"""What this participant shows to be let in, as the library wants it: read from files, and again when they change."""

import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from broker.bus.kafka.certificate import Validity, parse_validity
from broker.bus.kafka.connection import Connection, Scram, Tls
from broker.errors import BadIdentity

LOOK_EVERY_SECONDS: Final = 5.0
"""How often the files are looked at: a certificate is renewed days before it ends."""

_RENEW: Final = "A new certificate comes from whoever runs the bus's clients authority; put it there with its key."

Marks = tuple[tuple[int, int, int], ...]


class Identity:
    """A participant's identity; one for all connections of a bus.

    Raises:
        BadIdentity: A file is missing, not whole, expired, or does not belong to the others.
    """

    def __init__(self, connection: Connection, *, now: Callable[[], datetime] | None = None) -> None:
        self._tls = connection.tls
        self._scram = connection.scram
        self._now = now or (lambda: datetime.now(UTC))
        _check_agreement(self._tls, self._scram)
        self._context: ssl.SSLContext | None = None
        self._validity: Validity | None = None
        """That of the certificate that is shown, which need not be the one that lies there now."""
        self._marks: Marks = ()
        self._look_at = 0.0
        if self._tls is not None:
            marks = _marks(self._tls)
            self._context = load_context(self._tls, now=self._now())
            self._note(marks)
            self._look_at = time.monotonic() + LOOK_EVERY_SECONDS

    def options(self) -> dict[str, object]:
        """Return the options of a client of the library."""
        options: dict[str, object] = {"security_protocol": self._protocol()}
        if self._context is not None:
            options["ssl_context"] = self._context
        if self._scram is not None:
            options |= {
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": self._scram.user,
                "sasl_plain_password": self._scram.password,
            }
        return options

    def look(self) -> None:
        """Look at the files, if that is some seconds ago: cheap enough for every call."""
        if self._tls is not None and time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_EVERY_SECONDS
            self.refresh()

    def refresh(self) -> bool:
        """Read the files if they changed, for connections made from now on; return whether that was done.

        While they do not belong together, as in the middle of a renewal, what was read before stays. Authorities are
        added; to withdraw one, start the program anew.
        """
        if self._tls is None or self._context is None:
            return False
        try:
            marks = _marks(self._tls)
            if marks == self._marks:
                return False
            # Tried on another context first: one that fails on the way would be left with half of each.
            load_context(self._tls, now=self._now())
            if _marks(self._tls) != marks:
                return False
            _load(self._context, self._tls)
            self._note(marks)
        except (BadIdentity, OSError):
            return False
        return True

    def check(self) -> None:
        """Check that what is shown still holds.

        Raises:
            BadIdentity: The certificate has ended meanwhile, and there is no new one.
        """
        self.refresh()
        if self._validity is not None and self._tls is not None and self._tls.certificate is not None:
            _check_validity(self._tls.certificate, self._validity, self._now())

    def _note(self, marks: Marks) -> None:
        self._marks = marks
        if self._tls is not None and self._tls.certificate is not None:
            self._validity = _load_validity(self._tls.certificate)

    def _protocol(self) -> str:
        if self._scram is not None:
            return "SASL_SSL"
        return "PLAINTEXT" if self._tls is None else "SSL"


def load_context(tls: Tls, *, now: datetime) -> ssl.SSLContext:
    """Return a context that shows *tls* and trusts its authorities, for TLS 1.3 and checked host names.

    Raises:
        BadIdentity: A file is missing, not whole, expired, or does not belong to the others.
    """
    for path in filter(None, (tls.authorities, tls.certificate, tls.key)):
        _check_readable(path)
    if tls.certificate is not None:
        _check_validity(tls.certificate, _load_validity(tls.certificate), now)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    _load(context, tls)
    return context


def _load(context: ssl.SSLContext, tls: Tls) -> None:
    try:
        context.load_verify_locations(tls.authorities)
    except ssl.SSLError as error:
        raise BadIdentity(f"{tls.authorities} holds no whole certificate of an authority", hint=_RENEW) from error
    if tls.certificate is None or tls.key is None:
        return
    try:
        # The password is refused, not asked for: the program may have no terminal.
        context.load_cert_chain(tls.certificate, tls.key, password="")
    except ssl.SSLError as error:
        what = "are not of one pair" if error.reason == "KEY_VALUES_MISMATCH" else "cannot be read: one is not whole"
        raise BadIdentity(f"{tls.certificate} and {tls.key} {what}", hint=_RENEW) from error


def _check_agreement(tls: Tls | None, scram: Scram | None) -> None:
    if scram is not None and tls is None:
        raise BadIdentity("a password is shown over TLS only", hint="Give the file ca.pem of the bus's authorities.")
    if tls is None:
        return
    if (tls.certificate is None) != (tls.key is None):
        raise BadIdentity("a certificate and its key come together; one is missing", hint=_RENEW)
    if tls.certificate is None and scram is None:
        raise BadIdentity(
            f"beside {tls.authorities} there is neither a certificate nor a password", hint="The bus has to know us."
        )


def _check_readable(path: Path) -> None:
    try:
        empty = not path.read_bytes().strip()
    except OSError as error:
        raise BadIdentity(
            f"cannot read {path}: {error.strerror}", hint="Check that it is there, its owner and mode."
        ) from error
    if empty:
        raise BadIdentity(f"{path} is empty", hint=_RENEW)


def _load_validity(path: Path) -> Validity:
    try:
        return parse_validity(path.read_bytes())
    except BadIdentity as error:
        raise BadIdentity(f"{path}: {error}", hint=_RENEW) from None


def _check_validity(path: Path, validity: Validity, now: datetime) -> None:
    if now > validity.ends:
        raise BadIdentity(f"the certificate in {path} ended on {validity.ends:%Y-%m-%d %H:%M} UTC", hint=_RENEW)
    if now < validity.begins:
        raise BadIdentity(
            f"the certificate in {path} begins on {validity.begins:%Y-%m-%d %H:%M} UTC only",
            hint="Check this machine's clock.",
        )


def _marks(tls: Tls) -> Marks:
    """Return what changes when one of the files does; nothing while one is away."""
    try:
        found = [path.stat() for path in filter(None, (tls.authorities, tls.certificate, tls.key))]
    except OSError:
        return ()
    return tuple((one.st_mtime_ns, one.st_size, one.st_ino) for one in found)
