"""What a custom role may be called: nothing that can be taken for another role."""

from __future__ import annotations

import re
import unicodedata

from ...kernel import text
from ...kernel.errors import Invalid, NameTaken
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
    if not any(map(str.isalnum, seen)):
        raise Invalid("The name of a role has letters or digits.", field="name", rule="no_letters")
    if len(_ALIKE & {unicodedata.name(letter, "").partition(" ")[0] for letter in name if letter.isalpha()}) > 1:
        raise Invalid(
            "The name of a role does not mix scripts whose letters look alike.", field="name", rule="mixed_scripts"
        )
    if any(seen in (look(role.key), look(role.name)) for role in scheme.roles):
        raise NameTaken("A built-in role has this name, or one that looks the same.", field="name")
    return name


_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})

# Letters with which a word can be written that looks Latin in one of the cases: Cyrillic, Greek and Armenian ones in
# lower case, Lisu ones, small capitals and digits. After the confusables of Unicode Technical Standard 39; `i` and `l`
# are one for this purpose.
_LOOKS_LIKE = {
    ord(letter): latin
    for latin, others in {
        "a": "\u0430\u03b1\u0251\u1d00\ua4ee",
        "b": "\u0432\u03b2\u0299\ua4d0",
        "c": "\u0441\u03f2\u1d04\ua4da",
        "d": "\u0501\u1d05\ua4d3",
        "e": "\u0435\u03b5\u1d07\ua4f0",
        "f": "\ua730\ua4dd",
        "g": "\u0261\u0262\ua4d6",
        "h": "\u04bb\u043d\u03b7\u0570\u029c\ua4e7",
        "j": "\u0458\u03f3\u1d0a\ua4d9",
        "k": "\u043a\u03ba\u1d0b\ua4d7",
        "l": "i1|\u0456\u04cf\u03b9\u0131\u0269\u026a\u029f\ua4e1\ua4f2",
        "m": "\u043c\u03bc\u1d0d\ua4df",
        "n": "\u0578\u0274\ua4e0",
        "o": "0\u043e\u03bf\u0585\u1d0f\ua4f3",
        "p": "\u0440\u03c1\u1d18\ua4d1",
        "q": "\u051b",
        "r": "\u0280\ua4e3",
        "s": "\u0455\ua731\ua4e2",
        "t": "\u0442\u03c4\u1d1b\ua4d4",
        "u": "\u057d\u1d1c\ua4f4",
        "v": "\u03bd\u1d20\ua4e6",
        "w": "\u051d\u03c9\u1d21\ua4ea",
        "x": "\u0445\u03c7\ua4eb",
        "y": "\u0443\u03c5\u03b3\u028f\ua4ec",
        "z": "\u03b6\u1d22\ua4dc",
    }.items()
    for letter in others
}


_LOOSE_MARKS = "[\u0300-\u036f]"  # what makes a letter of its own, such as an umlaut, is composed


def look(name: str) -> str:
    """What a name looks like at a glance: no case, blanks or punctuation, and letters that look alike taken for one."""
    seen = re.sub(_LOOSE_MARKS, "", text.fold(name)).translate(_LOOKS_LIKE).replace("rn", "m").replace("vv", "w")
    return "".join(each for each in seen if unicodedata.category(each)[0] not in "ZP")[:200]
