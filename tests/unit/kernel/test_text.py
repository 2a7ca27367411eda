"""What callers send is accepted in one form, or refused with a sentence."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum
from itertools import count
from typing import Any

import pytest

from tenantry.errors import Invalid
from tenantry.kernel import text


class Status(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class Other(StrEnum):
    ACTIVE = "active"


class Agreeable(str):
    """Claims to be equal to everything."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return True


NOT_TEXT: list[object] = [
    None,
    True,
    0,
    7,
    10**400,
    math.nan,
    b"acme",
    [],
    ["acme"],
    {},
    iter("acme"),
    Status.ACTIVE,
    Agreeable("a"),
]
BROKEN = ["a\0b", "a\ud800b", "\udfff"]
LOOKS_LIKE_ANOTHER = [
    "Ada\u202egnp",  # right-to-left override
    "Ada\u2066x\u2069",  # isolate
    "Ada\u200e",  # left-to-right mark
    "A\u061cb",  # Arabic letter mark
    "A\u200bda",  # zero width space
    "A\u200cda",  # zero width non-joiner
    "A\u200dda",  # zero width joiner
    "\ufeffAda",  # byte order mark
    "A\u2060da",  # word joiner
    "A\u00adda",  # soft hyphen
    "A\u034fda",  # combining grapheme joiner
    "\u3164",  # Hangul filler
    "A\uffa0",  # halfwidth Hangul filler
    "\u2800",  # blank Braille cell
    "A\U000e0101",  # variation selector
    "A\U000e0041",  # tag
    "A\ue000",  # private use
    "A\u0378",  # unassigned
    "A\uffff",  # no character
    "\u0301Ada",  # a mark that lands on whatever stands before the name
]
CONTROLS = ["Ada\x1b[31m", "Ada\x7f", "Ada\x85", "Ada\x08"]
BREAKS = ["Ada\nLovelace", "Ada\rBcc: x", "Ada\r\n", "Ada\u2028x", "Ada\u2029x", "Ada\vx", "Ada\fx"]

ACCEPT: list[Callable[[object], str]] = [
    lambda value: text.exact(value, "user_id"),
    text.name,
    lambda value: text.paragraph(value, "description"),
    text.slug,
]


class TestEveryText:
    @pytest.mark.parametrize("accept", ACCEPT, ids=count())
    @pytest.mark.parametrize("value", NOT_TEXT, ids=count())
    def test_is_exactly_a_str(self, accept: Callable[[object], str], value: object) -> None:
        """PE-14, IN-08: nothing that merely behaves like text is text."""
        with pytest.raises(Invalid):
            accept(value)

    @pytest.mark.parametrize("accept", ACCEPT, ids=count())
    @pytest.mark.parametrize("value", BROKEN, ids=ascii)
    def test_has_neither_nul_nor_surrogates(self, accept: Callable[[object], str], value: str) -> None:
        """IN-09: refused before any store sees it, so equally by all."""
        with pytest.raises(Invalid):
            accept(value)

    @pytest.mark.parametrize("accept", ACCEPT, ids=count())
    @pytest.mark.parametrize("value", ["", " ", "\u3000 \u00a0"], ids=ascii)
    def test_is_not_blank(self, accept: Callable[[object], str], value: str) -> None:
        with pytest.raises(Invalid):
            accept(value)

    @pytest.mark.parametrize("accept", ACCEPT, ids=count())
    def test_is_bounded(self, accept: Callable[[object], str]) -> None:
        """IN-10: SQLite would store it."""
        with pytest.raises(Invalid):
            accept("a" * 1_000_000)

    @pytest.mark.parametrize(
        ("value", "rule", "data"),
        [
            (7, "wrong_type", {"expected": "text"}),
            (" ", "blank", {}),
            ("a" * 101, "too_long", {"max": 100}),
            ("A\0", "unprintable", {"character": "U+0000"}),
        ],
        ids=count(),
    )
    def test_refusal_says_by_its_rule_what_is_wrong(self, value: object, rule: str, data: dict[str, object]) -> None:
        """A host words it for whoever filled in the form."""
        with pytest.raises(Invalid) as refused:
            text.name(value, "title")
        assert (refused.value.field, refused.value.rule, refused.value.data) == ("title", rule, data)

    def test_refusal_names_the_field_in_a_sentence_and_shows_little_of_the_value(self) -> None:
        with pytest.raises(Invalid) as refused:
            text.slug("\x1b" + "secret " * 30, "handle")
        assert refused.value.field == "handle"
        assert str(refused.value).startswith("The handle must")
        assert str(refused.value).endswith(".")
        assert str(refused.value).isprintable()
        assert str(refused.value).count("secret") < 7


class TestExact:
    @pytest.mark.parametrize("value", ["user_1", " padded ", "a" * 255, "\u00e9", "e\u0301", "0", "OWNER"])
    def test_returns_it_unchanged(self, value: str) -> None:
        assert text.exact(value, "user_id") == value

    @pytest.mark.parametrize("value", ["a" * 256, "a\tb", *CONTROLS, *BREAKS], ids=count())
    def test_refuses_controls_and_line_breaks(self, value: str) -> None:
        with pytest.raises(Invalid):
            text.exact(value, "user_id")

    def test_takes_the_bound_of_the_field(self) -> None:
        assert text.exact("abc", "key", longest=3) == "abc"
        with pytest.raises(Invalid, match="more than 3 characters"):
            text.exact("abcd", "key", longest=3)


class TestSeveral:
    @pytest.mark.parametrize("value", [["a", "b", "a"], ("a", "b"), {"a", "b"}, {"a": 1, "b": 2}.keys()])
    def test_has_each_text_once(self, value: object) -> None:
        assert text.several(value, "ids", most=3) == {"a", "b"}
        assert text.several([], "ids", most=3) == set()

    @pytest.mark.parametrize("value", [None, "ab", b"cd", 1, iter("ab"), ["a", 1], [""], ["a\0"], ["a"] * 4])
    def test_is_a_bounded_collection_of_texts(self, value: object) -> None:
        with pytest.raises(Invalid) as refused:
            text.several(value, "ids", most=3)
        assert refused.value.field == "ids"


class TestName:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("Acme", "Acme"),
            ("  Ministry of Justice\u00a0", "Ministry of Justice"),
            ("Rene\u0301", "Ren\u00e9"),
            ("株式会社 東京", "株式会社 東京"),
            ("משרד", "משרד"),
            ("O'Neil & Söhne — 1/2 \U0001f600", "O'Neil & Söhne — 1/2 \U0001f600"),
            ("\u2764\ufe0f Charity", "\u2764 Charity"),
            ("Rene\ufe0f\u0301", "Ren\u00e9"),
            ("a" * 100, "a" * 100),
            ("e\u0301" * 100, "\u00e9" * 100),
        ],
    )
    def test_is_normalised(self, given: str, kept: str) -> None:
        assert text.name(given) == kept
        assert text.name(kept) == kept

    @pytest.mark.parametrize("value", [*LOOKS_LIKE_ANOTHER, *CONTROLS, *BREAKS, "a\tb"], ids=ascii)
    def test_is_one_line_of_visible_text(self, value: str) -> None:
        """IN-04, EM-15: controls, line breaks, bidi, zero-width, unassigned, private use."""
        with pytest.raises(Invalid):
            text.name(value)

    @pytest.mark.parametrize("value", ["a" * 101, "\u0958" * 51, "a" * 401], ids=count())
    def test_is_measured_after_normalising(self, value: str) -> None:
        """IN-04, IN-10: U+0958 becomes two characters."""
        with pytest.raises(Invalid, match="more than 100 characters"):
            text.name(value)


class TestParagraph:
    def test_keeps_line_breaks_and_tabs(self) -> None:
        assert text.paragraph("\n one\r\n\ttwo\n\nthree \n", "message") == "one\n\ttwo\n\nthree"

    @pytest.mark.parametrize(
        "value", [*LOOKS_LIKE_ANOTHER, *CONTROLS, "a\rb", "a\u2028b", "a\vb", "a" * 2_001], ids=count()
    )
    def test_refuses_otherwise_what_a_name_refuses(self, value: str) -> None:
        """IN-04, IN-10."""
        with pytest.raises(Invalid):
            text.paragraph(value, "message")

    def test_takes_the_bound_of_the_field(self) -> None:
        assert text.paragraph("ab\r\n", "message", longest=2) == "ab"


class TestSlug:
    @pytest.mark.parametrize("value", ["acme", "ACME", " Acme ", "acme\t", "ａｃｍｅ", "ＡCME\u3000", "ac\u1d39e"])
    def test_spellings_of_one_slug_collide(self, value: str) -> None:
        """E04, IN-14: case, Unicode form, outer blanks."""
        assert text.slug(value) == "acme"

    @pytest.mark.parametrize("value", ["a", "0", "42", "a-b-c", "a" * 63])
    def test_is_a_dns_label(self, value: str) -> None:
        assert text.slug(value) == value

    @pytest.mark.parametrize(
        "value",
        [
            "-acme",
            "acme-",
            "-",
            "a--b",
            "xn--mller-kva",
            "a" * 64,
            "a.b",
            "a_b",
            "a b",
            "a/b",
            "../a",
            "acme\u200b",
            "\u0430cme",  # Cyrillic
            "acm\u0435",
            "\u0131d",
            "straße",
            "müller",
            "\u03b1cme",
            "a'--",
        ],
        ids=ascii,
    )
    def test_has_no_look_alikes(self, value: str) -> None:
        """IN-14: confusables, leading dashes, 64 characters, other names by Punycode."""
        with pytest.raises(Invalid):
            text.slug(value)

    @pytest.mark.parametrize("value", ["admin", "ADMIN ", "ａdmin"])
    def test_is_not_reserved_in_any_spelling(self, value: str) -> None:
        """IN-14."""
        with pytest.raises(Invalid, match="reserved"):
            text.slug(value, reserved=frozenset({"admin"}))


class TestSlugify:
    @pytest.mark.parametrize(
        ("name", "proposed"),
        [
            ("Acme", "acme"),
            ("Ministry of Justice", "ministry-of-justice"),
            ("Müller & Söhne — Köln", "muller-sohne-koln"),
            ("Straße Łódź Ærø Þór", "strasse-lodz-aero-thor"),
            ("Ada's Café", "adas-cafe"),
            ("日本 Tokyo", "tokyo"),
            ("-- 1/2 --", "1-2"),
            ("ＡＣＭＥ №1", "acme-no1"),
            ("xn--acme", "xn-acme"),
            ("x" * 62 + " tail", "x" * 62),
            ("日本", None),
            ("\U0001f600", None),
            ("...", None),
        ],
    )
    def test_proposes_what_a_slug_accepts(self, name: str, proposed: str | None) -> None:
        assert text.slugify(name) == proposed
        if proposed is not None:
            assert text.slug(proposed) == proposed


def test_folded_names_are_equal_without_regard_to_case_and_compatibility_form() -> None:
    assert text.fold("STRASSE") == text.fold("Straße") == text.fold("ｓｔｒａße")
    assert text.fold("Ren\u00e9") == text.fold("RENE\u0301")
    assert text.fold("Rene") != text.fold("Ren\u00e9")


class TestSettings:
    def test_are_copied(self) -> None:
        given: dict[str, Any] = {"a": [1, 2.5, None, True, {"b": "x\n\u00e9"}], "c": ("d",), "e": {}}
        kept = text.settings(given, "settings")
        assert kept == {"a": [1, 2.5, None, True, {"b": "x\n\u00e9"}], "c": ["d"], "e": {}}
        assert type(kept) is dict
        given["a"][4]["b"] = "changed"
        assert kept["a"][4]["b"] == "x\n\u00e9"

    @pytest.mark.parametrize(
        "value",
        [
            None,
            [],
            "{}",
            1,
            OrderedDict(a=1),
            {1: "a"},
            {None: 1},
            {"a": {1}},
            {"a": b"x"},
            {"a": object()},
            *({"a": Status.ACTIVE}, {Status.ACTIVE: 1}, {"a": OrderedDict()}, {Agreeable("a"): 1}, {"a": lambda: 1}),
        ],
        ids=count(),
    )
    def test_are_plain_json(self, value: object) -> None:
        """IN-08, IN-12."""
        with pytest.raises(Invalid):
            text.settings(value, "settings")

    @pytest.mark.parametrize(
        "value",
        [math.nan, math.inf, -math.inf, 2**53 + 1, -(2**53) - 1, 10**400, 1e16, 1e308, "a\0", "\ud800"],
        ids=count(),
    )
    def test_hold_only_what_every_store_gives_back(self, value: object) -> None:
        """IN-09, IN-12."""
        with pytest.raises(Invalid):
            text.settings({"a": [value]}, "settings")

    @pytest.mark.parametrize("key", ["", " ", "a\0", "\ud800", "a\nb", "a" * 256], ids=count())
    def test_have_keys_that_can_be_read(self, key: str) -> None:
        """IN-09, IN-12."""
        with pytest.raises(Invalid):
            text.settings({"a": {key: 1}}, "settings")

    def test_are_bounded_in_depth(self) -> None:
        """IN-12."""

        def nested(levels: int) -> dict[str, Any]:
            return {"a": nested(levels - 1)} if levels else {"a": 1}

        assert text.settings(nested(7), "settings")
        for deep in (nested(8), {"a": [[[[[[[[1]]]]]]]]}):
            with pytest.raises(Invalid, match="deeper than 8"):
                text.settings(deep, "settings")

    def test_are_bounded_when_they_contain_themselves(self) -> None:
        """IN-12."""
        circle: dict[str, Any] = {}
        circle["a"] = [circle]
        with pytest.raises(Invalid):
            text.settings(circle, "settings")

    def test_are_bounded_in_keys_over_all_levels(self) -> None:
        """IN-12."""
        half = {str(n): None for n in range(100)}
        assert text.settings({"a": {str(n): None for n in range(99)}, **half}, "settings")
        with pytest.raises(Invalid, match="more than 200 keys"):
            text.settings({"a": half, **half}, "settings")

    @pytest.mark.parametrize(
        "value",
        ["a" * 16_384, "a" * 16_385, "\u00e9" * 8_192, [0] * 8_192, [[]] * 20_000, [["a"] * 200] * 100],
        ids=count(),
    )
    def test_are_bounded_in_size(self, value: object) -> None:
        """IN-10, IN-12."""
        with pytest.raises(Invalid, match="16,384 bytes"):
            text.settings({"a": value}, "settings")

    def test_that_share_a_part_many_times_are_not_walked_to_the_end(self) -> None:
        """IN-12: 100**6 values in a handful of lists."""
        shared: list[Any] = [0] * 100
        for _ in range(6):
            shared = [shared] * 100
        with pytest.raises(Invalid):
            text.settings({"a": shared}, "settings")

    def test_may_take_other_bounds(self) -> None:
        assert text.settings({"a": 1}, "settings", deepest=1, max_keys=1, largest=7) == {"a": 1}
        with pytest.raises(Invalid):
            text.settings({"a": 10}, "settings", largest=7)


class TestCounters:
    def test_are_copied(self) -> None:
        given = {"sent_7d": 0, "a": 2**53}
        kept = text.counters(given, "counters")
        assert kept == given
        assert kept is not given

    @pytest.mark.parametrize(
        "value",
        [
            None,
            [],
            {"a": True},
            {"a": 1.0},
            {"a": -1},
            {"a": 2**53 + 1},
            {"a": 10**400},
            {"a": "1"},
            {"a": None},
            *({"": 1}, {"A": 1}, {"1a": 1}, {"a-b": 1}, {"a\n": 1}, {"a" * 64: 1}, {1: 1}, {Agreeable("a"): 1}),
            {f"n{n}": 1 for n in range(51)},
        ],
        ids=count(),
    )
    def test_are_whole_numbers_by_name(self, value: object) -> None:
        """IN-08, IN-10."""
        with pytest.raises(Invalid):
            text.counters(value, "counters")


class TestChoice:
    @pytest.mark.parametrize("value", ["active", Status.ACTIVE], ids=count())
    def test_is_a_member_or_its_text(self, value: object) -> None:
        assert text.choice(value, Status, "status") is Status.ACTIVE

    @pytest.mark.parametrize(
        "value",
        ["ACTIVE", "Active", "active ", "", Other.ACTIVE, Agreeable("x"), *NOT_TEXT[:-2], ["active"], {"active": 1}],
        ids=count(),
    )
    def test_is_nothing_else(self, value: object) -> None:
        """PE-14."""
        with pytest.raises(Invalid, match="one of: active, suspended"):
            text.choice(value, Status, "status")


class TestNumbers:
    def test_booleans_are_exact(self) -> None:
        assert text.boolean(True, "active") is True
        assert text.boolean(False, "active") is False
        wrong: list[object] = [0, 1, "true", None, [], 1.0]
        for value in wrong:
            with pytest.raises(Invalid):
                text.boolean(value, "active")

    def test_integers_are_exact_and_within_bounds(self) -> None:
        assert [text.integer(n, "limit", low=1, high=3) for n in (1, 2, 3)] == [1, 2, 3]
        for value in (0, 4, True, 2.0, "2", None, 10**400, math.nan):
            with pytest.raises(Invalid, match="from 1 to 3"):
                text.integer(value, "limit", low=1, high=3)
