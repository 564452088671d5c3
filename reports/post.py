"""The post: the mail server of the house, if there is one, and how a mail is handed to it."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from core.settings import Settings

TIMEOUT = 20.0


class Undeliverable(Exception):
    """The mail was not taken; `is_final` where trying again is of no use."""

    def __init__(self, code: str, *, is_final: bool) -> None:
        super().__init__(code)
        self.code, self.is_final = code, is_final


@dataclass(frozen=True)
class MailServer:
    """A server that takes mails (SMTP)."""

    host: str
    port: int
    security: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    def send(self, to: str, subject: str, text: str, *, key: str, at: datetime) -> None:
        """Hand one mail over, or say why it was not taken; nothing of it is logged."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.sender, to, subject
        mail["Date"] = format_datetime(at)
        mail["Message-ID"] = f"<{key}@{parseaddr(self.sender)[1].rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text)
        try:
            with self._connected() as server:
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            code = next(iter(refused.recipients.values()))[0]
            raise Undeliverable(f"smtp-{code}", is_final=code >= 500) from None
        except smtplib.SMTPAuthenticationError:  # the house's own fault, and mended by its administrator
            raise Undeliverable("sign-in-refused", is_final=False) from None
        except smtplib.SMTPResponseException as refused:
            raise Undeliverable(f"smtp-{refused.smtp_code}", is_final=refused.smtp_code >= 500) from None
        except smtplib.SMTPNotSupportedError:
            raise Undeliverable("smtp-not-supported", is_final=True) from None
        except ssl.SSLCertVerificationError:
            raise Undeliverable("certificate-not-trusted", is_final=False) from None
        except (smtplib.SMTPException, OSError):
            raise Undeliverable("server-away", is_final=False) from None
        except ValueError:  # a password or an address in letters that the protocol can't carry
            raise Undeliverable("settings-not-usable", is_final=False) from None

    def _connected(self) -> smtplib.SMTP:
        if self.security == "tls":
            return smtplib.SMTP_SSL(
                self.host, self.port, timeout=TIMEOUT, context=ssl.create_default_context()
            )
        server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        if self.security == "starttls":
            try:
                server.starttls(context=ssl.create_default_context())
            except BaseException:
                server.close()
                raise
        return server


_base: str = ""
_server: MailServer | None = None


def use(settings: Settings) -> None:
    """Take the mail server and the public address from the settings."""
    global _base, _server
    _base = settings.public_base_url
    _server = None
    if settings.smtp_host:
        _server = MailServer(
            settings.smtp_host, settings.smtp_port, settings.smtp_security, settings.mail_from,
            settings.smtp_user, settings.smtp_password,
        )  # fmt: skip


def server() -> MailServer | None:
    """Return the mail server, or None where none is set."""
    return _server


def address_of(path: str) -> str:
    """Return the full address of a page of the house."""
    return f"{_base}{path}"
