//! Where each setting comes from, leaf by leaf, as the status lists it.

use peerway_api::v1alpha1::ProxyLoadBalancerSpec;
use peerway_api::v1alpha1::proxy_load_balancer::settings::{
    AccessLogs, Attributes, BalancerGroup, BalancerProtocol, ConnectionDraining, Listener,
};
use peerway_model::{AccessLog, ListenerProtocol, LoadBalancerPolicy};

use super::run::{Run, run_in, settled, settled_in};
use super::scenario::{
    REFERENCE, by_description, coordinator, impala, made_group, query, spec_listener, with_workers,
    workers, world,
};
use crate::testing::{Estate, by_tags};

const CERTIFICATE: &str = "arn:aws:acm:us-west-2:111111111111:certificate/1";
const TLS: &str = "ELBSecurityPolicy-TLS-1-2-2017-01";

fn with_logs(prefix: &str) -> Estate {
    let mut world = world();
    let details = world.details.get_mut(&REFERENCE.parse().unwrap()).unwrap();
    details.attributes.as_mut().unwrap().as_mut().unwrap().access_log =
        Some(Some(AccessLog { bucket: "logs".to_owned(), prefix: prefix.to_owned(), interval: 5 }));
    world
}

fn logging(logs: AccessLogs) -> ProxyLoadBalancerSpec {
    let attributes = Attributes { access_logs: Some(logs), ..Attributes::default() };
    ProxyLoadBalancerSpec { attributes: Some(attributes), ..query() }
}

const UNSAID: AccessLogs =
    AccessLogs { enabled: None, bucket: None, prefix: None, interval_minutes: None };

fn log(run: &mut Run) -> Option<(String, String, u16)> {
    let name = run.desired().name;
    let attributes = run.details(name.as_str()).attributes.clone().unwrap().unwrap();
    attributes.access_log.unwrap().map(|log| (log.bucket, log.prefix, log.interval))
}

/// The rows of the status that begin so: field, value, origin.
fn rows(run: &Run, start: &str) -> Vec<String> {
    let settings = run.object.status.as_ref().unwrap().settings.iter();
    let rows = settings.filter(|it| it.field.starts_with(start));
    rows.map(|it| format!("{} = {} ({:?})", it.field, it.value, it.origin)).collect()
}

#[test]
fn logs_are_followed_leaf_by_leaf() {
    let prefix = AccessLogs { enabled: Some(true), prefix: Some("mine".to_owned()), ..UNSAID };
    let mut run = settled_in(&with_logs("druid"), logging(prefix));
    assert_eq!(log(&mut run), Some(("logs".to_owned(), "mine".to_owned(), 5)));
    assert_eq!(
        rows(&run, "attributes.accessLogs"),
        [
            "attributes.accessLogs.enabled = true (Spec)",
            "attributes.accessLogs.bucket = logs (Reference)",
            "attributes.accessLogs.prefix = mine (Spec)",
            "attributes.accessLogs.intervalMinutes = 5 (Reference)",
        ]
    );
    // A prefix that is followed is a folder of its own there, whoever named the bucket.
    let bucket = AccessLogs { bucket: Some("others".to_owned()), ..UNSAID };
    let mut run = settled_in(&with_logs("druid"), logging(bucket));
    let folder = "druid/imply-query-my-peering".to_owned();
    assert_eq!(log(&mut run), Some(("others".to_owned(), folder, 5)));
    let interval = AccessLogs { interval_minutes: Some(60), ..UNSAID };
    let mut run = settled_in(&with_logs(""), logging(interval));
    let folder = "imply-query-my-peering".to_owned();
    assert_eq!(log(&mut run), Some(("logs".to_owned(), folder, 60)));
}

#[test]
fn logs_of_a_bucket_of_the_spec_need_no_logs_of_the_reference() {
    let bucket = AccessLogs { bucket: Some("others".to_owned()), ..UNSAID };
    let mut run = settled(logging(bucket));
    assert_eq!(log(&mut run), Some(("others".to_owned(), String::new(), 60)));
    assert_eq!(
        rows(&run, "attributes.accessLogs"),
        [
            "attributes.accessLogs.enabled = true (Spec)",
            "attributes.accessLogs.bucket = others (Spec)",
            "attributes.accessLogs.prefix =  (Default)",
            "attributes.accessLogs.intervalMinutes = 60 (Default)",
        ]
    );
}

#[test]
fn where_nothing_is_logged_that_is_all_there_is_to_tell() {
    let run = settled(query());
    assert_eq!(
        rows(&run, "attributes.accessLogs"),
        ["attributes.accessLogs.enabled = false (Reference)"]
    );
    let off = AccessLogs { enabled: Some(false), ..UNSAID };
    let mut run = settled_in(&with_logs(""), logging(off));
    assert_eq!(log(&mut run), None);
    assert_eq!(
        rows(&run, "attributes.accessLogs"),
        ["attributes.accessLogs.enabled = false (Spec)"]
    );
}

#[test]
fn how_long_connections_drain_is_told_apart_from_whether_they_do() {
    let draining = |timeout_seconds| ProxyLoadBalancerSpec {
        attributes: Some(Attributes {
            connection_draining: Some(ConnectionDraining { enabled: true, timeout_seconds }),
            ..Attributes::default()
        }),
        ..query()
    };
    let told = |enabled: &str, timeout: &str| {
        [
            format!("attributes.connectionDraining.enabled = {enabled}"),
            format!("attributes.connectionDraining.timeoutSeconds = {timeout}"),
        ]
    };
    let rows = |spec| rows(&settled(spec), "attributes.connectionDraining");
    assert_eq!(rows(query()), told("true (Reference)", "120 (Reference)"));
    assert_eq!(rows(draining(None)), told("true (Spec)", "120 (Reference)"));
    assert_eq!(rows(draining(Some(7))), told("true (Spec)", "7 (Spec)"));
    let alone = ProxyLoadBalancerSpec { attributes: draining(None).attributes, ..coordinator() };
    assert_eq!(rows(alone), told("true (Spec)", "300 (Default)"));
}

#[test]
fn security_groups_are_told_as_a_whole() {
    let run = settled(query());
    assert_eq!(
        rows(&run, "securityGroups"),
        ["securityGroups = sg-0e1b0001, sg-0def0001 (Reference)"]
    );
    let run = settled_in(&with_workers(world()), impala(workers()));
    assert_eq!(rows(&run, "securityGroups"), ["securityGroups = made as 'impala-fe' (Spec)"]);
    let mut spec = coordinator();
    let nobody = BalancerGroup { description: None, ..by_description("") };
    spec.security_groups = Some(vec![
        BalancerGroup { id: Some("sg-0def0001".parse().unwrap()), ..nobody.clone() },
        BalancerGroup { name: Some("front".to_owned()), ..nobody.clone() },
        by_description("Imply Cloud Default"),
        BalancerGroup { match_tags: Some(by_tags(&[("tier", "front")])), ..nobody },
        made_group("own", 1, &["10.0.0.0/8"]),
    ]);
    let settings = super::super::settings::settings(&spec, None, &"own".parse().unwrap()).unwrap();
    let row = settings.table.iter().find(|row| row.field == "securityGroups").unwrap();
    assert_eq!(
        row.value,
        "sg-0def0001, 'front', described as 'Imply Cloud Default', tagged tier=front, made as 'own'"
    );
}

fn policy(name: &str, kind: &str, attributes: &[(&str, &str)]) -> LoadBalancerPolicy {
    let attributes = attributes.iter().map(|(key, value)| ((*key).into(), (*value).into()));
    LoadBalancerPolicy { name: name.into(), kind: kind.into(), attributes: attributes.collect() }
}

#[test]
fn certificates_and_policies_of_the_reference_are_told_one_by_one() {
    let mut run = run_in(&world(), query());
    run.edit_reference(|there| {
        let known = there.listeners.get_mut(&8888).unwrap();
        known.listener.protocol = ListenerProtocol::Https;
        known.listener.instance_protocol = ListenerProtocol::Https;
        known.listener.certificate = Some(CERTIFICATE.to_owned());
        known.policies = vec!["tls".to_owned(), "sticky".to_owned()];
        there.backends.insert(8888, vec!["auth".to_owned()]);
        there.backends.insert(9088, vec!["proxy".to_owned()]);
    });
    run.details(REFERENCE).policies = Some(Ok(vec![
        policy("tls", "SSLNegotiationPolicyType", &[("Reference-Security-Policy", TLS)]),
        policy("sticky", "LBCookieStickinessPolicyType", &[("CookieExpirationPeriod", "60")]),
        policy("proxy", "ProxyProtocolPolicyType", &[("ProxyProtocol", "true")]),
        policy("key", "PublicKeyPolicyType", &[("PublicKey", "MIIB")]),
        policy("auth", "BackendServerAuthenticationPolicyType", &[("PublicKeyPolicyName", "key")]),
    ]));
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    assert_eq!(
        rows(&run, "listeners["),
        [
            format!("listeners[8888].certificateARN = {CERTIFICATE} (Reference)"),
            format!("listeners[8888].securityPolicy = {TLS} (Reference)"),
            "listeners[8888].stickiness = CookieExpirationPeriod=60 (Reference)".to_owned(),
        ]
    );
    assert_eq!(
        rows(&run, "instancePorts["),
        [
            "instancePorts[8888].authentication = by 1 public key (Reference)",
            "instancePorts[9088].proxyProtocol = true (Reference)",
        ]
    );
}

#[test]
fn a_security_policy_that_nobody_chooses_is_told_as_the_default() {
    let secure = |port, security_policy: Option<&str>| Listener {
        instance_protocol: Some(BalancerProtocol::Tcp),
        certificate_arn: Some(CERTIFICATE.to_owned()),
        security_policy: security_policy.map(str::to_owned),
        ..spec_listener(port, BalancerProtocol::Ssl)
    };
    let plain = spec_listener(80, BalancerProtocol::Tcp);
    let listeners = Some(vec![plain, secure(443, None), secure(8443, Some(TLS))]);
    let run = settled(ProxyLoadBalancerSpec { listeners, ..coordinator() });
    assert_eq!(
        rows(&run, "listeners["),
        [
            format!("listeners[443].certificateARN = {CERTIFICATE} (Spec)"),
            "listeners[443].securityPolicy = ELBSecurityPolicy-2016-08 (Default)".to_owned(),
            format!("listeners[8443].certificateARN = {CERTIFICATE} (Spec)"),
            format!("listeners[8443].securityPolicy = {TLS} (Spec)"),
        ]
    );
}
