//! What is played: every life of a `ProxyLoadBalancer` that serves auto-scaling groups.

use std::sync::LazyLock;

use peerway_sim::autoscaling::{
    AttachTrafficSources, CreateOrUpdateTags, DeleteAutoScalingGroup, DetachLoadBalancers,
    GroupTag, TrafficSource,
};
use peerway_sim::elb::{
    CreateLoadBalancer, CreateLoadBalancerListeners, DeleteLoadBalancer,
    DeleteLoadBalancerListeners, Listener, RemoveTags, TagKey,
};
use peerway_sim::estate::{AutoScalingGroup, LoadBalancer};
use peerway_trust::scenario::{Goal, Scenario, Step};
use peerway_trust::stage::Stage;
use serde_json::{Value, json};

use crate::groups::{self, OVERLAP};
use crate::scenarios::{ACCOUNT, ACCOUNTS, GOLDEN, REGION, edit};

const IN_GROUP: &str = include_str!("../../../deploy/examples/golden/query.yaml");
pub(crate) const KIND: &str = "ProxyLoadBalancer";
/// The provider's balancer, which is followed and never written to.
pub(crate) const REFERENCE: &str = "imply-e04-elbinter-qqsuirj9f9ep";
pub(crate) const QUERY: &str = "imply-query-my-peering";
pub(crate) const QUERY_GROUP: &str = "imply-e04-Query-ASG";
pub(crate) const OWN: &str = "own-proxy";
pub(crate) const MASTERS: [&str; 2] = ["imply-e04-Master-ASG-1", "imply-e04-Master-ASG-2"];

/// The golden one in given subnets.
pub(crate) static FOLLOWING: LazyLock<String> = LazyLock::new(|| {
    IN_GROUP.replace(
        "subnetGroupRef: {name: druid-to-billing}",
        "subnets: {accountRef: {name: service}, region: us-west-2, ids: [subnet-0a000004, subnet-0a000005, subnet-0a000006]}",
    )
});

/// The golden estate, in which the group of the query servers uses the newer family of calls.
pub(crate) static TRAFFIC_SOURCES: LazyLock<String> =
    LazyLock::new(|| GOLDEN.replace("loadBalancers: [imply", "trafficSources: [imply"));

/// The golden estate, with room for one rule in each security group that is changed.
static CRAMPED: LazyLock<String> =
    LazyLock::new(|| format!("quotas: {{rulesPerGroup: 1}}\n{GOLDEN}"));

/// One with everything of its own.
pub(crate) const STANDALONE: &str = r"
apiVersion: peerway.dev/v1alpha1
kind: ProxyLoadBalancer
metadata: {name: own, namespace: analytics}
spec:
  subnets: {accountRef: {name: service}, region: us-west-2, ids: [subnet-0a000004, subnet-0a000005]}
  name: own-proxy
  listeners:
    - {port: 8281, protocol: TCP, instancePort: 8281}
    - {port: 8290, protocol: TCP, instancePort: 8290}
  healthCheck: {protocol: TCP, port: 8281, intervalSeconds: 10, timeoutSeconds: 5, unhealthyThreshold: 2, healthyThreshold: 2}
  attributes: {connectionDraining: {enabled: true, timeoutSeconds: 60}}
  securityGroups:
    - create:
        name: own-front
        ingress: [{protocol: TCP, ports: {from: 8281, to: 8290}, cidrs: [172.20.0.0/20]}]
  targets: {autoScalingGroups: {matchTags: {Name: imply-e04-Master-1}}}
";

pub(crate) fn accounts(stage: &Stage) {
    stage.apply(ACCOUNTS);
}

pub(crate) fn following(stage: &Stage) {
    accounts(stage);
    stage.apply(&FOLLOWING);
}

fn in_group(stage: &Stage) {
    accounts(stage);
    stage.apply(OVERLAP);
    stage.apply(IN_GROUP);
}

pub(crate) fn standalone(stage: &Stage) {
    accounts(stage);
    stage.apply(STANDALONE);
}

/// A change of one that is in place.
pub(crate) fn change(name: &'static str, before: fn(&Stage), change: fn(&Stage)) -> Scenario {
    Scenario { estate: GOLDEN, before, ..edit(name, change) }
}

/// Something done by hand, after which it is to be as before.
pub(crate) fn drift(name: &'static str, before: fn(&Stage), by_hand: fn(&Stage)) -> Scenario {
    Scenario { goal: Goal::AsBefore, is_by_hand: true, ..change(name, before, by_hand) }
}

pub(crate) fn all() -> Vec<Scenario> {
    [creations(), edits(), selections(), drifts(), ends()].into_iter().flatten().collect()
}

fn creations() -> Vec<Scenario> {
    vec![
        change("proxy: create, following another", accounts, |stage| stage.apply(&FOLLOWING)),
        Scenario {
            estate: &TRAFFIC_SOURCES,
            ..change("proxy: create, by traffic sources", accounts, |stage| {
                stage.apply(&FOLLOWING);
            })
        },
        change("proxy: create, of its own", accounts, |stage| stage.apply(STANDALONE)),
        change("proxy: create, with its overlap group and peering", accounts, |stage| {
            stage.apply(IN_GROUP);
            stage.apply(OVERLAP);
        }),
        Scenario {
            goal: Goal::Any,
            is_by_hand: true,
            then: Some(Step { once: |stage| says(stage, "NameTaken"), change: |_| {} }),
            also: is_theirs,
            ..change("proxy: create, while another has its name", accounts, |stage| {
                create_balancer(stage, OWN);
                stage.apply(STANDALONE);
            })
        },
    ]
}

pub(crate) fn respec(stage: &Stage, more: &Value) {
    stage.rewrite(KIND, "own", |object| {
        for (field, value) in more.as_object().expect("it is one") {
            object["spec"][field] = value.clone();
        }
    });
}

fn edits() -> Vec<Scenario> {
    vec![
        Scenario {
            also: |stage| {
                let there = balancer(stage, QUERY).map(|it| it.subnets.len());
                complaint("the balancer's subnets", there == Some(2))
            },
            // AWS keeps the balancer's interface for longer than it takes to rest, and the subnet stays until it is gone.
            then: Some(Step {
                once: |stage| groups::has_subnets(stage, 2).is_empty(),
                change: |_| {},
            }),
            ..change("proxy: one zone fewer of its overlap group", in_group, groups::one_zone_fewer)
        },
        Scenario {
            also: |stage| complaint("other listeners", ports(stage, OWN) == [8290, 9000]),
            ..change("proxy: other listeners", standalone, |stage| {
                // One goes, one changes what AWS cannot change, one comes.
                let listeners = json!([
                    { "port": 8290, "protocol": "TCP", "instancePort": 8291 },
                    { "port": 9000, "protocol": "TCP", "instancePort": 9000 },
                ]);
                respec(stage, &json!({ "listeners": listeners }));
            })
        },
        Scenario {
            also: |stage| {
                let is_tagged =
                    |it: LoadBalancer| it.tags.get("team").is_some_and(|value| value == "data");
                complaint("the tag", balancer(stage, OWN).is_some_and(is_tagged))
            },
            ..change("proxy: a tag more", standalone, |stage| {
                respec(stage, &json!({ "tags": { "team": "data" } }));
            })
        },
        change("proxy: another health check, other attributes", standalone, |stage| {
            respec(
                stage,
                &json!({
                    "healthCheck": { "protocol": "HTTP", "port": 8281, "path": "/", "intervalSeconds": 5,
                        "timeoutSeconds": 4, "unhealthyThreshold": 3, "healthyThreshold": 2 },
                    "attributes": { "idleTimeoutSeconds": 3600, "crossZone": false,
                        "connectionDraining": { "enabled": true, "timeoutSeconds": 30 } },
                }),
            );
        }),
        Scenario {
            also: |stage| {
                let is_gone = !has_group(stage, "own-front") && has_group(stage, "own-front-2");
                complaint("the security groups are others", is_gone)
            },
            ..change("proxy: another security group made, rules changed", standalone, |stage| {
                let ingress = json!([{ "protocol": "TCP", "ports": { "from": 8281, "to": 8281 },
                    "cidrs": ["172.20.0.0/22"] }]);
                let groups = json!([
                    { "description": "Imply Cloud Default" },
                    { "create": { "name": "own-front-2", "ingress": ingress } },
                ]);
                respec(stage, &json!({ "securityGroups": groups }));
            })
        },
        change("proxy: rules of the security group changed", standalone, |stage| {
            let ingress = json!([{ "protocol": "TCP", "ports": { "from": 8281, "to": 8281 },
                "cidrs": ["172.20.0.0/22", "10.50.0.0/21"] }]);
            let groups = json!([{ "create": { "name": "own-front", "ingress": ingress } }]);
            respec(stage, &json!({ "securityGroups": groups }));
        }),
        Scenario {
            also: |stage| {
                let there = balancer(stage, OWN).map(|it| it.subnets.into_iter());
                let there: Vec<String> =
                    there.into_iter().flatten().map(|id| id.to_string()).collect();
                complaint("the subnets are others", there == ["subnet-0a000001", "subnet-0a000006"])
            },
            ..change("proxy: other subnets", standalone, |stage| {
                // One is exchanged within its zone, one comes in a zone more, one goes.
                let ids = json!(["subnet-0a000001", "subnet-0a000006"]);
                stage.rewrite(KIND, "own", |object| object["spec"]["subnets"]["ids"] = ids.clone());
            })
        },
        Scenario {
            is_by_hand: true,
            then: Some(Step {
                once: |stage| ports(stage, QUERY) == [8888, 9088, 9999],
                change: |_| {},
            }),
            ..change("proxy: what it follows gets other listeners", following, |stage| {
                delete_listener(stage, REFERENCE, 9095);
                create_listener(stage, REFERENCE, 9999);
            })
        },
    ]
}

fn selections() -> Vec<Scenario> {
    vec![
        Scenario {
            estate: &CRAMPED,
            ..change(
                "proxy: a rule for another, where there is room for one",
                standalone,
                |stage| {
                    let ingress = json!([{ "protocol": "TCP", "ports": { "from": 8281, "to": 8290 },
                    "cidrs": ["172.20.0.0/22"] }]);
                    let groups = json!([{ "create": { "name": "own-front", "ingress": ingress } }]);
                    respec(stage, &json!({ "securityGroups": groups }));
                },
            )
        },
        Scenario {
            is_by_hand: true,
            then: Some(Step { once: |stage| is_attached(stage, MASTERS[1], OWN), change: |_| {} }),
            ..change("proxy: a group appears", standalone, |stage| {
                retag(stage, MASTERS[1], "imply-e04-Master-1");
            })
        },
        Scenario {
            is_by_hand: true,
            then: Some(Step { once: |stage| !is_attached(stage, MASTERS[0], OWN), change: |_| {} }),
            ..change("proxy: a group is no longer selected", both_masters, |stage| {
                retag(stage, MASTERS[0], "something else");
            })
        },
        Scenario {
            estate: &TRAFFIC_SOURCES,
            is_by_hand: true,
            then: Some(Step {
                once: |stage| {
                    !is_attached(stage, QUERY_GROUP, OWN) && is_attached(stage, MASTERS[0], OWN)
                },
                change: |_| {},
            }),
            // What stands attached by the newer family is detached by it.
            ..change(
                "proxy: one group for another, by traffic sources",
                |stage| {
                    accounts(stage);
                    stage.apply(&STANDALONE.replace("imply-e04-Master-1", "imply-e04-Query-1"));
                },
                |stage| stage.apply(STANDALONE),
            )
        },
        Scenario {
            is_by_hand: true,
            then: Some(Step { once: |stage| group(stage, MASTERS[0]).is_none(), change: |_| {} }),
            ..change("proxy: a group is deleted", both_masters, |stage| {
                let request = DeleteAutoScalingGroup {
                    auto_scaling_group_name: MASTERS[0].to_owned(),
                    force_delete: Some(true),
                };
                stage.hand(ACCOUNT, REGION, request);
            })
        },
    ]
}

fn drifts() -> Vec<Scenario> {
    vec![
        Scenario {
            then: Some(Step { once: |stage| balancer(stage, OWN).is_some(), change: |_| {} }),
            ..drift("proxy: deleted by hand, while a group names it", standalone, |stage| {
                delete_balancer(stage, OWN);
            })
        },
        Scenario {
            estate: &TRAFFIC_SOURCES,
            then: Some(Step { once: |stage| balancer(stage, QUERY).is_some(), change: |_| {} }),
            ..drift("proxy: deleted by hand, named by traffic sources", following, |stage| {
                delete_balancer(stage, QUERY);
            })
        },
        Scenario {
            goal: Goal::Any,
            then: Some(Step { once: |stage| says(stage, "NameTaken"), change: |_| {} }),
            also: is_theirs,
            ..drift("proxy: deleted by hand, and another made in its place", standalone, |stage| {
                delete_balancer(stage, OWN);
                create_balancer(stage, OWN);
            })
        },
        Scenario {
            then: Some(Step { once: |stage| ports(stage, OWN) == [8281, 8290], change: |_| {} }),
            ..drift("proxy: a listener is deleted, another added by hand", standalone, |stage| {
                delete_listener(stage, OWN, 8290);
                create_listener(stage, OWN, 4444);
            })
        },
        Scenario {
            then: Some(Step { once: |stage| is_attached(stage, MASTERS[0], OWN), change: |_| {} }),
            ..drift("proxy: detached by hand", standalone, |stage| {
                let request = DetachLoadBalancers {
                    auto_scaling_group_name: MASTERS[0].to_owned(),
                    load_balancer_names: vec![OWN.to_owned()],
                };
                stage.hand(ACCOUNT, REGION, request);
            })
        },
        Scenario {
            then: Some(Step { once: |stage| !is_attached(stage, MASTERS[1], OWN), change: |_| {} }),
            ..drift("proxy: attached to another group by hand", standalone, |stage| {
                let source =
                    TrafficSource { identifier: OWN.to_owned(), kind: Some("elb".to_owned()) };
                let request = AttachTrafficSources {
                    auto_scaling_group_name: MASTERS[1].to_owned(),
                    traffic_sources: vec![source],
                    ..AttachTrafficSources::default()
                };
                stage.hand(ACCOUNT, REGION, request);
            })
        },
        Scenario {
            then: Some(Step {
                once: |stage| balancer(stage, OWN).is_some_and(|it| !it.tags.is_empty()),
                change: |_| {},
            }),
            ..drift("proxy: tags stripped", standalone, |stage| strip_tags(stage, OWN))
        },
    ]
}

fn ends() -> Vec<Scenario> {
    let delete = |name, before, gone| Scenario { goal: Goal::Gone, ..change(name, before, gone) };
    vec![
        delete("proxy: delete", standalone, |stage| stage.delete(KIND, "own")),
        Scenario {
            estate: &TRAFFIC_SOURCES,
            ..delete("proxy: delete, by traffic sources", following, |stage| {
                stage.delete(KIND, "query");
            })
        },
        delete(
            "proxy: delete, with all that it stands on",
            |stage| {
                accounts(stage);
                stage.apply(OVERLAP);
                stage.apply(IN_GROUP);
            },
            |stage| {
                stage.delete("AWSAccount", "service");
                stage.delete("VPCPeering", "druid-to-billing");
                stage.delete("OverlapSubnetGroup", "druid-to-billing");
                stage.delete(KIND, "query");
            },
        ),
        Scenario {
            between: Some(|stage| stage.delete(KIND, "own")),
            goal: Goal::Gone,
            ..change("proxy: create, and delete while nobody leads", accounts, |stage| {
                stage.apply(STANDALONE);
            })
        },
        Scenario {
            goal: Goal::Gone,
            is_by_hand: true,
            ..change("proxy: delete, when it was deleted by hand", standalone, |stage| {
                delete_balancer(stage, OWN);
                stage.delete(KIND, "own");
            })
        },
        Scenario {
            goal: Goal::Released,
            also: |stage| {
                let is_free = balancer(stage, OWN).is_some_and(|it| it.tags.is_empty())
                    && is_attached(stage, MASTERS[0], OWN)
                    && has_group(stage, "own-front");
                complaint("what is left is not as it was, or marked", is_free)
            },
            ..change(
                "proxy: delete, retained",
                |stage| {
                    standalone(stage);
                    respec(stage, &json!({ "deletionPolicy": "Retain" }));
                },
                |stage| stage.delete(KIND, "own"),
            )
        },
        Scenario {
            goal: Goal::Gone,
            then: Some(Step { once: differs, change: |stage| stage.delete(KIND, "own") }),
            ..change("proxy: create, only observed, and delete", accounts, |stage| {
                stage.apply(&format!("{STANDALONE}  managementPolicy: Observe\n"));
            })
        },
    ]
}

fn both_masters(stage: &Stage) {
    accounts(stage);
    stage.apply(&STANDALONE.replace("imply-e04-Master-1", "\"imply-e04-Master-?\""));
}

pub(crate) fn strip_tags(stage: &Stage, name: &str) {
    let tags = balancer(stage, name).expect("it is there").tags;
    let request = RemoveTags {
        load_balancer_names: vec![name.to_owned()],
        tags: tags.into_keys().map(|key| TagKey { key }).collect(),
    };
    stage.hand(ACCOUNT, REGION, request);
}

/// What somebody else made under our name is as he made it, and nothing is tied to it.
fn is_theirs(stage: &Stage) -> Vec<String> {
    let is_theirs =
        |it: LoadBalancer| it.tags.is_empty() && it.listeners.len() == 1 && it.subnets.len() == 1;
    let is_untouched = balancer(stage, OWN).is_some_and(is_theirs);
    complaint("what somebody made under its name was changed", is_untouched)
}

/// Somebody else makes one.
pub(crate) fn create_balancer(stage: &Stage, name: &str) {
    let listener = Listener {
        protocol: "TCP".to_owned(),
        load_balancer_port: 80,
        instance_port: 80,
        ..Listener::default()
    };
    let request = CreateLoadBalancer {
        load_balancer_name: name.to_owned(),
        listeners: vec![listener],
        subnets: vec!["subnet-0a000004".to_owned()],
        scheme: Some("internal".to_owned()),
        ..CreateLoadBalancer::default()
    };
    stage.hand(ACCOUNT, REGION, request);
}

pub(crate) fn delete_balancer(stage: &Stage, name: &str) {
    stage.hand(ACCOUNT, REGION, DeleteLoadBalancer { load_balancer_name: name.to_owned() });
}

fn delete_listener(stage: &Stage, name: &str, port: i32) {
    let request = DeleteLoadBalancerListeners {
        load_balancer_name: name.to_owned(),
        load_balancer_ports: vec![port],
    };
    stage.hand(ACCOUNT, REGION, request);
}

pub(crate) fn create_listener(stage: &Stage, name: &str, port: i32) {
    let listener = Listener {
        protocol: "TCP".to_owned(),
        load_balancer_port: port,
        instance_port: port,
        ..Listener::default()
    };
    let request = CreateLoadBalancerListeners {
        load_balancer_name: name.to_owned(),
        listeners: vec![listener],
    };
    stage.hand(ACCOUNT, REGION, request);
}

/// Gives a group another name tag.
fn retag(stage: &Stage, group: &str, name: &str) {
    let tag = GroupTag {
        resource_id: Some(group.to_owned()),
        resource_type: Some("auto-scaling-group".to_owned()),
        key: "Name".to_owned(),
        value: Some(name.to_owned()),
        propagate_at_launch: Some(false),
    };
    stage.hand(ACCOUNT, REGION, CreateOrUpdateTags { tags: vec![tag] });
}

pub(crate) fn balancer(stage: &Stage, name: &str) -> Option<LoadBalancer> {
    let regions =
        stage.world.estate().accounts.into_values().flat_map(|it| it.regions.into_values());
    regions.flat_map(|region| region.load_balancers).find(|balancer| balancer.name == name)
}

pub(crate) fn ports(stage: &Stage, name: &str) -> Vec<u16> {
    let there = balancer(stage, name).map(|it| it.listeners).unwrap_or_default();
    let mut ports: Vec<u16> = there.iter().map(|listener| listener.port).collect();
    ports.sort_unstable();
    ports
}

fn group(stage: &Stage, name: &str) -> Option<AutoScalingGroup> {
    let regions =
        stage.world.estate().accounts.into_values().flat_map(|it| it.regions.into_values());
    regions.flat_map(|region| region.auto_scaling_groups).find(|group| group.name == name)
}

pub(crate) fn is_attached(stage: &Stage, name: &str, balancer: &str) -> bool {
    group(stage, name).is_some_and(|group| {
        group.load_balancers.contains(balancer) || group.traffic_sources.contains(balancer)
    })
}

pub(crate) fn has_group(stage: &Stage, name: &str) -> bool {
    let estate = stage.world.estate();
    let mut vpcs = estate
        .accounts
        .values()
        .flat_map(|account| account.regions.values())
        .flat_map(|region| &region.vpcs);
    vpcs.any(|vpc| vpc.security_groups.iter().any(|group| group.name == name))
}

pub(crate) fn complaint(text: &str, is_well: bool) -> Vec<String> {
    if is_well { Vec::new() } else { vec![text.to_owned()] }
}

/// Whether it says that AWS differs from it.
fn differs(stage: &Stage) -> bool {
    says(stage, "DriftObserved")
}

/// Whether this is why it is not Ready.
pub(crate) fn says(stage: &Stage, reason: &str) -> bool {
    stage.api.objects("proxyloadbalancers.peerway.dev").iter().any(|object| {
        let mut conditions = object["status"]["conditions"].as_array().into_iter().flatten();
        conditions.any(|it| it["type"] == "Ready" && it["reason"] == reason)
    })
}
