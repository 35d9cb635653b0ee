//! `peerway iam-policy`.

use std::io::{ErrorKind, Write};

use anyhow::bail;
use peerway_aws::iam::{self, Scope};
use peerway_model::OwnerKind;

use crate::args::{IamPolicyArgs, PolicyFor};

/// Prints a policy document, and on stderr what would make it narrower.
pub(crate) fn run(args: IamPolicyArgs) -> anyhow::Result<()> {
    let IamPolicyArgs { which, regions, vpcs, peers, balancers, roles } = args;
    let scope = Scope { regions, vpcs, peers, balancers };
    if let Some(option) = idle(which, &scope, &roles) {
        bail!("{option} says nothing for this policy; leave it out");
    }
    let policy = match which {
        PolicyFor::ReadOnly => iam::reading(&scope),
        PolicyFor::VpcPeering => iam::acting(&scope, OwnerKind::VpcPeering),
        PolicyFor::OverlapSubnetGroup => iam::acting(&scope, OwnerKind::OverlapSubnetGroup),
        PolicyFor::ProxyLoadBalancer => iam::acting(&scope, OwnerKind::ProxyLoadBalancer),
        PolicyFor::Controller => iam::controller(&roles),
    };
    let (length, longest) = (iam::length(&policy), iam::LONGEST);
    if length > longest {
        bail!(
            "the policy would have {length} characters without white space, and AWS takes {longest}: \
             name fewer things, or print it several times, each for some of them; a role takes ten policies"
        );
    }
    for note in notes(which, &scope, &roles) {
        let _ = writeln!(std::io::stderr().lock(), "peerway: {note}");
    }
    let text = serde_json::to_string_pretty(&policy)?;
    match writeln!(std::io::stdout().lock(), "{text}") {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

/// An option that was given and changes nothing in the policy.
fn idle(which: PolicyFor, scope: &Scope, roles: &[String]) -> Option<&'static str> {
    let is_controller = which == PolicyFor::Controller;
    let is_peering = which == PolicyFor::VpcPeering;
    let is_proxy = which == PolicyFor::ProxyLoadBalancer;
    let acts = is_peering || is_proxy || which == PolicyFor::OverlapSubnetGroup;
    let options = [
        (!roles.is_empty() && !is_controller, "--role"),
        (!scope.regions.is_empty() && is_controller, "--region"),
        (!scope.vpcs.is_empty() && !acts, "--vpc"),
        (!scope.peers.is_empty() && !is_peering, "--peer"),
        (!scope.balancers.is_empty() && !is_proxy, "--balancer"),
    ];
    options.into_iter().find(|(is_idle, _)| *is_idle).map(|(_, option)| option)
}

/// What the policy leaves open that an option would close.
fn notes(which: PolicyFor, scope: &Scope, roles: &[String]) -> Vec<&'static str> {
    let is_peering = which == PolicyFor::VpcPeering;
    let is_proxy = which == PolicyFor::ProxyLoadBalancer;
    let acts = is_peering || is_proxy || which == PolicyFor::OverlapSubnetGroup;
    let open = [
        (
            roles.is_empty() && which == PolicyFor::Controller,
            "without --role, it may assume role/peerway in every account of the partition `aws`, and no other",
        ),
        (
            scope.regions.is_empty() && which != PolicyFor::Controller,
            "without --region, this is allowed in every Region of the account",
        ),
        (
            scope.vpcs.is_empty() && acts,
            "without --vpc, this is allowed in every VPC of the account, also on things without Peerway's tags",
        ),
        (
            scope.peers.is_empty() && is_peering,
            "without --peer, the other end of a peering may be any VPC of any account",
        ),
        (
            scope.balancers.is_empty() && is_proxy,
            "without --balancer, every load balancer may be tied to every auto-scaling group, and untied from it",
        ),
    ];
    open.into_iter().filter(|(is_open, _)| *is_open).map(|(_, note)| note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_nothing_is_named() {
        let open = Scope::default();
        let roles = ["arn:aws:iam::111111111111:role/peerway".to_owned()];
        assert_eq!(idle(PolicyFor::Controller, &open, &roles), None);
        assert_eq!(idle(PolicyFor::VpcPeering, &open, &roles), Some("--role"));
        let one = Scope { balancers: vec!["imply-*".to_owned()], ..Scope::default() };
        assert_eq!(idle(PolicyFor::ProxyLoadBalancer, &one, &[]), None);
        assert_eq!(idle(PolicyFor::ReadOnly, &one, &[]), Some("--balancer"));
    }

    #[test]
    fn what_is_left_open_is_said_where_it_is_so() {
        let count = |which, scope: &Scope| notes(which, scope, &[]).len();
        let open = Scope::default();
        assert_eq!(count(PolicyFor::Controller, &open), 1);
        assert_eq!(count(PolicyFor::ReadOnly, &open), 1);
        assert_eq!(count(PolicyFor::OverlapSubnetGroup, &open), 2);
        assert_eq!(count(PolicyFor::VpcPeering, &open), 3);
        assert_eq!(count(PolicyFor::ProxyLoadBalancer, &open), 3);
        let account = || "111111111111".parse().unwrap();
        let narrow = Scope {
            regions: vec!["us-west-2".parse().unwrap()],
            vpcs: vec![(account(), "vpc-0000000a".parse().unwrap())],
            peers: vec![(account(), None)],
            balancers: vec!["imply-*".to_owned()],
        };
        for which in [
            PolicyFor::ReadOnly,
            PolicyFor::VpcPeering,
            PolicyFor::OverlapSubnetGroup,
            PolicyFor::ProxyLoadBalancer,
        ] {
            assert_eq!(notes(which, &narrow, &[]), Vec::<&str>::new(), "{which:?}");
        }
    }
}
