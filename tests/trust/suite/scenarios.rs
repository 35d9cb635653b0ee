//! What is played: every life of a `VPCPeering`.

use peerway_trust::scenario::{Goal, Scenario};

const GOLDEN: &str = include_str!("../../../deploy/examples/golden/estate.yaml");
const ACCOUNTS: &str = include_str!("../../../deploy/examples/golden/accounts.yaml");
const DIRECT: &str = include_str!("../../../deploy/examples/golden/druid-to-reports.yaml");
const NAME: &str = "druid-to-reports";

/// All of them.
pub(crate) fn all() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "create, direct",
            estate: GOLDEN,
            before: &[ACCOUNTS],
            change: |stage| stage.apply(DIRECT),
            goal: Goal::Ready,
        },
        Scenario {
            name: "delete",
            estate: GOLDEN,
            before: &[ACCOUNTS, DIRECT],
            change: |stage| stage.delete("VPCPeering", NAME),
            goal: Goal::Gone,
        },
    ]
}
