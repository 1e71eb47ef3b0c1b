import os

import requests

apim, app, secret = (os.environ[name] for name in ("APIM_URL", "CLIENT_ID", "CLIENT_SECRET"))

# 1. Post the newest refresh token, as a form: each is good for one request.
form = {
    "grant_type": "refresh_token",
    "refresh_token": os.environ["REFRESH_TOKEN"],
    "client_id": app,
    "client_secret": secret,
}
tokens = requests.post(f"{apim}/oauth2/token", data=form, timeout=10).json()

# 2. Keep both new tokens: the answer has a new refresh token, too.
bearer, kept = {"Authorization": f"Bearer {tokens['access_token']}"}, tokens["refresh_token"]

# 3. Call the API.
print(requests.get(f"{apim}/hello-world/hello/user", headers=bearer, timeout=10).text)
