//! What is played: a `ProxyLoadBalancer` that takes over what exists, and one that others touch.

use peerway_sim::elb::{
    AddTags, CreateLoadBalancerListeners, Instance, Listener, RegisterInstancesWithLoadBalancer,
    Tag,
};
use peerway_trust::scenario::{Goal, Scenario, Step};
use peerway_trust::stage::Stage;

use crate::balancers::{
    KIND, MASTERS, OWN, STANDALONE, accounts, balancer, change, complaint, create_balancer,
    delete_balancer, drift, is_attached, ports, says, standalone,
};
use crate::scenarios::{ACCOUNT, REGION};

/// An instance that nobody selected.
const STRANGER: &str = "i-0a100001";
const NOTE: &str = "cost-centre";

pub(crate) fn all() -> Vec<Scenario> {
    [adoptions(), strangers()].into_iter().flatten().collect()
}

/// The one of its own, with what it takes over.
fn adopt(stage: &Stage, deletion: &str) {
    let adopt = format!(
        "  name: own-proxy\n  adopt: {{loadBalancerName: own-proxy}}\n  deletionPolicy: {deletion}\n"
    );
    stage.apply(&STANDALONE.replacen("  name: own-proxy\n", &adopt, 1));
}

fn adopted(stage: &Stage) {
    accounts(stage);
    create_balancer(stage, OWN);
    adopt(stage, "Delete");
}

fn is_ours(stage: &Stage) -> bool {
    balancer(stage, OWN).is_some_and(|it| peerway_model::ownership::is_marked(&it.tags))
}

fn adoptions() -> Vec<Scenario> {
    vec![
        Scenario {
            is_by_hand: true,
            also: |stage| {
                let is_taken = is_ours(stage) && ports(stage, OWN) == [8281, 8290];
                complaint("it is not adopted", is_taken && is_attached(stage, MASTERS[0], OWN))
            },
            ..change("proxy: create, adopting another", accounts, |stage| {
                create_balancer(stage, OWN);
                adopt(stage, "Delete");
            })
        },
        Scenario {
            goal: Goal::Any,
            is_by_hand: true,
            then: Some(Step { once: |stage| says(stage, "AdoptionConflict"), change: |_| {} }),
            also: |stage| {
                let is_as_it_was = balancer(stage, OWN).is_some_and(|it| {
                    it.tags["peerway.dev/owner"].ends_with("/somebody") && it.listeners.len() == 1
                });
                complaint("what is another cluster's was changed", is_as_it_was)
            },
            ..change("proxy: create, adopting what another cluster has", accounts, |stage| {
                create_balancer(stage, OWN);
                for (key, value) in [
                    ("cluster", "elsewhere"),
                    ("owner", "ProxyLoadBalancer/there/somebody"),
                    ("owner-uid", "0e0e0e0e"),
                    ("origin", "created"),
                ] {
                    tag(stage, &format!("peerway.dev/{key}"), value);
                }
                adopt(stage, "Delete");
            })
        },
        Scenario {
            goal: Goal::Any,
            then: Some(Step { once: |stage| says(stage, "AdoptedGone"), change: |_| {} }),
            also: |stage| complaint("it was made anew", balancer(stage, OWN).is_none()),
            ..drift("proxy: adopted, and deleted by hand", adopted, |stage| {
                delete_balancer(stage, OWN);
            })
        },
        Scenario {
            goal: Goal::Gone,
            ..change("proxy: delete what was adopted", adopted, |stage| stage.delete(KIND, "own"))
        },
        Scenario {
            goal: Goal::Released,
            also: |stage| {
                let is_free = balancer(stage, OWN).is_some_and(|it| it.tags.is_empty())
                    && is_attached(stage, MASTERS[0], OWN);
                complaint("it is not released", is_free)
            },
            ..change(
                "proxy: delete, retaining what was adopted",
                |stage| {
                    accounts(stage);
                    create_balancer(stage, OWN);
                    adopt(stage, "Retain");
                },
                |stage| stage.delete(KIND, "own"),
            )
        },
    ]
}

/// What others put on ours: listeners and instances go, for the spec says which there are; their tags are theirs.
fn strangers() -> Vec<Scenario> {
    let stays = |name, by_hand, also| Scenario {
        is_by_hand: true,
        also,
        ..change(name, standalone, by_hand)
    };
    vec![
        Scenario {
            then: Some(Step { once: |stage| ports(stage, OWN) == [8281, 8290], change: |_| {} }),
            ..drift("proxy: a secure listener is added by hand", standalone, |stage| {
                let listener = Listener {
                    protocol: "TCP".to_owned(),
                    load_balancer_port: 4444,
                    instance_protocol: Some("SSL".to_owned()),
                    instance_port: 4444,
                    ..Listener::default()
                };
                let request = CreateLoadBalancerListeners {
                    load_balancer_name: OWN.to_owned(),
                    listeners: vec![listener],
                };
                stage.hand(ACCOUNT, REGION, request);
            })
        },
        Scenario {
            then: Some(Step { once: |stage| !serves_stranger(stage), change: |_| {} }),
            ..drift("proxy: a stranger is registered by hand", standalone, |stage| {
                let request = RegisterInstancesWithLoadBalancer {
                    load_balancer_name: OWN.to_owned(),
                    instances: vec![Instance { instance_id: STRANGER.to_owned() }],
                };
                stage.hand(ACCOUNT, REGION, request);
            })
        },
        stays(
            "proxy: a tag is put on it by hand",
            |stage| tag(stage, NOTE, "42"),
            |stage| complaint("somebody's tag was taken off", is_ours(stage) && is_noted(stage)),
        ),
        Scenario {
            before: |stage| {
                standalone(stage);
                crate::balancers::respec(stage, &serde_json::json!({ "deletionPolicy": "Retain" }));
            },
            goal: Goal::Released,
            ..stays(
                "proxy: delete, retained with somebody's tag",
                |stage| {
                    tag(stage, NOTE, "42");
                    stage.delete(KIND, "own");
                },
                |stage| complaint("it has other tags", !is_ours(stage) && is_noted(stage)),
            )
        },
    ]
}

fn serves_stranger(stage: &Stage) -> bool {
    let served = balancer(stage, OWN).map(|it| it.instances).unwrap_or_default();
    served.iter().any(|id| id.as_str() == STRANGER)
}

fn tag(stage: &Stage, key: &str, value: &str) {
    let tag = Tag { key: key.to_owned(), value: Some(value.to_owned()) };
    let request = AddTags { load_balancer_names: vec![OWN.to_owned()], tags: vec![tag] };
    stage.hand(ACCOUNT, REGION, request);
}

fn is_noted(stage: &Stage) -> bool {
    balancer(stage, OWN).is_some_and(|it| it.tags.get(NOTE).is_some_and(|value| value == "42"))
}
