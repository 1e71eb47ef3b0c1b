import os
from time import time
from uuid import uuid4

import jwt  # PyJWT, with cryptography
import requests

apim, app, kid, key = (os.environ[name] for name in ("APIM_URL", "CLIENT_ID", "KID", "PRIVATE_KEY"))

# 1. Sign an assertion: a new one for each request, for five minutes at most.
token_url = f"{apim}/oauth2/token"
claims = {"iss": app, "sub": app, "aud": token_url, "jti": str(uuid4()), "exp": int(time()) + 290}
assertion = jwt.encode(claims, key, algorithm="RS512", headers={"kid": kid})

# 2. Post it as a form.
form = {
    "grant_type": "client_credentials",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "client_assertion": assertion,
}
token = requests.post(token_url, data=form, timeout=10).json()["access_token"]

# 3. Call the API.
bearer = {"Authorization": f"Bearer {token}"}
print(requests.get(f"{apim}/hello-world/hello/application", headers=bearer, timeout=10).text)
