//! What is played: a `ProxyLoadBalancer` that serves chosen instances, and lets itself in at them.

use std::sync::LazyLock;

use peerway_sim::ec2::Tag;
use peerway_sim::ec2::instances::ModifyInstanceAttribute;
use peerway_sim::ec2::security_groups::{
    AuthorizeSecurityGroupIngress, IpPermission, IpRange, RevokeSecurityGroupIngress,
};
use peerway_sim::ec2::tags::CreateTags;
use peerway_sim::elb::{
    DeregisterInstancesFromLoadBalancer, Instance, RegisterInstancesWithLoadBalancer,
};
use peerway_trust::scenario::{Goal, Scenario, Step};
use peerway_trust::stage::Stage;
use serde_json::json;

use crate::balancers::{KIND, balancer, complaint, has_group};
use crate::scenarios::{ACCOUNT, edit};

const ESTATE: &str = include_str!("../../../deploy/examples/impala/estate.yaml");
/// The same with a second certificate.
static TWO_CERTIFICATES: LazyLock<String> = LazyLock::new(|| {
    let second = format!("certificates:\n          - {{arn: \"{SECOND}\"}}");
    ESTATE.replacen("certificates:", &second, 1)
});
const ACCOUNTS: &str = include_str!("../../../deploy/examples/impala/accounts.yaml");
const IMPALA: &str = include_str!("../../../deploy/examples/impala/impala.yaml");
const REGION: &str = "us-east-1";
const NAME: &str = "impala";
const BALANCER: &str = "elb-impala-Cluster1";
const FRONT: &str = "Cluster1 Impala FE";
const BACKEND: &str = "Cluster1 Impala BE";
const CERTIFICATE: &str =
    "arn:aws:acm:us-east-1:111111111111:certificate/0e000001-0000-4000-8000-000000000001";
const SECOND: &str =
    "arn:aws:acm:us-east-1:111111111111:certificate/0e000002-0000-4000-8000-000000000002";
const WORKER: &str = "i-0e000001";
const MASTER: &str = "i-0e000006";
const NODES: &str = "sg-0e000001";

fn impala(stage: &Stage) {
    stage.apply(ACCOUNTS);
    stage.apply(IMPALA);
}

fn change(name: &'static str, change: fn(&Stage)) -> Scenario {
    Scenario { estate: ESTATE, before: impala, ..edit(name, change) }
}

fn drift(name: &'static str, by_hand: fn(&Stage)) -> Scenario {
    Scenario { goal: Goal::AsBefore, is_by_hand: true, ..change(name, by_hand) }
}

pub(crate) fn all() -> Vec<Scenario> {
    [changes(), drifts()].into_iter().flatten().collect()
}

/// Adds a secure listener, with this policy.
fn secure(stage: &Stage, policy: &str) {
    stage.rewrite(KIND, NAME, |object| {
        let listeners = object["spec"]["listeners"].as_array_mut().expect("it is one");
        listeners.retain(|listener| listener["port"] != 21443);
        listeners.push(json!({
            "port": 21443, "protocol": "SSL", "instancePort": 21050, "instanceProtocol": "TCP",
            "certificateARN": CERTIFICATE, "securityPolicy": policy,
        }));
    });
}

fn changes() -> Vec<Scenario> {
    vec![
        Scenario {
            before: |stage| stage.apply(ACCOUNTS),
            also: |stage| complaint("not all workers are served", serves(stage, 5)),
            ..change("instances: create", |stage| stage.apply(IMPALA))
        },
        Scenario {
            before: |stage| {
                impala(stage);
                secure(stage, "ELBSecurityPolicy-2016-08");
            },
            also: |stage| {
                // AWS gives every new secure listener one of its own, which stays.
                let policies = balancer(stage, BALANCER).map(|it| it.policies).unwrap_or_default();
                let own =
                    policies.iter().filter(|policy| policy.name.starts_with("peerway-")).count();
                complaint(&format!("it has {own} policies of ours"), own == 1)
            },
            ..change("instances: another security policy of a listener", |stage| {
                secure(stage, "ELBSecurityPolicy-TLS-1-2-2017-01");
            })
        },
        Scenario {
            estate: &TWO_CERTIFICATES,
            before: |stage| {
                impala(stage);
                secure(stage, "ELBSecurityPolicy-2016-08");
            },
            also: |stage| {
                let listeners = balancer(stage, BALANCER).map(|it| it.listeners);
                let mut all = listeners.unwrap_or_default().into_iter();
                let is_shown = all.any(|it| it.certificate.is_some_and(|arn| arn == SECOND));
                complaint("it shows another certificate", is_shown)
            },
            ..change("instances: another certificate of a listener", |stage| {
                stage.rewrite(KIND, NAME, |object| {
                    let listeners = object["spec"]["listeners"].as_array_mut().expect("it is one");
                    let mut secure = listeners.iter_mut().filter(|it| it["port"] == 21443);
                    secure.next().expect("it is there")["certificateARN"] = json!(SECOND);
                });
            })
        },
        Scenario {
            also: |stage| complaint("the front is not open", is_allowed(stage, 2)),
            ..change("instances: rules instead of a group of their own", |stage| {
                allow(stage);
            })
        },
        Scenario {
            is_by_hand: true,
            then: Some(Step { once: |stage| carriers(stage) == 4, change: |_| {} }),
            also: |stage| complaint("others are served", serves(stage, 4)),
            ..change("instances: one is no longer selected", |stage| {
                let tag = Tag { key: "type".to_owned(), value: Some("master".to_owned()) };
                let request = CreateTags {
                    resource_ids: vec![WORKER.to_owned()],
                    tags: vec![tag],
                    ..CreateTags::default()
                };
                stage.hand(ACCOUNT, REGION, request);
            })
        },
        Scenario {
            before: |stage| {
                impala(stage);
                allow(stage);
            },
            goal: Goal::Gone,
            ..change("instances: delete, with rules", |stage| stage.delete(KIND, NAME))
        },
        Scenario {
            goal: Goal::Gone,
            ..change("instances: delete", |stage| stage.delete(KIND, NAME))
        },
        Scenario {
            before: |stage| {
                impala(stage);
                stage.rewrite(KIND, NAME, |object| {
                    object["spec"]["deletionPolicy"] = json!("Retain");
                });
            },
            goal: Goal::Released,
            also: |stage| {
                let is_there = carriers(stage) == 5 && has_group(stage, FRONT);
                complaint("what is left is not as it was", is_there && serves(stage, 5))
            },
            ..change("instances: delete, retained", |stage| stage.delete(KIND, NAME))
        },
    ]
}

fn allow(stage: &Stage) {
    stage.rewrite(KIND, NAME, |object| {
        let targets = object["spec"]["targets"]["instances"].as_object_mut().expect("it is one");
        targets.remove("backendSecurityGroup");
        targets.insert("allowFrom".to_owned(), json!({ "securityGroup": { "id": NODES } }));
    });
}

fn drifts() -> Vec<Scenario> {
    vec![
        Scenario {
            then: Some(Step { once: |stage| serves(stage, 5), change: |_| {} }),
            ..drift("instances: one deregistered, a stranger registered by hand", |stage| {
                let of = |id: &str| vec![Instance { instance_id: id.to_owned() }];
                let request = DeregisterInstancesFromLoadBalancer {
                    load_balancer_name: BALANCER.to_owned(),
                    instances: of(WORKER),
                };
                stage.hand(ACCOUNT, REGION, request);
                let request = RegisterInstancesWithLoadBalancer {
                    load_balancer_name: BALANCER.to_owned(),
                    instances: of(MASTER),
                };
                stage.hand(ACCOUNT, REGION, request);
            })
        },
        Scenario {
            then: Some(Step { once: |stage| carriers(stage) == 5, change: |_| {} }),
            ..drift("instances: the group taken off one by hand", |stage| {
                let request = ModifyInstanceAttribute {
                    instance_id: WORKER.to_owned(),
                    groups: vec![NODES.to_owned()],
                    ..ModifyInstanceAttribute::default()
                };
                stage.hand(ACCOUNT, REGION, request);
            })
        },
        Scenario {
            then: Some(Step { once: |stage| rules_of(stage, FRONT) == 2, change: |_| {} }),
            ..drift("instances: rules of made groups changed by hand", |stage| {
                let (front, _) = made(stage, FRONT);
                let request = AuthorizeSecurityGroupIngress {
                    group_id: Some(front),
                    ip_permissions: vec![IpPermission {
                        ip_protocol: "tcp".to_owned(),
                        from_port: Some(22),
                        to_port: Some(22),
                        ip_ranges: vec![IpRange {
                            cidr_ip: "10.0.0.0/8".to_owned(),
                            ..IpRange::default()
                        }],
                        ..IpPermission::default()
                    }],
                    ..AuthorizeSecurityGroupIngress::default()
                };
                stage.hand(ACCOUNT, REGION, request);
                let (backend, mut rules) = made(stage, BACKEND);
                let request = RevokeSecurityGroupIngress {
                    group_id: Some(backend),
                    security_group_rule_ids: vec![rules.remove(0)],
                    ..RevokeSecurityGroupIngress::default()
                };
                stage.hand(ACCOUNT, REGION, request);
            })
        },
    ]
}

fn groups(stage: &Stage) -> Vec<peerway_sim::estate::SecurityGroup> {
    let accounts = stage.world.estate().accounts.into_values();
    let vpcs = accounts.flat_map(|it| it.regions.into_values()).flat_map(|region| region.vpcs);
    vpcs.flat_map(|vpc| vpc.security_groups).collect()
}

/// The id of a group that was made, and those of its rules.
fn made(stage: &Stage, name: &str) -> (String, Vec<String>) {
    let all = groups(stage);
    let group = all.iter().find(|group| group.name == name).expect("it was made");
    let rules = group.ingress.iter().filter_map(|rule| Some(rule.id.as_ref()?.to_string()));
    (group.id.as_ref().expect("it has one").to_string(), rules.collect())
}

fn rules_of(stage: &Stage, name: &str) -> usize {
    groups(stage).iter().find(|group| group.name == name).map_or(0, |group| group.ingress.len())
}

/// Whether so many rules of ours are on the nodes' own group.
fn is_allowed(stage: &Stage, count: usize) -> bool {
    let all = groups(stage);
    let nodes = all.iter().find(|group| group.id.as_ref().is_some_and(|id| id.as_str() == NODES));
    let ours = nodes.map_or(0, |it| it.ingress.iter().filter(|rule| !rule.tags.is_empty()).count());
    ours == count && !has_group(stage, BACKEND)
}

/// Whether exactly so many workers are served, and nobody else.
fn serves(stage: &Stage, count: usize) -> bool {
    let served = balancer(stage, BALANCER).map(|it| it.instances).unwrap_or_default();
    served.len() == count && served.iter().all(|id| id.as_str() != MASTER)
}

/// How many instances carry the group that was made for them, beside what they had.
fn carriers(stage: &Stage) -> usize {
    let all = groups(stage);
    let Some(id) = all.iter().find(|group| group.name == BACKEND).and_then(|it| it.id.clone())
    else {
        return 0;
    };
    let accounts = stage.world.estate().accounts.into_values();
    let vpcs = accounts.flat_map(|it| it.regions.into_values()).flat_map(|region| region.vpcs);
    let groups = vpcs.flat_map(|vpc| vpc.instances).filter_map(|it| it.security_groups);
    groups.filter(|groups| groups.contains(&id) && groups.len() == 2).count()
}
