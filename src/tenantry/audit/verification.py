"""Whether a trail is what was written: it is read once, from its first event to its last."""

from __future__ import annotations

import hashlib

from ..kernel.errors import Invalid
from ..kernel.values import frozen
from .checkpoints import Checkpoint
from .erasures import Losses
from .keys import AuditKeys
from .model import AuditEvent, content_of, digest_of, find_misfit, key_id_of, sign

__all__ = ["Verification", "Walk"]

_NO_ANCHOR = "No checkpoint was given, so nothing here tells whether the whole trail was put back to an earlier state."


@frozen(kw_only=True)
class Verification:
    """What was found of an audit trail. It is true where a checkpoint was given, and nothing was found against it.

    Without a checkpoint it is never true: whoever can write to the database can put all of it back to an earlier state,
    and nothing in it says so. What can be said then is in `intact` and `complete`.

    Args:
        intact: Each event fits what precedes it, each personal value that is there fits its event, and each that is
            not was erased, as a later event says.
        complete: The events are numbered 1, 2, 3 without gaps, and end where the tenant's row says.
        agrees: The event at the checkpoint is the one that was there; None where no checkpoint was given.
        events: How many there are.
        erased: How many personal values of theirs were erased.
        first_bad: The number of the first event with which something is wrong, or None.
        reason: Why it is not true, in a sentence, or None.
    """

    intact: bool
    complete: bool
    agrees: bool | None
    events: int
    erased: int = 0
    first_bad: int | None = None
    reason: str | None = None

    def __bool__(self) -> bool:
        return self.intact and self.complete and self.agrees is True


class Walk:
    """A reader of a trail, who remembers nothing of it but where they stand, and what they have missed so far.

    Attributes:
        sequence: The number of the last event.
        head: Its digest.
        rolling: The plain digest over the content of all events.
    """

    def __init__(self, keys: AuditKeys, checkpoint: Checkpoint | None) -> None:
        self.sequence = 0
        self.head = ""
        self.rolling = ""
        self._keys = keys
        self._checkpoint = checkpoint
        self._events = 0
        self._intact = True
        self._complete = True
        self._agrees = None if checkpoint is None else False
        self._faults: list[tuple[int, str]] = []  # the first, and the one with the first missing key
        self._unproven: tuple[int, str] | None = None
        self._losses = Losses()

    @property
    def position(self) -> int | None:
        """After which number to read on; None before the first event."""
        return self.sequence if self._events else None

    def take(self, event: AuditEvent) -> None:
        """The next event, in order of their numbers."""
        self._events += 1
        expected, number = self.sequence + 1, event.sequence
        if type(number) is not int:  # SQLite keeps what it is given
            self._intact = self._complete = False
            self._fault(expected, "has no number")
            return
        if number != expected:
            self._complete = False
            self._fault(min(number, expected), "is missing" if number > expected else "is one too many")
        self._prove(event)
        misfit = find_misfit(event)
        if misfit is not None:
            self._intact = False
            self._fault(number, f"has a personal value, {misfit!r}, that is not the one it was sealed with")
        self._losses.take(event)
        self.sequence, self.head = number, digest_of(event)
        if self._checkpoint is not None and number == self._checkpoint.sequence:
            self._pass(self._checkpoint)

    def end(self, sequence: int, head: str) -> Verification:
        """What was found, given where the tenant's row says that the trail ends."""
        if self.sequence != sequence:
            self._complete = False
            missing = self.sequence < sequence
            first = min(self.sequence, sequence) + 1
            self._fault(first, "is missing" if missing else "is one more than the tenant's row knows of")
        elif self.head != head:
            self._complete = False
            self._fault(sequence, "is the last, and not the one that the tenant's row names")
        if self._checkpoint is not None and self._checkpoint.sequence > self.sequence:
            self._fault(self.sequence + 1, "is missing; the checkpoint is of a later one")
        if self._unproven is not None:
            self._intact = False
            number, key_id = self._unproven
            self._faults.append((number, f"names the key {key_id}, which is not among the audit keys"))
        lost = self._losses.first
        if lost is not None:
            self._intact = False
            self._faults.append((lost, "has lost a personal value that no erasure accounts for"))
        first_bad, what = min(self._faults, key=lambda fault: fault[0], default=(None, None))
        reason = None if what is None else f"Event {first_bad} {what}."
        if reason is None and self._checkpoint is None:
            reason = _NO_ANCHOR
        return Verification(
            intact=self._intact,
            complete=self._complete,
            agrees=self._agrees,
            events=self._events,
            erased=self._losses.erased,
            first_bad=first_bad,
            reason=reason,
        )

    def _prove(self, event: AuditEvent) -> None:
        try:
            content = content_of(event, self.head)
        except Invalid:
            content = b""  # nothing that we have written
        self.rolling = hashlib.sha256(self.rolling.encode() + content).hexdigest()
        if content and not self._keys.knows(key_id_of(event)):
            self._unproven = self._unproven or (event.sequence, key_id_of(event))
        elif not content or sign(event, content, self._keys) != digest_of(event):
            self._intact = False
            self._fault(event.sequence, "is not what was written, or does not follow the one before it")

    def _pass(self, checkpoint: Checkpoint) -> None:
        """Here is the checkpoint: what no key proves any more, it may."""
        self._agrees = self.head == checkpoint.head
        if not self._agrees:
            self._fault(self.sequence, "is not the one that the checkpoint names")
        elif self.rolling == checkpoint.rolling:
            self._unproven = None
        elif self._unproven is not None:
            number, key_id = self._unproven
            self._intact = False
            self._fault(number, f"or a later one with the key {key_id} is not what the checkpoint was made of")

    def _fault(self, number: int, what: str) -> None:
        if not self._faults:
            self._faults.append((number, what))
