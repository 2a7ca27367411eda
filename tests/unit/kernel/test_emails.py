"""Two addresses are the same mailbox exactly when their keys are equal."""

from __future__ import annotations

import ast
import subprocess
import sys
from itertools import count
from pathlib import Path

import email_validator
import pytest

import tenantry
from tenantry.errors import Invalid
from tenantry.kernel import emails

# Frozen: the keys are stored, so no version of Python, of Unicode's tables or of a library may change them (EM-03).
VECTORS = {
    "bob@gov.test": "bob@gov.test",
    "Bob@GOV.Test": "bob@gov.test",
    " bob@gov.test\t": "bob@gov.test",
    "BOB+Tag@gov.test": "bob+tag@gov.test",
    "b.o.b@gov.test": "b.o.b@gov.test",
    "o'neil@example.com": "o'neil@example.com",
    "{a}|~`#$%&*/?=^_!@example.com": "{a}|~`#$%&*/?=^_!@example.com",
    "0@1.example": "0@1.example",
    "stra\u00dfe@example.com": "stra\u00dfe@example.com",
    "\u1e9e@example.com": "\u00df@example.com",
    "STRASSE@example.com": "strasse@example.com",
    "\u0130st@example.com": "i\u0307st@example.com",
    "\u0131st@example.com": "\u0131st@example.com",
    "\u039f\u0394\u039f\u03a3@example.com": "\u03bf\u03b4\u03bf\u03c2@example.com",
    "JOSE\u0301@example.com": "jos\u00e9@example.com",
    "\u212b@example.com": "\u00e5@example.com",
    "\u10d0\u1c90@example.com": "\u10d0\u10d0@example.com",
    "\u0412\u041b\u0410\u0414@example.com": "\u0432\u043b\u0430\u0434@example.com",
    "\u5c71\u7530@example.com": "\u5c71\u7530@example.com",
    "\u0e2a\u0e33@example.com": "\u0e2a\u0e33@example.com",
    "x@M\u00dcLLER.example": "x@xn--mller-kva.example",
    "x@mu\u0308ller.example": "x@xn--mller-kva.example",
    "x@XN--MLLER-KVA.example": "x@xn--mller-kva.example",
    "x@fa\u00df.de": "x@xn--fa-hia.de",
    "x@fass.de": "x@fass.de",
    "x@\u4f8b\u3048.\u30c6\u30b9\u30c8": "x@xn--r8jz45g.xn--zckzah",
    "x@gov\u3002test": "x@gov.test",
    "x@\uff27\uff4f\uff56\uff0etest": "x@gov.test",
    "x@sub." + "a" * 63 + ".com": "x@sub." + "a" * 63 + ".com",
}

REFUSED = [
    # IT-12, IN-08: no text at all
    *(None, "", " ", 7, True, b"bob@gov.test", ["bob@gov.test"], {"bob@gov.test": 1}, object()),
    # EM-10: line breaks, lists, display names, comments, quoting, literals, several @
    *("bob@gov.test\n", "\rbob@gov.test", "bob@gov.test\r\nBcc: eve@evil.test", "bob\0@gov.test", "bob@gov\0.test"),
    *("bob\u2028@gov.test", "bob@gov.test\u2029", "bob@gov.test,eve@evil.test", "a,b@gov.test", "a;b@gov.test"),
    *("Bob <bob@gov.test>", "<bob@gov.test>", "bob@gov.test>", "a<b@gov.test", "bob(x)@gov.test", "bob@(x)gov.test"),
    *('"bob"@gov.test', '"a b"@gov.test', '"a@b"@gov.test', "a\\b@gov.test", "a:b@gov.test", "mailto:bob@gov.test"),
    *("bob@[127.0.0.1]", "bob@[IPv6:::1]", "bob@127.0.0.1", "bob@evil.test@gov.test", "bob@@gov.test", "bob", "bob@"),
    *("@gov.test", "bob @gov.test", "bob@ gov.test", "b ob@gov.test", "bob@gov.test x", "b\u00a0b@gov.test"),
    *(".bob@gov.test", "bob.@gov.test", "b..b@gov.test", "bob\uff20gov.test", "bob\ufe6bgov.test"),
    # encoded words, invisible and broken characters
    *("=?utf-8?q?eve=40evil.test=3e?=@gov.test", "b\u200bob@gov.test", "b\u202eob@gov.test", "b\u00adob@gov.test"),
    *("\u0301bob@gov.test", "b\ud800@gov.test", "b@\udfff.test", "b\ue000@gov.test", "b\u0378@gov.test"),
    # another mailbox in disguise: the Kelvin sign, fullwidth, ligature, long s, superscript, Greek question mark
    *("\u212aim@gov.test", "\u00fc\u212a@gov.test", "\uff42\uff4f\uff42@gov.test", "\ufb01@gov.test"),
    *("bos\u017f@gov.test", "bob\u00b2@gov.test", "a\u037eb@gov.test", "a\u1fefb@gov.test"),
    # EM-08: domains that are none
    *("bob@gov.test.", "bob@.gov.test", "bob@gov..test", "bob@gov\u3002\u3002test", "bob@test", "bob@localhost"),
    *("bob@-gov.test", "bob@gov-.test", "bob@g_v.test", "bob@xn--example-.com", "bob@xn--.com", "bob@xn--a.com"),
    *("bob@ab--cd.com", "bob@" + "a" * 64 + ".com", "bob@g\u200dv.test", "bob@g\u00adv.test", "bob@\u2603.com"),
    *("bob@gov.1", "bob@a\u2024b.test", "bob@a\u2488b.test", "bob@1.\u05d0\u05d1.com", "bob@gov.test\u00a0"),
    # EM-12: 65 and 255 octets
    *("a" * 65 + "@gov.test", "\u00e9" * 33 + "@gov.test", "a@" + ".".join(["b" * 62] * 4) + ".test"),
    *("\u0130" * 32 + "@gov.test", "a" * 64 + "@" + "\u00fc" * 40 + "." + ("b" * 48 + ".") * 3 + "test", "a" * 10**6),
]


class TestCanonical:
    @pytest.mark.parametrize(("given", "key"), VECTORS.items(), ids=ascii)
    def test_frozen_vectors(self, given: str, key: str) -> None:
        """EM-03, EM-07, EM-08: one key for each mailbox, for ever."""
        assert emails.canonical(given) == key
        assert emails.canonical(key) == key

    @pytest.mark.parametrize("address", REFUSED, ids=count())
    def test_what_is_not_one_plain_address_has_no_key(self, address: object) -> None:
        """EM-08, EM-10, EM-11, EM-12, IN-08."""
        with pytest.raises(Invalid) as refused:
            emails.canonical(address)
        assert refused.value.field == "email"
        assert refused.value.__cause__ is None
        assert emails.key_or_none(address) is None
        with pytest.raises(Invalid):
            emails.Email.parse(address)

    def test_a_subclass_of_str_is_no_address(self) -> None:
        """PE-14."""

        assert emails.key_or_none(type("Address", (str,), {})("bob@gov.test")) is None

    def test_plus_tags_and_dots_are_other_mailboxes(self) -> None:
        """EM-07."""
        keys = {emails.canonical(local + "@gmail.com") for local in ("bob", "bob+a", "bob+b", "b.ob", "b.o.b")}
        assert len(keys) == 5

    def test_sharp_s_is_another_mailbox_and_another_domain(self) -> None:
        """EM-08."""
        assert emails.canonical("ß@fass.de") != emails.canonical("ss@fass.de") != emails.canonical("ss@faß.de")

    def test_lengths_are_octets_after_encoding(self) -> None:
        """EM-12: 64 before the @, 254 altogether."""
        assert emails.canonical("a" * 64 + "@gov.test")
        assert emails.canonical("é" * 32 + "@gov.test")
        assert len(emails.canonical("a" * 64 + "@" + ("b" * 61 + ".") * 3 + "tst")) == 254
        assert emails.key_or_none("a" * 64 + "@" + ("b" * 61 + ".") * 3 + "test") is None

    def test_what_changes_again_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """EM-03: should Unicode ever have such a string, it gets no key."""
        once = {"A@gov.test": "b@gov.test", "b@gov.test": "c@gov.test"}
        monkeypatch.setattr(emails, "_key", once.__getitem__)
        with pytest.raises(Invalid, match="stable"):
            emails.canonical("A@gov.test")

    def test_the_hosts_own_settings_of_the_validator_change_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for option in ("ALLOW_QUOTED_LOCAL", "ALLOW_DOMAIN_LITERAL", "ALLOW_DISPLAY_NAME", "ALLOW_EMPTY_LOCAL"):
            monkeypatch.setattr(email_validator, option, True)
        for option in ("ALLOW_SMTPUTF8", "GLOBALLY_DELIVERABLE"):
            monkeypatch.setattr(email_validator, option, False)
        for given, key in VECTORS.items():
            assert emails.canonical(given) == key
        for address in REFUSED:
            assert emails.key_or_none(address) is None

    def test_no_message_repeats_the_address(self) -> None:
        for address in REFUSED:
            if isinstance(address, str) and len(address) > 8:
                with pytest.raises(Invalid) as refused:
                    emails.canonical(address)
                assert address not in str(refused.value)
                assert str(refused.value).isprintable()


class TestEmail:
    def test_keeps_the_spelling_and_has_the_key(self) -> None:
        email = emails.Email.parse(" Bob@Müller.example ")
        assert email.address == "Bob@Müller.example"
        assert email.key == "bob@xn--mller-kva.example"
        assert str(email) == email.address

    def test_is_equal_by_key(self) -> None:
        assert emails.Email.parse("Bob@gov.test") == emails.Email.parse("bob@GOV.test")
        assert len({emails.Email.parse("Bob@gov.test"), emails.Email.parse("bob@GOV.test")}) == 1
        assert emails.Email.parse("bob@gov.test") != emails.Email.parse("b.ob@gov.test")


class TestDomain:
    def test_is_what_follows_the_at(self) -> None:
        assert emails.domain("bob@gov.test") == "gov.test"

    @pytest.mark.parametrize("value", ["Müller.Example", "xn--mller-kva.example", "mu\u0308ller\u3002example"])
    def test_has_one_form(self, value: str) -> None:
        """EM-08."""
        assert emails.canonical_domain(value) == "xn--mller-kva.example"

    @pytest.mark.parametrize("value", [None, "", "com", "a@gov.test", "@gov.test", "*.gov.test", "gov.test.", ["a.b"]])
    def test_is_refused_when_it_is_none(self, value: object) -> None:
        """EM-08, EM-09."""
        with pytest.raises(Invalid):
            emails.canonical_domain(value)

    def test_is_allowed_by_its_exact_labels(self) -> None:
        """EM-09."""
        allowed = ["Example.COM", "müller.example"]
        assert emails.domain_allowed("a@example.com", allowed)
        assert emails.domain_allowed("a@xn--mller-kva.example", allowed)
        for key in ("a@evilexample.com", "a@example.com.evil.test", "a@sub.example.com", "a@com", "example.com"):
            assert not emails.domain_allowed(key, allowed)
        for no_key in ("a@example.com@evil.test", "a@evil.test@example.com", "A@EXAMPLE.com", "a@example.com "):
            assert not emails.domain_allowed(no_key, allowed)
        assert not emails.domain_allowed("a@example.com", [])

    def test_an_allow_list_that_cannot_be_read_is_refused(self) -> None:
        with pytest.raises(Invalid):
            emails.domain_allowed("a@example.com", ["*.example.com"])
        with pytest.raises(Invalid):
            emails.domain_allowed("a@example.com", "example.com")


class TestHint:
    @pytest.mark.parametrize(
        ("address", "masked"),
        [
            ("bob@gov.test", "b•••@g•••.test"),
            ("B@g.test", "b•••@g•••.test"),
            ("barbara.long+tag@government.example.test", "b•••@g•••.test"),
            ("x@müller.example", "x•••@x•••.example"),
            ("not an address", "•••"),
            ("", "•••"),
        ],
    )
    def test_shows_neither_the_rest_nor_its_length(self, address: str, masked: str) -> None:
        assert emails.hint(address) == masked


def test_no_module_uses_the_lenient_parsers() -> None:
    """EM-11: parseaddr and getaddresses find an address in anything."""
    for source in Path(tenantry.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            names = {getattr(node, field, None) for field in ("id", "attr", "name")}
            assert not names & {"parseaddr", "getaddresses"}, source


def test_the_validator_is_loaded_on_first_use() -> None:
    script = (
        "import sys; from tenantry.kernel import emails; assert 'email_validator' not in sys.modules; "
        "emails.canonical('a@b.test'); assert 'email_validator' in sys.modules; assert 'dns' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
