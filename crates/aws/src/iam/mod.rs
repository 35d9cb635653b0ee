//! The IAM policies that Peerway needs, generated from the list of calls it makes.
//!
//! Which call may touch what is decided here, once, by an exhaustive match: a new [`Action`] does not compile before it has
//! an answer. The same rules, narrowed to one object, are the session policy of the calls made for it. Resource types and
//! condition keys are those of
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>,
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancing.html> and
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html>. IAM has no key for
//! the destination or the target of a route: which routes are written is for the planner alone. Nor are an auto-scaling
//! group's tags ours: which balancers are tied to which groups is the planner's to say, too.

mod session;

use std::collections::BTreeMap;

use peerway_model::action::Effect;
use peerway_model::ownership::{CLUSTER, OWNER};
use peerway_model::{AccountId, Action, Region, VpcId};
use serde_json::{Value, json};

pub use session::session;

/// What a policy is for.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// The Regions; none: every one.
    pub regions: Vec<Region>,
    /// The VPCs, all in one account; none: every one.
    pub vpcs: Vec<(AccountId, VpcId)>,
}

/// What a rule is about: a resource type, and what must be so.
struct Rule {
    resource: Resource,
    conditions: Vec<Condition>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Resource {
    Any,
    Vpc,
    Connection,
    RouteTable,
    Subnet,
    NetworkAcl,
    SecurityGroup,
    Rule,
    NetworkInterface,
    LoadBalancer,
    AutoScalingGroup,
}

/// What of EC2 carries our tags.
const TAGGED: [Resource; 5] = [
    Resource::Connection,
    Resource::Rule,
    Resource::Subnet,
    Resource::RouteTable,
    Resource::SecurityGroup,
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Condition {
    /// The request brings our tags.
    OurRequestTag,
    /// The thing carries our tags.
    OurResourceTag,
    /// Only tags of ours are put on, or taken off.
    OurTagKeys,
    /// Tagged while it is made, by EC2.
    OnCreation,
    /// Tagged while it is made, by Elastic Load Balancing.
    OnBalancerCreation,
    /// In one of the VPCs.
    InVpc,
}

/// The calls of a role in an account that Peerway acts in.
#[must_use]
pub fn acting(scope: &Scope) -> Value {
    policy(scope, |_| true)
}

/// The calls of a role that only looks: `managementPolicy: Observe`, plans, audits.
#[must_use]
pub fn reading(scope: &Scope) -> Value {
    policy(scope, |action| action.effect() == Effect::Read)
}

/// The calls of the controller's own identity: assuming the roles of the accounts, and tagging the sessions where an
/// `AWSAccount` asks for that. The name of the session is no condition key of `sts:TagSession`, which therefore stands by
/// itself (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservicests.html>).
#[must_use]
pub fn controller(roles: &[String]) -> Value {
    let any = vec!["arn:aws:iam::*:role/peerway".to_owned()];
    let roles = if roles.is_empty() { &any } else { roles };
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["sts:AssumeRole"],
            "Resource": roles,
            "Condition": { "StringLike": { "sts:RoleSessionName": "peerway*" } },
        }, {
            "Effect": "Allow",
            "Action": ["sts:TagSession"],
            "Resource": roles,
            "Condition": { "ForAllValues:StringEquals": { "aws:TagKeys": [CLUSTER, OWNER] } },
        }],
    })
}

fn policy(scope: &Scope, wanted: impl Fn(Action) -> bool) -> Value {
    // What is allowed under the same conditions on the same things is one statement.
    let mut statements: BTreeMap<(Resource, Vec<Condition>), Vec<String>> = BTreeMap::new();
    for action in Action::ALL.iter().copied().filter(|action| wanted(*action)) {
        for rule in rules(action) {
            let name = format!("{}:{action}", action.service().prefix());
            statements.entry((rule.resource, rule.conditions)).or_default().push(name);
        }
    }
    let statements: Vec<Value> = statements
        .into_iter()
        .map(|((resource, conditions), mut actions)| {
            actions.sort_unstable();
            let mut statement = json!({
                "Effect": "Allow",
                "Action": actions,
                "Resource": resource_arns(scope, resource),
            });
            let conditions = condition(scope, &conditions);
            if conditions.as_object().is_some_and(|map| !map.is_empty()) {
                statement["Condition"] = conditions;
            }
            statement
        })
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// What a call needs: one rule per kind of thing that AWS asks about.
#[expect(clippy::too_many_lines, reason = "one arm per call, so that none is forgotten")]
fn rules(action: Action) -> Vec<Rule> {
    use Condition::{
        InVpc, OnBalancerCreation, OnCreation, OurRequestTag, OurResourceTag, OurTagKeys,
    };
    let rule =
        |resource, conditions: &[Condition]| Rule { resource, conditions: conditions.to_vec() };
    match action {
        Action::DescribeVpcs
        | Action::DescribeVpcAttribute
        | Action::DescribeSubnets
        | Action::DescribeRouteTables
        | Action::DescribeVpcPeeringConnections
        | Action::DescribeSecurityGroups
        | Action::DescribeSecurityGroupRules
        | Action::DescribeNatGateways
        | Action::DescribeManagedPrefixLists
        | Action::GetManagedPrefixListEntries
        | Action::DescribeNetworkAcls
        | Action::DescribeAvailabilityZones
        | Action::DescribeNetworkInterfaces
        | Action::DescribeInstances
        | Action::DescribeAutoScalingGroups
        | Action::DescribeTrafficSources
        | Action::DescribeLoadBalancers
        | Action::DescribeLoadBalancerAttributes
        | Action::DescribeLoadBalancerPolicies
        | Action::DescribeInstanceHealth
        | Action::DescribeTags => vec![rule(Resource::Any, &[])],
        Action::CreateVpcPeeringConnection => {
            vec![rule(Resource::Vpc, &[]), rule(Resource::Connection, &[OurRequestTag])]
        }
        // The connection was made by the other side, and carries no tag of ours here yet.
        Action::AcceptVpcPeeringConnection => {
            vec![rule(Resource::Vpc, &[]), rule(Resource::Connection, &[])]
        }
        Action::DeleteVpcPeeringConnection | Action::ModifyVpcPeeringConnectionOptions => {
            vec![rule(Resource::Connection, &[OurResourceTag])]
        }
        Action::CreateRoute | Action::ReplaceRoute | Action::DeleteRoute => {
            vec![rule(Resource::RouteTable, &[InVpc])]
        }
        // Where it is made, the VPC's own rule says.
        Action::CreateSubnet => {
            vec![rule(Resource::Vpc, &[]), rule(Resource::Subnet, &[OurRequestTag])]
        }
        Action::CreateRouteTable => {
            vec![rule(Resource::Vpc, &[]), rule(Resource::RouteTable, &[OurRequestTag])]
        }
        Action::DeleteSubnet => vec![rule(Resource::Subnet, &[OurResourceTag, InVpc])],
        Action::DeleteRouteTable => vec![rule(Resource::RouteTable, &[OurResourceTag, InVpc])],
        // The subnet is what changes, and must be ours; a table or ACL given by name carries no tag of ours.
        Action::AssociateRouteTable | Action::ReplaceRouteTableAssociation => vec![
            rule(Resource::RouteTable, &[InVpc]),
            rule(Resource::Subnet, &[OurResourceTag, InVpc]),
        ],
        Action::ReplaceNetworkAclAssociation => vec![
            rule(Resource::NetworkAcl, &[InVpc]),
            rule(Resource::Subnet, &[OurResourceTag, InVpc]),
        ],
        Action::AuthorizeSecurityGroupIngress => {
            vec![rule(Resource::SecurityGroup, &[InVpc]), rule(Resource::Rule, &[OurRequestTag])]
        }
        Action::RevokeSecurityGroupIngress => vec![rule(Resource::SecurityGroup, &[InVpc])],
        Action::CreateSecurityGroup => {
            vec![rule(Resource::Vpc, &[]), rule(Resource::SecurityGroup, &[OurRequestTag])]
        }
        Action::DeleteSecurityGroup => {
            vec![rule(Resource::SecurityGroup, &[OurResourceTag, InVpc])]
        }
        // The interface is an instance's, and keeps the groups of others that it carries: neither has tags of ours.
        Action::ModifyNetworkInterfaceAttribute => {
            vec![
                rule(Resource::NetworkInterface, &[InVpc]),
                rule(Resource::SecurityGroup, &[InVpc]),
            ]
        }
        Action::AttachLoadBalancers
        | Action::DetachLoadBalancers
        | Action::AttachTrafficSources
        | Action::DetachTrafficSources => vec![rule(Resource::AutoScalingGroup, &[])],
        Action::CreateLoadBalancer => vec![rule(Resource::LoadBalancer, &[OurRequestTag])],
        Action::DeleteLoadBalancer
        | Action::CreateLoadBalancerListeners
        | Action::DeleteLoadBalancerListeners
        | Action::SetLoadBalancerListenerSSLCertificate
        | Action::ConfigureHealthCheck
        | Action::AttachLoadBalancerToSubnets
        | Action::DetachLoadBalancerFromSubnets
        | Action::ApplySecurityGroupsToLoadBalancer
        | Action::ModifyLoadBalancerAttributes
        | Action::CreateLoadBalancerPolicy
        | Action::DeleteLoadBalancerPolicy
        | Action::SetLoadBalancerPoliciesOfListener
        | Action::SetLoadBalancerPoliciesForBackendServer
        | Action::RegisterInstancesWithLoadBalancer
        | Action::DeregisterInstancesFromLoadBalancer => {
            vec![rule(Resource::LoadBalancer, &[OurResourceTag])]
        }
        // As with the tags of EC2 below.
        Action::AddTags => vec![
            rule(Resource::LoadBalancer, &[OurRequestTag, OnBalancerCreation]),
            rule(Resource::LoadBalancer, &[OurRequestTag, OurTagKeys]),
        ],
        Action::RemoveTags => vec![rule(Resource::LoadBalancer, &[OurResourceTag, OurTagKeys])],
        // While they are made, and where somebody took our tags off.
        Action::CreateTags => TAGGED
            .into_iter()
            .flat_map(|thing| {
                [
                    rule(thing, &[OurRequestTag, OnCreation]),
                    rule(thing, &[OurRequestTag, OurTagKeys]),
                ]
            })
            .collect(),
        Action::DeleteTags => {
            TAGGED.into_iter().map(|thing| rule(thing, &[OurResourceTag, OurTagKeys])).collect()
        }
        // Asking who one is needs no permission; roles are assumed with the controller's own identity.
        Action::GetCallerIdentity | Action::AssumeRole => Vec::new(),
    }
}

fn resource_arns(scope: &Scope, resource: Resource) -> Vec<String> {
    let partition = partition(scope);
    let kind = match resource {
        Resource::LoadBalancer => {
            return vec![format!("arn:{partition}:elasticloadbalancing:*:*:loadbalancer/*")];
        }
        Resource::AutoScalingGroup => {
            let kind = "autoScalingGroup:*:autoScalingGroupName";
            return vec![format!("arn:{partition}:autoscaling:*:*:{kind}/*")];
        }
        Resource::Any => return vec!["*".to_owned()],
        Resource::Vpc if !scope.vpcs.is_empty() => {
            return scope.vpcs.iter().flat_map(|vpc| vpc_arns(scope, vpc)).collect();
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

fn vpc_arns(scope: &Scope, (account, vpc): &(AccountId, VpcId)) -> Vec<String> {
    let partition = partition(scope);
    match scope.regions.as_slice() {
        [region] => vec![format!("arn:{partition}:ec2:{region}:{account}:vpc/{vpc}")],
        _ => vec![format!("arn:{partition}:ec2:*:{account}:vpc/{vpc}")],
    }
}

/// Which of AWS's separate worlds the Regions lie in.
fn partition(scope: &Scope) -> &'static str {
    match scope.regions.first().map(Region::as_str) {
        Some(region) if region.starts_with("cn-") => "aws-cn",
        Some(region) if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

fn condition(scope: &Scope, conditions: &[Condition]) -> Value {
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
            Condition::OnCreation => add(
                "StringEquals",
                "ec2:CreateAction",
                json!([
                    "CreateVpcPeeringConnection",
                    "AuthorizeSecurityGroupIngress",
                    "CreateSubnet",
                    "CreateRouteTable",
                    "CreateSecurityGroup",
                ]),
            ),
            Condition::OnBalancerCreation => {
                let key = "elasticloadbalancing:CreateAction";
                add("StringEquals", key, json!(["CreateLoadBalancer"]));
            }
            Condition::InVpc if scope.vpcs.is_empty() => {}
            Condition::InVpc => {
                let vpcs: Vec<String> =
                    scope.vpcs.iter().flat_map(|vpc| vpc_arns(scope, vpc)).collect();
                add("ArnLike", "ec2:Vpc", json!(vpcs));
            }
        }
    }
    json!(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everywhere() -> Scope {
        Scope { regions: vec!["us-west-2".parse().unwrap()], ..Scope::default() }
    }

    fn statements(policy: &Value) -> &Vec<Value> {
        policy["Statement"].as_array().unwrap()
    }

    fn allowing<'a>(policy: &'a Value, action: &str) -> Vec<&'a Value> {
        let has = |statement: &&Value| {
            statement["Action"].as_array().unwrap().iter().any(|one| one == action)
        };
        statements(policy).iter().filter(has).collect()
    }

    #[test]
    fn every_call_that_changes_something_stands_under_a_condition() {
        let policy = acting(&everywhere());
        for action in Action::ALL.iter().filter(|action| action.effect() == Effect::Write) {
            let found = allowing(&policy, &format!("{}:{action}", action.service().prefix()));
            assert!(!found.is_empty(), "{action} is not allowed");
            for statement in found {
                assert!(statement["Condition"].is_object(), "{action}: {statement}");
                assert_ne!(statement["Resource"], json!(["*"]), "{action}");
            }
        }
    }

    #[test]
    fn what_only_reads_allows_nothing_else() {
        for statement in statements(&reading(&Scope::default())) {
            for action in statement["Action"].as_array().unwrap() {
                let action = action.as_str().unwrap();
                let (_, name) = action.split_once(':').unwrap();
                assert!(name.starts_with("Describe") || name.starts_with("Get"), "{action}");
            }
        }
    }

    #[test]
    fn only_what_carries_our_tags_may_be_deleted() {
        let policy = acting(&Scope::default());
        for action in [
            "ec2:DeleteVpcPeeringConnection",
            "ec2:DeleteSubnet",
            "ec2:DeleteRouteTable",
            "ec2:DeleteSecurityGroup",
            "elasticloadbalancing:DeleteLoadBalancer",
            "elasticloadbalancing:DeleteLoadBalancerListeners",
            "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
            "elasticloadbalancing:RemoveTags",
        ] {
            let found = allowing(&policy, action);
            assert!(!found.is_empty(), "{action}");
            for statement in found {
                assert_eq!(
                    statement["Condition"]["StringLike"]["aws:ResourceTag/peerway.dev/owner"],
                    "*/*/*",
                    "{action}"
                );
            }
        }
    }

    #[test]
    fn what_is_made_and_which_subnets_are_moved_is_ours() {
        let policy = acting(&Scope::default());
        let wants = |action: &str, kind: &str, place: &str| {
            let about =
                |statement: &&Value| statement["Resource"][0].as_str().unwrap().ends_with(kind);
            let key = format!("aws:{place}Tag/peerway.dev/owner");
            let found: Vec<&Value> = allowing(&policy, action).into_iter().filter(about).collect();
            assert!(!found.is_empty(), "{action} on {kind}");
            for statement in found {
                assert_eq!(statement["Condition"]["StringLike"][&key], "*/*/*", "{action}");
            }
        };
        wants("ec2:CreateSubnet", ":subnet/*", "Request");
        wants("ec2:CreateRouteTable", ":route-table/*", "Request");
        wants("ec2:CreateSecurityGroup", ":security-group/*", "Request");
        wants("elasticloadbalancing:CreateLoadBalancer", ":loadbalancer/*", "Request");
        wants("elasticloadbalancing:AddTags", ":loadbalancer/*", "Request");
        for action in
            ["AssociateRouteTable", "ReplaceRouteTableAssociation", "ReplaceNetworkAclAssociation"]
        {
            wants(&format!("ec2:{action}"), ":subnet/*", "Resource");
        }
    }

    #[test]
    fn the_controller_may_tag_its_sessions_with_its_own_tags_only() {
        let policy = controller(&[]);
        let found = allowing(&policy, "sts:TagSession");
        let [statement] = found[..] else { panic!("{policy}") };
        let keys = &statement["Condition"]["ForAllValues:StringEquals"]["aws:TagKeys"];
        assert_eq!(*keys, json!(["peerway.dev/cluster", "peerway.dev/owner"]));
    }
}
