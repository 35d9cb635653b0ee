//! What is asked for again and again is asked for more and more seldom.

use std::time::Duration;

use peerway_model::ConnectionState;
use peerway_model::clock::after;

use super::drift::{edit, view};
use super::*;
use crate::testing::{desired, druid_to_reports, golden};

/// The pending request of a run is deleted by somebody; whether it is asked for again at once.
fn ask_again(run: &mut Run, number: u32) -> bool {
    // The visit that asks is cut short before it accepts: the request is still pending when it is deleted.
    run.visit_dying_after(1);
    let plan = run.plan();
    run.publish(&plan);
    let id: ConnectionId = format!("pcx-{number:08x}").parse().unwrap();
    edit(&mut view(run).connections, |all| {
        for seen in all.iter_mut().filter(|seen| seen.id.is_pending()) {
            seen.id = id.clone();
            seen.state = ConnectionState::Deleted;
        }
    });
    run.status.as_mut().unwrap().connection.as_mut().unwrap().id = id;
    run.plan().steps.iter().any(|step| matches!(step, Step::RequestConnection { .. }))
}

#[test]
fn the_second_request_is_free_and_from_then_on_the_pauses_double() {
    let mut run = Run::new(desired(druid_to_reports()), golden().observed());
    assert!(ask_again(&mut run, 1));
    assert!(!ask_again(&mut run, 2));
    let connection = run.status.as_ref().unwrap().connection.clone().unwrap();
    assert_eq!(connection.attempts, 2);
    let plan = run.plan();
    assert_eq!(plan.report.again_at, Some(after(now(), Duration::from_secs(30))));
    run.observed.now = after(now(), Duration::from_secs(30));
    assert!(!run.plan().steps.is_empty(), "{}", run.plan());

    let status = run.status.as_mut().unwrap().connection.as_mut().unwrap();
    status.attempts = 3;
    assert_eq!(run.plan().report.again_at, Some(after(now(), Duration::from_mins(1))));
    let status = run.status.as_mut().unwrap().connection.as_mut().unwrap();
    status.attempts = 1_000_000;
    assert_eq!(run.plan().report.again_at, Some(after(now(), Duration::from_hours(1))));
    run.desired.reconcile_at = Some("now".to_owned());
    assert!(!run.plan().steps.is_empty(), "somebody asks for it");
}

#[test]
fn a_connection_that_came_about_ends_the_count() {
    let mut run = Run::new(desired(druid_to_reports()), golden().observed());
    assert!(ask_again(&mut run, 1));
    run.visit();
    assert_eq!(run.ready().0, "True");
    assert_eq!(run.status.as_ref().unwrap().connection.as_ref().unwrap().attempts, 0);
}
