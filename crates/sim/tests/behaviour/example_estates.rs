//! The estates that Peerway ships are what they say.

use peerway_sim::autoscaling::{AttachLoadBalancers, DetachLoadBalancers};
use peerway_sim::ec2::instances::DescribeInstances;
use peerway_sim::ec2::instances::{HealthCheck, Heard};
use peerway_sim::ec2::route_tables::DescribeRouteTables;
use peerway_sim::ec2::vpcs::DescribeVpcs;
use peerway_sim::elb::{
    ConfigureHealthCheck, CreateLoadBalancer, DeleteLoadBalancer, DescribeInstanceHealth,
    HealthCheckItem, Listener,
};
use peerway_sim::sts::{AssumeRole, GetCallerIdentity};
use peerway_sim::{Caller, Estate, Settings, World};

use super::support::*;

fn load(name: &str) -> World {
    let text = std::fs::read_to_string(format!("../../deploy/examples/{name}")).unwrap();
    World::new(&Estate::from_yaml(&text).unwrap(), Settings::default()).unwrap()
}

fn controller(region: &str) -> Caller {
    Caller::key("AKIAPEERWAYCONTROLLR", &region.parse().unwrap())
}

fn enter(
    world: &World,
    account: &str,
    region: &str,
    external_id: Option<&str>,
) -> Result<Caller, String> {
    let request = AssumeRole {
        role_arn: format!("arn:aws:iam::{account}:role/peerway"),
        role_session_name: "peerway".to_owned(),
        external_id: external_id.map(str::to_owned),
        ..AssumeRole::default()
    };
    let entered = world.ask(&controller(region), request).map_err(|error| error.to_string())?;
    let credentials = entered.credentials;
    let region = region.parse().unwrap();
    Ok(Caller::session(&credentials.access_key_id, &credentials.session_token, &region))
}

#[test]
fn the_golden_estate_can_be_entered_where_it_should_and_nowhere_else() {
    let world = load("golden/estate.yaml");
    let identity = done(&world, &controller("us-west-2"), GetCallerIdentity {});
    assert_eq!(identity.account.as_str(), "999999999999");
    let service = enter(&world, "111111111111", "us-west-2", None).unwrap();
    assert_eq!(done(&world, &service, DescribeVpcs::default()).vpc_set.len(), 3);
    assert!(enter(&world, "222222222222", "us-west-2", None).unwrap_err().contains("AccessDenied"));
}

#[test]
fn the_golden_estate_is_the_example() {
    let world = load("golden/estate.yaml");
    let service = caller("111111111111", "us-west-2");
    assert_eq!(route_state(&world, &service, "rtb-7122e509", "172.19.0.0/20"), "active");
    let request = DescribeRouteTables {
        route_table_ids: vec!["rtb-7122e509".to_owned()],
        ..Default::default()
    };
    let table = done(&world, &service, request).route_table_set.remove(0);
    assert_eq!(table.association_set.len(), 6);
    let lifeline = connection(&world, &service, "pcx-d3c1e8ba");
    assert_eq!(lifeline.requester_vpc_info.vpc_id.as_str(), "vpc-828a54fb");
    assert_eq!(lifeline.status.code, "active");
    assert_eq!(world.estate().canonical().unwrap(), world.estate());
}

#[test]
fn of_the_golden_masters_one_leads() {
    let world = load("golden/estate.yaml");
    let answers = |instance: &str, port, path| {
        let check = HealthCheck { port, tls: true, path: Some(path) };
        world.hears(&instance.parse().unwrap(), check).unwrap()
    };
    let masters = ["i-0b200001", "i-0b200002", "i-0b200003"];
    for (port, path) in
        [(8281, "/druid/coordinator/v1/isLeader"), (8290, "/druid/indexer/v1/isLeader")]
    {
        let heard = masters.map(|master| answers(master, port, path));
        assert_eq!(heard, [Heard::Status(200), Heard::Status(404), Heard::Status(404)]);
    }
    assert_eq!(answers("i-0a100001", 9095, "/health"), Heard::Status(200));
}

#[test]
fn two_accounts_in_two_regions_can_be_peered() {
    let world = load("two-accounts/estate.yaml");
    let service = enter(&world, "111111111111", "us-west-2", None).unwrap();
    assert!(
        enter(&world, "333333333333", "eu-central-1", None).is_err(),
        "the external id is asked for"
    );
    let consumer =
        enter(&world, "333333333333", "eu-central-1", Some("consumer-to-peerway")).unwrap();
    let asked = done(
        &world,
        &consumer,
        request_to("vpc-0c830001", "vpc-0a510001", "111111111111", "us-west-2"),
    );
    let id = asked.vpc_peering_connection.vpc_peering_connection_id.to_string();
    world.advance(seconds(1));
    done(&world, &service, accept(&id));
    world.advance(seconds(15));
    assert_eq!(status(&world, &consumer, &id), "active");
    done(&world, &consumer, route_over("rtb-0c830001", "10.50.0.0/21", &id));
    assert_eq!(route_state(&world, &consumer, "rtb-0c830001", "10.50.0.0/21"), "active");
}

#[test]
fn the_golden_balancer_serves_and_takes_a_second_one_beside_it() {
    let world = load("golden/estate.yaml");
    let service = enter(&world, "111111111111", "us-west-2", None).unwrap();
    let health = |name: &str| {
        let request =
            DescribeInstanceHealth { load_balancer_name: name.to_owned(), instances: Vec::new() };
        let states = done(&world, &service, request).instance_states;
        (states.iter().filter(|it| it.state == "InService").count(), states.len())
    };
    assert_eq!(health("imply-e04-elbinter-qqsuirj9f9ep"), (3, 3));
    let before = world.estate();
    let balancer = CreateLoadBalancer {
        load_balancer_name: "imply-coordinator-my-peering".to_owned(),
        listeners: vec![Listener {
            protocol: "TCP".to_owned(),
            load_balancer_port: 8281,
            instance_port: 8281,
            ..Listener::default()
        }],
        subnets: ["subnet-0a000001", "subnet-0a000002", "subnet-0a000003"]
            .map(str::to_owned)
            .to_vec(),
        scheme: Some("internal".to_owned()),
        ..CreateLoadBalancer::default()
    };
    let name = balancer.load_balancer_name.clone();
    done(&world, &service, balancer);
    let check = ConfigureHealthCheck {
        load_balancer_name: name.clone(),
        health_check: HealthCheckItem {
            target: "HTTPS:8281/druid/coordinator/v1/isLeader".to_owned(),
            interval: 10,
            timeout: 5,
            unhealthy_threshold: 2,
            healthy_threshold: 2,
        },
    };
    done(&world, &service, check);
    let masters = ["imply-e04-Master-ASG-1", "imply-e04-Master-ASG-2", "imply-e04-Master-ASG-3"];
    for group in masters {
        let request = AttachLoadBalancers {
            auto_scaling_group_name: group.to_owned(),
            load_balancer_names: vec![name.clone()],
        };
        done(&world, &service, request);
    }
    world.advance(seconds(60));
    assert_eq!(health(&name), (1, 3));
    for group in masters {
        let request = DetachLoadBalancers {
            auto_scaling_group_name: group.to_owned(),
            load_balancer_names: vec![name.clone()],
        };
        done(&world, &service, request);
    }
    done(&world, &service, DeleteLoadBalancer { load_balancer_name: name });
    world.advance(seconds(300));
    assert_eq!(Estate::diff(&before, &world.estate()), [""; 0]);
}

#[test]
fn impalas_workers_are_known_by_their_tags() {
    let world = load("impala/estate.yaml");
    let service = enter(&world, "111111111111", "us-east-1", None).unwrap();
    let mut filters = filter("tag:env", &["Cluster1"]);
    filters.extend(filter("tag:type", &["worker"]));
    let request = DescribeInstances { filters, ..DescribeInstances::default() };
    assert_eq!(done(&world, &service, request).reservation_set.len(), 5);
    assert_eq!(world.estate().canonical().unwrap(), world.estate());
}
