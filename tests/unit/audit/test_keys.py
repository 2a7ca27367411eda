"""The keys of the trail: each tenant's own, for one purpose, and never shown."""

from __future__ import annotations

import copy
import pickle

import pytest

from tenantry import Invalid, Tenantry, schemes
from tenantry.audit.keys import AuditKeys
from tenantry.memory import MemoryStore

OLD, NEW = "old" * 12, b"new" * 12
KEYS = AuditKeys([NEW, OLD])


def test_what_is_signed_depends_on_key_tenant_purpose_and_bytes() -> None:
    """AU-03: nothing of one tenant says anything in another."""
    [old] = {AuditKeys([OLD]).newest}
    signed = [
        KEYS.sign("ten_a", KEYS.newest, "chain", b"x"),
        KEYS.sign("ten_a", old, "chain", b"x"),
        KEYS.sign("ten_b", KEYS.newest, "chain", b"x"),
        KEYS.sign("ten_a", KEYS.newest, "checkpoint", b"x"),
        KEYS.sign("ten_a", KEYS.newest, "chain", b"y"),
    ]
    assert len(set(signed)) == len(signed)
    assert all(len(each) == 64 for each in signed)


def test_the_first_is_the_newest_and_all_are_known() -> None:
    assert KEYS.newest == AuditKeys([NEW]).newest
    assert KEYS.knows(KEYS.newest)
    assert KEYS.knows(AuditKeys([OLD]).newest)
    assert not KEYS.knows(AuditKeys(["x" * 32]).newest)


def test_a_name_says_nothing_about_its_key() -> None:
    assert len(KEYS.newest) == 16
    assert NEW.hex() not in KEYS.newest


def test_no_key_is_shown_pickled_or_copied() -> None:
    """AU-06."""
    tenancy = Tenantry(store=MemoryStore(), scheme=schemes.AGENCY, secret_keys=["s" * 32], audit_keys=[NEW, OLD])
    for shown in (repr(KEYS), str(KEYS), repr(tenancy), repr(tenancy._settings)):
        assert OLD not in shown
        assert NEW.decode() not in shown
    for taken in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            taken(KEYS)


@pytest.mark.parametrize("keys", [[], ["short"], [OLD, OLD], [None], OLD, None, [1]], ids=repr)
def test_bad_keys_are_refused_when_the_application_starts(keys: object) -> None:
    with pytest.raises(Invalid) as refused:
        AuditKeys(keys)  # type: ignore[arg-type]
    assert refused.value.field == "audit_keys"
