import ssl
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from broker.bus.kafka.connection import Address, Connection, Scram, Tls
from broker.bus.kafka.identity import Identity
from broker.errors import BadIdentity
from tests.unit.bus.kafka.folders import CLIENTS, NODES, NOW, a_folder, files
from tocsin.cluster.certificates import write_keystore


def an_identity(tls: Tls | None, scram: Scram | None = None, *, now: datetime = NOW) -> Identity:
    return Identity(Connection(address=Address(("localhost:9092",)), tls=tls, scram=scram), now=lambda: now)


def shown(identity: Identity, folder: Path) -> bytes:
    """Return the certificate that a broker would be shown; the two talk through memory."""
    write_keystore(folder, NODES.issue("node", hosts=["localhost"], now=NOW), {"clients.pem": CLIENTS.certificate_pem})
    broker = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    broker.load_cert_chain(folder / "keystore.pem")
    broker.load_verify_locations(folder / "clients.pem")
    broker.verify_mode = ssl.CERT_REQUIRED
    context = identity.options()["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = context.wrap_bio(back, there, server_hostname="localhost")
    theirs = broker.wrap_bio(there, back, server_side=True)
    for side in (ours, theirs, ours, theirs):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    found = theirs.getpeercert(binary_form=True)
    assert found is not None
    return found


def leaf(folder: Path) -> bytes:
    text = (folder / "certificate.pem").read_text()
    return ssl.PEM_cert_to_DER_cert(text[: text.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n")


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_shows_the_certificate_in_the_folder(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "NL")
    assert leaf(folder) == shown(an_identity(files(folder)), tmp_path / "node")


def test_checks_the_brokers_name_and_speaks_the_newest_tls_only(tmp_path: Path) -> None:
    context = an_identity(files(a_folder(tmp_path))).options()["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    assert (True, ssl.CERT_REQUIRED, ssl.TLSVersion.TLSv1_3) == (
        context.check_hostname,
        context.verify_mode,
        context.minimum_version,
    )


def test_shows_nothing_where_it_has_nothing() -> None:
    assert {"security_protocol": "PLAINTEXT"} == an_identity(None).options()


def test_shows_a_password_inside_tls(tmp_path: Path) -> None:
    options = an_identity(Tls(a_folder(tmp_path) / "ca.pem"), Scram("NL", "word")).options()
    assert ("SASL_SSL", "SCRAM-SHA-512", "NL", "word") == (
        options["security_protocol"],
        options["sasl_mechanism"],
        options["sasl_plain_username"],
        options["sasl_plain_password"],
    )


@pytest.mark.parametrize("name", ["ca.pem", "certificate.pem", "key.pem"])
@pytest.mark.parametrize("content", [None, b"", b"no PEM", b"-----BEGIN CERTIFICATE-----\nMIIB\n"])
def test_names_the_file_that_is_missing_or_not_whole(tmp_path: Path, name: str, content: bytes | None) -> None:
    folder = a_folder(tmp_path)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(BadIdentity, match=name.replace(".", r"\.")):
        an_identity(files(folder))


def test_says_that_certificate_and_key_are_not_of_one_pair(tmp_path: Path) -> None:
    folder, other = a_folder(tmp_path / "NL"), a_folder(tmp_path / "BE")
    (folder / "key.pem").write_bytes((other / "key.pem").read_bytes())
    with pytest.raises(BadIdentity, match="not of one pair"):
        an_identity(files(folder))


def test_says_since_when_a_certificate_has_ended(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, days=1)
    with pytest.raises(BadIdentity, match=r"certificate\.pem ended on \d{4}-"):
        an_identity(files(folder), now=NOW + timedelta(days=1, seconds=1))


def test_a_certificate_that_ends_while_it_is_shown_is_told_until_there_is_a_new_one(tmp_path: Path) -> None:
    moment = [NOW]
    connection = Connection(address=Address(("localhost:9092",)), tls=files(a_folder(tmp_path, days=1)))
    identity = Identity(connection, now=lambda: moment[0])
    identity.check()
    moment[0] = NOW + timedelta(days=1, seconds=1)
    with pytest.raises(BadIdentity, match=r"certificate\.pem ended on \d{4}-"):
        identity.check()
    a_folder(tmp_path, days=3)
    identity.check()


def test_says_from_when_a_certificate_will_hold(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    with pytest.raises(BadIdentity, match="begins on"):
        an_identity(files(folder), now=NOW - timedelta(days=2))


def test_refuses_a_password_without_tls() -> None:
    with pytest.raises(BadIdentity, match="TLS only"):
        an_identity(None, Scram("NL", "word"))


def test_refuses_a_certificate_without_a_key_and_nothing_at_all(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    with pytest.raises(BadIdentity, match="come together"):
        an_identity(Tls(folder / "ca.pem", folder / "certificate.pem"))
    with pytest.raises(BadIdentity, match="neither a certificate nor a password"):
        an_identity(Tls(folder / "ca.pem"))


# ── renewal ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_shows_a_renewed_certificate_from_then_on(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "NL")
    identity = an_identity(files(folder))
    old = leaf(folder)
    a_folder(folder)
    assert identity.refresh()
    assert [leaf(folder)] == [one for one in [shown(identity, tmp_path / "node")] if one != old]


def test_does_nothing_while_the_files_are_the_same(tmp_path: Path) -> None:
    assert not an_identity(files(a_folder(tmp_path))).refresh()


@pytest.mark.parametrize("name", ["certificate.pem", "key.pem"])
def test_keeps_the_old_one_while_a_renewal_is_half_written(tmp_path: Path, name: str) -> None:
    folder, new = a_folder(tmp_path / "NL"), a_folder(tmp_path / "new")
    identity = an_identity(files(folder))
    old = leaf(folder)
    for half in ((new / name).read_bytes(), b"", b"-----BEGIN"):
        (folder / name).write_bytes(half)
        assert not identity.refresh()
        assert old == shown(identity, tmp_path / "node")
    for other in ("certificate.pem", "key.pem", "ca.pem"):
        (folder / other).write_bytes((new / other).read_bytes())
    assert identity.refresh()
    assert leaf(new) == shown(identity, tmp_path / "node")


def test_keeps_the_old_one_while_a_file_is_away_or_the_new_one_has_ended(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "NL")
    identity = an_identity(files(folder))
    old = leaf(folder)
    (folder / "key.pem").unlink()
    assert not identity.refresh()
    a_folder(folder, days=1, now=NOW - timedelta(days=3))
    assert not identity.refresh()
    assert old == shown(identity, tmp_path / "node")


def test_looks_at_the_files_now_and_then_only(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "NL")
    identity = an_identity(files(folder))
    old = leaf(folder)
    a_folder(folder)
    identity.look()
    assert old == shown(identity, tmp_path / "node")
