//! Classic balancers and the groups that they are tied to: each call does what it says, and is refused as AWS refuses it.

use std::sync::Arc;

use peerway_aws::{AutoScaling, LoadBalancing};
use peerway_model::{
    AccessLog, AttachState, AttachmentApi, AwsFailure, FailureKind, HealthCheck, InstanceState,
    Listener, ListenerProtocol, LoadBalancer, LoadBalancerAttributes, LoadBalancerPolicy,
    NewLoadBalancer, Scheme, Tags,
};
use peerway_sim::{Action, Effect, Fault, FaultKind};

use crate::fronts::{Front, balanced, both, service};
use crate::refusals::assert_refused;

const CERTIFICATE: &str = "arn:aws:acm:us-west-2:111111111111:certificate/one";
const OTHER_CERTIFICATE: &str = "arn:aws:acm:us-west-2:111111111111:certificate/two";

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn listener(port: u16, protocol: ListenerProtocol) -> Listener {
    Listener {
        port,
        protocol,
        instance_port: 8888,
        instance_protocol: if protocol.is_http() {
            ListenerProtocol::Http
        } else {
            ListenerProtocol::Tcp
        },
        certificate: protocol.is_secure().then(|| CERTIFICATE.to_owned()),
    }
}

fn new(name: &str) -> NewLoadBalancer {
    NewLoadBalancer {
        name: id(name),
        scheme: Scheme::Internal,
        listeners: vec![listener(8888, ListenerProtocol::Tcp)],
        subnets: vec![id("subnet-0000000a"), id("subnet-0000000b")],
        security_groups: vec![id("sg-0000000a")],
        tags: tags(&[("team", "data")]),
    }
}

fn policy(name: &str, kind: &str, attribute: (&str, &str)) -> LoadBalancerPolicy {
    let attributes = vec![(attribute.0.to_owned(), attribute.1.to_owned())];
    LoadBalancerPolicy { name: name.to_owned(), kind: kind.to_owned(), attributes }
}

fn proxied() -> LoadBalancerPolicy {
    policy("proxied", "ProxyProtocolPolicyType", ("ProxyProtocol", "true"))
}

fn sticky() -> LoadBalancerPolicy {
    policy("sticky", "AppCookieStickinessPolicyType", ("CookieName", "session"))
}

fn check(target: &str) -> HealthCheck {
    HealthCheck {
        target: target.to_owned(),
        interval: 10,
        timeout: 5,
        unhealthy_threshold: 2,
        healthy_threshold: 3,
    }
}

fn edge(front: &Front) -> Arc<dyn LoadBalancing> {
    front.load_balancing(&service())
}

/// A balancer as the list shows it.
async fn read(elb: &dyn LoadBalancing, name: &str) -> Option<LoadBalancer> {
    let all = elb.list_load_balancers().await.unwrap();
    all.into_iter().find(|balancer| balancer.name.as_str() == name)
}

/// Both fronts, each with a balancer that is called `proxy`.
async fn with_proxy() -> [Front; 2] {
    let fronts = both(&balanced(), None).await;
    for front in &fronts {
        edge(front).create_load_balancer(&new("proxy")).await.unwrap();
    }
    fronts
}

#[tokio::test]
async fn a_balancer_is_made_read_back_and_deleted() {
    for front in both(&balanced(), None).await {
        let elb = edge(&front);
        elb.create_load_balancer(&new("proxy")).await.unwrap();
        elb.create_load_balancer(&new("proxy")).await.unwrap();
        let made = read(&*elb, "proxy").await.unwrap();
        assert_eq!(made.vpc, Some(id("vpc-0000000a")), "{}", front.name);
        assert_eq!(made.scheme, Scheme::Internal);
        assert!(made.dns_name.starts_with("internal-proxy-"), "{}: {}", front.name, made.dns_name);
        assert_eq!(made.subnets, new("proxy").subnets);
        assert_eq!(made.security_groups, new("proxy").security_groups);
        let listeners: Vec<_> = made.listeners.values().map(|it| it.listener.clone()).collect();
        assert_eq!(listeners, new("proxy").listeners);
        assert_eq!(elb.tags(&id("proxy")).await.unwrap(), new("proxy").tags);
        for _ in 0..2 {
            elb.delete_load_balancer(&id("proxy")).await.unwrap();
        }
        assert_eq!(read(&*elb, "proxy").await, None, "{}", front.name);
    }
}

#[tokio::test]
async fn lists_are_whole_whatever_the_page() {
    let mut seen = Vec::new();
    for page_limit in [None, Some(1)] {
        for front in both(&balanced(), page_limit).await {
            let elb = edge(&front);
            for name in ["one", "three", "two"] {
                elb.create_load_balancer(&new(name)).await.unwrap();
            }
            let mut all = elb.list_load_balancers().await.unwrap();
            // Its number is chance.
            for balancer in &mut all {
                balancer.dns_name.clear();
            }
            seen.push((front.name, all));
        }
    }
    for (name, all) in &seen {
        assert_eq!(all.len(), 3, "{name}");
        assert_eq!(all, &seen[0].1, "{name}");
    }
}

#[tokio::test]
async fn listeners_come_change_their_certificate_and_go() {
    for front in with_proxy().await {
        let (elb, name) = (edge(&front), id("proxy"));
        let more = [listener(443, ListenerProtocol::Ssl), listener(80, ListenerProtocol::Http)];
        elb.create_listeners(&name, &more).await.unwrap();
        elb.create_listeners(&name, &more).await.unwrap();
        elb.set_listener_certificate(&name, 443, OTHER_CERTIFICATE).await.unwrap();
        let made = read(&*elb, "proxy").await.unwrap();
        assert_eq!(made.listeners.keys().copied().collect::<Vec<_>>(), [80, 443, 8888]);
        let certificate = made.listeners[&443].listener.certificate.as_deref();
        assert_eq!(certificate, Some(OTHER_CERTIFICATE), "{}", front.name);
        elb.delete_listeners(&name, &[443, 80, 81]).await.unwrap();
        let made = read(&*elb, "proxy").await.unwrap();
        assert_eq!(made.listeners.keys().copied().collect::<Vec<_>>(), [8888], "{}", front.name);
    }
}

#[tokio::test]
async fn settings_are_read_back_as_they_were_set() {
    for front in with_proxy().await {
        let (elb, name) = (edge(&front), id("proxy"));
        elb.configure_health_check(&name, &check("HTTP:8281/status")).await.unwrap();
        assert_eq!(read(&*elb, "proxy").await.unwrap().health_check, check("HTTP:8281/status"));
        let log = AccessLog { bucket: "logs".to_owned(), prefix: "x".to_owned(), interval: 5 };
        let wanted = LoadBalancerAttributes {
            cross_zone: Some(true),
            idle_timeout: Some(120),
            draining: Some(Some(30)),
            access_log: Some(Some(log)),
            desync_mode: Some("strictest".to_owned()),
        };
        elb.modify_attributes(&name, &wanted).await.unwrap();
        assert_eq!(elb.attributes(&name).await.unwrap(), wanted, "{}", front.name);
        let off = LoadBalancerAttributes {
            draining: Some(None),
            access_log: Some(None),
            ..LoadBalancerAttributes::default()
        };
        elb.modify_attributes(&name, &off).await.unwrap();
        let left =
            LoadBalancerAttributes { draining: Some(None), access_log: Some(None), ..wanted };
        assert_eq!(elb.attributes(&name).await.unwrap(), left, "{}: the others stay", front.name);
    }
}

#[tokio::test]
async fn subnets_and_groups_change() {
    for front in with_proxy().await {
        let (elb, name) = (edge(&front), id("proxy"));
        elb.attach_subnets(&name, &[id("subnet-0000000c")]).await.unwrap();
        elb.detach_subnets(&name, &[id("subnet-0000000a")]).await.unwrap();
        elb.apply_security_groups(&name, &[id("sg-0000000b")]).await.unwrap();
        let made = read(&*elb, "proxy").await.unwrap();
        let subnets = [id("subnet-0000000b"), id("subnet-0000000c")];
        assert_eq!(made.subnets, subnets, "{}", front.name);
        assert_eq!(made.security_groups, [id("sg-0000000b")], "{}", front.name);
    }
}

#[tokio::test]
async fn policies_are_made_used_and_deleted() {
    for front in with_proxy().await {
        let (elb, name) = (edge(&front), id("proxy"));
        elb.create_listeners(&name, &[listener(80, ListenerProtocol::Http)]).await.unwrap();
        for policy in [proxied(), sticky()] {
            elb.create_policy(&name, &policy).await.unwrap();
        }
        assert_eq!(elb.policies(&name).await.unwrap(), [proxied(), sticky()], "{}", front.name);
        elb.set_backend_policies(&name, 8888, &["proxied".to_owned()]).await.unwrap();
        elb.set_listener_policies(&name, 80, &["sticky".to_owned()]).await.unwrap();
        let made = read(&*elb, "proxy").await.unwrap();
        assert_eq!(made.backends[&8888], ["proxied"], "{}", front.name);
        assert_eq!(made.listeners[&80].policies, ["sticky"], "{}", front.name);
        let in_use = elb.delete_policy(&name, "sticky").await;
        assert_refused(front.name, in_use, FailureKind::NotYet, "InvalidConfigurationRequest");
        elb.set_backend_policies(&name, 8888, &[]).await.unwrap();
        elb.set_listener_policies(&name, 80, &[]).await.unwrap();
        for policy in ["proxied", "sticky", "never-there"] {
            elb.delete_policy(&name, policy).await.unwrap();
        }
        assert_eq!(elb.policies(&name).await.unwrap(), [], "{}", front.name);
    }
}

#[tokio::test]
async fn instances_come_are_judged_and_go() {
    for front in with_proxy().await {
        let (elb, name) = (edge(&front), id("proxy"));
        assert_eq!(elb.instance_health(&name).await.unwrap(), [], "{}", front.name);
        let both = [id("i-0000000a"), id("i-0000000b")];
        elb.register_instances(&name, &both).await.unwrap();
        assert_eq!(read(&*elb, "proxy").await.unwrap().instances, both, "{}", front.name);
        let states: Vec<_> = elb.instance_health(&name).await.unwrap();
        let states: Vec<_> = states.into_iter().map(|it| (it.instance, it.state)).collect();
        let [first, second] = both.clone();
        let expected = [(first, InstanceState::InService), (second, InstanceState::InService)];
        assert_eq!(states, expected, "{}", front.name);
        elb.deregister_instances(&name, &both).await.unwrap();
        assert_eq!(read(&*elb, "proxy").await.unwrap().instances, [], "{}", front.name);
    }
}

#[tokio::test]
async fn tags_come_and_go_by_their_keys() {
    for front in with_proxy().await {
        let (elb, name) = (edge(&front), id("proxy"));
        elb.add_tags(&name, &tags(&[("team", "web"), ("env", "e04")])).await.unwrap();
        let all = tags(&[("team", "web"), ("env", "e04")]);
        assert_eq!(elb.tags(&name).await.unwrap(), all, "{}", front.name);
        elb.remove_tags(&name, &tags(&[("team", "another"), ("never", "there")])).await.unwrap();
        assert_eq!(elb.tags(&name).await.unwrap(), tags(&[("env", "e04")]), "{}", front.name);
    }
}

#[tokio::test]
async fn whatever_is_asked_of_a_balancer_that_is_not_there_is_refused_alike() {
    for front in with_proxy().await {
        let (elb, none) = (edge(&front), id("none"));
        let refused = |result: Result<(), AwsFailure>| {
            assert_refused(front.name, result, FailureKind::NotFound, "LoadBalancerNotFound");
        };
        refused(elb.tags(&none).await.map(drop));
        refused(elb.attributes(&none).await.map(drop));
        refused(elb.policies(&none).await.map(drop));
        refused(elb.instance_health(&none).await.map(drop));
        refused(elb.create_listeners(&none, &[listener(80, ListenerProtocol::Http)]).await);
        refused(elb.delete_listeners(&none, &[80]).await);
        refused(elb.set_listener_certificate(&none, 443, CERTIFICATE).await);
        refused(elb.configure_health_check(&none, &check("TCP:80")).await);
        refused(elb.attach_subnets(&none, &[id("subnet-0000000c")]).await);
        refused(elb.detach_subnets(&none, &[id("subnet-0000000a")]).await);
        refused(elb.apply_security_groups(&none, &[id("sg-0000000b")]).await);
        let attributes = LoadBalancerAttributes { cross_zone: Some(true), ..Default::default() };
        refused(elb.modify_attributes(&none, &attributes).await);
        refused(elb.create_policy(&none, &proxied()).await);
        refused(elb.delete_policy(&none, "proxied").await);
        refused(elb.set_listener_policies(&none, 80, &[]).await);
        refused(elb.set_backend_policies(&none, 80, &[]).await);
        refused(elb.register_instances(&none, &[id("i-0000000a")]).await);
        refused(elb.deregister_instances(&none, &[id("i-0000000a")]).await);
        refused(elb.add_tags(&none, &tags(&[("a", "b")])).await);
        refused(elb.remove_tags(&none, &tags(&[("a", "b")])).await);
        // Only to this it is no error.
        elb.delete_load_balancer(&none).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_there_already_is_told_from_what_fits_nowhere() {
    for front in with_proxy().await {
        let (elb, name) = (edge(&front), id("proxy"));
        let refused = |result, kind, code| assert_refused(front.name, result, kind, code);
        let (taken, invalid) = (FailureKind::AlreadyExists, FailureKind::Invalid);
        let other = NewLoadBalancer { security_groups: vec![id("sg-0000000b")], ..new("proxy") };
        refused(elb.create_load_balancer(&other).await, taken, "DuplicateLoadBalancerName");
        let other = Listener { instance_port: 8889, ..listener(8888, ListenerProtocol::Tcp) };
        refused(elb.create_listeners(&name, &[other]).await, taken, "DuplicateListener");
        elb.create_policy(&name, &proxied()).await.unwrap();
        refused(elb.create_policy(&name, &proxied()).await, taken, "DuplicatePolicyName");

        let unknown = NewLoadBalancer { subnets: vec![id("subnet-00000bad")], ..new("api") };
        let not_yet = FailureKind::NotYet;
        refused(elb.create_load_balancer(&unknown).await, not_yet, "SubnetNotFound");
        let unknown = NewLoadBalancer { security_groups: vec![id("sg-00000bad")], ..new("api") };
        refused(elb.create_load_balancer(&unknown).await, not_yet, "InvalidSecurityGroup");
        let facing = NewLoadBalancer { scheme: Scheme::InternetFacing, ..new("api") };
        refused(elb.create_load_balancer(&facing).await, invalid, "InvalidSubnet");
        let small = NewLoadBalancer { subnets: vec![id("subnet-0000000e")], ..new("api") };
        refused(elb.create_load_balancer(&small).await, invalid, "InvalidSubnet");
        let mixed = Listener {
            instance_protocol: ListenerProtocol::Http,
            ..listener(81, ListenerProtocol::Tcp)
        };
        let refusal = elb.create_listeners(&name, &[mixed]).await;
        refused(refusal, invalid, "InvalidConfigurationRequest");
        let stranger = Listener {
            certificate: Some(format!("{CERTIFICATE}-gone")),
            ..listener(443, ListenerProtocol::Ssl)
        };
        refused(elb.create_listeners(&name, &[stranger]).await, invalid, "CertificateNotFound");
        let kind = policy("odd", "NoSuchPolicyType", ("a", "b"));
        refused(elb.create_policy(&name, &kind).await, invalid, "PolicyTypeNotFound");
        refused(elb.configure_health_check(&name, &check("TCP")).await, invalid, "ValidationError");
        let attributes = LoadBalancerAttributes { idle_timeout: Some(9999), ..Default::default() };
        refused(elb.modify_attributes(&name, &attributes).await, invalid, "ValidationError");
    }
}

#[tokio::test]
async fn what_a_balancer_does_not_have_is_not_found() {
    for front in with_proxy().await {
        let (elb, name) = (edge(&front), id("proxy"));
        let refused = |result, kind, code| assert_refused(front.name, result, kind, code);
        let (missing, invalid) = (FailureKind::NotFound, FailureKind::Invalid);
        let refusal = elb.set_listener_certificate(&name, 443, CERTIFICATE).await;
        refused(refusal, missing, "ListenerNotFound");
        refused(elb.set_listener_policies(&name, 443, &[]).await, missing, "ListenerNotFound");
        let refusal = elb.set_listener_policies(&name, 8888, &["none".to_owned()]).await;
        refused(refusal, missing, "PolicyNotFound");
        let refusal = elb.set_backend_policies(&name, 8888, &["none".to_owned()]).await;
        refused(refusal, missing, "PolicyNotFound");
        let refusal = elb.set_backend_policies(&name, 9999, &[]).await;
        refused(refusal, invalid, "InvalidConfigurationRequest");
        for call in [
            elb.register_instances(&name, &[id("i-00000bad")]).await,
            elb.register_instances(&name, &[id("i-0000000d")]).await,
            elb.deregister_instances(&name, &[id("i-00000bad")]).await,
        ] {
            refused(call, missing, "InvalidInstance");
        }
        let refusal = elb.attach_subnets(&name, &[id("subnet-00000bad")]).await;
        refused(refusal, FailureKind::NotYet, "SubnetNotFound");
        let refusal = elb.attach_subnets(&name, &[id("subnet-0000001a")]).await;
        refused(refusal, FailureKind::NotYet, "InvalidConfigurationRequest");
        for subnets in [vec![id("subnet-0000000c")], new("proxy").subnets] {
            let refusal = elb.detach_subnets(&name, &subnets).await;
            refused(refusal, invalid, "InvalidConfigurationRequest");
        }
        let refusal = elb.apply_security_groups(&name, &[id("sg-00000bad")]).await;
        refused(refusal, FailureKind::NotYet, "InvalidSecurityGroup");
    }
}

#[tokio::test]
async fn a_group_is_tied_to_balancers_by_either_family() {
    for front in with_proxy().await {
        let auto_scaling: Arc<dyn AutoScaling> = front.auto_scaling(&service());
        let (group, name) = (id("nodes"), id("proxy"));
        for api in [AttachmentApi::LoadBalancers, AttachmentApi::TrafficSources] {
            assert_eq!(auto_scaling.attachments(&group).await.unwrap(), [], "{}", front.name);
            for _ in 0..2 {
                auto_scaling.attach(&group, &name, api).await.unwrap();
            }
            let tied = auto_scaling.attachments(&group).await.unwrap();
            assert_eq!((tied.len(), &tied[0].load_balancer), (1, &name), "{}", front.name);
            assert_eq!(tied[0].state, AttachState::Added, "{}", front.name);
            let groups = auto_scaling.list_groups().await.unwrap();
            assert_eq!(
                groups[0].load_balancers,
                std::slice::from_ref(&name),
                "{}: {api:?}",
                front.name
            );
            auto_scaling.detach(&group, &name, api).await.unwrap();
        }
        let refused = |result, kind| assert_refused(front.name, result, kind, "ValidationError");
        for api in [AttachmentApi::LoadBalancers, AttachmentApi::TrafficSources] {
            let (none, nobody) = (id("none"), id("nobody"));
            refused(auto_scaling.attach(&nobody, &name, api).await, FailureKind::NotFound);
            refused(auto_scaling.attach(&group, &none, api).await, FailureKind::NotYet);
            refused(auto_scaling.detach(&group, &name, api).await, FailureKind::NotFound);
            refused(auto_scaling.detach(&nobody, &name, api).await, FailureKind::NotFound);
            refused(auto_scaling.attachments(&nobody).await.map(drop), FailureKind::NotFound);
        }
    }
}

#[tokio::test]
async fn weather_over_balancers_comes_through_too() {
    for front in with_proxy().await {
        let elb = edge(&front);
        let cases = [
            (FaultKind::throttled(), FailureKind::Throttled),
            (FaultKind::internal_error(Effect::NotApplied), FailureKind::Transient),
            (FaultKind::NoAnswer { effect: Effect::NotApplied }, FailureKind::Unreachable),
        ];
        for (fault, kind) in cases {
            front.world.inject(Fault::next(Action::DescribeLoadBalancers, fault.clone()));
            let failure = elb.list_load_balancers().await.unwrap_err();
            assert_eq!(failure.kind, kind, "{}: {fault:?} came through as {failure}", front.name);
            assert_eq!(failure.operation, "DescribeLoadBalancers");
            front.world.inject(Fault::next(Action::AddTags, fault.clone()));
            let failure = elb.add_tags(&id("proxy"), &tags(&[("a", "b")])).await.unwrap_err();
            assert_eq!(failure.kind, kind, "{}: {fault:?} came through as {failure}", front.name);
        }
        assert_eq!(elb.tags(&id("proxy")).await.unwrap(), new("proxy").tags, "{}", front.name);
    }
}
