//! What becomes of an object's things when the object, its record, or somebody else's hand changes them.

use peerway_model::{Origin, Owner};

use super::drift::{edit, settled, view};
use super::*;
use crate::testing::{absent, druid_to_reports};

/// Somebody else's controller takes over whatever carries our tags.
fn taken_over(run: &mut Run) {
    let theirs = Owner { name: "another".to_owned(), ..run.desired.owner.clone() };
    edit(&mut view(run).connections, |connections| {
        for connection in connections.iter_mut().filter(|connection| connection.id.is_pending()) {
            connection.tags = theirs.tags(Origin::Created);
        }
    });
}

#[test]
fn a_connection_that_carries_somebody_elses_tags_now_is_left_with_all_its_routes() {
    let mut run = settled();
    taken_over(&mut run);
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "OwnershipUnclear".to_owned()));

    let mut run = settled();
    taken_over(&mut run);
    edit(&mut view(&mut run).security_group_rules, Vec::clear);
    run.desired = absent(druid_to_reports());
    assert!(run.visit().is_empty(), "the routes are the new owner's");
    assert_eq!(run.ready(), ("False".to_owned(), "OwnershipUnclear".to_owned()));
}
