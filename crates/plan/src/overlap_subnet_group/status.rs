//! What the status says: one pure function of what was, what is desired, what was observed, planned and done.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use peerway_api::ConditionType;
use peerway_api::v1alpha1::OverlapSubnetGroupStatus;
use peerway_api::v1alpha1::overlap_subnet_group::{
    GroupRouteStatus, GroupSubnetStatus, GroupTableStatus, PeerStatus,
};
use peerway_api::v1alpha1::vpc_peering::RouteStanding;
use peerway_model::Timestamp;

use super::plan::Report;
use super::step::Step;
use crate::conditions::Conditions;
use crate::routes::Standing;
use crate::status::{
    BLOCKED, LISTED, Standings, begin, deleting, failures, programmed, progress, routes, spec,
    sync, unreadable,
};
use crate::{Finding, Presence};

/// Everything a status is made from.
pub type StatusInput<'a> = crate::StatusInput<'a, OverlapSubnetGroupStatus, Step, Report>;

/// What the status says.
#[must_use]
pub fn status(input: StatusInput<'_>) -> OverlapSubnetGroupStatus {
    if !input.plan.unreadable.is_empty() {
        return unreadable(input, &[ConditionType::Programmed]);
    }
    let report = &input.plan.report;
    let mut status = begin(input, conditions(input), report.reconcile_at.as_ref());
    if report.home.is_some() {
        status.home.clone_from(&report.home);
    }
    if !report.has_judged {
        return status;
    }
    if input.presence == Presence::Present {
        status.peers = peers(report, &status.peers);
    }
    let wanted = report.subnets.values().filter(|subnet| subnet.is_wanted).count();
    let ready =
        report.subnets.values().filter(|subnet| subnet.is_wanted && subnet.is_in_place()).count();
    status.ready = format!("{ready}/{wanted}");
    status.subnets = subnets(report, &status.subnets);
    // What vanished is known until it was made anew: else one look would be enough to make another.
    let known = status.route_table.take().map(|table| table.id);
    status.route_table = report.table.clone().or(known).map(|id| GroupTableStatus {
        id,
        routes: report
            .table_routes
            .iter()
            .take(LISTED)
            .map(|route| GroupRouteStatus {
                destination: route.destination,
                connection_id: route.connection.clone(),
                state: match (route.standing == Standing::InPlace, route.is_withheld) {
                    (true, _) => RouteStanding::InPlace,
                    (false, true) => RouteStanding::Withheld,
                    (false, false) => RouteStanding::Missing,
                },
            })
            .collect(),
    });
    status.routes = routes(&report.routes, &report.written_routes);
    status
}

/// The peers. What was known of one keeps until it is known anew: by it things are found when the peering is gone. One
/// that is no longer named is known until its routes are gone.
fn peers(report: &Report, before: &[PeerStatus]) -> Vec<PeerStatus> {
    let peers = report.peers.iter().map(|peer| {
        let known = before.iter().find(|known| known.name == peer.name);
        PeerStatus {
            name: peer.name.clone(),
            far: peer.far.clone(),
            connection_id: peer
                .connection
                .clone()
                .or_else(|| known.and_then(|known| known.connection_id.clone())),
            cidrs: peer.cidrs.iter().take(LISTED).copied().collect(),
        }
    });
    let gone = before.iter().filter(|known| {
        report.is_clearing && report.peers.iter().all(|peer| peer.name != known.name)
    });
    peers.chain(gone.cloned()).collect()
}

/// The subnets, wanted or not. The id of one that vanished is known until it was made anew, or is wanted no more.
fn subnets(report: &Report, before: &[GroupSubnetStatus]) -> Vec<GroupSubnetStatus> {
    let subnets = report.subnets.iter().map(|(zone, subnet)| {
        let known = before.iter().find(|known| known.zone == *zone && known.cidr == subnet.cidr);
        GroupSubnetStatus {
            zone: zone.clone(),
            cidr: subnet.cidr,
            ipv6_cidr: subnet.ipv6,
            id: subnet.id.clone().or_else(|| known.and_then(|known| known.id.clone())),
            association_id: subnet.association.clone(),
            wanted: subnet.is_wanted,
        }
    });
    let missed = report.missed.iter().map(|((zone, cidr), id)| GroupSubnetStatus {
        zone: zone.clone(),
        cidr: *cidr,
        ipv6_cidr: None,
        id: id.clone(),
        association_id: None,
        wanted: false,
    });
    subnets.chain(missed).collect()
}

/// A spec that cannot be acted upon: what stands in AWS is neither read nor changed.
#[must_use]
pub fn invalid(
    previous: Option<&OverlapSubnetGroupStatus>,
    generation: i64,
    findings: &[Finding],
    now: Timestamp,
) -> OverlapSubnetGroupStatus {
    crate::status::invalid(previous, generation, findings, now, conditions)
}

fn conditions(input: StatusInput<'_>) -> Vec<Condition> {
    let StatusInput { plan, outcome, .. } = input;
    let previous = input.previous.map_or(&[][..], |status| &status.conditions);
    let mut conditions = Conditions::new(previous, input.generation, input.now);
    let failures = failures(outcome);
    let report = &plan.report;
    let is_valid = spec(&mut conditions, &plan.findings);
    let waiting = report
        .peers
        .iter()
        .find(|peer| !peer.is_active)
        .map(|peer| format!("The connection to peer '{}' is not active yet.", peer.name));
    let standings = Standings {
        is_in_place: report.is_in_place(),
        blocked: if is_valid { waiting } else { Some(BLOCKED.to_owned()) },
        surplus: (report.surplus, "routes and subnets"),
    };
    programmed(&mut conditions, input, &failures, standings);
    sync(&mut conditions, plan, plan.is_in_sync());
    if input.presence == Presence::Absent {
        deleting(&mut conditions, plan, &failures);
        return conditions.into_list();
    }
    let parts = [ConditionType::Valid, ConditionType::ResolvedRefs, ConditionType::Programmed];
    conditions.derive_ready(
        &parts,
        "The subnets answer their peers: table, routes, subnets and associations were seen in place.",
    );
    progress(&mut conditions, plan, &failures);
    conditions.into_list()
}
