"""What tests read of the platform's answers."""

from urllib.parse import parse_qsl, urlsplit

from werkzeug.test import TestResponse


def refusal_of(answer: TestResponse) -> tuple[int, str, str]:
    """Status, code and sentence of a refusal."""
    members = answer.get_json()
    return answer.status_code, members["error"], members["error_description"]


def query_of(answer: TestResponse) -> dict[str, str]:
    """The query of where an answer redirects to."""
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query, keep_blank_values=True))
