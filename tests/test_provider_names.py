"""No code asks for a provider's name but in the provider's own files; sentences may name it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "mock_servers"
OF_ALL = {"__init__.py", "errors.py", "keycloak.py", "provider.py", "realms.py", "providers.py"}
OWN = {f"provider/{path.name}" for path in (ROOT / "provider").glob("*.py") if path.name not in OF_ALL}
"""The files of one provider each."""
NAME = re.compile(r"cis2|nhs[_-]?login", re.IGNORECASE)

MEANT = {
    "provider/providers.py": {"CIS2", "NHS_LOGIN", "mock_servers.provider.cis2", "mock_servers.provider.nhs_login"},
    # public names of settings: tables and members
    "state/configuration.py": {"cis2", "nhs_login"},
    "state/app.py": {
        *("cis2_auth_method", "cis2_signing_algorithm", "cis2_realm_secret", "nhs_login_realm_secret"),
        *("cis2", "nhs_login"),
    },
    "console/forms.py": {
        *("cis2_auth_method", "cis2_signing_algorithm", "cis2_realm_secret", "nhs_login_realm_secret"),
    },
    "console/mistakes.py": {"cis2-lifetime", "nhs-login-auth"},
    "configuration/members.py": {"cis2_realm_secret", "nhs_login_realm_secret"},
    "configuration/reading.py": {"cis2", "nhs_login"},
    "catalogue/suggestion.py": {"cis2", "nhs_login"},
    # the real hosts, and which environments trust them
    "settings/real_host.py": {
        *("cis2", "nhs_login"),
        *(f"am.{each}.auth-ptl.cis2.spineservices.nhs.uk" for each in ("nhsdev", "nhsint", "nhsdep")),
    },
    # what the real script looks for in an issuer
    "apim/userinfo.py": {"Cis2-mock"},
    # a product's scopes, as the real one has them
    "state/seed_data.py": {"user-nhs-login:P9"},
    # ids of findings
    "diagnosis/provider/assertion.py": {
        *("cis2-iss-is-api-key", "cis2-aud-without-443", "cis2-alg-or-key", "nhs-login-auth"),
    },
    "diagnosis/assertion/lifetime.py": {"cis2-lifetime"},
    "explain/answering.py": {"cis2-aud-without-443", "cis2-iss-is-api-key"},
    "explain/rewording.py": {"cis2-aud-without-443", "nhs-login-auth"},
    "diagnosis/provider/credential.py": {"cis2-two-methods"},
    "diagnosis/libraries.py": {"nhs-login-auth", "cis2-aud-without-443", "cis2-lifetime", "cis2-alg-or-key"},
    # examples in the description of the control API
    "control/apis.py": {"urn:nhsd:apim:user-nhs-cis2:aal3:my-api"},
    "control/people.py": {"cis2"},
    "control/tokens.py": {"nhs_login"},
}
"""By file, the names that are meant to stand there."""


def words(tree: ast.AST) -> Iterator[str]:
    """Yield every identifier, and every text without a blank: what code can ask for, and no sentence."""
    for node in ast.walk(tree):
        for name in ("id", "attr", "arg", "name", "module", "asname"):
            value = getattr(node, name, None)
            if isinstance(value, str):
                yield value
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not re.search(r"\s", node.value.strip()):
            yield node.value.strip()


@pytest.mark.parametrize(
    "path", [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.rglob("*.py"))], ids=lambda path: path
)
def test_code_asks_for_no_provider_by_name(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    asks = path not in OWN and NAME.search(text)
    found = {word for word in words(ast.parse(text)) if NAME.search(word)} if asks else set()

    assert found == MEANT.get(path, set())
