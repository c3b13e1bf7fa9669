"""Peers that do not behave: keys, cards and certificates made by hand, and raw TLS connections.

A Stranger has an identity and a TLS key like a node's and can sign cards that say anything; once
its card is pinned somewhere it is a partner gone bad. Cards and certificates are written here
independently of the product; the signatures come from the openssl tool.
"""

import base64
import contextlib
import datetime
import os
import pathlib
import socket
import ssl
import struct
import subprocess
import tempfile

ALPN = "symbolon/1"
SP_HELLO = b"\x00SP\x00\x00\x10\x00\x00"
SEED_HEAD = bytes.fromhex("302e020100300506032b657004220420")  # PKCS #8, RFC 8410
KEY_HEAD = bytes.fromhex("302a300506032b6570032100")  # SubjectPublicKeyInfo, RFC 8410
ED25519 = bytes.fromhex("300506032b6570")


def openssl(*arguments, stdin=None):
    return subprocess.run(["openssl", *arguments], input=stdin, check=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def pem(label, der):
    return f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n"


class Key:
    """An Ed25519 key."""

    def __init__(self, folder, name):
        self.path = pathlib.Path(folder) / f"{name}.pem"
        self.path.write_text(pem("PRIVATE KEY", SEED_HEAD + os.urandom(32)), "ascii")
        der = openssl("pkey", "-in", str(self.path), "-pubout", "-outform", "DER")
        assert der.startswith(KEY_HEAD)
        self.public = der[len(KEY_HEAD):]

    def sign(self, message):
        with tempfile.NamedTemporaryFile() as file:
            file.write(message)
            file.flush()
            return openssl("pkeyutl", "-sign", "-rawin", "-inkey", str(self.path), "-in", file.name)


# --- Cards.

def utc(when):
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def days(n):
    return datetime.timedelta(days=n)


# --- Certificates.

def der(tag, *contents):
    body = b"".join(contents)
    length = bytes([len(body)]) if len(body) < 128 else \
        bytes([0x82]) + len(body).to_bytes(2, "big")
    return bytes([tag]) + length + body


def der_time(when):
    return der(0x17, when.strftime("%y%m%d%H%M%SZ").encode())


def certificate(key, signer=None, start=None, end=None):
    """A version 3 certificate without names, PEM; signer: another key that signs it falsely."""
    start, end = start or now() - days(1), end or now() + days(30)
    to_be_signed = der(0x30, der(0xa0, der(0x02, b"\x02")), der(0x02, b"\x01"), ED25519,
                       der(0x30), der(0x30, der_time(start), der_time(end)), der(0x30),
                       KEY_HEAD + key.public)
    signature = (signer or key).sign(to_be_signed)
    return pem("CERTIFICATE", der(0x30, to_be_signed, ED25519, der(0x03, b"\0", signature)))


class Stranger:
    """Keys of a node that nobody runs."""

    def __init__(self, folder, name="Mallory", port=1):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.endpoint = f"127.0.0.1:{port}"
        self.identity = Key(self.folder, "identity")
        self.tls = Key(self.folder, "tls")
        self.log, self.cosign, self.exchange = (os.urandom(32) for _ in range(3))
        self.cert_path = self.folder / "certificate.pem"
        self.show(certificate(self.tls))

    def show(self, *certificates):
        """The certificates that its connections present from now on."""
        self.cert_path.write_text("".join(certificates), "ascii")

    def card_lines(self, serial=1, issued=None, expires=None, **changes):
        issued, expires = issued or now(), expires or now() + days(365)
        text = {"name": self.name, "role": "other", "serial": serial, "issued": utc(issued),
                "expires": utc(expires), "identity": self.identity.public, "tls": self.tls.public,
                "exchange": self.exchange, "log": self.log, "cosign": self.cosign,
                "endpoint": self.endpoint, **changes}
        lines = ["symbolon-card/1"]
        for name, value in text.items():
            shown = base64.b64encode(value).decode() if isinstance(value, bytes) else value
            lines.append(f"{name}: {shown}")
        return "\n".join(lines) + "\n"

    def card(self, signer=None, **what):
        """Path of a signed card; what: see card_lines."""
        text = self.card_lines(**what)
        signature = (signer or self.identity).sign(b"symbolon-card-1" + text.encode())
        path = self.folder / "card"
        path.write_text(f"{text}signature: {base64.b64encode(signature).decode()}\n", "utf-8")
        return path

    # --- Connections.

    def context(self, side=ssl.PROTOCOL_TLS_CLIENT, show_certificate=True, alpn=ALPN):
        context = ssl.SSLContext(side)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if show_certificate:
            context.load_cert_chain(self.cert_path, self.tls.path)
        if alpn is not None:
            context.set_alpn_protocols([alpn])
        return context

    def connect(self, address, timeout=10, context=None):
        """A TLS connection; raises when the handshake is refused on this side. The other side's
        refusal of this one shows at the first read only: see greet."""
        host, port = address.rsplit(":", 1)
        plain = socket.create_connection((host, int(port)), timeout)
        try:
            return (context or self.context()).wrap_socket(plain)
        except BaseException:
            plain.close()
            raise

    def link(self, address, timeout=10, context=None):
        """A connection on which both sides have said hello: frames can follow."""
        connection = self.connect(address, timeout, context)
        try:
            greet(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def greet(connection):
    """Exchanges SP headers."""
    connection.sendall(SP_HELLO)
    got = b""
    while len(got) < len(SP_HELLO):
        part = connection.recv(len(SP_HELLO) - len(got))
        if not part:
            raise ConnectionError("closed before its SP header")
        got += part
    if got != SP_HELLO:
        raise ConnectionError(f"SP header {got.hex()}")


def frame(payload, claim=None):
    """An SP frame; claim: the length it says it has."""
    return struct.pack(">Q", len(payload) if claim is None else claim) + payload


def is_closed(connection, seconds):
    """Whether the other side ends the connection within so many seconds; what it sends is read."""
    connection.settimeout(seconds)
    with contextlib.suppress(ssl.SSLWantReadError):
        try:
            while connection.recv(65536):
                pass
            return True
        except (TimeoutError, socket.timeout):
            return False
        except OSError:
            return True
    return False


def client_hello():
    """The bytes of a ClientHello that Python's TLS would send."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols([ALPN])
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing).do_handshake()
    return outgoing.read()
