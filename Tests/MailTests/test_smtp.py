"""Mail of the real binary, taken by a mail server that is not ours (aiosmtpd), and held without one."""
import email
import email.policy
import sqlite3
import time
import uuid

import pytest

from raptorflow import Server, free_port
from workspace import Workspace

controller = pytest.importorskip("aiosmtpd.controller")


class Mailbox:
    """Keeps what arrives; refuses one recipient for good."""

    def __init__(self):
        self.envelopes = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append(envelope)
        return "250 OK"


def invite(workspace, address):
    workspace.owner.post(f"{workspace.base}/invitations", {"email": address, "role": "editor"},
                         key=str(uuid.uuid4())).expect(201)


def message_to(workspace, address, state, patience=15):
    """The newest message to an address, once it is in a state."""
    until = time.monotonic() + patience
    while True:
        found = [message for message in workspace.owner.get(f"{workspace.base}/messages").expect(200).json["data"]
                 if message["to"] == address]
        if found and found[0]["state"] == state:
            return found[0]
        assert time.monotonic() < until, found
        time.sleep(0.05)


def test_an_invitation_is_delivered_and_its_secret_is_not_kept(tmp_path):
    mailbox = Mailbox()
    taking = controller.Controller(mailbox, hostname="127.0.0.1", port=free_port())
    taking.start()
    smtp = ["--smtp-host", "127.0.0.1", "--smtp-port", str(taking.port), "--smtp-from", "hello@example.org"]
    try:
        with Server(tmp_path, arguments=smtp) as server:
            workspace = Workspace(server)
            invite(workspace, "meera@example.com")
            sent = message_to(workspace, "meera@example.com", "sent")
            envelope = next(one for one in mailbox.envelopes if one.rcpt_tos == ["meera@example.com"])
            assert envelope.mail_from == "hello@example.org"
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert message["To"] == "meera@example.com" and message["Subject"] == sent["subject"]
            assert not message.defects
            token = message.get_content().split("#", 1)[1].split()[0]
            assert len(token) > 20 and token not in server.output

            invite(workspace, "nobody@example.com")
            refused = message_to(workspace, "nobody@example.com", "failed")
            assert "550 5.1.1 no such user" in refused["last_error"]
        rest = sqlite3.connect(tmp_path / "raptorflow.db")
        (text,) = rest.execute("SELECT text FROM messages WHERE id = ?", [sent["id"]]).fetchone()
        assert "#…" in text and token not in text
    finally:
        taking.stop()


def test_without_a_mail_server_messages_are_held(server, workspace):
    invite(workspace, "ravi@example.com")
    assert message_to(workspace, "ravi@example.com", "held").get("sent_at") is None
    assert any("held in the outbox" in line for line in server.lines)
    assert not any("#" in line and "ravi" in line for line in server.lines)
