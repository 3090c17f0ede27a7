"""E-mail over SMTP: one message per notice; those of one alert make a thread.

TLS from the start, by STARTTLS, or none at all – which is only sensible on one's own machine. A
message that was sent twice has the same Message-ID, by which mail programs show it once.
"""

import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from typing import Final, Literal

from domain.alerts import Notice, Step
from sinks.alerts.channel import Again, Arrived, Outcome, Refused, facts, headline
from sinks.alerts.links import Links

Tls = Literal["starttls", "tls", "none"]

_PERMANENT: Final = 500
_SUBJECT_LIMIT: Final = 200


@dataclass(frozen=True)
class Mail:
    """One mailbox or list.

    Attributes:
        host: of the SMTP server.
        port: of the SMTP server.
        tls: how the connection is kept private.
        username: empty: no authentication.
        password: a secret.
        sender: address.
        to: addresses.
        links: where notices lead.
        timeout_s: silence while speaking with the server.
    """

    host: str
    port: int
    tls: Tls
    username: str
    password: str = field(repr=False)
    sender: str
    to: tuple[str, ...]
    links: Links
    timeout_s: float = 30.0

    def send(self, notice: Notice, notice_id: int, now: datetime) -> Outcome:
        """Hand the message to the server."""
        message = self.encode(notice, notice_id, now)
        try:
            with self._connected() as server:
                if self.tls == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.username:
                    server.login(self.username, self.password)
                server.send_message(message)
        except smtplib.SMTPAuthenticationError:
            return Refused("the mail server refuses the user name and password")
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            refused = Refused("the mail server refuses every recipient")
            return (
                refused
                if min(codes, default=0) >= _PERMANENT
                else Again("the mail server refuses every recipient for now")
            )
        except smtplib.SMTPResponseException as error:
            said = f"the mail server answered {error.smtp_code}"
            return Refused(said) if error.smtp_code >= _PERMANENT else Again(said)
        except smtplib.SMTPNotSupportedError:
            return Refused(
                "the mail server does not know what this channel asks for: check tls and username"
            )
        except (OSError, smtplib.SMTPException) as error:
            return Again(type(error).__name__)
        return Arrived()

    def encode(self, notice: Notice, notice_id: int, now: datetime) -> EmailMessage:
        """Write the message."""
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = ", ".join(self.to)
        message["Subject"] = " ".join(headline(notice).split())[:_SUBJECT_LIMIT]
        message["Date"] = format_datetime(now)
        thread = sha256(notice.dedup_key.encode()).hexdigest()[:32]
        domain = parseaddr(self.sender)[1].rpartition("@")[2] or "stratum.invalid"
        first = f"<{thread}@{domain}>"
        message["Message-ID"] = (
            first if notice.step is Step.OPENED else f"<{thread}.{notice_id}@{domain}>"
        )
        if notice.step is not Step.OPENED:
            message["References"] = message["In-Reply-To"] = first
        message["Auto-Submitted"] = "auto-generated"
        lines = [headline(notice), "", *(f"{name}: {value}" for name, value in facts(notice))]
        lines += [f"{words}: {href}" for words, href in self.links.named(notice)]
        message.set_content("\n".join(lines) + "\n")
        return message

    def _connected(self) -> smtplib.SMTP:
        if self.tls == "tls":
            return smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout_s, context=ssl.create_default_context()
            )
        return smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)
