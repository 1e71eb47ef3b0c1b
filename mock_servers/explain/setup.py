"""What a text shows of how the client is set up: its library, its key, the environment that its API key is from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Final

from mock_servers.catalogue.entries import entries
from mock_servers.diagnosis.libraries import LIBRARIES, Library
from mock_servers.explain.judging import host_of
from mock_servers.explain.scene import Clue, Scene, finding, program, seen_words
from mock_servers.journal.finding import Finding
from mock_servers.reading.facts import Facts

_KID: Final = re.compile(r"\b(?:kid|key_?id)\b[\"']?\W{1,6}([\w./+=-]{2,80})", re.IGNORECASE)
_ALIKE: Final = 0.8
_PUBLISHED: Final = re.compile(
    r"publish|upload|went live|registered|(?:added|pushed|copied) (?:it |the )", re.IGNORECASE
)
_WORDED: Final[Mapping[str, str]] = {
    "aud-near-miss": "{name} sends the issuer as aud by default, not the token URL",
    "typ-missing": "The header of your client_assertion has no typ; {name} writes none by itself",
    "kid-missing": "The header of your client_assertion has no kid; {name} writes none by itself",
    "jti-missing": "Your client_assertion has no jti; {name} writes none by itself",
    "alg-not-rs512": "The client_assertion is not signed with RS512; {name} signs with RS256 unless you set alg",
    "lifetime-too-long": "exp is more than 5 minutes ahead; {name} sets it an hour ahead by default",
}
"""What a library does unless it is set otherwise, by the mistake that this is."""
_HOUR: Final = 3600
_HOST: Final = re.compile(r"(?<![\w.-])(?:\w+\.)?api\.service\.nhs\.uk\b")
_SHORTEST: Final = 5


def _of_library(scene: Scene) -> Finding | None:
    """Find a library in the text whose default is the mistake."""
    mistakes = [each for entry in entries() if _refuses(entry.rules, scene.rules) for each in entry.mistakes]
    for library in filter(lambda each: _is_named(each, scene.facts), LIBRARIES):
        mistake = next((each for each in mistakes if each in library.changes and _is_default(library, each)), None)
        if mistake is not None:
            name = library.name.partition(" (")[0]
            return finding(
                mistake,
                "likely" if mistake == "aud-near-miss" else "certain",
                f"The text names {name}.",
                f"{_WORDED[mistake].format(name=name)}.",
                f"Write {library.changes[mistake]}.",
            )
    return None


def _refuses(rules: Mapping[tuple[str, str], object], refused: frozenset[str]) -> bool:
    return any(name in refused for _, name in rules)


def _is_default(library: Library, mistake: str) -> bool:
    if mistake == "lifetime-too-long":
        return library.lifetime == _HOUR
    if mistake == "aud-near-miss":
        return "issuer" in library.changes[mistake]
    return mistake in _WORDED


def _is_named(library: Library, facts: Facts) -> bool:
    name = library.name.partition(" (")[0].rpartition("'s ")[2]
    if len(name) < _SHORTEST or name == "requests":
        return False
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", facts.text, re.IGNORECASE) is not None


def _key_of_other_environment(scene: Scene) -> Finding | None:
    """Find that the same client is used in another environment, where it has another API key."""
    line = scene.line("same-client")
    here = host_of(scene.captured.url) if scene.captured is not None else None
    names = [each.url for each in scene.facts.addresses]
    names += [f"https://{each}" for each in _HOST.findall(scene.facts.text)]
    hosts = [host for each in names if (host := host_of(each)) is not None]
    other = next((each for each in hosts if here is not None and each.plays == "platform" and each != here), None)
    if not line or here is None or (other is None and re.search(r"\b(?:prod\w*|live)\b", line, re.IGNORECASE) is None):
        return None
    name = other.environment if other is not None else "production"
    name = "production" if name == "prod" else name
    return finding(
        "app-not-known-here",
        "likely",
        seen_words(line),
        f"The API key is that of your app in {name}, and {here.environment} does not know it.",
        f"Register an app for {here.environment} in the developer portal, and use its API key, kid and public key "
        "there.",
    )


def _kid_alike(scene: Scene) -> Finding | None:
    """Find a kid in the text that is nearly one of the key set beside it."""
    known = [str(key["kid"]) for each in scene.facts.key_sets for key in each["keys"] if "kid" in key]
    sent = sorted({each[1].rstrip(".") for each in _KID.finditer(scene.facts.text)} - set(known))
    alike = [(kid, each) for kid in sent for each in known if _is_alike(kid, each)]
    if not alike:
        return None
    kid, other = alike[0]
    return finding(
        "wrong-kid",
        "certain" if len(alike) == 1 else "likely",
        f'Seen in your paste: kid "{kid}", and a key set with kid "{other}".',
        f'kid is "{kid}", but the key set has "{other}".',
        f'Send kid "{other}", exactly as the set has it.',
    )


def _is_alike(one: str, other: str) -> bool:
    return SequenceMatcher(None, one.lower(), other.lower(), autojunk=False).ratio() >= _ALIKE


def _wrapped(scene: Scene) -> Finding | None:
    """Find that the JWT of the text is broken over lines, where the service could not read it."""
    text = scene.facts.text
    token = next((each for each in scene.facts.tokens if each.text and "\n" in text[each.start : each.end]), None)
    if token is None:
        return None
    return finding(
        "mangled-jwt",
        "likely",
        "The JWT in your text is broken over lines, and is a good one without the line breaks.",
        "The JWT was sent with line breaks in it.",
        "Remove every line break (\\r and \\n) from the JWT before you send it. Base64 encoders of MIME, XML and "
        "openssl put them in.",
    )


def _new_pair(scene: Scene) -> Finding | None:
    """Find a key pair that was made and, as far as the text goes, never published."""
    line = scene.line("new-pair")
    if not line or _PUBLISHED.search(scene.facts.text):
        return None
    return finding(
        "other-private-key",
        "likely",
        seen_words(line),
        "Your service probably signs with a new key pair, whose public key is not in the registered key set.",
        "Publish the new public key in the key set, under a new kid, or sign with the old private key.",
    )


def _basic(scene: Scene) -> Finding | None:
    """Find the client's credentials in a header that the token endpoint does not read."""
    headers = [each.value for each in scene.facts.headers if each.name == "authorization"]
    if not any(each.lower().startswith("basic ") for each in headers):
        return None
    return finding(
        "credentials-in-basic",
        "certain" if len(scene.facts.addresses) <= 1 else "likely",
        "The text has an Authorization header of the scheme Basic. The token endpoint reads only the form.",
        "You sent the client's credentials in an Authorization: Basic header, and no client_assertion in the form.",
        "Sign a JWT with the app's private key, and send it as client_assertion. client_assertion_type is "
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer.",
    )


def clues() -> Iterator[Clue]:
    """Yield the clues of a client's setup."""
    yield Clue(rules=frozenset(["check_client_assertion_type"]), find=_basic)
    yield Clue(rules=frozenset(["find_app"]), find=_key_of_other_environment)
    yield Clue(rules=frozenset(["find_app_jwk"]), find=_kid_alike)
    yield Clue(rules=frozenset(["decode_client_assertion", "decode_subject_token"]), find=_wrapped)
    yield Clue(
        rules=frozenset(["check_client_assertion_signature"]),
        find=program(
            "sha256",
            "other-private-key",
            "Your code signs with SHA-256, but the header says RS512.",
            "Sign with SHA-512: openssl dgst -sha512, SHA512withRSA, RSA-SHA512, HashAlgorithmName.SHA512.",
            "likely",
        ),
    )
    yield Clue(rules=frozenset(["check_client_assertion_signature"]), find=_new_pair)
    for mistake, cure in _AS_FORM.items():
        yield Clue(rules=frozenset(["check_content_type_form"]), find=program(mistake, "json-body", _JSON, cure))


LIBRARY: Final = Clue(
    rules=frozenset(
        [
            *("check_client_assertion_aud", "check_client_assertion_alg", "check_client_assertion_typ"),
            *("find_client_assertion_kid", "find_client_assertion_jti", "check_client_assertion_exp_near"),
            "check_client_assertion_jti_present",
        ]
    ),
    find=_of_library,
)


_JSON: Final = "Your code sends the parameters as JSON."
_AS_FORM: Final[Mapping[str, str]] = {
    "json-powershell": "Give -Body the hash table itself, without ConvertTo-Json, and leave -ContentType out.",
    "json-python": "Write data={…} in place of json={…}.",
    "json-javascript": "Send new URLSearchParams({…}) in place of JSON.stringify({…}).",
    "json-dotnet": "Send new FormUrlEncodedContent(…) in place of JSON.",
}
