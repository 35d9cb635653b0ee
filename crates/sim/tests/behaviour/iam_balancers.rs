//! Under the policies that Peerway prints, role and session: what it does to balancers of its own is allowed, and what it
//! might do to those of others is not.

use std::collections::BTreeMap;
use std::sync::Arc;

use peerway_aws::{Cloud, iam};
use peerway_model::ownership::{CLUSTER, OWNER};
use peerway_model::*;
use peerway_sim::{Settings, SimCloud};

use crate::support::world_of;

const ESTATE: &str = r#"
accounts:
  "111111111111":
    roles: {peerway: {trusts: ["111111111111"], tagSession: true, policy: POLICY}}
    regions:
      us-west-2:
        vpcs:
          - id: vpc-0000000a
            cidr: 10.50.0.0/21
            subnets:
              - {id: subnet-0000000a, zone: usw2-az1, cidr: 10.50.0.0/24}
              - {id: subnet-0000000b, zone: usw2-az2, cidr: 10.50.1.0/24}
            securityGroups: [{id: sg-0000000a, name: balancer}, {id: sg-0000000b, name: workers}]
            instances: [{id: i-0000000a, subnet: subnet-0000000a, interface: eni-0000000a}]
        loadBalancers:
          - {name: foreign, subnets: [subnet-0000000a], securityGroups: [sg-0000000a], listeners: [{protocol: TCP, port: 80}]}
        autoScalingGroups:
          - {name: nodes, subnets: [subnet-0000000a], min: 0, max: 0, launch: {type: t3.micro}, loadBalancers: [foreign]}
"#;

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn owner(kind: OwnerKind) -> Owner {
    Owner {
        cluster: "c".into(),
        kind,
        namespace: "data".to_owned(),
        name: "proxy".to_owned(),
        uid: "u".to_owned(),
    }
}

/// The world, and where an object of this kind enters it.
fn entered(kind: OwnerKind) -> (SimCloud, Place) {
    let region: Region = id("us-west-2");
    let scope = iam::Scope {
        regions: vec![region.clone()],
        vpcs: vec![(id("111111111111"), id("vpc-0000000a"))],
        balancers: vec!["pro*".to_owned()],
        ..iam::Scope::default()
    };
    let policies = serde_json::Value::Array(iam::documents(&scope));
    let estate = ESTATE.replace("POLICY", &policies.to_string());
    let timings = peerway_sim::Timings::immediate();
    let world = world_of(&estate, Settings { timings, ..Settings::default() });
    let owner = owner(kind);
    let session = Session {
        name: "test".to_owned(),
        policy: Some(iam::session(
            &owner,
            &iam::Scope { balancers: vec!["proxy".to_owned()], ..scope },
        )),
        tags: vec![
            (CLUSTER.to_owned(), owner.cluster.to_string()),
            (OWNER.to_owned(), owner.owner_tag()),
        ],
    };
    let access = Access {
        name: "a".into(),
        account: id("111111111111"),
        credentials: Credentials::AssumeRole {
            role_arn: "arn:aws:iam::111111111111:role/peerway".to_owned(),
            external_id: None,
            session: None,
            tags_sessions: true,
        },
    };
    let place = Place { access: Arc::new(access), region };
    (SimCloud::new(Arc::new(world), "111111111111"), place.entered_as(session))
}

fn listener(port: u16) -> Listener {
    let tcp = ListenerProtocol::Tcp;
    Listener { port, protocol: tcp, instance_port: port, instance_protocol: tcp, certificate: None }
}

fn new(tags: Tags) -> NewLoadBalancer {
    NewLoadBalancer {
        name: id("proxy"),
        scheme: Scheme::Internal,
        listeners: vec![listener(80)],
        subnets: vec![id("subnet-0000000a")],
        security_groups: vec![id("sg-0000000a")],
        tags,
    }
}

fn denied<T: std::fmt::Debug>(what: &str, answer: Result<T, AwsFailure>) {
    let failure = answer.expect_err(what);
    assert_eq!(failure.kind, FailureKind::Denied, "{what}: {failure}");
}

#[tokio::test]
async fn a_proxys_session_may_do_to_its_own_all_that_a_proxy_needs() {
    use AttachmentApi::{LoadBalancers, TrafficSources};
    let (cloud, place) = entered(OwnerKind::ProxyLoadBalancer);
    let (elb, scaling) = (cloud.load_balancing(&place), cloud.auto_scaling(&place));
    let (name, nodes) = (id("proxy"), id("nodes"));
    let tags = owner(OwnerKind::ProxyLoadBalancer).tags(ownership::Origin::Created);
    elb.create_load_balancer(&new(tags.clone())).await.unwrap();
    elb.create_listeners(&name, &[listener(81)]).await.unwrap();
    elb.delete_listeners(&name, &[81]).await.unwrap();
    elb.attach_subnets(&name, &[id("subnet-0000000b")]).await.unwrap();
    elb.detach_subnets(&name, &[id("subnet-0000000b")]).await.unwrap();
    elb.apply_security_groups(&name, &[id("sg-0000000b")]).await.unwrap();
    let on = LoadBalancerAttributes { cross_zone: Some(true), ..LoadBalancerAttributes::default() };
    elb.modify_attributes(&name, &on).await.unwrap();
    let check = HealthCheck {
        target: "TCP:80".to_owned(),
        interval: 10,
        timeout: 5,
        unhealthy_threshold: 2,
        healthy_threshold: 2,
    };
    elb.configure_health_check(&name, &check).await.unwrap();
    let policy = LoadBalancerPolicy {
        name: "proxied".to_owned(),
        kind: "ProxyProtocolPolicyType".to_owned(),
        attributes: vec![("ProxyProtocol".to_owned(), "true".to_owned())],
    };
    elb.create_policy(&name, &policy).await.unwrap();
    elb.set_backend_policies(&name, 80, std::slice::from_ref(&policy.name)).await.unwrap();
    elb.set_backend_policies(&name, 80, &[]).await.unwrap();
    elb.set_listener_policies(&name, 80, &[]).await.unwrap();
    elb.delete_policy(&name, &policy.name).await.unwrap();
    elb.register_instances(&name, &[id("i-0000000a")]).await.unwrap();
    elb.deregister_instances(&name, &[id("i-0000000a")]).await.unwrap();
    for api in [LoadBalancers, TrafficSources] {
        scaling.attach(&nodes, &name, api).await.unwrap();
        scaling.detach(&nodes, &name, api).await.unwrap();
    }
    elb.remove_tags(&name, &tags).await.unwrap();
    denied("a balancer without our tags", elb.delete_load_balancer(&name).await);
    elb.add_tags(&name, &tags).await.unwrap();
    elb.delete_load_balancer(&name).await.unwrap();

    let ec2 = cloud.ec2(&place);
    let group = ec2.create_security_group(&id("vpc-0000000a"), "front", "d", &tags).await.unwrap();
    let interface = id("eni-0000000a");
    ec2.set_interface_groups(&interface, &[id("sg-0000000b"), group.clone()]).await.unwrap();
    ec2.set_interface_groups(&interface, &[id("sg-0000000b")]).await.unwrap();
    ec2.delete_security_group(&group).await.unwrap();
}

#[tokio::test]
async fn a_proxys_session_may_do_nothing_to_what_is_not_its_own() {
    let (cloud, place) = entered(OwnerKind::ProxyLoadBalancer);
    let (elb, ec2) = (cloud.load_balancing(&place), cloud.ec2(&place));
    let foreign = id("foreign");
    denied("delete", elb.delete_load_balancer(&foreign).await);
    denied("listeners", elb.delete_listeners(&foreign, &[80]).await);
    denied("instances", elb.deregister_instances(&foreign, &[id("i-0000000a")]).await);
    denied("untag", elb.remove_tags(&foreign, &BTreeMap::from([("k".into(), "v".into())])).await);
    denied("tag", elb.add_tags(&foreign, &BTreeMap::from([("k".into(), "v".into())])).await);
    denied("untagged", elb.create_load_balancer(&new(Tags::new())).await);
    denied("group", ec2.delete_security_group(&id("sg-0000000b")).await);
    let scaling = cloud.auto_scaling(&place);
    for api in [AttachmentApi::LoadBalancers, AttachmentApi::TrafficSources] {
        denied("untie another's", scaling.detach(&id("nodes"), &foreign, api).await);
        denied("tie another's", scaling.attach(&id("nodes"), &id("pro"), api).await);
    }
    // Our tags, but those of another object: what the role may do, this session may not.
    let mut others = owner(OwnerKind::ProxyLoadBalancer);
    others.name = "another".to_owned();
    let tags = others.tags(ownership::Origin::Created);
    elb.create_load_balancer(&new(tags)).await.unwrap();
    denied("another object's", elb.delete_load_balancer(&id("proxy")).await);
}

#[tokio::test]
async fn sessions_of_the_other_kinds_touch_no_balancer_and_no_group() {
    for kind in [OwnerKind::VpcPeering, OwnerKind::OverlapSubnetGroup] {
        let (cloud, place) = entered(kind);
        let tags = owner(kind).tags(ownership::Origin::Created);
        let elb = cloud.load_balancing(&place);
        denied("create", elb.create_load_balancer(&new(tags)).await);
        let api = AttachmentApi::LoadBalancers;
        let scaling = cloud.auto_scaling(&place);
        denied("detach", scaling.detach(&id("nodes"), &id("foreign"), api).await);
    }
}
