import os
import urllib.error
import urllib.request

URL = "https://int.api.service.nhs.uk/oauth2/token"
for body in (os.environ["WRONG"], os.environ["RIGHT"]):
    try:
        answer = urllib.request.urlopen(URL, body.encode(), timeout=30)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    print(answer.read().decode(), answer.status)
try:
    urllib.request.urlopen("https://www.example.com/", timeout=30)
except urllib.error.URLError:
    print("refused")
