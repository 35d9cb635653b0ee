//! A small estate and short words for what tests do over and over.

use std::time::Duration;

use peerway_sim::ec2::images::DescribeImages;
use peerway_sim::ec2::peerings::{
    AcceptVpcPeeringConnection, ConnectionItem, CreateVpcPeeringConnection,
    DeleteVpcPeeringConnection, DescribeVpcPeeringConnections,
};
use peerway_sim::ec2::route_tables::{CreateRoute, DescribeRouteTables, RouteItem};
use peerway_sim::ec2::{Filter, Tag};
use peerway_sim::{ApiError, Caller, Estate, Request, Settings, World};

/// `ours` and `theirs` share a Region, `far` is in another one. `twin` has the blocks of `theirs`' VPC.
pub(crate) const ESTATE: &str = r#"
accounts:
  "111111111111":
    regions:
      us-west-2:
        vpcs:
          - id: vpc-0000000a
            cidr: 10.50.0.0/21
            dnsHostnames: true
            tags: {Name: service, team: data}
            gateways: [igw-0000000a]
            routeTables:
              - {id: rtb-0000000a, main: true}
              - {id: rtb-0000000b, tags: {Name: private}}
            subnets:
              - {id: subnet-0000000a, zone: usw2-az1, cidr: 10.50.0.0/24, routeTable: rtb-0000000b}
              - {id: subnet-0000000b, zone: usw2-az2, cidr: 10.50.1.0/24}
            natGateways: [{id: nat-0000000a, subnet: subnet-0000000b}]
            securityGroups:
              - {id: sg-0000000a, name: balancer, description: The balancer}
          - id: vpc-0000000b
            cidr: 172.19.0.0/20
            dnsHostnames: true
            tags: {Name: twin}
            routeTables: [{id: rtb-0000000c, main: true}]
            securityGroups: [{id: sg-0000000b, name: twin}]
  "222222222222":
    regions:
      us-west-2:
        vpcs:
          - id: vpc-0000000c
            cidr: 172.19.0.0/20
            dnsHostnames: true
            routeTables: [{id: rtb-0000000d, main: true}]
            securityGroups: [{id: sg-0000000c, name: clients}]
  "333333333333":
    regions:
      eu-central-1:
        vpcs:
          - id: vpc-0000000d
            cidr: 10.80.0.0/16
            dnsHostnames: true
            securityGroups: [{id: sg-0000000d, name: far}]
"#;

pub(crate) const OURS: &str = "vpc-0000000a";
pub(crate) const TWIN: &str = "vpc-0000000b";
pub(crate) const THEIRS: &str = "vpc-0000000c";
pub(crate) const FAR: &str = "vpc-0000000d";

pub(crate) fn caller(account: &str, region: &str) -> Caller {
    Caller::root(&account.parse().unwrap(), &region.parse().unwrap())
}

pub(crate) fn ours() -> Caller {
    caller("111111111111", "us-west-2")
}

pub(crate) fn theirs() -> Caller {
    caller("222222222222", "us-west-2")
}

pub(crate) fn far() -> Caller {
    caller("333333333333", "eu-central-1")
}

pub(crate) fn world() -> World {
    world_with(Settings::default())
}

pub(crate) fn world_with(settings: Settings) -> World {
    world_of(ESTATE, settings)
}

pub(crate) fn world_of(estate: &str, settings: Settings) -> World {
    World::new(&Estate::from_yaml(estate).unwrap(), settings).unwrap()
}

/// What is saved and loaded is saved as the same, whatever is under way.
pub(crate) fn check_saving(world: &World) {
    let saved = world.estate();
    let settings = Settings { clock: world.clock().clone(), ..Settings::default() };
    let again = World::new(&saved, settings).unwrap();
    assert_eq!(again.estate().to_yaml().unwrap(), saved.to_yaml().unwrap());
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

/// The code that a call is refused with.
#[track_caller]
pub(crate) fn code<R: Request>(world: &World, caller: &Caller, request: R) -> String
where
    R::Reply: std::fmt::Debug,
{
    refusal(world, caller, request).code().unwrap().to_owned()
}

#[track_caller]
pub(crate) fn refusal<R: Request>(world: &World, caller: &Caller, request: R) -> ApiError
where
    R::Reply: std::fmt::Debug,
{
    world.ask(caller, request).unwrap_err()
}

#[track_caller]
pub(crate) fn done<R: Request>(world: &World, caller: &Caller, request: R) -> R::Reply
where
    R::Reply: std::fmt::Debug,
{
    world.ask(caller, request).unwrap()
}

pub(crate) fn filter(name: &str, values: &[&str]) -> Vec<Filter> {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    vec![Filter { name: name.to_owned(), values }]
}

/// An image that instances are launched from.
pub(crate) fn image(world: &World) -> String {
    let filters = filter("architecture", &["x86_64"]);
    let request = DescribeImages { filters, ..DescribeImages::default() };
    done(world, &ours(), request).images_set[0].image_id.to_string()
}

pub(crate) fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.to_owned(), value: Some(value.to_owned()) }
}

/// A request from a VPC of ours to one of another account and Region.
pub(crate) fn request_to(
    requester: &str,
    accepter: &str,
    account: &str,
    region: &str,
) -> CreateVpcPeeringConnection {
    CreateVpcPeeringConnection {
        vpc_id: requester.to_owned(),
        peer_vpc_id: accepter.to_owned(),
        peer_owner_id: Some(account.to_owned()),
        peer_region: Some(region.to_owned()),
        ..CreateVpcPeeringConnection::default()
    }
}

/// Asks for a connection from our VPC to theirs; its id.
pub(crate) fn request(world: &World) -> String {
    let asked = done(world, &ours(), request_to(OURS, THEIRS, "222222222222", "us-west-2"));
    asked.vpc_peering_connection.vpc_peering_connection_id.to_string()
}

pub(crate) fn accept(id: &str) -> AcceptVpcPeeringConnection {
    AcceptVpcPeeringConnection { vpc_peering_connection_id: id.to_owned(), dry_run: None }
}

pub(crate) fn delete(id: &str) -> DeleteVpcPeeringConnection {
    DeleteVpcPeeringConnection { vpc_peering_connection_id: id.to_owned(), dry_run: None }
}

/// An active connection from our VPC to theirs.
pub(crate) fn connect(world: &World) -> String {
    let id = request(world);
    world.advance(seconds(1));
    done(world, &theirs(), accept(&id));
    world.advance(seconds(3));
    assert_eq!(status(world, &ours(), &id), "active");
    id
}

/// An active connection from our VPC to the far one.
pub(crate) fn connect_far(world: &World) -> String {
    let asked = done(world, &ours(), request_to(OURS, FAR, "333333333333", "eu-central-1"));
    let id = asked.vpc_peering_connection.vpc_peering_connection_id.to_string();
    world.advance(seconds(1));
    done(world, &far(), accept(&id));
    world.advance(seconds(15));
    assert_eq!(status(world, &far(), &id), "active");
    id
}

#[track_caller]
pub(crate) fn connection(world: &World, caller: &Caller, id: &str) -> ConnectionItem {
    let request = DescribeVpcPeeringConnections {
        vpc_peering_connection_ids: vec![id.to_owned()],
        ..DescribeVpcPeeringConnections::default()
    };
    done(world, caller, request).vpc_peering_connection_set.remove(0)
}

#[track_caller]
pub(crate) fn status(world: &World, caller: &Caller, id: &str) -> &'static str {
    connection(world, caller, id).status.code
}

/// Whether a connection is still listed.
pub(crate) fn is_listed(world: &World, caller: &Caller, id: &str) -> bool {
    let all = done(world, caller, DescribeVpcPeeringConnections::default());
    let mut all = all.vpc_peering_connection_set.iter();
    all.any(|connection| connection.vpc_peering_connection_id.as_str() == id)
}

pub(crate) fn route_over(table: &str, destination: &str, connection: &str) -> CreateRoute {
    CreateRoute {
        route_table_id: table.to_owned(),
        destination_cidr_block: Some(destination.to_owned()),
        vpc_peering_connection_id: Some(connection.to_owned()),
        ..CreateRoute::default()
    }
}

pub(crate) fn routes(world: &World, caller: &Caller, table: &str) -> Vec<RouteItem> {
    let request = DescribeRouteTables {
        route_table_ids: vec![table.to_owned()],
        ..DescribeRouteTables::default()
    };
    done(world, caller, request).route_table_set.remove(0).route_set
}

/// The state of the route with this destination.
#[track_caller]
pub(crate) fn route_state(
    world: &World,
    caller: &Caller,
    table: &str,
    destination: &str,
) -> &'static str {
    let routes = routes(world, caller, table);
    let is_it = |route: &&RouteItem| {
        route.destination_cidr_block.is_some_and(|block| block.to_string() == destination)
    };
    routes.iter().find(is_it).unwrap().state
}
