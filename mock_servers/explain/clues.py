"""What the text around a refusal shows of its cause: a value that stands twice, a line of the program, a setting.

Each clue goes with the rules that it can explain; what the request itself proves is for the finders.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from mock_servers.diagnosis.assertion.client_id import without_end
from mock_servers.diagnosis.opaque_value import shape_of
from mock_servers.diagnosis.token.foreign_form import foreign
from mock_servers.explain import setup, timing
from mock_servers.explain.judging import host_of
from mock_servers.explain.scene import Clue, Scene, finding, program, seen_words
from mock_servers.journal.finding import Finding
from mock_servers.provider.providers import PROVIDERS
from mock_servers.reading.facts import Address
from mock_servers.wire.wording import cut, shown

_ALIKE: Final = 0.8
_BESIDE: Final = 120
_REGISTERED: Final = re.compile(
    r"regist|callback ur|portal|allowed|configured|redirect_uris|connection manager", re.IGNORECASE
)
"""Words beside a URL that is registered for an app."""
_CODE: Final = re.compile(r"[?&]code=([\w.~-]{6,})")
_OF_CODE: Final = re.compile(r"(?=.*[\da-z])[\w.~-]{6,}")
_OPAQUE: Final = re.compile(r"(?<![\w.…-])(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{6,60}…?(?![\w.-])")


def clues(scene: Scene) -> Iterator[Finding]:
    """Yield what the text shows, the surest first."""
    found = [each.find(scene) for each in CLUES if each.rules & scene.rules]
    yield from sorted(filter(None, found), key=lambda each: each.certainty != "certain")


# a value that stands in two places


def _value_of_other_kind(scene: Scene) -> Finding | None:
    sent = scene.form.get("subject_token", "")
    codes = {
        value
        for each in scene.facts.addresses
        for name, value in parse_qsl(urlsplit(each.url).query)
        if name == "code" and "code" in urlsplit(each.url).query
    }
    answered = {value: name for each in scene.facts.good for name, value in each.items() if isinstance(value, str)}
    if sent in codes:
        return finding(
            "code-as-subject-token",
            "certain",
            f"subject_token {cut(sent)} is the code= of your callback URL.",
            "You sent the authorization code as subject_token.",
            "Send the id_token: exchange the code at the provider's token endpoint first, once, and take the id_token "
            "of that answer.",
        )
    if sent and answered.get(sent) in ("access_token", "refresh_token"):
        return finding(
            "code-as-subject-token",
            "certain",
            f"subject_token {cut(sent)} is the {answered[sent]} of the provider's token answer.",
            f"You sent the provider's {answered[sent]} as subject_token.",
            "Send the id_token that stands beside it in the same answer.",
        )
    return None


def _of_other_form(name: str) -> Callable[[Scene], Finding | None]:
    def of_other_form(scene: Scene) -> Finding | None:
        host = host_of(scene.captured.url) if scene.captured is not None else None
        sent = scene.form.get(name)
        return foreign(name, sent) if sent and host is not None and host.plays == "platform" else None

    return of_other_form


def _client_id_without_end(scene: Scene) -> Finding | None:
    host = host_of(scene.captured.url) if scene.captured is not None else None
    provider = next((each for each in PROVIDERS if host is not None and each.name == host.plays), None)
    query = dict(parse_qsl(urlsplit(scene.captured.url).query)) if scene.captured is not None else {}
    return without_end(scene.form.get("client_id") or query.get("client_id", ""), provider)


def _other_redirect_uri(scene: Scene) -> Finding | None:
    query = dict(parse_qsl(urlsplit(scene.captured.url).query)) if scene.captured is not None else {}
    sent = query.get("redirect_uri") or scene.form.get("redirect_uri", "")
    alike = [each for each in scene.facts.addresses if sent and each.url != sent and _is_alike(each.url, sent)]
    if not alike:
        return None
    other, before = alike[-1].url, scene.facts.text[max(0, alike[-1].start - _BESIDE) : alike[-1].start]
    is_registered = _REGISTERED.search(before) is not None
    return finding(
        "redirect-uri-differs",
        "certain" if is_registered else "likely",
        f"They differ in {_difference(sent, other)}.",
        f"redirect_uri has {_differing(sent, other)}, but the registered one has {_differing(other, sent)}."
        if is_registered
        else f"redirect_uri has {_differing(sent, other)}; the registered one probably has {_differing(other, sent)}.",
        f"{_port_first(sent, other)}redirect_uri={other} exactly. Or register {sent} as well.",
    )


def _is_alike(one: str, other: str) -> bool:
    left, right = (urlsplit(each) for each in (one, other))
    near = SequenceMatcher(None, one, other, autojunk=False).ratio() >= _ALIKE
    return near and (left.hostname == right.hostname or left.path == right.path) and host_of(one) is None


def _port_first(sent: str, registered: str) -> str:
    """Say how to get the registered URL: an application on the developer's own machine has to run on its port."""
    mine, right = urlsplit(sent), urlsplit(registered)
    if mine.hostname in ("localhost", "127.0.0.1") and mine.port != right.port and right.hostname == mine.hostname:
        return f"Run your app on port {right.port or 80}, not {mine.port or 80}, and send "
    return "Send "


def _differing(url: str, other: str) -> str:
    """Name the parts of a URL in which it differs from another."""
    left, right = urlsplit(url), urlsplit(other)
    parts = {"scheme": "scheme", "netloc": "host", "path": "path", "query": "query"}
    return " and ".join(
        f"the {words} {getattr(left, name) or '(none)'}"
        for name, words in parts.items()
        if getattr(left, name) != getattr(right, name)
    )


def _difference(sent: str, registered: str) -> str:
    left, right = urlsplit(sent), urlsplit(registered)
    parts = {"the scheme": "scheme", "the host or port": "netloc", "the path": "path", "the query": "query"}
    return " and ".join(
        f"{words} ({getattr(left, name)} and {getattr(right, name)})"
        for words, name in parts.items()
        if getattr(left, name) != getattr(right, name)
    )


def _refreshed_twice(scene: Scene) -> Finding | None:
    values = [each.value for each in scene.facts.pairs if each.name == "refresh_token"]
    lines = [line for line in scene.facts.text.split("\n") if "refresh" in line.lower()]
    repeated = {each for each in values if values.count(each) > 1} or _repeated(lines)
    if not repeated:
        return None
    return finding(
        "refresh-token-spent",
        "certain",
        f"Two requests used refresh token {_short(min(repeated))}.",
        "The same refresh token was used twice: the first use spent it and gave a new one.",
        "Refresh under a lock, and always go on with the newest refresh token.",
    )


def _short(value: str) -> str:
    return cut(value) if len(value) > 20 else value  # noqa: PLR2004 - a log has cut it


def _redeemed_twice(scene: Scene) -> Finding | None:
    """Find a code in two requests or two callbacks, or else the words of one who sees that something runs twice."""
    sent = [each.value for each in scene.facts.pairs if each.name == "code" and _OF_CODE.fullmatch(each.value)]
    called = [value for line in scene.facts.text.split("\n") for value in set(_CODE.findall(line))]
    repeated = {each for each in sent if sent.count(each) > 1}
    again = {each for each in called if called.count(each) > 1}
    words = scene.line("runs-twice")
    if not (repeated or again or words):
        return None
    shows = f"Two requests used code {cut(min(repeated or again))}." if repeated or again else ""
    return finding(
        "code-spent-or-late",
        "certain" if repeated else "likely",
        " ".join(filter(None, (shows, _quoted(scene, "runs-twice") if words else ""))),
        "The same code was used twice: the first use spent it.",
        "Redeem each code once: look for a callback that runs twice, an effect that React's strict mode runs twice, or "
        "a page that is loaded again.",
    )


def _repeated(lines: Sequence[str]) -> set[str]:
    found: dict[str, int] = {}
    for line in lines:
        for value in {each[0] for each in _OPAQUE.finditer(line) if re.search(r"[A-Z]", each[0])}:
            if re.search(rf"\bwith\b\s+{re.escape(value)}|refresh_?token\W+{re.escape(value)}", line, re.IGNORECASE):
                found[value] = found.get(value, 0) + 1
    return {value for value, count in found.items() if count > 1}


# a line of the program


def _quoted(scene: Scene, *mistakes: str) -> str:
    """Say which words of the text show something."""
    return seen_words(*(words for each in mistakes if (words := scene.line(each))))


def _sandbox_product(scene: Scene) -> Finding | None:
    address = scene.captured.url if scene.captured is not None else ""
    if not scene.line("sandbox") or "sandbox" in address:
        return None
    return finding(
        "wrong-product",
        "possible",
        "The text names a sandbox product.",
        "your app has only a sandbox product, which does not cover this environment.",
        "Connect the app to the integration product of the API that you want, and try again with the same key.",
    )


def _scopes(scene: Scene) -> Finding | None:
    if scene.line("aal2"):
        return finding(
            "scopes-none-left",
            "likely",
            _quoted(scene, "aal2"),
            "The person logged in at assurance level 2 (AAL2), and your app has only products for level 3 (AAL3).",
            "Ask CIS2 for acr_values=AAL3_ANY, or connect the app to a product that takes AAL2.",
        )
    if scene.line("patient"):
        return finding(
            "scopes-none-left",
            "likely",
            _quoted(scene, "patient", "worker-product"),
            "Your app has no product for patients (NHS login), so no scope is left for this person.",
            "Connect the app to the product with patient access (NHS login, P9).",
        )
    return None


def _application_token(scene: Scene) -> Finding | None:
    if not scene.line("app-token"):
        return None
    return finding(
        "scopes-none-left",
        "likely",
        "The token was issued to an application (client_credentials); the API wants a scope that a person's token has.",
        "Your token was issued to an application (client_credentials), and this API wants the token of a signed-in "
        "user.",
        "Get the token with a user: CIS2 log-in and token exchange. Or use an application-restricted access mode of "
        "the API, if it has one. A scope parameter does not help.",
    )


def _lower_level(scene: Scene) -> Finding | None:
    if not scene.line("aal2"):
        return None
    return finding(
        "scopes-none-left",
        "likely",
        _quoted(scene, "aal2"),
        "The person logged in at assurance level 2 (AAL2), and this API wants level 3 (AAL3).",
        "Ask CIS2 for acr_values=AAL3_ANY at log-in.",
    )


def _other_environment(scene: Scene) -> Finding | None:
    issued = [each for each in scene.facts.addresses if _platform(each) and "/oauth2" in each.url]
    called = scene.captured.url if scene.captured is not None else ""
    own = host_of(called)
    other = next((each for each in issued if own is not None and host_of(each.url) != own), None)
    if own is None or other is None or (there := host_of(other.url)) is None:
        return None
    return finding(
        "token-of-other-environment",
        "likely",
        f"The token URL is {other.url} and the API is at {called}.",
        f"Your token is from {there.environment} ({there.name}), but you call the API at {own.environment} "
        f"({own.name}), which does not know it.",
        f"Take the token from https://{own.name}/oauth2/token, with the aud, API key and kid of {own.environment}.",
    )


def _bearer_of_other_kind(scene: Scene) -> Finding | None:
    bearer = scene.captured.header("authorization").partition(" ")[2] if scene.captured is not None else ""
    shape = shape_of(bearer)
    if shape is None or shape.word == "access_token":
        return None
    return finding(
        "bearer-shape",
        "likely",
        f"The bearer token is {shape.by}. The platform's access tokens have 28 letters and digits.",
        f"The bearer token is {shape.kind}, not an access token of the platform.",
        "Get the access token from /oauth2/token of this environment (for a person: exchange the id_token there), and "
        "send that.",
    )


def _platform(address: Address) -> bool:
    host = host_of(address.url)
    return host is not None and host.plays == "platform"


def _hours_ahead(scene: Scene) -> Finding | None:
    """Find a lifetime in hours, and how many the text names."""
    line = scene.line("hour")
    if not line:
        return None
    found = next(filter(None, (each.search(line) for each in _HOURS)), None)
    count = int(found[1] or 1) if found is not None else 0
    ahead = {0: "in hours", 1: "an hour ahead"}.get(count, f"{count} hours ahead")
    return finding(
        "lifetime-too-long",
        "certain",
        _quoted(scene, "hour"),
        f"exp is set {ahead}; at most 5 minutes are allowed.",
        "Set exp to now + 5 minutes or less.",
    )


_HOURS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:(\d+)\s*\*\s*)?time\.Hour\b(?!\s*\*)",
        r"AddHours\((\d+)",
        r"hours\s*=\s*(\d+)",
        r"[\"'](\d+)h[\"']",
        r"\b(?:60\s*\*\s*60|3600)\b(?:\s*\*\s*(\d+)\b)?",
        r"ofHours\((\d+)",
        r"(\d+)\s*,\s*ChronoUnit\.HOURS",
        r"(\d+)\.hours?\b",
        r"addHour\(()\)",
    )
)
"""How programs write a number of hours."""


def _unfilled_bearer(scene: Scene) -> Finding | None:
    """Find that a text stands in place of the token, as a program writes a variable that has no value."""
    sent = [each.value for each in scene.facts.headers if each.name == "authorization"]
    empty = next((each for each in sent if _NO_VALUE.fullmatch(each)), None)
    if empty is None:
        return None
    return finding(
        "bearer-shape",
        "certain",
        f"The Authorization header is {shown(empty)}.",
        f"The token in the Authorization header is the text {shown(empty.split()[-1])}: a variable was never filled "
        "in.",
        "Look at the status and the body of the token call: it gave no access_token.",
    )


_NO_VALUE: Final = re.compile(r"Bearer\s+(?:undefined|null|none|nil|nan|\[object Object\])", re.IGNORECASE)


def _scopes_of_other(scene: Scene) -> Finding | None:
    query = dict(parse_qsl(urlsplit(scene.captured.url).query)) if scene.captured is not None else {}
    host = host_of(scene.captured.url) if scene.captured is not None else None
    own = next((each for each in PROVIDERS if host is not None and each.name == host.plays), None)
    asked = [each for each in query.get("scope", "").split() if own is not None and each not in own.asking.scopes]
    other = next((each for each in PROVIDERS if set(asked) & set(each.asking.scopes)), None)
    if own is None or other is None:
        return None
    foreign = [each for each in asked if each in other.asking.scopes]
    example = next(each for each in own.asking.scopes if each not in other.asking.scopes)
    return finding(
        "scope-of-other-provider",
        "likely",
        f"scope is {shown(query['scope'])}.",
        f"{own.title} probably refused {' and '.join(foreign)} in scope: "
        f"{'they are scopes' if len(foreign) > 1 else 'it is a scope'} of {other.title}.",
        f"Ask {own.title} for its own scopes alone, such as openid {example}.",
    )


_EXP_FAR: Final = frozenset(["check_client_assertion_exp_near", "check_assertion_lifetime"])
_EXPIRED: Final = frozenset(["check_client_assertion_not_expired", "check_assertion_not_expired"])
_JTI: Final = frozenset(["check_client_assertion_jti_fresh", "claim_client_assertion_jti"])
_KEY: Final = frozenset(["check_client_assertion_signature"])
_KID: Final = frozenset(["find_app_jwk"])
_SCOPE: Final = frozenset(["check_scope", "check_scope_by_newest_suite"])

CLUES: Final = (
    *setup.clues(),
    *timing.clues(),
    Clue(rules=frozenset(["decode_subject_token"]), find=_value_of_other_kind),
    Clue(rules=frozenset(["find_refresh_token", "claim_refresh_token"]), find=_of_other_form("refresh_token")),
    Clue(rules=frozenset(["find_client", "find_authorizing_client"]), find=_client_id_without_end),
    Clue(rules=frozenset(["claim_code", "find_code"]), find=_of_other_form("code")),
    Clue(
        rules=frozenset(["find_redirect_uri", "check_redirect_uri_registered"]),
        find=_other_redirect_uri,
    ),
    Clue(rules=frozenset(["find_refresh_token", "claim_refresh_token"]), find=_refreshed_twice),
    Clue(rules=frozenset(["claim_code", "find_code", "check_code_of_request"]), find=_redeemed_twice),
    Clue(
        rules=_EXP_FAR,
        find=program(
            "milliseconds",
            "exp-unit",
            "exp is in milliseconds.",
            "Set exp in seconds since 1970: Math.floor(Date.now() / 1000) + 300 in JavaScript, ToUnixTimeSeconds() in "
            "C#, getEpochSecond() in Java.",
        ),
    ),
    Clue(
        rules=_EXP_FAR | _EXPIRED,
        find=program(
            "other-divisor",
            "exp-unit",
            "exp is not in seconds.",
            "Divide milliseconds by 1000: Math.floor(Date.now() / 1000) + 300 in JavaScript.",
        ),
    ),
    Clue(rules=_EXP_FAR, find=_hours_ahead),
    Clue(rules=frozenset(["find_token", "check_token_present"]), find=_unfilled_bearer),
    Clue(
        rules=_EXPIRED,
        find=program(
            "utc-as-local",
            "clock-behind-or-bst",
            "Your code treats UTC as local time: in British Summer Time that makes exp an hour early.",
            "Use int(time.time()), or datetime.now(UTC).timestamp(): utcnow() has no time zone, so timestamp() takes "
            "it as local time.",
            "likely",
        ),
    ),
    Clue(
        rules=_EXP_FAR,
        find=program(
            "local-as-utc",
            "clock-ahead",
            "Your code treats local time as UTC: in British Summer Time that makes exp an hour late.",
            "Take the time in UTC: DateTimeOffset.UtcNow in C#, Instant.now() in Java, int(time.time()) in Python.",
            "likely",
        ),
    ),
    Clue(
        rules=frozenset(["find_client_assertion_exp"]),
        find=program(
            "text-exp", "exp-unit", "exp is text.", "Write exp as a number: whole seconds since 1970, without quotes."
        ),
    ),
    Clue(
        rules=frozenset(["check_client_assertion_alg"]),
        find=program(
            "rs256",
            "alg-not-rs512",
            "Your program signs with RS256; this service accepts RS512 only.",
            "Sign with RS512. Any RSA key can do that.",
        ),
    ),
    Clue(
        rules=_JTI,
        find=program(
            "jti-of-clock",
            "jti-not-unique",
            "Your code probably makes jti from the clock, so two calls at the same moment have the same one.",
            "Set jti to a new UUID for each assertion.",
            "likely",
        ),
    ),
    Clue(
        rules=_JTI | _EXPIRED,
        find=program(
            "signed-once",
            "same-assertion-again",
            "Your code signed one client_assertion and sends it again and again; each is good once, for five minutes.",
            "Sign a new client_assertion for each request.",
            "likely",
        ),
    ),
    Clue(
        rules=_JTI,
        find=program(
            "retry",
            "retry-resends-assertion",
            "A retry sent the same assertion again: the first try had already spent its jti.",
            "Sign a new assertion, with a new jti, for each try: inside the retry, not before it.",
            "likely",
        ),
    ),
    Clue(
        rules=_KID | _KEY,
        find=program(
            "changed-key",
            "new-key-not-seen-yet",
            "The service still holds your old key set, because it caches a set for an hour.",
            "Wait until an hour after the change, and try again. Next time publish a new public key under a new kid "
            "an hour before you sign with it.",
            "likely",
        ),
    ),
    Clue(rules=frozenset(["find_app"]), find=_sandbox_product),
    Clue(
        rules=frozenset(["check_app_jwks_readable"]),
        find=program(
            "web-page-url",
            "jwks-is-not-a-set",
            "The key set URL is a web page (HTML) that shows the file, not the JSON file itself.",
            "Register the raw address (raw.githubusercontent.com/… at GitHub, /-/raw/ at GitLab). If it still fails, "
            "wait an hour: the service may have cached the page.",
            "likely",
        ),
    ),
    Clue(
        rules=frozenset(["fetch_app_jwks"]),
        find=program(
            "private-host",
            "jwks-unreachable",
            "Your key set URL is inside your own network, and the service fetches it from the internet.",
            "Publish the key set where anyone can fetch it by https, without log-in, VPN or redirect.",
            "likely",
        ),
    ),
    Clue(rules=frozenset(["find_user_scopes"]), find=_scopes),
    Clue(rules=_SCOPE, find=_application_token),
    Clue(rules=_SCOPE, find=_lower_level),
    Clue(rules=frozenset(["find_token"]), find=_other_environment),
    Clue(rules=frozenset(["find_token"]), find=_bearer_of_other_kind),
    Clue(rules=frozenset(["find_scopes", "check_scopes_known", "check_scopes_permitted"]), find=_scopes_of_other),
    setup.LIBRARY,
)
