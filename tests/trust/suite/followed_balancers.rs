//! What is played: a `ProxyLoadBalancer` whose reference has policies, that come, become others, and go.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use peerway_sim::Entry;
use peerway_sim::elb::{
    CreateLoadBalancerPolicy, DeleteLoadBalancerPolicy, PolicyAttribute,
    SetLoadBalancerPoliciesForBackendServer, SetLoadBalancerPoliciesOfListener,
};
use peerway_sim::estate::Policy;
use peerway_trust::scenario::{Scenario, Step};
use peerway_trust::stage::Stage;

use crate::balancers::{QUERY, REFERENCE, balancer, change, complaint, drift, following};
use crate::scenarios::{ACCOUNT, GOLDEN, REGION};

/// What a policy says: its type, its attribute and the attribute's value.
type Content = (&'static str, &'static str, &'static str);
const PROXY: Content = ("ProxyProtocolPolicyType", "ProxyProtocol", "true");
const HOUR: Content = ("LBCookieStickinessPolicyType", "CookieExpirationPeriod", "3600");
const COOKIE: Content = ("AppCookieStickinessPolicyType", "CookieName", "session");
/// A listener of the reference, and its instance port.
const PORT: u16 = 9088;
const STICKY: u16 = 8080;

/// The golden estate, whose reference also listens where it may be sticky.
static WEB: LazyLock<String> = LazyLock::new(|| {
    let first = "- {protocol: TCP, port: 8888}";
    GOLDEN.replacen(
        first,
        &format!("- {{protocol: HTTP, port: {STICKY}}}\n              {first}"),
        1,
    )
});

/// The golden estate, whose reference also speaks to its instances in secret.
static SECRET: LazyLock<String> = LazyLock::new(|| {
    let first = "- {protocol: TCP, port: 8888}";
    let more = "- {protocol: TCP, port: 8443, instanceProtocol: SSL}";
    GOLDEN.replacen(first, &format!("{more}\n              {first}"), 1)
});

/// Somebody changes the reference, and it is followed once that holds.
fn followed(
    name: &'static str,
    before: fn(&Stage),
    by_hand: fn(&Stage),
    once: fn(&Stage) -> bool,
) -> Scenario {
    let then = Some(Step { once, change: |_| {} });
    Scenario { is_by_hand: true, then, also: only_used, ..change(name, before, by_hand) }
}

pub(crate) fn all() -> Vec<Scenario> {
    [proxy_protocol(), stickiness(), secrets()].into_iter().flatten().collect()
}

fn proxy_protocol() -> Vec<Scenario> {
    fn speaking(stage: &Stage) {
        speak(stage);
        following(stage);
    }
    vec![
        followed("proxy: what it follows speaks the proxy protocol", following, speak, |stage| {
            on_backend(stage, &[PROXY])
        }),
        followed(
            "proxy: what it follows speaks the proxy protocol no more",
            speaking,
            |stage| set_backend(stage, REFERENCE, PORT, &[]),
            |stage| on_backend(stage, &[]),
        ),
        Scenario {
            then: Some(Step { once: |stage| on_backend(stage, &[PROXY]), change: |_| {} }),
            ..drift("proxy: a policy of ours is taken off and deleted by hand", speaking, |stage| {
                let own = balancer(stage, QUERY).expect("it is there");
                set_backend(stage, QUERY, PORT, &[]);
                let request = DeleteLoadBalancerPolicy {
                    load_balancer_name: QUERY.to_owned(),
                    policy_name: own.policies[0].name.clone(),
                };
                stage.hand(ACCOUNT, REGION, request);
            })
        },
    ]
}

fn stickiness() -> Vec<Scenario> {
    fn sticky(stage: &Stage) {
        stick(stage);
        following(stage);
    }
    let web = |scenario| Scenario { estate: &WEB, ..scenario };
    vec![
        web(followed("proxy: what it follows becomes sticky", following, stick, |stage| {
            on_listener(stage, &[HOUR])
        })),
        Scenario {
            also: without_a_gap,
            ..web(followed(
                "proxy: what it follows becomes sticky otherwise",
                sticky,
                |stage| {
                    create(stage, "session", COOKIE);
                    set_listener(stage, &["session"]);
                    delete(stage, "hour");
                },
                |stage| on_listener(stage, &[COOKIE]),
            ))
        },
        web(followed(
            "proxy: what it follows is sticky no more",
            sticky,
            |stage| {
                set_listener(stage, &[]);
                delete(stage, "hour");
            },
            |stage| on_listener(stage, &[]),
        )),
    ]
}

/// Those that name others: keys come before what is authenticated by them, and go after it.
fn secrets() -> Vec<Scenario> {
    fn authenticate(stage: &Stage, key: &'static str) {
        create(stage, key, ("PublicKeyPolicyType", "PublicKey", key));
        let name = format!("by-{key}");
        create(stage, &name, ("BackendServerAuthenticationPolicyType", "PublicKeyPolicyName", key));
        set_backend(stage, REFERENCE, 8443, &[&name]);
    }
    fn secret(stage: &Stage) {
        authenticate(stage, "MIIBone");
        following(stage);
    }
    vec![Scenario {
        estate: &SECRET,
        also: without_a_gap,
        ..followed(
            "proxy: what it follows knows its instances by another key",
            secret,
            |stage| {
                authenticate(stage, "MIIBtwo");
                delete(stage, "by-MIIBone");
                delete(stage, "MIIBone");
            },
            |stage| {
                let own = ours(stage);
                let keys = own.iter().flat_map(|policy| &policy.attributes);
                keys.filter(|it| it.name == "PublicKey").all(|it| it.value == "MIIBtwo")
            },
        )
    }]
}

/// One policy for another: at no moment is there none.
fn without_a_gap(stage: &Stage) -> Vec<String> {
    let is_gap = |call: &Entry| {
        let is_set =
            ["SetLoadBalancerPoliciesOfListener", "SetLoadBalancerPoliciesForBackendServer"]
                .contains(&&*call.action);
        is_set && call.summary.contains(QUERY) && !call.summary.contains("PolicyNames.1=")
    };
    let gaps = stage.world.ledger().into_iter().filter(is_gap);
    let gaps = gaps.map(|call| format!("{}: {}", call.action, call.summary));
    gaps.chain(only_used(stage)).collect()
}

/// No policy of ours is left that nothing uses.
fn only_used(stage: &Stage) -> Vec<String> {
    let used = used(stage);
    let keys = ours(stage).into_iter().filter(|policy| used.contains(&policy.name));
    let keys: BTreeSet<String> =
        keys.flat_map(|policy| policy.attributes).map(|attribute| attribute.value).collect();
    let mut ours = ours(stage).into_iter();
    let is_well = ours.all(|it| used.contains(&it.name) || keys.contains(&it.name));
    complaint("policies of ours are left", is_well)
}

fn speak(stage: &Stage) {
    create(stage, "speaks", PROXY);
    set_backend(stage, REFERENCE, PORT, &["speaks"]);
}

fn stick(stage: &Stage) {
    create(stage, "hour", HOUR);
    set_listener(stage, &["hour"]);
}

/// A policy of the reference.
fn create(stage: &Stage, name: &str, (kind, key, value): Content) {
    let attribute =
        PolicyAttribute { attribute_name: key.to_owned(), attribute_value: value.to_owned() };
    let request = CreateLoadBalancerPolicy {
        load_balancer_name: REFERENCE.to_owned(),
        policy_name: name.to_owned(),
        policy_type_name: kind.to_owned(),
        policy_attributes: vec![attribute],
    };
    stage.hand(ACCOUNT, REGION, request);
}

fn delete(stage: &Stage, name: &str) {
    let request = DeleteLoadBalancerPolicy {
        load_balancer_name: REFERENCE.to_owned(),
        policy_name: name.to_owned(),
    };
    stage.hand(ACCOUNT, REGION, request);
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn set_listener(stage: &Stage, policies: &[&str]) {
    let request = SetLoadBalancerPoliciesOfListener {
        load_balancer_name: REFERENCE.to_owned(),
        load_balancer_port: STICKY.into(),
        policy_names: texts(policies),
    };
    stage.hand(ACCOUNT, REGION, request);
}

fn set_backend(stage: &Stage, name: &str, instance_port: u16, policies: &[&str]) {
    let request = SetLoadBalancerPoliciesForBackendServer {
        load_balancer_name: name.to_owned(),
        instance_port: instance_port.into(),
        policy_names: texts(policies),
    };
    stage.hand(ACCOUNT, REGION, request);
}

/// The policies of the balancer that follows; all of them were made by us, for none of its listeners is secure.
fn ours(stage: &Stage) -> Vec<Policy> {
    balancer(stage, QUERY).map(|it| it.policies).unwrap_or_default()
}

/// The names of those that its listeners and instance ports use.
fn used(stage: &Stage) -> BTreeSet<String> {
    let Some(own) = balancer(stage, QUERY) else { return BTreeSet::new() };
    let listeners = own.listeners.into_iter().filter_map(|listener| listener.policies);
    listeners.chain(own.backend_policies.into_values()).flatten().collect()
}

fn on_listener(stage: &Stage, wanted: &[Content]) -> bool {
    let own = balancer(stage, QUERY).map(|it| it.listeners).unwrap_or_default();
    let mut own = own.into_iter().filter(|listener| listener.port == STICKY);
    own.next().is_some_and(|it| say(stage, &it.policies.unwrap_or_default(), wanted))
}

fn on_backend(stage: &Stage, wanted: &[Content]) -> bool {
    let own = balancer(stage, QUERY).map(|it| it.backend_policies).unwrap_or_default();
    own.get(&PORT).map_or(wanted.is_empty(), |names| say(stage, names, wanted))
}

/// Whether these policies of ours say exactly that.
fn say(stage: &Stage, names: &BTreeSet<String>, wanted: &[Content]) -> bool {
    let all = ours(stage);
    let is = |policy: &Policy, (kind, key, value): &Content| {
        let mut said = policy.attributes.iter();
        policy.kind == *kind && said.any(|it| it.name == *key && it.value == *value)
    };
    let of = |content: &Content| all.iter().find(|policy| is(policy, content));
    names.len() == wanted.len()
        && wanted.iter().all(|content| of(content).is_some_and(|it| names.contains(&it.name)))
}
