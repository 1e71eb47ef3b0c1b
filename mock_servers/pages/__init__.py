"""The pages that people see: what is on them stands in `content`, how it becomes HTML in `render`."""

from mock_servers.pages.choices import person_choice
from mock_servers.pages.content import (
    OUTCOMES,
    CallbackPage,
    ErrorPage,
    LogInForm,
    NextStep,
    PersonChoice,
    RoleChoice,
)
from mock_servers.pages.render import SECURITY_HEADERS, STYLE_PATH, callback_page, error_page, log_in_page, style

__all__ = [
    "OUTCOMES",
    "SECURITY_HEADERS",
    "STYLE_PATH",
    "CallbackPage",
    "ErrorPage",
    "LogInForm",
    "NextStep",
    "PersonChoice",
    "RoleChoice",
    "callback_page",
    "error_page",
    "log_in_page",
    "person_choice",
    "style",
]
