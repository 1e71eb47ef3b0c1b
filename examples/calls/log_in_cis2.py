import os
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import jwt  # PyJWT
import requests

cis2, client = os.environ["CIS2_URL"], os.environ["CLIENT_ID"]

# 1. Send the browser to CIS2, and read the address at which it comes back.
own = {"client_id": client, "redirect_uri": os.environ["REDIRECT_URI"]}
state, nonce = str(uuid4()), str(uuid4())
asked = {**own, "response_type": "code", "scope": "openid profile", "state": state, "nonce": nonce}
print(f"{cis2}/authorize?{urlencode(asked)}", flush=True)
back = parse_qs(urlsplit(input()).query)
if back["state"] != [state]:
    raise SystemExit("not the answer to this log-in")

# 2. Redeem the code, once, at CIS2.
form = {
    **own,
    "client_secret": os.environ["CLIENT_SECRET"],
    "grant_type": "authorization_code",
    "code": back["code"][0],
}
id_token = requests.post(f"{cis2}/access_token", data=form, timeout=10).json()["id_token"]

# 3. Check the id_token: its signature by the provider's key set, too. Then exchange it at the platform.
claims = jwt.decode(id_token, options={"verify_signature": False})
if claims["nonce"] != nonce:
    raise SystemExit("not the id_token of this log-in")
print("logged in:", claims["sub"])
