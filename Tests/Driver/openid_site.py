"""A real OpenID provider for the tests: django-oauth-toolkit on a file of its own, served by the standard library.

Run as `openid_site.py FOLDER PORT REDIRECT…`; prints `ready` when it listens. `FOLDER/twists.json` says what its tokens
lie about, and is read for each of them: a test plays a broken or hostile provider by it."""
import datetime
import json
import pathlib
import socketserver
import sys
import wsgiref.simple_server

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

FOLDER, PORT, REDIRECTS = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
ISSUER = f"http://localhost:{PORT}/o"
CLIENT = ("raptorflow-tests", "a secret of both: 100% & more")
LOGIN = """<!doctype html><title>Provider</title><h1>Sign in at the provider</h1><form method="post">{% csrf_token %}
{{ form.as_p }}<input type="hidden" name="next" value="{{ next }}"><button>Sign in</button></form>"""
KEY = rsa.generate_private_key(65537, 2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()

settings.configure(
    SECRET_KEY="for tests only", ALLOWED_HOSTS=["localhost"], ROOT_URLCONF=__name__, USE_TZ=True,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "oauth2_provider"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(FOLDER / "provider.db"),
                           "OPTIONS": {"timeout": 20}}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {
        "context_processors": ["django.template.context_processors.request"],
        "loaders": [("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN}),
                    "django.template.loaders.app_directories.Loader"]}}],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"], LOGIN_URL="/login",
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True, "OIDC_RSA_PRIVATE_KEY": KEY, "OIDC_ISS_ENDPOINT": ISSUER, "PKCE_REQUIRED": True,
        "SCOPES": {"openid": "who you are", "email": "your address", "profile": "your name"},
        "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True, "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
        "OAUTH2_VALIDATOR_CLASS": f"{__name__}.Validator", "ALLOWED_REDIRECT_URI_SCHEMES": ["http"]})
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.views import LoginView  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.models import get_application_model  # noqa: E402
from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: E402

urlpatterns = [path("login", LoginView.as_view()), path("o/", include("oauth2_provider.urls"))]


def twists():
    file = FOLDER / "twists.json"
    return json.loads(file.read_text()) if file.exists() else {}


class Validator(OAuth2Validator):
    """Adds the person's claims, and the lies of the day."""

    oidc_claim_scope = {**OAuth2Validator.oidc_claim_scope, "email_verified": "email"}

    def get_additional_claims(self, request):
        person = request.user
        return {"email": person.email, "email_verified": person.username.startswith("true"), "name": person.first_name}

    def get_id_token_dictionary(self, token, token_handler, request):
        claims, expires = super().get_id_token_dictionary(token, token_handler, request)
        lies = twists()
        if lies.get("only_userinfo"):
            del claims["email"], claims["email_verified"]
        now = int(datetime.datetime.now(datetime.timezone.utc).timestamp())
        claims.update({name: now + value if name in ("iat", "exp", "nbf", "auth_time") else value
                       for name, value in lies.get("claims", {}).items()})
        return claims, expires


class Threads(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


def main():
    call_command("migrate", verbosity=0)
    people = json.loads((FOLDER / "people.json").read_text())
    for name, email in people.items():
        get_user_model().objects.create_user(name, email, "at the provider", first_name=name.split(".")[-1].title())
    get_application_model().objects.create(
        name="RaptorFlow", client_id=CLIENT[0], client_secret=CLIENT[1], redirect_uris=" ".join(REDIRECTS),
        client_type="confidential", authorization_grant_type="authorization-code", algorithm="RS256")
    with wsgiref.simple_server.make_server(
            "127.0.0.1", PORT, get_wsgi_application(), server_class=Threads, handler_class=Quiet) as server:
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    sys.modules.setdefault("openid_site", sys.modules[__name__])
    main()
