//! An AWS that does not answer, or says no: to reads, to writes, for now or for good.

use peerway_sim::{Action, Effect, Fault, FaultKind, Quotas};
use serde_json::json;

use super::{ACCEPT, Case, DNS, FINE, REQUEST, ROUTE, RULE, always};
use crate::objects::with;

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn cases() -> Vec<Case> {
    vec![
        Case {
            name: "one-call-denied",
            lasts: true,
            weather: |world| {
                world.inject(always(Action::DescribeRouteTables, FaultKind::unauthorized()));
            },
            reason: "AccessDenied",
            words: &["DescribeRouteTables", "UnauthorizedOperation", "IAM policy"],
            ..FINE
        },
        Case {
            name: "endpoint-unreachable",
            weather: |world| {
                let silence = FaultKind::NoAnswer { effect: Effect::NotApplied };
                world.inject(Fault::any(silence).always());
            },
            reason: "AWSUnreachable",
            lasts: true,
            words: &["Nothing is changed while AWS cannot be read"],
            ..FINE
        },
        Case {
            name: "too-many-calls-of-others",
            weather: |world| world.inject(always(Action::DescribeVpcs, FaultKind::throttled())),
            reason: "Throttled",
            words: &["DescribeVpcs", "RequestLimitExceeded", "more slowly"],
            ..FINE
        },
        Case {
            name: "trouble-of-its-own",
            weather: |world| {
                let trouble = FaultKind::internal_error(Effect::NotApplied);
                world.inject(always(Action::DescribeSubnets, trouble));
            },
            reason: "Progressing",
            words: &["DescribeSubnets", "InternalError", "tried again by itself"],
            ..FINE
        },
        Case {
            name: "request-denied",
            weather: |world| {
                world.inject(always(Action::CreateVpcPeeringConnection, FaultKind::unauthorized()));
            },
            reason: "AccessDenied",
            words: &["CreateVpcPeeringConnection", "UnauthorizedOperation", "IAM policy"],
            ..FINE
        },
        Case {
            name: "acceptance-denied",
            weather: |world| {
                world.inject(always(Action::AcceptVpcPeeringConnection, FaultKind::unauthorized()));
            },
            reason: "AccessDenied",
            words: &["AcceptVpcPeeringConnection", "UnauthorizedOperation", "IAM policy"],
            writes: &[REQUEST],
            ..FINE
        },
        Case {
            name: "rule-denied",
            weather: |world| {
                let denied = FaultKind::unauthorized();
                world.inject(always(Action::AuthorizeSecurityGroupIngress, denied));
            },
            reason: "AccessDenied",
            words: &["AuthorizeSecurityGroupIngress", "UnauthorizedOperation", "IAM policy"],
            writes: &[ACCEPT, ROUTE, REQUEST, DNS],
            ..FINE
        },
        Case {
            name: "one-table-denied",
            weather: |world| {
                let resource = "rtb-8c4492f7".to_owned();
                let denied = FaultKind::DeniedResource { resource };
                world.inject(always(Action::CreateRoute, denied));
            },
            reason: "AccessDenied",
            words: &["CreateRoute", "UnauthorizedOperation", "IAM policy"],
            writes: &[REQUEST, ACCEPT, DNS, ROUTE, RULE],
            ..FINE
        },
        Case {
            name: "refused-as-it-is",
            weather: |world| {
                let no = FaultKind::error("InvalidParameterValue", "Value (x) is invalid");
                world.inject(always(Action::CreateVpcPeeringConnection, no));
            },
            reason: "AWSRefused",
            words: &["CreateVpcPeeringConnection", "Value (x) is invalid", "must change"],
            ..FINE
        },
        Case {
            name: "no-more-requests",
            quotas: || Quotas { outstanding_requests: 0, ..Quotas::default() },
            reason: "QuotaExceeded",
            words: &["OutstandingVpcPeeringConnectionLimitExceeded", "Ask AWS for a higher quota"],
            ..FINE
        },
        Case {
            name: "no-more-connections",
            quotas: || Quotas { active_connections_per_vpc: 1, ..Quotas::default() },
            reason: "QuotaExceeded",
            words: &[
                "vpc-ce78dbb7",
                "ActiveVpcPeeringConnectionPerVpcLimitExceeded",
                "no longer used",
            ],
            writes: &[REQUEST],
            ..FINE
        },
        Case {
            name: "no-more-routes",
            quotas: || Quotas { routes_per_table: 2, ..Quotas::default() },
            reason: "QuotaExceeded",
            words: &["CreateRoute", "RouteLimitExceeded", "rtb-7122e509", "higher quota"],
            writes: &[ACCEPT, RULE, REQUEST, DNS],
            ..FINE
        },
        Case {
            name: "no-more-rules",
            quotas: || Quotas { rules_per_group: 2, ..Quotas::default() },
            peering: |object| {
                let full = json!({ "description": "Imply Cloud Default" });
                with(object, "/spec/requester/ingress/0/securityGroup", full)
            },
            reason: "QuotaExceeded",
            words: &["RulesPerSecurityGroupLimitExceeded", "sg-0def0001", "higher quota"],
            writes: &[ACCEPT, ROUTE, REQUEST, DNS],
            ..FINE
        },
    ]
}
