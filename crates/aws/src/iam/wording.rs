//! Rules in the words of IAM: ARNs and conditions, as narrow as the scope allows.

use std::collections::{BTreeMap, BTreeSet};

use peerway_model::ownership::OWNER;
use peerway_model::{AccountId, Region, VpcId};
use serde_json::{Value, json};

use super::Scope;
use super::rules::{Condition, Resource, creations};

/// The keys of the VPCs that a connection joins. AWS has them for the connection, not for the VPCs that are asked about
/// beside it.
const ENDS: [&str; 2] = ["ec2:RequesterVpc", "ec2:AccepterVpc"];

pub(super) fn resource_arns(scope: &Scope, resource: Resource) -> Vec<String> {
    let partition = partition(scope);
    let kind = match resource {
        Resource::LoadBalancer => {
            let arn = |name: &str| {
                format!("arn:{partition}:elasticloadbalancing:*:*:loadbalancer/{name}")
            };
            if scope.balancers.is_empty() {
                return vec![arn("*")];
            }
            return scope.balancers.iter().map(|name| arn(name)).collect();
        }
        Resource::AutoScalingGroup => {
            let kind = "autoScalingGroup:*:autoScalingGroupName";
            return vec![format!("arn:{partition}:autoscaling:*:*:{kind}/*")];
        }
        Resource::Any => return vec!["*".to_owned()],
        Resource::Vpc if !scope.vpcs.is_empty() => {
            return vpc_arns(scope).into_iter().collect();
        }
        Resource::Vpc => "vpc",
        Resource::Connection => "vpc-peering-connection",
        Resource::RouteTable => "route-table",
        Resource::Subnet => "subnet",
        Resource::NetworkAcl => "network-acl",
        Resource::SecurityGroup => "security-group",
        Resource::Rule => "security-group-rule",
        Resource::NetworkInterface => "network-interface",
    };
    vec![format!("arn:{partition}:ec2:*:*:{kind}/*")]
}

/// The VPCs that are written in.
fn vpc_arns(scope: &Scope) -> BTreeSet<String> {
    scope.vpcs.iter().map(|(account, vpc)| vpc_arn(scope, account, vpc.as_str())).collect()
}

/// The VPCs that those are peered with: the peers, and one another.
fn peer_arns(scope: &Scope) -> BTreeSet<String> {
    let peer = |(account, vpc): &(AccountId, Option<VpcId>)| {
        vpc_arn(scope, account, vpc.as_ref().map_or("*", VpcId::as_str))
    };
    scope.peers.iter().map(peer).chain(vpc_arns(scope)).collect()
}

/// The id of a VPC is given once in all Regions: in which it lies need not be said.
fn vpc_arn(scope: &Scope, account: &AccountId, vpc: &str) -> String {
    format!("arn:{}:ec2:*:{account}:vpc/{vpc}", partition(scope))
}

/// Which of AWS's separate worlds the Regions lie in.
fn partition(scope: &Scope) -> &'static str {
    match scope.regions.first().map(Region::as_str) {
        Some(region) if region.starts_with("cn-") => "aws-cn",
        Some(region) if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

pub(super) fn condition(scope: &Scope, conditions: &[Condition]) -> Value {
    let mut all: BTreeMap<&str, BTreeMap<String, Value>> = BTreeMap::new();
    let mut add = |operator, key: &str, value: Value| {
        all.entry(operator).or_default().insert(key.to_owned(), value);
    };
    if !scope.regions.is_empty() {
        add("StringEquals", "aws:RequestedRegion", json!(scope.regions));
    }
    for condition in conditions {
        match condition {
            Condition::OurRequestTag | Condition::OurResourceTag => {
                let place =
                    if *condition == Condition::OurRequestTag { "Request" } else { "Resource" };
                let key = format!("aws:{place}Tag/{OWNER}");
                add("StringLike", &key, json!("*/*/*"));
            }
            Condition::OurTagKeys => {
                add("ForAllValues:StringLike", "aws:TagKeys", json!(["peerway.dev/*"]));
            }
            Condition::OnCreation(kind) => {
                add("StringEquals", "ec2:CreateAction", json!(creations(*kind)));
            }
            Condition::OnBalancerCreation => {
                let key = "elasticloadbalancing:CreateAction";
                add("StringEquals", key, json!(["CreateLoadBalancer"]));
            }
            Condition::InVpc if scope.vpcs.is_empty() => {}
            Condition::InVpc => add("ArnLike", "ec2:Vpc", json!(vpc_arns(scope))),
            Condition::Requests | Condition::Accepts => {
                let [requester, accepter] = ENDS;
                let (own, other) = match condition {
                    Condition::Requests => (requester, accepter),
                    _ => (accepter, requester),
                };
                if !scope.vpcs.is_empty() {
                    add("ArnLike", own, json!(vpc_arns(scope)));
                }
                if !scope.peers.is_empty() {
                    add("ArnLike", other, json!(peer_arns(scope)));
                }
            }
            Condition::JoinsPeers if scope.peers.is_empty() => {}
            Condition::JoinsPeers => {
                for end in ENDS {
                    add("ArnLike", end, json!(peer_arns(scope)));
                }
            }
            Condition::NamedBalancers if scope.balancers.is_empty() => {}
            // Each of the calls must bring one of the two, and brings only that: the other, which is not there, holds.
            Condition::NamedBalancers => {
                for key in ["autoscaling:LoadBalancerNames", "autoscaling:TrafficSourceIdentifiers"]
                {
                    add("ForAllValues:StringLike", key, json!(scope.balancers));
                }
            }
        }
    }
    json!(all)
}
