//! What a step would make of the world: for plans that look further than one round, and for the properties of plans.

use std::collections::BTreeMap;

use peerway_api::v1alpha1::vpc_peering::SideName;
use peerway_model::{
    AccountId, CidrBlock, Connection, ConnectionEnd, ConnectionId, ConnectionState, Direction,
    IngressRule, Place, Region, Route, RouteState, RouteTable, RouteTableId, RouteTarget,
    SecurityGroupRule, SecurityGroupRuleId, Tags, VpcId,
};

use super::step::Step;
use crate::observed::Observed;
use crate::world::{edit, edit_all, point, put, take, unpoint, untag, views_of};

/// The world after `step`, as AWS would show it once everything has come to rest. Ids that AWS has yet to give stand as
/// pending, one per slot.
#[must_use]
pub fn project(observed: &Observed, step: &Step) -> Observed {
    let mut next = observed.clone();
    match step {
        Step::RequestConnection {
            requester,
            accepter,
            accepter_account,
            accepter_region,
            place,
            tags,
        } => {
            let accepter = end(accepter_account, accepter_region, accepter);
            let requester = end(place.account(), &place.region, requester);
            requested(&mut next, requester, accepter, tags);
        }
        Step::AcceptConnection { connection, .. } => accepted(&mut next, connection),
        Step::TagConnection { place, connection, tags } => {
            for view in views_of(&mut next, place) {
                edit(&mut view.connections, connection, |seen| seen.tags.extend(tags.clone()));
            }
        }
        Step::UntagConnection { place, connection, tags } => {
            for view in views_of(&mut next, place) {
                edit(&mut view.connections, connection, |seen| untag(&mut seen.tags, tags));
            }
        }
        Step::UntagRule { place, id, tags, .. } => {
            for view in views_of(&mut next, place) {
                edit(&mut view.security_group_rules, id, |rule| untag(&mut rule.tags, tags));
            }
        }
        Step::SetDnsResolution { end, connection, allow, .. } => {
            edit_everywhere(&mut next, connection, |connection| {
                let end = match end {
                    SideName::Requester => &mut connection.requester,
                    SideName::Accepter => &mut connection.accepter,
                };
                end.dns_resolution = Some(*allow);
            });
        }
        Step::CreateRoute { table, destination, connection, .. }
        | Step::ReplaceRoute { table, destination, connection, .. } => {
            edit_table(&mut next, table, |table| point(table, destination, connection));
        }
        Step::DeleteRoute { table, destination, .. } => {
            edit_table(&mut next, table, |table| unpoint(table, destination));
        }
        Step::AuthorizeIngress { place, rule, tags, .. } => {
            for view in views_of(&mut next, place) {
                put(&mut view.security_group_rules, written(rule, tags));
            }
        }
        Step::TagRule { place, id, tags, .. } => {
            for view in views_of(&mut next, place) {
                edit(&mut view.security_group_rules, id, |rule| rule.tags.extend(tags.clone()));
            }
        }
        Step::RevokeIngress { place, id, .. } => {
            for view in views_of(&mut next, place) {
                take(&mut view.security_group_rules, id);
            }
        }
        Step::DeleteConnection { connection, .. } => deleted(&mut next, connection),
    }
    next
}

fn end(account: &AccountId, region: &Region, vpc: &VpcId) -> ConnectionEnd {
    ConnectionEnd {
        account: account.clone(),
        region: region.clone(),
        vpc: vpc.clone(),
        cidrs: Vec::new(),
        dns_resolution: None,
    }
}

/// Both accounts see the request; the tags only the one that asked.
fn requested(next: &mut Observed, requester: ConnectionEnd, accepter: ConnectionEnd, tags: &Tags) {
    let sees = |place: &Place, end: &ConnectionEnd| {
        end.account == *place.account() && end.region == place.region
    };
    let connection = Connection {
        id: ConnectionId::pending("connection"),
        requester,
        accepter,
        state: ConnectionState::PendingAcceptance,
        message: String::new(),
        expires_at: None,
        tags: tags.clone(),
    };
    for (place, view) in &mut next.views {
        if sees(place, &connection.requester) {
            put(&mut view.connections, connection.clone());
        } else if sees(place, &connection.accepter) {
            put(&mut view.connections, Connection { tags: Tags::new(), ..connection.clone() });
        }
    }
}

/// The connection becomes active, and with it every route over it.
fn accepted(next: &mut Observed, id: &ConnectionId) {
    let vpcs: BTreeMap<VpcId, Vec<CidrBlock>> = next
        .views
        .values()
        .filter_map(|view| view.vpcs.part.as_ref())
        .flat_map(|part| part.iter().map(|vpc| (vpc.id.clone(), vpc.cidrs.clone())))
        .collect();
    edit_everywhere(next, id, |connection| {
        connection.state = ConnectionState::Active;
        for end in [&mut connection.requester, &mut connection.accepter] {
            // What is somebody else's is known by what AWS told before, if anything.
            if let Some(cidrs) = vpcs.get(&end.vpc) {
                end.cidrs.clone_from(cidrs);
            }
            end.dns_resolution = Some(false);
        }
    });
    set_routes(next, id, RouteState::Active);
}

/// The connection ends, and every route over it becomes a black hole.
fn deleted(next: &mut Observed, id: &ConnectionId) {
    edit_everywhere(next, id, |connection| {
        connection.state = ConnectionState::Deleted;
        for end in [&mut connection.requester, &mut connection.accepter] {
            end.dns_resolution = None;
        }
    });
    set_routes(next, id, RouteState::Blackhole);
}

fn written(rule: &IngressRule, tags: &Tags) -> SecurityGroupRule {
    SecurityGroupRule {
        id: SecurityGroupRuleId::pending(&format!("{} {rule}", rule.group)),
        group: rule.group.clone(),
        direction: Direction::Ingress,
        protocol: rule.protocol,
        ports: rule.ports,
        source: rule.source.clone(),
        tags: tags.clone(),
    }
}

fn edit_everywhere(next: &mut Observed, id: &ConnectionId, change: impl Fn(&mut Connection)) {
    for view in next.views.values_mut() {
        edit(&mut view.connections, id, &change);
    }
}

fn edit_table(next: &mut Observed, id: &RouteTableId, change: impl Fn(&mut RouteTable)) {
    for view in next.views.values_mut() {
        edit(&mut view.route_tables, id, &change);
    }
}

/// A route over a connection passes packets exactly while the connection is active.
fn set_routes(next: &mut Observed, connection: &ConnectionId, state: RouteState) {
    let is_over =
        |route: &Route| matches!(&route.target, RouteTarget::Connection(id) if id == connection);
    for view in next.views.values_mut() {
        edit_all(
            &mut view.route_tables,
            |table| table.routes.iter().any(is_over),
            |table| {
                for route in table.routes.iter_mut().filter(|route| is_over(route)) {
                    route.state = state;
                }
            },
        );
    }
}
