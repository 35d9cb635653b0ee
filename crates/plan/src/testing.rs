//! Worlds for tests, in few words. They are what AWS would show at rest: every view is confirmed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use peerway_api::v1alpha1::aws_account::{
    AccountCredentials, AssumeRole, AwsAccountSpec, Grant, NamespaceSelector, NamespacesFrom,
};
use peerway_api::v1alpha1::selectors::{
    MatchTags, RouteTableSelector, SecurityGroupSelector, SubnetSelector, VpcSelector,
};
use peerway_api::v1alpha1::vpc_peering::{
    AccountRef, IngressProtocol, IngressSource, PeeringIngress, PeeringRoutes, PeeringSide, Ports,
    VpcPeeringSpec,
};
use peerway_api::v1alpha1::{AwsAccount, VpcPeering};
use peerway_model::{
    AccountId, Association, AssociationScope, AttachmentApi, AutoScalingGroup, Caller, CidrBlock,
    Connection, ConnectionEnd, ConnectionState, Destination, Instance, Item, LoadBalancer,
    LoadBalancerName, NatConnectivity, NatGateway, NetworkAcl, NetworkAclEntry, NetworkInterface,
    Origin, Owner, Part, Place, PrefixList, Protocol, Reading, Route, RouteOrigin, RouteState,
    RouteTable, RouteTarget, SecurityGroup, SecurityGroupRule, Subnet, Tags, Timestamp, Vpc,
    VpcDns, Zone,
};

use crate::Presence;
use crate::access::{Entry, Namespace, enter};
use crate::observed::{Details, Observed, View};
use crate::vpc_peering::{Desired, Managed, Side};

/// How far apart two reads must be.
pub(crate) const SETTLE: Duration = Duration::from_secs(5);

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

pub(crate) fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn block(text: &str) -> CidrBlock {
    text.parse().unwrap()
}

/// The account object `service`: 111111111111 in us-west-2 and eu-central-1, granted to the namespace `analytics`.
pub(crate) fn account(name: &str, id: &str) -> AwsAccount {
    AwsAccount::new(
        name,
        AwsAccountSpec {
            account_id: id.parse().unwrap(),
            regions: vec!["us-west-2".parse().unwrap(), "eu-central-1".parse().unwrap()],
            credentials: Some(AccountCredentials {
                assume_role: AssumeRole {
                    role_arn: format!("arn:aws:iam::{id}:role/peerway"),
                    external_id: None,
                    session_tags: false,
                },
            }),
            grants: vec![Grant {
                name: "analytics".to_owned(),
                namespaces: NamespaceSelector {
                    from: NamespacesFrom::Names,
                    names: Some(vec!["analytics".to_owned()]),
                    match_labels: None,
                },
                regions: None,
                vpcs: None,
            }],
        },
    )
}

pub(crate) fn namespace() -> Namespace {
    Namespace { name: "analytics".to_owned(), labels: BTreeMap::new() }
}

pub(crate) fn entry(name: &str, id: &str, region: &str) -> Entry {
    enter(Some(&account(name, id)), name, &namespace(), &region.parse().unwrap()).unwrap()
}

pub(crate) fn place(name: &str, id: &str, region: &str) -> Place {
    entry(name, id, region).place
}

pub(crate) fn service() -> Place {
    place("service", "111111111111", "us-west-2")
}

/// What stands in one account and Region.
#[derive(Debug, Clone, Default)]
pub(crate) struct Estate {
    pub(crate) vpcs: Vec<Vpc>,
    pub(crate) subnets: Vec<Subnet>,
    pub(crate) route_tables: Vec<RouteTable>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) security_groups: Vec<SecurityGroup>,
    pub(crate) rules: Vec<SecurityGroupRule>,
    pub(crate) nat_gateways: Vec<NatGateway>,
    pub(crate) prefix_lists: Vec<PrefixList>,
    pub(crate) dns: BTreeMap<peerway_model::VpcId, VpcDns>,
    pub(crate) zones: Vec<Zone>,
    pub(crate) network_acls: Vec<NetworkAcl>,
    pub(crate) network_interfaces: Vec<NetworkInterface>,
    pub(crate) auto_scaling_groups: Vec<AutoScalingGroup>,
    /// Read only where balancers are kept.
    pub(crate) balancers: Option<Vec<LoadBalancer>>,
    pub(crate) details: BTreeMap<LoadBalancerName, Details>,
    pub(crate) instances: Vec<Instance>,
    account: String,
    region: String,
}

pub(crate) fn estate() -> Estate {
    estate_in("111111111111", "us-west-2")
}

pub(crate) fn estate_in(account: &str, region: &str) -> Estate {
    Estate { account: account.to_owned(), region: region.to_owned(), ..Estate::default() }
}

/// What a target is, told by its id.
pub(crate) fn target(text: &str) -> RouteTarget {
    match text.split('-').next().unwrap() {
        "local" => RouteTarget::Local,
        "pcx" => RouteTarget::Connection(text.parse().unwrap()),
        "igw" => RouteTarget::InternetGateway(text.to_owned()),
        "eigw" => RouteTarget::EgressOnlyInternetGateway(text.to_owned()),
        "nat" => RouteTarget::NatGateway(text.parse().unwrap()),
        "vgw" => RouteTarget::VpnGateway(text.to_owned()),
        "tgw" => RouteTarget::TransitGateway(text.to_owned()),
        "eni" => RouteTarget::NetworkInterface(text.to_owned()),
        "vpce" => RouteTarget::VpcEndpoint(text.to_owned()),
        _ => RouteTarget::Other(text.to_owned()),
    }
}

impl Estate {
    fn account_id(&self) -> AccountId {
        self.account.parse().unwrap()
    }

    pub(crate) fn vpc(mut self, id: &str, cidrs: &[&str], name: &str) -> Self {
        self.vpcs.push(Vpc {
            id: id.parse().unwrap(),
            owner: self.account_id(),
            cidrs: cidrs.iter().map(|cidr| block(cidr)).collect(),
            tags: tags(&[("Name", name)]),
        });
        self.dns.insert(id.parse().unwrap(), VpcDns { support: true, hostnames: true });
        self
    }

    /// A table; `main` by a VPC's id with a star: `"*vpc-…"`.
    pub(crate) fn table(mut self, id: &str, vpc: &str, routes: &[(&str, &str)]) -> Self {
        let is_main = vpc.starts_with('*');
        let vpc = vpc.trim_start_matches('*');
        let main = Association {
            id: format!("rtbassoc-{}", id.trim_start_matches("rtb-")).parse().unwrap(),
            scope: AssociationScope::Main,
        };
        let cidrs = self.vpcs.iter().find(|known| known.id.as_str() == vpc).unwrap().cidrs.clone();
        let local = cidrs.into_iter().map(|cidr| Route {
            destination: Destination::Cidr(cidr),
            target: RouteTarget::Local,
            origin: RouteOrigin::Table,
            state: RouteState::Active,
        });
        let routes = routes.iter().map(|(destination, to)| Route {
            destination: if destination.starts_with("pl-") {
                Destination::PrefixList(destination.parse().unwrap())
            } else {
                Destination::Cidr(block(destination))
            },
            target: target(to),
            origin: RouteOrigin::Static,
            state: RouteState::Active,
        });
        self.route_tables.push(RouteTable {
            id: id.parse().unwrap(),
            vpc: vpc.parse().unwrap(),
            associations: is_main.then_some(main).into_iter().collect(),
            routes: local.chain(routes).collect(),
            tags: tags(&[("Name", id)]),
        });
        self
    }

    /// Lets the target of the last table's rows of this destination be missing or unusable.
    pub(crate) fn blackhole(mut self, destination: &str) -> Self {
        let key = Destination::Cidr(block(destination));
        let table = self.route_tables.last_mut().unwrap();
        for route in table.routes.iter_mut().filter(|route| route.destination == key) {
            route.state = RouteState::Blackhole;
        }
        self
    }

    /// A row that a gateway or route server wrote into the last table.
    pub(crate) fn propagated(mut self, destination: &str, to: &str) -> Self {
        self.route_tables.last_mut().unwrap().routes.push(Route {
            destination: Destination::Cidr(block(destination)),
            target: target(to),
            origin: RouteOrigin::Propagated,
            state: RouteState::Active,
        });
        self
    }

    /// A subnet; on `table` explicitly, or on the main one when that is empty.
    pub(crate) fn subnet(mut self, id: &str, vpc: &str, cidr: &str, table: &str) -> Self {
        self.subnets.push(Subnet {
            id: id.parse().unwrap(),
            vpc: vpc.parse().unwrap(),
            zone: "usw2-az1".parse().unwrap(),
            cidrs: vec![block(cidr)],
            available_addresses: 11,
            tags: tags(&[("Name", id)]),
        });
        if !table.is_empty() {
            let found = self.route_tables.iter_mut().find(|known| known.id.as_str() == table);
            found.unwrap().associations.push(Association {
                id: format!("rtbassoc-{}", id.trim_start_matches("subnet-")).parse().unwrap(),
                scope: AssociationScope::Subnet(id.parse().unwrap()),
            });
        }
        self
    }

    /// Lets the last subnet lie in this zone.
    pub(crate) fn in_zone(mut self, zone: &str) -> Self {
        self.subnets.last_mut().unwrap().zone = zone.parse().unwrap();
        self
    }

    /// The three zones of the Region and a Local Zone: with them everything is read that an `OverlapSubnetGroup` needs.
    pub(crate) fn zones(mut self) -> Self {
        let zone = |id: &str, name: &str, is_availability_zone| Zone {
            id: id.parse().unwrap(),
            name: name.parse().unwrap(),
            is_availability_zone,
            is_available: true,
        };
        self.zones = vec![
            zone("usw2-az1", "us-west-2a", true),
            zone("usw2-az2", "us-west-2b", true),
            zone("usw2-az3", "us-west-2c", true),
            zone("usw2-lax1-az1", "us-west-2-lax-1a", false),
        ];
        self
    }

    /// A network ACL with rules `(number, is_egress, cidr, allow)` about all protocols, used by these subnets.
    pub(crate) fn acl(
        mut self,
        id: &str,
        vpc: &str,
        is_default: bool,
        rules: &[(u16, bool, &str, bool)],
        subnets: &[&str],
    ) -> Self {
        let entry = |(number, egress, cidr, allow): &(u16, bool, &str, bool)| NetworkAclEntry {
            number: *number,
            egress: *egress,
            cidr: block(cidr),
            protocol: Protocol::All,
            ports: None,
            allow: *allow,
        };
        let association = |subnet: &&str| {
            let id = format!("aclassoc-{}", subnet.trim_start_matches("subnet-"));
            (id.parse().unwrap(), subnet.parse().unwrap())
        };
        self.network_acls.push(NetworkAcl {
            id: id.parse().unwrap(),
            vpc: vpc.parse().unwrap(),
            is_default,
            entries: rules.iter().map(entry).collect(),
            associations: subnets.iter().map(association).collect(),
            tags: Tags::new(),
        });
        self
    }

    pub(crate) fn auto_scaling_group(
        mut self,
        name: &str,
        zones: &[&str],
        subnets: &[&str],
        tag: &str,
    ) -> Self {
        self.auto_scaling_groups.push(AutoScalingGroup {
            name: name.parse().unwrap(),
            zones: zones.iter().map(|zone| zone.parse().unwrap()).collect(),
            subnets: subnets.iter().map(|subnet| subnet.parse().unwrap()).collect(),
            load_balancers: Vec::new(),
            attachment_api: AttachmentApi::LoadBalancers,
            health_check_types: vec!["EC2".to_owned()],
            suspended: Vec::new(),
            is_going: false,
            instances: Vec::new(),
            tags: tags(&[("Name", tag)]),
        });
        self
    }

    /// What only groups read: there where zones are.
    fn read_for_groups<T: Item>(&self, items: &[T]) -> Option<Reading<T>> {
        (!self.zones.is_empty()).then(|| confirmed(items))
    }

    /// Lets the last connection be an object's.
    pub(crate) fn owned_by(mut self, owner: &Owner) -> Self {
        self.connections.last_mut().unwrap().tags = owner.tags(Origin::Created);
        self
    }

    pub(crate) fn group(mut self, id: &str, vpc: &str, description: &str) -> Self {
        self.security_groups.push(SecurityGroup {
            id: id.parse().unwrap(),
            vpc: vpc.parse().unwrap(),
            owner: self.account_id(),
            name: id.to_owned(),
            description: description.to_owned(),
            tags: Tags::new(),
        });
        self
    }

    pub(crate) fn nat(mut self, id: &str, vpc: &str, connectivity: NatConnectivity) -> Self {
        self.nat_gateways.push(NatGateway {
            id: id.parse().unwrap(),
            vpc: vpc.parse().unwrap(),
            connectivity,
        });
        self
    }

    pub(crate) fn prefix_list(mut self, id: &str, entries: Option<&[&str]>) -> Self {
        self.prefix_lists.push(PrefixList {
            id: id.parse().unwrap(),
            is_owned_by_aws: false,
            version: 1,
            entries: entries.map(|entries| entries.iter().map(|entry| block(entry)).collect()),
        });
        self
    }

    /// A connection in this state, seen from here.
    pub(crate) fn connection(
        mut self,
        id: &str,
        requester: (&str, &[&str]),
        accepter: (&str, &[&str]),
        state: ConnectionState,
    ) -> Self {
        let end = |(vpc, cidrs): (&str, &[&str])| ConnectionEnd {
            account: self.account_id(),
            region: self.region.parse().unwrap(),
            vpc: vpc.parse().unwrap(),
            cidrs: if state == ConnectionState::Active {
                cidrs.iter().map(|cidr| block(cidr)).collect()
            } else {
                Vec::new()
            },
            dns_resolution: (state == ConnectionState::Active).then_some(false),
        };
        self.connections.push(Connection {
            id: id.parse().unwrap(),
            requester: end(requester),
            accepter: end(accepter),
            state,
            message: String::new(),
            expires_at: None,
            tags: Tags::new(),
        });
        self
    }

    pub(crate) fn view(&self) -> View {
        View {
            caller: Caller { account: Ok(self.account_id()), last_good: Some(now()) },
            vpcs: confirmed(&self.vpcs),
            subnets: confirmed(&self.subnets),
            route_tables: confirmed(&self.route_tables),
            connections: confirmed(&self.connections),
            security_groups: confirmed(&self.security_groups),
            security_group_rules: confirmed(&self.rules),
            nat_gateways: Some(confirmed(&self.nat_gateways)),
            prefix_lists: Some(confirmed(&self.prefix_lists)),
            network_acls: self.read_for_groups(&self.network_acls),
            zones: self.read_for_groups(&self.zones),
            network_interfaces: self.read_for_groups(&self.network_interfaces),
            auto_scaling_groups: self.read_for_groups(&self.auto_scaling_groups),
            load_balancers: self.balancers.as_ref().map(|balancers| confirmed(balancers)),
            instances: self.balancers.as_ref().map(|_| confirmed(&self.instances)),
            balancers: self.details.clone(),
            attachments: BTreeMap::new(),
            vpc_dns: self.dns.iter().map(|(vpc, dns)| (vpc.clone(), Ok(*dns))).collect(),
        }
    }

    /// What the account `service` shows in us-west-2.
    pub(crate) fn observed(&self) -> Observed {
        observed([(service(), self)])
    }
}

pub(crate) fn observed<'a>(places: impl IntoIterator<Item = (Place, &'a Estate)>) -> Observed {
    Observed {
        now: now(),
        settle: SETTLE,
        wrote_at: None,
        views: places.into_iter().map(|(place, estate)| (place, estate.view())).collect(),
        siblings: Vec::new(),
    }
}

/// Two agreeing reads, long enough apart.
pub(crate) fn confirmed<T: Item>(items: &[T]) -> Reading<T> {
    let before = peerway_model::clock::before(now(), SETTLE * 2);
    let first = Part::first(items.to_vec(), before, before, Timestamp::MIN);
    let (second, _) = first.next(items.to_vec(), now(), now(), [], Timestamp::MIN);
    Reading::read(Arc::new(second))
}

/// One read only.
pub(crate) fn fresh<T: Item>(items: &[T]) -> Reading<T> {
    Reading::read(Arc::new(Part::first(items.to_vec(), now(), now(), Timestamp::MIN)))
}

/// The network half of the golden example.
pub(crate) fn golden() -> Estate {
    let mut estate = estate()
        .vpc("vpc-ce78dbb7", &["10.50.0.0/21"], "imply-e04-network-vpc")
        .vpc("vpc-641fee1c", &["172.20.0.0/20"], "non-overlapping-vpc")
        .vpc("vpc-3607f64e", &["172.19.0.0/20"], "overlapping-vpc")
        .table(
            "rtb-7122e509",
            "vpc-ce78dbb7",
            &[("172.19.0.0/20", "pcx-d3c1e8ba"), ("0.0.0.0/0", "igw-acd20cca")],
        )
        .table("rtb-a822e5d0", "*vpc-ce78dbb7", &[])
        .table("rtb-8c4492f7", "*vpc-641fee1c", &[("0.0.0.0/0", "igw-0a1b2c3d")])
        .table("rtb-48598f33", "*vpc-3607f64e", &[("0.0.0.0/0", "igw-0e4f5a6b")]);
    for number in 1..=6 {
        let id = format!("subnet-0a00000{number}");
        let cidr = format!("10.50.{}.0/24", number - 1);
        let zone = format!("usw2-az{}", (number - 1) % 3 + 1);
        estate = estate.subnet(&id, "vpc-ce78dbb7", &cidr, "rtb-7122e509").in_zone(&zone);
    }
    estate
        .subnet("subnet-0b000001", "vpc-641fee1c", "172.20.0.0/22", "")
        .subnet("subnet-0b000002", "vpc-641fee1c", "172.20.4.0/22", "")
        .subnet("subnet-567e171d", "vpc-3607f64e", "172.19.0.0/22", "")
        .connection(
            "pcx-d3c1e8ba",
            ("vpc-828a54fb", &["172.19.0.0/20"]),
            ("vpc-ce78dbb7", &["10.50.0.0/21"]),
            ConnectionState::Active,
        )
        .group("sg-0e1b0001", "vpc-ce78dbb7", "Imply Cloud ELB Unmanaged")
        .group("sg-0def0001", "vpc-ce78dbb7", "Imply Cloud Default")
        .group("sg-dee0b1ae", "vpc-641fee1c", "launch-wizard-2")
        .group("sg-0c0ffee1", "vpc-3607f64e", "launch-wizard-3")
}

pub(crate) fn side(region: &str, account: &str, vpc: &str) -> PeeringSide {
    PeeringSide {
        account_ref: Some(AccountRef { name: account.to_owned() }),
        external: None,
        region: Some(region.parse().unwrap()),
        vpc: Some(VpcSelector { id: Some(vpc.parse().unwrap()), match_tags: None }),
        dns_resolution: None,
        routes: None,
        ingress: None,
    }
}

pub(crate) fn by_tags(pairs: &[(&str, &str)]) -> MatchTags {
    MatchTags(tags(pairs))
}

pub(crate) fn in_tables(ids: &[&str], destinations: &[&str]) -> PeeringRoutes {
    let ids = ids.iter().map(|id| id.parse().unwrap()).collect();
    PeeringRoutes {
        tables: RouteTableSelector {
            ids: Some(ids),
            match_tags: None,
            of_subnets: None,
            scope: None,
        },
        destinations: (!destinations.is_empty())
            .then(|| destinations.iter().map(|destination| block(destination)).collect()),
        on_conflict: None,
    }
}

pub(crate) fn in_tables_of(subnets: &[&str]) -> PeeringRoutes {
    let ids = subnets.iter().map(|id| id.parse().unwrap()).collect();
    PeeringRoutes {
        tables: RouteTableSelector {
            ids: None,
            match_tags: None,
            of_subnets: Some(SubnetSelector { ids: Some(ids), match_tags: None }),
            scope: None,
        },
        destinations: None,
        on_conflict: None,
    }
}

pub(crate) fn admit(group: &str, source: IngressSource) -> PeeringIngress {
    PeeringIngress {
        security_group: SecurityGroupSelector {
            id: None,
            name: None,
            description: Some(group.to_owned()),
            match_tags: None,
        },
        protocol: IngressProtocol::Tcp,
        ports: Some(Ports { from: 0, to: 65535 }),
        source,
    }
}

pub(crate) fn from_group(id: &str) -> IngressSource {
    IngressSource { security_group_id: Some(id.parse().unwrap()), cidrs: None, peer_vpc: None }
}

pub(crate) fn from_cidrs(cidrs: &[&str]) -> IngressSource {
    let cidrs = cidrs.iter().map(|cidr| block(cidr)).collect();
    IngressSource { security_group_id: None, cidrs: Some(cidrs), peer_vpc: None }
}

/// `druid-to-reports` of the golden example.
pub(crate) fn druid_to_reports() -> VpcPeeringSpec {
    let mut requester = side("us-west-2", "service", "vpc-ce78dbb7");
    requester.vpc = Some(VpcSelector {
        id: None,
        match_tags: Some(by_tags(&[("Name", "imply-e04-network-vpc")])),
    });
    requester.dns_resolution = Some(true);
    requester.routes = Some(in_tables(&["rtb-7122e509"], &["172.20.0.0/22"]));
    requester.ingress = Some(vec![admit("Imply Cloud ELB Unmanaged", from_group("sg-dee0b1ae"))]);
    let mut accepter = side("us-west-2", "service", "vpc-641fee1c");
    accepter.routes = Some(in_tables_of(&["subnet-0b000001"]));
    VpcPeeringSpec::joining(requester, accepter)
}

/// A peering to vpc-3607f64e, whose CIDR is taken in the service's table, that declares routes on both sides.
pub(crate) fn careless() -> VpcPeeringSpec {
    let mut requester = side("us-west-2", "service", "vpc-ce78dbb7");
    requester.dns_resolution = Some(true);
    requester.routes = Some(in_tables(&["rtb-7122e509"], &[]));
    requester.ingress = Some(vec![admit("Imply Cloud ELB Unmanaged", from_group("sg-0c0ffee1"))]);
    let mut accepter = side("us-west-2", "service", "vpc-3607f64e");
    accepter.routes = Some(in_tables_of(&["subnet-567e171d"]));
    VpcPeeringSpec::joining(requester, accepter)
}

/// The object with this spec, uid-1, in the namespace `analytics`.
pub(crate) fn object(spec: VpcPeeringSpec) -> VpcPeering {
    named("druid", "uid-1", spec)
}

/// The object with this name, UID and spec, in the namespace `analytics`.
pub(crate) fn named(name: &str, uid: &str, spec: VpcPeeringSpec) -> VpcPeering {
    let mut object = VpcPeering::new(name, spec);
    object.metadata.namespace = Some("analytics".to_owned());
    object.metadata.uid = Some(uid.to_owned());
    object.metadata.generation = Some(1);
    object
}

/// What the object with this spec wants.
pub(crate) fn desired(spec: VpcPeeringSpec) -> Desired {
    desired_of(&object(spec))
}

/// The accounts of the cluster.
pub(crate) fn accounts() -> [AwsAccount; 2] {
    [account("service", "111111111111"), account("consumer", "333333333333")]
}

/// What an object wants.
pub(crate) fn desired_of(object: &VpcPeering) -> Desired {
    let accounts = accounts();
    Desired::from_object(
        object,
        |name| accounts.iter().find(|account| account.metadata.name.as_deref() == Some(name)),
        &namespace(),
        "cluster-1",
    )
    .unwrap()
}

/// A side that we manage.
pub(crate) fn managed(side: &mut Side) -> &mut Managed {
    match side {
        Side::Managed(side) => side,
        Side::External(side) => panic!("{} is somebody else's", side.field()),
    }
}

/// The same, to be taken apart.
pub(crate) fn absent(spec: VpcPeeringSpec) -> Desired {
    Desired { presence: Presence::Absent, ..desired(spec) }
}
