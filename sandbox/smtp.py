"""The stand-in mail server: takes mail on a port of its own and puts it into the inbox of everyone."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.faults import Fault
from sandbox.message import UnreadableError, read_attachments, read_message
from sandbox.server import LOOPBACK, listener
from sandbox.state import SandboxState

MOST_BYTES: Final = 10_000_000
"""Of one mail, as large providers have it after encoding attachments."""
METHOD: Final = "SMTP"
"""How mail is called in the journal and in faults, where HTTP has its methods; the path is the recipients."""
_PLACEHOLDER: Final = ".invalid"
_ACCEPTED: Final = 250
_FAILED: Final = 451
_UNREADABLE: Final = 554


@asynccontextmanager
async def mail_server(sandbox: SandboxState, port: int) -> AsyncIterator[str]:
    """Take mail as long as the context lasts; gives the server's URL. Port 0 takes a free one."""
    postbox = Postbox(sandbox)
    server = await asyncio.get_running_loop().create_server(postbox.session, sock=listener(port))
    try:
        yield f"smtp://{LOOPBACK}:{_port(server)}"
    finally:
        server.close()


def _port(server: asyncio.Server) -> int:
    bound: socket.socket = server.sockets[0]
    return int(bound.getsockname()[1])


class Postbox:
    """What becomes of a mail: the hooks that aiosmtpd calls by their names."""

    def __init__(self, sandbox: SandboxState) -> None:
        self._sandbox = sandbox

    def session(self) -> SMTP:
        """The conversation of one connection."""
        return SMTP(
            self,
            hostname="sandbox",
            ident="mail",
            data_size_limit=MOST_BYTES,
            # On the loopback nobody listens in. Without a login AUTH is not offered at all.
            auth_require_tls=not self._user,
            authenticator=self._login,
            loop=asyncio.get_running_loop(),
        )

    @property
    def _user(self) -> str:
        return self._sandbox.credentials.smtp_user

    def _login(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
        wanted = (self._user.encode(), self._sandbox.credentials.smtp_password.encode())
        right = isinstance(given, LoginPassword) and (given.login, given.password) == wanted
        return AuthResult(success=right, handled=False)

    async def handle_MAIL(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Begin a mail, after the login where one is asked for."""
        if self._user and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Take the mail that is now whole, unless it meets a fault."""
        content, recipients = bytes(envelope.original_content or b""), list(envelope.rcpt_tos)
        try:
            mail = read_message(content)
        except UnreadableError as error:
            mail, unreadable = {"subject": ""}, str(error)
        else:
            unreadable = ""
        entry = self._noted(envelope.mail_from or "", recipients, mail)
        fault = self._sandbox.faults.take("mail", METHOD, entry["path"])
        if fault:
            entry["fault"] = fault.kind
            if fault.kind == "error":
                return _said(entry, fault.status or _FAILED, "This fault was ordered")
            await _before(server, fault)
        if unreadable:
            return _said(entry, _UNREADABLE, f"5.6.0 {unreadable.splitlines()[0][:100]}")
        self._sandbox.attachments[entry["n"]] = read_attachments(content)
        self._deliver(recipients, mail | {"n": entry["n"]})
        entry["effect"] = True
        if fault and fault.kind == "drop_after":
            await _drop(server)
        await asyncio.sleep(self._sandbox.latencies.get("mail", 0.0))
        return _said(entry, _ACCEPTED, f"OK, as {entry['n']}")

    def _noted(self, sender: str, recipients: list[str], mail: dict[str, Any]) -> dict[str, Any]:
        """The journal's entry of this mail."""
        told = {"from": sender, "to": recipients} | {name: mail[name] for name in mail if name not in ("from", "body")}
        return self._sandbox.journal.arrived(
            system="mail",
            method=METHOD,
            path=", ".join(recipients),
            query="",
            headers={b"content-type": b"application/json"},
            body=json.dumps(told).encode(),
        )

    def _deliver(self, recipients: list[str], mail: dict[str, Any]) -> None:
        """Into the inbox, once for each recipient; a placeholder's address has none."""
        details = {name: mail[name] for name in ("message_id", "calendar", "attachments", "n")}
        for address in recipients:
            self._sandbox.mail(
                to=address,
                sender=mail["from"],
                subject=mail["subject"],
                kind="smtp",
                body=mail["body"],
                delivered=not address.lower().endswith(_PLACEHOLDER),
                **details,
            )


def _said(entry: dict[str, Any], status: int, words: str) -> str:
    """The reply, noted in the journal."""
    entry["status"] = status
    return f"{status} {words}"


async def _before(server: SMTP, fault: Fault) -> None:
    """What befalls a mail before it counts."""
    if fault.kind in ("slow", "timeout"):
        await asyncio.sleep(fault.held)
    if fault.kind in ("timeout", "drop_before"):
        await _drop(server)


async def _drop(server: SMTP) -> None:
    """Break the connection off without a reply; aiosmtpd then ends the conversation, and us with it."""
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()
    await asyncio.Event().wait()
