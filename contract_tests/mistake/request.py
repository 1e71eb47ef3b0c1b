"""Mistakes in the request around its tokens: method, path, content type, and the form's plain fields."""

from contract_tests.draft import ACCESS_TOKEN, FORM, ID_TOKEN, TOKEN_EXCHANGE, Draft


def unknown_path(draft: Draft) -> None:
    """Call a path that is nobody's."""
    draft.path = "/oauth2/tokens"


def trailing_slash(draft: Draft) -> None:
    """Call the token endpoint with a slash too many."""
    draft.path = "/oauth2/token/"


def post_to_callback(draft: Draft) -> None:
    """Post to a path that only takes GET, and has no 405."""
    draft.path = "/oauth2/callback"


def post_to_userinfo(draft: Draft) -> None:
    """Post to a path that only takes GET, and has no 405."""
    draft.path = "/oauth2/userinfo"


def post_to_ping(draft: Draft) -> None:
    """Post to a path that only takes GET and HEAD, and has no 405."""
    draft.path = "/oauth2/_ping"


def get_of_logout(draft: Draft) -> None:
    """Get a path that only takes POST, and has no 405."""
    draft.method, draft.path = "GET", "/oauth2/backchannel_logout"


def post_to_authorize(draft: Draft) -> None:
    """Post to the authorize endpoint, which takes GET."""
    draft.path = "/oauth2/authorize"


def head_of_authorize(draft: Draft) -> None:
    """Ask for the head of the authorize endpoint."""
    draft.method, draft.path = "HEAD", "/oauth2/authorize"


def delete_of_authorize(draft: Draft) -> None:
    """Delete the authorize endpoint."""
    draft.method, draft.path = "DELETE", "/oauth2/authorize"


def get_of_token(draft: Draft) -> None:
    """Get the token endpoint, which takes POST."""
    draft.method = "GET"


def head_of_token(draft: Draft) -> None:
    """Ask for the head of the token endpoint."""
    draft.method = "HEAD"


def put_to_token(draft: Draft) -> None:
    """Put to the token endpoint."""
    draft.method = "PUT"


def patch_of_token(draft: Draft) -> None:
    """Patch the token endpoint."""
    draft.method = "PATCH"


def options_without_origin(draft: Draft) -> None:
    """Ask for the options of the token endpoint without being a browser's preflight."""
    draft.method = "OPTIONS"
    draft.headers["Access-Control-Request-Method"] = "POST"


def options_without_requested_method(draft: Draft) -> None:
    """Ask for the options with an origin and without the method a preflight names."""
    draft.method = "OPTIONS"
    draft.headers["Origin"] = "https://app.example"


def json_content_type(draft: Draft) -> None:
    """Call the form JSON."""
    draft.headers["Content-Type"] = "application/json"


def multipart_content_type(draft: Draft) -> None:
    """Call the form a multipart one."""
    draft.headers["Content-Type"] = "multipart/form-data; boundary=part"


def no_content_type(draft: Draft) -> None:
    """Do not say what the body is."""
    del draft.headers["Content-Type"]


def no_subject_token_type(draft: Draft) -> None:
    """Exchange without saying what is exchanged."""
    del draft.form["subject_token_type"]


def empty_subject_token_type(draft: Draft) -> None:
    """Leave the type of what is exchanged empty."""
    draft.form["subject_token_type"] = ""


def access_token_as_subject_token_type(draft: Draft) -> None:
    """Exchange an access token, by its type."""
    draft.form["subject_token_type"] = ACCESS_TOKEN


def second_subject_token_type_right(draft: Draft) -> None:
    """Send the right type after a wrong one."""
    draft.form["subject_token_type"] = [ACCESS_TOKEN, ID_TOKEN]


def password_grant(draft: Draft) -> None:
    """Use a grant type of OAuth that the service does not have."""
    draft.form["grant_type"] = "password"


def unknown_grant_type(draft: Draft) -> None:
    """Misspell the grant type."""
    draft.form["grant_type"] = "client-credentials"


def second_grant_type_right(draft: Draft) -> None:
    """Send the right grant type after a wrong one."""
    draft.form["grant_type"] = ["password", draft.form["grant_type"]]


def no_grant_type(draft: Draft) -> None:
    """Leave the grant type out."""
    del draft.form["grant_type"]


def empty_grant_type(draft: Draft) -> None:
    """Leave the grant type empty."""
    draft.form["grant_type"] = ""


def grant_type_in_the_query(draft: Draft) -> None:
    """Send the grant type in the query string, where nobody reads it."""
    draft.query = f"grant_type={draft.form.pop('grant_type')}"


def no_client_assertion_type(draft: Draft) -> None:
    """Leave the type of the client assertion out."""
    del draft.form["client_assertion_type"]


def empty_client_assertion_type(draft: Draft) -> None:
    """Leave the type of the client assertion empty."""
    draft.form["client_assertion_type"] = ""


def saml_client_assertion_type(draft: Draft) -> None:
    """Name the other type of client assertion that OAuth has."""
    draft.form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"


def second_client_assertion_type_right(draft: Draft) -> None:
    """Send the right type of client assertion after a wrong one."""
    draft.form["client_assertion_type"] = ["jwt-bearer", draft.form["client_assertion_type"]]


def client_credentials_grant_with_an_id_token(draft: Draft) -> None:
    """Mix the two kinds of request: the grant type of one, the subject token type of the other."""
    draft.form["grant_type"] = "client_credentials"
    draft.form["subject_token_type"] = ID_TOKEN


def exchange_without_grant_type(draft: Draft) -> None:
    """Exchange without a grant type."""
    del draft.form["grant_type"]


def exchange_with_empty_grant_type(draft: Draft) -> None:
    """Exchange with an empty grant type."""
    draft.form["grant_type"] = ""


def exchange_with_second_grant_type_right(draft: Draft) -> None:
    """Send the grant type of the exchange after a wrong one."""
    draft.form["grant_type"] = ["refresh_token", TOKEN_EXCHANGE]


def content_type_with_a_charset(draft: Draft) -> None:
    """Name a charset beside the right content type, where that is refused."""
    draft.headers["Content-Type"] = f"{FORM}; charset=utf-8"
