//! Route tables: what they hold, how they come and go. Their rows are in `routes.rs`, their use in `associations.rs`.

mod associations;
mod routes;
mod target;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use peerway_model::{
    AssociationId, AssociationScope, CidrBlock, ConnectionId, Destination, Family, RouteOrigin,
    RouteTableId, RouteTarget, SubnetId, VpcId,
};

pub(crate) use associations::{associate, disassociate, replace_association};
pub(crate) use routes::{create_route, delete_route, is_over_quota, replace_route, too_many};
pub(crate) use target::{
    exists as target_exists, may_ever_lead, may_stand_inside, parse as parse_target,
};
pub use wire::{
    AssociateRouteTable, AssociateRouteTableReply, AssociationItem, AssociationState, CreateRoute,
    CreateRouteTable, CreateRouteTableReply, DeleteRoute, DeleteRouteTable, DescribeRouteTables,
    DescribeRouteTablesReply, DisassociateRouteTable, PropagatingGateway, ReplaceRoute,
    ReplaceRouteTableAssociation, ReplaceRouteTableAssociationReply, RouteItem, RouteTableItem,
};

use super::listing::{Question, describe as describe_all};
use super::vpcs::Vpc;
use super::{Done, TagSet, tags};
use crate::filters::{Field, Filterable};
use crate::id::{AwsId, derived};
use crate::idempotency::once;
use crate::paging::Limits;
use crate::scope::{Scope, find};
use crate::state::{Maker, RegionState, SharedTags};
use crate::{Action, ApiError};

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteTable {
    pub(crate) vpc: VpcId,
    /// A table has one target per destination.
    pub(crate) rows: BTreeMap<Destination, Row>,
    pub(crate) associations: BTreeMap<AssociationId, AssociationScope>,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

/// Where the packets to a destination go. Whether they arrive is computed when it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) target: RouteTarget,
    pub(crate) origin: RouteOrigin,
    /// Who wrote it as it is now.
    pub(crate) maker: Maker,
}

impl Row {
    pub(crate) fn local(maker: &Maker) -> Self {
        Self { target: RouteTarget::Local, origin: RouteOrigin::Table, maker: maker.clone() }
    }
}

impl RouteTable {
    /// A table with nothing but the local routes of its VPC.
    pub(crate) fn new(vpc_id: VpcId, vpc: &Vpc, maker: Maker) -> Self {
        let local = |block: &CidrBlock| (Destination::Cidr(*block), Row::local(&maker));
        let rows = vpc.blocks().map(local).collect();
        Self {
            vpc: vpc_id,
            rows,
            associations: BTreeMap::new(),
            tags: SharedTags::default(),
            maker,
        }
    }

    pub(crate) fn is_main(&self) -> bool {
        self.associations.values().any(|scope| *scope == AssociationScope::Main)
    }
}

/// The id of the association with which an estate's table is used: it follows from what it joins.
pub(crate) fn original_association(table: &RouteTableId, user: &str) -> AssociationId {
    derived(&[table.as_str(), user])
}

/// Gives a VPC the main table that AWS makes with it.
pub(crate) fn install_main(region: &mut RegionState, vpc_id: &VpcId, vpc: &Vpc) {
    let id: RouteTableId = derived(&[vpc_id.as_str(), "main"]);
    let mut table = RouteTable::new(vpc_id.clone(), vpc, Arc::clone(&vpc.maker));
    let association = original_association(&id, vpc_id.as_str());
    table.associations.insert(association, AssociationScope::Main);
    region.route_tables.insert(id, table);
}

/// A block has been associated with a VPC: every table of it gets a local route.
pub(crate) fn add_local(
    tables: &mut BTreeMap<RouteTableId, RouteTable>,
    vpc: &VpcId,
    block: CidrBlock,
) {
    for table in tables.values_mut().filter(|table| table.vpc == *vpc) {
        table.rows.insert(Destination::Cidr(block), Row::local(&table.maker));
    }
}

/// A block has left a VPC, and the local routes with it.
pub(crate) fn remove_local(
    tables: &mut BTreeMap<RouteTableId, RouteTable>,
    vpc: &VpcId,
    block: CidrBlock,
) {
    for table in tables.values_mut().filter(|table| table.vpc == *vpc) {
        table.rows.remove(&Destination::Cidr(block));
    }
}

/// A deleted subnet uses no table any more.
pub(crate) fn subnet_is_deleted(
    tables: &mut BTreeMap<RouteTableId, RouteTable>,
    subnet: &SubnetId,
) {
    for table in tables.values_mut() {
        table.associations.retain(
            |_, scope| !matches!(scope, AssociationScope::Subnet(used_by) if used_by == subnet),
        );
    }
}

/// Whether any table steers what comes in through a gateway.
pub(crate) fn is_edge_of_any(region: &RegionState, gateway: &str) -> bool {
    let mut users = region.route_tables.values().flat_map(|table| table.associations.values());
    users.any(|scope| matches!(scope, AssociationScope::Gateway(used) if used == gateway))
}

/// The blocks that somebody has written routes for in any table of a VPC.
pub(crate) fn static_destinations<'a>(
    region: &'a RegionState,
    vpc: &'a VpcId,
) -> impl Iterator<Item = &'a CidrBlock> {
    let tables = region.route_tables.values().filter(move |table| table.vpc == *vpc);
    tables.flat_map(|table| &table.rows).filter_map(|(destination, row)| match destination {
        Destination::Cidr(block) if row.origin == RouteOrigin::Static => Some(block),
        _ => None,
    })
}

/// Reads a block of one family; host bits are cleared, as AWS does.
pub(crate) fn read_block(
    parameter: &str,
    text: &str,
    family: Family,
) -> Result<CidrBlock, ApiError> {
    let block = CidrBlock::parse_truncating(text).ok().filter(|block| block.family() == family);
    block.ok_or_else(|| {
        ApiError::invalid_value(format!(
            "Value ({text}) for parameter {parameter} is invalid. This is not a valid {family} CIDR block."
        ))
    })
}

impl Filterable for RouteTableItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("association.gateway-id", |table, probe| {
            probe.texts(table.association_set.iter().filter_map(|a| a.gateway_id.as_deref()));
        }),
        ("association.main", |table, probe| {
            table.association_set.iter().for_each(|a| probe.flag(a.main));
        }),
        ("association.route-table-association-id", |table, probe| {
            let associations = table.association_set.iter();
            probe.texts(associations.map(|a| a.route_table_association_id.as_str()));
        }),
        ("association.route-table-id", |table, probe| {
            probe.texts(table.association_set.iter().map(|a| a.route_table_id.as_str()));
        }),
        ("association.subnet-id", |table, probe| {
            let subnets = table.association_set.iter().flat_map(|a| &a.subnet_id);
            probe.texts(subnets.map(SubnetId::as_str));
        }),
        ("owner-id", |table, probe| probe.text(table.owner_id.as_str())),
        ("route-table-id", |table, probe| probe.text(table.route_table_id.as_str())),
        ("route.destination-cidr-block", |table, probe| {
            probe.displays(table.route_set.iter().filter_map(|r| r.destination_cidr_block));
        }),
        ("route.destination-ipv6-cidr-block", |table, probe| {
            probe.displays(table.route_set.iter().filter_map(|r| r.destination_ipv6_cidr_block));
        }),
        ("route.destination-prefix-list-id", |table, probe| {
            probe.displays(table.route_set.iter().flat_map(|r| &r.destination_prefix_list_id));
        }),
        ("route.egress-only-internet-gateway-id", |table, probe| {
            probe.displays(table.route_set.iter().flat_map(|r| &r.egress_only_internet_gateway_id));
        }),
        ("route.gateway-id", |table, probe| {
            probe.texts(table.route_set.iter().filter_map(|r| r.gateway_id.as_deref()));
        }),
        ("route.instance-id", |table, probe| {
            probe.displays(table.route_set.iter().flat_map(|r| &r.instance_id));
        }),
        ("route.nat-gateway-id", |table, probe| {
            probe.displays(table.route_set.iter().flat_map(|r| &r.nat_gateway_id));
        }),
        ("route.origin", |table, probe| probe.texts(table.route_set.iter().map(|r| r.origin))),
        ("route.state", |table, probe| probe.texts(table.route_set.iter().map(|r| r.state))),
        ("route.transit-gateway-id", |table, probe| {
            probe.texts(table.route_set.iter().filter_map(|r| r.transit_gateway_id.as_deref()));
        }),
        ("route.vpc-peering-connection-id", |table, probe| {
            let connections = table.route_set.iter().flat_map(|r| &r.vpc_peering_connection_id);
            probe.texts(connections.map(ConnectionId::as_str));
        }),
        ("vpc-id", |table, probe| probe.text(table.vpc_id.as_str())),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

fn show(scope: &Scope<'_>, id: &RouteTableId, table: &RouteTable) -> RouteTableItem {
    let show_association = |(association_id, user): (&AssociationId, &AssociationScope)| {
        let (subnet_id, gateway_id) = match user {
            AssociationScope::Main => (None, None),
            AssociationScope::Subnet(subnet) => (Some(subnet.clone()), None),
            AssociationScope::Gateway(gateway) => (None, Some(gateway.clone())),
        };
        AssociationItem {
            route_table_association_id: association_id.clone(),
            route_table_id: id.clone(),
            main: *user == AssociationScope::Main,
            subnet_id,
            gateway_id,
            association_state: AssociationState::ASSOCIATED,
        }
    };
    let propagating = table.rows.values().filter(|row| row.origin == RouteOrigin::Propagated);
    let mut gateways: Vec<String> = propagating.map(|row| row.target.to_string()).collect();
    gateways.dedup();
    RouteTableItem {
        route_table_id: id.clone(),
        vpc_id: table.vpc.clone(),
        owner_id: scope.spot.account.clone(),
        route_set: routes::show(scope.state, scope.spot, table),
        association_set: table.associations.iter().map(show_association).collect(),
        propagating_vgw_set: gateways
            .into_iter()
            .map(|gateway_id| PropagatingGateway { gateway_id })
            .collect(),
        tag_set: TagSet(Arc::clone(&table.tags)),
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeRouteTables,
) -> Result<DescribeRouteTablesReply, ApiError> {
    let question = Question {
        action: Action::DescribeRouteTables,
        ids: ("RouteTableIds", &request.route_table_ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits { min: 5, max: 100 },
    };
    let tables = &scope.here().route_tables;
    let (route_table_set, next_token) =
        describe_all(scope, &question, tables, |id, table| show(scope, id, table))?;
    Ok(DescribeRouteTablesReply { route_table_set, next_token })
}

pub(crate) fn create(
    scope: &mut Scope<'_>,
    request: &CreateRouteTable,
) -> Result<CreateRouteTableReply, ApiError> {
    once(scope, request.client_token.as_deref(), request, |scope| {
        let vpc_id = VpcId::read(&request.vpc_id)?;
        let vpc = find(&scope.here().vpcs, &vpc_id)?;
        let mut table = RouteTable::new(vpc_id, vpc, scope.maker());
        table.tags = tags::specified(scope, &request.tag_specifications, "route-table")?;
        let tables = scope.here().route_tables.values();
        let count = tables.filter(|other| other.vpc == table.vpc).count();
        if count >= scope.settings.quotas.route_tables_per_vpc {
            return Err(ApiError::new(
                "RouteTableLimitExceeded",
                "The maximum number of route tables has been reached.",
            ));
        }
        let id: RouteTableId = scope.ids.fresh();
        let item = show(scope, &id, &table);
        scope.here_mut().route_tables.insert(id, table);
        let client_token = request.client_token.clone();
        Ok(CreateRouteTableReply { route_table: item, client_token })
    })
}

pub(crate) fn delete(scope: &mut Scope<'_>, request: &DeleteRouteTable) -> Result<Done, ApiError> {
    let id = RouteTableId::read(&request.route_table_id)?;
    // The main association is one too: a VPC never loses its main table.
    if !find(&scope.here().route_tables, &id)?.associations.is_empty() {
        return Err(ApiError::new(
            "DependencyViolation",
            format!("The routeTable '{id}' has dependencies and cannot be deleted."),
        ));
    }
    scope.here_mut().route_tables.remove(&id);
    Ok(Done::YES)
}
