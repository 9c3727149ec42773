"""What `test_audited.py` needs for roles, domains and impersonation: client, parameters of the path, body of each."""
import uuid

from name_server import NameServer
from raptorflow import PASSWORD, Client
from test_path import key, mail_token

# Answers for the domains that are proven here, for as long as the tests run.
NAMES = NameServer()


def role(world):
    made = world.one("/roles", {"name": f"Role {uuid.uuid4().hex[:8]}", "permissions": ["jobs:read"]})
    return {"role": made["id"]}


def domain(world, name=None):
    return world.one("/domains", {"name": name or f"d-{uuid.uuid4().hex[:8]}.example"})


def provable(world, name):
    """A domain whose name server says what it has to."""
    made = domain(world, name)
    NAMES.records[made["record"]["name"]] = [made["record"]["value"]]
    return made["id"]


def joining(world):
    """Somebody with a confirmed address of a proven domain, who has left the organisation."""
    world.one(f"/domains/{provable(world, 'joining.example')}/verify", None, 200)
    email = "colleague@joining.example"
    world.one("/invitations", {"email": email, "role": "viewer"})
    body = {"invitation_token": mail_token(world.workspace, email), "name": "C", "password": PASSWORD}
    made = Client(world.workspace.url).post("/v1/auth/sign-up", body).expect(201).json
    client = Client(world.workspace.url, made["token"])
    client.post(f"{world.base}/leave", key=key()).expect(204)
    return client, {"organization": world.workspace.organization}, None


def acting(world):
    """The operator in somebody's place."""
    body = {"reason": "a test"}
    made = world.owner.post(f"/v1/operator/users/{world.person()[1]}/impersonate", body, key=key()).expect(201).json
    return Client(world.workspace.url, made["token"])


TENANCY = {
    "createRole": lambda w: (w.owner, {}, {"name": f"Role {uuid.uuid4().hex[:8]}", "permissions": ["jobs:read"]}),
    "updateRole": lambda w: (w.owner, role(w), {"permissions": ["jobs:read", "jobs:write"]}),
    "deleteRole": lambda w: (w.owner, role(w), None),
    "addDomain": lambda w: (w.owner, {}, {"name": f"d-{uuid.uuid4().hex[:8]}.example"}),
    "updateDomain": lambda w: (w.owner, {"domain": domain(w)["id"]}, {"role": "editor"}),
    "removeDomain": lambda w: (w.owner, {"domain": domain(w)["id"]}, None),
    "verifyDomain": lambda w: (w.owner, {"domain": provable(w, "verified.example")}, None),
    "joinOrganization": joining,
    "impersonateUser": lambda w: (w.owner, {"user": w.person()[1]}, {"reason": "a test"}),
    "endImpersonation": lambda w: (acting(w), {}, None),
}
