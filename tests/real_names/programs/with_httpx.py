import os

import httpx

URL = "https://int.api.service.nhs.uk/oauth2/token"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
with httpx.Client(timeout=30) as client:
    for body in (os.environ["WRONG"], os.environ["RIGHT"]):
        answer = client.post(URL, content=body, headers=FORM)
        print(answer.text, answer.status_code)
    try:
        client.get("https://www.example.com/")
    except httpx.ProxyError:
        print("refused")
