"""What only the service itself knows, by the rule that asks for it, and where to look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_PORTAL: Final = "in the developer portal, on the page of the app"
_SUPPORT: Final = "NHS England's support can look for the message_id"

WHERE_TO_LOOK: Final[Mapping[str, str]] = {
    # The token service: the app and its assertion
    "check_client_assertion_jti_fresh": "Was this jti sent before? Look for an earlier request with the same "
    "assertion in your log, a retry or a cache of assertions; each request wants a new one.",
    "claim_client_assertion_jti": "Was this assertion sent twice at the same moment? Look for parallel requests.",
    "find_app": "Is the API key that iss and sub name an approved app of this environment, with a product for it? "
    f"Look {_PORTAL}.",
    "claim_quota": "Were there more requests in this minute than the app's quota? Count them in your log.",
    "check_public_key_registered": f"Is a public key URL registered for the app? Look {_PORTAL}.",
    "fetch_app_jwks": "Can the platform fetch the app's key set from the internet, without log-in? Open its URL from "
    "outside your network.",
    "check_app_jwks_readable": "Does the app's key set URL answer a key set? Open it; give what it answers with "
    "--jwks.",
    "find_app_jwk": "Does the app's key set hold the kid of the assertion? Give the key set with --jwks. The "
    "platform keeps a set for an hour.",
    "decode_app_key": "Is the registered key an RSA key of 4096 bits? Give the key set with --jwks.",
    "check_client_assertion_signature": "Was the assertion signed by the key that is registered under its kid? Give "
    "the key set with --jwks.",
    "find_app_scopes": f"Has the app a product with access for applications? Look {_PORTAL}.",
    # The token service: the person
    "fetch_provider_jwks": "Could the platform fetch the identity provider's key set? Look at the provider's status "
    "page.",
    "find_provider_jwk": "Does the identity provider's key set hold the kid of the id_token? Compare it with "
    "jwks_uri of the provider's discovery document.",
    "check_subject_token_signature": "Did the identity provider sign this id_token, unchanged? Compare it with the "
    "token answer that it came in.",
    "find_user_scopes": f"Has the app a product for people at this level? Look {_PORTAL}.",
    # The token service: codes, secrets, refresh tokens
    "find_app_by_client_id": f"Is client_id the API key of an app of this environment? Look {_PORTAL}.",
    "find_app_of_query": f"Is client_id the API key of an app of this environment? Look {_PORTAL}.",
    "check_app_approved": f"Is the app approved? Look {_PORTAL}.",
    "check_developer_active": f"Is the app's owner active? {_SUPPORT}.",
    "check_company_active": f"Is the company of the app active? {_SUPPORT}.",
    "check_key_approved": f"Is the API key approved, and not expired? Look {_PORTAL}.",
    "check_app_subscribed": f"Has the app a product that covers this service? Look {_PORTAL}.",
    "check_client_secret": "Is client_secret the client's? Compare it with what you were given for this environment.",
    "find_redirect_uri": "Is the redirect_uri registered, to the letter? Compare it with the callback URL of the app.",
    "check_redirect_uri_registered": "Is the redirect_uri registered, to the letter? Compare it with the callback "
    "URL of the app.",
    "find_code": "Did this service issue the code? The platform, CIS2 and NHS login each accept only their own.",
    "check_redirect_uri_of_log_in": "Is the redirect_uri that of the log-in? Compare it with the authorize request.",
    "check_code_live": "Is the code still good? Look in your log for the time between the log-in and this request.",
    "check_session_of_code": "Has the person logged out in between? Look in your log.",
    "claim_code": "Was the code redeemed before? Look in your log for another request with it.",
    "find_refresh_token": "Did this environment issue the refresh token, to this app? Look at the token answer it is "
    "from.",
    "check_refresh_token_not_revoked": "Has the person logged out since? Look in your log.",
    "check_refresh_token_live": "Is the refresh token still good? Look at refresh_token_expires_in of the answer it "
    "is from.",
    "claim_refresh_token": "Was the refresh token used before? Each is good once; look for another request with it.",
    "find_pending": "Is the state one that the platform gave? Look at the redirect that the browser came from.",
    # APIs
    "check_api_known": "Is there an API at this path in this environment? Compare it with the API's own page.",
    "find_token": "Did this environment issue the access token? Look at the token answer that it is from.",
    "check_token_not_revoked": "Has the person logged out since? Look in your log.",
    "check_token_live": "Is the access token still good? It lives 10 minutes; look at expires_in of its answer.",
    "check_app_of_token": f"Is the app behind the token still approved? Look {_PORTAL}.",
    "check_token_for_api": f"Has the app a product for this API? Look {_PORTAL}.",
    "check_scope": "Has the token the scope that this API asks for? Look at the API's page, and at the app's products.",
    "check_scope_by_newest_suite": "Has the token the scope that this API asks for? Look at the API's page.",
    "check_api_key_known": f"Is the apikey header the key of an app of this environment? Look {_PORTAL}.",
    "check_api_key_approved": f"Is the app behind the API key approved? Look {_PORTAL}.",
    "check_api_key_for_api": f"Has the app a product for this API? Look {_PORTAL}.",
    # Identity providers
    "find_authorizing_client": "Is the client registered in this environment of the provider? Look at its "
    "registration.",
    "find_client": "Is the client registered in this environment of the provider? Look at its registration.",
    "fetch_client_keys": "Can the provider fetch the client's keys? Look at what is registered there.",
    "check_assertion_key": "Is the key of this kid registered at the provider? Look at the registration, or give the "
    "key set with --jwks.",
    "check_assertion_signature": "Was the assertion signed by the registered key, with the registered algorithm? "
    "Look at the registration, or give the key set with --jwks.",
    "check_method_registered": "Is this the way to authenticate that is registered for the client? Look there.",
    "check_grant_registered": "Is the client registered for this grant? Look at its registration.",
    "check_code_of_request": "Was the code issued to this client, for this redirect_uri, and not used before? "
    "Compare both with the authorize request.",
    "check_scopes_permitted": "May the client ask for these scopes? Look at its registration.",
    "find_access_token": "Did this provider issue the access token? Look at the token answer that it is from.",
    "check_refresh_token_own": "Was the refresh token issued to this client? Look at the token answer it is from.",
}
