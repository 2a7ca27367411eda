"""What holds for every input of the kernel's parsers."""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Callable
from enum import StrEnum

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tenantry.errors import Invalid, InvalidCursor, InvalidToken
from tenantry.kernel import emails, ids, text
from tenantry.kernel.tokens import KeyRing
from tests.scale import rounds


class Colour(StrEnum):
    RED = "red"


RING = KeyRing(["k" * 32])

anything: st.SearchStrategy[object] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.binary(max_size=20)
    | st.text(st.characters(), max_size=20)
    | st.builds(object)
    | st.just(Colour.RED),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=5,
)
any_text = st.text(st.characters(), max_size=80)
plain = st.text("abcXYZ019.+-_'", max_size=12)
local = st.text(
    st.characters(exclude_categories=["C", "Z"]) | st.sampled_from("aZ.+_İIıßſKσΣς"), min_size=1, max_size=12
)
host = st.lists(
    st.text(st.characters(categories=["L", "N", "M"]) | st.sampled_from("az09-ß"), min_size=1, max_size=8),
    min_size=1,
    max_size=3,
).map(lambda labels: ".".join([*labels, "test"]))
addresses = st.one_of(any_text, st.builds("{}@{}".format, local | plain | any_text, host | any_text))


@given(addresses | anything)
@example("\u0130\u0323@gov.test")
@example("\u03a3.\u03a3@gov.test")
def test_the_key_of_a_key_is_the_key(address: object) -> None:
    """EM-03, IN-07: and whatever has none is refused with Invalid, never otherwise."""
    key = emails.key_or_none(address)
    if key is None:
        with pytest.raises(Invalid):
            emails.canonical(address)
        return
    assert emails.canonical(key) == key
    assert key.count("@") == 1
    assert emails.domain(key).isascii()
    assert emails.domain(key) == emails.domain(key).lower()
    assert len(key.encode()) <= 254
    assert unicodedata.is_normalized("NFC", key)
    assert emails.domain_allowed(key, [emails.domain(key)])


def test_the_key_of_a_key_is_the_key_for_a_million_addresses() -> None:
    """EM-03: letters of every script that has case, in every position, with marks that reorder and compose."""
    chance = random.Random(3)
    letters = [chr(n) for n in range(0x21, 0x1E944) if chr(n) != chr(n).lower() or chr(n) != chr(n).upper()]
    marks = [chr(n) for n in range(0x300, 0x370)] + ["\u0345", "\u05b0", "\u3099", "."]
    letters += [chr(n) for n in range(0x21, 0x7F)]
    accepted = 0
    for _ in range(rounds(1_000_000)):
        drawn = chance.choices(letters, k=chance.randint(1, 4)) + chance.choices(marks, k=chance.randint(0, 3))
        chance.shuffle(drawn)
        domain = "x" + "".join(chance.choices(letters, k=chance.randint(0, 2)))
        key = emails.key_or_none(f"{''.join(drawn)}@{domain}.test")
        if key is not None:
            accepted += 1
            assert emails.canonical(key) == key
    assert accepted


@given(local, st.sampled_from(["gov.test", "GOV.TEST", "Gov。Test"]))
def test_ascii_keys_come_from_ascii_mailboxes_only(before: str, after: str) -> None:
    """EM-08: no mailbox of another script turns into one of plain ASCII."""
    key = emails.key_or_none(f"{before}@{after}")
    if key is not None and key.isascii():
        assert before.isascii()
        assert key == f"{before.lower()}@gov.test"


@given(st.text("abcXYZ019+_", min_size=1, max_size=10), st.text("abcXYZ019+_", min_size=1, max_size=10))
def test_keys_are_equal_exactly_when_the_case_is_all_that_differs(one: str, other: str) -> None:
    """EM-07."""
    same = emails.canonical(f"{one}@gov.test") == emails.canonical(f"{other}@gov.test")
    assert same == (one.lower() == other.lower())


@given(addresses)
def test_a_hint_shows_two_characters_and_the_last_label(address: str) -> None:
    masked = emails.hint(address)
    key = emails.key_or_none(address)
    if key is None:
        assert masked == "•••"
    else:
        assert len(masked) == 2 + 2 * 3 + 2 + len(key.rpartition(".")[2])


ACCEPT: list[Callable[[object], object]] = [
    lambda value: text.exact(value, "field"),
    text.name,
    lambda value: text.paragraph(value, "field"),
    text.slug,
    lambda value: text.settings(value, "field"),
    lambda value: text.counters(value, "field"),
    lambda value: text.choice(value, Colour, "field"),
    lambda value: text.boolean(value, "field"),
    lambda value: text.integer(value, "field", low=0, high=10),
]


@given(st.sampled_from(ACCEPT), anything | any_text)
def test_whatever_is_accepted_is_accepted_again_unchanged(accept: Callable[[object], object], value: object) -> None:
    """IN-08: and whatever is not is Invalid, with a printable sentence that repeats little."""
    try:
        accepted = accept(value)
    except Invalid as refused:
        sentence = str(refused)
    else:
        assert accept(accepted) == accepted
        return
    assert sentence.startswith("The ")
    assert sentence.endswith(".")
    assert sentence.isprintable()
    assert len(sentence) < 600


@given(any_text)
def test_names_are_one_visible_line(value: str) -> None:
    """IN-04, EM-15."""
    try:
        name = text.name(value)
    except Invalid:
        return
    assert {unicodedata.category(each) for each in name}.isdisjoint({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
    assert name.splitlines() == [name]
    assert name == name.strip() == unicodedata.normalize("NFC", name)


@given(any_text)
def test_a_proposed_slug_is_a_slug(value: str) -> None:
    """IN-14."""
    proposed = text.slugify(value)
    assert proposed is None or text.slug(proposed) == proposed


@given(st.text("abcXYZ019-", min_size=1, max_size=64), st.sampled_from(["", " ", "\u3000"]))
def test_slugs_collide_in_every_spelling(value: str, blank: str) -> None:
    """E04, IN-14."""
    wide = "".join(chr(ord(each) + 0xFEE0) for each in value)
    try:
        slug = text.slug(value)
    except Invalid:
        with pytest.raises(Invalid):
            text.slug(wide)
    else:
        assert slug == text.slug(value.upper()) == text.slug(wide) == text.slug(blank + value + blank)


@given(any_text)
def test_folding_twice_is_folding_once(value: str) -> None:
    once = text.fold(value)
    assert text.fold(once) == once
    assert text.fold(unicodedata.normalize("NFD", value)) == once


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-(2.0**53), 2.0**53) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(min_size=1, max_size=5), json_values, max_size=5))
def test_settings_survive_json(value: dict[str, object]) -> None:
    """IN-12."""
    try:
        kept = text.settings(value, "settings")
    except Invalid:
        return
    assert kept == value
    assert json.loads(json.dumps(kept)) == kept


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_ids_sort_as_their_bytes_do(one: bytes, other: bytes) -> None:
    first, second = ids.from_bytes("ten", one), ids.from_bytes("ten", other)
    assert (first < second) == (one < other)
    assert ids.to_bytes(first) == one
    assert ids.is_id(first, "ten")


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_tokens_give_back_what_was_signed(tenant: bytes, invitation: bytes, nonce: bytes) -> None:
    """IT-17."""
    tenant_id, invitation_id = ids.from_bytes("ten", tenant), ids.from_bytes("inv", invitation)
    token = RING.sign_invitation(tenant_id, invitation_id, nonce)
    read = RING.read_invitation(token)
    assert (read.tenant_id, read.invitation_id, read.nonce) == (tenant_id, invitation_id, nonce)
    assert len(token) <= 160


token_like = st.from_regex(r"[A-Za-z0-9_-]{64}\.[A-Za-z0-9_-]{43}", fullmatch=True)


@given(anything | any_text | token_like)
def test_what_was_not_signed_is_refused(value: object) -> None:
    """IT-01, IN-07."""
    with pytest.raises(InvalidToken):
        RING.read_invitation(value)
    with pytest.raises(InvalidCursor):
        RING.read_cursor(value, context="")


@given(st.binary(max_size=735), any_text, any_text)
def test_cursors_are_good_for_their_context_only(payload: bytes, context: str, other: str) -> None:
    """IN-07."""
    cursor = RING.sign_cursor(payload, context=context)
    assert RING.read_cursor(cursor, context=context) == payload
    if other != context:
        with pytest.raises(InvalidCursor):
            RING.read_cursor(cursor, context=other)
