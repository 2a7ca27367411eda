"""What a custom role may be called: nothing that can be taken for another role."""

from __future__ import annotations

import unicodedata

from .. import text
from ..errors import Invalid, NameTaken
from .scheme import Scheme

__all__ = ["look", "role_name"]


def role_name(scheme: Scheme, value: object) -> str:
    """Accept the name of a custom role: a name that cannot be taken for that of a built-in role.

    Raises:
        Invalid: It is no name of at most 60 characters, mixes scripts that look alike, or has no letter or digit.
        NameTaken: A built-in role is called so, or would look the same: in another case, script or spacing.
    """
    name = text.name(value, longest=60)
    seen = look(name)
    if not seen:
        raise Invalid("The name of a role has letters or digits.", field="name")
    if len(_ALIKE & {unicodedata.name(letter, "").partition(" ")[0] for letter in name if letter.isalpha()}) > 1:
        raise Invalid("The name of a role does not mix scripts whose letters look alike.", field="name")
    if any(seen in (look(role.key), look(role.name)) for role in scheme.roles):
        raise NameTaken("A built-in role has this name, or one that looks the same.", name=name)
    return name


_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"})

# Letters with which a word can be written that looks Latin in one of the cases: Cyrillic, Greek and Armenian ones, in
# lower case, and digits. After the confusables of Unicode Technical Standard 39; `i` and `l` are one for this purpose.
_LOOKS_LIKE = {
    ord(letter): latin
    for latin, others in {
        "a": "\u0430\u03b1",
        "b": "\u0432\u03b2",
        "c": "\u0441\u03f2",
        "d": "\u0501",
        "e": "\u0435\u03b5",
        "h": "\u04bb\u043d\u03b7\u0570",
        "j": "\u0458\u03f3",
        "k": "\u043a\u03ba",
        "l": "i1\u0456\u04cf\u03b9",
        "m": "\u043c\u03bc",
        "n": "\u0578",
        "o": "0\u043e\u03bf\u0585",
        "p": "\u0440\u03c1",
        "q": "\u051b",
        "s": "\u0455",
        "t": "\u0442\u03c4",
        "u": "\u057d",
        "v": "\u03bd",
        "w": "\u051d\u03c9",
        "x": "\u0445\u03c7",
        "y": "\u0443\u03c5\u03b3",
        "z": "\u03b6",
    }.items()
    for letter in others
}


def look(name: str) -> str:
    """What a name looks like at a glance: no case, blanks or punctuation, and letters that look alike taken for one."""
    seen = text.folded(name).translate(_LOOKS_LIKE)
    return "".join(each for each in seen if unicodedata.category(each)[0] not in "ZP")[:200]
