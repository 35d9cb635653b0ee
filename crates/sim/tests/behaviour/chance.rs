//! Weather by chance: the same seed gives the same run, and every kind of trouble comes to pass.

use std::collections::BTreeMap;

use peerway_sim::autoscaling::AttachLoadBalancers;
use peerway_sim::ec2::peerings::DescribeVpcPeeringConnections;
use peerway_sim::ec2::route_tables::{CreateRouteTable, DeleteRouteTable, DescribeRouteTables};
use peerway_sim::ec2::subnets::DescribeSubnets;
use peerway_sim::ec2::tags::{CreateTags, DescribeTags};
use peerway_sim::ec2::vpcs::DescribeVpcs;
use peerway_sim::elb::{CreateLoadBalancer, DescribeLoadBalancers};
use peerway_sim::sts::AssumeRole;
use peerway_sim::weather::{Conditions, FaultName, Forecast, Lag, Latency, Throttling};
use peerway_sim::{Caller, Request, Settings, World};

use crate::elb::proxy;
use crate::support::{
    ESTATE, OURS, THEIRS, accept, caller, delete, filter, ours, request_to, route_over, seconds,
    tag, theirs, world_of, world_with,
};

/// Paging shows, our root may assume a role, and a group of instances waits for a balancer.
fn world(weather: Conditions) -> World {
    let role = "  \"111111111111\":\n    roles:\n      r: {trusts: [\"111111111111\"]}\n";
    let group = "        autoScalingGroups: [{name: nodes, subnets: [subnet-0000000b], instances: [i-0000000a]}]\n        vpcs:\n";
    let instance = "            natGateways:";
    let instances =
        format!("            instances: [{{id: i-0000000a, subnet: subnet-0000000b}}]\n{instance}");
    let settings = Settings { page_limit: Some(2), weather, ..Settings::default() };
    let estate = ESTATE.replace("  \"111111111111\":\n", role);
    let estate = estate.replacen("        vpcs:\n", group, 1).replacen(instance, &instances, 1);
    world_of(&estate, settings)
}

/// A client that goes on whatever happens, for so many rounds; a call of every sort in each.
fn live(world: &World, rounds: usize) {
    for _ in 0..rounds {
        let us = become_role(world).unwrap_or_else(ours);
        let asked = world.ask(&us, request_to(OURS, THEIRS, "222222222222", "us-west-2"));
        let id = asked.map_or_else(
            |_| listed_connection(world).unwrap_or_else(|| "pcx-0000000a".to_owned()),
            |reply| reply.vpc_peering_connection.vpc_peering_connection_id.to_string(),
        );
        world.advance(seconds(1));
        let _ = world.ask(&theirs(), accept(&id));
        world.advance(seconds(3));
        let table = CreateRouteTable { vpc_id: OURS.to_owned(), ..CreateRouteTable::default() };
        if let Ok(made) = world.ask(&us, table) {
            let id = made.route_table.route_table_id.to_string();
            let tags = CreateTags {
                resource_ids: vec![id.clone()],
                tags: vec![tag("made-by", "test")],
                ..CreateTags::default()
            };
            let _ = world.ask(&us, tags);
            let named = vec![id.clone()];
            let read = DescribeRouteTables { route_table_ids: named, ..Default::default() };
            let _ = world.ask(&us, read);
            let gone = DeleteRouteTable { route_table_id: id, dry_run: None };
            let _ = world.ask(&us, gone);
        }
        let _ = world.ask(&us, route_over("rtb-0000000b", "172.19.0.0/20", &id));
        let balancer =
            CreateLoadBalancer { subnets: vec!["subnet-0000000b".to_owned()], ..proxy("nodes") };
        let _ = world.ask(&us, balancer);
        let attach = AttachLoadBalancers {
            auto_scaling_group_name: "nodes".to_owned(),
            load_balancer_names: vec!["nodes".to_owned()],
        };
        let _ = world.ask(&us, attach);
        let _ = world.ask(&us, DescribeLoadBalancers::default());
        follow_pages(world, &us);
        let tagged = filter("tag:Name", &["service"]);
        let _ = world.ask(&us, DescribeVpcs { filters: tagged, ..DescribeVpcs::default() });
        let _ = world.ask(&us, DescribeTags::default());
        let _ = world.ask(&us, delete(&id));
    }
}

fn become_role(world: &World) -> Option<Caller> {
    let request = AssumeRole {
        role_arn: "arn:aws:iam::111111111111:role/r".to_owned(),
        role_session_name: "test".to_owned(),
        ..AssumeRole::default()
    };
    let credentials = world.ask(&ours(), request).ok()?.credentials;
    let (key, token) = (&credentials.access_key_id, &credentials.session_token);
    Some(Caller::session(key, token, &ours().region))
}

fn listed_connection(world: &World) -> Option<String> {
    let all = world.ask(&ours(), DescribeVpcPeeringConnections::default()).ok()?;
    let first = all.vpc_peering_connection_set.first()?;
    Some(first.vpc_peering_connection_id.to_string())
}

/// All pages of a list; no more than a few, since a page that is repeated for ever has no end.
fn follow_pages(world: &World, caller: &Caller) {
    let mut request = DescribeRouteTables::default();
    for _ in 0..4 {
        match world.ask(caller, request.clone()) {
            Ok(reply) if reply.next_token.is_some() => request.next_token = reply.next_token,
            _ => break,
        }
    }
    let _ = world.ask(caller, DescribeSubnets::default());
}

/// The ledger, byte by byte.
fn ledger(world: &World) -> Vec<u8> {
    serde_json::to_vec(&world.ledger()).unwrap()
}

fn stormy(seed: u64) -> Conditions {
    let median = std::time::Duration::from_millis(80);
    Conditions {
        latency: Latency::LogNormal { median, sigma: 0.5, seed },
        throttling: Throttling::Default,
        lag: vec![Lag { chance: 0.3, ..Lag::usual(seed, seconds(2)) }],
        forecast: Some(Forecast::everything(seed, 0.02)),
        faults: Vec::new(),
    }
}

#[test]
fn the_same_seed_gives_the_same_run_byte_for_byte() {
    let run = |seed| {
        let world = world(stormy(seed));
        live(&world, 40);
        (ledger(&world), world.struck(), world.estate())
    };
    let first = run(1);
    assert!(first.1.len() > 20, "{:?}", first.1);
    assert_eq!(first, run(1));
    assert_ne!(first.0, run(2).0);
}

#[test]
fn a_fork_of_a_stormy_world_goes_on_as_the_world_itself() {
    let world = world(stormy(3));
    live(&world, 10);
    let fork = world.fork();
    live(&world, 10);
    live(&fork, 10);
    assert_eq!(ledger(&world), ledger(&fork));
}

#[test]
fn everything_that_may_happen_happens() {
    let mut struck: BTreeMap<FaultName, u64> = BTreeMap::new();
    for seed in 0..20 {
        let forecast = Some(Forecast::everything(seed, 0.03));
        let world = world(Conditions { forecast, ..Conditions::default() });
        live(&world, 20);
        for (name, times) in world.struck() {
            *struck.entry(name).or_default() += times;
        }
    }
    // The last four spoil answers on their way over HTTP.
    let over_http = [
        FaultName::AnswerTruncated,
        FaultName::AnswerIncomplete,
        FaultName::AnswerForeign,
        FaultName::AnswerHuge,
    ];
    let never: Vec<_> = FaultName::BY_CHANCE
        .iter()
        .filter(|name| !struck.contains_key(name) && !over_http.contains(name))
        .collect();
    assert!(never.is_empty(), "never struck: {never:?}");
}

#[test]
fn swarms_leave_worlds_that_can_be_saved_and_loaded() {
    for seed in 0..10 {
        let forecast = Some(Forecast::swarm(seed, 0.1));
        let world = world(Conditions { forecast, ..Conditions::default() });
        live(&world, 10);
        let saved = world.estate();
        let again = World::new(&saved, Settings::default()).unwrap();
        assert_eq!(again.estate(), saved, "seed {seed}");
    }
}

#[test]
fn a_forecast_covers_the_calls_that_it_is_for() {
    let text = r#"{"throttling": "default", "forecast": {"seed": 1, "chances": {"throttled": 1},
        "where": {"account": "222222222222"}}, "faults": [{"action": "DescribeSubnets", "kind": "denied"}]}"#;
    let conditions: Conditions = serde_json::from_str(text).unwrap();
    let world = world_with(Settings { weather: conditions.clone(), ..Settings::default() });
    assert_eq!(world.conditions(), conditions);
    let described = |caller: &Caller| code_of(&world, caller, DescribeVpcs::default());
    assert_eq!(described(&ours()), None);
    assert_eq!(described(&theirs()).as_deref(), Some("RequestLimitExceeded"));
    let subnets = |caller: &Caller| code_of(&world, caller, DescribeSubnets::default());
    assert_eq!(subnets(&ours()).as_deref(), Some("UnauthorizedOperation"));
    assert_eq!(subnets(&ours()), None);
    assert_eq!(
        described(&caller("222222222222", "eu-west-1")).as_deref(),
        Some("RequestLimitExceeded")
    );
    assert_eq!(world.struck()[&FaultName::Throttled], 2);
}

fn code_of<R: Request>(world: &World, caller: &Caller, request: R) -> Option<String> {
    world.ask(caller, request).err().and_then(|error| error.code().map(str::to_owned))
}

#[test]
fn an_estate_brings_its_weather() {
    let weather = "weather:\n  latency: {fixed: {seconds: 0.5}}\n  throttling: {share: 0.5}\n  \
        forecast: {seed: 4, chances: {no-answer: 0.25}}\n  \
        faults: [{action: CreateRoute, times: 3, kind: {no-answer: {effect: applied}}}]\n";
    let world = world_of(&format!("{ESTATE}{weather}"), Settings::default());
    let conditions = world.conditions();
    assert_eq!(conditions.throttling, Throttling::Share(0.5));
    assert_eq!(conditions.latency, Latency::Fixed { seconds: seconds(1) / 2 });
    assert_eq!(conditions.faults[0].times, 3);
    assert!(world.estate().weather.is_none());
}
