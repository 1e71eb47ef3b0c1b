"""Decides whether a text denies the words it uses: "no new key", "we did not rotate it", "retries: 0"."""

from __future__ import annotations

import re
from typing import Final

_REACH: Final = 160
"""Characters before and after some words in which their clause is looked for."""
_CLAUSE: Final = re.compile(
    r"[.!?](?=\s|$)|[;(){}\n\"]|:(?=\s)|\s[-/|]\s|,(?!\s(?:\w+\s){0,3}(?:n?or|oder|ni|ou)\b)"
    r"|\b(?:since|because|after|when|whenever|while|but|although|though|however|until|before|if|whether|only|instead(?!\sof)|then"
    r"|unless|despite|now|yet|so|and|which|who|weil|seit|aber|und|mais|depuis|et)\b",
    re.IGNORECASE,
)
"""Where another clause begins. A comma inside a list that ends with "or" begins none."""
_FAILS: Final = (
    r"\s+(?:(?:longer|to|be|been|being|seems?|gett?(?:ing)?|even|yet|really|ever|wants?|correctly|properly|just|always)\s+){0,4}"
    r"(?:work|get|got|fetch|succe|accept|able|pass|valid|verif|find|found|call|connect|sign|recogni[sz]|see|know|match|sure"
    r"|help|respond|return|reach|receiv|underst|clear|obvious|look|load|read|appear|allow|authori[sz]|idea|luck|clue|doubt"
    r"|matter|funktionier|marche)\w*(?!\s+(?:any|a\s+single)\b)"
)
"""What follows a "not" that reports the failure. It denies nothing of what was done before: "it does not work with the
new key"."""
_NO: Final = re.compile(
    r"(?:\b(?:not(?!\s+only)|never|without|cannot|neither|nor|none|nobody|nothing|no|zero|kein\w*|nicht|ohne|nie|pas|sans"
    r"|aucune?|jamais|instead\sof|rather\sthan|other\sthan|(?:away|moved|switched|changed)\sfrom|used\sto\s(?:have|use)"
    r"|(?:do|does|did|is|are|was|were|has|have|had|ca|wo)nt)\b"
    rf"|\w+n't\b)(?!{_FAILS})",
    re.IGNORECASE,
)
_AFTERWARDS: Final = re.compile(
    r"""(?:[ ]?[\w-]{1,20}){0,2}["'\])]{0,2}\s*(?:
     (?::|=>?|==)\s*["']?(?:0|false|no|none|null|off|never|disabled|nein|non)\b
    |(?:\w+[ ]){0,3}?(?:was|were|is|are|has[ ]been|have[ ]been|being|got)[ ](?:\w+[ ])?
      (?:removed|disabled|off|excluded|unchanged|gone|unused|dropped|ruled[ ]out|false|zero)\b
    |(?:(?:was|were|is|are|did|do|does|has|have)[ ]not|\w+n't|never)[ ](?:\w+[ ])?
      (?:happen|us|involv|chang|need|rotat|publish|replac|set|configur|enabl)\w*
    |(?:removed|disabled|excluded|unused|ruled[ ]out|turned[ ]off|switched[ ]off)\b)""",
    re.VERBOSE | re.IGNORECASE,
)
"""What denies the words before it."""
_WORD: Final = re.compile(r"\w+")


def is_denied(text: str, start: int, end: int) -> bool:
    """Whether the clause around the words from `start` to `end` says that they do not hold."""
    begins = [each.end() for each in _CLAUSE.finditer(text, max(0, start - _REACH), end) if each.end() <= start]
    before = text[max([0, start - _REACH, *begins[-1:]]) : start]
    ends = [*(start + each.end() for each in _WORD.finditer(text[start:end])), end]
    return _NO.search(before) is not None or any(_AFTERWARDS.match(text, each, end + _REACH) for each in ends)


def is_denied_inside(words: str) -> bool:
    """Whether words deny themselves after the first: "the clock is not slow"."""
    first = _WORD.match(words)
    return _NO.search(words, first.end() if first is not None else 0) is not None


def sentence_around(text: str, start: int, end: int) -> str:
    """Return the sentence in which some words stand, as far as `_REACH` on either side."""
    before = re.split(r"[.!?](?=\s)|\n", text[max(0, start - _REACH) : start])[-1]
    after = re.split(r"[.!?](?=\s|$)|\n", text[end : end + _REACH])[0]
    return f"{before}{text[start:end]}{after}"
