"""A mail server for tests: it speaks SMTP over a socket, with STARTTLS and a password where asked, and keeps what it takes."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Post:
    """What the server does and what it got."""

    port: int = 0
    certificate: Path | None = None
    login: tuple[str, str] | None = None
    refuses: dict[str, int] = field(default_factory=dict)
    """Addresses with the code that they are refused with."""
    hangs_up: bool = False
    """Ends every conversation at its first word."""
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    was_sealed: list[bool] = field(default_factory=list)


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        post: Post = self.server.post  # type: ignore[attr-defined]
        self._say(220, "post")
        is_sealed, is_known, to = False, post.login is None, list[str]()
        while line := self.rfile.readline():
            if post.hangs_up:
                return
            word, _, rest = line.decode().strip().partition(" ")
            match word.upper():
                case "EHLO":
                    offers = ["post", *(["STARTTLS"] if post.certificate and not is_sealed else [])]
                    offers += ["AUTH PLAIN"] if post.login else []
                    for offer in offers[:-1]:
                        self.wfile.write(f"250-{offer}\r\n".encode())
                    self._say(250, offers[-1])
                case "STARTTLS":
                    self._say(220, "go on")
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    context.load_cert_chain(str(post.certificate))
                    try:
                        self.connection = context.wrap_socket(self.connection, server_side=True)
                    except (ssl.SSLError, OSError):
                        return
                    self.rfile = self.connection.makefile("rb")
                    self.wfile = self.connection.makefile("wb", 0)
                    is_sealed = True
                case "AUTH":
                    told = base64.b64decode(rest.split()[-1]).decode().split("\0")
                    is_known = post.login == (told[1], told[2])
                    self._say(235 if is_known else 535, "login")
                case "MAIL":
                    to = []
                    self._say(250 if is_known else 530, "from")
                case "RCPT":
                    address = rest.partition("<")[2].partition(">")[0]
                    code = post.refuses.get(address, 250)
                    to += [address] if code == 250 else []
                    self._say(code, "to")
                case "DATA":
                    self._say(354, "go on")
                    self._take(post, to, is_sealed)
                    self._say(250, "taken")
                case "QUIT":
                    self._say(221, "bye")
                    return
                case _:
                    self._say(250, "ok")

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _say(self, code: int, words: str) -> None:
        self.wfile.write(f"{code} {words}\r\n".encode())

    def _take(self, post: Post, to: list[str], is_sealed: bool) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        mail = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        post.mails += [(address, mail) for address in to]
        post.was_sealed.append(is_sealed)


@contextmanager
def a_mail_server(post: Post) -> Iterator[Post]:
    """Run a mail server on a free port of this machine."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Talk) as server:
        server.daemon_threads = True
        server.post = post  # type: ignore[attr-defined]
        post.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield post
        server.shutdown()


def a_certificate(where: Path) -> Path:
    """Make a key and a certificate of its own for 127.0.0.1, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = where / "post.pem"
    path.write_bytes(plain + made.public_bytes(serialization.Encoding.PEM))
    return path
