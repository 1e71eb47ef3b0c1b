"""Finds every place of a module where one small mistake can be made, and makes one of them.

A mistake replaces one piece of the text, so that all else stays as it was. What is no behaviour is left alone:
docstrings, annotations, decorators, text for logs and for the developer (`cause`, `cure`, f-strings), citations, and
imports that only a type checker sees.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

ROOMS: Final = (
    *("apim", "identity_provider", "provider", "gateway", "management", "jose", "faults", "diagnosis"),
    *("state/memory.py", "state/store.py", "state/clock.py", "state/quota.py"),
)
"""The rooms, and modules, of `mock_servers` that decide answers and diagnoses."""
FOR_THE_DEVELOPER: Final = (
    *("diagnosis/", "advice.py", "platform_log.py", "headless.py", "jose/keys.py"),
    "jose/destination.py",
)
"""What no answer is made of: words for the developer, what a debug session records, a browser of tests, key files, and
which hosts of the world a mock never calls, of which no service has a rule."""
_TEXT_KEYWORDS: Final = {
    *("cause", "cure", "heading", "seen", "row", "evidence", "summary", "title", "id"),
    *("instead", "longest_source"),
}
"""Keywords of what no answer holds: text for the developer, and where a row was seen."""
_NAMED: Final = {"Policy", "Flow", "_flow", "Finder", "TypeVar", "NewType", "getLogger"}
"""Calls whose texts are names for people."""
_LOGGING: Final = {"debug", "info", "warning", "error", "exception", "critical", "log"}
_OPPOSITE: Final = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}
_WORD: Final = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{3,}(?![A-Za-z}])")
_LONGEST_SHOWN: Final = 110
_EVIDENCE: Final = {"S", "D", "Q", "I"}
_Placed: TypeAlias = ast.expr | ast.stmt | ast.keyword


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """The bytes from `start` to `end` of a file, `before`, become `after`; `answers` when an answer may change."""

    kind: str
    file: str
    function: str
    line: int
    start: int
    end: int
    before: str
    after: str
    answers: bool
    again: int = 0

    @property
    def key(self) -> str:
        """What finds it again when lines have moved."""
        mark = f" ({self.again + 1})" if self.again else ""
        return f"{self.file} {self.function or 'module'}: {_short(self.before)} -> {_short(self.after)}{mark}"

    def planted(self, source: bytes) -> bytes:
        """Return the module with the mistake in it."""
        return source[: self.start] + self.after.encode() + source[self.end :]


def _short(text: str) -> str:
    return " ".join(text.split())


def mutations(file: str, source: bytes) -> list[Mutation]:
    """Return all mistakes that can be made in a module; a few are not valid Python, as `is_python` finds out."""
    found, seen = list[Mutation](), Counter[str]()
    for each in _Finder(file, source).found():
        numbered = replace(each, again=seen[each.key])
        seen[each.key] += 1
        found.append(numbered)
    return found


def all_mutations(root: Path) -> list[Mutation]:
    """Return those of all rooms."""
    found = list[Mutation]()
    for room in ROOMS:
        place = root / "mock_servers" / room
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            found += mutations(path.relative_to(root).as_posix(), path.read_bytes())
    return found


def is_python(source: bytes) -> bool:
    """Whether a module can still be compiled."""
    try:
        compile(source, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


class _Finder:
    def __init__(self, file: str, source: bytes) -> None:
        self._file, self._source = file, source
        self._tree = ast.parse(source)
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._parents = {child: node for node in ast.walk(self._tree) for child in ast.iter_child_nodes(node)}
        self._left_alone = set(self._not_behaviour())

    def found(self) -> Iterator[Mutation]:
        """Yield them in the order of the syntax tree."""
        for node in ast.walk(self._tree):
            if node in self._left_alone:
                continue
            if isinstance(node, ast.Compare):
                yield from self._comparisons(node)
            elif isinstance(node, ast.BoolOp):
                yield from self._connectives(node)
            elif isinstance(node, ast.Constant):
                yield from self._constants(node)
            elif isinstance(node, ast.If | ast.IfExp):
                yield from self._guards(node)
            elif isinstance(node, ast.Tuple):
                yield from self._neighbours(node)

    def _comparisons(self, node: ast.Compare) -> Iterator[Mutation]:
        operands = [node.left, *node.comparators]
        for at, operator in enumerate(node.ops):
            old, new = _OPPOSITE[type(operator)]
            yield from self._between(node, operands[at], operands[at + 1], old, new, "comparison")

    def _connectives(self, node: ast.BoolOp) -> Iterator[Mutation]:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for one, other in zip(node.values, node.values[1:], strict=False):
            yield from self._between(node, one, other, old, new, "and/or")

    def _between(
        self, whole: ast.expr, one: ast.expr, other: ast.expr, old: str, new: str, kind: str
    ) -> Iterator[Mutation]:
        """Change the word between two operands; what is shown is the whole expression."""
        start, end = self._span(whole)
        left, right = self._span(one)[1], self._span(other)[0]
        changed = self._source[left:right].decode().replace(old, new, 1)
        after = self._text(start, left) + changed + self._text(right, end)
        yield self._mutation(whole, kind, start, end, after)

    def _constants(self, node: ast.Constant) -> Iterator[Mutation]:
        start, end = self._span(node)
        value = node.value
        if isinstance(value, bool):
            yield self._mutation(node, "constant", start, end, repr(not value))
        elif isinstance(value, int | float):
            yield self._mutation(node, "constant", start, end, repr(value + 1))
        elif isinstance(value, str) and value:
            yield from self._texts(node, value)

    def _texts(self, node: ast.Constant, value: str) -> Iterator[Mutation]:
        """Change one letter: of a sentence in a table of answers, or of a single word anywhere."""
        is_sentence = " " in value
        if value in _EVIDENCE or "§" in value or "\\" in value:
            return
        if is_sentence and (self._function(node) or any(part in self._file for part in FOR_THE_DEVELOPER)):
            return
        start, end = self._span(node)
        text = self._text(start, end)
        words = [word for word in _WORD.finditer(text) if word.start() > 0]
        if not words:
            return
        word = words[len(value) % len(words)]
        at = word.start() + len(word[0]) // 2
        letter = "x" if text[at] != "x" else "y"
        kind = "letter" if is_sentence else "constant"
        yield self._mutation(node, kind, start, end, text[:at] + letter + text[at + 1 :])

    def _guards(self, node: ast.If | ast.IfExp) -> Iterator[Mutation]:
        """Turn a condition round; and fall through where the function was to be left."""
        start, end = self._span(node.test)
        yield self._mutation(node.test, "guard", start, end, f"not ({self._text(start, end)})")
        last = node.body[-1] if isinstance(node, ast.If) else None
        if isinstance(last, ast.Return | ast.Continue | ast.Raise):
            start, end = self._span(last)
            yield self._mutation(last, "early return", start, end, "pass")

    def _neighbours(self, node: ast.Tuple) -> Iterator[Mutation]:
        """Let two rules, policies, flows or finders of a tuple change places.

        A finder's rules are in no order, nor are two finders that explain no rule both.
        """
        if self._is_of_finder(node):
            return
        for one, other in zip(node.elts, node.elts[1:], strict=False):
            if not all(isinstance(each, ast.Name | ast.Attribute | ast.Call | ast.Starred) for each in (one, other)):
                continue
            if _share_no_rule(one, other):
                continue
            (start, left), (right, end) = self._span(one), self._span(other)
            if self._function(node) or isinstance(node.ctx, ast.Store):
                continue
            after = self._text(right, end) + self._text(left, right) + self._text(start, left)
            yield self._mutation(node, "neighbours", start, end, after)

    def _is_of_finder(self, node: ast.Tuple) -> bool:
        word = self._parents.get(node)
        call = self._parents.get(word) if isinstance(word, ast.keyword) and word.arg == "rules" else None
        return isinstance(call, ast.Call) and _called(call) == "Finder"

    def _mutation(self, node: _Placed, kind: str, start: int, end: int, after: str) -> Mutation:
        line = self._source.count(b"\n", 0, start) + 1
        begin, finish = self._shown(node, start, end)
        after, start, end = self._text(begin, start) + after + self._text(end, finish), begin, finish
        before, function = self._text(start, end), self._function(node)
        answers = not any(part in self._file for part in FOR_THE_DEVELOPER) and not self._only_words(node)
        return Mutation(
            kind=kind,
            file=self._file,
            function=function,
            line=line,
            start=start,
            end=end,
            before=before,
            after=after,
            answers=answers,
        )

    def _shown(self, node: _Placed, start: int, end: int) -> tuple[int, int]:
        """Return what around a mistake says best where it is: the widest expression that is still short."""
        below, above = node, self._parents.get(node)
        while isinstance(above, ast.expr | ast.keyword):
            begin, finish = self._span(above)
            if isinstance(above, ast.Dict) and below in above.values:
                key = above.keys[above.values.index(below)]
                begin, finish = self._span(key or below)[0], end
            if finish - begin > _LONGEST_SHOWN:
                break
            start, end = min(start, begin), max(end, finish)
            below, above = above, None if isinstance(above, ast.Dict) else self._parents.get(above)
        return start, end

    def _only_words(self, node: ast.AST) -> bool:
        """Whether a rule has refused already, and only looks for its diagnosis."""
        inside, rule = node, self._parents.get(node)
        while rule is not None and not isinstance(rule, ast.FunctionDef):
            inside, rule = rule, self._parents.get(rule)
        if rule is None or not _is_rule(rule) or inside not in rule.body:
            return False
        rest = rule.body[rule.body.index(inside) :]
        return isinstance(rest[-1], ast.Return) and not any(_passes(each) for part in rest for each in ast.walk(part))

    def _function(self, node: ast.AST) -> str:
        names, above = list[str](), self._parents.get(node)
        while above is not None:
            if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.insert(0, above.name)
            above = self._parents.get(above)
        return ".".join(names)

    def _span(self, node: _Placed) -> tuple[int, int]:
        last_line, behind = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self._lines[node.lineno - 1] + node.col_offset, self._lines[last_line - 1] + behind

    def _text(self, start: int, end: int) -> str:
        return self._source[start:end].decode()

    def _not_behaviour(self) -> Iterator[ast.AST]:
        for node in ast.walk(self._tree):
            for part in _parts_left_alone(node):
                yield from ast.walk(part)
        yield from self._texts_by_name()

    def _texts_by_name(self) -> Iterator[ast.AST]:
        """Yield the values of names that only such text uses."""
        text = (ast.keyword, ast.JoinedStr, ast.Raise, ast.Call)
        parts = [part for node in ast.walk(self._tree) if isinstance(node, text) for part in _parts_left_alone(node)]
        left_alone = {each for part in parts for each in ast.walk(part)}
        used = [node for node in ast.walk(self._tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
        members = {node.id for node in used if node in left_alone} - {
            node.id for node in used if node not in left_alone
        }
        for node in self._tree.body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            value = getattr(node, "value", None)
            if isinstance(target, ast.Name) and target.id in members and value is not None:
                yield from ast.walk(value)


def _parts_left_alone(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from node.decorator_list
        yield from [node.returns] if node.returns else []
    elif isinstance(node, ast.ClassDef):
        yield from node.decorator_list
        if any(isinstance(base, ast.Name) and base.id == "Enum" for base in node.bases):
            yield from node.body
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        yield node.slice
    elif isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
        yield node.annotation
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    elif isinstance(node, ast.JoinedStr | ast.Raise | ast.Assert | ast.Import | ast.ImportFrom) or _is_for_types(node):
        yield node
    elif isinstance(node, ast.keyword) and node.arg in _TEXT_KEYWORDS:
        yield node.value
    elif isinstance(node, ast.Call) and _called(node) in _NAMED | _LOGGING:
        yield from [each for each in [*node.args, *(word.value for word in node.keywords)] if _is_text(each)]


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _share_no_rule(one: ast.expr, other: ast.expr) -> bool:
    """Whether these are finders, each of rules that are named one by one, and none of them is the other's as well."""
    named = [_rules_of_finder(each) for each in (one, other)]
    return all(named) and named[0].isdisjoint(named[1])


def _rules_of_finder(node: ast.expr) -> set[str]:
    """Return how the rules of a finder are written; none where it is none, or has others' rules among its own."""
    if not isinstance(node, ast.Call) or _called(node) != "Finder":
        return set()
    rules = next((word.value for word in node.keywords if word.arg == "rules"), None)
    parts = rules.elts if isinstance(rules, ast.Tuple) else []
    return set() if any(isinstance(each, ast.Starred) for each in parts) else {ast.unparse(each) for each in parts}


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant | ast.JoinedStr)


def _is_rule(function: ast.FunctionDef) -> bool:
    return any(isinstance(each, ast.Call) and _called(each) == "rejects" for each in function.decorator_list)


def _passes(node: ast.AST) -> bool:
    """Whether this lets the request pass, or teaches the exchange something."""
    if isinstance(node, ast.Return):
        return node.value is None or any(
            isinstance(each, ast.Constant) and each.value is None for each in _outcomes(node.value)
        )
    return isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store)


def _outcomes(value: ast.expr) -> Iterator[ast.expr]:
    """Yield what a conditional expression may come to, or the value of a call or a name, which may be None."""
    if isinstance(value, ast.IfExp):
        yield from (*_outcomes(value.body), *_outcomes(value.orelse))
    elif isinstance(value, ast.BoolOp):
        yield from (each for part in value.values for each in _outcomes(part))
    else:
        yield value if isinstance(value, ast.Constant | ast.JoinedStr | ast.BinOp) else ast.Constant(value=None)
