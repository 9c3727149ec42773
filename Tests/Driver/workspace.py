"""Somebody who owns an organisation on a running server, with an API key and ledger accounts to write to."""
import json
import uuid

from raptorflow import PASSWORD, Client


class Workspace:
    """Sets the instance up over its API: first owner, organisation, API key."""

    def __init__(self, server, email="owner@example.com", organization="Acme Analytics", lifts=True):
        self.server, self.url, self.email = server, server.url, email
        anonymous = Client(server.url)
        made = anonymous.post("/v1/auth/set-up", {
            "token": server.set_up_token(), "email": email, "name": "Olivia Owner", "password": PASSWORD,
        }).expect(201).json
        self.session = made["token"]
        self.owner = Client(server.url, self.session)
        self.organization = self.owner.post("/v1/orgs", {"name": organization}).expect(201).json["id"]
        self.base = f"/v1/orgs/{self.organization}"
        if lifts:
            self.lift_limits()
        self.key = self.make_key("admin")

    def lift_limits(self):
        """Most tests need more members and keys than the free plan allows; test_catalogue.py tries what it allows."""
        plans = self.owner.get("/v1/operator/catalog").expect(200).json["plans"]
        free = next(plan for plan in plans if plan["code"] == "free")
        free["entitlements"].update(members="unlimited", api_keys="unlimited")
        self.owner.post("/v1/operator/catalog", {"catalog": {"plans": [free]}}, key=str(uuid.uuid4())).expect(200)

    def make_key(self, role, name="Tests"):
        answer = self.owner.post(f"{self.base}/api-keys", {"name": name, "role": role}, key=str(uuid.uuid4()))
        return answer.expect(201).json["secret"]

    def client(self, key=None):
        return Client(self.url, key or self.key)

    @staticmethod
    def account(number, currency="INR"):
        """The body that opens a ledger account."""
        return {"code": f"{number}", "name": f"Wallet {number}", "type": "liability", "currency": currency}

    def make_accounts(self, count):
        """Ledger accounts that may go below zero; returns their ids."""
        return [self.owner.post(f"{self.base}/ledger/accounts", self.account(f"wallet-{uuid.uuid4().hex[:12]}"),
                                key=str(uuid.uuid4())).expect(201).json["id"] for _ in range(count)]

    @staticmethod
    def entry(debit, credit, amount, description="Transfer", currency="INR"):
        """The body of a journal entry that moves an amount from one account to another."""
        postings = [{"account": debit, "direction": "debit", "amount": amount},
                    {"account": credit, "direction": "credit", "amount": amount}]
        return {"description": description, "currency": currency, "postings": postings}

    def entry_request(self):
        """Path, authorisation and body of the ledger request that is measured."""
        return (f"{self.base}/ledger/journal-entries", f"Bearer {self.key}",
                json.dumps(self.entry("%A", "%B", 5, "entry %N")))

    def create_request(self):
        """The same for the create that is measured: a row with its audit record and its event."""
        return f"{self.base}/ledger/accounts", f"Bearer {self.key}", json.dumps(self.account("%T-%N"))
