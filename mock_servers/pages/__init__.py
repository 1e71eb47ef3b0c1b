"""The pages for people: `content` and `journal` hold their data, `render` makes the HTML.

Only code that fills its pages imports `journal`: a start needs none of them.
"""

from mock_servers.pages.choices import person_choice
from mock_servers.pages.content import (
    OUTCOMES,
    CallbackPage,
    ErrorPage,
    LogInForm,
    NextStep,
    PersonChoice,
    RoleChoice,
    TokenForm,
)
from mock_servers.pages.render import (
    FORM_HEADERS,
    JOURNAL,
    JOURNAL_HEADERS,
    SCRIPT_PATH,
    SECURITY_HEADERS,
    STYLE_PATH,
    TOKEN_HEADERS,
    callback_page,
    error_page,
    errors_page,
    exchange_page,
    explanation_page,
    journal_page,
    log_in_page,
    script,
    style,
    token_page,
)

__all__ = [
    "FORM_HEADERS",
    "JOURNAL",
    "JOURNAL_HEADERS",
    "OUTCOMES",
    "SCRIPT_PATH",
    "SECURITY_HEADERS",
    "STYLE_PATH",
    "TOKEN_HEADERS",
    "CallbackPage",
    "ErrorPage",
    "LogInForm",
    "NextStep",
    "PersonChoice",
    "RoleChoice",
    "TokenForm",
    "callback_page",
    "error_page",
    "errors_page",
    "exchange_page",
    "explanation_page",
    "journal_page",
    "log_in_page",
    "person_choice",
    "script",
    "style",
    "token_page",
]
