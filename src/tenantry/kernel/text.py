"""Text and settings that come from callers: every function accepts a value, or refuses it with `Invalid`.

All take the value, whatever it is, and the name of the field for the message; they return what is to be stored. All
stores would disagree on the rest: PostgreSQL refuses NUL and lone surrogates, SQLite keeps what is too long.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from .errors import Invalid

__all__ = [
    "boolean",
    "choice",
    "counter_name",
    "counters",
    "exact",
    "fold",
    "integer",
    "name",
    "paragraph",
    "paragraph_or_none",
    "settings",
    "several",
    "slug",
    "slugify",
]

_E = TypeVar("_E", bound=StrEnum)

_SAFE_INTEGER = 2**53  # what JSON readers agree on (RFC 8259, section 6)
_SLUG = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"  # a DNS label (RFC 1123, section 2.1)
_COUNTER = r"[a-z][a-z0-9_]{0,62}"
_MAX_COUNTERS = 50

# Letters, marks and symbols that show nothing: what Unicode calls default ignorable and does not count as a format
# character, and the blank Braille cell. Two names that differ in one of them look the same.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0").union(
    map(chr, range(0xFE00, 0xFE0E)), map(chr, range(0xE0100, 0xE01F0))
)
# How an emoji is drawn, in colour or not, is no part of a name; keyboards add these by themselves.
_PRESENTATION = str.maketrans("", "", "\ufe0e\ufe0f")

# Latin letters that Unicode does not take apart (the last is the dotless i), and apostrophes, which join.
_LATIN = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "\u0131": "i",
        "'": "",
        "\u2019": "",
    }
)


def exact(value: object, field: str, *, longest: int = 255) -> str:
    """Accept opaque text, such as the host's user id, and return it unchanged.

    Args:
        value: Exactly a `str`, without control characters, line separators and lone surrogates, and not blank.
        field: The name of the field, for the message.
        longest: How many characters it may have.

    Raises:
        Invalid: It is anything else.
    """
    text = _text(value, field, longest)
    for character in "" if text.isprintable() else text:  # what is printable has none of these; ids are asked often
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            raise _bad_character(character, field)
    if text.isspace():
        raise _empty(field)
    return text


def several(value: object, field: str, *, most: int) -> frozenset[str]:
    """Accept a collection of opaque texts, such as ids, and return each of them once.

    Args:
        value: A collection of texts that `exact` accepts; a text is no collection of its letters.
        field: The name of the field, for the message.
        most: How many texts it may have.

    Raises:
        Invalid: It is anything else.
    """
    if isinstance(value, str | bytes) or not isinstance(value, Collection):
        raise _refusal(
            field, f"must be a collection of texts, not {instead(value)}", rule="wrong_type", expected="collection"
        )
    if len(value) > most:
        raise _refusal(field, f"must not have more than {most:,} texts", rule="too_many", max=most)
    return frozenset(exact(each, field) for each in value)


def name(value: object, field: str = "name", *, longest: int = 100) -> str:
    """Accept a display name, of a tenant, a workspace or a person: one line of visible text.

    It is normalised (NFC), and blanks around it are dropped. Control, format (bidirectional, zero-width), private and
    unassigned characters are refused: they can make a name look like another, or like none.

    Args:
        value: The name.
        field: The name of the field, for the message.
        longest: How many characters it may have once normalised.

    Raises:
        Invalid: It is not such a name.
    """
    return _visible(value, field, longest, allowed="")


def paragraph(value: object, field: str, *, longest: int = 2_000) -> str:
    """Accept plain text of several lines, such as a description.

    As for `name`, but line breaks and tabs are allowed; CR LF becomes LF.

    Args:
        value: The text.
        field: The name of the field, for the message.
        longest: How many characters it may have once normalised.

    Raises:
        Invalid: It is not such text.
    """
    return _visible(value, field, longest, allowed="\n\t")


def paragraph_or_none(value: object, field: str, *, longest: int = 2_000) -> str | None:
    """As `paragraph`, where None and the empty text mean that there is none.

    Args:
        value: The text.
        field: The name of the field, for the message.
        longest: How many characters it may have once normalised.

    Raises:
        Invalid: It is neither such text nor none.
    """
    return None if value is None or (type(value) is str and not value) else paragraph(value, field, longest=longest)


def slug(value: object, field: str = "slug", *, reserved: frozenset[str] = frozenset()) -> str:
    """Accept a slug: a DNS label of letters, digits and single hyphens, 1 to 63 characters.

    Spellings that differ in case, Unicode form (NFKC) or outer blanks become one. Two hyphens in a row are refused,
    and with them `xn--`, by which a browser would show another name (RFC 5890, section 2.3.1).

    Args:
        value: The slug.
        field: The name of the field, for the message.
        reserved: Slugs that nobody may have.

    Raises:
        Invalid: It is not a slug, or is reserved.
    """
    text = unicodedata.normalize("NFKC", _text(value, field, 255)).strip().lower()
    if re.fullmatch(_SLUG, text) is None or "--" in text:
        raise _refusal(
            field,
            f"must have 1 to 63 letters a-z, digits and single hyphens between them; {_shown(text)} is none",
            rule="not_a_slug",
        )
    if text in reserved:
        raise _refusal(field, f"{_shown(text)} is reserved", rule="reserved")
    return text


def slugify(name: str) -> str | None:
    """Propose a slug for a display name, or None when the name has nothing that a slug can keep.

    Args:
        name: The display name.
    """
    letters = unicodedata.normalize("NFKD", name).lower().translate(_LATIN)
    letters = "".join(each for each in letters if not unicodedata.combining(each))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:63].rstrip("-") or None


def with_tail(slug: str, id: str) -> str:
    """A slug that nobody else has, made from one that somebody may: with the random end of an id behind it."""
    return f"{slug[:50].rstrip('-')}-{id[-8:]}"


def fold(value: str) -> str:
    """Return the key by which names are searched: equal for names that differ in case or compatibility form only.

    Args:
        value: Any text.
    """
    # Unicode, section 3.13, D146 (compatibility caseless match), composed at the end.
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFD", value).casefold())
    return unicodedata.normalize("NFKC", text.casefold())


def is_typed(value: object, field: str, names: Iterable[str]) -> bool:
    """Whether somebody has typed one of these names, to confirm something; case and blanks around it do not matter.

    Args:
        value: What was typed.
        field: The name of the field, for the message.
        names: What it may be.

    Raises:
        Invalid: It is no text, is blank or too long, or has a control character in it.
    """
    typed = exact(value.strip() if type(value) is str else value, field)
    return fold(typed) in map(fold, names)


def settings(
    value: object, field: str, *, deepest: int = 8, max_keys: int = 200, largest: int = 16 * 1024
) -> Mapping[str, Any]:
    """Accept a JSON object of bounded size, and return a copy of its own.

    Args:
        value: A plain `dict` with text keys; in it text, numbers, booleans, None, lists and such objects.
        field: The name of the field, for the message.
        deepest: How many objects and lists may stand in one another.
        max_keys: How many keys all objects may have together.
        largest: How many bytes the JSON text may have.

    Raises:
        Invalid: It is not such an object, or has NUL, lone surrogates, NaN, infinity or a number beyond 2**53.
    """
    if type(value) is not dict:
        raise _refusal(field, "must be a JSON object", rule="wrong_type", expected="mapping")
    copy: dict[str, Any] = _Copier(field, deepest, max_keys, largest).copied(value, 1)
    text = json.dumps(copy, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if len(text.encode()) > largest:
        raise _refusal(field, f"must not take more than {largest:,} bytes as JSON", rule="too_large", max=largest)
    return copy


def counters(value: object, field: str) -> Mapping[str, int]:
    """Accept a mapping of at most 50 counter names to whole numbers from 0 to 2**53, and return a copy of its own.

    Args:
        value: A plain `dict`; a name starts with a-z, and goes on with a-z, digits and underscores, to 63 characters.
        field: The name of the field, for the message.

    Raises:
        Invalid: It is not such a mapping.
    """
    if type(value) is not dict:
        raise _refusal(field, "must map names to whole numbers", rule="wrong_type", expected="mapping")
    if len(value) > _MAX_COUNTERS:
        raise _refusal(field, f"must not have more than {_MAX_COUNTERS} names", rule="too_many", max=_MAX_COUNTERS)
    return {
        counter_name(key, field): integer(number, f"{field}.{key}", low=0, high=_SAFE_INTEGER)
        for key, number in value.items()
    }


def counter_name(value: object, field: str) -> str:
    """Accept the name of something that is counted: a-z, then a-z, digits and underscores, to 63 characters.

    Args:
        value: The name.
        field: The name of the field, for the message.

    Raises:
        Invalid: It is no such name.
    """
    if type(value) is str and re.fullmatch(_COUNTER, value):
        return value
    raise _refusal(field, "must be named with a-z, 0-9 and underscores, a letter first", rule="malformed")


def choice(value: object, enum_cls: type[_E], field: str) -> _E:
    """Accept a member of an enumeration, given as the member itself or as exactly its text.

    Args:
        value: The member or its text; no other spelling.
        enum_cls: The enumeration.
        field: The name of the field, for the message.

    Raises:
        Invalid: It is neither.
    """
    if type(value) is str or type(value) is enum_cls:
        for member in enum_cls:
            if member.value == value:
                return member
    known = ", ".join(member.value for member in enum_cls)
    raise _refusal(
        field, f"must be one of: {known}", rule="not_a_choice", choices=[member.value for member in enum_cls]
    )


def boolean(value: object, field: str) -> bool:
    """Accept True or False, and nothing that merely looks true.

    Args:
        value: The boolean.
        field: The name of the field, for the message.

    Raises:
        Invalid: It is anything else.
    """
    if value is True or value is False:
        return value
    raise _refusal(field, "must be true or false", rule="wrong_type", expected="boolean")


def integer(value: object, field: str, *, low: int, high: int) -> int:
    """Accept a whole number within bounds; a boolean is none.

    Args:
        value: The number.
        field: The name of the field, for the message.
        low: The smallest number.
        high: The greatest number.

    Raises:
        Invalid: It is anything else.
    """
    message = f"The {field} must be a whole number from {low:,} to {high:,}."
    if type(value) is not int:
        raise Invalid(message, field=field, rule="wrong_type", expected="integer")
    if not low <= value <= high:
        raise Invalid(message, field=field, rule="out_of_range", low=low, high=high)
    return value


class _Copier:
    """Copies JSON with limits that hold while it copies, so that what is huge or circular is not walked to its end."""

    def __init__(self, field: str, deepest: int, max_keys: int, largest: int) -> None:
        self.field = field
        self.deepest = deepest
        self.max_keys = max_keys
        self.largest = largest
        self.keys = 0
        self.values = 0

    def copied(self, value: object, depth: int) -> Any:
        self.values += 1
        if self.values > self.largest:  # every value takes a byte at least
            raise _refusal(
                self.field,
                f"must not take more than {self.largest:,} bytes as JSON",
                rule="too_large",
                max=self.largest,
            )
        kind = type(value)
        if value is None or kind is bool:
            return value
        if isinstance(value, str) and kind is str:
            return self.text(value)
        if isinstance(value, (int, float)) and kind in (int, float):
            # Floats too: PostgreSQL writes 1e16 out as a whole number, and another type would come back.
            if not abs(value) <= _SAFE_INTEGER:  # also true of NaN
                raise _refusal(
                    self.field,
                    "must not have NaN, infinity or a number beyond 2**53",
                    rule="out_of_range",
                    low=-_SAFE_INTEGER,
                    high=_SAFE_INTEGER,
                )
            return value
        if depth > self.deepest:
            raise _refusal(
                self.field, f"must not be nested deeper than {self.deepest} levels", rule="too_deep", max=self.deepest
            )
        if isinstance(value, dict) and kind is dict:
            self.keys += len(value)
            if self.keys > self.max_keys:
                raise _refusal(
                    self.field, f"must not have more than {self.max_keys} keys", rule="too_many", max=self.max_keys
                )
            return {self.key(key): self.copied(each, depth + 1) for key, each in value.items()}
        if isinstance(value, (list, tuple)) and kind in (list, tuple):
            return [self.copied(each, depth + 1) for each in value]
        raise _refusal(
            self.field,
            "must have only text, numbers, booleans, None, lists and objects in it",
            rule="wrong_type",
            expected="plain data",
        )

    def key(self, value: object) -> str:
        return exact(value, f"{self.field}.key")

    def text(self, value: str) -> str:
        if len(value) > self.largest:
            raise _refusal(
                self.field,
                f"must not take more than {self.largest:,} bytes as JSON",
                rule="too_large",
                max=self.largest,
            )
        for character in value:
            if character == "\0" or "\ud800" <= character <= "\udfff":
                raise _bad_character(character, self.field)
        return value


def _visible(value: object, field: str, longest: int, *, allowed: str) -> str:
    # Composing makes one character of four at most: what is longer than that is not even normalised.
    text = _text(value, field, 4 * longest, says=longest)
    if "\n" in allowed:
        text = text.replace("\r\n", "\n")
    text = unicodedata.normalize("NFC", text.translate(_PRESENTATION))
    for character in text:
        # "Printable" is every category but C (other) and Z (separators); of the latter only blanks are let in.
        visible = character.isprintable() or character in allowed or unicodedata.category(character) == "Zs"
        if not visible or character in _INVISIBLE:
            raise _bad_character(character, field)
    text = text.strip()
    if not text:
        raise _empty(field)
    if len(text) > longest:
        raise _too_long(field, longest)
    if unicodedata.category(text[0]).startswith("M"):  # it would change whatever is printed before it
        raise _bad_character(text[0], field)
    return text


def instead(value: object) -> str:
    """What stands where text should be, for a message; and what to do if it is a member of a `StrEnum`."""
    kind = type(value).__name__
    return f"{kind} (give its .value)" if isinstance(value, StrEnum) else kind


def _text(value: object, field: str, longest: int, *, says: int | None = None) -> str:
    # A subclass of str may compare and print as it likes, so it is not text.
    if type(value) is not str:
        raise _refusal(field, f"must be text, not {instead(value)}", rule="wrong_type", expected="text")
    if not value:
        raise _empty(field)
    if len(value) > longest:
        raise _too_long(field, says or longest)
    return value


def _empty(field: str) -> Invalid:
    return _refusal(field, "must not be empty or blank", rule="blank")


def _too_long(field: str, longest: int) -> Invalid:
    return _refusal(field, f"must not have more than {longest:,} characters", rule="too_long", max=longest)


def _bad_character(character: str, field: str) -> Invalid:
    return _refusal(
        field,
        f"must not have the character U+{ord(character):04X}",
        rule="unprintable",
        character=f"U+{ord(character):04X}",
    )


def _refusal(field: str, what: str, *, rule: str, **data: object) -> Invalid:
    return Invalid(f"The {field} {what}.", field=field, rule=rule, **data)


def _shown(text: str) -> str:
    return ascii(text if len(text) <= 40 else text[:40] + "...")
