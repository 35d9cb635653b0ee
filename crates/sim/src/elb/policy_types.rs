//! The kinds of policies that AWS knows, and what each may say.

use std::collections::BTreeMap;

use super::conflict;
use super::policies::Policy;
use super::wire::{
    DescribeLoadBalancerPolicyTypes, DescribeLoadBalancerPolicyTypesReply, PolicyAttribute,
    PolicyAttributeTypeItem, PolicyTypeItem,
};
use crate::ApiError;
use crate::scope::Scope;

/// AWS's own negotiation policies; the first is what a secure listener gets that asks for none
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-security-policy-table.html>).
pub(crate) const PREDEFINED: [&str; 9] = [
    "ELBSecurityPolicy-2016-08",
    "ELBSecurityPolicy-TLS-1-2-2017-01",
    "ELBSecurityPolicy-TLS-1-1-2017-01",
    "ELBSecurityPolicy-2015-05",
    "ELBSecurityPolicy-2015-03",
    "ELBSecurityPolicy-2015-02",
    "ELBSecurityPolicy-2014-10",
    "ELBSecurityPolicy-2014-01",
    "ELBSecurityPolicy-2011-08",
];

pub(super) const NEGOTIATION: &str = "SSLNegotiationPolicyType";
pub(super) const APP_COOKIE: &str = "AppCookieStickinessPolicyType";
pub(super) const BALANCER_COOKIE: &str = "LBCookieStickinessPolicyType";
pub(super) const PROXY_PROTOCOL: &str = "ProxyProtocolPolicyType";
pub(super) const BACKEND_KEYS: &str = "BackendServerAuthenticationPolicyType";
pub(super) const PUBLIC_KEY: &str = "PublicKeyPolicyType";

pub(super) const REFERENCE: &str = "Reference-Security-Policy";
pub(super) const COOKIE_NAME: &str = "CookieName";
pub(super) const COOKIE_PERIOD: &str = "CookieExpirationPeriod";

struct Type {
    name: &'static str,
    description: &'static str,
    attributes: &'static [(&'static str, &'static str, &'static str)],
}

const TYPES: [Type; 6] = [
    Type {
        name: NEGOTIATION,
        description: "Listener policy that defines the ciphers and protocols that will be accepted by the load \
                      balancer. This policy can be associated only with HTTPS/SSL listeners.",
        attributes: &[
            (REFERENCE, "String", "ZERO_OR_ONE"),
            ("Protocol-TLSv1", "Boolean", "ZERO_OR_ONE"),
            ("Protocol-TLSv1.1", "Boolean", "ZERO_OR_ONE"),
            ("Protocol-TLSv1.2", "Boolean", "ZERO_OR_ONE"),
            ("Protocol-SSLv3", "Boolean", "ZERO_OR_ONE"),
            ("Server-Defined-Cipher-Order", "Boolean", "ZERO_OR_ONE"),
        ],
    },
    Type {
        name: BACKEND_KEYS,
        description: "Policy that controls authentication to back-end server(s) and contains one or more policies, \
                      such as an instance of a PublicKeyPolicyType. This policy can be associated only with \
                      back-end servers that are using HTTPS/SSL.",
        attributes: &[("PublicKeyPolicyName", "PolicyName", "ONE_OR_MORE")],
    },
    Type {
        name: PUBLIC_KEY,
        description: "Policy containing a list of public keys to accept when authenticating the back-end server(s).",
        attributes: &[("PublicKey", "String", "ONE")],
    },
    Type {
        name: PROXY_PROTOCOL,
        description: "Policy that controls whether to include the IP address and port of the originating request \
                      for TCP messages.",
        attributes: &[("ProxyProtocol", "Boolean", "ONE")],
    },
    Type {
        name: APP_COOKIE,
        description: "Stickiness policy with session lifetimes controlled by the lifetime of the \
                      application-generated cookie.",
        attributes: &[(COOKIE_NAME, "String", "ONE")],
    },
    Type {
        name: BALANCER_COOKIE,
        description: "Stickiness policy with session lifetimes controlled by the browser or a specified expiration \
                      period.",
        attributes: &[(COOKIE_PERIOD, "Long", "ZERO_OR_ONE")],
    },
];

fn find(name: &str) -> Result<&'static Type, ApiError> {
    TYPES.iter().find(|known| known.name == name).ok_or_else(|| {
        ApiError::new("PolicyTypeNotFound", format!("There is no policy type named '{name}'"))
    })
}

/// Ciphers are too many to list; AWS names them in capitals, digits and hyphens.
fn is_cipher(name: &str) -> bool {
    name.contains('-')
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
}

fn is_value(kind: &str, value: &str) -> bool {
    match kind {
        "Boolean" => matches!(value, "true" | "false"),
        "Long" => value.parse::<u64>().is_ok_and(|seconds| seconds > 0),
        _ => !value.is_empty(),
    }
}

/// Whether a policy of this type may say this, beside the policies there are.
pub(crate) fn check_attributes(
    policies: &BTreeMap<String, Policy>,
    type_name: &str,
    attributes: &[PolicyAttribute],
) -> Result<(), ApiError> {
    let known = find(type_name)?;
    for PolicyAttribute { attribute_name: name, attribute_value: value } in attributes {
        let kind = known.attributes.iter().find(|(attribute, ..)| attribute == name);
        let kind = match kind {
            Some((_, kind, _)) => kind,
            None if type_name == NEGOTIATION && is_cipher(name) => "Boolean",
            None => {
                return Err(conflict(format!(
                    "Policy attribute '{name}' is not valid for the policy type {type_name}"
                )));
            }
        };
        if !is_value(kind, value) {
            return Err(conflict(format!(
                "Policy attribute value '{value}' for attribute '{name}' is not valid"
            )));
        }
        if name == REFERENCE && !PREDEFINED.contains(&value.as_str()) {
            return Err(conflict(format!("There is no reference security policy named '{value}'")));
        }
        let is_key = |policy: &Policy| policy.type_name == PUBLIC_KEY;
        if kind == "PolicyName" && !policies.get(value).is_some_and(is_key) {
            return Err(conflict(format!(
                "There is no policy of type {PUBLIC_KEY} named '{value}' on this load balancer"
            )));
        }
    }
    for (attribute, _, cardinality) in known.attributes {
        let count = attributes.iter().filter(|given| given.attribute_name == *attribute).count();
        let is_right = match *cardinality {
            "ONE" => count == 1,
            "ONE_OR_MORE" => count >= 1,
            _ => count <= 1,
        };
        if !is_right {
            return Err(conflict(format!(
                "Policy attribute '{attribute}' is given {count} times; its cardinality is {cardinality}"
            )));
        }
    }
    Ok(())
}

pub(crate) fn describe_types(
    _: &Scope<'_>,
    request: &DescribeLoadBalancerPolicyTypes,
) -> Result<DescribeLoadBalancerPolicyTypesReply, ApiError> {
    for name in &request.policy_type_names {
        find(name)?;
    }
    let is_asked = |name: &str| {
        request.policy_type_names.is_empty()
            || request.policy_type_names.iter().any(|asked| asked == name)
    };
    let types = TYPES.iter().filter(|known| is_asked(known.name)).map(|known| PolicyTypeItem {
        policy_type_name: known.name,
        description: known.description,
        policy_attribute_type_descriptions: known
            .attributes
            .iter()
            .map(|(attribute_name, attribute_type, cardinality)| PolicyAttributeTypeItem {
                attribute_name,
                attribute_type,
                cardinality,
            })
            .collect(),
    });
    Ok(DescribeLoadBalancerPolicyTypesReply { policy_type_descriptions: types.collect() })
}
