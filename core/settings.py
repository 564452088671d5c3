"""The settings of one installation: read once from the environment, then frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

LINES = ("simulator", "twilio", "manual")
MAIL_PORTS = {"starttls": 587, "tls": 465, "none": 25}
OWN_HOSTS = ("localhost", "127.0.0.1", "::1")


class BadSettings(Exception):
    """Everything that is missing or wrong, at once."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(["The settings are not complete:", *(f"  - {p}" for p in problems)]))


@dataclass(frozen=True)
class Settings:
    """How this installation runs; defaults are safe in production."""

    database_url: str
    secret_key: str = field(repr=False)
    data_dir: Path
    keys_file: Path
    public_base_url: str
    line: str = "manual"
    caller_number: str = ""
    support_line: str = "12356"
    """The line that listens day and night: shown where someone may be in danger."""
    account: str = ""
    auth_token: str = field(default="", repr=False)
    api_key: str = ""
    api_secret: str = field(default="", repr=False)
    voice_app: str = ""
    line_base_url: str = ""
    zone: str = "Asia/Shanghai"
    clock_offset: timedelta = timedelta(0)
    is_demo: bool = False
    secure_cookies: bool = True
    idle_minutes: int = 60
    pool_size: int = 8
    trusted_proxies: int = 0
    smtp_host: str = ""
    """Takes the mails that tell of bulletins; none is none."""
    smtp_port: int = 587
    smtp_security: str = "starttls"
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    mail_from: str = ""

    @property
    def uploads(self) -> Path:
        """Where uploaded files rest until a job reads them: outside the web root."""
        return self.data_dir / "uploads"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read TINGMIN_* variables; raise BadSettings naming every problem."""
        problems: list[str] = []

        def need(name: str, why: str) -> str:
            value = env.get(f"TINGMIN_{name}", "")
            if not value:
                problems.append(f"TINGMIN_{name} is missing: {why}")
            return value

        def choice(name: str, default: str) -> str:
            return env.get(f"TINGMIN_{name}", default)

        def whole(name: str, default: int) -> int:
            text = choice(name, str(default))
            try:
                return int(text)
            except ValueError:
                problems.append(f"TINGMIN_{name} must be a whole number, not {text!r}")
                return default

        data_dir = Path(choice("DATA_DIR", "var"))
        line = choice("LINE", "manual")
        if line not in LINES:
            problems.append(f"TINGMIN_LINE must be one of {', '.join(LINES)}, not {line!r}")
        secret = need("SECRET_KEY", "32 or more random characters, for cookies and forms")
        if secret and len(secret) < 32:
            problems.append("TINGMIN_SECRET_KEY is too short: 32 or more characters")
        public = need("PUBLIC_BASE_URL", "the address that browsers and the line's vendor use").rstrip("/")
        on_line = line in ("simulator", "twilio")
        smtp_host, security = choice("SMTP_HOST", ""), choice("SMTP_SECURITY", "starttls")
        if security not in MAIL_PORTS:
            problems.append(f"TINGMIN_SMTP_SECURITY must be one of {', '.join(MAIL_PORTS)}, not {security!r}")
        elif smtp_host and security == "none" and smtp_host not in OWN_HOSTS:
            problems.append("TINGMIN_SMTP_SECURITY=none is for a mail server on this machine alone")
        settings = cls(
            database_url=need("DATABASE_URL", "sqlite:///var/tingmin.db or postgresql+psycopg://…"),
            secret_key=secret,
            data_dir=data_dir,
            keys_file=Path(choice("KEYS_FILE", str(data_dir / "keys.json"))),
            public_base_url=public,
            line=line,
            caller_number=need("CALLER_NUMBER", "the number residents see") if on_line else "",
            support_line=choice("SUPPORT_LINE", "12356"),
            account=need("LINE_ACCOUNT", "the line account's id") if on_line else "",
            auth_token=need("LINE_AUTH_TOKEN", "signs the line's webhooks") if on_line else "",
            api_key=need("LINE_API_KEY", "for the browser's telephone") if on_line else "",
            api_secret=need("LINE_API_SECRET", "for the browser's telephone") if on_line else "",
            voice_app=need("LINE_VOICE_APP", "the application that browsers call") if on_line else "",
            line_base_url=need("LINE_BASE_URL", "where the simulated line listens")
            if line == "simulator"
            else "",
            zone=choice("ZONE", "Asia/Shanghai"),
            clock_offset=timedelta(seconds=whole("CLOCK_OFFSET", 0)),
            is_demo=choice("DEMO", "") == "1",
            secure_cookies=choice("SECURE_COOKIES", "1") != "0",
            idle_minutes=whole("IDLE_MINUTES", 60),
            pool_size=whole("POOL_SIZE", 8),
            trusted_proxies=whole("TRUSTED_PROXIES", 0),
            smtp_host=smtp_host,
            smtp_port=whole("SMTP_PORT", MAIL_PORTS.get(security, 25)),
            smtp_security=security,
            smtp_user=choice("SMTP_USER", ""),
            smtp_password=choice("SMTP_PASSWORD", ""),
            mail_from=need("MAIL_FROM", "the address that mails come from") if smtp_host else "",
        )
        if settings.trusted_proxies < 0:
            problems.append(
                "TINGMIN_TRUSTED_PROXIES must be 0 or more: how many proxies of yours stand in front"
            )
        if settings.is_demo and line == "twilio":
            problems.append("TINGMIN_DEMO=1 can't use a real line: the demonstration's numbers are invented")
        if problems:
            raise BadSettings(problems)
        return settings
