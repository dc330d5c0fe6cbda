import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from broker.errors import AlreadyThere, BadIdentity, BadSettings, MissingFile
from tocsin.cluster.certificates import (
    Authority,
    CertificateFacts,
    Issued,
    read_certificate,
    write_identity,
    write_keystore,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def an_authority(name: str = "clients") -> Authority:
    return Authority.make(name, now=NOW)


def leaf_of(issued: Issued) -> x509.Certificate:
    return x509.load_pem_x509_certificate(issued.certificate_pem)


def hand_shake(server: ssl.SSLContext, client: ssl.SSLContext) -> None:
    """Let both sides speak over memory until they agree, or one of them refuses."""
    inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
    there = client.wrap_bio(inward, outward, server_hostname="localhost")
    here = server.wrap_bio(outward, inward, server_side=True)
    for _ in range(4):
        for side in (there, here):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    here.write(b"agreed")
    assert b"agreed" == there.read(6)


def a_context(folder: Path, side: ssl.Purpose) -> ssl.SSLContext:
    context = ssl.create_default_context(side, cafile=str(folder / "ca.pem"))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


def test_a_certificate_names_a_participant_and_nothing_else() -> None:
    issued = an_authority().issue("NL", now=NOW, days=30)
    assert "CN=NL" == leaf_of(issued).subject.rfc4514_string()
    expected = CertificateFacts("NL", NOW - timedelta(hours=1), NOW + timedelta(days=30))
    assert expected == read_certificate(issued.certificate_pem)


def test_an_organisation_stands_beside_the_name() -> None:
    issued = an_authority().issue("NL", now=NOW, organisation="x")
    assert "CN=NL,O=x" == leaf_of(issued).subject.rfc4514_string()


def test_keys_are_on_the_curve_that_kafka_takes() -> None:
    key = leaf_of(an_authority().issue("NL", now=NOW)).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert "secp256r1" == key.curve.name


def test_only_a_certificate_with_hosts_serves() -> None:
    authority = an_authority("nodes")
    extension = x509.ExtendedKeyUsage
    served = leaf_of(authority.issue("kafka-node", hosts=("localhost", "127.0.0.1"), now=NOW)).extensions
    client = leaf_of(authority.issue("NL", now=NOW)).extensions
    assert ExtendedKeyUsageOID.SERVER_AUTH in served.get_extension_for_class(extension).value
    assert ExtendedKeyUsageOID.SERVER_AUTH not in client.get_extension_for_class(extension).value
    names = served.get_extension_for_class(x509.SubjectAlternativeName).value
    assert ["localhost"] == names.get_values_for_type(x509.DNSName)
    assert ["127.0.0.1"] == [str(one) for one in names.get_values_for_type(x509.IPAddress)]


def test_no_certificate_outlives_its_authority() -> None:
    authority = Authority.make("clients", now=NOW, days=10)
    assert (
        NOW + timedelta(days=10) == read_certificate(authority.issue("NL", now=NOW, days=99).certificate_pem).not_after
    )


def test_an_authority_that_was_saved_issues_on(tmp_path: Path) -> None:
    authority = an_authority()
    authority.save(tmp_path / "clients")
    again = Authority.load(tmp_path / "clients")
    assert authority.certificate_pem == again.certificate_pem
    issuer = x509.load_pem_x509_certificate(authority.certificate_pem)
    leaf_of(again.issue("NL", now=NOW)).verify_directly_issued_by(issuer)


def test_an_authoritys_key_is_never_overwritten(tmp_path: Path) -> None:
    an_authority().save(tmp_path)
    with pytest.raises(AlreadyThere):
        an_authority().save(tmp_path)


def test_an_authority_without_its_key_is_missing(tmp_path: Path) -> None:
    an_authority().save(tmp_path)
    (tmp_path / "key.pem").unlink()
    with pytest.raises(MissingFile, match=r"key\.pem"):
        Authority.load(tmp_path)


@pytest.mark.parametrize("name", ["key.pem", "certificate.pem"])
def test_an_authority_of_two_halves_is_refused(tmp_path: Path, name: str) -> None:
    an_authority().save(tmp_path / "one")
    an_authority().save(tmp_path / "other")
    (tmp_path / "one" / name).write_bytes((tmp_path / "other" / name).read_bytes())
    with pytest.raises(BadSettings, match="do not belong together"):
        Authority.load(tmp_path / "one")


def test_a_file_that_is_no_key_is_refused_and_never_quoted(tmp_path: Path) -> None:
    an_authority().save(tmp_path)
    (tmp_path / "key.pem").write_text("sesame")
    with pytest.raises(BadSettings) as caught:
        Authority.load(tmp_path)
    assert "sesame" not in str(caught.value)


def test_no_value_shows_its_key() -> None:
    authority = an_authority()
    issued = authority.issue("NL", now=NOW)
    assert "PRIVATE" not in repr(issued)
    assert "key" not in repr(authority)


def test_an_identity_is_for_its_owner_only(tmp_path: Path) -> None:
    authority = an_authority()
    write_identity(tmp_path / "NL", authority.issue("NL", now=NOW), authority.certificate_pem)
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "NL").iterdir()}
    assert dict.fromkeys(("ca.pem", "certificate.pem", "key.pem"), 0o600) == found
    assert 0o700 == stat.S_IMODE((tmp_path / "NL").stat().st_mode)


def test_an_identity_is_replaced_whole(tmp_path: Path) -> None:
    authority = an_authority()
    write_identity(tmp_path, authority.issue("NL", now=NOW, days=1), authority.certificate_pem)
    (tmp_path / ".key.pem.new").write_text("left by one that was interrupted")
    renewed = authority.issue("NL", now=NOW, days=2)
    write_identity(tmp_path, renewed, authority.certificate_pem)
    assert renewed.key_pem == (tmp_path / "key.pem").read_bytes()
    assert renewed.certificate_pem == (tmp_path / "certificate.pem").read_bytes()


def test_two_identities_of_an_exercise_meet_over_tls(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    nodes, clients = Authority.make("nodes", now=now), Authority.make("clients", now=now)
    server, client = tmp_path / "server", tmp_path / "client"
    write_identity(server, nodes.issue("kafka-node", hosts=["localhost"], now=now), clients.certificate_pem)
    write_identity(client, clients.issue("NL", now=now), nodes.certificate_pem)
    hand_shake(a_context(server, ssl.Purpose.CLIENT_AUTH), a_context(client, ssl.Purpose.SERVER_AUTH))


def test_a_server_refuses_whom_another_authority_vouches_for(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    nodes, clients, rogue = (Authority.make(name, now=now) for name in ("nodes", "clients", "clients"))
    server, client = tmp_path / "server", tmp_path / "client"
    write_identity(server, nodes.issue("kafka-node", hosts=["localhost"], now=now), clients.certificate_pem)
    write_identity(client, rogue.issue("NL", now=now), nodes.certificate_pem)
    with pytest.raises(ssl.SSLError):
        hand_shake(a_context(server, ssl.Purpose.CLIENT_AUTH), a_context(client, ssl.Purpose.SERVER_AUTH))


def test_a_brokers_store_holds_key_and_certificates(tmp_path: Path) -> None:
    nodes = an_authority("nodes")
    issued = nodes.issue("kafka-node", hosts=["localhost"], now=NOW)
    write_keystore(tmp_path, issued, {"nodes.pem": nodes.certificate_pem})
    assert issued.key_pem + issued.certificate_pem == (tmp_path / "keystore.pem").read_bytes()
    assert nodes.certificate_pem == (tmp_path / "nodes.pem").read_bytes()


@pytest.mark.parametrize("pem", [b"", b"sesame", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_bytes_that_are_no_certificate_are_refused(pem: bytes) -> None:
    with pytest.raises(BadIdentity):
        read_certificate(pem)
