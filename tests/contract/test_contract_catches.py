"""The suite that we ship fails for stores that are broken, and says which promise it is."""

from __future__ import annotations

import pytest

from tenantry.memory import MemoryStore
from tenantry.testing import StoreContract
from tenantry.testing.contract import feed
from tests.contract.broken import (
    AsksOneConditionOnly,
    BindsEverybody,
    ChangesWithoutALook,
    ChecksTooEarly,
    KeepsFailures,
    KeepsRefusals,
    Leaks,
    LetsEverybodyIn,
    LooksAtItsOwnTenant,
    NamesAnyRule,
    SharesDocuments,
    TakesNoLock,
    TripsOnItself,
)
from tests.contract.broken_access import (
    AsksForRolesApart,
    AsksNoAlternatives,
    ForgetsLineages,
    ForgetsOpenGrants,
    ForgetsPlaces,
    KeepsSets,
    KnowsNoAntiquity,
    LooksBeyondTheBeginning,
    MixesConditions,
    NamesNoWorkspace,
    RemembersRoles,
    SortsRolesAsSpelled,
    TakesNamesAsSpelled,
    TakesNumbersForTexts,
    TellsRolesOfAll,
    TellsRolesTwice,
)
from tests.contract.broken_jobs import (
    ChangesCommandsRows,
    ClaimsTheNewest,
    ClaimsTwice,
    HoldsNothingBack,
    KeepsFailedJobs,
    KeepsHalfOfAPut,
    KeepsTheFirst,
    LetsGuestsDoJobs,
    LocksTenantsForJobs,
    NumbersByTheTransactionAlone,
    PutsForAllTenants,
    PutsOnlyWhatIsNew,
    PutsWhatIsTaken,
    PutsWhatRefersToNothing,
    SharesWhatWasPut,
    SkipsTheRestOfATransaction,
    TakesAnyPosition,
    TellsWhatWasErased,
    TellsWhatWasThere,
)
from tests.contract.broken_scopes import (
    AnswersWhatItDoesNotKnow,
    AsksBeyondItsScope,
    ForgetsItsScope,
    OverlooksAlternatives,
    ShowsEverything,
    ShowsGuestsEverything,
    ShowsMembersOnly,
    TellsEventsToAnybody,
    TriesOneAlternative,
)
from tests.contract.broken_sign_ins import (
    DropsEverySignIn,
    KeepsSignInsOfGuests,
    KeepsTheLastThatIsTold,
    LetsAnybodySignIn,
    LocksTenantsForSignIns,
    ReadsNothingAlong,
    TellsOfTenantsThatAreClosed,
)
from tests.contract.broken_sums import (
    AddsFlags,
    AddsInFloats,
    AddsUpTo64Bits,
    AddsWhatWasNotAsked,
    CountsAndThenAdds,
    CountsInDecimals,
    CountsTwice,
)
from tests.contract.broken_totals import (
    CountsEverybody,
    CountsForAnybody,
    CountsOffersToMembers,
    CountsOneByOne,
    CountsWhatHasEnded,
)


def failure(kind: type[MemoryStore], name: str) -> str | None:
    """What a test of the suite says when it fails."""
    try:
        getattr(StoreContract(), name)(kind())
    except Exception as error:  # noqa: BLE001 - whatever it is, the test has failed
        return str(error)
    return None


def test_the_suite_passes_for_a_store_that_keeps_its_promises() -> None:
    names = [name for name in dir(StoreContract) if name.startswith("test_")]
    assert {name: found for name in names if (found := failure(MemoryStore, name))} == {}


@pytest.mark.parametrize(
    ("kind", "name", "promise"),
    [
        (
            KeepsFailures,
            "test_nothing_is_kept_of_a_command_that_ends_by_an_exception",
            "nothing is kept of the tenant's row when a command fails",
        ),
        (
            ChecksTooEarly,
            "test_a_rule_over_all_tenants_holds_between_transactions",
            "what is unique over all tenants goes to one of two commands",
        ),
        (
            TakesNoLock,
            "test_two_commands_never_decide_on_the_same_facts",
            "no command decides on facts that another is changing",
        ),
        (
            LetsEverybodyIn,
            "test_nobody_else_is_let_in",
            "Passes(collection=<Collection memberships>, where={'user_id': 'nobody'}) does not let into",
        ),
        (
            LetsEverybodyIn,
            "test_a_command_that_is_unlocked_changes_what_jobs_may_change",
            "to begin a command that is unlocked is no statement",
        ),
        (
            ChangesWithoutALook,
            "test_what_was_read_is_changed_as_it_was_read",
            "what is otherwise stays",
        ),
        (
            AsksOneConditionOnly,
            "test_a_gate_asks_for_all_of_its_conditions",
            "Passes(collection=<Collection invitations>",
        ),
        (
            Leaks,
            "test_nothing_of_another_tenant_is_found",
            "slugs: another tenant's is not found",
        ),
        (
            SharesDocuments,
            "test_what_you_got_is_yours",
            "changing what was read changes nothing stored",
        ),
        (
            KeepsRefusals,
            "test_a_refused_write_leaves_everything_as_it_was",
            "a refused write leaves everything as it was",
        ),
        (
            KeepsRefusals,
            "test_of_several_writes_all_or_none_are_done",
            "of several that are added with one refused, none is kept",
        ),
        (
            BindsEverybody,
            "test_a_partial_rule_over_all_tenants_holds_among_those_it_speaks_of",
            "a pending domain is kept next to another tenant's verified one",
        ),
        (
            LooksAtItsOwnTenant,
            "test_a_partial_rule_over_all_tenants_holds_among_those_it_speaks_of",
            "of several that are added, one that is taken is refused",
        ),
        (
            TripsOnItself,
            "test_a_partial_rule_over_all_tenants_holds_among_those_it_speaks_of",
            "a row of which the rule speaks can be saved, and does not trip on itself",
        ),
        (
            NamesAnyRule,
            "test_a_partial_rule_over_all_tenants_holds_among_those_it_speaks_of",
            "of several that are added, one that is taken is refused",
        ),
        (
            ChecksTooEarly,
            "test_a_partial_rule_over_all_tenants_holds_between_transactions",
            "a partial rule over all tenants lets one of two commands pass",
        ),
        (
            TakesNamesAsSpelled,
            "test_no_two_roles_look_the_same",
            "'CLERK' looks like a name that is taken",
        ),
        (
            KeepsSets,
            "test_a_role_comes_back_whole",
            "a role comes back whole",
        ),
        (
            SortsRolesAsSpelled,
            "test_roles_are_listed_by_level_and_by_name",
            "roles are ordered by how their names look",
        ),
        (
            TakesNumbersForTexts,
            "test_texts_in_documents",
            "the text '1' in a document is found",
        ),
        (
            ForgetsOpenGrants,
            "test_a_grant_counts_from_its_start_until_its_end",
            "those grants count that have begun and not ended",
        ),
        (
            KnowsNoAntiquity,
            "test_a_grant_counts_from_its_start_until_its_end",
            "those grants count that have begun and not ended",
        ),
        (
            ForgetsPlaces,
            "test_a_grant_is_found_by_its_place_and_role_in_one",
            "a role is found in the places that are asked",
        ),
        (
            MixesConditions,
            "test_conditions_within_conditions_on_the_same_collection",
            "a question may be about the other grants of who has one",
        ),
        (
            ForgetsLineages,
            "test_standing_has_the_roles_of_the_grants",
            "standing has what the roles of the grants depend on, each once and in order",
        ),
        (
            NamesNoWorkspace,
            "test_standing_is_of_one_tenant",
            "standing has the names of the workspaces that are asked for",
        ),
        (
            AsksNoAlternatives,
            "test_alternatives_hold_within_a_tenant",
            "within a tenant, alternatives find what one of them speaks of",
        ),
        (
            TellsRolesTwice,
            "test_standing_has_the_roles_of_the_grants",
            "standing has what the roles of the grants depend on, each once and in order",
        ),
        (
            AsksForRolesApart,
            "test_standing_has_the_roles_of_the_grants",
            "standing is one statement, whatever roles there are",
        ),
        (
            TellsRolesOfAll,
            "test_another_tenants_role_brings_nothing",
            "another tenant's role brings nothing",
        ),
        (
            RemembersRoles,
            "test_standing_sees_how_a_role_was_changed",
            "a command sees how it has changed a role that somebody has",
        ),
        (
            ForgetsItsScope,
            "test_a_person_sees_what_concerns_them",
            "a reader knows its scope",
        ),
        (
            ShowsEverything,
            "test_a_person_sees_what_concerns_them",
            "tenants: a scope shows what it promises, and no more",
        ),
        (
            ShowsEverything,
            "test_a_slug_leads_to_its_tenant",
            "a slug shows itself alone",
        ),
        (
            ShowsEverything,
            "test_an_id_is_located_in_the_persons_tenants_only",
            "an id in one of the person's tenants is found alone",
        ),
        (
            ShowsGuestsEverything,
            "test_a_scope_holds_within_a_transaction_too",
            "a guest's reader sees its own transaction, within the scope",
        ),
        (
            ShowsMembersOnly,
            "test_a_person_sees_what_concerns_them",
            "tenants: a scope shows what it promises, and no more",
        ),
        (
            AsksBeyondItsScope,
            "test_no_condition_widens_a_scope",
            "a condition speaks of what the scope shows only",
        ),
        (
            AnswersWhatItDoesNotKnow,
            "test_what_a_scope_does_not_know_is_refused",
            "Person shows nothing of slugs",
        ),
        (
            TellsEventsToAnybody,
            "test_what_a_scope_does_not_know_is_refused",
            "the events of all tenants are shown to the operator only",
        ),
        (
            OverlooksAlternatives,
            "test_what_a_scope_does_not_know_is_refused",
            "alternatives in a question that a scope narrows",
        ),
        (
            TriesOneAlternative,
            "test_the_operator_may_ask_for_alternatives",
            "what one alternative speaks of is found",
        ),
        (
            LooksBeyondTheBeginning,
            "test_text_at_the_beginning",
            "the beginning of a text is looked for as it is",
        ),
        (
            ReadsNothingAlong,
            "test_a_sign_in_is_read_along_with_every_membership",
            "every membership tells the sign-in",
        ),
        (
            KeepsTheLastThatIsTold,
            "test_of_two_sign_ins_the_later_stays",
            "of two sign-ins the later stays",
        ),
        (
            TellsOfTenantsThatAreClosed,
            "test_a_sign_in_tells_where_the_person_is_known_otherwise",
            "told are the tenants in which the person is known otherwise",
        ),
        (
            LocksTenantsForSignIns,
            "test_a_sign_in_locks_no_tenant",
            "a sign-in and a command at the same time are both kept",
        ),
        (
            KeepsSignInsOfGuests,
            "test_a_sign_in_is_undone_with_its_transaction",
            "a sign-in is undone with its transaction",
        ),
        (
            DropsEverySignIn,
            "test_a_sign_in_is_forgotten",
            "to drop a sign-in leaves that of others",
        ),
        (
            LetsAnybodySignIn,
            "test_a_sign_in_is_kept_by_its_person_only",
            "Operator keeps no sign-in",
        ),
        (
            TellsWhatWasThere,
            "test_a_claim_is_of_the_first_in_order_over_all_tenants",
            "the first of all tenants are claimed in order, with their new values",
        ),
        (
            ClaimsTheNewest,
            "test_a_claim_is_of_the_first_in_order_over_all_tenants",
            "the first of all tenants are claimed in order, with their new values",
        ),
        (
            ChangesCommandsRows,
            "test_jobs_change_what_is_theirs_only",
            "slugs: it is not open to jobs",
        ),
        (
            ClaimsTwice,
            "test_a_claim_is_not_kept_by_two",
            "of two who claim the same at the same time, one gets it",
        ),
        (
            KeepsFailedJobs,
            "test_a_job_that_fails_has_done_nothing",
            "nothing is kept of a job that ends by an exception",
        ),
        (
            LetsGuestsDoJobs,
            "test_guests_do_no_jobs",
            "a guest does no jobs",
        ),
        (
            PutsOnlyWhatIsNew,
            "test_what_is_put_is_added_or_replaced",
            "what is put replaces all of what was there",
        ),
        (
            PutsForAllTenants,
            "test_what_is_put_is_added_or_replaced",
            "what has another tenant or key stays as it was",
        ),
        (
            KeepsTheFirst,
            "test_of_one_that_is_put_twice_the_last_is_kept",
            "of one that is put twice the last is kept",
        ),
        (
            KeepsHalfOfAPut,
            "test_what_is_put_is_unique",
            "of a put that is refused nothing is kept",
        ),
        (
            PutsWhatIsTaken,
            "test_what_is_put_is_unique",
            "what is put and breaks a rule is refused by the declared error",
        ),
        (
            PutsWhatRefersToNothing,
            "test_what_is_put_refers_to_what_is_there",
            "what is put and refers to an unknown workspace is refused",
        ),
        (
            KeepsHalfOfAPut,
            "test_what_is_put_refers_to_what_is_there",
            "of a put with an unknown workspace nothing is kept",
        ),
        (
            LocksTenantsForJobs,
            "test_a_put_takes_no_tenants_lock",
            "a put changes no tenant's version",
        ),
        (
            KeepsFailedJobs,
            "test_a_put_is_undone_with_its_job",
            "nothing is kept of a put whose job fails",
        ),
        (
            SharesWhatWasPut,
            "test_what_was_put_is_the_stores",
            "changing what was put changes nothing stored",
        ),
        (
            AddsInFloats,
            "test_sums_are_exact",
            "numbers are added up exactly",
        ),
        (
            AddsUpTo64Bits,
            "test_sums_are_exact",
            "the numbers of documents are added up exactly",
        ),
        (
            CountsInDecimals,
            "test_the_numbers_of_documents_are_added_up_by_key",
            "a sum and a count are an int, and no other kind of number that equals it",
        ),
        (
            AddsFlags,
            "test_only_whole_numbers_are_added_up",
            "only whole numbers are added up",
        ),
        (
            CountsAndThenAdds,
            "test_the_numbers_of_documents_are_added_up_by_key",
            "to count and add up is one statement",
        ),
        (
            AddsWhatWasNotAsked,
            "test_numbers_are_added_up_by_a_field",
            "only what the conditions allow is added up",
        ),
        (
            CountsTwice,
            "test_different_values_are_counted_in_the_store",
            "different values are counted in each group",
        ),
        (
            CountsEverybody,
            "test_what_counts_in_a_tenant_is_counted_at_once",
            "what is in use, active, and can be accepted is counted",
        ),
        (
            CountsWhatHasEnded,
            "test_what_counts_in_a_tenant_is_counted_at_once",
            "what is in use, active, and can be accepted is counted",
        ),
        (
            CountsOffersToMembers,
            "test_what_counts_in_a_tenant_is_counted_at_once",
            "what is in use, active, and can be accepted is counted",
        ),
        (
            CountsOneByOne,
            "test_what_counts_in_a_tenant_is_counted_at_once",
            "the totals are one statement",
        ),
        (
            CountsForAnybody,
            "test_there_are_no_totals_of_a_tenant_that_is_not_there",
            "a tenant that is not there has no totals",
        ),
        (
            NumbersByTheTransactionAlone,
            "test_who_wrote_first_does_not_overtake_who_passed_them",
            "the gate never gives a tenant a smaller number than before",
        ),
        (
            HoldsNothingBack,
            "test_what_was_begun_first_and_kept_last_is_not_missed",
            "what was begun first and kept last is read too, and nothing twice",
        ),
        (
            SkipsTheRestOfATransaction,
            "test_events_are_read_in_pages_that_follow_on_each_other",
            "the order is the same in pages of 1",
        ),
        (
            TakesAnyPosition,
            "test_a_position_beyond_everything_is_refused",
            "a position beyond everything that was written is refused",
        ),
        (
            TellsWhatWasErased,
            "test_an_event_is_read_as_it_is_kept",
            "an event that was changed keeps its place, and is read as it is now",
        ),
    ],
)
def test_the_suite_fails_for_a_broken_store_and_names_the_promise(
    monkeypatch: pytest.MonkeyPatch, kind: type[MemoryStore], name: str, promise: str
) -> None:
    monkeypatch.setattr(feed, "_PATIENCE", 0.1)
    assert f"Broken promise: {promise}" in str(failure(kind, name))
