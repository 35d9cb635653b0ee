//! What stands between the two VPCs already, and what the other side makes of a request.

use std::time::Duration;

use peerway_sim::ec2::peerings::{
    AcceptVpcPeeringConnection, DeleteVpcPeeringConnection, RejectVpcPeeringConnection,
};
use peerway_sim::{Action, FaultKind, World};
use serde_json::{Value, json};

use super::{Case, FINE, REQUEST, ROUTE, always};
use crate::objects::{by_hand_of, with};

const PROVIDER: &str = "222222222222";

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn cases() -> Vec<Case> {
    vec![
        Case {
            name: "joined-by-somebody-else",
            estate: |golden| joined(golden, "vpc-ce78dbb7", "vpc-641fee1c", ""),
            reason: "ConnectionExists",
            words: &[
                "pcx-0f000001",
                "vpc-ce78dbb7",
                "(active)",
                "adopt: {connectionID: pcx-0f000001}",
            ],
            ..FINE
        },
        Case {
            name: "asked-by-somebody-else-the-other-way",
            estate: |golden| {
                let pending = ", status: pending-acceptance";
                joined(golden, "vpc-641fee1c", "vpc-ce78dbb7", pending)
            },
            reason: "ConnectionExists",
            words: &["pcx-0f000001", "(pending-acceptance)", "It is left alone", "or delete it"],
            ..FINE
        },
        Case {
            name: "to-adopt-what-is-not-there",
            peering: |object| adopting(object, "pcx-0f000001"),
            reason: "AdoptedGone",
            words: &["adopt.connectionID", "pcx-0f000001 is not there", "name another one"],
            ..FINE
        },
        Case {
            name: "to-adopt-what-has-ended",
            estate: |golden| joined(golden, "vpc-ce78dbb7", "vpc-641fee1c", ", status: deleted"),
            peering: |object| adopting(object, "pcx-0f000001"),
            reason: "AdoptedGone",
            words: &["pcx-0f000001 is deleted", "or remove `adopt`"],
            ..FINE
        },
        Case {
            name: "to-adopt-what-joins-others",
            peering: |object| adopting(object, "pcx-d3c1e8ba"),
            reason: "AdoptionConflict",
            words: &[
                "adopt.connectionID",
                "pcx-d3c1e8ba joins vpc-828a54fb",
                "Name the connection",
            ],
            ..FINE
        },
        Case {
            name: "to-adopt-what-another-cluster-has",
            estate: |golden| {
                let tags = ", tags: {requester: {peerway.dev/cluster: other, peerway.dev/owner: VPCPeering/a/b}}";
                joined(golden, "vpc-ce78dbb7", "vpc-641fee1c", tags)
            },
            peering: |object| adopting(object, "pcx-0f000001"),
            reason: "AdoptionConflict",
            words: &["pcx-0f000001", "another object or cluster", "or remove the tags"],
            ..FINE
        },
        Case {
            name: "pair-taken",
            older: Some(|object| {
                let object = with(object, "/metadata/name", json!("holder"));
                with(object, "/spec/managementPolicy", json!("Observe"))
            }),
            reason: "PairTaken",
            words: &["vpc-ce78dbb7 and vpc-641fee1c", "VPCPeering 'holder'", "delete one of them"],
            ..FINE
        },
        Case {
            name: "failed",
            weather: |world| {
                let fails = FaultKind::ConnectionFails;
                world.inject(always(Action::CreateVpcPeeringConnection, fails));
            },
            reason: "ConnectionFailed",
            words: &["ended pcx-", "incorrect VPC-ID", "when the spec or a CIDR"],
            writes: &[REQUEST],
            ..FINE
        },
        Case {
            name: "other-cidrs-than-declared",
            peering: |object| with_provider(object, "172.19.0.0/24"),
            then: &[("AcceptancePending", they_accept)],
            reason: "CIDRMismatch",
            words: &[
                "accepter.external.cidrs",
                "172.19.0.0/24",
                "172.19.0.0/20",
                "correct the declaration",
            ],
            writes: &[REQUEST],
            ..FINE
        },
        Case {
            name: "rejected",
            peering: |object| with_provider(object, "172.19.0.0/20"),
            then: &[("AcceptancePending", they_reject)],
            reason: "PeerRefused",
            words: &["was rejected", PROVIDER, "peerway.dev/reconcile-at"],
            writes: &[REQUEST],
            ..FINE
        },
        Case {
            name: "deleted-by-the-other-side",
            peering: |object| with_provider(object, "172.19.0.0/20"),
            then: &[("AcceptancePending", they_accept), ("Ready", they_delete)],
            reason: "PeerRefused",
            words: &["was deleted", "Deleted by 222222222222", "when the spec changes"],
            writes: &[ROUTE, REQUEST],
            ..FINE
        },
        Case {
            name: "expired",
            peering: |object| with_provider(object, "172.19.0.0/20"),
            then: &[("AcceptancePending", |world| world.advance(Duration::from_hours(169)))],
            reason: "ConnectionPending",
            words: &["pcx-", "expired", "nobody accepted it", "once a day at most"],
            writes: &[REQUEST],
            ..FINE
        },
    ]
}

/// Somebody's connection between two VPCs of the service's account.
fn joined(golden: String, requester: &str, accepter: &str, more: &str) -> String {
    golden
        + &format!("  - {{id: pcx-0f000001, requester: {requester}, accepter: {accepter}{more}}}\n")
}

fn adopting(object: Value, connection: &str) -> Value {
    let object = with(object, "/spec/adopt", json!({ "connectionID": connection }));
    with(object, "/spec/deletionPolicy", json!("Delete"))
}

/// From the consumer to the provider's VPC, which is somebody else's, with these CIDRs as far as is known here.
fn with_provider(object: Value, cidr: &str) -> Value {
    let consumer = json!({
        "accountRef": object["spec"]["requester"]["accountRef"],
        "region": "us-west-2",
        "vpc": { "id": "vpc-641fee1c" },
        "routes": { "tables": { "ids": ["rtb-8c4492f7"] } },
    });
    let provider = json!({ "external": {
        "accountID": PROVIDER,
        "region": "us-west-2",
        "vpcID": "vpc-828a54fb",
        "cidrs": [cidr],
    } });
    with(with(object, "/spec/requester", consumer), "/spec/accepter", provider)
}

fn they_accept(world: &World) {
    let vpc_peering_connection_id = asked(world);
    by_hand_of(
        PROVIDER,
        world,
        AcceptVpcPeeringConnection { vpc_peering_connection_id, ..Default::default() },
    );
}

fn they_reject(world: &World) {
    let vpc_peering_connection_id = asked(world);
    by_hand_of(
        PROVIDER,
        world,
        RejectVpcPeeringConnection { vpc_peering_connection_id, ..Default::default() },
    );
}

fn they_delete(world: &World) {
    let vpc_peering_connection_id = asked(world);
    by_hand_of(
        PROVIDER,
        world,
        DeleteVpcPeeringConnection { vpc_peering_connection_id, ..Default::default() },
    );
}

/// The connection that was asked for.
fn asked(world: &World) -> String {
    let peerings = world.estate().peerings;
    let is_ours = |tags: &peerway_model::Tags| tags.contains_key("peerway.dev/owner");
    let ours = peerings.into_iter().find(|peering| is_ours(&peering.tags.requester));
    ours.and_then(|peering| peering.id).expect("there is one").to_string()
}
