//! The table of AWS error codes: the only place where a code decides anything.
//!
//! EC2 has no typed errors and spells its codes unevenly (`InvalidVpcPeeringConnectionID.NotFound` and `…Id…`), so codes
//! are compared without case. Sources: the EC2 API reference's error codes, the Classic Load Balancing and STS
//! references, and the SDK's own list of throttling codes.

use peerway_model::FailureKind::{
    self, AlreadyExists, Credentials, Denied, Invalid, NotFound, NotYet, Other, Quota, Throttled,
    Transient,
};
use peerway_model::{Action, AwsFailure};

/// What a code means, in whatever operation it comes. Looked up after [`IN_CONTEXT`].
const CODES: &[(&str, FailureKind)] = &[
    // Too fast.
    ("RequestLimitExceeded", Throttled),
    ("Throttling", Throttled),
    ("ThrottlingException", Throttled),
    ("ThrottledException", Throttled),
    ("RequestThrottled", Throttled),
    ("RequestThrottledException", Throttled),
    ("TooManyRequestsException", Throttled),
    ("ProvisionedThroughputExceededException", Throttled),
    ("TransactionInProgressException", Throttled),
    ("BandwidthLimitExceeded", Throttled),
    ("LimitExceededException", Throttled),
    ("SlowDown", Throttled),
    ("EC2ThrottledException", Throttled),
    ("DependencyThrottle", Throttled),
    // AWS's own trouble.
    ("InternalError", Transient),
    ("InternalFailure", Transient),
    ("InternalServerError", Transient),
    ("ServerInternal", Transient),
    ("ServiceUnavailable", Transient),
    ("Unavailable", Transient),
    ("RequestTimeout", Transient),
    ("RequestTimeoutException", Transient),
    // A session that ended: the next call begins another.
    ("RequestExpired", Transient),
    ("ExpiredToken", Transient),
    ("ExpiredTokenException", Transient),
    // A list that took longer than its pages are kept: it is read again from the beginning.
    ("InvalidNextToken", Transient),
    ("ConcurrentTagAccess", Transient),
    ("RetryableError", Transient),
    ("IDPCommunicationError", Transient),
    // Something else first.
    ("DependencyViolation", NotYet),
    ("InvalidGroup.InUse", NotYet),
    ("ResourceInUse", NotYet),
    ("IncorrectState", NotYet),
    ("InvalidState", NotYet),
    ("InvalidStateTransition", NotYet),
    ("ResourceContention", NotYet),
    ("ScalingActivityInProgress", NotYet),
    ("InstanceRefreshInProgress", NotYet),
    ("PriorRequestNotComplete", NotYet),
    ("ServiceLinkedRoleFailure", NotYet),
    ("InvalidCidrBlock.InUse", NotYet),
    // There already: the next read tells whose it is.
    ("RouteAlreadyExists", AlreadyExists),
    ("InvalidPermission.Duplicate", AlreadyExists),
    ("InvalidSubnet.Conflict", AlreadyExists),
    ("Resource.AlreadyAssociated", AlreadyExists),
    ("DuplicateLoadBalancerName", AlreadyExists),
    ("DuplicateListener", AlreadyExists),
    ("DuplicatePolicyName", AlreadyExists),
    ("InvalidGroup.Duplicate", AlreadyExists),
    ("VpcPeeringConnectionAlreadyExists", AlreadyExists),
    // Not there.
    ("InvalidVpcID.NotFound", NotFound),
    ("InvalidVpcPeeringConnectionID.NotFound", NotFound),
    ("InvalidSubnetID.NotFound", NotFound),
    ("InvalidRouteTableID.NotFound", NotFound),
    ("InvalidRoute.NotFound", NotFound),
    ("InvalidAssociationID.NotFound", NotFound),
    ("InvalidSecurityGroupRuleId.NotFound", NotFound),
    ("InvalidPermission.NotFound", NotFound),
    ("InvalidGroup.NotFound", NotFound),
    ("InvalidPrefixListID.NotFound", NotFound),
    ("InvalidNetworkInterfaceID.NotFound", NotFound),
    ("LoadBalancerNotFound", NotFound),
    ("PolicyNotFound", NotFound),
    ("ListenerNotFound", NotFound),
    ("InvalidInstance", NotFound),
    ("InvalidInstanceID.NotFound", NotFound),
    // Not allowed.
    ("UnauthorizedOperation", Denied),
    ("AccessDenied", Denied),
    ("AccessDeniedException", Denied),
    ("OperationNotPermitted", Denied),
    ("TagPolicyViolation", Denied),
    ("NotAuthorizedException", Denied),
    ("OptInRequired", Denied),
    ("RegionDisabledException", Denied),
    // Nobody in particular.
    ("AuthFailure", Credentials),
    ("InvalidClientTokenId", Credentials),
    ("SignatureDoesNotMatch", Credentials),
    ("InvalidIdentityToken", Credentials),
    ("UnrecognizedClientException", Credentials),
    ("MissingAuthenticationToken", Credentials),
    ("IncompleteSignature", Credentials),
    // Used up.
    ("InsufficientFreeAddressesInSubnet", Quota),
    ("ResourceCountLimitExceeded", Quota),
    // Never, as it is.
    ("InvalidParameterValue", Invalid),
    ("InvalidParameterCombination", Invalid),
    ("InvalidParameterException", Invalid),
    ("InvalidParameter", Invalid),
    ("MissingParameter", Invalid),
    ("UnknownParameter", Invalid),
    ("InvalidAction", Invalid),
    ("InvalidID", Invalid),
    ("FilterLimitExceeded", Invalid),
    ("MalformedQueryString", Invalid),
    ("MissingAction", Invalid),
    ("NoSuchVersion", Invalid),
    ("InvalidVpc.Range", Invalid),
    ("InvalidSubnet.Range", Invalid),
    ("InvalidSubnet", Invalid),
    ("InvalidScheme", Invalid),
    ("InvalidSecurityGroup", Invalid),
    ("SubnetNotFound", Invalid),
    ("UnsupportedProtocol", Invalid),
    ("CertificateNotFound", Invalid),
    ("PolicyTypeNotFound", Invalid),
    ("LoadBalancerAttributeNotFound", Invalid),
    ("DuplicateTagKeys", Invalid),
    ("CannotDelete", Invalid),
    ("InvalidConfigurationRequest", Invalid),
    ("ValidationError", Invalid),
    ("RouteNotSupported", Invalid),
    ("InvalidVpcPeeringConnectionState.DnsHostnamesDisabled", Invalid),
    ("IdempotentParameterMismatch", Invalid),
    ("Unsupported", Invalid),
    ("UnsupportedOperation", Invalid),
];

/// Codes that mean something else in some operations, or with a certain word in the message.
struct InContext {
    /// Any, where none is named.
    operations: &'static [&'static str],
    code: &'static str,
    message_holds: &'static str,
    kind: FailureKind,
}

const IN_CONTEXT: &[InContext] = &[
    // Options can be set only on an active connection; AWS calls that a lack of permission.
    InContext {
        operations: &[],
        code: "OperationNotPermitted",
        message_holds: "not active",
        kind: NotYet,
    },
    // AssumeRole denies without saying why: trust policy, external id, or no such role. Either way there are no credentials.
    InContext {
        operations: &["AssumeRole"],
        code: "AccessDenied",
        message_holds: "",
        kind: Credentials,
    },
    // Nobody begins another session for the one with which roles are assumed, and of whose session the question is there is
    // nothing else to say.
    InContext {
        operations: &["AssumeRole", "GetCallerIdentity"],
        code: "ExpiredToken",
        message_holds: "",
        kind: Credentials,
    },
    InContext {
        operations: &["AssumeRole", "GetCallerIdentity"],
        code: "ExpiredTokenException",
        message_holds: "",
        kind: Credentials,
    },
    // Deleting what is failed, rejected, expired or deleted already. What is still being set up cannot be deleted either,
    // with the same code; the next look tells which it was.
    InContext {
        operations: &["DeleteVpcPeeringConnection"],
        code: "InvalidStateTransition",
        message_holds: "",
        kind: NotFound,
    },
    // A connection, group or table made a moment ago is not known everywhere at once.
    InContext {
        operations: &["AcceptVpcPeeringConnection", "CreateRoute"],
        code: "InvalidVpcPeeringConnectionID.NotFound",
        message_holds: "",
        kind: Transient,
    },
    // The attachment of a transit gateway is not ready.
    InContext {
        operations: &["CreateRoute"],
        code: "InvalidTransitGatewayID.NotFound",
        message_holds: "",
        kind: NotYet,
    },
    // A group of the peer's VPC is "not found" while the connection is not active.
    InContext {
        operations: &["AuthorizeSecurityGroupIngress"],
        code: "InvalidGroup.NotFound",
        message_holds: "",
        kind: NotYet,
    },
    // What was made in EC2 a moment ago is not known to Elastic Load Balancing at once: no call names what was not seen.
    InContext {
        operations: &["CreateLoadBalancer", "AttachLoadBalancerToSubnets"],
        code: "SubnetNotFound",
        message_holds: "",
        kind: NotYet,
    },
    InContext {
        operations: &["CreateLoadBalancer", "ApplySecurityGroupsToLoadBalancer"],
        code: "InvalidSecurityGroup",
        message_holds: "",
        kind: NotYet,
    },
    // Nor to the interfaces of EC2 itself.
    InContext {
        operations: &["ModifyNetworkInterfaceAttribute"],
        code: "InvalidGroup.NotFound",
        message_holds: "",
        kind: NotYet,
    },
    // Addresses may become free again.
    InContext {
        operations: &[],
        code: "InvalidSubnet",
        message_holds: "Not enough IP space",
        kind: Quota,
    },
    // For some minutes after a detach its zone still counts as taken.
    InContext {
        operations: &["AttachLoadBalancerToSubnets"],
        code: "InvalidConfigurationRequest",
        message_holds: "same AZ",
        kind: NotYet,
    },
    // A policy that a listener or an instance port still uses.
    InContext {
        operations: &["DeleteLoadBalancerPolicy"],
        code: "InvalidConfigurationRequest",
        message_holds: "",
        kind: NotYet,
    },
    // Auto Scaling has one code for nearly everything. A balancer made a moment ago "may not be valid".
    InContext {
        operations: &[],
        code: "ValidationError",
        message_holds: "Provided Load Balancers may not be valid",
        kind: NotYet,
    },
    InContext {
        operations: &[],
        code: "ValidationError",
        message_holds: "Trying to update too many Load Balancers",
        kind: NotYet,
    },
    InContext {
        operations: &[],
        code: "ValidationError",
        message_holds: "Trying to remove Load Balancers that are not part of the group",
        kind: NotFound,
    },
    InContext {
        operations: &[],
        code: "ValidationError",
        message_holds: "AutoScalingGroup name not found",
        kind: NotFound,
    },
    // ReplaceRoute on a row that is gone says so only in the message.
    InContext {
        operations: &["ReplaceRoute"],
        code: "InvalidParameterValue",
        message_holds: "no route defined",
        kind: NotFound,
    },
];

/// What `code` with `message` means as the answer to `operation`.
#[must_use]
pub fn classify(operation: &str, code: &str, message: &str) -> FailureKind {
    let in_context = IN_CONTEXT.iter().find(|row| {
        (row.operations.is_empty() || row.operations.contains(&operation))
            && row.code.eq_ignore_ascii_case(code)
            && message.contains(row.message_holds)
    });
    if let Some(row) = in_context {
        return row.kind;
    }
    if let Some((_, kind)) = CODES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)) {
        return *kind;
    }
    by_shape(&code.to_ascii_lowercase())
}

/// Whether an answer of this code says that the session with which the call was signed is over. EC2 says it otherwise than
/// the other services do (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>).
#[must_use]
pub fn ends_session(code: &str) -> bool {
    ["RequestExpired", "ExpiredToken", "ExpiredTokenException"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(code))
}

/// What is wrong with a session that `AssumeRole` gave: it must be one of the account whose role was asked for
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumedRoleUser.html>). Whoever kept another one would act in
/// somebody else's account for an hour.
#[must_use]
pub fn leads_astray(session_arn: &str, role_arn: &str) -> Option<AwsFailure> {
    let account = |arn: &str| arn.split(':').nth(4).unwrap_or_default().to_owned();
    let (given, asked) = (account(session_arn), account(role_arn));
    (given != asked).then(|| {
        let message = format!(
            "the credentials of {role_arn} lead to account {given}, not to {asked}, and are not used"
        );
        let operation = Action::AssumeRole.name();
        AwsFailure::new(operation, FailureKind::WrongAccount, None, &message, None)
    })
}

/// Codes come in families; a member that the table does not name still says what it is.
fn by_shape(code: &str) -> FailureKind {
    if code.ends_with("limitexceeded") || code.starts_with("toomany") {
        Quota
    } else if code.ends_with(".notfound") || code.ends_with("notfound") {
        NotFound
    } else if code.ends_with(".malformed") {
        Invalid
    } else {
        Other
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_answers_for_its_code_in_any_case() {
        for (code, kind) in CODES {
            assert_eq!(classify("DescribeVpcs", code, ""), *kind, "{code}");
            assert_eq!(classify("DescribeVpcs", &code.to_ascii_lowercase(), ""), *kind, "{code}");
        }
        for row in IN_CONTEXT {
            let any: &[&str] = &["Anything"];
            let message = format!("x {} y", row.message_holds);
            for operation in if row.operations.is_empty() { any } else { row.operations } {
                let kind = classify(operation, row.code, &message);
                assert_eq!(kind, row.kind, "{operation} {}", row.code);
            }
        }
    }

    #[test]
    fn a_row_in_context_changes_nothing_elsewhere() {
        assert_eq!(
            classify("ModifyVpcPeeringConnectionOptions", "OperationNotPermitted", "wrong account"),
            Denied
        );
        assert_eq!(classify("AcceptVpcPeeringConnection", "InvalidStateTransition", ""), NotYet);
        assert_eq!(classify("CreateRoute", "InvalidParameterValue", "bad"), Invalid);
        assert_eq!(classify("DescribeVpcs", "AccessDenied", ""), Denied);
        let zones = "ELB cannot be attached to multiple subnets in the same AZ.";
        for operation in ["CreateLoadBalancer", "DeleteLoadBalancerListeners"] {
            assert_eq!(classify(operation, "InvalidConfigurationRequest", zones), Invalid);
        }
        let group = "AutoScalingGroup 'x' is pending delete and cannot be changed";
        assert_eq!(classify("AttachLoadBalancers", "ValidationError", group), Invalid);
        assert_eq!(classify("ConfigureHealthCheck", "ValidationError", "HealthCheck"), Invalid);
        assert_eq!(classify("CreateLoadBalancer", "InvalidSubnet", "of another VPC"), Invalid);
        assert_eq!(classify("DeleteSecurityGroup", "InvalidGroup.NotFound", ""), NotFound);
    }

    #[test]
    fn no_code_stands_twice() {
        let mut seen = BTreeSet::new();
        for (code, _) in CODES {
            assert!(seen.insert(code.to_ascii_lowercase()), "{code}");
        }
    }

    #[test]
    fn families_are_known_by_their_shape() {
        for (code, kind) in [
            ("ActiveVpcPeeringConnectionPerVpcLimitExceeded", Quota),
            ("RouteLimitExceeded", Quota),
            ("RulesPerSecurityGroupLimitExceeded", Quota),
            ("TooManyLoadBalancers", Quota),
            ("TooManyPolicies", Quota),
            ("TooManyTags", Quota),
            ("LimitExceeded", Quota),
            ("SecurityGroupsPerInterfaceLimitExceeded", Quota),
            ("InvalidSomethingID.NotFound", NotFound),
            ("InvalidRouteTableId.Malformed", Invalid),
            ("NeverHeardOf", Other),
        ] {
            assert_eq!(classify("AnyOperation", code, ""), kind, "{code}");
        }
        assert_eq!(classify("AnyOperation", "RequestLimitExceeded", ""), Throttled);
    }
}
