import os
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import requests

apim, app, secret, callback = (os.environ[name] for name in ("APIM_URL", "CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI"))

# 1. Send the browser to the platform, and read the address at which it comes back.
own = {"client_id": app, "redirect_uri": callback}
state = str(uuid4())
asked = {**own, "response_type": "code", "scope": "nhs-cis2", "state": state}
print(f"{apim}/oauth2/authorize?{urlencode(asked)}", flush=True)
back = parse_qs(urlsplit(input()).query)
if back["state"] != [state]:
    raise SystemExit("not the answer to this log-in")

# 2. Redeem the code, once, as a form. There is no assertion and no id_token.
form = {**own, "client_secret": secret, "grant_type": "authorization_code", "code": back["code"][0]}
token = requests.post(f"{apim}/oauth2/token", data=form, timeout=10).json()["access_token"]

# 3. Ask who it is, and call the API, with the same token.
bearer = {"Authorization": f"Bearer {token}"}
print("logged in:", requests.get(f"{apim}/oauth2/userinfo", headers=bearer, timeout=10).json()["sub"])
print(requests.get(f"{apim}/hello-world/hello/user", headers=bearer, timeout=10).text)
