//! EC2.

use std::sync::{Arc, MutexGuard};

use async_trait::async_trait;
use peerway_aws::{Ec2, PrefixListHead};
use peerway_model::clock::since;
use peerway_model::{
    AccountId, AssociationId, AssociationScope, AwsFailure, CidrBlock, Connection, ConnectionId,
    IngressRule, Instance, NatGateway, NetworkAcl, NetworkAclAssociationId, NetworkAclId,
    NetworkInterface, NetworkInterfaceId, PrefixListId, Region, RouteTable, RouteTableId,
    SecurityGroup, SecurityGroupId, SecurityGroupRule, SecurityGroupRuleId, Subnet, SubnetId, Tags,
    Vpc, VpcDns, VpcId, Zone, ZoneId,
};

use super::{POLL, Passage, Seen};
use crate::judge::Write;
use crate::time;

pub(super) struct EdgeEc2 {
    pub(super) passage: Passage,
    pub(super) inner: Arc<dyn Ec2>,
}

impl EdgeEc2 {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.passage.seen.lock().expect("nobody panics while holding it")
    }

    /// Whose association this is.
    fn subnet_of_table(&self, association: &AssociationId) -> Option<SubnetId> {
        let seen = self.seen();
        // It was read as the controller, and is written in a session.
        let here = seen.tables.iter().filter(|(at, _)| at.is_same_spot(&self.passage.place));
        let tables = here.flat_map(|(_, (_, tables))| tables);
        let mut associations = tables.flat_map(|table| &table.associations);
        match &associations.find(|known| known.id == *association)?.scope {
            AssociationScope::Subnet(subnet) => Some(subnet.clone()),
            AssociationScope::Main | AssociationScope::Gateway(_) => None,
        }
    }

    fn subnet_of_acl(&self, association: &NetworkAclAssociationId) -> Option<SubnetId> {
        let seen = self.seen();
        let here = seen.acls.iter().filter(|(at, _)| at.is_same_spot(&self.passage.place));
        let mut associations = here.flat_map(|(_, acls)| acls).flat_map(|acl| &acl.associations);
        associations.find(|(known, _)| known == association).map(|(_, subnet)| subnet.clone())
    }

    fn instance_of(&self, interface: &NetworkInterfaceId) -> Option<String> {
        let seen = self.seen();
        let mut here =
            seen.interfaces.iter().filter(|(at, _)| at.is_same_spot(&self.passage.place));
        here.find_map(|(_, all)| all.iter().find(|known| known.id == *interface))?.instance.clone()
    }
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
        let held = self.seen().tables.get(&self.passage.place).cloned();
        if let Some((at, tables)) = held
            && self.passage.tampering.answers_from_before
            && since(time::now(), at) < POLL
        {
            return Ok(tables);
        }
        let tables: Result<Vec<RouteTable>, AwsFailure> = read!(self.list_route_tables());
        if let Ok(tables) = &tables {
            let held = (time::now(), tables.clone());
            self.seen().tables.insert(self.passage.place.clone(), held);
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
            self.seen().acls.insert(self.passage.place.clone(), acls.clone());
        }
        acls
    }
    async fn list_zones(&self) -> Result<Vec<Zone>, AwsFailure> {
        read!(self.list_zones())
    }
    async fn list_network_interfaces(&self) -> Result<Vec<NetworkInterface>, AwsFailure> {
        let all: Result<Vec<NetworkInterface>, AwsFailure> = read!(self.list_network_interfaces());
        if let Ok(all) = &all {
            self.seen().interfaces.insert(self.passage.place.clone(), all.clone());
        }
        all
    }
    async fn list_instances(&self) -> Result<Vec<Instance>, AwsFailure> {
        read!(self.list_instances())
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
        let tags = self.passage.tags(tags);
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
        let tags = self.passage.tags(tags);
        let write = Write::CreateSubnet { vpc: vpc.clone(), cidr };
        write!(self.create_subnet(&vpc, &zone, &cidr, ipv6.as_ref(), &tags), write)
    }

    async fn delete_subnet(&self, subnet: &SubnetId) -> Result<(), AwsFailure> {
        let id = subnet.clone();
        write!(self.delete_subnet(&id), Write::DeleteSubnet { subnet: id.clone() })
    }

    async fn associate_subnet_cidr_block(
        &self,
        subnet: &SubnetId,
        ipv6: &CidrBlock,
    ) -> Result<(), AwsFailure> {
        let (subnet, ipv6) = (subnet.clone(), *ipv6);
        let write = Write::AssociateBlock { subnet: subnet.clone(), ipv6 };
        write!(self.associate_subnet_cidr_block(&subnet, &ipv6), write)
    }

    async fn create_route_table(
        &self,
        vpc: &VpcId,
        client_token: &str,
        tags: &Tags,
    ) -> Result<RouteTableId, AwsFailure> {
        let (vpc, token, tags) = (vpc.clone(), client_token.to_owned(), self.passage.tags(tags));
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
        let (rule, tags) = (rule.clone(), self.passage.tags(tags));
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

    async fn create_security_group(
        &self,
        vpc: &VpcId,
        name: &str,
        description: &str,
        tags: &Tags,
    ) -> Result<SecurityGroupId, AwsFailure> {
        let (vpc, name, tags) = (vpc.clone(), name.to_owned(), self.passage.tags(tags));
        let description = description.to_owned();
        let write = Write::CreateSecurityGroup { vpc: vpc.clone(), name: name.clone() };
        write!(self.create_security_group(&vpc, &name, &description, &tags), write)
    }

    async fn delete_security_group(&self, group: &SecurityGroupId) -> Result<(), AwsFailure> {
        let id = group.clone();
        write!(self.delete_security_group(&id), Write::DeleteSecurityGroup { group: id.clone() })
    }

    async fn set_interface_groups(
        &self,
        interface: &NetworkInterfaceId,
        groups: &[SecurityGroupId],
    ) -> Result<(), AwsFailure> {
        let (interface, groups) = (interface.clone(), groups.to_vec());
        let instance = self.instance_of(&interface);
        let write = Write::SetInterfaceGroups { instance, groups: groups.clone() };
        write!(self.set_interface_groups(&interface, &groups), write)
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
