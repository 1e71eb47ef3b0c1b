import os

import requests

URL = "https://int.api.service.nhs.uk/oauth2/token"
for body in (os.environ["WRONG"], os.environ["RIGHT"]):
    answer = requests.post(URL, body, headers={"Content-Type": "application/x-www-form-urlencoded"}, timeout=30)
    print(answer.text, answer.status_code)
try:
    requests.get("https://www.example.com/", timeout=30)
except requests.ConnectionError:
    print("refused")
