//! AWS's words for what the weather makes of a call: each service has its own.

use crate::Action;
use crate::action::Service;
use crate::error::Refusal;

fn is_ec2(action: Action) -> bool {
    action.service() == Service::Ec2
}

/// Too many calls.
pub(super) fn throttled(action: Action) -> Refusal {
    if is_ec2(action) {
        Refusal::new("RequestLimitExceeded", "Request limit exceeded.")
    } else {
        Refusal::new("Throttling", "Rate exceeded")
    }
}

/// Not allowed; without saying why, as AWS does when it does not want to say.
pub(super) fn denied(action: Action) -> Refusal {
    if is_ec2(action) {
        Refusal::new("UnauthorizedOperation", "You are not authorized to perform this operation.")
    } else {
        let (service, name) = (action.service().name(), action.name());
        Refusal::new("AccessDenied", format!("User is not authorized to perform: {service}:{name}"))
    }
}

/// AWS's own trouble.
pub(super) fn internal_error(action: Action) -> Refusal {
    let code = if is_ec2(action) { "InternalError" } else { "InternalFailure" };
    Refusal::new(code, "An internal error has occurred")
}

/// The service is not there.
pub(super) fn unavailable(action: Action) -> Refusal {
    let code = if is_ec2(action) { "Unavailable" } else { "ServiceUnavailable" };
    Refusal::new(code, "The service is unavailable. Please try again shortly.")
}

/// A page token that is no longer good.
pub(super) fn page_token() -> Refusal {
    Refusal::new("InvalidNextToken", "The token is invalid or expired")
}

/// Something hangs on what is to go; nothing for actions to which AWS never says so.
pub(super) fn dependency(action: Action, params: &[(String, String)]) -> Option<Refusal> {
    const THINGS: [(&str, &str); 8] = [
        ("DeleteVpc", "vpc"),
        ("DeleteSubnet", "subnet"),
        ("DeleteRouteTable", "routeTable"),
        ("DeleteSecurityGroup", "resource"),
        ("DeleteInternetGateway", "internetGateway"),
        ("DetachInternetGateway", "internetGateway"),
        ("DeleteNetworkInterface", "networkInterface"),
        ("DeleteNetworkAcl", "networkAcl"),
    ];
    let (_, noun) = THINGS.iter().find(|(name, _)| is_ec2(action) && *name == action.name())?;
    let id = params.first().map_or("", |(_, value)| value);
    let message = format!("The {noun} '{id}' has dependencies and cannot be deleted.");
    Some(Refusal::new("DependencyViolation", message))
}

/// A quota is reached; nothing for actions that count against none.
pub(super) fn quota(action: Action) -> Option<Refusal> {
    const CODES: &[(&str, &str, &str)] = &[
        ("ec2", "CreateVpc", "VpcLimitExceeded"),
        ("ec2", "CreateDefaultVpc", "VpcLimitExceeded"),
        ("ec2", "AssociateVpcCidrBlock", "VpcCidrLimitExceeded"),
        ("ec2", "CreateSubnet", "SubnetLimitExceeded"),
        ("ec2", "CreateDefaultSubnet", "SubnetLimitExceeded"),
        ("ec2", "CreateRouteTable", "RouteTableLimitExceeded"),
        ("ec2", "CreateRoute", "RouteLimitExceeded"),
        ("ec2", "CreateVpcPeeringConnection", "OutstandingVpcPeeringConnectionLimitExceeded"),
        ("ec2", "AcceptVpcPeeringConnection", "ActiveVpcPeeringConnectionPerVpcLimitExceeded"),
        ("ec2", "CreateSecurityGroup", "SecurityGroupLimitExceeded"),
        ("ec2", "AuthorizeSecurityGroupIngress", "RulesPerSecurityGroupLimitExceeded"),
        ("ec2", "AuthorizeSecurityGroupEgress", "RulesPerSecurityGroupLimitExceeded"),
        ("ec2", "CreateTags", "TagLimitExceeded"),
        ("ec2", "CreateNetworkInterface", "NetworkInterfaceLimitExceeded"),
        ("ec2", "CreateInternetGateway", "InternetGatewayLimitExceeded"),
        ("ec2", "CreateManagedPrefixList", "PrefixListLimitExceeded"),
        ("ec2", "ModifyManagedPrefixList", "PrefixListMaxEntriesExceeded"),
        ("ec2", "RunInstances", "InstanceLimitExceeded"),
        ("ec2", "AllocateAddress", "AddressLimitExceeded"),
        ("ec2", "CreateEgressOnlyInternetGateway", "EgressOnlyInternetGatewayLimitExceeded"),
        ("ec2", "CreateLaunchTemplate", "LaunchTemplateLimitExceeded"),
        ("ec2", "CreateNatGateway", "NatGatewayLimitExceeded"),
        ("ec2", "CreateNetworkAcl", "NetworkAclLimitExceeded"),
        ("ec2", "CreateNetworkAclEntry", "NetworkAclEntryLimitExceeded"),
        ("elasticloadbalancing", "CreateLoadBalancer", "TooManyLoadBalancers"),
        ("elasticloadbalancing", "AddTags", "TooManyTags"),
        ("elasticloadbalancing", "CreateLoadBalancerPolicy", "TooManyPolicies"),
        ("autoscaling", "CreateAutoScalingGroup", "LimitExceeded"),
        ("autoscaling", "CreateOrUpdateTags", "LimitExceeded"),
        ("autoscaling", "AttachLoadBalancers", "LimitExceeded"),
        ("autoscaling", "AttachTrafficSources", "LimitExceeded"),
    ];
    let is_it = |(service, name, _): &&(&str, &str, &str)| {
        *service == action.service().name() && *name == action.name()
    };
    let (_, _, code) = CODES.iter().find(is_it)?;
    Some(Refusal::new(*code, "The limit for this resource has been reached."))
}
