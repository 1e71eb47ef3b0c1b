"""Settings of the portal: Django's own, and where the NHS services are."""

import os
import secrets

SECRET_KEY = os.environ.get("SECRET_KEY") or secrets.token_hex(32)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
ROOT_URLCONF = "portal.urls"
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
# On the server, not in the cookie: a session holds tokens. With more than one process use a shared cache.
SESSION_ENGINE = "django.contrib.sessions.backends.cache"

# Against the real services: https://auth.sandpit.signin.nhs.uk and https://int.api.service.nhs.uk.
NHS_LOGIN_URL = os.environ.get("NHS_LOGIN_URL", "")
APIM_URL = os.environ.get("APIM_URL", "")
CLIENT_ID = os.environ.get("CLIENT_ID", "")
PRIVATE_KEY = os.environ.get("PRIVATE_KEY", "")
KID = os.environ.get("KID", "")
