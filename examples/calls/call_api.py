import os
from uuid import uuid4

import requests

# 1. Get an access token from the same environment, and renew it before its ten minutes are over.
apim, token = os.environ["APIM_URL"], os.environ["ACCESS_TOKEN"]

# 2. Call the API, each time with new ids: its team asks for them when you report a failure.
headers = {
    "Authorization": f"Bearer {token}",
    "X-Request-ID": str(uuid4()),
    "X-Correlation-ID": str(uuid4()),
}
print(requests.get(f"{apim}/hello-world/hello/user", headers=headers, timeout=10).text)
