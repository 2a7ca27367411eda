"""Every option of tenantry, in one frozen value with a default for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from attrs import field

from . import text
from .errors import Invalid
from .values import frozen

if TYPE_CHECKING:
    from attrs import Attribute

__all__ = ["RESERVED_SLUGS", "Options"]

RESERVED_SLUGS = frozenset(
    """about account accounts admin administrator api app assets auth billing blog cdn company contact dashboard demo
    dev docs download email example ftp guest help home host imap info invitation invitations invite invites legal
    localhost login logout mail me media members my new news none null oauth owner pop postmaster pricing privacy
    public register root security settings shop signin signout signup smtp ssl staff staging static status store
    support sysadmin system team tenant tenants terms test tests undefined user users webmaster welcome wiki workspace
    workspaces www""".split()
)
"""Words that read as part of a host's own address space, so no tenant may take them as its slug."""


def _positive(instance: Options, attribute: Attribute[Any], value: object) -> None:
    if not isinstance(value, timedelta) or value <= timedelta(0):
        raise Invalid(
            f"Options.{attribute.name} must be a timedelta above zero.", field=attribute.name, rule="not_positive"
        )


def _ordered(instance: Options, attribute: Attribute[Any], value: timedelta) -> None:
    _positive(instance, attribute, value)
    if not instance.shortest_invitation <= value <= instance.longest_invitation:
        raise Invalid(
            f"Options.{attribute.name} must lie between shortest_invitation and longest_invitation.",
            field=attribute.name,
            rule="out_of_range",
            low=str(instance.shortest_invitation),
            high=str(instance.longest_invitation),
        )


def _positive_or_none(instance: Options, attribute: Attribute[Any], value: object) -> None:
    if value is not None:
        _positive(instance, attribute, value)


def _between(low: int, high: int) -> Any:
    def check(instance: Options, attribute: Attribute[Any], value: object) -> None:
        text.integer(value, f"Options.{attribute.name}", low=low, high=high)

    return check


def _yes_or_no(instance: Options, attribute: Attribute[Any], value: object) -> None:
    text.boolean(value, f"Options.{attribute.name}")


def _function(instance: Options, attribute: Attribute[Any], value: object) -> None:
    if value is not None and (not callable(value) or iscoroutinefunction(value)):
        raise Invalid(
            f"Options.{attribute.name} must be a function that is not awaited, or None.",
            field=attribute.name,
            rule="wrong_type",
            expected="function",
        )


def _slugs(value: object) -> frozenset[str]:
    if isinstance(value, str | bytes):
        raise Invalid(
            "Options.reserved_slugs must be a set of slugs, not one text.",
            field="reserved_slugs",
            rule="wrong_type",
            expected="collection",
        )
    if not isinstance(value, Iterable):
        raise Invalid(
            "Options.reserved_slugs must be a set of slugs.",
            field="reserved_slugs",
            rule="wrong_type",
            expected="collection",
        )
    return frozenset(text.slug(slug, "reserved_slugs") for slug in value)


def _name(value: object) -> str:
    return text.name(value, "default_workspace_name")


@frozen(kw_only=True)
class Options:
    """The options of a `Tenantry`.

    Args:
        shortest_invitation: The least time an invitation may be given.
        longest_invitation: The most time an invitation may be given.
        invitation_expires_in: The time an invitation has unless `send` says otherwise.
        reserved_slugs: Slugs that no tenant may take.
        max_kept_slugs: How many former slugs a tenant keeps at most, 0-1,000. Beyond that, its slug cannot change again
            until SYSTEM has released a former one.
        default_workspace_name: The name of the workspace that each tenant is born with.
        max_roles: How many roles of its own a tenant may have, 0-1,000.
        max_pending_invitations: How many invitations of one tenant may wait at the same time, 1-100,000.
        max_closed_invitations: How many invitations of one tenant are kept that cannot be accepted any more, beside the
            pending ones, 0-100,000. What would be more is removed when another is sent, the oldest first.
        max_sends_an_hour: How often one mailbox may be sent invitations of one tenant within an hour, 1-1,000.
        deliverable: A function that says whether mail to an address can arrive, asked before an invitation is sent
            and outside any transaction; None asks nobody.
        confirm_removal: Whether people must type a member's address or name to remove them.
        deletion_grace: How long a deleted tenant can be restored.
        reminder_before: How long before its end a pending invitation is brought to mind; None never.
        notices_kept_for: How long notices stay in the outbox after they were sent or dropped.
        max_notices_an_hour: How much one mailbox is told of one tenant within an hour, beside invitations, 1-10,000;
            what would be more is not written.
        max_mails_an_hour: How much one mailbox is sent of all tenants together within an hour, invitations included,
            1-100,000; what is more is dropped, and listed by `jobs.dead_notices`.
        lock_timeout: How long a command waits for a lock before it is `Busy`; None as long as the database does. In a
            transaction of your own, your own setting decides.
        max_attempts: How often the delivery of a notice is tried, 1-100.

    Raises:
        Invalid: An option has the wrong type or contradicts another.
    """

    shortest_invitation: timedelta = field(default=timedelta(minutes=5), validator=_positive)
    longest_invitation: timedelta = field(default=timedelta(days=90), validator=_positive)
    invitation_expires_in: timedelta = field(default=timedelta(days=7), validator=_ordered)
    reserved_slugs: frozenset[str] = field(default=RESERVED_SLUGS, converter=_slugs)
    max_kept_slugs: int = field(default=5, validator=_between(0, 1_000))
    default_workspace_name: str = field(default="General", converter=_name)
    max_roles: int = field(default=100, validator=_between(0, 1_000))
    max_pending_invitations: int = field(default=1_000, validator=_between(1, 100_000))
    max_closed_invitations: int = field(default=1_000, validator=_between(0, 100_000))
    max_sends_an_hour: int = field(default=5, validator=_between(1, 1_000))
    deliverable: Callable[[str], bool] | None = field(default=None, validator=_function)
    confirm_removal: bool = field(default=False, validator=_yes_or_no)
    deletion_grace: timedelta = field(default=timedelta(days=30), validator=_positive)
    reminder_before: timedelta | None = field(default=timedelta(days=2), validator=_positive_or_none)
    notices_kept_for: timedelta = field(default=timedelta(days=7), validator=_positive)
    max_notices_an_hour: int = field(default=50, validator=_between(1, 10_000))
    max_mails_an_hour: int = field(default=100, validator=_between(1, 100_000))
    lock_timeout: timedelta | None = field(default=timedelta(seconds=5), validator=_positive_or_none)
    max_attempts: int = field(default=10, validator=_between(1, 100))
