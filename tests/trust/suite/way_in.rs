//! The last look at a row does not grow old while a role is assumed.

use std::time::Duration;

use libtest_mimic::Trial;
use peerway_sim::{Action, Fault, FaultKind};
use peerway_trust::life::Tuning;
use peerway_trust::scenario::{Goal, Scenario};

use crate::scenarios::{ACCOUNT, NAME, REGION, edit, turned_away};

/// As long as STS may take; what somebody does meanwhile is no longer within the time of one call.
const SLOW: Duration = Duration::from_secs(6);
/// When somebody does it.
const THEN: Duration = Duration::from_secs(2);

pub(crate) fn trials() -> Vec<Trial> {
    let scenario = Scenario {
        goal: Goal::Any,
        ..edit("edit: routes withdrawn, when one is turned away on our way in", |stage| {
            let slow = FaultKind::Slow { seconds: SLOW };
            stage.world.inject(Fault { times: 1, ..Fault::next(Action::AssumeRole, slow) });
            stage.hand_upon(Action::AssumeRole, THEN, ACCOUNT, REGION, turned_away());
            stage.edit(NAME, |spec| {
                spec["requester"].as_object_mut().expect("it is one").remove("routes");
            });
        })
    };
    let name = "a row that is turned away while a role is assumed is not taken away";
    vec![Trial::test(name, move || {
        scenario.record(Tuning::default())?;
        Ok(())
    })]
}
