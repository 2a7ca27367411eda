"""A checkpoint: how far a trail had come and what it was by then, as a signed text to be kept somewhere else."""

from __future__ import annotations

import hmac
import re
from datetime import datetime
from typing import NamedTuple

from ..kernel.errors import Invalid
from .keys import AuditKeys

__all__ = ["Checkpoint"]

_LONGEST = 400
_FORM = (
    r"(?P<signed>tenantry-checkpoint-1:(?P<tenant_id>[!-9;-~]{1,64}):(?P<sequence>[1-9][0-9]{0,18}):(?P<head>[0-9a-f]{64})"
    r":(?P<rolling>[0-9a-f]{64}):(?P<key_id>[0-9a-f]{16}):(?P<made_at>[0-9]{8}T[0-9]{6}Z)):(?P<signature>[0-9a-f]{64})"
)


class Checkpoint(NamedTuple):
    """What is kept of a trail elsewhere.

    Args:
        tenant_id: Whose trail.
        sequence: The number of its newest event then.
        head: The digest of that event.
        rolling: A plain digest over the content of all events up to there, for which no key is needed.
        key_id: Which key signs it.
    """

    tenant_id: str
    sequence: int
    head: str
    rolling: str
    key_id: str

    def signed(self, keys: AuditKeys, made_at: datetime) -> str:
        """The checkpoint as a text of at most 400 characters."""
        said = (self.tenant_id, self.sequence, self.head, self.rolling, self.key_id, f"{made_at:%Y%m%dT%H%M%SZ}")
        text = ":".join(["tenantry-checkpoint-1", *map(str, said)])
        return f"{text}:{keys.sign(self.tenant_id, self.key_id, 'checkpoint', text.encode())}"

    @classmethod
    def read(cls, text: object, tenant_id: str, keys: AuditKeys, *, field: str = "checkpoint") -> Checkpoint:
        """The checkpoint in a text.

        Raises:
            Invalid: It is none, or one of another tenant, or one whose key is gone.
        """
        found = re.fullmatch(_FORM, text) if type(text) is str and len(text) <= _LONGEST else None
        if found is None or found["tenant_id"] != tenant_id:
            raise _refusal(field, "This is no checkpoint of this tenant.", rule="not_a_checkpoint")
        if not keys.knows(found["key_id"]):
            raise _refusal(
                field, f"The key {found['key_id']} of this checkpoint is not among the audit keys.", rule="unknown_key"
            )
        signature = keys.sign(tenant_id, found["key_id"], "checkpoint", found["signed"].encode())
        if not hmac.compare_digest(signature, found["signature"]):
            raise _refusal(field, "This is no checkpoint of this tenant.", rule="not_a_checkpoint")
        return cls(
            tenant_id=tenant_id,
            sequence=int(found["sequence"]),
            head=found["head"],
            rolling=found["rolling"],
            key_id=found["key_id"],
        )


def _refusal(field: str, sentence: str, *, rule: str) -> Invalid:
    return Invalid(sentence, field=field, rule=rule)
