//! Policies: made for a balancer, then set on its listeners or on the ports of its instances. They never change.

use std::collections::BTreeSet;

use super::policy_types::{
    APP_COOKIE, BACKEND_KEYS, BALANCER_COOKIE, COOKIE_NAME, COOKIE_PERIOD, NEGOTIATION, PREDEFINED,
    PROXY_PROTOCOL, REFERENCE, check_attributes,
};
use super::wire::{
    AppCookieItem, BalancerCookieItem, CreateAppCookieStickinessPolicy,
    CreateLBCookieStickinessPolicy, CreateLoadBalancerPolicy, DeleteLoadBalancerPolicy,
    DescribeLoadBalancerPolicies, DescribeLoadBalancerPoliciesReply, Nothing, PoliciesItem,
    PolicyAttribute, PolicyItem, SetLoadBalancerPoliciesForBackendServer,
    SetLoadBalancerPoliciesOfListener,
};
use super::{Balancer, conflict, find, find_mut, listeners, read_port};
use crate::ApiError;
use crate::scope::Scope;

/// A policy; its name within the balancer is its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) type_name: String,
    /// As they were given; a name may come more than once.
    pub(crate) attributes: Vec<(String, String)>,
}

impl Policy {
    /// One of AWS's own negotiation policies.
    pub(crate) fn predefined(name: &str) -> Self {
        let attributes = vec![(REFERENCE.to_owned(), name.to_owned())];
        Self { type_name: NEGOTIATION.to_owned(), attributes }
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        attributes.find(|(attribute, _)| attribute == name).map(|(_, value)| value.as_str())
    }

    fn item(&self, name: &str) -> PolicyItem {
        let attributes = self.attributes.iter();
        PolicyItem {
            policy_name: name.to_owned(),
            policy_type_name: self.type_name.clone(),
            policy_attribute_descriptions: attributes
                .map(|(name, value)| PolicyAttribute {
                    attribute_name: name.clone(),
                    attribute_value: value.clone(),
                })
                .collect(),
        }
    }
}

/// A balancer's policies as its description lists them.
pub(super) fn items(balancer: &Balancer) -> PoliciesItem {
    let mut items = PoliciesItem::default();
    for (name, policy) in &balancer.policies {
        let policy_name = name.clone();
        match policy.type_name.as_str() {
            APP_COOKIE => items.app_cookie_stickiness_policies.push(AppCookieItem {
                policy_name,
                cookie_name: policy.attribute(COOKIE_NAME).unwrap_or_default().to_owned(),
            }),
            BALANCER_COOKIE => items.lb_cookie_stickiness_policies.push(BalancerCookieItem {
                policy_name,
                cookie_expiration_period: policy.attribute(COOKIE_PERIOD).map(str::to_owned),
            }),
            _ => items.other_policies.push(policy_name),
        }
    }
    items
}

pub(crate) fn create_policy(
    scope: &mut Scope<'_>,
    request: &CreateLoadBalancerPolicy,
) -> Result<Nothing, ApiError> {
    let CreateLoadBalancerPolicy { load_balancer_name, policy_name, policy_type_name, .. } =
        request;
    add(scope, load_balancer_name, policy_name, policy_type_name, &request.policy_attributes)
}

pub(crate) fn create_app_cookie(
    scope: &mut Scope<'_>,
    request: &CreateAppCookieStickinessPolicy,
) -> Result<Nothing, ApiError> {
    let attribute = attribute(COOKIE_NAME, request.cookie_name.clone());
    add(scope, &request.load_balancer_name, &request.policy_name, APP_COOKIE, &[attribute])
}

pub(crate) fn create_balancer_cookie(
    scope: &mut Scope<'_>,
    request: &CreateLBCookieStickinessPolicy,
) -> Result<Nothing, ApiError> {
    let period = request.cookie_expiration_period;
    let attributes: Vec<_> =
        period.into_iter().map(|period| attribute(COOKIE_PERIOD, period.to_string())).collect();
    add(scope, &request.load_balancer_name, &request.policy_name, BALANCER_COOKIE, &attributes)
}

fn attribute(name: &str, attribute_value: String) -> PolicyAttribute {
    PolicyAttribute { attribute_name: name.to_owned(), attribute_value }
}

fn add(
    scope: &mut Scope<'_>,
    balancer_name: &str,
    name: &str,
    type_name: &str,
    attributes: &[PolicyAttribute],
) -> Result<Nothing, ApiError> {
    let most = scope.settings.quotas.policies_per_balancer;
    let balancer = find_mut(scope, balancer_name)?;
    let is_named_rightly =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !is_named_rightly {
        return Err(ApiError::validation(format!(
            "Policy name cannot contain characters that are not letters, or digits or the dash: '{name}'"
        )));
    }
    check_attributes(&balancer.policies, type_name, attributes)?;
    if balancer.policies.contains_key(name) {
        return Err(ApiError::new(
            "DuplicatePolicyName",
            format!("A policy with the name '{name}' already exists for this load balancer"),
        ));
    }
    if balancer.policies.len() >= most {
        return Err(ApiError::new(
            "TooManyPolicies",
            format!("The quota of {most} policies for this load balancer has been reached"),
        ));
    }
    let attributes = attributes.iter();
    let attributes =
        attributes.map(|given| (given.attribute_name.clone(), given.attribute_value.clone()));
    let policy = Policy { type_name: type_name.to_owned(), attributes: attributes.collect() };
    balancer.policies.insert(name.to_owned(), policy);
    Ok(Nothing {})
}

/// Who uses a policy: listeners, instance ports, or other policies.
fn is_used(balancer: &Balancer, name: &str) -> bool {
    balancer.listeners.values().any(|listener| listener.policies.contains(name))
        || balancer.backends.values().any(|policies| policies.contains(name))
        || balancer.policies.values().any(|other| {
            other.type_name == BACKEND_KEYS && other.attributes.iter().any(|(_, key)| key == name)
        })
}

/// A policy that is not there is no error.
pub(crate) fn delete_policy(
    scope: &mut Scope<'_>,
    request: &DeleteLoadBalancerPolicy,
) -> Result<Nothing, ApiError> {
    let balancer = find_mut(scope, &request.load_balancer_name)?;
    let name = &request.policy_name;
    if is_used(balancer, name) {
        return Err(conflict(format!(
            "You cannot delete the policy '{name}' because it is in use. Please remove it from every listener and \
             back-end server first"
        )));
    }
    balancer.policies.remove(name);
    Ok(Nothing {})
}

fn not_found(name: &str) -> ApiError {
    ApiError::new(
        "PolicyNotFound",
        format!("There is no policy with name {name} for this load balancer"),
    )
}

pub(crate) fn describe_policies(
    scope: &Scope<'_>,
    request: &DescribeLoadBalancerPolicies,
) -> Result<DescribeLoadBalancerPoliciesReply, ApiError> {
    let asked = &request.policy_names;
    let mut all: Vec<PolicyItem> = match &request.load_balancer_name {
        Some(balancer) => {
            let policies = find(scope, balancer)?.policies.iter();
            policies.map(|(name, policy)| policy.item(name)).collect()
        }
        None => PREDEFINED.iter().map(|name| Policy::predefined(name).item(name)).collect(),
    };
    if let Some(missing) = asked.iter().find(|name| !all.iter().any(|it| it.policy_name == **name))
    {
        return Err(not_found(missing));
    }
    all.retain(|policy| asked.is_empty() || asked.contains(&policy.policy_name));
    if asked.is_empty() {
        scope.sight.lose_an_item(&mut all);
    }
    Ok(DescribeLoadBalancerPoliciesReply { policy_descriptions: all })
}

/// The policies of a request; each must be there and of a type that fits.
fn read(
    balancer: &Balancer,
    names: &[String],
    fits: impl Fn(&str) -> bool,
    place: &str,
) -> Result<BTreeSet<String>, ApiError> {
    for name in names {
        let policy = balancer.policies.get(name).ok_or_else(|| not_found(name))?;
        if !fits(&policy.type_name) {
            return Err(conflict(format!(
                "The policy '{name}' of type {} cannot be set on {place}",
                policy.type_name
            )));
        }
    }
    let stickiness = |name: &&String| {
        matches!(balancer.policies[*name].type_name.as_str(), APP_COOKIE | BALANCER_COOKIE)
    };
    if names.iter().filter(stickiness).count() > 1 {
        return Err(conflict("Only one stickiness policy can be set on a listener"));
    }
    Ok(names.iter().cloned().collect())
}

pub(crate) fn set_of_listener(
    scope: &mut Scope<'_>,
    request: &SetLoadBalancerPoliciesOfListener,
) -> Result<Nothing, ApiError> {
    let name = &request.load_balancer_name;
    let balancer = find_mut(scope, name)?;
    let port = read_port("LoadBalancerPort", request.load_balancer_port)?;
    let listener =
        balancer.listeners.get(&port).ok_or_else(|| listeners::no_listener(name, port))?;
    let protocol = listener.protocol;
    let fits = |type_name: &str| match type_name {
        NEGOTIATION => protocol.is_secure(),
        APP_COOKIE | BALANCER_COOKIE => protocol.is_http(),
        _ => false,
    };
    let place = format!("a listener with the protocol {}", protocol.as_str());
    let policies = read(balancer, &request.policy_names, fits, &place)?;
    if let Some(listener) = balancer.listeners.get_mut(&port) {
        listener.policies = policies;
    }
    Ok(Nothing {})
}

pub(crate) fn set_of_backend(
    scope: &mut Scope<'_>,
    request: &SetLoadBalancerPoliciesForBackendServer,
) -> Result<Nothing, ApiError> {
    let balancer = find_mut(scope, &request.load_balancer_name)?;
    let port = read_port("InstancePort", request.instance_port)?;
    // What has been set stays behind a listener that is deleted, and can be taken away then.
    let is_known = balancer.listeners.values().any(|listener| listener.instance_port == port)
        || balancer.backends.contains_key(&port);
    if !is_known {
        return Err(conflict(format!("No listener uses the instance port {port}")));
    }
    let is_secure = balancer
        .listeners
        .values()
        .any(|listener| listener.instance_port == port && listener.instance_protocol.is_secure());
    let fits = |type_name: &str| match type_name {
        PROXY_PROTOCOL => true,
        BACKEND_KEYS => is_secure,
        _ => false,
    };
    let policies =
        read(balancer, &request.policy_names, fits, &format!("the instance port {port}"))?;
    if policies.is_empty() {
        balancer.backends.remove(&port);
    } else {
        balancer.backends.insert(port, policies);
    }
    Ok(Nothing {})
}
