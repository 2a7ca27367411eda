"""What an end user may read of an error, and how a web application answers it.

`str(error)` is for developers: it names parameters, permissions and ids. A text of the catalogue is for whoever filled
in the form. It is found by code and rule, and speaks of nothing but limits and counts. A host replaces, adds and
translates texts: `ENGLISH | {"invalid.blank": "Bitte ausfüllen."}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from .kernel.errors import TenantryError

__all__ = ["ENGLISH", "STATUS", "status", "user_message"]

_MISTAKE: Final = "This application made a mistake. Please tell whoever runs it."
_NEW_LINK: Final = "Please ask whoever invited you for a new invitation."

STATUS: Final = MappingProxyType(
    {
        "tenantry_error": 500,
        "invalid": 422,
        "denied": 403,
        "not_found": 404,
        "conflict": 409,
        "unavailable": 503,
        "outcome_unknown": 500,  # not 502 to 504: there are clients and proxies that send such a request again
    }
)
"""The HTTP status of each family of errors, by its code."""

ENGLISH: Final = MappingProxyType(
    {
        "tenantry_error": "Something went wrong.",
        # --- NotFound
        "not_found": "This does not exist, or you cannot see it.",
        # --- Invalid: of one field
        "invalid": "This cannot be accepted.",
        "invalid.blank": "Please fill this in.",
        "invalid.contradiction": "These roles contradict one another.",
        "invalid.deactivated": "This member is deactivated.",
        "invalid.duplicate": "This is given twice.",
        "invalid.empty": "Please give at least one.",
        "invalid.exclusive": "Only one of these can be given.",
        "invalid.incomplete": "Something that belongs to this is missing.",
        "invalid.level_missing": "Please say whether this is a role of the tenant or of workspaces.",
        "invalid.malformed": "This is not of the form that is needed.",
        "invalid.matches_nothing": "No permission is of this form.",
        "invalid.missing": "This is missing.",
        "invalid.mixed_scripts": "This mixes letters of different scripts that look alike.",
        "invalid.no_default_role": "Please choose a role for each workspace.",
        "invalid.no_letters": "This needs letters or digits.",
        "invalid.no_time_zone": "Please give the time with its time zone.",
        "invalid.not_a_checkpoint": "This is not a checkpoint of this audit trail.",
        "invalid.not_a_choice": "Please choose one of those that are offered.",
        "invalid.not_a_link": "This is not a link that can be sent.",
        "invalid.not_a_person": "This has to be a person.",
        "invalid.not_a_slug": "Please use up to 63 letters a-z, digits, and single hyphens between them.",
        "invalid.not_an_address": "This is not a valid e-mail address.",
        "invalid.not_confirmed": "What you typed does not match.",
        "invalid.not_for_owners": "The role of an owner has no start and no end.",
        "invalid.not_held": "This member does not have this role.",
        "invalid.not_positive": "This has to be more than nothing.",
        "invalid.oneself": "This has to be somebody else.",
        "invalid.out_of_range": "This has to be from {low} to {high}.",
        "invalid.owners_role": "Owners have their role one by one; please choose another role.",
        "invalid.reserved": "This is reserved; please choose another.",
        "invalid.same_role": "Please choose another role.",
        "invalid.too_deep": "This is nested too deep; {max} levels are allowed.",
        "invalid.too_large": "This is too large; {max:,} bytes are allowed.",
        "invalid.too_late": "This is too late.",
        "invalid.too_long": "This is too long; {max:,} characters are allowed.",
        "invalid.too_many": "These are too many; {max:,} are allowed.",
        "invalid.too_short": "This is too short; at least {min:,} characters are needed.",
        "invalid.undeliverable": "Mail to this address cannot be delivered.",
        "invalid.unknown_permission": "There is no such permission.",
        "invalid.unknown_role": "There is no such role here.",
        "invalid.unprintable": "This has a character that is not allowed: {character}.",
        "invalid.wrong_level": "This belongs to the other level: the tenant, or its workspaces.",
        "invalid.wrong_type": "This is not of the kind that is needed.",
        # --- Invalid: more than one field
        "invalid_cursor": "This page is not there any more. Please start again from the first.",
        "invalid_rows": "Some rows cannot be accepted, so none was.",
        "invalid_token": "This link is not valid. " + _NEW_LINK,
        # --- Invalid: a mistake of the application
        "invalid.asked_at_tenant": _MISTAKE,
        "invalid.asked_in_workspace": _MISTAKE,
        "invalid.autocommit": _MISTAKE,
        "invalid.awaited": _MISTAKE,
        "invalid.ends_transaction": _MISTAKE,
        "invalid.guest_store": _MISTAKE,
        "invalid.misspelled": _MISTAKE,
        "invalid.no_engine": _MISTAKE,
        "invalid.no_subject": _MISTAKE,
        "invalid.not_a_directory": _MISTAKE,
        "invalid.only_system": _MISTAKE,
        "invalid.open_here": _MISTAKE,
        "invalid.reentered": _MISTAKE,
        "invalid.transaction_over": _MISTAKE,
        "invalid.unencrypted": _MISTAKE,
        "invalid.unknown_key": _MISTAKE,
        "invalid.unreadable": _MISTAKE,
        "invalid.unsupported_database": _MISTAKE,
        "tenant_mismatch": _MISTAKE,
        "unknown_permission": "There is no such permission.",
        # --- Denied
        "denied": "You may not do this.",
        "denied.beyond_own_rights": "You cannot give or take away more than you may do yourself.",
        "denied.impersonated": "This can be done by the user in person only.",
        "denied.member_deactivated": "Your membership is deactivated.",
        "denied.own_membership": "You cannot do this to yourself.",
        "denied.own_role": "You cannot change a role that you have.",
        "denied.permission_missing": "You do not have the permission for this.",
        "denied.principal_inactive": "Your account is switched off.",
        "denied.system_only": "This can be done only by whoever runs this application; please contact them.",
        "denied.suspended_by_system": "This was suspended by whoever runs this application; please contact them.",
        "denied.tenant_deleted": "This has been deleted.",
        "denied.tenant_suspended": "This is suspended.",
        "not_the_invitee": "This invitation is not for you.",
        "not_the_invitee.other_address": "This invitation was made to another address.",
        "not_the_invitee.email_unverified": "Please verify your e-mail address first.",
        # --- Conflict
        "conflict": "This is not possible as things are now.",
        "conflict.counter_below_zero": "Not so much is in use.",
        "conflict.default_workspace": "The default workspace cannot be archived.",
        "conflict.deletion_grace": "It is too late to restore this.",
        "conflict.id": "This is there already.",
        "conflict.member_deactivated": "This member is deactivated; please reactivate them first.",
        "conflict.only_role": "This is the only role of this member; please change it, or remove the member.",
        "conflict.present_slug": "This is in use now; please change it first.",
        "conflict.reference": "Something refers to what is not there.",
        "conflict.role_held": "This member has this role already.",
        "conflict.tenant_status": "This is not possible in the present state.",
        "conflict.times_apart": "A member has both roles, at times that do not meet; please change one of them first.",
        "conflict.workspace_status": "This is in this state already.",
        "already_invited": "This address has an invitation already.",
        "already_member": "This person is a member already.",
        "invitation_accepted": "This invitation was accepted already.",
        "invitation_declined": "This invitation was declined. " + _NEW_LINK,
        "invitation_expired": "This invitation has expired. " + _NEW_LINK,
        "invitation_replaced": "This invitation was sent again; please use the newest link.",
        "invitation_revoked": "This invitation was withdrawn.",
        "inviter_lost_authority": "Whoever invited you may not do so any more. Please ask for a new invitation.",
        "last_owner": "There has to be an owner; please make somebody else one first.",
        "limit_reached": "The limit is reached.",
        "limit_reached.max_closed_invitations": "Too many invitations were sent and closed; please try again later.",
        "limit_reached.max_kept_slugs": "This was changed too often; please go back to an earlier one.",
        "limit_reached.max_pending_invitations": "At most {limit:,} invitations can wait for an answer.",
        "limit_reached.max_roles": "There can be at most {limit:,} roles of your own.",
        "limit_reached.max_sends_an_hour": "Too many invitations were sent to this address; please try again later.",
        "limit_reached.members": "Your plan has room for {limit:,} members, and {used:,} are there.",
        "limit_reached.workspaces": "Your plan has room for {limit:,} workspaces, and {used:,} are there.",
        "name_taken": "This name, or one that looks the same, is taken.",
        "plan_changed": "Something has changed in the meantime; please look at it again.",
        "role_in_use": "This role is in use; please choose another in its place.",
        "slug_taken": "This is taken; please choose another.",
        "stale": "Somebody else was faster; please try again.",
        "trail_broken": "The audit trail does not verify.",
        # --- Unavailable, and what nobody knows
        "outcome_unknown": "Something went wrong, and it may have been done all the same. Look before you do it again.",
        "busy": "Somebody else is changing this just now; please try again.",
        "unavailable.schema": "This is not available just now; please try again later.",
        "unavailable": "This is not available just now; please try again later.",
    }
)
"""The texts by `code.rule`; by the code alone where the rule says no more, and for rules that have no text."""


def status(error: TenantryError) -> int:
    """The HTTP status with which a web application answers an error.

    Args:
        error: The error.
    """
    return next(STATUS[code] for code in _codes(error) if code in STATUS)


def user_message(error: TenantryError, catalogue: Mapping[str, str] = ENGLISH) -> str:
    """What an end user may read of an error: for a field of a form, or for the whole of it. It never raises.

    The catalogue is asked for the rule, then for the code of the error, then for those of its families. A text that
    speaks of what the error has not is passed over.

    Args:
        error: The error.
        catalogue: The texts. Where it has none, `ENGLISH` has.
    """
    values = {name: _shown(value) for name, value in {"field": error.field, **error.data}.items()}
    codes = list(_codes(error))
    keys = [*(f"{code}.{error.rule}" for code in codes), *codes]
    texts = (texts[key] for texts in (catalogue, ENGLISH) for key in keys if key in texts)
    return next(said for text in texts if (said := _formatted(text, values)) is not None)


def _codes(error: TenantryError) -> Iterator[str]:
    """The code of the error and of its families, the root last."""
    return (cls.code for cls in type(error).__mro__ if issubclass(cls, TenantryError))


def _formatted(text: str, values: Mapping[str, object]) -> str | None:
    try:
        return text.format_map(values)
    except (LookupError, ValueError, TypeError, AttributeError):
        return None


def _shown(value: Any) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
