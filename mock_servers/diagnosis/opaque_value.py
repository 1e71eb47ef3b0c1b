"""Guesses the kind of an opaque value by its form, if provenance does not know it.

Services share forms, so other kinds of the same form are named as well (evidence: captures and public clients).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
API_KEY: Final = re.compile(r"[A-Za-z0-9]{32}")
_UNFILLED: Final = re.compile(
    r"undefined|null|none|nil|nan|\[object \w+\]|[@$#]?\{.*\}|\$[\w.]+|\$\(.*\)|%\w+%|\.\.\."
    r"|@[a-z]\w*\(.*\)(?:\??\[[^\]]*\])*"  # an expression of Power Automate or Logic Apps
    r"|<(?!/|.*(?:</|/>)).*>"  # not an element of XML
    r"|(?:your|my)?[_-]?(?:api[_-]?key|client[_-]?(?:id|secret))"
    r"|your(?:[ _-][\w -]+)|(?:insert|enter|paste|put|replace)[ _-][\w -]+|changeme|todo|x{4,}|\*{3,}"
    r"|(?:process\.env|os\.environ|import\.meta\.env)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_PATH: Final = re.compile(
    r"(?:file:/*|@)?(?:~|\.{1,2}|[A-Za-z]:)?[/\\](?:[\w. @-]+[/\\])*[\w. @-]+"
    r"|@?(?:[\w. -]+[/\\])*[\w. -]+\.(?:pem|key|jwt|jwk|jwks|json|txt|p12|pfx|crt|cer|pub|env)",
    re.IGNORECASE,
)
_UNAWAITED: Final = re.compile(
    r"<coroutine object .*|\[object Promise\]|Promise \{.*|<(?:_asyncio\.)?(?:Future|Task)\b.*"
    r"|System\.Threading\.Tasks\.Task.*|java\.util\.concurrent\.CompletableFuture@.*|Mono\w+|Future\(.*",
    re.DOTALL,
)
_PRINTED: Final = re.compile(
    r"\[object \w+\]|(?:System|Microsoft)\.[\w.]+(?:`\d+)?(?:\[.*\])?|\[[BCL][\w.;]*@[0-9a-f]+|[\w.$]+@[0-9a-f]{5,8}"
    r"|<(?:function|bound method|class|module|Response|generator)\b.*>|<[\w.]+ object at 0x[0-9a-f]+>|#<[\w:]+:?.*>"
    r"|SecretStr\(.*\)|Optional\.empty|(?:Hash|Linked|Tree)\w*Map\b.*|function \w*\s*\(.*",
    re.DOTALL,
)
_HIDDEN: Final = re.compile(
    r"\*{3,}|[\u2022\u25cf]{3,}|(?:\u2026|\u00e2\u0080\u00a6)|\.{3,}|[xX#]{8,}"
    r"|[\[<({](?:redacted|masked|filtered|hidden|removed|truncated|omitted|snip|secret)[\])>}]",
    re.IGNORECASE,
)
"""What logs and pages show in place of a part of a secret; the ellipsis also as Latin-1 reads its bytes."""
_LONGEST_PATH: Final = 300
_LONGEST_UNFILLED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The form of a value: `kind` most likely, or `also`; `by` is the trait that decided.

    `word` is the control API's for the kind, `could_be` the parameters in which the value could be sent.
    """

    pattern: re.Pattern[str]
    by: str
    kind: str
    also: str = ""
    word: str = "unknown"
    could_be: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Name everything that it could be."""
        return f"{self.kind}, or {self.also}" if self.also else self.kind


SHAPES: Final = (
    Shape(
        pattern=re.compile(r"-----BEGIN .*", re.DOTALL),
        by="a value that begins with -----BEGIN",
        kind="a key or certificate in PEM",
        word="pem",
    ),
    Shape(
        pattern=re.compile(r"rrt-\d+-.*"),
        by="a value that begins with rrt-",
        kind="the message id of an answer",
        word="message_id",
    ),
    Shape(
        pattern=re.compile(rf"{UUID.pattern}(?:\.{UUID.pattern}){{2}}", re.IGNORECASE),
        by="three UUIDs joined by dots",
        kind="a code of a mock realm",
        word="authorization_code",
        could_be=("code",),
    ),
    Shape(
        pattern=UUID,
        by="a UUID",
        kind="a code of NHS login",
        also="its refresh token, or an application id",
        word="authorization_code",
        could_be=("code",),
    ),
    Shape(
        pattern=re.compile(r"[A-Za-z0-9]{28}"),
        by="28 letters and digits",
        kind="an access token of the platform",
        word="access_token",
        could_be=("access_token",),
    ),
    Shape(
        pattern=API_KEY,
        by="32 letters and digits",
        kind="an API key",
        also="a refresh token of the platform, which looks the same",
        word="refresh_token",
        could_be=("refresh_token", "apikey"),
    ),
    Shape(
        pattern=re.compile(r"[A-Za-z0-9_-]{27}"),
        by="27 characters of base64url",
        kind="a code of CIS2",
        also="an access or refresh token of CIS2",
        word="authorization_code",
        could_be=("code",),
    ),
    Shape(
        pattern=re.compile(r"[A-Za-z0-9]{16}"),
        by="16 letters and digits",
        kind="an app's client secret",
        word="client_secret",
    ),
    Shape(
        pattern=re.compile(r"[A-Za-z0-9]{8}"),
        by="8 letters and digits",
        kind="a code of the platform",
        word="authorization_code",
        could_be=("code",),
    ),
    Shape(
        pattern=re.compile(r"\d{12}"), by="12 digits", kind="a CIS2 user id", also="the id of a role or organisation"
    ),
    Shape(
        pattern=re.compile(r"[A-Za-z0-9+/]{43}="),
        by="44 characters of base64",
        kind="a kid that is a SHA-256 digest",
    ),
)
"""The first that fits is the likeliest."""


def shape_of(value: str) -> Shape | None:
    """Return the kind of a value by its form; `None` if the form is not specific."""
    return next((shape for shape in SHAPES if shape.pattern.fullmatch(value)), None)


def has_form(name: str, value: str) -> bool:
    """Whether a value has a form in which services issue those of a parameter; a secret may be any base64."""
    if name == "client_secret":
        return _SECRET.fullmatch(value) is not None
    shape = shape_of(value)
    return shape is not None and _FORM_OF.get(name, name) in (*shape.could_be, shape.word)


_SECRET: Final = re.compile(r"[A-Za-z0-9+/_.~!-]{8,}={0,2}")
_FORM_OF: Final = {"client_id": "apikey", "authorization": "access_token"}


def printed_object(text: str) -> str | None:
    """Say what a text is that is an object of some language, printed; `None` for any other text."""
    if _UNAWAITED.fullmatch(text[:_LONGEST_PATH]):
        return "It is the result of an asynchronous call before it has come: await it."
    if _PRINTED.fullmatch(text[:_LONGEST_PATH]):
        return "Your code turned an object into text: take the value out of it."
    return None


def is_unfilled(value: str) -> bool:
    """Whether a value is a variable or expression of a template without a value: `undefined`, `{{token}}`, `<…>`."""
    bare = value.strip().strip("\"'")
    looks = len(value) <= _LONGEST_UNFILLED and _UNFILLED.fullmatch(bare) is not None
    return looks and not bare.startswith(('{"', "{'"))


def hidden_part(value: str) -> str | None:
    """Return what stands for the hidden part of a value that is masked, as in a log; `None` for a whole value."""
    found = _HIDDEN.search(value)
    return found[0] if found is not None else None


def is_path(value: str) -> bool:
    """Whether a value is the path of a file, which was to be read."""
    return len(value) <= _LONGEST_PATH and _PATH.fullmatch(value.strip()) is not None
