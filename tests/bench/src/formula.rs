//! An AWS that keeps nothing: the fleet as it stands when everything is done, made up anew for every read. Where memory is
//! measured, nothing but the controller may hold any.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use peerway_aws::{AutoScaling, Cloud, Ec2, LoadBalancing, PrefixListHead};
use peerway_model::{
    Access, AccountId, Association, AssociationId, AssociationScope, Attachment, AttachmentApi,
    AutoScalingGroup, AutoScalingGroupName, AwsFailure, CidrBlock, Connection, ConnectionEnd,
    ConnectionId, ConnectionState, Destination, Direction, FailureKind, IngressRule, Instance,
    LoadBalancerName, NatGateway, NetworkAcl, NetworkAclAssociationId, NetworkAclId,
    NetworkInterface, NetworkInterfaceId, Place, PrefixListId, Protocol, Region, Route,
    RouteOrigin, RouteState, RouteTable, RouteTableId, RouteTarget, RuleSource, SecurityGroup,
    SecurityGroupId, SecurityGroupRule, SecurityGroupRuleId, Subnet, SubnetId, Tags, Vpc, VpcDns,
    VpcId, Zone, ZoneId,
};

use peerway_sim::{Estate, Settings as WorldSettings, SimCloud, World};

use crate::fleet::{ACCOUNT, Fleet, REGION, SUBNETS, TABLES};

/// The fleet, everything in place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Formula {
    pub(crate) fleet: Fleet,
    /// The number in the UID of the first peering; the others follow.
    pub(crate) first_uid: u64,
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("the fleet is spelled well")
}

impl Formula {
    fn connection_id(peering: u32) -> ConnectionId {
        parsed(&Fleet::connection_id(peering))
    }

    fn end(vpc: u32, dns: Option<bool>) -> ConnectionEnd {
        ConnectionEnd {
            account: parsed(ACCOUNT),
            region: parsed(REGION),
            vpc: parsed(&Fleet::vpc_id(vpc)),
            cidrs: vec![parsed(&Fleet::cidr(vpc))],
            dns_resolution: dns,
        }
    }

    fn connection(self, peering: u32) -> Connection {
        let [requester, accepter] = self.fleet.ends(peering);
        Connection {
            id: Self::connection_id(peering),
            requester: Self::end(requester, Some(true)),
            accepter: Self::end(accepter, Some(false)),
            state: ConnectionState::Active,
            message: "Active".to_owned(),
            expires_at: None,
            tags: Fleet::tags(peering, self.first_uid),
        }
    }

    fn table(self, vpc: u32, table: u32) -> RouteTable {
        let id = Fleet::table_id(vpc, table);
        let route = |destination: &str, target, origin| Route {
            destination: Destination::Cidr(parsed(destination)),
            target,
            origin,
            state: RouteState::Active,
        };
        let mut routes = vec![route(&Fleet::cidr(vpc), RouteTarget::Local, RouteOrigin::Table)];
        if id == Fleet::routed_table_id(vpc) {
            routes.extend(self.fleet.neighbours(vpc).into_iter().map(|(peering, other)| {
                let target = RouteTarget::Connection(Self::connection_id(peering));
                route(&Fleet::cidr(other), target, RouteOrigin::Static)
            }));
        }
        let subnets = (0..SUBNETS).filter(|subnet| subnet % TABLES == table);
        let mut scopes: Vec<AssociationScope> = subnets
            .map(|subnet| AssociationScope::Subnet(parsed(&Fleet::subnet_id(vpc, subnet))))
            .collect();
        if table == 0 {
            scopes.push(AssociationScope::Main);
        }
        let number = (vpc * TABLES + table) * 16;
        let associations = (number..).zip(scopes).map(|(number, scope)| Association {
            id: parsed(&format!("rtbassoc-{number:08x}")),
            scope,
        });
        RouteTable {
            associations: associations.collect(),
            id: parsed(&id),
            vpc: parsed(&Fleet::vpc_id(vpc)),
            routes,
            tags: Tags::new(),
        }
    }
}

fn group_id(vpc: u32) -> SecurityGroupId {
    parsed(&format!("sg-{vpc:08x}"))
}

fn own_group(vpc: u32) -> RuleSource {
    RuleSource::SecurityGroup { id: group_id(vpc), account: parsed(ACCOUNT) }
}

/// Nothing is missing, so nothing is written.
fn unexpected<T>() -> Result<T, AwsFailure> {
    let message = "there is nothing to do here";
    Err(AwsFailure::new("Write", FailureKind::Other, None, message, None))
}

#[async_trait]
impl Cloud for Formula {
    fn ec2(&self, _place: &Place) -> Arc<dyn Ec2> {
        Arc::new(*self)
    }

    fn auto_scaling(&self, _place: &Place) -> Arc<dyn AutoScaling> {
        Arc::new(*self)
    }

    /// No balancer is declared, and none asked for: that of a world without any will do.
    fn load_balancing(&self, place: &Place) -> Arc<dyn LoadBalancing> {
        static NOWHERE: LazyLock<SimCloud> = LazyLock::new(|| {
            let world = World::new(&Estate::default(), WorldSettings::default());
            SimCloud::new(Arc::new(world.expect("nothing is wrong with nothing")), ACCOUNT)
        });
        NOWHERE.load_balancing(place)
    }

    async fn enter(&self, _: &Place) -> Result<(), AwsFailure> {
        Ok(())
    }

    async fn caller_account(&self, _: &Access, _: &Region) -> Result<AccountId, AwsFailure> {
        Ok(parsed(ACCOUNT))
    }
}

#[async_trait]
impl AutoScaling for Formula {
    async fn list_groups(&self) -> Result<Vec<AutoScalingGroup>, AwsFailure> {
        Ok(Vec::new())
    }

    async fn attachments(&self, _: &AutoScalingGroupName) -> Result<Vec<Attachment>, AwsFailure> {
        Ok(Vec::new())
    }

    async fn attach(
        &self,
        _: &AutoScalingGroupName,
        _: &LoadBalancerName,
        _: AttachmentApi,
    ) -> Result<(), AwsFailure> {
        unexpected()
    }

    async fn detach(
        &self,
        _: &AutoScalingGroupName,
        _: &LoadBalancerName,
        _: AttachmentApi,
    ) -> Result<(), AwsFailure> {
        unexpected()
    }
}

#[async_trait]
impl Ec2 for Formula {
    async fn list_instances(&self) -> Result<Vec<Instance>, AwsFailure> {
        Ok(Vec::new())
    }

    async fn list_vpcs(&self) -> Result<Vec<Vpc>, AwsFailure> {
        let vpc = |vpc| Vpc {
            id: parsed(&Fleet::vpc_id(vpc)),
            owner: parsed(ACCOUNT),
            cidrs: vec![parsed(&Fleet::cidr(vpc))],
            tags: Tags::new(),
        };
        Ok((0..self.fleet.vpcs()).map(vpc).collect())
    }

    async fn list_subnets(&self) -> Result<Vec<Subnet>, AwsFailure> {
        let subnet = |number| {
            let (vpc, subnet) = (number / SUBNETS, number % SUBNETS);
            Subnet {
                id: parsed(&Fleet::subnet_id(vpc, subnet)),
                vpc: parsed(&Fleet::vpc_id(vpc)),
                zone: parsed(&format!("usw2-az{}", subnet % 3 + 1)),
                cidrs: vec![parsed(&Fleet::subnet_cidr(vpc, subnet))],
                available_addresses: 11,
                tags: Tags::new(),
            }
        };
        Ok((0..self.fleet.vpcs() * SUBNETS).map(subnet).collect())
    }

    async fn list_route_tables(&self) -> Result<Vec<RouteTable>, AwsFailure> {
        let tables = 0..self.fleet.vpcs() * TABLES;
        Ok(tables.map(|number| self.table(number / TABLES, number % TABLES)).collect())
    }

    async fn list_connections(&self) -> Result<Vec<Connection>, AwsFailure> {
        Ok((0..self.fleet.peerings).map(|peering| self.connection(peering)).collect())
    }

    async fn list_security_groups(&self) -> Result<Vec<SecurityGroup>, AwsFailure> {
        let group = |vpc| SecurityGroup {
            id: group_id(vpc),
            vpc: parsed(&Fleet::vpc_id(vpc)),
            owner: parsed(ACCOUNT),
            name: "default".to_owned(),
            description: "default VPC security group".to_owned(),
            tags: Tags::new(),
        };
        Ok((0..self.fleet.vpcs()).map(group).collect())
    }

    async fn list_security_group_rules(&self) -> Result<Vec<SecurityGroupRule>, AwsFailure> {
        let rule = |vpc, direction, source, number: u32| SecurityGroupRule {
            id: parsed(&format!("sgr-{:08x}", vpc * 2 + number)),
            group: group_id(vpc),
            direction,
            protocol: Protocol::All,
            ports: None,
            source,
            tags: Tags::new(),
        };
        let rules = (0..self.fleet.vpcs()).flat_map(|vpc| {
            [
                rule(vpc, Direction::Ingress, own_group(vpc), 0),
                rule(vpc, Direction::Egress, RuleSource::Cidr(parsed("0.0.0.0/0")), 1),
            ]
        });
        Ok(rules.collect())
    }

    async fn list_nat_gateways(&self) -> Result<Vec<NatGateway>, AwsFailure> {
        Ok(Vec::new())
    }

    async fn list_prefix_lists(&self) -> Result<Vec<PrefixListHead>, AwsFailure> {
        Ok(Vec::new())
    }

    async fn prefix_list_entries(&self, _: &PrefixListId) -> Result<Vec<CidrBlock>, AwsFailure> {
        Ok(Vec::new())
    }

    async fn list_network_acls(&self) -> Result<Vec<NetworkAcl>, AwsFailure> {
        Ok(Vec::new())
    }

    async fn list_zones(&self) -> Result<Vec<Zone>, AwsFailure> {
        Ok(Vec::new())
    }

    async fn list_network_interfaces(&self) -> Result<Vec<NetworkInterface>, AwsFailure> {
        Ok(Vec::new())
    }

    async fn vpc_dns(&self, _: &VpcId) -> Result<VpcDns, AwsFailure> {
        Ok(VpcDns { support: true, hostnames: true })
    }

    async fn request_connection(
        &self,
        _: &VpcId,
        _: &VpcId,
        _: &AccountId,
        _: &Region,
        _: &Tags,
    ) -> Result<ConnectionId, AwsFailure> {
        unexpected()
    }

    async fn accept_connection(&self, _: &ConnectionId) -> Result<(), AwsFailure> {
        unexpected()
    }

    async fn delete_connection(&self, _: &ConnectionId) -> Result<(), AwsFailure> {
        unexpected()
    }

    async fn set_requester_dns_resolution(
        &self,
        _: &ConnectionId,
        _: bool,
    ) -> Result<(), AwsFailure> {
        unexpected()
    }

    async fn set_accepter_dns_resolution(
        &self,
        _: &ConnectionId,
        _: bool,
    ) -> Result<(), AwsFailure> {
        unexpected()
    }

    async fn create_route(
        &self,
        _: &RouteTableId,
        _: &CidrBlock,
        _: &ConnectionId,
    ) -> Result<(), AwsFailure> {
        unexpected()
    }

    async fn replace_route(
        &self,
        _: &RouteTableId,
        _: &CidrBlock,
        _: &ConnectionId,
    ) -> Result<(), AwsFailure> {
        unexpected()
    }

    async fn delete_route(&self, _: &RouteTableId, _: &CidrBlock) -> Result<(), AwsFailure> {
        unexpected()
    }

    async fn create_subnet(
        &self,
        _: &VpcId,
        _: &ZoneId,
        _: &CidrBlock,
        _: Option<&CidrBlock>,
        _: &Tags,
    ) -> Result<SubnetId, AwsFailure> {
        unexpected()
    }

    async fn delete_subnet(&self, _: &SubnetId) -> Result<(), AwsFailure> {
        unexpected()
    }

    async fn associate_subnet_cidr_block(
        &self,
        _: &SubnetId,
        _: &CidrBlock,
    ) -> Result<(), AwsFailure> {
        unexpected()
    }

    async fn create_route_table(
        &self,
        _: &VpcId,
        _: &str,
        _: &Tags,
    ) -> Result<RouteTableId, AwsFailure> {
        unexpected()
    }

    async fn delete_route_table(&self, _: &RouteTableId) -> Result<(), AwsFailure> {
        unexpected()
    }

    async fn associate_route_table(
        &self,
        _: &RouteTableId,
        _: &SubnetId,
    ) -> Result<AssociationId, AwsFailure> {
        unexpected()
    }

    async fn replace_route_table_association(
        &self,
        _: &AssociationId,
        _: &RouteTableId,
    ) -> Result<AssociationId, AwsFailure> {
        unexpected()
    }

    async fn replace_network_acl_association(
        &self,
        _: &NetworkAclAssociationId,
        _: &NetworkAclId,
    ) -> Result<NetworkAclAssociationId, AwsFailure> {
        unexpected()
    }

    async fn authorize_ingress(
        &self,
        _: &IngressRule,
        _: &Tags,
    ) -> Result<SecurityGroupRuleId, AwsFailure> {
        unexpected()
    }

    async fn revoke_ingress(
        &self,
        _: &SecurityGroupId,
        _: &SecurityGroupRuleId,
    ) -> Result<(), AwsFailure> {
        unexpected()
    }

    async fn create_security_group(
        &self,
        _: &VpcId,
        _: &str,
        _: &str,
        _: &Tags,
    ) -> Result<SecurityGroupId, AwsFailure> {
        unexpected()
    }

    async fn delete_security_group(&self, _: &SecurityGroupId) -> Result<(), AwsFailure> {
        unexpected()
    }

    async fn set_interface_groups(
        &self,
        _: &NetworkInterfaceId,
        _: &[SecurityGroupId],
    ) -> Result<(), AwsFailure> {
        unexpected()
    }

    async fn create_tags(&self, _: &str, _: &Tags) -> Result<(), AwsFailure> {
        unexpected()
    }

    async fn delete_tags(&self, _: &str, _: &Tags) -> Result<(), AwsFailure> {
        unexpected()
    }
}
