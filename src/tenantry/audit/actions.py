"""What can happen: every action that the audit trail knows, and which of its values are about a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from attrs import field

from ..kernel.values import frozen

__all__ = ["ACTIONS", "Action", "action"]


_PERSONS = frozenset({"member", "invitation", "principal"})


def _check_name(instance: object, attribute: object, value: str) -> None:
    nouns = value.split(".")
    words = [word for part in nouns for word in part.split("_")]
    if len(nouns) != 2 or not all(word.isascii() and word.isalpha() and word.islower() for word in words):
        raise ValueError(f"{value!r} is not of the form noun.past_participle.")


@frozen
class Action:
    """One kind of event.

    Args:
        name: `noun.past_participle`.
        target: What its `target` names: the noun of a collection, such as `member`, or `principal`.
        description: One line for the reference.
        personal: Those of its values that are about a person, and can be erased.
    """

    name: str = field(validator=_check_name)
    target: str
    description: str
    personal: tuple[str, ...] = ()

    @property
    def names_person(self) -> bool:
        """Whether the name of its target is a person's, and can be erased."""
        return self.target in _PERSONS


def _registry(actions: Iterable[Action]) -> Mapping[str, Action]:
    return MappingProxyType({each.name: each for each in actions})


_PERSON = ("name", "email")

ACTIONS: Mapping[str, Action] = _registry(
    [
        Action("tenant.created", "tenant", "A tenant came into being"),
        Action("tenant.updated", "tenant", "Its name or slug was changed"),
        Action("tenant.slug_released", "tenant", "SYSTEM gave a former slug up, for any tenant to take"),
        Action("tenant.suspended", "tenant", "Nobody may do anything in it until it is resumed", ("reason",)),
        Action("tenant.resumed", "tenant", "It is in use again", ("reason",)),
        Action("tenant.deleted", "tenant", "It is gone for its members, and can be restored for a time"),
        Action("tenant.restored", "tenant", "It was brought back within that time"),
        Action("tenant.purged", "tenant", "Everything of it but this trail was removed for good"),
        Action("tenant.counters_recorded", "tenant", "Figures of the host were set or changed"),
        Action("audit.read", "tenant", "Somebody read this trail, from event `first` to `last`"),
        Action("audit.erased", "tenant", "Personal values went from earlier events, by `targets`, `principals` or all"),
        Action("workspace.created", "workspace", "A workspace was made"),
        Action(
            "workspace.updated",
            "workspace",
            "Its name, slug or description was changed, or `settings`, of which the keys are named",
        ),
        Action("workspace.archived", "workspace", "It was hidden, its data kept"),
        Action("workspace.restored", "workspace", "It is in use again"),
        Action("workspace.counters_recorded", "workspace", "Figures of the host were set or changed"),
        Action("member.added", "member", "A user became a member"),
        Action("member.recorded", "member", "What the host knows of a member was kept", _PERSON),
        Action("member.role_changed", "member", "The tenant roles of a member were changed"),
        Action("member.deactivated", "member", "A member lost their access and kept the membership", ("reason",)),
        Action("member.reactivated", "member", "A member got their access back"),
        Action("member.removed", "member", "Somebody ended a membership", (*_PERSON, "reason")),
        Action("member.left", "member", "A member ended their own membership", _PERSON),
        Action("member.forgotten", "member", "What is known of a user was erased"),
        Action("workspace_member.added", "member", "A member got a role in a workspace"),
        Action("workspace_member.role_changed", "member", "Their roles in a workspace were changed"),
        Action("workspace_member.removed", "member", "A member has no role in a workspace any more"),
        Action("invitation.sent", "invitation", "Membership was offered to an address", ("email",)),
        Action("invitation.extended", "invitation", "More was offered in the same one; its links stay", ("message",)),
        Action("invitation.resent", "invitation", "It was sent again; older links are dead"),
        Action("invitation.updated", "invitation", "What it offers, or until when, was changed", ("message", "reason")),
        Action("invitation.accepted", "invitation", "The invited person joined"),
        Action("invitation.declined", "invitation", "The invited person turned it down", ("reason",)),
        Action("invitation.revoked", "invitation", "It was withdrawn", ("reason",)),
        Action("invitation.refused", "invitation", "Nobody behind it may offer it any more, and somebody tried it"),
        Action("invitation.superseded", "invitation", "Something else took its place"),
        Action("role.defined", "role", "A custom role was made"),
        Action("role.updated", "role", "A custom role was changed"),
        Action("role.deleted", "role", "A custom role was deleted"),
        Action("access.denied", "principal", "Somebody asked for what they may not do"),
    ]
)
"""Every action, by name."""


def action(name: str) -> Action:
    """The action of this name."""
    return ACTIONS[name]
