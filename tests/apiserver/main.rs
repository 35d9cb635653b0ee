//! On a real API server: what the definitions refuse and accept, what the shipped RBAC allows, and the controller in
//! this process on a simulated AWS at hand.

mod among_broken;
mod bad_balancers;
mod bad_groups;
mod bad_specs;
mod bad_worlds;
mod drift;
mod objects;
mod rbac;
mod rest;
mod schema;
mod schema_overlap;
mod sessions;
mod unparsable;

use std::process::ExitCode;

use futures::FutureExt;
use peerway_tests::suite;

/// A line of the suite.
macro_rules! test {
    ($module:ident::$name:ident) => {
        (concat!(stringify!($module), "::", stringify!($name)), |environment| {
            $module::$name(environment).boxed_local()
        })
    };
}

fn main() -> ExitCode {
    suite::run(&[
        test!(schema::good_manifests_are_accepted_and_start_in_progress),
        test!(schema::bad_manifests_are_refused_with_field_and_remedy),
        test!(schema::what_is_immutable_cannot_be_changed),
        test!(schema::kubectl_explain_documents_the_fields),
        test!(schema_overlap::good_manifests_are_accepted),
        test!(schema_overlap::bad_manifests_are_refused_with_field_and_remedy),
        test!(schema_overlap::what_is_immutable_cannot_be_changed),
        test!(rbac::the_shipped_role_suffices_and_has_no_wildcard_and_no_secrets),
        test!(rbac::a_namespace_editor_may_write_peerings_and_no_accounts),
        test!(bad_specs::each_ends_in_a_condition_with_a_remedy_and_no_write),
        test!(bad_balancers::each_ends_in_a_condition_that_names_the_field),
        test!(bad_groups::each_ends_in_a_condition_that_names_the_field),
        test!(bad_worlds::each_ends_in_a_condition_with_a_remedy_and_no_write),
        test!(bad_worlds::a_write_that_is_denied_is_said_and_repeated_until_it_is_allowed),
        test!(among_broken::nobody_is_delayed_by_bad_specs_and_an_account_that_hangs),
        test!(sessions::tags_of_sessions_open_what_two_accounts_give_to_one_object_alone),
        test!(sessions::two_ways_into_one_account_read_each_for_themselves_and_share_its_buckets),
        test!(drift::every_kind_of_drift_is_repaired_within_one_resync_and_told),
        test!(unparsable::an_object_that_does_not_parse_says_so_and_keeps_its_record),
        test!(rest::at_rest_nothing_is_written_and_reads_do_not_grow_with_objects),
    ])
}
