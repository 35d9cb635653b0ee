//! The IAM policies that Peerway needs, generated from the list of calls it makes.
//!
//! Which call may touch what is decided here, once, by an exhaustive match: a new [`Action`] does not compile before it has
//! an answer. The same rules, narrowed to one object, are the session policy of the calls made for it.
//!
//! | to understand | read |
//! |---|---|
//! | which call may touch what, for which kind | `rules.rs` |
//! | how that reads in IAM's language | `wording.rs` |
//! | what writes for one object may do | `session.rs` |
//!
//! Resource types and
//! condition keys are those of
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>,
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancing.html> and
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html>. IAM has no key for
//! the destination or the target of a route: which routes are written is for the planner alone. Nor are an auto-scaling
//! group's tags ours: a policy can say which balancers are tied, to which groups is the planner's to say, too.

mod rules;
mod session;
mod wording;

use std::collections::{BTreeMap, BTreeSet};

use peerway_model::action::Effect;
use peerway_model::ownership::{CLUSTER, OWNER};
use peerway_model::{AccountId, Action, OwnerKind, Region, VpcId};
use serde_json::{Value, json};

use rules::{Condition, KINDS, Resource, Rule, rules};
pub use session::session;
use wording::{condition, resource_arns};

/// The longest managed policy, in characters that are not white space. A role takes ten of them, and twenty if AWS is
/// asked; what is written into the role itself may have 10,240 in all
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub const LONGEST: usize = 6144;

/// What a policy is for.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// The Regions; none: every one.
    pub regions: Vec<Region>,
    /// The VPCs to write in; none: every one.
    pub vpcs: Vec<(AccountId, VpcId)>,
    /// The VPCs at the other end of peerings, or whole accounts of them; none: every one.
    pub peers: Vec<(AccountId, Option<VpcId>)>,
    /// The names of load balancers, `*` standing for any characters; none: every one.
    pub balancers: Vec<String>,
}

/// The calls with which Peerway acts in an account for the objects of one kind. They come with those of [`reading`], and
/// in a document for each kind, because all in one would be longer than AWS takes.
#[must_use]
pub fn acting(scope: &Scope, kind: OwnerKind) -> Value {
    policy(scope, |action, rule| action.effect() == Effect::Write && rule.kinds.contains(&kind))
}

/// The calls of a role that only looks: `managementPolicy: Observe`.
#[must_use]
pub fn reading(scope: &Scope) -> Value {
    policy(scope, |action, _| action.effect() == Effect::Read)
}

/// All that a role in an account has in which Peerway acts for every kind.
#[must_use]
pub fn documents(scope: &Scope) -> Vec<Value> {
    let acting = KINDS.iter().map(|kind| acting(scope, *kind));
    std::iter::once(reading(scope)).chain(acting).collect()
}

/// How long AWS finds a policy: see [`LONGEST`].
#[must_use]
pub fn length(policy: &Value) -> usize {
    policy.to_string().chars().filter(|char| !char.is_whitespace()).count()
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

fn policy(scope: &Scope, is_wanted: impl Fn(Action, &Rule) -> bool) -> Value {
    let mut calls: BTreeMap<(Resource, Vec<Condition>), BTreeSet<String>> = BTreeMap::new();
    for action in Action::ALL.iter().copied() {
        for rule in rules(action).into_iter().filter(|rule| is_wanted(action, rule)) {
            let name = format!("{}:{action}", action.service().prefix());
            calls.entry((rule.resource, rule.conditions)).or_default().insert(name);
        }
    }
    let statements: Vec<Value> = merged(calls)
        .into_iter()
        .map(|statement| {
            let resources = statement.resources.into_iter().flat_map(|it| resource_arns(scope, it));
            let mut said = json!({
                "Effect": "Allow",
                "Action": one_or_many(statement.actions),
                "Resource": one_or_many(resources),
            });
            let conditions = condition(scope, &statement.conditions);
            if conditions.as_object().is_some_and(|map| !map.is_empty()) {
                said["Condition"] = conditions;
            }
            said
        })
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// A list of one is said as the one, in IAM's grammar as good as the list: a document has no characters to spare
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>).
fn one_or_many(texts: impl IntoIterator<Item = String>) -> Value {
    match texts.into_iter().collect::<Vec<String>>().as_slice() {
        [one] => json!(one),
        many => json!(many),
    }
}

struct Statement {
    conditions: Vec<Condition>,
    resources: Vec<Resource>,
    actions: BTreeSet<String>,
}

/// As few statements as say the same. Under equal conditions, those become one that allow the same calls, on several
/// things, and those of different services: a service is never asked about a thing of another.
fn merged(calls: BTreeMap<(Resource, Vec<Condition>), BTreeSet<String>>) -> Vec<Statement> {
    let services = |actions: &BTreeSet<String>| -> BTreeSet<String> {
        let service = |action: &String| action.split(':').next().unwrap_or_default().to_owned();
        actions.iter().map(service).collect()
    };
    let mut statements: Vec<Statement> = Vec::new();
    for ((resource, conditions), actions) in calls {
        let mut like = statements.iter_mut().filter(|it| it.conditions == conditions);
        match like.find(|it| it.actions == actions) {
            Some(found) => found.resources.push(resource),
            None => statements.push(Statement { conditions, resources: vec![resource], actions }),
        }
    }
    let mut few: Vec<Statement> = Vec::new();
    for statement in statements {
        let own = services(&statement.actions);
        let found = few.iter_mut().find(|it| {
            it.conditions == statement.conditions && own.is_disjoint(&services(&it.actions))
        });
        match found {
            Some(found) => {
                found.resources.extend(statement.resources);
                found.actions.extend(statement.actions);
            }
            None => few.push(statement),
        }
    }
    few
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(digit: &str) -> AccountId {
        digit.repeat(12).parse().unwrap()
    }

    fn vpcs(count: u32) -> Vec<(AccountId, VpcId)> {
        let one = |at| (account("1"), format!("vpc-0123456789abcdef{at}").parse().unwrap());
        (0..count).map(one).collect()
    }

    /// All that can be said: two Regions, four VPCs, two peers, two balancers.
    fn narrow() -> Scope {
        let regions = ["us-gov-west-1", "us-gov-east-1"];
        let peers = [("2", "vpc-0123456789abcdefa"), ("3", "vpc-0123456789abcdefb")];
        Scope {
            regions: regions.map(|region| region.parse().unwrap()).to_vec(),
            vpcs: vpcs(4),
            peers: peers.map(|(owner, vpc)| (account(owner), vpc.parse().ok())).to_vec(),
            balancers: ["imply-*", "druid-router"].map(str::to_owned).to_vec(),
        }
    }

    fn statements(policy: &Value) -> &Vec<Value> {
        policy["Statement"].as_array().unwrap()
    }

    fn texts(value: &Value) -> impl Iterator<Item = &str> {
        let many = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        many.iter().map(|text| text.as_str().unwrap())
    }

    /// The statements that allow an action, of all the documents of a role that acts.
    fn allowing(documents: &[Value], action: &str) -> Vec<Value> {
        let has = |it: &&Value| texts(&it["Action"]).any(|one| one == action);
        documents.iter().flat_map(statements).filter(has).cloned().collect()
    }

    /// `(call, thing)` for everything that may be changed with no condition at all.
    fn unconditional(scope: &Scope) -> BTreeSet<(String, String)> {
        let documents = KINDS.iter().map(|kind| acting(scope, *kind));
        let open: Vec<Value> = documents
            .flat_map(|policy| statements(&policy).clone())
            .filter(|statement| statement["Condition"].is_null())
            .collect();
        let pairs = open.iter().flat_map(|statement| {
            texts(&statement["Action"]).flat_map(|action| {
                texts(&statement["Resource"]).map(move |arn| (action.to_owned(), arn.to_owned()))
            })
        });
        pairs.collect()
    }

    /// What AWS has a condition for whose value only a narrower scope knows: the thing, the calls, what cannot be known
    /// and what says it.
    const OPEN: &[(&str, &[&str], &str)] = &[
        (
            "arn:aws:ec2:*:*:vpc/*",
            &[
                "ec2:AcceptVpcPeeringConnection",
                "ec2:CreateRouteTable",
                "ec2:CreateSecurityGroup",
                "ec2:CreateSubnet",
                "ec2:CreateVpcPeeringConnection",
            ],
            "the VPCs are others', without tags of ours: --vpc names them",
        ),
        (
            "arn:aws:ec2:*:*:vpc-peering-connection/*",
            &["ec2:AcceptVpcPeeringConnection"],
            "whoever asked for it made it, without tags of ours: --vpc and --peer name its ends",
        ),
        (
            "arn:aws:ec2:*:*:route-table/*",
            &[
                "ec2:AssociateRouteTable",
                "ec2:CreateRoute",
                "ec2:DeleteRoute",
                "ec2:ReplaceRoute",
                "ec2:ReplaceRouteTableAssociation",
            ],
            "routes are written to tables of others, too: --vpc names the VPCs they lie in",
        ),
        (
            "arn:aws:ec2:*:*:network-acl/*",
            &["ec2:ReplaceNetworkAclAssociation"],
            "the ACL that subnets of ours are given is another's: --vpc",
        ),
        (
            "arn:aws:ec2:*:*:security-group/*",
            &[
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:ModifyNetworkInterfaceAttribute",
                "ec2:RevokeSecurityGroupIngress",
            ],
            "rules are added to groups of others, and interfaces keep theirs: --vpc",
        ),
        (
            "arn:aws:ec2:*:*:network-interface/*",
            &["ec2:ModifyNetworkInterfaceAttribute"],
            "the interfaces are those of instances of others: --vpc",
        ),
        (
            "arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/*",
            &[
                "autoscaling:AttachLoadBalancers",
                "autoscaling:AttachTrafficSources",
                "autoscaling:DetachLoadBalancers",
                "autoscaling:DetachTrafficSources",
            ],
            "the groups are others', and a balancer may have any name: --balancer",
        ),
    ];

    fn open(is_meant: impl Fn(&str) -> bool) -> BTreeSet<(String, String)> {
        let meant = OPEN.iter().filter(|(thing, _, _)| is_meant(thing));
        meant
            .flat_map(|(thing, calls, _)| {
                calls.iter().map(|call| ((*call).to_owned(), (*thing).to_owned()))
            })
            .collect()
    }

    #[test]
    fn every_call_that_changes_something_stands_under_a_condition_as_far_as_one_is_known() {
        assert_eq!(unconditional(&Scope::default()), open(|_| true));
        let scope = Scope { balancers: narrow().balancers, ..Scope::default() };
        assert_eq!(unconditional(&scope), open(|thing| !thing.contains("autoscaling")));
        // The VPCs themselves are then named, instead of a condition.
        let scope = Scope { vpcs: vpcs(1), ..Scope::default() };
        let mut expected = open(|thing| thing.contains("autoscaling"));
        let named = "arn:aws:ec2:*:111111111111:vpc/vpc-0123456789abcdef0".to_owned();
        expected.extend(
            open(|thing| thing.ends_with(":vpc/*"))
                .into_iter()
                .map(|(call, _)| (call, named.clone())),
        );
        assert_eq!(unconditional(&scope), expected);
        assert_eq!(unconditional(&narrow()), BTreeSet::new());
    }

    #[test]
    fn every_call_is_allowed_and_none_that_changes_something_on_everything() {
        let documents = documents(&Scope::default());
        for action in Action::ALL.iter().copied() {
            let found = allowing(&documents, &format!("{}:{action}", action.service().prefix()));
            let is_asked = !matches!(action, Action::GetCallerIdentity | Action::AssumeRole);
            assert_eq!(!found.is_empty(), is_asked, "{action}");
            let is_read = action.effect() == Effect::Read;
            for statement in found {
                assert_eq!(statement["Resource"] == "*", is_read, "{action}");
            }
        }
    }

    /// Whether AWS could ask about such a thing at all: no call is about things of another service.
    fn is_asked(action: &str, arn: &str) -> bool {
        action.split(':').next() == arn.split(':').nth(2)
    }

    #[test]
    fn statements_allow_what_the_rules_say_and_nothing_else() {
        for scope in [Scope::default(), narrow()] {
            for kind in KINDS {
                let policy = acting(&scope, *kind);
                let mut said = BTreeSet::new();
                for statement in statements(&policy) {
                    let conditions = statement.get("Condition").cloned().unwrap_or(json!({}));
                    for action in texts(&statement["Action"]) {
                        for arn in texts(&statement["Resource"]).filter(|it| is_asked(action, it)) {
                            let one = (action.to_owned(), arn.to_owned(), conditions.to_string());
                            assert!(said.insert(one), "said twice: {action} {arn}");
                        }
                    }
                }
                let mut meant = BTreeSet::new();
                for action in Action::ALL.iter().copied() {
                    for rule in rules(action).into_iter().filter(|it| it.kinds.contains(kind)) {
                        if action.effect() == Effect::Read {
                            continue;
                        }
                        let name = format!("{}:{action}", action.service().prefix());
                        let conditions = condition(&scope, &rule.conditions).to_string();
                        for arn in resource_arns(&scope, rule.resource) {
                            meant.insert((name.clone(), arn, conditions.clone()));
                        }
                    }
                }
                assert_eq!(said, meant, "{kind}");
            }
        }
    }

    #[test]
    fn aws_takes_every_document() {
        // A balancer's, in the partition with the longest name, has room for the names of three VPCs.
        let scopes = [Scope::default(), Scope { vpcs: vpcs(3), ..narrow() }];
        for scope in scopes {
            for document in documents(&scope) {
                let length = length(&document);
                assert!(length <= LONGEST, "{length}: {document}");
            }
        }
    }

    #[test]
    fn peerings_join_only_what_the_scope_names() {
        let documents = documents(&narrow());
        for (action, own, other) in [
            ("ec2:CreateVpcPeeringConnection", "ec2:RequesterVpc", "ec2:AccepterVpc"),
            ("ec2:AcceptVpcPeeringConnection", "ec2:AccepterVpc", "ec2:RequesterVpc"),
        ] {
            let found = allowing(&documents, action);
            let ends = found.iter().map(|it| &it["Condition"]["ArnLike"]).find(|it| !it.is_null());
            let ends = ends.unwrap();
            assert_eq!(texts(&ends[own]).count(), 4, "{ends}");
            let other: Vec<&str> = texts(&ends[other]).collect();
            assert_eq!(other.len(), 6, "one another, and the peers: {other:?}");
            assert!(other[4].ends_with(":222222222222:vpc/vpc-0123456789abcdefa"), "{other:?}");
        }
    }

    #[test]
    fn groups_are_tied_to_the_balancers_of_the_scope_only() {
        let found = allowing(&documents(&narrow()), "autoscaling:DetachLoadBalancers");
        let [statement] = &found[..] else { panic!("{found:?}") };
        let named = &statement["Condition"]["ForAllValues:StringLike"];
        for key in ["autoscaling:LoadBalancerNames", "autoscaling:TrafficSourceIdentifiers"] {
            assert_eq!(named[key], json!(["imply-*", "druid-router"]));
        }
    }

    #[test]
    fn what_only_reads_allows_nothing_else() {
        for statement in statements(&reading(&Scope::default())) {
            for action in texts(&statement["Action"]) {
                let (_, name) = action.split_once(':').unwrap();
                assert!(name.starts_with("Describe") || name.starts_with("Get"), "{action}");
            }
        }
    }

    #[test]
    fn only_what_carries_our_tags_may_be_deleted() {
        let documents = documents(&Scope::default());
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
            let found = allowing(&documents, action);
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
        let documents = documents(&Scope::default());
        let key = |place: &str| format!("aws:{place}Tag/peerway.dev/owner");
        let about = |it: &Value, kind: &str| texts(&it["Resource"]).any(|arn| arn.ends_with(kind));
        let wants = |action: &str, kind: &str, place: &str| {
            let mut found = allowing(&documents, action);
            found.retain(|it| about(it, kind));
            assert!(!found.is_empty(), "{action} on {kind}");
            for statement in found {
                assert_eq!(statement["Condition"]["StringLike"][key(place)], "*/*/*", "{action}");
            }
        };
        wants("ec2:CreateSubnet", ":subnet/*", "Request");
        wants("ec2:CreateRouteTable", ":route-table/*", "Request");
        wants("ec2:CreateSecurityGroup", ":security-group/*", "Request");
        wants("elasticloadbalancing:CreateLoadBalancer", ":loadbalancer/*", "Request");
        // What carries our tags may get others, and what does not gets ours.
        for (action, kind) in [
            ("elasticloadbalancing:AddTags", ":loadbalancer/*"),
            ("ec2:CreateTags", ":subnet/*"),
            ("ec2:CreateTags", ":route-table/*"),
            ("ec2:CreateTags", ":security-group/*"),
        ] {
            let found = allowing(&documents, action);
            let mut about_it = found.iter().filter(|it| about(it, kind)).peekable();
            assert!(about_it.peek().is_some(), "{action} on {kind}");
            let is_ours = |it: &Value| {
                let conditions = &it["Condition"]["StringLike"];
                ["Request", "Resource"].map(key).iter().any(|key| conditions[key] == "*/*/*")
            };
            assert!(about_it.all(is_ours), "{action} on {kind}");
        }
        for action in [
            "AssociateSubnetCidrBlock",
            "AssociateRouteTable",
            "ReplaceRouteTableAssociation",
            "ReplaceNetworkAclAssociation",
        ] {
            wants(&format!("ec2:{action}"), ":subnet/*", "Resource");
        }
    }

    #[test]
    fn the_controller_may_tag_its_sessions_with_its_own_tags_only() {
        let policy = controller(&[]);
        let found = allowing(std::slice::from_ref(&policy), "sts:TagSession");
        let [statement] = &found[..] else { panic!("{policy}") };
        let keys = &statement["Condition"]["ForAllValues:StringEquals"]["aws:TagKeys"];
        assert_eq!(*keys, json!(["peerway.dev/cluster", "peerway.dev/owner"]));
    }
}
