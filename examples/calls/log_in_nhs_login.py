import os
from time import time
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import jwt  # PyJWT, with cryptography
import requests

nhs_login, client, key, callback = (
    os.environ[name] for name in ("NHS_LOGIN_URL", "CLIENT_ID", "PRIVATE_KEY", "REDIRECT_URI")
)

# 1. Send the browser to NHS login, and read the address at which it comes back.
state, nonce = str(uuid4()), str(uuid4())
own = {"client_id": client, "redirect_uri": callback}
asked = {**own, "response_type": "code", "scope": "openid profile", "state": state, "nonce": nonce}
print(f"{nhs_login}/authorize?{urlencode(asked)}", flush=True)
back = parse_qs(urlsplit(input()).query)
if back["state"] != [state]:
    raise SystemExit("not the answer to this log-in")

# 2. Redeem the code, once, at NHS login, with an assertion that is for NHS login.
token_url = f"{nhs_login}/token"
claims = {"iss": client, "sub": client, "aud": token_url, "jti": str(uuid4()), "exp": int(time()) + 290}
form = {
    "grant_type": "authorization_code",
    "redirect_uri": callback,
    "code": back["code"][0],
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "client_assertion": jwt.encode(claims, key, algorithm="RS512"),
}
id_token = requests.post(token_url, data=form, timeout=10).json()["id_token"]

# 3. Check the id_token: its signature by the provider's key set, too. Then exchange it at the platform.
person = jwt.decode(id_token, options={"verify_signature": False})
if person["nonce"] != nonce:
    raise SystemExit("not the id_token of this log-in")
print("logged in:", person["sub"])
