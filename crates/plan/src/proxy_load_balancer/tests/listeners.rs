//! Listeners and policies that change.

use std::time::Duration;

use peerway_api::v1alpha1::ProxyLoadBalancerSpec;
use peerway_api::v1alpha1::proxy_load_balancer::settings as spec;
use peerway_api::v1alpha1::proxy_load_balancer::settings::BalancerProtocol;
use peerway_model::{ListenerProtocol, LoadBalancerPolicy};

use super::super::needs;
use super::run::{Run, run_in, settled, settled_in};
use super::scenario::{REFERENCE, by_name, coordinator, listener, query, spec_listener, world};
use crate::observed::Detail;
use crate::testing::{SETTLE, service};

const CERTIFICATE: &str = "arn:aws:acm:us-west-2:111111111111:certificate/1";
const TLS: &str = "ELBSecurityPolicy-TLS-1-2-2017-01";

fn policy(name: &str, kind: &str, attributes: &[(&str, &str)]) -> LoadBalancerPolicy {
    let attributes = attributes.iter().map(|(key, value)| ((*key).into(), (*value).into()));
    LoadBalancerPolicy { name: name.into(), kind: kind.into(), attributes: attributes.collect() }
}

fn reference_policies(run: &mut Run, policies: Vec<LoadBalancerPolicy>) {
    run.details(REFERENCE).policies = Some(Ok(policies));
}

/// A listener of a spec that shows a certificate.
fn secure(port: u16, security_policy: Option<&str>) -> spec::Listener {
    spec::Listener {
        instance_protocol: Some(BalancerProtocol::Tcp),
        certificate_arn: Some(CERTIFICATE.to_owned()),
        security_policy: security_policy.map(str::to_owned),
        ..spec_listener(port, BalancerProtocol::Ssl)
    }
}

fn listening(listeners: Vec<spec::Listener>) -> ProxyLoadBalancerSpec {
    ProxyLoadBalancerSpec { listeners: Some(listeners), ..coordinator() }
}

/// The names of the policies of a listener, short.
fn policies(run: &Run, port: u16) -> Vec<String> {
    let own = run.own();
    own.listeners[&port].policies.iter().map(|name| kind(name)).collect()
}

fn kind(name: &str) -> String {
    name.strip_prefix("peerway-").unwrap().rsplit_once('-').unwrap().0.to_owned()
}

/// The steps without what the names of policies end in.
fn short(steps: &[String]) -> Vec<String> {
    let word = |word: &str| match word.strip_prefix("peerway-") {
        Some(_) => kind(word),
        None => word.to_owned(),
    };
    let line = |line: &String| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    steps.iter().map(line).collect()
}

#[test]
fn a_fourth_listener_of_the_reference_is_followed_by_one_call() {
    let mut run = settled(query());
    run.edit_reference(|there| there.listeners.extend([listener(9999)]));
    assert_eq!(run.steps(), ["+ listeners TCP:9999 -> TCP:9999 of imply-query-my-peering"]);
    assert_eq!(run.ready().0, "True");
    run.edit_reference(|there| {
        there.listeners.remove(&8888);
    });
    assert_eq!(run.steps(), ["- listeners 8888 of imply-query-my-peering"]);
    assert_eq!(run.ready().0, "True");
}

#[test]
fn a_listener_changes_its_protocol_beside_the_others() {
    let mut run = settled(query());
    run.edit_reference(|there| {
        there.listeners.get_mut(&8888).unwrap().listener.instance_port = 8889;
    });
    assert_eq!(
        run.steps(),
        [
            "- listeners 8888 of imply-query-my-peering",
            "+ listeners TCP:8888 -> TCP:8889 of imply-query-my-peering",
        ]
    );
}

#[test]
fn new_listeners_come_before_old_ones_go() {
    let mut run = settled(listening(vec![spec_listener(80, BalancerProtocol::Tcp)]));
    run.object.spec.listeners = Some(vec![spec_listener(81, BalancerProtocol::Tcp)]);
    assert_eq!(
        run.steps(),
        [
            "+ listeners TCP:81 -> TCP:81 of imply-coordinator-my-peering",
            "- listeners 80 of imply-coordinator-my-peering",
        ]
    );
}

/// AWS refuses a listener to an instance port to which another one sends in the other way.
#[test]
fn listeners_to_one_instance_port_change_together_from_plain_to_encrypted() {
    let to = |port, instance_port, instance_protocol| spec::Listener {
        instance_port,
        instance_protocol: Some(instance_protocol),
        ..spec_listener(port, BalancerProtocol::Tcp)
    };
    let with = |protocol| vec![to(80, 8080, protocol), to(81, 8080, protocol)];
    let mut run = settled(listening(with(BalancerProtocol::Tcp)));
    run.object.spec.listeners = Some(with(BalancerProtocol::Ssl));
    assert_eq!(
        run.steps(),
        [
            "- listeners 80, 81 of imply-coordinator-my-peering",
            "+ listeners TCP:80 -> SSL:8080, TCP:81 -> SSL:8080 of imply-coordinator-my-peering",
        ]
    );
    // One more beside, and one fewer: what is in its way goes first.
    run.object.spec.listeners = Some(vec![to(82, 8080, BalancerProtocol::Tcp)]);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    assert_eq!(run.own().listeners.len(), 1);
}

/// AWS may refuse the certificate, and then the old listener would be gone for nothing.
#[test]
fn a_certificate_that_nobody_shows_is_tried_before_a_listener_is_exchanged_for_one_with_it() {
    let mut run = settled(listening(vec![spec_listener(443, BalancerProtocol::Tcp)]));
    run.object.spec.listeners = Some(vec![secure(443, None)]);
    let own = "of imply-coordinator-my-peering";
    assert_eq!(
        run.steps(),
        [
            format!("+ listeners SSL:65535 -> TCP:65535 {own}"),
            format!("- listeners 443 {own}"),
            format!("+ listeners SSL:443 -> TCP:443 {own}"),
            format!("- listeners 65535 {own}"),
        ]
    );
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    // Where one shows a certificate, another one can be tried on it.
    let other = CERTIFICATE.replace("/1", "/2");
    run.object.spec.listeners = Some(vec![spec::Listener {
        instance_port: 8443,
        certificate_arn: Some(other.clone()),
        ..secure(443, None)
    }]);
    assert_eq!(
        run.steps(),
        [
            format!("~ certificate {other} of listener 443 {own}"),
            format!("- listeners 443 {own}"),
            format!("+ listeners SSL:443 -> TCP:8443 {own}"),
        ]
    );
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

/// AWS gives a port to one listener.
#[test]
fn several_certificates_are_tried_on_ports_of_their_own() {
    let plain = |port| spec_listener(port, BalancerProtocol::Tcp);
    let mut run = settled(listening(vec![plain(443), plain(8443)]));
    let other = spec::Listener {
        certificate_arn: Some(CERTIFICATE.replace("/1", "/2")),
        ..secure(8443, None)
    };
    run.object.spec.listeners = Some(vec![secure(443, None), other]);
    let own = "of imply-coordinator-my-peering";
    assert_eq!(
        run.next(),
        [
            format!("+ listeners SSL:65535 -> TCP:65535 {own}"),
            format!("+ listeners SSL:65534 -> TCP:65534 {own}"),
        ]
    );
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn a_listener_that_is_yet_to_come_keeps_no_instance_waiting() {
    let mut run = settled(query());
    run.edit_reference(|there| there.listeners.extend([listener(9999)]));
    run.object.spec.targets = by_name(&["imply-e04-Query-ASG", "imply-e04-Master-1-ASG"]);
    assert_eq!(
        run.next(),
        [
            "+ listeners TCP:9999 -> TCP:9999 of imply-query-my-peering",
            "+ attach imply-query-my-peering to 'imply-e04-Master-1-ASG'",
        ]
    );
}

#[test]
fn another_certificate_alone_is_set_in_place() {
    let mut run = settled(listening(vec![secure(443, None)]));
    run.object.spec.listeners.as_mut().unwrap()[0].certificate_arn =
        Some(CERTIFICATE.replace("/1", "/2"));
    assert_eq!(
        run.steps(),
        [
            "~ certificate arn:aws:acm:us-west-2:111111111111:certificate/2 of listener 443 of imply-coordinator-my-peering"
        ]
    );
    assert_eq!(run.ready().0, "True");
}

#[test]
fn a_security_policy_is_made_switched_to_and_the_old_one_deleted() {
    let mut run = run_in(&world(), listening(vec![secure(443, Some(TLS))]));
    let steps = short(&run.steps());
    assert_eq!(
        steps[1..3],
        [
            "+ policy SSLNegotiation (SSLNegotiationPolicyType) of imply-coordinator-my-peering",
            "~ policies of listener 443 of imply-coordinator-my-peering: SSLNegotiation",
        ]
    );
    run.object.spec.listeners = Some(vec![secure(443, Some("ELBSecurityPolicy-2016-08"))]);
    assert_eq!(
        short(&run.steps()),
        [
            "+ policy SSLNegotiation (SSLNegotiationPolicyType) of imply-coordinator-my-peering",
            "~ policies of listener 443 of imply-coordinator-my-peering: SSLNegotiation",
            "- policy SSLNegotiation of imply-coordinator-my-peering",
        ]
    );
    assert_eq!(run.ready().0, "True");
}

/// Nobody asks for a policy any more: AWS's default, not what somebody once asked for.
#[test]
fn a_security_policy_that_is_no_longer_named_does_not_stay() {
    let mut run = settled(listening(vec![secure(443, Some(TLS)), secure(8443, Some(TLS))]));
    run.object.spec.listeners = Some(vec![secure(443, None), secure(8443, None)]);
    run.visit();
    let name = run.desired().name;
    let told = run.details(name.as_str()).policies.clone().unwrap().unwrap();
    assert!(told.iter().flat_map(|it| &it.attributes).all(|(_, value)| value != TLS), "{told:?}");
    assert_eq!(run.ready().0, "True");
    assert!(run.visit().is_empty());
}

fn secure_reference(run: &mut Run) {
    run.edit_reference(|there| {
        let known = there.listeners.get_mut(&8888).unwrap();
        known.listener.protocol = ListenerProtocol::Https;
        known.listener.instance_protocol = ListenerProtocol::Http;
        known.listener.certificate = Some(CERTIFICATE.to_owned());
        known.policies = vec!["tls".to_owned(), "sticky".to_owned()];
        there.backends.insert(9088, vec!["proxy".to_owned()]);
    });
    reference_policies(
        run,
        vec![
            policy("tls", "SSLNegotiationPolicyType", &[("Reference-Security-Policy", TLS)]),
            policy("sticky", "LBCookieStickinessPolicyType", &[("CookieExpirationPeriod", "60")]),
            policy("proxy", "ProxyProtocolPolicyType", &[("ProxyProtocol", "true")]),
        ],
    );
}

#[test]
fn policies_of_the_reference_are_copied_for_listeners_and_instance_ports() {
    let mut run = run_in(&world(), query());
    secure_reference(&mut run);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    assert_eq!(policies(&run, 8888), ["SSLNegotiation", "LBCookieStickiness"]);
    assert_eq!(
        run.own().backends[&9088].iter().map(|it| kind(it)).collect::<Vec<_>>(),
        ["ProxyProtocol"]
    );
    // The spec takes over: nothing of the reference's stays.
    run.object.spec.listeners = Some(vec![spec::Listener {
        instance_protocol: Some(BalancerProtocol::Http),
        certificate_arn: Some(CERTIFICATE.to_owned()),
        ..spec_listener(8888, BalancerProtocol::Https)
    }]);
    run.visit();
    assert_eq!(policies(&run, 8888), ["SSLNegotiation"]);
    assert!(run.own().backends.values().all(Vec::is_empty));
    assert_eq!(run.setting("listeners").1, "Spec");
    assert!(run.visit().is_empty());
}

#[test]
fn a_policy_with_what_it_names_is_made_in_order_and_deleted_the_other_way_round() {
    let mut run = run_in(&world(), query());
    run.edit_reference(|there| {
        there.listeners.get_mut(&8888).unwrap().listener.instance_protocol = ListenerProtocol::Ssl;
        there.backends.insert(8888, vec!["auth".to_owned()]);
    });
    let keys = |key: &str| {
        vec![
            policy("key", "PublicKeyPolicyType", &[("PublicKey", key)]),
            policy(
                "auth",
                "BackendServerAuthenticationPolicyType",
                &[("PublicKeyPolicyName", "key")],
            ),
        ]
    };
    reference_policies(&mut run, keys("MIIB"));
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    // `check` holds the order of making and of deleting, whichever names the keys give.
    for key in ["MIIC", "MIID", "MIIE", "MIIF", "MIIG", "MIIH"] {
        reference_policies(&mut run, keys(key));
        assert_eq!(run.visit().len(), 5, "two made, one set, two deleted");
    }
}

/// AWS keeps the policies of an instance port whose last listener is gone, and sets none where there is no listener.
#[test]
fn policies_that_the_reference_has_left_over_are_not_followed() {
    let mut run = run_in(&world(), query());
    run.edit_reference(|there| {
        there.backends.insert(7777, vec!["proxy".to_owned()]);
    });
    let proxy = policy("proxy", "ProxyProtocolPolicyType", &[("ProxyProtocol", "true")]);
    reference_policies(&mut run, vec![proxy]);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    assert!(!run.own().backends.contains_key(&7777));
}

fn stick(run: &mut Run, policy: &str) {
    run.edit_reference(|there| {
        let known = there.listeners.get_mut(&8888).unwrap();
        known.listener.protocol = ListenerProtocol::Http;
        known.listener.instance_protocol = ListenerProtocol::Http;
        known.policies = vec![policy.to_owned()];
    });
}

/// A policy that came after its contents were read, or went before: ours stays until it is known what takes its place.
#[test]
fn a_policy_of_the_reference_of_which_nothing_was_told_yet_takes_nothing_away() {
    let mut run = run_in(&world(), query());
    let sticky = |name: &str, period: &str| {
        policy(name, "LBCookieStickinessPolicyType", &[("CookieExpirationPeriod", period)])
    };
    stick(&mut run, "hour");
    reference_policies(&mut run, vec![sticky("hour", "3600")]);
    run.visit();
    assert_eq!(policies(&run, 8888), ["LBCookieStickiness"]);
    stick(&mut run, "day");
    assert!(run.visit().is_empty(), "{}", run.plan());
    assert_eq!(run.ready(), ("False".to_owned(), "ReferenceNotFound".to_owned()));
    assert!(run.message().contains("names the policy 'day'"), "{}", run.message());
    reference_policies(&mut run, vec![sticky("day", "86400")]);
    assert_eq!(run.visit().len(), 3, "one made, one set, one deleted");
    assert_eq!(run.ready().0, "True");
    // Where the spec says what it listens on, the reference's policies are nobody's concern.
    run.object.spec.listeners = Some(vec![spec_listener(8888, BalancerProtocol::Tcp)]);
    stick(&mut run, "week");
    run.visit();
    assert_eq!(run.ready().0, "True");
}

#[test]
fn what_policies_say_is_no_older_than_the_list_that_names_them() {
    let mut run = settled(query());
    let ages = |run: &Run| {
        let needs = needs(&run.desired(), &run.observed, &run.recorded());
        [run.desired().name, REFERENCE.parse().unwrap()]
            .map(|name| needs.balancers[&(service(), name, Detail::Policies)])
    };
    stick(&mut run, "hour");
    assert_eq!(ages(&run), [SETTLE * 2; 2]);
    super::run::unconfirm(run.view().load_balancers.as_mut().unwrap());
    assert_eq!(ages(&run), [Duration::ZERO; 2]);
}

#[test]
fn what_cannot_be_followed_is_named() {
    let mut run = run_in(&world(), query());
    run.edit_reference(|there| {
        there.listeners.get_mut(&8888).unwrap().policies = vec!["new".to_owned()];
    });
    reference_policies(&mut run, vec![policy("new", "QuantumPolicyType", &[])]);
    run.visit();
    assert_eq!(run.ready().0, "True");
    let [(reason, message)] = &run.warnings()[..] else { panic!("{:?}", run.warnings()) };
    assert_eq!(reason, "NotFollowed");
    assert!(message.contains("'new' of listener 8888"), "{message}");
}

#[test]
fn a_listener_of_a_stranger_is_taken_away_once_that_is_certain() {
    let mut run = settled_in(&world(), query());
    run.edit_own(|there| there.listeners.extend([listener(22)]));
    let certain = run.observed.clone();
    super::run::unconfirm(run.view().load_balancers.as_mut().unwrap());
    assert!(run.visit().is_empty());
    assert!(run.waiting().contains("second look at the listeners"), "{}", run.waiting());
    assert_eq!(run.ready().0, "False");
    run.observed = certain;
    assert_eq!(run.steps(), ["- listeners 22 of imply-query-my-peering"]);
    assert_eq!(run.ready().0, "True");
}
