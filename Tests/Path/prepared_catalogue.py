"""Operations of the catalogue, each with what it needs: who calls, what stands in the path, and the body."""
import uuid


def granted(world):
    """A grant that can be taken back."""
    place = {"organization": world.workspace.organization, "feature": "api_keys"}
    path = f"/v1/operator/orgs/{place['organization']}/entitlements/{place['feature']}"
    world.owner.post(path, {"value": "unlimited", "reason": "a deal"}, key=str(uuid.uuid4())).expect(200)
    return place


CATALOGUE = {
    "applyCatalog": lambda w: (w.owner, {}, {"catalog": {"meters": [
        {"code": f"m-{uuid.uuid4().hex[:8]}", "name": "M", "aggregation": "sum", "unit": "unit"}]}}),
    "grantEntitlement": lambda w: (
        w.owner, {"organization": w.workspace.organization, "feature": "members"},
        {"value": 100_000, "reason": "a deal"}),
    "withdrawEntitlement": lambda w: (w.owner, granted(w), None),
}
