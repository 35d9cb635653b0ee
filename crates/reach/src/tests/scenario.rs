//! Small networks, row by row. What AWS supplies by itself is supplied: a VPC has a main table, a network ACL and a group
//! that let everything pass.

use std::collections::BTreeMap;
use std::net::IpAddr;

use peerway_model::{
    Association, AssociationScope, CidrBlock, Connection, ConnectionEnd, ConnectionState,
    Destination, Direction, HealthCheck, Instance, Listener, ListenerDescription, ListenerProtocol,
    LoadBalancer, NatConnectivity, NatGateway, NetworkAcl, NetworkAclEntry, NetworkInterface,
    PortRange, PrefixList, Protocol, Route, RouteOrigin, RouteState, RouteTable, RouteTarget,
    RuleSource, Scheme, SecurityGroup, SecurityGroupRule, Subnet, Tags, Vpc,
};

use crate::{Flow, Network, Rows, Sender, Service, Target, Verdict};

/// The rows of a network.
#[derive(Debug, Clone, Default)]
pub(super) struct Scenario {
    pub(super) vpcs: Vec<Vpc>,
    pub(super) subnets: Vec<Subnet>,
    pub(super) tables: Vec<RouteTable>,
    pub(super) connections: Vec<Connection>,
    pub(super) nat_gateways: Vec<NatGateway>,
    pub(super) lists: Vec<PrefixList>,
    pub(super) groups: Vec<SecurityGroup>,
    pub(super) rules: Vec<SecurityGroupRule>,
    pub(super) acls: Vec<NetworkAcl>,
    pub(super) interfaces: Vec<NetworkInterface>,
    pub(super) instances: Vec<Instance>,
    pub(super) balancers: Vec<LoadBalancer>,
    /// How many rules were ever made: their ids.
    made: u32,
}

pub(super) fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// `rtb-` and the like for what belongs to a VPC.
fn own<T: std::str::FromStr<Err: std::fmt::Debug>>(prefix: &str, vpc: &str) -> T {
    id(&format!("{prefix}-{}", vpc.trim_start_matches("vpc-")))
}

fn entry(number: u16, egress: bool, cidr: &str) -> NetworkAclEntry {
    NetworkAclEntry {
        number,
        egress,
        cidr: id(cidr),
        protocol: Protocol::All,
        ports: None,
        allow: true,
    }
}

pub(super) fn target(text: &str) -> RouteTarget {
    match text.split('-').next().unwrap() {
        "local" => RouteTarget::Local,
        "pcx" => RouteTarget::Connection(id(text)),
        "igw" => RouteTarget::InternetGateway(text.to_owned()),
        "eigw" => RouteTarget::EgressOnlyInternetGateway(text.to_owned()),
        "nat" => RouteTarget::NatGateway(id(text)),
        "vgw" => RouteTarget::VpnGateway(text.to_owned()),
        "tgw" => RouteTarget::TransitGateway(text.to_owned()),
        _ => RouteTarget::Other(text.to_owned()),
    }
}

pub(super) fn route(destination: &str, to: &str) -> Route {
    let destination = match destination.parse::<CidrBlock>() {
        Ok(block) => Destination::Cidr(block),
        Err(_) => Destination::PrefixList(id(destination)),
    };
    let origin = if to == "local" { RouteOrigin::Table } else { RouteOrigin::Static };
    Route { destination, target: target(to), origin, state: RouteState::Active }
}

impl Scenario {
    /// A VPC with its blocks.
    pub(super) fn vpc(mut self, name: &str, blocks: &[&str]) -> Self {
        let vpc = id(name);
        let cidrs: Vec<CidrBlock> = blocks.iter().map(|block| id(block)).collect();
        self.tables.push(RouteTable {
            id: own("rtb", name),
            vpc: id(name),
            associations: vec![Association {
                id: own("rtbassoc", name),
                scope: AssociationScope::Main,
            }],
            routes: blocks.iter().map(|block| route(block, "local")).collect(),
            tags: Tags::new(),
        });
        self.acls.push(NetworkAcl {
            id: own("acl", name),
            vpc: id(name),
            is_default: true,
            entries: ["0.0.0.0/0", "::/0"]
                .into_iter()
                .zip([100, 101])
                .flat_map(|(block, number)| [true, false].map(|out| entry(number, out, block)))
                .collect(),
            associations: Vec::new(),
            tags: Tags::new(),
        });
        self.vpcs.push(Vpc { id: vpc, owner: id("111111111111"), cidrs, tags: Tags::new() });
        self.group(&format!("sg-{}", name.trim_start_matches("vpc-")), name, &["0.0.0.0/0", "::/0"])
    }

    /// A group that lets everything out, and everybody in who is named: blocks and groups.
    pub(super) fn group(mut self, name: &str, vpc: &str, admits: &[&str]) -> Self {
        self.groups.push(SecurityGroup {
            id: id(name),
            vpc: id(vpc),
            owner: id("111111111111"),
            name: name.to_owned(),
            description: String::new(),
            tags: Tags::new(),
        });
        for everywhere in ["0.0.0.0/0", "::/0"] {
            self = self.rule(name, Direction::Egress, Protocol::All, None, everywhere);
        }
        for source in admits {
            self = self.rule(name, Direction::Ingress, Protocol::All, None, source);
        }
        self
    }

    pub(super) fn rule(
        mut self,
        group: &str,
        direction: Direction,
        protocol: Protocol,
        ports: Option<(u16, u16)>,
        source: &str,
    ) -> Self {
        let source = match source.split('-').next().unwrap() {
            "sg" => RuleSource::SecurityGroup { id: id(source), account: id("111111111111") },
            "pl" => RuleSource::PrefixList(id(source)),
            _ => RuleSource::Cidr(id(source)),
        };
        self.made += 1;
        self.rules.push(SecurityGroupRule {
            id: id(&format!("sgr-{:08x}", self.made)),
            group: id(group),
            direction,
            protocol,
            ports: ports.map(|(from, to)| PortRange { from, to }),
            source,
            tags: Tags::new(),
        });
        self
    }

    /// A subnet on the main table, with the VPC's network ACL.
    pub(super) fn subnet(mut self, name: &str, vpc: &str, blocks: &[&str]) -> Self {
        self.subnets.push(Subnet {
            id: id(name),
            vpc: id(vpc),
            zone: id("usw2-az1"),
            cidrs: blocks.iter().map(|block| id(block)).collect(),
            available_addresses: 100,
            tags: Tags::new(),
        });
        let acl = self.acls.iter_mut().find(|acl| acl.vpc == id(vpc)).unwrap();
        acl.associations.push((own("aclassoc", name.trim_start_matches("subnet-")), id(name)));
        self
    }

    /// A table for some subnets of a VPC.
    pub(super) fn table(mut self, name: &str, vpc: &str, subnets: &[&str]) -> Self {
        let locals = self.vpcs.iter().find(|it| it.id == id(vpc)).unwrap().cidrs.iter();
        let routes = locals.map(|block| route(&block.to_string(), "local")).collect();
        let associations = subnets.iter().map(|subnet| Association {
            id: own("rtbassoc", subnet.trim_start_matches("subnet-")),
            scope: AssociationScope::Subnet(id(subnet)),
        });
        let associations = associations.collect();
        self.tables.push(RouteTable {
            id: id(name),
            vpc: id(vpc),
            associations,
            routes,
            tags: Tags::new(),
        });
        self
    }

    pub(super) fn route(self, table: &str, destination: &str, to: &str) -> Self {
        self.row(table, route(destination, to))
    }

    pub(super) fn row(mut self, table: &str, row: Route) -> Self {
        let table = self.tables.iter_mut().find(|it| it.id == id(table));
        table.unwrap().routes.push(row);
        self
    }

    /// An active connection.
    pub(super) fn peering(mut self, name: &str, requester: &str, accepter: &str) -> Self {
        let end = |vpc: &str| ConnectionEnd {
            account: id("111111111111"),
            region: id("us-west-2"),
            vpc: id(vpc),
            cidrs: self
                .vpcs
                .iter()
                .filter(|it| it.id == id(vpc))
                .flat_map(|it| it.cidrs.clone())
                .collect(),
            dns_resolution: None,
        };
        self.connections.push(Connection {
            id: id(name),
            requester: end(requester),
            accepter: end(accepter),
            state: ConnectionState::Active,
            message: String::new(),
            expires_at: None,
            tags: Tags::new(),
        });
        self
    }

    /// An instance with one interface.
    pub(super) fn instance(
        mut self,
        name: &str,
        subnet: &str,
        addresses: &[&str],
        groups: &[&str],
    ) -> Self {
        let interface = format!("eni-{}", name.trim_start_matches("i-"));
        let vpc = self.subnets.iter().find(|it| it.id == id(subnet)).unwrap().vpc.clone();
        let groups: Vec<_> = groups.iter().map(|group| id(group)).collect();
        self.instances.push(Instance {
            id: id(name),
            vpc: Some(vpc),
            subnet: Some(id(subnet)),
            zone: id("us-west-2a"),
            state: "running".to_owned(),
            auto_scaling_group: None,
            interfaces: vec![(id(&interface), groups.clone())],
            tags: Tags::new(),
        });
        let mut stands = self.interface(&interface, subnet, addresses, "");
        let last = stands.interfaces.last_mut().unwrap();
        (last.instance, last.groups) = (Some(name.to_owned()), groups);
        stands
    }

    /// An interface without groups, of an AWS service when it has a description.
    pub(super) fn interface(
        mut self,
        name: &str,
        subnet: &str,
        addresses: &[&str],
        description: &str,
    ) -> Self {
        let vpc = self.subnets.iter().find(|it| it.id == id(subnet)).unwrap().vpc.clone();
        self.interfaces.push(NetworkInterface {
            id: id(name),
            vpc,
            subnet: id(subnet),
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
            description: description.to_owned(),
            is_requester_managed: !description.is_empty(),
            owner: id("111111111111"),
            requester: None,
            groups: Vec::new(),
            instance: None,
        });
        self
    }

    /// A balancer with a node at each of these addresses of subnets, that listens on one port.
    pub(super) fn balancer(
        mut self,
        name: &str,
        nodes: &[(&str, &str)],
        port: u16,
        groups: &[&str],
    ) -> Self {
        let groups: Vec<_> = groups.iter().map(|group| id(group)).collect();
        for (subnet, address) in nodes {
            let interface = format!("eni-{:08x}", self.interfaces.len());
            self = self.interface(&interface, subnet, &[address], &format!("ELB {name}"));
            self.interfaces.last_mut().unwrap().groups.clone_from(&groups);
        }
        let subnet = id(nodes.first().map_or("subnet-00000000", |(subnet, _)| subnet));
        let vpc = self.subnets.iter().find(|it| it.id == subnet).map(|it| it.vpc.clone());
        let listener = Listener {
            port,
            protocol: ListenerProtocol::Tcp,
            instance_port: port,
            instance_protocol: ListenerProtocol::Tcp,
            certificate: None,
        };
        self.balancers.push(LoadBalancer {
            name: id(name),
            vpc,
            scheme: Scheme::Internal,
            dns_name: String::new(),
            hosted_zone_id: None,
            subnets: nodes.iter().map(|(subnet, _)| id(subnet)).collect(),
            zones: Vec::new(),
            security_groups: groups,
            listeners: BTreeMap::from([(
                port,
                ListenerDescription { listener, policies: Vec::new() },
            )]),
            backends: BTreeMap::new(),
            health_check: HealthCheck {
                target: format!("TCP:{port}"),
                interval: 30,
                timeout: 5,
                unhealthy_threshold: 2,
                healthy_threshold: 10,
            },
            instances: Vec::new(),
        });
        self
    }

    pub(super) fn nat(mut self, name: &str, vpc: &str, connectivity: NatConnectivity) -> Self {
        self.nat_gateways.push(NatGateway { id: id(name), vpc: id(vpc), connectivity });
        self
    }

    /// A prefix list; without entries nobody may read them.
    pub(super) fn list(mut self, name: &str, entries: Option<&[&str]>) -> Self {
        let entries = entries.map(|blocks| blocks.iter().map(|block| id(block)).collect());
        self.lists.push(PrefixList { id: id(name), is_owned_by_aws: false, version: 1, entries });
        self
    }

    pub(super) fn connection(&mut self, name: &str) -> &mut Connection {
        self.connections.iter_mut().find(|it| it.id == id(name)).unwrap()
    }

    /// A rule in front of all others of a VPC's network ACL.
    pub(super) fn first_entry(
        mut self,
        vpc: &str,
        egress: bool,
        (protocol, ports): (Protocol, Option<(u16, u16)>),
        allow: bool,
    ) -> Self {
        let acl = self.acls.iter_mut().find(|acl| acl.vpc == id(vpc)).unwrap();
        let number = 50 - u16::try_from(acl.entries.len()).unwrap();
        let ports = ports.map(|(from, to)| PortRange { from, to });
        let every = entry(number, egress, "0.0.0.0/0");
        acl.entries.push(NetworkAclEntry { protocol, ports, allow, ..every });
        self
    }

    pub(super) fn rows(&self) -> Rows<'_> {
        Rows {
            vpcs: self.vpcs.iter().collect(),
            subnets: self.subnets.iter().collect(),
            route_tables: self.tables.iter().collect(),
            connections: self.connections.iter().collect(),
            nat_gateways: self.nat_gateways.iter().collect(),
            prefix_lists: self.lists.iter().collect(),
            security_groups: self.groups.iter().collect(),
            security_group_rules: self.rules.iter().collect(),
            network_acls: self.acls.iter().collect(),
            network_interfaces: self.interfaces.iter().collect(),
            instances: self.instances.iter().collect(),
            load_balancers: self.balancers.iter().collect(),
        }
    }

    pub(super) fn judge(&self, flow: &Flow) -> Verdict {
        Network::of(&self.rows()).judge(flow)
    }

    /// The verdict on TCP port 9088, and its hop, as `expected.yaml` writes them.
    pub(super) fn said(&self, from: &str, to: &str) -> String {
        self.said_of(from, to, Service::Tcp(9088))
    }

    pub(super) fn said_of(&self, from: &str, to: &str, service: Service) -> String {
        let verdict = self.judge(&self.flow(from, to, service));
        let at = verdict.at().map(|at| format!(" at {at}")).unwrap_or_default();
        format!("{}{at}", verdict.as_str())
    }

    /// The sentence on it.
    pub(super) fn sentence(&self, from: &str, to: &str) -> String {
        self.judge(&self.flow(from, to, Service::Tcp(9088))).to_string()
    }

    pub(super) fn flow(&self, from: &str, to: &str, service: Service) -> Flow {
        let target = if let Ok(address) = to.parse::<IpAddr>() {
            Target::Address(address)
        } else {
            let found = self.balancers.iter().find(|it| it.name.as_str() == to);
            let vpc = found.and_then(|it| it.vpc.clone()).unwrap_or_else(|| id("vpc-00000000"));
            Target::LoadBalancer { name: id(to), vpc }
        };
        Flow { sender: Sender::Instance(id(from)), target, service }
    }
}

/// Two VPCs, 10.0.0.0/16 and 10.1.0.0/16, one instance in each, joined and routed both ways.
pub(super) fn two_vpcs() -> Scenario {
    Scenario::default()
        .vpc("vpc-0000000a", &["10.0.0.0/16"])
        .vpc("vpc-0000000b", &["10.1.0.0/16"])
        .subnet("subnet-0000000a", "vpc-0000000a", &["10.0.1.0/24"])
        .subnet("subnet-0000000b", "vpc-0000000b", &["10.1.1.0/24"])
        .peering("pcx-000000ab", "vpc-0000000a", "vpc-0000000b")
        .route("rtb-0000000a", "10.1.0.0/16", "pcx-000000ab")
        .route("rtb-0000000b", "10.0.0.0/16", "pcx-000000ab")
        .instance("i-0000000a", "subnet-0000000a", &["10.0.1.10"], &["sg-0000000a"])
        .instance("i-0000000b", "subnet-0000000b", &["10.1.1.10"], &["sg-0000000b"])
}

pub(super) const A: &str = "i-0000000a";
pub(super) const B: &str = "10.1.1.10";
