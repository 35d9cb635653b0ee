//! From a world to a file: what matters is named, what follows is left out, so that equal worlds give equal texts.

mod acls;
mod balancers;
mod groups;
mod hosts;
mod scaling;

use std::collections::BTreeMap;

use peerway_model::{
    AssociationId, AssociationScope, ConnectionId, ConnectionState, Destination, Family,
    RouteOrigin, RouteTableId, RouteTarget, SubnetId, VpcId,
};

use super::{
    Account, Block, DescribedBlock, Edge, ElsewhereEnd, End, Estate, Gateway, NamedBlock, Peering,
    PrefixList, PrefixListEntry, Regional, Role, Route, RouteTable, Sides, Subnet, SubnetDns, User,
    Vpc,
};
use crate::ec2::peerings::{self, Connection};
use crate::ec2::prefix_lists::{Entries, Phase};
use crate::ec2::route_tables::{self, original_association};
use crate::ec2::vpcs::{self, CidrAssociation, CidrState};
use crate::ec2::{availability_zones, subnets};
use crate::id::derived;
use crate::state::{ESTATE, Maker, RegionState, Spot, State};

/// What a saved estate holds beside what can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Include {
    /// Who made each thing.
    pub makers: bool,
    /// Connections that have ended but are still listed, and those being taken down.
    pub ended_connections: bool,
    /// What everybody gets and nobody has touched: main tables, default groups and ACLs, plain interfaces, attached
    /// gateways. Two estates are compared with it: what was touched since is not new.
    pub untouched: bool,
}

/// The estate that a state is.
pub(crate) fn save(state: &State, include: Include) -> Estate {
    let mut accounts: BTreeMap<_, _> = state
        .accounts
        .iter()
        .map(|(number, account)| {
            let users = account.users.iter().map(|(name, user)| {
                let saved = User {
                    access_keys: user.access_keys.clone(),
                    session_tokens: user.session_tokens.clone(),
                };
                (name.clone(), saved)
            });
            let roles = account.roles.iter().map(|(name, role)| {
                let saved = Role {
                    trusts: role.trusts.clone(),
                    external_id: role.external_id.clone(),
                    tag_session: role.admits_tags,
                    policy: role.policy.as_deref().cloned(),
                };
                (name.clone(), saved)
            });
            let saved = Account {
                name: account.name.clone(),
                users: users.collect(),
                roles: roles.collect(),
                regions: BTreeMap::new(),
            };
            (number.clone(), saved)
        })
        .collect();
    for (spot, region) in &state.regions {
        let saved = Saving { state, spot, region, include }.regional();
        if let Some(account) =
            accounts.get_mut(&spot.account).filter(|_| saved != Regional::default())
        {
            account.regions.insert(spot.region.clone(), saved);
        }
    }
    let peerings = state
        .connections
        .iter()
        .filter(|(_, connection)| include.ended_connections || connection.state.is_live());
    Estate {
        accounts,
        peerings: peerings
            .map(|(id, connection)| peering(state, include, id, connection))
            .collect(),
        quotas: None,
        weather: None,
    }
}

fn made_by(include: Include, maker: &Maker) -> Option<String> {
    (include.makers && **maker != *ESTATE).then(|| maker.to_string())
}

fn peering(state: &State, include: Include, id: &ConnectionId, connection: &Connection) -> Peering {
    let end = |end: &peerings::End| match state.vpc(&end.spot, &end.vpc) {
        Some(_) => End::Here(end.vpc.clone()),
        None => End::Elsewhere(ElsewhereEnd {
            account: end.spot.account.clone(),
            region: end.spot.region.clone(),
            vpc: end.vpc.clone(),
        }),
    };
    let tags = |spot: &Spot| {
        let view = state.at(spot).views.get(id);
        view.map(|view| (*view.tags).clone()).unwrap_or_default()
    };
    let (requester, accepter) = (&connection.requester, &connection.accepter);
    let accepter_tags =
        if requester.spot == accepter.spot { BTreeMap::new() } else { tags(&accepter.spot) };
    let life = connection.state;
    let is_live = life.is_live();
    Peering {
        id: Some(id.clone()),
        requester: end(requester),
        accepter: end(accepter),
        status: (life != ConnectionState::Active).then(|| life.as_str().to_owned()),
        dns_resolution: Sides { requester: requester.allows_dns, accepter: accepter.allows_dns },
        tags: Sides { requester: tags(&requester.spot), accepter: accepter_tags },
        expires: connection.expires.filter(|_| is_live),
        ended_by: connection.ended_by.clone().filter(|_| !is_live),
        made_by: made_by(include, &connection.maker),
    }
}

/// One account's Region on its way into a file.
struct Saving<'a> {
    state: &'a State,
    spot: &'a Spot,
    region: &'a RegionState,
    include: Include,
}

impl Saving<'_> {
    fn regional(&self) -> Regional {
        let region = self.region;
        let usual_zones = availability_zones::usual(&self.spot.region);
        let zones =
            if region.zones == usual_zones { BTreeMap::new() } else { region.zones.clone() };
        let internet = region.internet_gateways.iter().filter(|(_, gateway)| {
            self.include.untouched
                || gateway.vpc.is_none()
                || !gateway.tags.is_empty()
                || made_by(self.include, &gateway.maker).is_some()
        });
        let internet = internet.map(|(id, gateway)| Gateway {
            id: id.to_string(),
            tags: (*gateway.tags).clone(),
            made_by: made_by(self.include, &gateway.maker),
        });
        let egress_only = region.egress_only_gateways.iter().filter(|(_, gateway)| {
            self.include.untouched
                || !gateway.tags.is_empty()
                || made_by(self.include, &gateway.maker).is_some()
        });
        let egress_only = egress_only.map(|(id, gateway)| Gateway {
            id: id.to_string(),
            tags: (*gateway.tags).clone(),
            made_by: made_by(self.include, &gateway.maker),
        });
        let others = region.other_gateways.iter();
        let others = others.filter(|(_, vpcs)| self.include.untouched || vpcs.is_empty());
        let others =
            others.map(|(id, _)| Gateway { id: id.clone(), tags: BTreeMap::new(), made_by: None });
        Regional {
            zones,
            vpcs: region.vpcs.iter().map(|(id, vpc)| self.vpc(id, vpc)).collect(),
            gateways: internet.chain(egress_only).chain(others).collect(),
            key_pairs: self.key_pairs(),
            launch_templates: self.launch_templates(),
            addresses: self.addresses(),
            certificates: self.certificates(),
            log_buckets: region.log_buckets.clone(),
            load_balancers: self.balancers(),
            auto_scaling_groups: self.scaling_groups(),
            prefix_lists: self.prefix_lists(),
        }
    }

    fn made_by(&self, maker: &Maker) -> Option<String> {
        made_by(self.include, maker)
    }

    fn vpc(&self, id: &VpcId, vpc: &vpcs::Vpc) -> Vpc {
        let blocks = |associations: &[CidrAssociation]| {
            let kept = associations.iter().filter(|a| a.state != CidrState::Disassociating);
            kept.map(|association| block(id, association)).collect::<Vec<_>>()
        };
        let region = self.region;
        let internet = region.internet_gateways.iter();
        let internet = internet.filter(|(_, gateway)| gateway.vpc.as_ref() == Some(id));
        let egress_only = region.egress_only_gateways.iter();
        let egress_only = egress_only.filter(|(_, gateway)| gateway.vpc == *id);
        let others = region.other_gateways.iter().filter(|(_, vpcs)| vpcs.contains(id));
        let gateways = internet.map(|(id, _)| id.to_string());
        let gateways = gateways.chain(egress_only.map(|(id, _)| id.to_string()));
        let gateways = gateways.chain(others.map(|(id, _)| id.clone()));
        let tables = region.route_tables.iter().filter(|(_, table)| table.vpc == *id);
        let subnets = region.subnets.iter().filter(|(_, subnet)| subnet.vpc == *id);
        let groups = region.security_groups.iter().filter(|(_, group)| group.vpc == *id);
        Vpc {
            id: Some(id.clone()),
            cidr: vpc.cidrs[0].block,
            secondary_cidrs: blocks(&vpc.cidrs[1..]),
            ipv6_cidrs: blocks(&vpc.ipv6_cidrs),
            default: vpc.is_default,
            dns_support: vpc.dns.support,
            dns_hostnames: vpc.dns.hostnames,
            network_address_usage_metrics: vpc.counts_addresses,
            tags: (*vpc.tags).clone(),
            made_by: self.made_by(&vpc.maker),
            gateways: gateways.collect(),
            network_acls: self.network_acls(id, vpc),
            route_tables: tables
                .filter_map(|(id, table)| self.route_table(vpc, id, table))
                .collect(),
            subnets: subnets.map(|(id, subnet)| self.subnet(id, subnet)).collect(),
            nat_gateways: self.nat_gateways(id),
            security_groups: groups.filter_map(|(id, group)| self.group(vpc, id, group)).collect(),
            instances: self.instances(id),
            interfaces: self.interfaces(id),
        }
    }

    /// A table; nothing for the main one that every VPC gets, as long as nobody has touched it and nobody asks for it.
    fn route_table(
        &self,
        vpc: &vpcs::Vpc,
        id: &RouteTableId,
        table: &route_tables::RouteTable,
    ) -> Option<RouteTable> {
        let main = table.associations.iter().find(|(_, scope)| **scope == AssociationScope::Main);
        let unless_original = |association: &AssociationId, user: &str| {
            (*association != original_association(id, user)).then(|| association.clone())
        };
        let edges = table.associations.iter().filter_map(|(association, scope)| match scope {
            AssociationScope::Gateway(gateway) => Some(Edge {
                gateway: gateway.clone(),
                association: unless_original(association, gateway),
            }),
            AssociationScope::Main | AssociationScope::Subnet(_) => None,
        });
        let saved = RouteTable {
            id: Some(id.clone()),
            main: main.is_some(),
            association: main
                .and_then(|(association, _)| unless_original(association, table.vpc.as_str())),
            tags: (*table.tags).clone(),
            made_by: self.made_by(&table.maker),
            routes: self.routes(table),
            edges: edges.collect(),
        };
        let untouched = RouteTable {
            id: Some(derived(&[table.vpc.as_str(), "main"])),
            main: true,
            made_by: self.made_by(&vpc.maker),
            ..RouteTable::default()
        };
        let is_used = || {
            let mut users = table.associations.values();
            users.any(|scope| matches!(scope, AssociationScope::Subnet(_)))
        };
        (self.include.untouched || saved != untouched || is_used()).then_some(saved)
    }

    fn routes(&self, table: &route_tables::RouteTable) -> Vec<Route> {
        let rows = table.rows.iter().filter(|(_, row)| row.target != RouteTarget::Local);
        rows.map(|(destination, row)| Route {
            destination: match destination {
                Destination::Cidr(block) => block.to_string(),
                Destination::PrefixList(list) => list.to_string(),
            },
            target: row.target.to_string(),
            propagated: row.origin == RouteOrigin::Propagated,
            gone: !self.is_saved(&row.target),
            made_by: self.made_by(&row.maker),
        })
        .collect()
    }

    /// Whether what a route points at will be there when this estate is loaded.
    fn is_saved(&self, target: &RouteTarget) -> bool {
        match target {
            RouteTarget::Connection(id) => {
                self.state.connections.get(id).is_some_and(|connection| {
                    self.include.ended_connections || connection.state.is_live()
                })
            }
            RouteTarget::NatGateway(id) => {
                self.region.nat_gateways.get(id).is_some_and(|nat| nat.state.is_live())
            }
            RouteTarget::NetworkInterface(id) => {
                let known = id.parse().ok();
                let known = known.and_then(|id| self.region.network_interfaces.get(&id));
                known.map_or_else(
                    || route_tables::target_exists(self.state, self.spot, target),
                    |interface| self.keeps(interface),
                )
            }
            other => route_tables::target_exists(self.state, self.spot, other),
        }
    }

    fn subnet(&self, id: &SubnetId, subnet: &subnets::Subnet) -> Subnet {
        let used = self.region.route_tables.iter().find_map(|(table, content)| {
            let mut users = content.associations.iter();
            let ours = AssociationScope::Subnet(id.clone());
            users.find(|(_, user)| **user == ours).map(|(association, _)| (table, association))
        });
        let association = used.and_then(|(table, association)| {
            (*association != original_association(table, id.as_str())).then(|| association.clone())
        });
        let (network_acl, network_acl_association) = acls::use_of(self.region, &subnet.vpc, id);
        Subnet {
            id: Some(id.clone()),
            zone: subnet.zone.to_string(),
            cidr: subnet.cidr,
            ipv6_cidr: subnet.ipv6_cidr,
            route_table: used.map(|(table, _)| table.clone()),
            association,
            network_acl,
            network_acl_association,
            reservations: self.reservations(id),
            assign_ipv6: subnet.assigns_ipv6,
            dns: SubnetDns {
                dns64: subnet.dns.dns64,
                resource_names: subnet.dns.by_resource,
                a_records: subnet.dns.a_records,
                aaaa_records: subnet.dns.aaaa_records,
            },
            default: subnet.is_default,
            map_public_ip: subnet.maps_public_ip,
            tags: (*subnet.tags).clone(),
            made_by: self.made_by(&subnet.maker),
        }
    }

    fn prefix_lists(&self) -> Vec<PrefixList> {
        let lists = self.region.prefix_lists.iter();
        lists
            .filter(|(_, list)| list.phase != Phase::Deleting)
            .map(|(id, list)| PrefixList {
                id: Some(id.clone()),
                name: list.name.clone(),
                owned_by_aws: list.is_owned_by_aws,
                ipv6: list.family == Family::V6,
                max_entries: (self.include.untouched
                    || list.max_entries != list.entries.len().max(1))
                .then_some(list.max_entries),
                version: (self.include.untouched || list.version != 1).then_some(list.version),
                entries: entries(&list.entries),
                earlier: list.earlier.iter().map(|(of, of_it)| (*of, entries(of_it))).collect(),
                tags: (*list.tags).clone(),
                made_by: self.made_by(&list.maker),
            })
            .collect()
    }
}

/// The entries of a version of a prefix list.
fn entries(entries: &Entries) -> Vec<PrefixListEntry> {
    let entries = entries.iter().map(|(cidr, description)| match description {
        None => PrefixListEntry::Plain(*cidr),
        Some(description) => PrefixListEntry::Described(DescribedBlock {
            cidr: *cidr,
            description: description.clone(),
        }),
    });
    entries.collect()
}

fn block(vpc: &VpcId, association: &CidrAssociation) -> Block {
    let original = CidrAssociation::original(vpc, association.block);
    if association.id == original.id {
        Block::Plain(association.block)
    } else {
        Block::Named(NamedBlock { cidr: association.block, association: association.id.clone() })
    }
}
