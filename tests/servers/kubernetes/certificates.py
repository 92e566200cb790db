"""The cluster's own authority: who may speak as whom, by X.509 certificates (kubernetes.io, "PKI certificates")."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Sequence
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = dt.timedelta(days=1)
SKEW = dt.timedelta(minutes=5)


class Certificate(msgspec.Struct, frozen=True):
    """Paths of a PEM certificate and of its key."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates into one folder. They hold for LIFETIME: no test outlives it."""

    def __init__(self, folder: Path) -> None:
        """Make the authority's own certificate, `folder/ca.crt`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "opsconsole-tests")])
        own = self._builder(self._name, self._key.public_key())
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        own = own.add_extension(_signs_certificates(), critical=True)
        self.path = folder / "ca.crt"
        self.path.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def trust(self) -> ssl.SSLContext:
        """Trusts what this authority signed, and nothing else."""
        return ssl.create_default_context(cafile=str(self.path))

    def client(self, user: str, groups: Sequence[str] = ()) -> Certificate:
        """By it the API server knows a request to come from `user` in `groups`."""
        attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
        subject = x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, user)])
        return self._issued(user, subject, ExtendedKeyUsageOID.CLIENT_AUTH, ())

    def server(self, name: str, addresses: Sequence[str]) -> Certificate:
        """For a server reached at `addresses`."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return self._issued(name, subject, ExtendedKeyUsageOID.SERVER_AUTH, addresses)

    def key_pair(self, name: str) -> tuple[Path, Path]:
        """A private and a public key in PEM, such as service account tokens are signed by."""
        key = ec.generate_private_key(ec.SECP256R1())
        private, public = self._folder / f"{name}.key", self._folder / f"{name}.pub"
        private.write_bytes(_pem(key))
        public.write_bytes(
            key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
        return private, public

    def _issued(
        self, name: str, subject: x509.Name, usage: x509.ObjectIdentifier, addresses: Sequence[str]
    ) -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(subject, key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if addresses:
            names = [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        stem = self._folder / name.replace(":", "-").replace("/", "-")
        issued = Certificate(stem.with_name(f"{stem.name}.crt"), stem.with_name(f"{stem.name}.key"))
        issued.key.write_bytes(_pem(key))
        issued.certificate.write_bytes(
            builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        return issued

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        builder = x509.CertificateBuilder(
            issuer_name=self._name,
            subject_name=subject,
            public_key=key,
            serial_number=x509.random_serial_number(),
            not_valid_before=now - SKEW,
            not_valid_after=now + LIFETIME,
        )
        # Both identifiers are what OpenSSL's strict mode, Python's default from 3.13 on, asks for.
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(authority, critical=False)
        return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
