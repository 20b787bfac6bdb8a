"""A provider of OpenID Connect on the loopback, which lets in whoever `who` names: for the tests of signing in."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "layerloom", "a secret of the provider's"
SETTINGS = """
[auth]
redirect_uri = "{dashboard}/oauth2callback"
cookie_secret = "{cookie_secret}"
client_id = "{client}"
client_secret = "{secret}"
server_metadata_url = "{issuer}/.well-known/openid-configuration"
"""


class Provider:
    """The provider: where it is, and whom it lets in next, by their subject."""

    def __init__(self, issuer: str) -> None:
        self.issuer, self.who = issuer, "ada"
        self._key = RSAKey.generate_key(2048, {"kid": "one"})
        self._given: dict[str, tuple[str, str]] = {}

    def settings(self, dashboard: str, cookie_secret: str) -> str:
        """What stands in `secrets.toml` of a dashboard at that address."""
        return SETTINGS.format(
            dashboard=dashboard, cookie_secret=cookie_secret, client=CLIENT, secret=SECRET, issuer=self.issuer
        )

    def routes(self) -> list[Route]:
        """What a client asks of it."""
        return [
            Route("/.well-known/openid-configuration", self.describe),
            Route("/authorize", self.authorize),
            Route("/token", self.tell_who, methods=["POST"]),
            Route("/keys", self.keys),
        ]

    def describe(self, _: Request) -> Response:
        """Where everything is."""
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    def authorize(self, request: Request) -> Response:
        """Let them in at once, and send them back with a code."""
        asked, code = request.query_params, secrets.token_urlsafe()
        self._given[code] = self.who, asked["nonce"]
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    async def tell_who(self, request: Request) -> Response:
        """Who the code was given to, signed."""
        who, nonce = self._given.pop((await request.form())["code"])
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": who, "aud": CLIENT, "iat": now, "exp": now + 600, "nonce": nonce}
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self._key)
        return JSONResponse({"access_token": "none", "token_type": "Bearer", "id_token": signed, "expires_in": 600})

    def keys(self, _: Request) -> Response:
        """The key by which its signature is checked."""
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})


@contextmanager
def provided() -> Iterator[Provider]:
    """A provider that answers until the block ends."""
    door = socket.create_server(("127.0.0.1", 0))
    provider = Provider(f"http://127.0.0.1:{door.getsockname()[1]}")
    app = Starlette(routes=provider.routes())
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, args=([door],), daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(10)
