//! What an observer reads who may look into every account: the rows that reachability is judged by. Read from a copy of an
//! estate, by the same calls that the controller makes, so that it can be asked what one more route would do.

use std::sync::Arc;

use anyhow::Context;
use peerway_aws::Cloud;
use peerway_model::{
    Access, AccountId, CidrBlock, Connection, ConnectionId, Credentials, Instance, LoadBalancer,
    NatGateway, NetworkAcl, NetworkInterface, Place, PrefixList, Region, RouteTable, RouteTableId,
    SecurityGroup, SecurityGroupRule, Subnet, Vpc,
};
use peerway_reach::Rows;
use peerway_sim::{Estate, SimCloud};
use peerway_tests::in_process;

/// A copy of an estate, and somebody who may do anything in it.
pub(super) struct Replica {
    /// Each place, entered as the root of its account.
    places: Vec<(SimCloud, Place)>,
}

impl Replica {
    pub(super) fn of(estate: &Estate) -> anyhow::Result<Self> {
        let world = in_process::world(&estate.to_yaml()?);
        let places = estate.accounts.iter().flat_map(|(account, there)| {
            // An account's number is the key of its root.
            let cloud = SimCloud::new(Arc::clone(&world), account.as_str());
            there.regions.keys().map(move |region| (cloud.clone(), place(account, region)))
        });
        Ok(Self { places: places.collect() })
    }

    /// Writes a route, as the owner of the table.
    pub(super) async fn create_route(
        &self,
        table: &RouteTableId,
        destination: &CidrBlock,
        connection: &ConnectionId,
    ) -> anyhow::Result<()> {
        for (cloud, place) in &self.places {
            let ec2 = cloud.ec2(place);
            if ec2.list_route_tables().await?.iter().any(|it| it.id == *table) {
                ec2.create_route(table, destination, connection).await?;
                return Ok(());
            }
        }
        anyhow::bail!("there is no {table}")
    }

    /// Reads everything.
    pub(super) async fn look(&self) -> anyhow::Result<Sight> {
        let mut sight = Sight::default();
        for (cloud, place) in &self.places {
            let seen = sight.read(cloud, place).await;
            seen.with_context(|| {
                format!("cannot look into {} of {}", place.region, place.account())
            })?;
        }
        Ok(sight)
    }
}

fn place(account: &AccountId, region: &Region) -> Place {
    let credentials = Credentials::Own;
    let access = Access { name: account.as_str().into(), account: account.clone(), credentials };
    Place { access: Arc::new(access), region: region.clone() }
}

/// What was read.
#[derive(Default)]
pub(super) struct Sight {
    vpcs: Vec<Vpc>,
    subnets: Vec<Subnet>,
    route_tables: Vec<RouteTable>,
    connections: Vec<Connection>,
    nat_gateways: Vec<NatGateway>,
    prefix_lists: Vec<PrefixList>,
    security_groups: Vec<SecurityGroup>,
    security_group_rules: Vec<SecurityGroupRule>,
    network_acls: Vec<NetworkAcl>,
    pub(super) network_interfaces: Vec<NetworkInterface>,
    instances: Vec<Instance>,
    pub(super) load_balancers: Vec<LoadBalancer>,
}

impl Sight {
    async fn read(&mut self, cloud: &SimCloud, place: &Place) -> anyhow::Result<()> {
        let ec2 = cloud.ec2(place);
        self.vpcs.extend(ec2.list_vpcs().await?);
        self.subnets.extend(ec2.list_subnets().await?);
        self.route_tables.extend(ec2.list_route_tables().await?);
        self.connections.extend(ec2.list_connections().await?);
        self.nat_gateways.extend(ec2.list_nat_gateways().await?);
        self.security_groups.extend(ec2.list_security_groups().await?);
        self.security_group_rules.extend(ec2.list_security_group_rules().await?);
        self.network_acls.extend(ec2.list_network_acls().await?);
        self.network_interfaces.extend(ec2.list_network_interfaces().await?);
        self.instances.extend(ec2.list_instances().await?);
        for head in ec2.list_prefix_lists().await? {
            let entries = if head.is_owned_by_aws {
                None
            } else {
                Some(ec2.prefix_list_entries(&head.id).await?)
            };
            let (id, is_owned_by_aws, version) = (head.id, head.is_owned_by_aws, head.version);
            self.prefix_lists.push(PrefixList { id, is_owned_by_aws, version, entries });
        }
        let balancers = cloud.load_balancing(place).list_load_balancers().await?;
        self.load_balancers.extend(balancers);
        Ok(())
    }

    pub(super) fn rows(&self) -> Rows<'_> {
        Rows {
            vpcs: self.vpcs.iter().collect(),
            subnets: self.subnets.iter().collect(),
            route_tables: self.route_tables.iter().collect(),
            connections: self.connections.iter().collect(),
            nat_gateways: self.nat_gateways.iter().collect(),
            prefix_lists: self.prefix_lists.iter().collect(),
            security_groups: self.security_groups.iter().collect(),
            security_group_rules: self.security_group_rules.iter().collect(),
            network_acls: self.network_acls.iter().collect(),
            network_interfaces: self.network_interfaces.iter().collect(),
            instances: self.instances.iter().collect(),
            load_balancers: self.load_balancers.iter().collect(),
        }
    }
}
