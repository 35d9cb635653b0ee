//! VPCs, subnets, gateways, route tables, prefix lists.

use std::collections::BTreeMap;
use std::sync::Arc;

use peerway_model::{
    AssociationId, AssociationScope, CidrBlock, Destination, Family, RouteOrigin, RouteTableId,
    RouteTarget, SubnetId, VpcDns, VpcId,
};

use super::{Loading, Place, at, maker, problem, refused, refused_for};
use crate::ec2::egress_only_gateways::EgressOnlyGateway;
use crate::ec2::gateways::InternetGateway;
use crate::ec2::prefix_lists::{Entries, Phase, PrefixList};
use crate::ec2::route_tables::{self, RouteTable, Row, original_association};
use crate::ec2::subnets::{self, Subnet, SubnetDns};
use crate::ec2::vpcs::{self, CidrAssociation, CidrState, Vpc};
use crate::estate::{Block, EstateError, PrefixListEntry, Regional, Route, format};
use crate::id::{EgressOnlyGatewayId, InternetGatewayId, derived};
use crate::state::{Spot, State};

/// The id given, or the one that follows from what the thing is about.
pub(super) fn vpc_id(spot: &Spot, position: usize, vpc: &format::Vpc) -> VpcId {
    vpc.id.clone().unwrap_or_else(|| {
        derived(&[spot.account.as_str(), spot.region.as_str(), &position.to_string()])
    })
}

/// The id given, or the one that follows from VPC and block; none without either.
pub(super) fn subnet_id(vpc: &VpcId, subnet: &format::Subnet) -> Option<SubnetId> {
    let block = subnet.cidr.or(subnet.ipv6_cidr);
    let derived = || block.map(|block| derived(&[vpc.as_str(), &block.to_string()]));
    // A block is needed all the same.
    block.and(subnet.id.clone()).or_else(derived)
}

/// The id given, or the one that follows from VPC and position.
pub(super) fn table_id(vpc: &VpcId, position: usize, table: &format::RouteTable) -> RouteTableId {
    let derived = || derived(&[vpc.as_str(), "table", &position.to_string()]);
    table.id.clone().unwrap_or_else(derived)
}

impl Loading<'_> {
    /// VPCs with their blocks and gateways; prefix lists.
    pub(super) fn vpcs(&mut self, spot: &Spot, regional: &Regional) -> Result<(), EstateError> {
        for list in &regional.prefix_lists {
            self.prefix_list(spot, list)?;
        }
        for gateway in &regional.gateways {
            let place = at(spot, &gateway.id);
            match route_tables::parse_target(&gateway.id) {
                Some(RouteTarget::InternetGateway(_)) => {
                    let id: InternetGatewayId =
                        gateway.id.parse().map_err(|error| problem(place, error))?;
                    let tags = Arc::new(gateway.tags.clone());
                    let maker = maker(gateway.made_by.as_ref());
                    let loaded = InternetGateway { vpc: None, tags, maker };
                    self.state.at_mut(spot).internet_gateways.insert(id, loaded);
                }
                Some(RouteTarget::EgressOnlyInternetGateway(_)) => {}
                Some(_) if gateway.tags.is_empty() => {
                    let others = &mut self.state.at_mut(spot).other_gateways;
                    others.entry(gateway.id.clone()).or_default();
                }
                Some(_) => {
                    return Err(problem(
                        place,
                        "only internet and egress-only gateways may have tags here",
                    ));
                }
                None => return Err(problem(place, "this is no id of a gateway")),
            }
        }
        for (position, vpc) in regional.vpcs.iter().enumerate() {
            let id = vpc_id(spot, position, vpc);
            let place = at(spot, &id);
            if let Some(other) = self.owners.insert(id.clone(), spot.clone()) {
                return Err(problem(place, format!("the VPC also stands in {other}")));
            }
            let loaded = read_vpc(place, &id, vpc)?;
            let mut others = self.state.at_mut(spot).vpcs.values();
            if loaded.is_default && others.any(|other| other.is_default) {
                return Err(problem(place, "a Region has one default VPC"));
            }
            self.state.at_mut(spot).vpcs.insert(id.clone(), loaded);
            for gateway in &vpc.gateways {
                self.attach(spot, &id, gateway, regional)?;
            }
        }
        Ok(())
    }

    fn prefix_list(&mut self, spot: &Spot, list: &format::PrefixList) -> Result<(), EstateError> {
        let place = at(spot, &list.name);
        let family = if list.ipv6 { Family::V6 } else { Family::V4 };
        let read = |entries| read_entries(family, entries).map_err(|what| problem(place, what));
        let entries = read(&list.entries)?;
        let version = list.version.unwrap_or(1);
        let earlier = list.earlier.iter().map(|(of, entries)| {
            if !(1..version).contains(of) {
                return Err(problem(place, format!("{of} is no version before {version}")));
            }
            Ok((*of, read(entries)?))
        });
        let earlier = earlier.collect::<Result<_, _>>()?;
        let max_entries = list.max_entries.unwrap_or(entries.len().max(1));
        if entries.len() > max_entries {
            return Err(problem(place, format!("it has more entries than {max_entries}")));
        }
        let id = list
            .id
            .clone()
            .unwrap_or_else(|| derived(&[spot.account.as_str(), spot.region.as_str(), &list.name]));
        let loaded = PrefixList {
            name: list.name.clone(),
            is_owned_by_aws: list.owned_by_aws,
            family,
            max_entries,
            version,
            entries,
            earlier,
            phase: if version == 1 { Phase::Created } else { Phase::Modified },
            tags: Arc::new(list.tags.clone()),
            maker: maker(list.made_by.as_ref()),
        };
        match self.state.at_mut(spot).prefix_lists.insert(id.clone(), loaded) {
            None => Ok(()),
            Some(_) => Err(problem(place, format!("{id} is there twice"))),
        }
    }

    fn attach(
        &mut self,
        spot: &Spot,
        vpc: &VpcId,
        gateway: &str,
        of: &Regional,
    ) -> Result<(), EstateError> {
        let place = at(spot, vpc);
        let region = self.state.at_mut(spot);
        match route_tables::parse_target(gateway) {
            Some(RouteTarget::InternetGateway(_)) => {
                let id: InternetGatewayId =
                    gateway.parse().map_err(|error| problem(place, error))?;
                let mut others = region.internet_gateways.values();
                if others.any(|other| other.vpc.as_ref() == Some(vpc)) {
                    return Err(problem(place, "a VPC has at most one internet gateway"));
                }
                let loaded = region.internet_gateways.entry(id).or_insert_with(|| {
                    InternetGateway { vpc: None, tags: Arc::default(), maker: maker(None) }
                });
                if let Some(other) = loaded.vpc.replace(vpc.clone()) {
                    return Err(problem(
                        place,
                        format!("{gateway} is attached to {other} already"),
                    ));
                }
            }
            Some(RouteTarget::EgressOnlyInternetGateway(_)) => {
                let id: EgressOnlyGatewayId =
                    gateway.parse().map_err(|error| problem(place, error))?;
                let mut others = region.egress_only_gateways.values();
                if others.any(|other| other.vpc == *vpc) {
                    return Err(problem(place, "a VPC has at most one egress-only gateway"));
                }
                let said = of.gateways.iter().find(|said| said.id == gateway);
                let loaded = EgressOnlyGateway {
                    vpc: vpc.clone(),
                    tags: said.map(|said| Arc::new(said.tags.clone())).unwrap_or_default(),
                    maker: maker(said.and_then(|said| said.made_by.as_ref())),
                };
                if let Some(other) = region.egress_only_gateways.insert(id, loaded) {
                    return Err(problem(
                        place,
                        format!("{gateway} belongs to {} already", other.vpc),
                    ));
                }
            }
            Some(
                RouteTarget::VpnGateway(_)
                | RouteTarget::TransitGateway(_)
                | RouteTarget::VpcEndpoint(_)
                | RouteTarget::NetworkInterface(_)
                | RouteTarget::Other(_),
            ) => {
                region.other_gateways.entry(gateway.to_owned()).or_default().insert(vpc.clone());
            }
            _ => return Err(problem(place, format!("{gateway:?} is no id of a gateway"))),
        }
        Ok(())
    }

    /// Network ACLs and subnets.
    pub(super) fn subnets(&mut self, spot: &Spot, regional: &Regional) -> Result<(), EstateError> {
        for (position, vpc) in regional.vpcs.iter().enumerate() {
            let id = vpc_id(spot, position, vpc);
            self.acls(spot, &id, vpc)?;
            self.subnets_of(spot, &id, vpc)?;
        }
        Ok(())
    }

    /// Route tables and their use.
    pub(super) fn tables(&mut self, spot: &Spot, regional: &Regional) -> Result<(), EstateError> {
        for (position, vpc) in regional.vpcs.iter().enumerate() {
            let id = vpc_id(spot, position, vpc);
            self.route_tables(spot, &id, vpc)?;
            for subnet in &vpc.subnets {
                if let Some(subnet_id) = subnet_id(&id, subnet) {
                    self.use_table(spot, &id, &subnet_id, subnet)?;
                }
            }
        }
        Ok(())
    }

    fn subnets_of(
        &mut self,
        spot: &Spot,
        vpc: &VpcId,
        of: &format::Vpc,
    ) -> Result<(), EstateError> {
        for subnet in &of.subnets {
            let id = subnet_id(vpc, subnet);
            let id = id.ok_or_else(|| problem(at(spot, vpc), "a subnet has no block"))?;
            let place = at(spot, &id);
            let zone = self.zone(spot, &subnet.zone).map_err(|error| problem(place, error))?;
            let loaded = Subnet {
                vpc: vpc.clone(),
                zone,
                cidr: subnet.cidr,
                ipv6_cidr: subnet.ipv6_cidr,
                is_default: subnet.default,
                maps_public_ip: subnet.map_public_ip,
                assigns_ipv6: subnet.assign_ipv6,
                dns: SubnetDns {
                    dns64: subnet.dns.dns64,
                    by_resource: subnet.dns.resource_names,
                    a_records: subnet.dns.a_records,
                    aaaa_records: subnet.dns.aaaa_records,
                },
                tags: Arc::new(subnet.tags.clone()),
                maker: maker(subnet.made_by.as_ref()),
            };
            let region = self.state.at_mut(spot);
            let is_twin = |other: &Subnet| other.is_default && other.zone == loaded.zone;
            if loaded.is_default && (!of.default || region.subnets.values().any(is_twin)) {
                return Err(problem(
                    place,
                    "only the default VPC has default subnets, one in each zone",
                ));
            }
            subnets::check_blocks(region, &loaded).map_err(refused(place))?;
            if region.subnets.insert(id.clone(), loaded).is_some() {
                return Err(problem(place, "the subnet is there twice"));
            }
            self.use_acl(spot, vpc, &id, subnet)?;
            self.reservations(spot, &id, subnet)?;
        }
        Ok(())
    }

    fn route_tables(
        &mut self,
        spot: &Spot,
        vpc_id: &VpcId,
        of: &format::Vpc,
    ) -> Result<(), EstateError> {
        let Some(vpc) = self.state.vpc(spot, vpc_id).cloned() else { return Ok(()) };
        let mut has_main = false;
        for (position, table) in of.route_tables.iter().enumerate() {
            let id = table_id(vpc_id, position, table);
            let place = at(spot, &id);
            let mut loaded = RouteTable::new(vpc_id.clone(), &vpc, maker(table.made_by.as_ref()));
            loaded.tags = Arc::new(table.tags.clone());
            for route in &table.routes {
                let (destination, row) = read_route(&self.state, spot, (vpc_id, &vpc), route)
                    .map_err(|e| problem(place, e))?;
                let before = loaded.rows.insert(destination, row);
                // Only a local row may be there already: a row for a block of the VPC takes its place.
                if before.is_some_and(|before| before.target != RouteTarget::Local) {
                    return Err(problem(place, format!("{} is there twice", route.destination)));
                }
            }
            if table.main {
                if std::mem::replace(&mut has_main, true) {
                    return Err(problem(place, format!("{vpc_id} has another main table")));
                }
                let original = || original_association(&id, vpc_id.as_str());
                let association = table.association.clone().unwrap_or_else(original);
                self.claim(&association).map_err(|error| problem(place, error))?;
                loaded.associations.insert(association, AssociationScope::Main);
            } else if table.association.is_some() {
                return Err(problem(place, "`association` is for the main table"));
            }
            for edge in &table.edges {
                if !of.gateways.contains(&edge.gateway) {
                    return Err(problem(place, format!("{} is not attached", edge.gateway)));
                }
                let original = || original_association(&id, &edge.gateway);
                let association = edge.association.clone().unwrap_or_else(original);
                self.claim(&association).map_err(|error| problem(place, error))?;
                let scope = AssociationScope::Gateway(edge.gateway.clone());
                loaded.associations.insert(association, scope);
            }
            if self.state.at_mut(spot).route_tables.insert(id.clone(), loaded).is_some() {
                return Err(problem(place, "the route table is there twice"));
            }
        }
        if !has_main {
            route_tables::install_main(self.state.at_mut(spot), vpc_id, &vpc);
        }
        Ok(())
    }

    /// Notes that an association has this id; no second one may.
    fn claim(&mut self, association: &AssociationId) -> Result<(), String> {
        if self.associations.insert(association.clone()) {
            Ok(())
        } else {
            Err(format!("the association {association} is there twice"))
        }
    }

    fn use_table(
        &mut self,
        spot: &Spot,
        vpc: &VpcId,
        id: &SubnetId,
        subnet: &format::Subnet,
    ) -> Result<(), EstateError> {
        let place = at(spot, id);
        let Some(table_id) = &subnet.route_table else {
            return match &subnet.association {
                None => Ok(()),
                Some(association) => {
                    Err(problem(place, format!("{association} is without a route table")))
                }
            };
        };
        let original = || original_association(table_id, id.as_str());
        let association = subnet.association.clone().unwrap_or_else(original);
        self.claim(&association).map_err(|error| problem(place, error))?;
        let tables: &mut BTreeMap<RouteTableId, RouteTable> =
            &mut self.state.at_mut(spot).route_tables;
        let table = tables.get_mut(table_id).filter(|table| table.vpc == *vpc);
        let table =
            table.ok_or_else(|| problem(place, format!("{table_id} is no table of {vpc}")))?;
        table.associations.insert(association, AssociationScope::Subnet(id.clone()));
        Ok(())
    }
}

fn read_vpc(place: Place<'_>, id: &VpcId, vpc: &format::Vpc) -> Result<Vpc, EstateError> {
    let primary = vpc.cidr;
    vpcs::check_vpc_block(primary).map_err(refused_for(place, "cidr"))?;
    let mut cidrs = vec![CidrAssociation::original(id, primary)];
    let mut ipv6_cidrs = Vec::new();
    let families = [(&vpc.secondary_cidrs, &mut cidrs), (&vpc.ipv6_cidrs, &mut ipv6_cidrs)];
    let fields = [("secondaryCidrs", Family::V4), ("ipv6Cidrs", Family::V6)];
    for ((given, loaded), (field, family)) in families.into_iter().zip(fields) {
        for (at, block) in given.iter().enumerate() {
            let association = match block {
                Block::Plain(cidr) => CidrAssociation::original(id, *cidr),
                Block::Named(named) => CidrAssociation {
                    id: named.association.clone(),
                    block: named.cidr,
                    state: CidrState::Associated,
                },
            };
            let meets = |other: &CidrAssociation| other.block.meets(&association.block);
            if association.block.family() != family || loaded.iter().any(meets) {
                let block = association.block;
                return Err(problem(place, format!("{block} is of the wrong family or overlaps"))
                    .of(&format!("{field}[{at}]")));
            }
            if family == Family::V4 {
                let present: Vec<CidrBlock> = loaded.iter().map(|it| it.block).collect();
                vpcs::check_vpc_block(association.block)
                    .and_then(|()| vpcs::check_beside(&present, association.block))
                    .map_err(refused_for(place, &format!("{field}[{at}]")))?;
            } else if !(44..=60).contains(&association.block.prefix_len()) {
                let what = format!("{} is no block between /44 and /60", association.block);
                return Err(problem(place, what).of(&format!("{field}[{at}]")));
            }
            loaded.push(association);
        }
    }
    Ok(Vpc {
        cidrs,
        ipv6_cidrs,
        dns: VpcDns { support: vpc.dns_support, hostnames: vpc.dns_hostnames },
        counts_addresses: vpc.network_address_usage_metrics,
        is_default: vpc.default,
        tags: Arc::new(vpc.tags.clone()),
        maker: maker(vpc.made_by.as_ref()),
    })
}

fn read_route(
    state: &State,
    spot: &Spot,
    (vpc_id, vpc): (&VpcId, &Vpc),
    route: &Route,
) -> Result<(Destination, Row), String> {
    let destination = if route.destination.starts_with("pl-") {
        let id = route.destination.parse().map_err(|error| format!("{error}"))?;
        if !state.at(spot).prefix_lists.contains_key(&id) {
            return Err(format!("{id} is no prefix list of this Region"));
        }
        Destination::PrefixList(id)
    } else {
        Destination::Cidr(route.destination.parse::<CidrBlock>().map_err(|e| e.to_string())?)
    };
    let target = route_tables::parse_target(&route.target)
        .ok_or_else(|| format!("{:?} is no id of a route's target", route.target))?;
    if target == RouteTarget::Local {
        return Err("local routes come by themselves".to_owned());
    }
    match (route_tables::target_exists(state, spot, &target), route.gone) {
        (true, false) | (false, true) => {}
        (false, false) => {
            return Err(format!(
                "the target {target} is not there; say `gone: true` if it is meant so"
            ));
        }
        (true, true) => return Err(format!("the target {target} is there, not gone")),
    }
    if !route.gone && !route_tables::may_ever_lead(state, spot, vpc_id, &target) {
        return Err(format!("the target {target} is of other VPCs than {vpc_id}"));
    }
    if let Destination::Cidr(block) = destination
        && vpc.blocks().any(|own| own.contains(&block))
        && !route_tables::may_stand_inside(&target)
    {
        return Err(format!("{block} lies in the VPC: {target} cannot be its target"));
    }
    let origin = if route.propagated { RouteOrigin::Propagated } else { RouteOrigin::Static };
    let maker = maker(route.made_by.as_ref());
    Ok((destination, Row { target, origin, maker }))
}

/// The entries of a prefix list.
fn read_entries(family: Family, listed: &[PrefixListEntry]) -> Result<Entries, String> {
    let mut entries = Entries::new();
    for entry in listed {
        let (cidr, description) = match entry {
            PrefixListEntry::Plain(cidr) => (*cidr, None),
            PrefixListEntry::Described(entry) => (entry.cidr, Some(entry.description.clone())),
        };
        if cidr.family() != family || entries.insert(cidr, description).is_some() {
            return Err(format!("{cidr} is of the wrong family or there twice"));
        }
    }
    Ok(entries)
}
