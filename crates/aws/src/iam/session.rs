//! The policy of a session: what may be written for one object.

use peerway_model::ownership::OWNER;
use peerway_model::{Owner, OwnerKind};
use serde_json::{Value, json};

use super::Scope;
use super::rules::{Condition, Resource};
use super::wording::{condition, resource_arns};

/// The longest policy of a session, in characters
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
const LONGEST: usize = 2048;

/// What a session for one object may write, in the Region, the VPCs and the balancer that are its own. A session's rights
/// are those of the role that this allows too, so it says in few words what is this object's alone, and what its kind
/// needs at all. Only a group answers peers in so many VPCs that they do not all fit: then first the VPC that things are
/// made in goes unsaid, then those that they lie in.
#[must_use]
pub fn session(owner: &Owner, scope: &Scope) -> String {
    let anywhere = Scope { vpcs: Vec::new(), ..scope.clone() };
    let full = said(owner, scope, scope);
    if full.len() <= LONGEST {
        return full;
    }
    let most = said(owner, scope, &anywhere);
    if most.len() <= LONGEST { most } else { said(owner, &anywhere, &anywhere) }
}

/// The policy in which conditions are those of `scope`, and VPCs as such those of `made_in`.
fn said(owner: &Owner, scope: &Scope, made_in: &Scope) -> String {
    let statement = |one: &Allowed| {
        let resources: Vec<String> =
            one.resources.iter().flat_map(|resource| resource_arns(made_in, *resource)).collect();
        let mut conditions = condition(scope, one.conditions);
        if one.is_owned {
            let key = format!("aws:ResourceTag/{OWNER}");
            conditions["StringEquals"][key] = json!(owner.owner_tag());
        }
        json!({
            "Effect": "Allow",
            "Action": one.actions,
            "Resource": resources,
            "Condition": conditions,
        })
    };
    let allowed = match owner.kind {
        OwnerKind::VpcPeering => VPC_PEERING,
        OwnerKind::OverlapSubnetGroup => OVERLAP_SUBNET_GROUP,
        OwnerKind::ProxyLoadBalancer => PROXY_LOAD_BALANCER,
    };
    let statements: Vec<Value> = allowed.iter().map(statement).collect();
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// What one statement allows.
struct Allowed {
    actions: &'static [&'static str],
    resources: &'static [Resource],
    conditions: &'static [Condition],
    /// Only on what carries the tag of this very object.
    is_owned: bool,
}

const VPC_PEERING: &[Allowed] = &[
    Allowed {
        actions: &["ec2:CreateVpcPeeringConnection", "ec2:AcceptVpcPeeringConnection"],
        resources: &[Resource::Vpc],
        conditions: &[],
        is_owned: false,
    },
    Allowed {
        actions: &["ec2:CreateVpcPeeringConnection", "ec2:AcceptVpcPeeringConnection"],
        resources: &[Resource::Connection],
        conditions: &[Condition::JoinsPeers],
        is_owned: false,
    },
    Allowed {
        actions: &["ec2:DeleteVpcPeeringConnection", "ec2:ModifyVpcPeeringConnectionOptions"],
        resources: &[Resource::Connection],
        conditions: &[],
        is_owned: true,
    },
    Allowed {
        actions: &["ec2:*Route", "ec2:*SecurityGroupIngress"],
        resources: &[Resource::RouteTable, Resource::SecurityGroup],
        conditions: &[Condition::InVpc],
        is_owned: false,
    },
    Allowed {
        actions: &["ec2:AuthorizeSecurityGroupIngress", "ec2:*Tags"],
        resources: &[Resource::Connection, Resource::Rule],
        conditions: &[],
        is_owned: false,
    },
];

const OVERLAP_SUBNET_GROUP: &[Allowed] = &[
    Allowed {
        actions: &["ec2:CreateSubnet", "ec2:CreateRouteTable"],
        resources: &[Resource::Vpc, Resource::Subnet, Resource::RouteTable],
        conditions: &[],
        is_owned: false,
    },
    Allowed {
        actions: &[
            "ec2:*Route",
            "ec2:DeleteSubnet",
            "ec2:DeleteRouteTable",
            "ec2:AssociateRouteTable",
            "ec2:AssociateSubnetCidrBlock",
            "ec2:*TableAssociation",
            "ec2:*AclAssociation",
        ],
        resources: &[Resource::RouteTable, Resource::Subnet, Resource::NetworkAcl],
        conditions: &[Condition::InVpc],
        is_owned: false,
    },
    Allowed {
        actions: &["ec2:*Tags"],
        resources: &[Resource::Subnet, Resource::RouteTable],
        conditions: &[],
        is_owned: false,
    },
];

/// Of balancers whatever the role may do: what only reads is about `*`, which carries no tag of anybody's.
const PROXY_LOAD_BALANCER: &[Allowed] = &[
    Allowed {
        actions: &["elasticloadbalancing:*", "ec2:DeleteSecurityGroup"],
        resources: &[Resource::LoadBalancer, Resource::SecurityGroup],
        conditions: &[],
        is_owned: true,
    },
    Allowed {
        actions: &[
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:AddTags",
            "ec2:CreateSecurityGroup",
            "ec2:*Tags",
        ],
        resources: &[
            Resource::LoadBalancer,
            Resource::Vpc,
            Resource::SecurityGroup,
            Resource::Rule,
        ],
        conditions: &[],
        is_owned: false,
    },
    Allowed {
        actions: &["autoscaling:*tachLoadBalancers", "autoscaling:*tachTrafficSources"],
        resources: &[Resource::AutoScalingGroup],
        conditions: &[Condition::NamedBalancers],
        is_owned: false,
    },
    Allowed {
        actions: &["ec2:*SecurityGroupIngress", "ec2:ModifyNetworkInterfaceAttribute"],
        resources: &[Resource::SecurityGroup, Resource::NetworkInterface],
        conditions: &[Condition::InVpc],
        is_owned: false,
    },
    Allowed {
        actions: &["ec2:AuthorizeSecurityGroupIngress"],
        resources: &[Resource::Rule],
        conditions: &[],
        is_owned: false,
    },
];

#[cfg(test)]
mod tests {
    use peerway_model::action::{Effect, Service};
    use peerway_model::{AccountId, Action, VpcId};

    use super::super::rules::KINDS;
    use super::*;

    /// A session's for an object with names as long as they can be, that touches so many VPCs of one account.
    fn touching(kind: OwnerKind, vpcs: u32) -> String {
        let owner = Owner {
            cluster: "8c2f7c1e-5d3f-4d0b-9a51-0f3f7d2b6a11".into(),
            kind,
            namespace: "n".repeat(63),
            name: "m".repeat(63),
            uid: "8c2f7c1e-5d3f-4d0b-9a51-0f3f7d2b6a11".to_owned(),
        };
        let account: AccountId = "111111111111".parse().unwrap();
        let vpc = |at| (account.clone(), format!("vpc-0123456789abcde{at:02}").parse().unwrap());
        let vpcs: Vec<(AccountId, VpcId)> = (0..vpcs).map(vpc).collect();
        let mut scope =
            Scope { regions: vec!["us-gov-west-1".parse().unwrap()], ..Scope::default() };
        match kind {
            OwnerKind::VpcPeering => {
                scope.peers = vpcs.iter().cloned().map(|(owner, vpc)| (owner, Some(vpc))).collect();
            }
            OwnerKind::OverlapSubnetGroup => {}
            OwnerKind::ProxyLoadBalancer => scope.balancers = vec!["b".repeat(32)],
        }
        scope.vpcs = vpcs;
        session(&owner, &scope)
    }

    /// With as many VPCs as an object of this kind touches, groups with many peers left out.
    fn longest(kind: OwnerKind) -> String {
        let vpcs = match kind {
            OwnerKind::VpcPeering | OwnerKind::OverlapSubnetGroup => 2,
            OwnerKind::ProxyLoadBalancer => 1,
        };
        touching(kind, vpcs)
    }

    /// Whether any statement names the action, other than those about what carries the object's own tag: nothing that reads
    /// is about such a thing.
    fn names(policy: &str, action: Action) -> bool {
        let policy: Value = serde_json::from_str(policy).unwrap();
        let full = format!("{}:{action}", action.service().prefix());
        let statements = policy["Statement"].as_array().unwrap();
        let is_meant = |statement: &&Value| {
            let key = format!("aws:ResourceTag/{OWNER}");
            action.effect() == Effect::Write
                || statement["Condition"]["StringEquals"][key].is_null()
        };
        let mut patterns = statements
            .iter()
            .filter(is_meant)
            .flat_map(|statement| statement["Action"].as_array().unwrap())
            .map(|pattern| pattern.as_str().unwrap());
        patterns.any(|pattern| match pattern.split_once('*') {
            Some((head, tail)) => full.starts_with(head) && full.ends_with(tail),
            None => full == pattern,
        })
    }

    #[test]
    fn session_policies_are_short_enough_and_none_reads() {
        for kind in KINDS.iter().copied() {
            let policy = longest(kind);
            assert!(policy.len() <= 2048, "{kind}: {} characters", policy.len());
            assert!(policy.contains(":vpc/vpc-0123456789abcde00"), "{kind}: {policy}");
            let mut reads = Action::ALL.iter().filter(|action| action.effect() == Effect::Read);
            assert_eq!(reads.find(|action| names(&policy, **action)), None, "{kind}");
        }
    }

    #[test]
    fn a_group_with_peers_in_many_vpcs_says_what_fits() {
        for (vpcs, in_conditions, in_resources) in
            [(9, true, true), (17, true, false), (34, false, false)]
        {
            let text = touching(OwnerKind::OverlapSubnetGroup, vpcs);
            assert!(text.len() <= LONGEST, "{vpcs}: {} characters", text.len());
            let policy: Value = serde_json::from_str(&text).unwrap();
            let statements = policy["Statement"].as_array().unwrap();
            let says = |value: &Value| value.to_string().contains(":vpc/vpc-");
            assert_eq!(statements.iter().any(|it| says(&it["Condition"])), in_conditions, "{vpcs}");
            assert_eq!(statements.iter().any(|it| says(&it["Resource"])), in_resources, "{vpcs}");
        }
    }

    #[test]
    fn every_write_is_in_the_session_policy_of_the_kinds_that_make_it_and_of_no_other() {
        use Action as A;
        let [peering, group, balancer] = [0, 1, 2].map(|at| longest(KINDS[at]));
        for action in Action::ALL.iter().copied().filter(|one| one.effect() == Effect::Write) {
            let expected = match action {
                A::CreateVpcPeeringConnection
                | A::AcceptVpcPeeringConnection
                | A::DeleteVpcPeeringConnection
                | A::ModifyVpcPeeringConnectionOptions => [true, false, false],
                A::CreateRoute | A::ReplaceRoute | A::DeleteRoute => [true, true, false],
                A::AuthorizeSecurityGroupIngress | A::RevokeSecurityGroupIngress => {
                    [true, false, true]
                }
                A::CreateSubnet
                | A::DeleteSubnet
                | A::AssociateSubnetCidrBlock
                | A::CreateRouteTable
                | A::DeleteRouteTable
                | A::AssociateRouteTable
                | A::ReplaceRouteTableAssociation
                | A::ReplaceNetworkAclAssociation => [false, true, false],
                A::CreateTags | A::DeleteTags => [true, true, true],
                A::CreateSecurityGroup
                | A::DeleteSecurityGroup
                | A::ModifyNetworkInterfaceAttribute => [false, false, true],
                _ => {
                    let service = action.service();
                    assert!(
                        [Service::ElasticLoadBalancing, Service::AutoScaling].contains(&service),
                        "{action}: which kinds make it?"
                    );
                    [false, false, true]
                }
            };
            let found = [&peering, &group, &balancer].map(|policy| names(policy, action));
            assert_eq!(found, expected, "{action}");
        }
    }

    #[test]
    fn what_takes_things_down_asks_for_the_objects_own_tag() {
        let tag = format!("ProxyLoadBalancer/{}/{}", "n".repeat(63), "m".repeat(63));
        let policy: Value = serde_json::from_str(&longest(OwnerKind::ProxyLoadBalancer)).unwrap();
        for action in ["ec2:DeleteSecurityGroup", "elasticloadbalancing:*"] {
            let is_it = |statement: &&Value| {
                statement["Action"].as_array().unwrap().iter().any(|one| one == action)
            };
            let found: Vec<&Value> =
                policy["Statement"].as_array().unwrap().iter().filter(is_it).collect();
            let [statement] = found[..] else { panic!("{action}: {policy}") };
            let key = format!("aws:ResourceTag/{OWNER}");
            assert_eq!(statement["Condition"]["StringEquals"][key], tag, "{action}");
        }
    }
}
