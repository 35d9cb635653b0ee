//! The AWS edge of a life: every call of the traits passes through its [`Run`], and writes past the [`Judge`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use peerway_aws::{AutoScaling, Cloud, Ec2, PrefixListHead};
use peerway_memory_api::crash::{Call, Run};
use peerway_model::clock::since;
use peerway_model::{
    Access, AccountId, AssociationId, AssociationScope, AutoScalingGroup, AwsFailure, CidrBlock,
    Connection, ConnectionId, IngressRule, NatGateway, NetworkAcl, NetworkAclAssociationId,
    NetworkAclId, NetworkInterface, Place, PrefixListId, Region, RouteTable, RouteTableId,
    SecurityGroup, SecurityGroupId, SecurityGroupRule, SecurityGroupRuleId, Subnet, SubnetId, Tags,
    Timestamp, Vpc, VpcDns, VpcId, Zone, ZoneId,
};

use crate::judge::{Judge, Write};
use crate::kubernetes::Traffic;
use crate::time;

/// What its calls are filed under.
const EDGE: &str = "aws";

/// What a suite of this suite changes in what the controller sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tampering {
    /// What is created gets no tags.
    pub strips_tags: bool,
    /// Tables are answered as they were read before, if that is not a poll ago.
    pub answers_from_before: bool,
}

/// As long as nothing but a read on purpose would read anew.
const POLL: Duration = Duration::from_secs(26);

/// The tables of a place as they were read last, and when.
type Tables = Arc<Mutex<BTreeMap<Place, (Timestamp, Vec<RouteTable>)>>>;

/// The network ACLs of a place as they were read last.
type Acls = Arc<Mutex<BTreeMap<Place, Vec<NetworkAcl>>>>;

/// A cloud whose calls pass through a run.
pub struct Edge {
    run: Run,
    judge: Arc<Judge>,
    tampering: Tampering,
    leash: Option<Arc<Traffic>>,
    tables: Tables,
    acls: Acls,
    inner: Arc<dyn Cloud>,
}

impl Edge {
    /// The edge of this run in front of `inner`. No write must set out without the lease that is seen in `leash`.
    #[must_use]
    pub fn new(
        run: Run,
        judge: Arc<Judge>,
        tampering: Tampering,
        leash: Option<Arc<Traffic>>,
        inner: Arc<dyn Cloud>,
    ) -> Arc<Self> {
        let (tables, acls) = (Tables::default(), Acls::default());
        Arc::new(Self { run, judge, tampering, leash, tables, acls, inner })
    }
}

fn call(operation: &str, target: String, writes: bool) -> Call {
    Call { edge: EDGE, operation: operation.to_owned(), target, writes }
}

#[async_trait]
impl Cloud for Edge {
    fn ec2(&self, place: &Place) -> Arc<dyn Ec2> {
        Arc::new(EdgeEc2 {
            run: self.run.clone(),
            judge: self.judge.clone(),
            tampering: self.tampering,
            leash: self.leash.clone(),
            tables: self.tables.clone(),
            acls: self.acls.clone(),
            place: place.clone(),
            inner: self.inner.ec2(place),
        })
    }

    fn auto_scaling(&self, place: &Place) -> Arc<dyn AutoScaling> {
        Arc::new(EdgeAutoScaling {
            run: self.run.clone(),
            place: place.clone(),
            inner: self.inner.auto_scaling(place),
        })
    }

    fn forget(&self, place: &Place) {
        self.inner.forget(place);
    }

    async fn caller_account(
        &self,
        access: &Access,
        region: &Region,
    ) -> Result<AccountId, AwsFailure> {
        let (inner, access, region) = (self.inner.clone(), access.clone(), region.clone());
        let call = call("caller", access.name.to_string(), false);
        self.run.pass(call, async move { inner.caller_account(&access, &region).await }).await
    }
}

struct EdgeEc2 {
    run: Run,
    judge: Arc<Judge>,
    tampering: Tampering,
    leash: Option<Arc<Traffic>>,
    tables: Tables,
    acls: Acls,
    place: Place,
    inner: Arc<dyn Ec2>,
}

impl EdgeEc2 {
    fn tags(&self, tags: &Tags) -> Tags {
        if self.tampering.strips_tags { Tags::new() } else { tags.clone() }
    }

    /// Whose association this is. Ids of associations are never given again, and whoever names one has read it.
    fn subnet_of_table(&self, association: &AssociationId) -> Option<SubnetId> {
        let held = self.tables.lock().expect("nobody panics while holding it");
        // It was read as the controller, and is written in a session.
        let here = held.iter().filter(|(place, _)| place.is_same_spot(&self.place));
        let tables = here.flat_map(|(_, (_, tables))| tables);
        let mut associations = tables.flat_map(|table| &table.associations);
        match &associations.find(|known| known.id == *association)?.scope {
            AssociationScope::Subnet(subnet) => Some(subnet.clone()),
            AssociationScope::Main | AssociationScope::Gateway(_) => None,
        }
    }

    fn subnet_of_acl(&self, association: &NetworkAclAssociationId) -> Option<SubnetId> {
        let held = self.acls.lock().expect("nobody panics while holding it");
        let here = held.iter().filter(|(place, _)| place.is_same_spot(&self.place));
        let mut associations = here.flat_map(|(_, acls)| acls).flat_map(|acl| &acl.associations);
        associations.find(|(known, _)| known == association).map(|(_, subnet)| subnet.clone())
    }
}

/// A read: recorded, and passed on.
macro_rules! read {
    ($self:ident . $method:ident ( $($argument:ident),* )) => {{
        let inner = $self.inner.clone();
        $(let $argument = $argument.clone();)*
        let target = format!("{}", $self.place);
        let call = call(stringify!($method), target, false);
        $self.run.pass(call, async move { inner.$method($(&$argument),*).await }).await
    }};
}

/// A write: recorded, judged at the moment at which it lands, and passed on.
macro_rules! write {
    ($self:ident . $method:ident ( $($argument:expr),* ), $write:expr) => {{
        let (inner, judge, place) = ($self.inner.clone(), $self.judge.clone(), $self.place.clone());
        let write: Write = $write;
        if let Some(leash) = &$self.leash {
            judge.sets_out(&write, leash.renewed());
        }
        let call = call(stringify!($method), write.to_string(), true);
        $self.run.pass(call, async move {
            judge.before(&place, &write);
            let result = inner.$method($($argument),*).await;
            judge.after(&write).await;
            result
        }).await
    }};
}

#[async_trait]
impl Ec2 for EdgeEc2 {
    async fn list_vpcs(&self) -> Result<Vec<Vpc>, AwsFailure> {
        read!(self.list_vpcs())
    }
    async fn list_subnets(&self) -> Result<Vec<Subnet>, AwsFailure> {
        read!(self.list_subnets())
    }
    async fn list_route_tables(&self) -> Result<Vec<RouteTable>, AwsFailure> {
        let held =
            self.tables.lock().expect("nobody panics while holding it").get(&self.place).cloned();
        if let Some((at, tables)) = held
            && self.tampering.answers_from_before
            && since(time::now(), at) < POLL
        {
            return Ok(tables);
        }
        let tables: Result<Vec<RouteTable>, AwsFailure> = read!(self.list_route_tables());
        if let Ok(tables) = &tables {
            let held = (time::now(), tables.clone());
            self.tables
                .lock()
                .expect("nobody panics while holding it")
                .insert(self.place.clone(), held);
        }
        tables
    }
    async fn list_connections(&self) -> Result<Vec<Connection>, AwsFailure> {
        read!(self.list_connections())
    }
    async fn list_security_groups(&self) -> Result<Vec<SecurityGroup>, AwsFailure> {
        read!(self.list_security_groups())
    }
    async fn list_security_group_rules(&self) -> Result<Vec<SecurityGroupRule>, AwsFailure> {
        read!(self.list_security_group_rules())
    }
    async fn list_nat_gateways(&self) -> Result<Vec<NatGateway>, AwsFailure> {
        read!(self.list_nat_gateways())
    }
    async fn list_prefix_lists(&self) -> Result<Vec<PrefixListHead>, AwsFailure> {
        read!(self.list_prefix_lists())
    }
    async fn prefix_list_entries(&self, list: &PrefixListId) -> Result<Vec<CidrBlock>, AwsFailure> {
        read!(self.prefix_list_entries(list))
    }
    async fn list_network_acls(&self) -> Result<Vec<NetworkAcl>, AwsFailure> {
        let acls: Result<Vec<NetworkAcl>, AwsFailure> = read!(self.list_network_acls());
        if let Ok(acls) = &acls {
            let mut held = self.acls.lock().expect("nobody panics while holding it");
            held.insert(self.place.clone(), acls.clone());
        }
        acls
    }
    async fn list_zones(&self) -> Result<Vec<Zone>, AwsFailure> {
        read!(self.list_zones())
    }
    async fn list_network_interfaces(&self) -> Result<Vec<NetworkInterface>, AwsFailure> {
        read!(self.list_network_interfaces())
    }
    async fn vpc_dns(&self, vpc: &VpcId) -> Result<VpcDns, AwsFailure> {
        read!(self.vpc_dns(vpc))
    }

    async fn request_connection(
        &self,
        requester: &VpcId,
        accepter: &VpcId,
        accepter_account: &AccountId,
        accepter_region: &Region,
        tags: &Tags,
    ) -> Result<ConnectionId, AwsFailure> {
        let tags = self.tags(tags);
        let (from, to) = (requester.clone(), accepter.clone());
        let (account, region) = (accepter_account.clone(), accepter_region.clone());
        let write = Write::RequestConnection { requester: from.clone(), accepter: to.clone() };
        write!(self.request_connection(&from, &to, &account, &region, &tags), write)
    }

    async fn accept_connection(&self, connection: &ConnectionId) -> Result<(), AwsFailure> {
        let id = connection.clone();
        write!(self.accept_connection(&id), Write::AcceptConnection { connection: id.clone() })
    }

    async fn delete_connection(&self, connection: &ConnectionId) -> Result<(), AwsFailure> {
        let id = connection.clone();
        write!(self.delete_connection(&id), Write::DeleteConnection { connection: id.clone() })
    }

    async fn set_requester_dns_resolution(
        &self,
        connection: &ConnectionId,
        allow: bool,
    ) -> Result<(), AwsFailure> {
        let id = connection.clone();
        write!(
            self.set_requester_dns_resolution(&id, allow),
            Write::SetDnsResolution { connection: id.clone() }
        )
    }

    async fn set_accepter_dns_resolution(
        &self,
        connection: &ConnectionId,
        allow: bool,
    ) -> Result<(), AwsFailure> {
        let id = connection.clone();
        write!(
            self.set_accepter_dns_resolution(&id, allow),
            Write::SetDnsResolution { connection: id.clone() }
        )
    }

    async fn create_route(
        &self,
        table: &RouteTableId,
        destination: &CidrBlock,
        connection: &ConnectionId,
    ) -> Result<(), AwsFailure> {
        let (table, to, over) = (table.clone(), *destination, connection.clone());
        let write =
            Write::CreateRoute { table: table.clone(), destination: to, connection: over.clone() };
        write!(self.create_route(&table, &to, &over), write)
    }

    async fn replace_route(
        &self,
        table: &RouteTableId,
        destination: &CidrBlock,
        connection: &ConnectionId,
    ) -> Result<(), AwsFailure> {
        let (table, to, over) = (table.clone(), *destination, connection.clone());
        let write =
            Write::ReplaceRoute { table: table.clone(), destination: to, connection: over.clone() };
        write!(self.replace_route(&table, &to, &over), write)
    }

    async fn delete_route(
        &self,
        table: &RouteTableId,
        destination: &CidrBlock,
    ) -> Result<(), AwsFailure> {
        let (table, to) = (table.clone(), *destination);
        let write = Write::DeleteRoute { table: table.clone(), destination: to };
        write!(self.delete_route(&table, &to), write)
    }

    async fn create_subnet(
        &self,
        vpc: &VpcId,
        zone: &ZoneId,
        cidr: &CidrBlock,
        ipv6: Option<&CidrBlock>,
        tags: &Tags,
    ) -> Result<SubnetId, AwsFailure> {
        let (vpc, zone, cidr, ipv6) = (vpc.clone(), zone.clone(), *cidr, ipv6.copied());
        let tags = self.tags(tags);
        let write = Write::CreateSubnet { vpc: vpc.clone(), cidr };
        write!(self.create_subnet(&vpc, &zone, &cidr, ipv6.as_ref(), &tags), write)
    }

    async fn delete_subnet(&self, subnet: &SubnetId) -> Result<(), AwsFailure> {
        let id = subnet.clone();
        write!(self.delete_subnet(&id), Write::DeleteSubnet { subnet: id.clone() })
    }

    async fn create_route_table(
        &self,
        vpc: &VpcId,
        client_token: &str,
        tags: &Tags,
    ) -> Result<RouteTableId, AwsFailure> {
        let (vpc, token, tags) = (vpc.clone(), client_token.to_owned(), self.tags(tags));
        let write = Write::CreateRouteTable { vpc: vpc.clone() };
        write!(self.create_route_table(&vpc, &token, &tags), write)
    }

    async fn delete_route_table(&self, table: &RouteTableId) -> Result<(), AwsFailure> {
        let id = table.clone();
        write!(self.delete_route_table(&id), Write::DeleteRouteTable { table: id.clone() })
    }

    async fn associate_route_table(
        &self,
        table: &RouteTableId,
        subnet: &SubnetId,
    ) -> Result<AssociationId, AwsFailure> {
        let (table, subnet) = (table.clone(), subnet.clone());
        let write = Write::AssociateTable { table: table.clone(), subnet: subnet.clone() };
        write!(self.associate_route_table(&table, &subnet), write)
    }

    async fn replace_route_table_association(
        &self,
        association: &AssociationId,
        table: &RouteTableId,
    ) -> Result<AssociationId, AwsFailure> {
        let (association, table) = (association.clone(), table.clone());
        let subnet = self.subnet_of_table(&association);
        let write = Write::ReplaceTable { subnet, table: table.clone() };
        write!(self.replace_route_table_association(&association, &table), write)
    }

    async fn replace_network_acl_association(
        &self,
        association: &NetworkAclAssociationId,
        acl: &NetworkAclId,
    ) -> Result<NetworkAclAssociationId, AwsFailure> {
        let (association, acl) = (association.clone(), acl.clone());
        let subnet = self.subnet_of_acl(&association);
        let write = Write::ReplaceAcl { subnet, acl: acl.clone() };
        write!(self.replace_network_acl_association(&association, &acl), write)
    }

    async fn authorize_ingress(
        &self,
        rule: &IngressRule,
        tags: &Tags,
    ) -> Result<SecurityGroupRuleId, AwsFailure> {
        let (rule, tags) = (rule.clone(), self.tags(tags));
        let write = Write::AuthorizeIngress { group: rule.group.clone(), rule: rule.to_string() };
        write!(self.authorize_ingress(&rule, &tags), write)
    }

    async fn revoke_ingress(
        &self,
        group: &SecurityGroupId,
        rule: &SecurityGroupRuleId,
    ) -> Result<(), AwsFailure> {
        let (group, rule) = (group.clone(), rule.clone());
        let write = Write::RevokeIngress { group: group.clone(), rule: rule.clone() };
        write!(self.revoke_ingress(&group, &rule), write)
    }

    async fn create_tags(&self, id: &str, tags: &Tags) -> Result<(), AwsFailure> {
        let (id, tags) = (id.to_owned(), tags.clone());
        write!(self.create_tags(&id, &tags), Write::CreateTags { id: id.clone() })
    }

    async fn delete_tags(&self, id: &str, tags: &Tags) -> Result<(), AwsFailure> {
        let (id, tags) = (id.to_owned(), tags.clone());
        write!(self.delete_tags(&id, &tags), Write::DeleteTags { id: id.clone() })
    }
}

struct EdgeAutoScaling {
    run: Run,
    place: Place,
    inner: Arc<dyn AutoScaling>,
}

#[async_trait]
impl AutoScaling for EdgeAutoScaling {
    async fn list_groups(&self) -> Result<Vec<AutoScalingGroup>, AwsFailure> {
        read!(self.list_groups())
    }
}
