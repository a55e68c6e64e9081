"""The receiver's public address must be encrypted by a certificate that Salesforce and Slack trust."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tasks.health.public_address import PUBLIC, public_address_check
from tests.support.ports import free_port

NOW = datetime.now(UTC)


def certificate(folder, days):
    """A certificate of this machine that signs itself, with its key, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=100))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    file = folder / "certificate.pem"
    file.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    return file


@asynccontextmanager
async def proxy(file):
    """A proxy that speaks TLS; its address."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    listener = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()


@pytest.fixture
def check(monkeypatch):
    async def check(url):
        monkeypatch.setenv(PUBLIC, url)
        return await public_address_check()

    return check


@pytest.mark.parametrize(("days", "expected"), [(15, (True, False)), (13, (False, True)), (-1, (False, False))])
async def test_a_trusted_certificate_is_fine_until_it_is_about_to_end(check, tmp_path, monkeypatch, days, expected):
    file = certificate(tmp_path, days)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with proxy(file) as url:
        found = await check(url)
    assert (found.ok, found.only_warns) == expected, found.message
    assert found.ok or "Renew it" in found.message


async def test_a_certificate_that_nobody_has_signed_is_an_error(check, tmp_path):
    async with proxy(certificate(tmp_path, 90)) as url:
        found = await check(url)
    assert (found.ok, found.only_warns) == (False, False)
    assert "not trusted" in found.message


async def test_plain_http_is_an_error(check):
    found = await check("http://receiver.example")
    assert (found.ok, found.only_warns) == (False, False)
    assert "Put the receiver behind TLS" in found.message


async def test_an_address_where_nothing_answers_is_an_error(check):
    found = await check(f"https://127.0.0.1:{free_port()}")
    assert (found.ok, found.only_warns) == (False, False)
    assert "ConnectionRefusedError" in found.message


async def test_without_a_public_address_the_check_is_quiet_and_names_its_variable(check):
    found = await check("")
    assert found.ok
    assert PUBLIC in found.message
