//! Both sides of a peering: which VPCs they name, and which tables and groups their selectors do.

use std::collections::BTreeSet;

use peerway_api::v1alpha1::vpc_peering::{OnConflict, SideName};
use peerway_api::{ConditionType, Reason};
use peerway_model::{IngressRule, RouteTable, Vpc};

use super::desired::{Desired, External, Managed};
use super::owned::Owned;
use super::plan::{Plan, SideReport};
use super::resolve;
use super::seen::Seen;
use crate::Finding;
use crate::network::Network;
use crate::observed::Readable;
use crate::routes::Wish;

/// Both sides with their VPCs, ours or not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) seen: [Seen<'a>; 2],
    pub(super) vpcs: [&'a Vpc; 2],
}

impl<'a> Pair<'a> {
    /// The side of somebody else, if one is.
    pub(super) fn external(&self) -> Option<&'a External> {
        self.seen.iter().find_map(|seen| match seen {
            Seen::Managed(..) => None,
            Seen::External(side) => Some(*side),
        })
    }
}

/// One side that we manage, with its selectors resolved.
pub(super) struct ResolvedSide<'a> {
    pub(super) side: &'a Managed,
    pub(super) view: Readable<'a>,
    pub(super) network: Network<'a>,
    pub(super) tables: Vec<&'a RouteTable>,
    pub(super) wishes: BTreeSet<Wish>,
    /// Whether every selector of routes resolved; if not, nothing of ours is removed.
    pub(super) has_routes_resolved: bool,
    pub(super) rules: BTreeSet<IngressRule>,
    /// Whether every selector of rules resolved; if not, nothing of ours is removed.
    pub(super) has_rules_resolved: bool,
}

impl ResolvedSide<'_> {
    pub(super) fn name(&self) -> SideName {
        self.side.name
    }

    pub(super) fn on_conflict(&self) -> OnConflict {
        self.side.spec.routes.as_ref().and_then(|routes| routes.on_conflict).unwrap_or_default()
    }
}

/// Both VPCs, if both resolve, are granted, and differ.
pub(super) fn resolve_vpcs<'a>(
    desired: &Desired,
    seen: &[Seen<'a>; 2],
    plan: &mut Plan,
) -> Option<[&'a Vpc; 2]> {
    let mut found = Vec::new();
    for side in seen {
        match (side.vpc(), side) {
            (Ok(vpc), Seen::Managed(side, _)) if !side.entry.covers(vpc) => {
                plan.findings.push(resolve::not_granted(desired, side, &vpc.id));
            }
            (Ok(vpc), Seen::Managed(..) | Seen::External(_)) => found.push(vpc),
            (Err(finding), _) => plan.findings.push(finding),
        }
    }
    let [requester, accepter] = found.try_into().ok()?;
    if requester.id == accepter.id {
        plan.findings.push(Finding::stalled(
            ConditionType::Valid,
            Reason::InvalidSpec,
            format!("`requester.vpc` and `accepter.vpc` both resolve to {}. A VPC cannot be peered with itself.", requester.id),
        ));
        return None;
    }
    Some([requester, accepter])
}

pub(super) fn resolve_sides<'a>(pair: &Pair<'a>, plan: &mut Plan) -> Vec<ResolvedSide<'a>> {
    let mut sides = Vec::new();
    for (this, that) in [(0, 1), (1, 0)] {
        let Seen::Managed(side, view) = pair.seen[this] else { continue };
        let other = (pair.vpcs[that], pair.seen[that].view());
        sides.push(resolve_side(side, (pair.vpcs[this], view), other, plan));
    }
    sides
}

fn resolve_side<'a>(
    side: &'a Managed,
    own: (&'a Vpc, Readable<'a>),
    other: (&'a Vpc, Option<Readable<'a>>),
    plan: &mut Plan,
) -> ResolvedSide<'a> {
    let (vpc, view) = own;
    let mut resolved = ResolvedSide {
        side,
        view,
        network: Network::of(vpc, view),
        tables: Vec::new(),
        wishes: BTreeSet::new(),
        has_routes_resolved: true,
        rules: BTreeSet::new(),
        has_rules_resolved: true,
    };
    if let Some(routes) = &side.spec.routes {
        let tables = resolve::tables(
            &format!("{}.routes.tables", side.field()),
            &routes.tables,
            &resolved.network,
        );
        let destinations = resolve::destinations(side.field(), routes, vpc, other.0);
        match (tables, destinations) {
            (Ok(tables), Ok(destinations)) => {
                resolved.wishes = tables
                    .iter()
                    .flat_map(|table| {
                        destinations.iter().map(|destination| Wish {
                            table: table.id.clone(),
                            destination: *destination,
                        })
                    })
                    .collect();
                resolved.tables = tables;
            }
            (tables, destinations) => {
                resolved.has_routes_resolved = false;
                plan.findings.extend(tables.err());
                plan.findings.extend(destinations.err());
            }
        }
    }
    for (index, ingress) in side.spec.ingress.iter().flatten().enumerate() {
        let field = format!("{}.ingress[{index}]", side.field());
        match resolve::rules(&field, ingress, own, other) {
            Ok(rules) => resolved.rules.extend(rules),
            Err(finding) => {
                resolved.has_rules_resolved = false;
                plan.findings.push(finding);
            }
        }
    }
    resolved
}

pub(super) fn report_sides(
    plan: &mut Plan,
    pair: &Pair<'_>,
    sides: &[ResolvedSide<'_>],
    owned: &Owned<'_>,
) {
    let dns_resolution = |view: Readable<'_>, vpc: &Vpc| {
        view.connections.get(&owned.live?.id)?.end_at(&vpc.id)?.dns_resolution
    };
    for side in sides {
        let vpc = side.network.vpc;
        let report = SideReport {
            account: side.view.place.account().clone(),
            region: side.view.place.region.clone(),
            vpc: vpc.id.clone(),
            cidrs: vpc.cidrs.clone(),
            tables: side.tables.iter().map(|table| table.id.clone()).collect(),
            dns_resolution: dns_resolution(side.view, vpc),
        };
        *plan.report.side(side.name()) = Some(report);
    }
    if let Some(external) = pair.external() {
        let vpc = &external.vpc;
        let report = SideReport {
            account: vpc.owner.clone(),
            region: external.region.clone(),
            vpc: vpc.id.clone(),
            cidrs: vpc.cidrs.clone(),
            tables: Vec::new(),
            dns_resolution: sides.iter().find_map(|side| dns_resolution(side.view, vpc)),
        };
        *plan.report.side(external.name) = Some(report);
    }
}
