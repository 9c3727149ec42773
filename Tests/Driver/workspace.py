"""Somebody who owns an organisation on a running server, with an API key and ledger accounts to write to."""
import json
import uuid

from raptorflow import PASSWORD, Client


class Workspace:
    """Sets the instance up over its API: first owner, organisation, API key."""

    def __init__(self, server, email="owner@example.com", organization="Acme Analytics"):
        self.server, self.url, self.email = server, server.url, email
        anonymous = Client(server.url)
        made = anonymous.post("/v1/auth/set-up", {
            "token": server.set_up_token(), "email": email, "name": "Olivia Owner", "password": PASSWORD,
            "organization": organization,
        }).expect(200, 201).json
        self.session = made["token"]
        self.owner = Client(server.url, self.session)
        organizations = self.owner.get("/v1/me/orgs").expect(200).json["data"]
        self.organization = organizations[0]["id"]
        self.base = f"/v1/orgs/{self.organization}"
        self.key = self.make_key("editor")

    def make_key(self, role, name="Tests"):
        answer = self.owner.post(f"{self.base}/api-keys", {"name": name, "role": role}, key=str(uuid.uuid4()))
        return answer.expect(200, 201).json["secret"]

    def client(self, key=None):
        return Client(self.url, key or self.key)

    def make_accounts(self, count, currency="INR"):
        """Ledger accounts that may go below zero; returns their ids."""
        made = []
        for number in range(count):
            body = {"code": f"wallet-{uuid.uuid4().hex[:12]}", "name": f"Wallet {number}", "kind": "liability",
                    "currency": currency}
            answer = self.owner.post(f"{self.base}/ledger/accounts", body, key=str(uuid.uuid4()))
            made.append(answer.expect(200, 201).json["id"])
        return made

    def entry(self, debit, credit, amount, description="Transfer", currency="INR"):
        """The body of a journal entry that moves an amount from one account to another."""
        money = {"amount": amount, "currency": currency}
        return {"description": description, "transfers": [{"debit": debit, "credit": credit, "amount": money}]}

    def entry_request(self):
        """Path, authorisation and body of the ledger request that is measured."""
        return (f"{self.base}/ledger/journal-entries", f"Bearer {self.key}",
                json.dumps(self.entry("%A", "%B", 5, "entry %N")))
