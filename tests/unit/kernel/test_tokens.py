"""What was signed is read back; anything else is one and the same refusal."""

from __future__ import annotations

import ast
import copy
import hashlib
import pickle
import re
import string
from base64 import urlsafe_b64encode
from itertools import count, permutations
from pathlib import Path

import pytest
from itsdangerous import Signer, TimestampSigner, URLSafeSerializer, URLSafeTimedSerializer

from tenantry.errors import Invalid, InvalidCursor, InvalidToken
from tenantry.kernel import ids, tokens
from tenantry.kernel.tokens import InvitationToken, KeyRing
from tests.scale import rounds

OLD, NEW, OTHER = "old" * 12, b"new" * 12, "other" * 8
TENANT = "ten_01m7we69dpe5ga4707hs9zwe6b"
INVITATION = "inv_01m7we69dpe5ga4707hwbn71vw"
NONCE = bytes(range(16))

RING = KeyRing([NEW, OLD])
TOKEN = RING.sign_invitation(TENANT, INVITATION, NONCE)
PAYLOAD, SIGNATURE = TOKEN.split(".")
RAW = ids.to_bytes(TENANT) + ids.to_bytes(INVITATION) + NONCE
ALPHABET = string.ascii_letters + string.digits + "-_"


def refused(token: object) -> bool:
    with pytest.raises(InvalidToken) as error:
        RING.read_invitation(token)
    return (
        str(error.value) == "This is not a valid invitation token."
        and error.value.data == {}
        and error.value.__context__ is None
    )


def base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class TestKeyRing:
    @pytest.mark.parametrize(
        "keys",
        [
            [],
            (),
            "",
            b"",
            None,
            7,
            OLD,
            NEW,
            bytearray(NEW),
            memoryview(NEW),
            {OLD},
            {OLD: 1},
            iter([OLD]),
            *([""], [b""], ["short"], ["x" * 31], [b"x" * 31], [OLD, "short"], [OLD, OLD], [OLD, OLD.encode()]),
            *([None], [7], [[OLD]], [bytearray(NEW)], [type("S", (str,), {})(OLD)]),
        ],
        ids=count(),
    )
    def test_refuses_what_cannot_be_a_list_of_good_keys(self, keys: list[str | bytes]) -> None:
        """IT-05: duplicate, short, empty string, empty list."""
        with pytest.raises(Invalid) as error:
            KeyRing(keys)
        assert error.value.field == "secret_keys"
        assert "short" not in str(error.value)

    def test_measures_keys_in_bytes(self) -> None:
        for key in ("x" * 32, "é" * 16, "\ud800" * 11, b"\0" * 32):
            assert repr(KeyRing([key])) == "<KeyRing of 1>"

    def test_first_key_signs(self) -> None:
        """IT-05."""
        assert KeyRing([NEW]).sign_invitation(TENANT, INVITATION, NONCE) == TOKEN
        assert KeyRing([OLD, NEW]).sign_invitation(TENANT, INVITATION, NONCE) != TOKEN

    def test_every_key_verifies_until_it_is_retired(self) -> None:
        """IT-05: rotation keeps old links until the key is taken out."""
        old = KeyRing([OLD]).sign_invitation(TENANT, INVITATION, NONCE)
        assert RING.read_invitation(old).nonce == NONCE
        assert KeyRing([OTHER, NEW, OLD]).read_invitation(old).nonce == NONCE
        with pytest.raises(InvalidToken):
            KeyRing([NEW]).read_invitation(old)

    def test_shows_and_gives_away_no_key(self) -> None:
        """IT-07."""
        assert repr(RING) == str(RING) == "<KeyRing of 2>"
        assert not hasattr(RING, "__dict__")
        for give_away in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="never pickled or copied"):
                give_away(RING)


class TestInvitationToken:
    def test_says_what_was_signed(self) -> None:
        assert RING.read_invitation(TOKEN) == InvitationToken(TENANT, INVITATION, NONCE)

    def test_is_short_and_safe_in_a_url(self) -> None:
        """IT-17."""
        assert len(TOKEN) == 108
        assert re.fullmatch(r"[A-Za-z0-9_.-]{1,160}", TOKEN)

    def test_shows_no_nonce(self) -> None:
        """IT-07."""
        assert (
            repr(RING.read_invitation(TOKEN)) == f"InvitationToken(tenant_id='{TENANT}', invitation_id='{INVITATION}')"
        )

    def test_another_nonce_is_another_link(self) -> None:
        assert RING.sign_invitation(TENANT, INVITATION, bytes(16)) != TOKEN

    @pytest.mark.parametrize(
        ("tenant", "invitation", "nonce"),
        [
            (INVITATION, TENANT, NONCE),
            (TENANT, TENANT, NONCE),
            (TENANT.upper(), INVITATION, NONCE),
            (None, INVITATION, NONCE),
            (TENANT, INVITATION, NONCE[:15]),
            (TENANT, INVITATION, b""),
            (TENANT, INVITATION, "0" * 16),
        ],
    )
    def test_is_signed_only_for_whole_facts(self, tenant: str, invitation: str, nonce: bytes) -> None:
        with pytest.raises(Invalid):
            RING.sign_invitation(tenant, invitation, nonce)


class TestRefusedTokens:
    def test_with_any_bit_flipped(self) -> None:
        """IT-01."""
        data = TOKEN.encode()
        for index in range(len(data)):
            for bit in range(8):
                flipped = bytearray(data)
                flipped[index] ^= 1 << bit
                assert refused(flipped.decode("latin-1"))

    def test_with_any_character_exchanged(self) -> None:
        """IT-01: also where base64 has spare bits and several characters would decode alike."""
        for index, is_now in enumerate(TOKEN):
            for character in ALPHABET + "=.+/":
                if character != is_now:
                    assert refused(TOKEN[:index] + character + TOKEN[index + 1 :])

    def test_with_any_part_missing_or_added(self) -> None:
        """IT-01."""
        for index in range(len(TOKEN)):
            assert refused(TOKEN[:index])
            if index:
                assert refused(TOKEN[index:])
            assert refused(TOKEN[:index] + TOKEN[index + 1 :])
            assert refused(TOKEN[:index] + "A" + TOKEN[index:])
        for around in (" ", "\n", "\t", "=", ".", "\0", "\u200b", "A"):
            assert refused(TOKEN + around)
            assert refused(around + TOKEN)

    def test_with_any_two_segments_swapped(self) -> None:
        """IT-01."""
        assert refused(f"{SIGNATURE}.{PAYLOAD}")
        segments = [RAW[:16], RAW[16:32], RAW[32:]]
        for order in permutations(segments):
            if list(order) != segments:
                assert refused(f"{base64(b''.join(order))}.{SIGNATURE}")

    def test_with_parts_of_two_good_tokens(self) -> None:
        """IT-01."""
        payload, signature = RING.sign_invitation(TENANT, INVITATION, bytes(16)).split(".")
        assert refused(f"{PAYLOAD}.{signature}")
        assert refused(f"{payload}.{SIGNATURE}")

    def test_in_any_other_spelling(self) -> None:
        """IT-01: one spelling, whatever base64 would read."""
        for spelling in (
            TOKEN + "=",
            f"{PAYLOAD}.{SIGNATURE}=",
            f"{PAYLOAD}=.{SIGNATURE}",
            TOKEN.swapcase(),
            TOKEN.replace(".", ":"),
            TOKEN.replace(".", "．"),
            f"{PAYLOAD}\n.{SIGNATURE}",
        ):
            assert refused(spelling)

    @pytest.mark.parametrize(
        "token", [None, 7, True, TOKEN.encode(), [TOKEN], {TOKEN: 1}, "", ".", "é" * 108, "\ud800" * 108]
    )
    def test_of_any_other_kind(self, token: object) -> None:
        """IN-08, IN-09."""
        assert refused(token)

    def test_of_a_subclass_of_str(self) -> None:
        """PE-14."""
        assert refused(type("S", (str,), {})(TOKEN))

    def test_of_any_length_before_anything_is_decoded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """IT-17."""

        def never(*_: object) -> None:
            raise AssertionError("decoded")

        monkeypatch.setattr(tokens, "_decode", never)
        monkeypatch.setattr(tokens, "_SIGNED", None)
        for length in (0, 1, 107, 109, 160, 1_024, 1_025, 10_000_000):
            assert refused("A" * length)

    @pytest.mark.parametrize(
        "signer",
        [
            Signer(OTHER, salt=b"tenantry.invitation", key_derivation="hmac", digest_method=hashlib.sha256),
            Signer(NEW, salt=b"tenantry.cursor", key_derivation="hmac", digest_method=hashlib.sha256),
            Signer(NEW, key_derivation="hmac", digest_method=hashlib.sha256),
            Signer(NEW, salt=b"tenantry.invitation", key_derivation="hmac", digest_method=hashlib.sha1),
            Signer(NEW, salt=b"tenantry.invitation", key_derivation="hmac", digest_method=hashlib.sha512),
            Signer(NEW, salt=b"tenantry.invitation", key_derivation="concat", digest_method=hashlib.sha256),
            Signer(NEW, salt=b"tenantry.invitation", key_derivation="django-concat", digest_method=hashlib.sha256),
            Signer(NEW, salt=b"tenantry.invitation", key_derivation="none", digest_method=hashlib.sha256),
            TimestampSigner(NEW, salt=b"tenantry.invitation", key_derivation="hmac", digest_method=hashlib.sha256),
        ],
    )
    def test_by_another_key_salt_digest_or_derivation(self, signer: Signer) -> None:
        """IT-14."""
        assert refused(signer.sign(PAYLOAD).decode())

    def test_of_another_serializer(self) -> None:
        """IT-14: pickle, YAML, JSON, compressed; signed with our own key and salt, as a stolen serializer would."""
        signer = Signer(NEW, salt=b"tenantry.invitation", key_derivation="hmac", digest_method=hashlib.sha256)
        kwargs = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        payload = {"tenant": TENANT, "invitation": INVITATION, "padding": "a" * 500}
        for serializer in (URLSafeSerializer, URLSafeTimedSerializer):
            made = serializer(NEW, salt=b"tenantry.invitation", signer_kwargs=kwargs).dumps(payload)
            assert refused(str(made))
        for data in (pickle.dumps(payload), b"!!python/object/apply:os.system [id]", b"." + RAW, b"{}"):
            assert refused(signer.sign(base64(data)).decode())
            assert refused(signer.sign(data).decode("latin-1"))
        compressed = "." + PAYLOAD[1:]
        assert len(signer.sign(compressed)) == len(TOKEN)
        assert refused(signer.sign(compressed).decode())

    def test_that_are_cursors(self) -> None:
        assert refused(RING.sign_cursor(RAW, context=""))


class TestNonce:
    def test_has_128_bits_and_never_repeats(self) -> None:
        """IT-21."""
        drawn = {tokens.new_nonce() for _ in range(rounds(1_000_000))}
        assert len(drawn) == rounds(1_000_000)
        assert {len(nonce) for nonce in drawn} == {16}


class TestCursor:
    CONTEXT = f"{TENANT}/members.list/status=active"

    @pytest.mark.parametrize("payload", [b"", b"\0", b"x", b"\xff\xfe", bytes(735)], ids=count())
    def test_gives_back_its_payload(self, payload: bytes) -> None:
        cursor = RING.sign_cursor(payload, context=self.CONTEXT)
        assert RING.read_cursor(cursor, context=self.CONTEXT) == payload
        assert re.fullmatch(r"[A-Za-z0-9_.-]{1,1024}", cursor)

    @pytest.mark.parametrize(
        "context", ["", CONTEXT + " ", CONTEXT[:-1], CONTEXT.replace("ten_", "ten_0"), "members.list"]
    )
    def test_is_good_for_its_context_only(self, context: str) -> None:
        cursor = RING.sign_cursor(b"x", context=self.CONTEXT)
        with pytest.raises(InvalidCursor):
            RING.read_cursor(cursor, context=context)

    def test_nothing_moves_between_payload_and_context(self) -> None:
        signature = RING.sign_cursor(b"bc", context="a").split(".")[1]
        with pytest.raises(InvalidCursor):
            RING.read_cursor(f"{base64(b'c')}.{signature}", context="ab")

    def test_does_not_show_its_context(self) -> None:
        assert len(RING.sign_cursor(b"x", context="a" * 10_000)) == 46

    def test_has_one_spelling(self) -> None:
        cursor = RING.sign_cursor(b"x", context="")
        for index, is_now in enumerate(cursor):
            for character in ALPHABET + "=.":
                if character != is_now:
                    with pytest.raises(InvalidCursor):
                        RING.read_cursor(cursor[:index] + character + cursor[index + 1 :], context="")
        for index in range(len(cursor)):
            with pytest.raises(InvalidCursor):
                RING.read_cursor(cursor[:index], context="")

    @pytest.mark.parametrize(
        "cursor",
        [None, 7, b"x", [], "", ".", "é.é", "\ud800", "A" * 1_025, "A" * 5_000_000, TOKEN, SIGNATURE, f"A.{SIGNATURE}"],
        ids=count(),
    )
    def test_is_nothing_else(self, cursor: object) -> None:
        """IN-08, IN-09, IN-10."""
        with pytest.raises(InvalidCursor) as error:
            RING.read_cursor(cursor, context="")
        assert str(error.value) == "This page cursor was not issued for this list."
        assert error.value.__context__ is None

    def test_of_a_retired_key_is_refused(self) -> None:
        """IT-05."""
        cursor = KeyRing([OLD]).sign_cursor(b"x", context="")
        assert RING.read_cursor(cursor, context="") == b"x"
        with pytest.raises(InvalidCursor):
            KeyRing([NEW]).read_cursor(cursor, context="")

    def test_that_would_be_too_long_is_not_made(self) -> None:
        """IN-10."""
        with pytest.raises(Invalid, match="1,024"):
            RING.sign_cursor(bytes(736), context="")


@pytest.mark.parametrize("module", [tokens, ids])
def test_source_uses_neither_weak_chance_nor_unverified_data(module: object) -> None:
    """IT-16, IT-21, IN-15: static."""
    tree = ast.parse(Path(str(module.__file__)).read_text())  # type: ignore[attr-defined]
    names = {getattr(node, field, None) for node in ast.walk(tree) for field in ("id", "attr", "name", "module")}
    assert not names & {"random", "uuid1", "uuid3", "uuid5", "getnode"}
    assert not names & {"loads_unsafe", "load_payload", "payload_error", "pickle", "yaml", "eval", "exec"}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "payload"]


def test_source_compares_no_secret_with_equality() -> None:
    """IT-16: every == in this module compares a length."""
    for node in ast.walk(ast.parse(Path(tokens.__file__).read_text())):
        if isinstance(node, ast.Compare) and any(isinstance(each, ast.Eq | ast.NotEq) for each in node.ops):
            assert ast.unparse(node).startswith("len(")
