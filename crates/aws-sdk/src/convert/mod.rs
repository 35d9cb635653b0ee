//! From the SDK's structs, where everything is optional, to our nouns, where nothing that AWS always sends is. An answer
//! that lacks such a thing is an error: leaving the item out would make a present thing look absent.

mod auto_scaling;
mod instance;
mod load_balancer;
mod subnets;

use aws_sdk_ec2::types;
use peerway_model::{
    Association, AssociationScope, CidrBlock, Connection, ConnectionEnd, ConnectionState,
    Destination, Direction, NatConnectivity, NatGateway, PortRange, Protocol, Route, RouteOrigin,
    RouteState, RouteTable, RouteTarget, RuleSource, SecurityGroup, SecurityGroupRule, Tags,
    Timestamp, Vpc,
};

pub(crate) use auto_scaling::{attachment, auto_scaling_group};
pub(crate) use instance::instance;
pub(crate) use load_balancer::{
    instance_health, load_balancer, load_balancer_attributes, load_balancer_policy, sdk_attributes,
    sdk_balancer_tags, sdk_listener,
};
pub(crate) use subnets::{network_acl, network_interface, subnet, zone};

/// What an answer lacks, or holds wrongly.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem(String);

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
    field: &str,
    text: Option<&str>,
) -> Result<T, Problem> {
    let text = text.ok_or_else(|| Problem(format!("no {field}")))?;
    text.parse().map_err(|error| Problem(format!("{field}: {error}")))
}

fn cidr(field: &str, text: &str) -> Result<CidrBlock, Problem> {
    CidrBlock::parse_truncating(text).map_err(|error| Problem(format!("{field}: {error}")))
}

pub(crate) fn tags(tags: &[types::Tag]) -> Tags {
    tags.iter()
        .map(|tag| {
            (tag.key().unwrap_or_default().to_owned(), tag.value().unwrap_or_default().to_owned())
        })
        .collect()
}

pub(crate) fn vpc(vpc: &types::Vpc) -> Result<Vpc, Problem> {
    let mut cidrs = Vec::new();
    // The primary block first; the set repeats it.
    let primary = vpc.cidr_block().map(|text| cidr("cidrBlock", text)).transpose()?;
    cidrs.extend(primary);
    for association in vpc.cidr_block_association_set() {
        let state = association.cidr_block_state().and_then(|state| state.state());
        if let (Some(types::VpcCidrBlockStateCode::Associated), Some(text)) =
            (state, association.cidr_block())
        {
            let block = cidr("cidrBlockAssociationSet", text)?;
            if !cidrs.contains(&block) {
                cidrs.push(block);
            }
        }
    }
    for association in vpc.ipv6_cidr_block_association_set() {
        let state = association.ipv6_cidr_block_state().and_then(|state| state.state());
        if let (Some(types::VpcCidrBlockStateCode::Associated), Some(text)) =
            (state, association.ipv6_cidr_block())
        {
            cidrs.push(cidr("ipv6CidrBlockAssociationSet", text)?);
        }
    }
    Ok(Vpc {
        id: parsed("vpcId", vpc.vpc_id())?,
        owner: parsed("ownerId", vpc.owner_id())?,
        cidrs,
        tags: tags(vpc.tags()),
    })
}

pub(crate) fn route_table(table: &types::RouteTable) -> Result<RouteTable, Problem> {
    let associations = table.associations().iter().filter_map(|a| association(a).transpose());
    Ok(RouteTable {
        id: parsed("routeTableId", table.route_table_id())?,
        vpc: parsed("vpcId", table.vpc_id())?,
        associations: associations.collect::<Result<_, _>>()?,
        routes: table.routes().iter().map(route).collect::<Result<_, _>>()?,
        tags: tags(table.tags()),
    })
}

/// An association that is in force or about to be; one on its way out no longer steers packets.
fn association(association: &types::RouteTableAssociation) -> Result<Option<Association>, Problem> {
    use types::RouteTableAssociationStateCode::{Disassociated, Disassociating, Failed};
    let state = association.association_state().and_then(|state| state.state());
    if matches!(state, Some(Disassociated | Disassociating | Failed)) {
        return Ok(None);
    }
    let edge = association.gateway_id().or(association.public_ipv4_pool());
    let scope = match (association.subnet_id(), edge) {
        (Some(_), _) => AssociationScope::Subnet(parsed("subnetId", association.subnet_id())?),
        (None, Some(edge)) => AssociationScope::Gateway(edge.to_owned()),
        (None, None) if association.main() == Some(true) => AssociationScope::Main,
        // With something that did not exist when this was written: no subnet, and no reason to read nothing at all.
        (None, None) => AssociationScope::Gateway(String::new()),
    };
    let id = parsed("routeTableAssociationId", association.route_table_association_id())?;
    Ok(Some(Association { id, scope }))
}

fn route(route: &types::Route) -> Result<Route, Problem> {
    let destination = match (
        route.destination_cidr_block(),
        route.destination_ipv6_cidr_block(),
        route.destination_prefix_list_id(),
    ) {
        (Some(block), _, _) => Destination::Cidr(cidr("destinationCidrBlock", block)?),
        (None, Some(block), _) => Destination::Cidr(cidr("destinationIpv6CidrBlock", block)?),
        (None, None, list) => Destination::PrefixList(parsed("destinationPrefixListId", list)?),
    };
    Ok(Route {
        destination,
        target: target(route)?,
        origin: match route.origin() {
            Some(types::RouteOrigin::CreateRouteTable) => RouteOrigin::Table,
            Some(types::RouteOrigin::CreateRoute) => RouteOrigin::Static,
            // Whatever writes routes by itself; only static ones can be replaced or deleted.
            _ => RouteOrigin::Propagated,
        },
        state: match route.state() {
            Some(types::RouteState::Active) => RouteState::Active,
            _ => RouteState::Blackhole,
        },
    })
}

fn target(route: &types::Route) -> Result<RouteTarget, Problem> {
    if let Some(id) = route.vpc_peering_connection_id() {
        return Ok(RouteTarget::Connection(parsed("vpcPeeringConnectionId", Some(id))?));
    }
    if let Some(id) = route.nat_gateway_id() {
        return Ok(RouteTarget::NatGateway(parsed("natGatewayId", Some(id))?));
    }
    if let Some(id) = route.transit_gateway_id() {
        return Ok(RouteTarget::TransitGateway(id.to_owned()));
    }
    if let Some(id) = route.egress_only_internet_gateway_id() {
        return Ok(RouteTarget::EgressOnlyInternetGateway(id.to_owned()));
    }
    if let Some(id) = route.gateway_id() {
        return Ok(match id.split('-').next() {
            Some("local") => RouteTarget::Local,
            Some("igw") => RouteTarget::InternetGateway(id.to_owned()),
            Some("vgw") => RouteTarget::VpnGateway(id.to_owned()),
            Some("vpce") => RouteTarget::VpcEndpoint(id.to_owned()),
            _ => RouteTarget::Other(id.to_owned()),
        });
    }
    if let Some(id) = route.network_interface_id().or(route.instance_id()) {
        return Ok(RouteTarget::NetworkInterface(id.to_owned()));
    }
    let other = [
        route.carrier_gateway_id(),
        route.local_gateway_id(),
        route.core_network_arn(),
        route.odb_network_arn(),
    ];
    // A target that this SDK does not know is still a target.
    let id = other.into_iter().flatten().next().unwrap_or("a target of an unknown kind");
    Ok(RouteTarget::Other(id.to_owned()))
}

/// A connection; `None` for a dead one of which AWS no longer says what it joined.
pub(crate) fn connection(
    connection: &types::VpcPeeringConnection,
) -> Result<Option<Connection>, Problem> {
    let code = connection.status().and_then(|status| status.code());
    let code = code.ok_or_else(|| Problem("no status code".to_owned()))?;
    let state = ConnectionState::from_name(code.as_str())
        .ok_or_else(|| Problem(format!("unknown status code {:?}", code.as_str())))?;
    let ends = match (end(connection.requester_vpc_info()), end(connection.accepter_vpc_info())) {
        (Ok(requester), Ok(accepter)) => (requester, accepter),
        _ if !state.is_live() && state != ConnectionState::Deleting => return Ok(None),
        (Err(problem), _) | (_, Err(problem)) => return Err(problem),
    };
    Ok(Some(Connection {
        id: parsed("vpcPeeringConnectionId", connection.vpc_peering_connection_id())?,
        requester: ends.0,
        accepter: ends.1,
        state,
        message: connection
            .status()
            .and_then(|status| status.message())
            .unwrap_or_default()
            .to_owned(),
        expires_at: connection
            .expiration_time()
            .and_then(|time| Timestamp::new(time.secs(), 0).ok()),
        tags: tags(connection.tags()),
    }))
}

fn end(info: Option<&types::VpcPeeringConnectionVpcInfo>) -> Result<ConnectionEnd, Problem> {
    let info = info.ok_or_else(|| Problem("an end without a VPC".to_owned()))?;
    let mut cidrs = Vec::new();
    let listed = info.cidr_block_set().iter().filter_map(types::CidrBlock::cidr_block);
    let ipv6 = info.ipv6_cidr_block_set().iter().filter_map(types::Ipv6CidrBlock::ipv6_cidr_block);
    for text in info.cidr_block().into_iter().chain(listed).chain(ipv6) {
        let block = cidr("cidrBlockSet", text)?;
        if !cidrs.contains(&block) {
            cidrs.push(block);
        }
    }
    Ok(ConnectionEnd {
        account: parsed("ownerId", info.owner_id())?,
        region: parsed("region", info.region())?,
        vpc: parsed("vpcId", info.vpc_id())?,
        cidrs,
        dns_resolution: info.peering_options().and_then(
            types::VpcPeeringConnectionOptionsDescription::allow_dns_resolution_from_remote_vpc,
        ),
    })
}

pub(crate) fn security_group(
    group: &types::SecurityGroup,
) -> Result<Option<SecurityGroup>, Problem> {
    // Groups of EC2-Classic have no VPC; nothing can be peered with them.
    let Some(vpc) = group.vpc_id() else { return Ok(None) };
    Ok(Some(SecurityGroup {
        id: parsed("groupId", group.group_id())?,
        vpc: parsed("vpcId", Some(vpc))?,
        owner: parsed("ownerId", group.owner_id())?,
        name: group.group_name().unwrap_or_default().to_owned(),
        description: group.description().unwrap_or_default().to_owned(),
        tags: tags(group.tags()),
    }))
}

pub(crate) fn security_group_rule(
    rule: &types::SecurityGroupRule,
) -> Result<SecurityGroupRule, Problem> {
    let wire = rule.ip_protocol().unwrap_or_default();
    let protocol =
        Protocol::from_wire(wire).ok_or_else(|| Problem(format!("ipProtocol {wire:?}")))?;
    Ok(SecurityGroupRule {
        id: parsed("securityGroupRuleId", rule.security_group_rule_id())?,
        group: parsed("groupId", rule.group_id())?,
        direction: if rule.is_egress() == Some(true) {
            Direction::Egress
        } else {
            Direction::Ingress
        },
        protocol,
        ports: ports(rule.from_port(), rule.to_port()),
        source: source(rule)?,
        tags: tags(rule.tags()),
    })
}

/// -1 is "all", for ports as for ICMP types; a code of -1 beside a type is kept apart from every real code.
fn ports(from: Option<i32>, to: Option<i32>) -> Option<PortRange> {
    match (from?, to?) {
        (-1, -1) => None,
        (from, to) => {
            let port = |number: i32| u16::try_from(number).unwrap_or(u16::MAX);
            Some(PortRange { from: port(from), to: port(to) })
        }
    }
}

fn source(rule: &types::SecurityGroupRule) -> Result<RuleSource, Problem> {
    if let Some(block) = rule.cidr_ipv4().or(rule.cidr_ipv6()) {
        return Ok(RuleSource::Cidr(cidr("cidr", block)?));
    }
    if let Some(group) = rule.referenced_group_info() {
        return Ok(RuleSource::SecurityGroup {
            id: parsed("referencedGroupInfo.groupId", group.group_id())?,
            account: parsed(
                "referencedGroupInfo.userId",
                group.user_id().or(rule.group_owner_id()),
            )?,
        });
    }
    Ok(RuleSource::PrefixList(parsed("prefixListId", rule.prefix_list_id())?))
}

/// A NAT gateway; `None` for one that is gone.
pub(crate) fn nat_gateway(gateway: &types::NatGateway) -> Result<Option<NatGateway>, Problem> {
    use types::NatGatewayState::{Deleted, Deleting, Failed};
    if matches!(gateway.state(), Some(Deleted | Deleting | Failed)) {
        return Ok(None);
    }
    Ok(Some(NatGateway {
        id: parsed("natGatewayId", gateway.nat_gateway_id())?,
        vpc: parsed("vpcId", gateway.vpc_id())?,
        connectivity: match gateway.connectivity_type() {
            Some(types::ConnectivityType::Public) => NatConnectivity::Public,
            // Unknown kinds are not assumed to lead to the internet, where no reply can be misled.
            _ => NatConnectivity::Private,
        },
    }))
}

#[cfg(test)]
mod tests;
