"""Errors of OAuth and OpenID Connect as other issuers answer them: written after the standards, a paragraph each.

None of them can be an answer of the API platform, CIS2 or NHS login: the sentence or the host is another. So nobody
can say from here what its cause is.
"""

JSON = (
    # RFC 6749, 5.2: the token endpoint
    '{"error":"invalid_request","error_description":"The request is missing the parameter grant_type."}',
    '{"error":"invalid_request","error_description":"Parameter scope was sent more than once."}',
    '{"error":"invalid_request","error_description":"Only one way to authenticate the client may be used."}',
    '{"error":"invalid_client","error_description":"Shared secret does not match"}',
    '{"error":"invalid_client","error_description":"No client authentication was included."}',
    '{"error":"invalid_client","error_description":"The client is not registered with this authorization server."}',
    (
        '{"error":"invalid_client","error_description":"Client authentication method is not supported.",'
        '"error_uri":"https://issuer.example/errors#invalid_client"}'
    ),
    '{"error":"invalid_grant","error_description":"The grant is no longer on record"}',
    '{"error":"invalid_grant","error_description":"Resource owner credentials were rejected."}',
    '{"error":"invalid_grant","error_description":"That code was issued to a different client."}',
    '{"error":"invalid_grant","error_description":"redirect_uri differs from the authorization request."}',
    '{"error":"invalid_grant","error_description":"This refresh token was revoked by its owner on 2 March."}',
    '{"error":"unauthorized_client","hint":"Ask the administrator of issuer.example."}',
    '{"error":"unauthorized_client","error_description":"The client may not use the password grant."}',
    '{"error":"unsupported_grant_type","error_description":"Grant type urn:example:magic is not known here."}',
    '{"error":"invalid_scope","error_description":"Scope photos.write exceeds what the owner granted."}',
    (
        '{\n  "error": "invalid_scope",\n  "error_description": "calendar is unknown",\n  "time": "11:04:05",'
        '\n  "trace_id": "d8a2"\n}'
    ),
    # RFC 6749, 4.1.2.1: the authorization endpoint
    '{"error":"access_denied","error_description":"The resource owner said no."}',
    '{"error":"unsupported_response_type","error_description":"Use response_type=code."}',
    '{"error":"server_error","error_description":"Something unexpected happened. We are looking into it."}',
    '{"error":"temporarily_unavailable","error_description":"Maintenance until 06:00."}',
    # RFC 6750, 3.1: a protected resource
    '{"error":"invalid_token","error_description":"Token is not from this issuer"}',
    '{"error":"invalid_token","error_description":"Signature verification failed at the resource server"}',
    '{"error":"insufficient_scope","scope":"orders:read orders:write"}',
    # RFC 7009 and RFC 7662: revocation and introspection
    '{"error":"unsupported_token_type","error_description":"Access tokens cannot be revoked here."}',
    '{"error":"invalid_request","error_description":"Introspection wants a parameter token."}',
    '{"active":false}',
    # RFC 7591 and RFC 7592: registration
    '{"error":"invalid_redirect_uri","error_description":"The redirection URI http://odd.example is not allowed."}',
    '{"error":"invalid_client_metadata","error_description":"jwks and jwks_uri exclude each other."}',
    '{"error":"invalid_software_statement","error_description":"The statement is signed by a stranger."}',
    '{"error":"unapproved_software_statement"}',
    # RFC 7521 and RFC 7523: assertions
    '{"error":"invalid_grant","error_description":"aud of the assertion names another server"}',
    '{"error":"invalid_client","error_description":"assertion has expired"}',
    '{"error":"invalid_client","error_description":"client_assertion_type urn:example:saml is not one of ours"}',
    '{"error":"invalid_client","error_description":"The issuer of the assertion must be the client itself"}',
    '{"error":"invalid_grant","error_description":"assertion lifetime exceeds 300 seconds"}',
    # RFC 7636: PKCE
    '{"error":"invalid_request","error_description":"code challenge required"}',
    '{"error":"invalid_request","error_description":"transform algorithm not supported"}',
    '{"error":"invalid_grant","error_description":"PKCE verification failed"}',
    # RFC 8628: devices
    '{"error":"authorization_pending"}',
    '{"error":"slow_down","error_description":"Poll every 10 seconds."}',
    '{"error":"expired_token","error_description":"The device code is no longer good."}',
    # RFC 8693 and RFC 8707: token exchange and resources
    '{"error":"invalid_target","error_description":"https://backend.example.com/ is not served by this issuer"}',
    '{"error":"invalid_request","error_description":"requested_token_type urn:example:gold is unknown"}',
    '{"error":"invalid_request","error_description":"actor_token_type must accompany actor_token"}',
    '{"error":"invalid_grant","error_description":"The token to be exchanged was issued to someone else."}',
    # RFC 8705 and RFC 9449: certificates and DPoP
    '{"error":"invalid_client","error_description":"A client certificate is required on this connection."}',
    '{"error":"invalid_grant","error_description":"The certificate is not the one that the code is bound to."}',
    '{"error":"invalid_dpop_proof","error_description":"htu does not match the URI of the request"}',
    '{"error":"use_dpop_nonce","error_description":"Authorization server requires nonce in DPoP proof"}',
    # RFC 9101 and RFC 9126: request objects, pushed requests
    '{"error":"invalid_request_uri","error_description":"urn:ietf:params:oauth:request_uri:bwc4 has expired"}',
    '{"error":"invalid_request_object","error_description":"Signature missing"}',
    '{"error":"request_not_supported","error_description":"Send plain parameters"}',
    '{"error":"request_uri_not_supported","error_description":"Send plain parameters"}',
    '{"error":"registration_not_supported","error_description":"No dynamic registration."}',
    # RFC 9396 and RFC 9470: details, step-up
    '{"error":"invalid_authorization_details","error_description":"type payment_initiation lacks instructedAmount"}',
    (
        '{"error":"insufficient_user_authentication","error_description":"A different authentication level is required"'
        ',"acr_values":"urn:example:gold"}'
    ),
    # OpenID Connect Core 3.1.2.6, and CIBA
    '{"error":"interaction_required","error_description":"A page would have to be shown"}',
    '{"error":"login_required","error_description":"prompt=none, but nobody is logged in"}',
    '{"error":"account_selection_required"}',
    '{"error":"consent_required","error_description":"The owner has not agreed to profile yet"}',
    '{"error":"unmet_authentication_requirements"}',
    '{"error":"unknown_user_id","error_description":"login_hint names nobody"}',
    '{"error":"expired_login_hint_token"}',
    '{"error":"missing_user_code"}',
    '{"error":"invalid_binding_message","error_description":"Longer than this device can show"}',
    '{"error":"transaction_failed"}',
)
"""The bodies alone."""

CHALLENGES = (
    # RFC 6750, 3; RFC 9449, 7.1; RFC 9470, 3; RFC 9728, 5.1; RFC 7617, 2
    'HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer realm="photos.example"\n\n',
    (
        'HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer realm="example",\n   error="invalid_token",\n'
        '   error_description="The token is past its time"\n\n'
    ),
    'HTTP/1.1 403 Forbidden\nWWW-Authenticate: Bearer realm="example", error="insufficient_scope", scope="orders"\n\n',
    (
        'HTTP/1.1 400 Bad Request\nWWW-Authenticate: Bearer error="invalid_request", '
        'error_description="Two methods of transmitting the token were used"\n\n'
    ),
    (
        'HTTP/1.1 401 Unauthorized\nWWW-Authenticate: DPoP error="use_dpop_nonce", '
        'error_description="Resource server requires nonce in DPoP proof"\nDPoP-Nonce: eyJ7S_zG.iJ8.z\n\n'
    ),
    (
        'HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer error="insufficient_user_authentication", '
        'error_description="More recent authentication is required", max_age="5"\n\n'
    ),
    (
        "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer resource_metadata="
        '"https://resource.example.com/.well-known/oauth-protected-resource"\n\n'
    ),
    (
        'HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Basic realm="token endpoint of issuer.example"\n'
        'Content-Type: application/json\n\n{"error":"invalid_client","error_description":"Wrong password"}'
    ),
)
"""Answers of which the header says why."""

REDIRECTS = (
    # RFC 6749, 4.1.2.1 and 4.2.2.1; OpenID Connect Core 3.1.2.6; RFC 9207
    "https://client.example.com/cb?error=access_denied&error_description=The+owner+said+no&state=xyz",
    "https://client.example.com/cb?error=invalid_scope&error_description=The+scope+mail+is+not+known&state=af0ifjsldkj",
    "https://client.example.org/cb#error=login_required&error_description=Nobody+is+here&state=af0ifjsldkj",
    "https://client.example.org/cb?error=consent_required&error_description=Ask%20the%20owner&state=1",
    "https://client.example.com/cb?error=server_error&error_description=Try+again&iss=https%3A%2F%2Fissuer.example",
    (
        "HTTP/1.1 302 Found\nLocation: https://client.example.org/cb?error=invalid_request"
        "&error_description=Unsupported%20response_type%20value&state=af0ifjsldkj\n\n"
    ),
)
"""Errors that come back by the browser."""

EXCHANGES = (
    # RFC 6749, 2.3.1, 4.4 and 6; RFC 7009; RFC 8628; RFC 7523, 2.2
    (
        "POST /token HTTP/1.1\nHost: server.example.com\nAuthorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW\n"
        "Content-Type: application/x-www-form-urlencoded\n\ngrant_type=client_credentials\n\n"
        'HTTP/1.1 401 Unauthorized\nContent-Type: application/json\n\n{"error":"invalid_client"}'
    ),
    (
        "curl https://issuer.example/token -d grant_type=refresh_token -d refresh_token=tGzv3JOkF0XG5Qx2TlKWIA\n"
        '{"error":"invalid_grant","error_description":"No such refresh token"}'
    ),
    (
        "POST /revoke HTTP/1.1\nHost: server.example.com\nContent-Type: application/x-www-form-urlencoded\n\n"
        "token=45ghiukldjahdnhzdauz&token_type_hint=refresh_token\n\n"
        'HTTP/1.1 503 Service Unavailable\nRetry-After: 120\n\n{"error":"temporarily_unavailable"}'
    ),
    (
        "POST /device/token HTTP/1.1\nHost: issuer.example\nContent-Type: application/x-www-form-urlencoded\n\n"
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhs"
        'zIySk9eS&client_id=1406020730\n\nHTTP/1.1 400 Bad Request\n\n{"error":"authorization_pending"}'
    ),
    (
        "> POST /as/token.oauth2 HTTP/2\n> Host: as.example.com\n< HTTP/2 400\n< content-type: application/json\n<\n"
        '{"error":"invalid_grant","error_description":"subject of the assertion is unknown to as.example.com"}'
    ),
)
"""A request to another host, and its answer."""

MESSAGES = (
    (
        "oauthlib.oauth2.rfc6749.errors.MismatchingStateError: (mismatching_state) CSRF Warning! State not equal in "
        "request and response."
    ),
    "authlib.integrations.base_client.errors.OAuthError: access_denied: The resource owner said no",
    "2026-03-02 11:04:05 ERROR login - issuer.example answered 400: invalid_grant (authorization code already spent)",
    "OPError: invalid_client (the client could not be authenticated at op.example)",
    (
        "[invalid_token_response] An error occurred while attempting to retrieve the OAuth 2.0 Access Token Response: "
        '400 Bad Request: "{"error":"unsupported_grant_type","error_description":"not password"}"'
    ),
    'panic: oauth2: "invalid_scope" "unknown scope: calendar"',
    "Fatal: token request to https://login.example.net/oauth2/token failed with 401 (invalid_client)",
    "RPError: unexpected iss value, expected https://op.example got: https://other.example",
    (
        "Why does my server say {'error': 'unauthorized_client', 'error_description': 'client is not allowed here'} "
        "since Monday? It is our own issuer."
    ),
    "our IdP (https://idp.example.org) returns error=temporarily_unavailable for about 2 % of all log-ins",
    "jwks_uri https://op.example/jwks answered 404, so no key fits kid 2026-01",
    "Error: unable to verify the id_token: nonce mismatch, expected n-0S6_WzA2Mj, got: undefined",
    'SEVERE: Token introspection at https://as.example.com/introspect: 401 {"error":"invalid_client"}',
    "WARN [dpop] proof rejected by as.example.com: iat too far in the past",
)
"""What libraries and people make of it."""

ERRORS = (*JSON, *CHALLENGES, *REDIRECTS, *EXCHANGES, *MESSAGES)
