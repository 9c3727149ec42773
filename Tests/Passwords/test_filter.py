"""The filter of well-known passwords is what its script makes of the lists, and rarely takes another word for one."""
import random
import string

import build_filter
from raptorflow import PASSWORD, Client


def test_the_embedded_filter_is_what_the_script_builds():
    listed = build_filter.words()
    assert 35_000 < len(listed) < 45_000
    assert build_filter.TARGET.read_bytes() == build_filter.build(listed)


def test_every_listed_word_is_found_and_hardly_any_other():
    bits, listed = build_filter.TARGET.read_bytes(), set(build_filter.words())
    assert all(build_filter.contains(bits, word) for word in listed)
    pick = random.Random(1)
    others = {"".join(pick.choices(string.ascii_lowercase, k=pick.randint(5, 14))) for _ in range(300_000)} - listed
    wrong = sum(build_filter.contains(bits, word) for word in others)
    # About 4 in a million by the formula, for 26 bits a word.
    assert wrong <= 12, f"{wrong} of {len(others)}"


def test_the_server_refuses_what_is_listed_and_what_is_built_from_it(server, workspace):
    me = workspace.owner
    for password, code in [
        ("passwordpassword1", "too_easy"), ("P@ssw0rd!2026", "too_easy"), ("monkey-dragon-99", "too_easy"),
        ("123qwe123qwe!", "too_easy"), ("AcmeAnalytics2026", "too_easy"), ("RaptorFlow-2026!", "too_easy"),
        ("owner@example1", "too_easy"), ("olivia.owner.77", "too_easy"), ("short", "too_short"),
    ]:
        refused = me.post("/v1/me/password", {"current_password": PASSWORD, "new_password": password}).expect(422)
        assert refused.json["errors"][0]["code"] in (code, "length"), (password, refused.json)
    me.post("/v1/me/password", {"current_password": PASSWORD, "new_password": "tin ladder violet 41"}).expect(200)
    me.post("/v1/me/password", {"current_password": "tin ladder violet 41", "new_password": PASSWORD}).expect(200)


def test_PWD_5_a_password_of_ten_megabytes_is_refused_before_it_is_hashed(server):
    body = {"email": "owner@example.com", "password": "x" * 10_000_000}
    assert Client(server.url).post("/v1/auth/sign-in", body).expect(413).json["code"] == "body_too_large"
    body["password"] = "x" * 900_000
    Client(server.url).post("/v1/auth/sign-in", body).expect(422)
