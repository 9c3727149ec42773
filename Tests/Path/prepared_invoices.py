"""What has to be there before whoever sells can draft, finalise, end and credit invoices: for test_audited."""
import uuid

from test_path import key

LINES = {"currency": "INR", "lines": [{"description": "Help", "unit_amount": 100000}]}


def invoices_of(world):
    return f"/v1/operator/orgs/{world.workspace.organization}/invoices"


def drafted(world):
    """A draft for the organisation of the tests."""
    made = world.owner.post(invoices_of(world), LINES, key=key()).expect(201).json
    return {"organization": world.workspace.organization, "invoice": made["id"]}


def opened(world):
    """An invoice that waits to be paid."""
    names = drafted(world)
    world.owner.post(f"{invoices_of(world)}/{names['invoice']}/finalise", key=key()).expect(200)
    return names


def coupon(world):
    """A coupon that can be redeemed."""
    code = "C" + uuid.uuid4().hex[:10].upper()
    world.owner.post("/v1/operator/coupons", new_coupon(code), key=key()).expect(201)
    return code


def new_coupon(code):
    return {"code": code, "name": "Launch", "percent": 1000, "duration": "once"}


RATE = {"country": "FR", "name": "TVA", "rate": 2000, "inclusive": True}
SELLER = {"name": "RaptorFlow", "address": "1 Road", "country": "IN", "state": "29", "gstin": ""}


def rate(world):
    return world.owner.post("/v1/operator/tax-rates", RATE, key=key()).expect(201).json["id"]


INVOICES = {
    "createInvoice": lambda w: (w.owner, {"organization": w.workspace.organization}, LINES),
    "updateInvoice": lambda w: (w.owner, drafted(w), {**LINES, "memo": "Anew"}),
    "deleteInvoice": lambda w: (w.owner, drafted(w), None),
    "finaliseInvoice": lambda w: (w.owner, drafted(w), None),
    "voidInvoice": lambda w: (w.owner, opened(w), None),
    "writeOffInvoice": lambda w: (w.owner, opened(w), None),
    "sendInvoice": lambda w: (w.owner, opened(w), None),
    "createCreditNote": lambda w: (w.owner, opened(w), {"amount": 100, "reason": "x"}),
    "setSeller": lambda w: (w.owner, {}, SELLER),
    "createTaxRate": lambda w: (w.owner, {}, RATE),
    "endTaxRate": lambda w: (w.owner, {"rate": rate(w)}, None),
    "createCoupon": lambda w: (w.owner, {}, new_coupon("N" + uuid.uuid4().hex[:10])),
    "retireCoupon": lambda w: (w.owner, {"coupon": coupon(w)}, None),
    "redeemCoupon": lambda w: (w.owner, {}, {"code": coupon(w)}),
}
