import os

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

URL = "https://int.api.service.nhs.uk/oauth2/token"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
session = URLLib3Session(
    proxies=get_environ_proxies(URL),
    verify=os.environ["AWS_CA_BUNDLE"],  # type: ignore[arg-type] # a path as well, as botocore's own clients give it
)
for body in (os.environ["WRONG"], os.environ["RIGHT"]):
    answer = session.send(AWSRequest("POST", URL, headers=FORM, data=body).prepare())
    print(answer.text, answer.status_code)
try:
    session.send(AWSRequest("GET", "https://www.example.com/").prepare())
except BotoCoreError:
    print("refused")
