"""What is known of persons goes from the trail, and an event in it accounts for that."""

from __future__ import annotations

from collections.abc import Sequence

from ...runtime.unit_of_work import UnitOfWork
from ..erasures import ERASING, rules

__all__ = ["erase", "erase_everything"]


def erase(uow: UnitOfWork, *, targets: Sequence[str], principals: Sequence[str]) -> int:
    """Drop personal values, and record that; where there were none, nothing is recorded.

    Args:
        uow: The command in which it is done.
        targets: Of whom or what: the `user_id`s of members, the ids of invitations.
        principals: The `user_id`s of those whose network addresses and user agents go, wherever they acted.

    Returns:
        How many events had some.
    """
    erased = uow.audit.erase(targets=targets, principals=principals)
    for rule in rules(targets, principals) if erased else ():
        uow.record(ERASING, uow.tx.tenant_id, after=rule)
    return erased


def erase_everything(uow: UnitOfWork) -> int:
    """Drop every personal value of the tenant, and record that; where there were none, nothing is recorded.

    Returns:
        How many events had some.
    """
    erased = uow.audit.erase_all()
    if erased:
        uow.record(ERASING, uow.tx.tenant_id, after={"everything": True})
    return erased
