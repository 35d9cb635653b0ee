//! Policies of listeners and of instance ports. AWS cannot change one: each is named by its content, so that another
//! content is another name, and the same content is found again.

use std::collections::BTreeMap;

use peerway_model::{LoadBalancer, LoadBalancerPolicy};

use super::settings::digest;

/// What the names of our policies begin with.
const PREFIX: &str = "peerway-";
const SSL: &str = "SSLNegotiationPolicyType";
const SECURITY_POLICY: &str = "Reference-Security-Policy";
const BACKEND_AUTHENTICATION: &str = "BackendServerAuthenticationPolicyType";
const PUBLIC_KEY: &str = "PublicKeyPolicyType";
const PUBLIC_KEY_NAME: &str = "PublicKeyPolicyName";

const PROXY_PROTOCOL: &str = "ProxyProtocolPolicyType";
const STICKY_BY_APP: &str = "AppCookieStickinessPolicyType";
const STICKY: &str = "LBCookieStickinessPolicyType";

/// What AWS gives an encrypted listener of which nobody says more
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-security-policy-table.html>).
pub(super) const DEFAULT: &str = "ELBSecurityPolicy-2016-08";

/// What the names of AWS's own policies begin with, which are what they are called.
const PREDEFINED: &str = "ELBSecurityPolicy-";

/// The kinds that can be followed
/// (<https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancerPolicyTypes.html>).
const FOLLOWED: [&str; 5] = [SSL, PROXY_PROTOCOL, STICKY_BY_APP, STICKY, BACKEND_AUTHENTICATION];

/// Whether a policy is one that we made.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// Whether a policy is one that others name.
pub(super) fn is_key(policy: &LoadBalancerPolicy) -> bool {
    policy.kind == PUBLIC_KEY
}

/// A policy of this content, named by it.
fn named(kind: &str, mut attributes: Vec<(String, String)>) -> LoadBalancerPolicy {
    attributes.sort();
    let words: Vec<&str> = attributes.iter().flat_map(|(key, value)| [&**key, &**value]).collect();
    let short = kind.trim_end_matches("PolicyType");
    let name = format!("{PREFIX}{short}-{}", digest(&[&[kind], &words[..]].concat()));
    LoadBalancerPolicy { name, kind: kind.to_owned(), attributes }
}

/// The policy that makes a listener offer what one of AWS's security policies says.
pub(super) fn security(policy: &str) -> LoadBalancerPolicy {
    named(SSL, vec![(SECURITY_POLICY.to_owned(), policy.to_owned())])
}

/// A policy that a balancer names and of which nothing was told: it came, or went, between two reads.
pub(super) fn untold<'a>(
    balancer: &'a LoadBalancer,
    told: &[LoadBalancerPolicy],
) -> Option<&'a String> {
    let of_listeners = balancer.listeners.values().flat_map(|listener| &listener.policies);
    let mut all = of_listeners.chain(balancer.backends.values().flatten());
    all.find(|name| !name.starts_with(PREDEFINED) && !told.iter().any(|it| it.name == **name))
}

/// Our copy of a policy of another balancer, and what it needs beside itself, before it; nothing for one of a kind that
/// cannot be followed.
pub(super) fn copy(
    name: &str,
    theirs: &BTreeMap<&str, &LoadBalancerPolicy>,
) -> Option<Vec<LoadBalancerPolicy>> {
    let Some(policy) = theirs.get(name) else {
        return name.starts_with(PREDEFINED).then(|| vec![security(name)]);
    };
    if !FOLLOWED.contains(&policy.kind.as_str()) {
        return None;
    }
    // AWS answers defaults as empty values.
    let set = policy.attributes.iter().filter(|(_, value)| !value.is_empty()).cloned();
    if policy.kind == SSL {
        let chosen: Vec<_> = set.clone().filter(|(key, _)| key == SECURITY_POLICY).collect();
        // Where a security policy is named, AWS also lists every cipher that it stands for.
        let wanted = if chosen.is_empty() {
            set.filter(|(_, value)| value.eq_ignore_ascii_case("true")).collect()
        } else {
            chosen
        };
        return Some(vec![named(SSL, wanted)]);
    }
    if policy.kind == BACKEND_AUTHENTICATION {
        let mut needed = Vec::new();
        let mut attributes = Vec::new();
        for (key, value) in set {
            let key_policy = theirs.get(value.as_str()).filter(|it| it.kind == PUBLIC_KEY)?;
            let key_policy = named(PUBLIC_KEY, key_policy.attributes.clone());
            debug_assert_eq!(key, PUBLIC_KEY_NAME);
            attributes.push((key, key_policy.name.clone()));
            needed.push(key_policy);
        }
        needed.push(named(BACKEND_AUTHENTICATION, attributes));
        return Some(needed);
    }
    Some(vec![named(&policy.kind, set.collect())])
}

/// A policy as the status lists it: what it is about, and what it says. A key is told with what it authenticates.
pub(super) fn told(policy: &LoadBalancerPolicy) -> Option<(&'static str, String)> {
    let attributes = &policy.attributes;
    let value = |wanted: &str| attributes.iter().find(|(key, _)| key == wanted).map(|it| &it.1);
    let all = |text: fn(&(String, String)) -> String| {
        attributes.iter().map(text).collect::<Vec<_>>().join(", ")
    };
    match policy.kind.as_str() {
        // Without a name, protocols and ciphers were chosen one by one.
        SSL => Some((
            "securityPolicy",
            value(SECURITY_POLICY).cloned().unwrap_or_else(|| all(|(key, _)| key.clone())),
        )),
        PROXY_PROTOCOL => Some(("proxyProtocol", all(|(_, value)| value.clone()))),
        STICKY | STICKY_BY_APP if attributes.is_empty() => {
            Some(("stickiness", "for the session".to_owned()))
        }
        STICKY | STICKY_BY_APP => {
            Some(("stickiness", all(|(key, value)| format!("{key}={value}"))))
        }
        BACKEND_AUTHENTICATION => {
            let count = attributes.len();
            let keys = if count == 1 { "key" } else { "keys" };
            Some(("authentication", format!("by {count} public {keys}")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(name: &str, kind: &str, attributes: &[(&str, &str)]) -> LoadBalancerPolicy {
        let attributes =
            attributes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        LoadBalancerPolicy {
            name: name.to_owned(),
            kind: kind.to_owned(),
            attributes: attributes.collect(),
        }
    }

    fn copied(name: &str, theirs: &[LoadBalancerPolicy]) -> Option<Vec<LoadBalancerPolicy>> {
        copy(name, &theirs.iter().map(|policy| (policy.name.as_str(), policy)).collect())
    }

    #[test]
    fn of_a_security_policy_only_its_name_is_copied() {
        let theirs = policy(
            "AWSConsole-SSLNegotiationPolicy-1",
            SSL,
            &[(SECURITY_POLICY, "ELBSecurityPolicy-TLS-1-2-2017-01"), ("Protocol-TLSv1.2", "true")],
        );
        let copies = copied("AWSConsole-SSLNegotiationPolicy-1", &[theirs]).unwrap();
        assert_eq!(copies, [security("ELBSecurityPolicy-TLS-1-2-2017-01")]);
    }

    #[test]
    fn of_chosen_ciphers_those_that_are_on_are_copied() {
        let theirs = policy("own", SSL, &[("Protocol-TLSv1", "false"), ("AES128-SHA", "true")]);
        let copies = copied("own", &[theirs]).unwrap();
        assert_eq!(copies[0].attributes, [("AES128-SHA".to_owned(), "true".to_owned())]);
    }

    #[test]
    fn a_backend_is_authenticated_by_our_copy_of_the_key() {
        let theirs = [
            policy("key", PUBLIC_KEY, &[("PublicKey", "MIIB")]),
            policy("auth", BACKEND_AUTHENTICATION, &[(PUBLIC_KEY_NAME, "key")]),
        ];
        let copies = copied("auth", &theirs).unwrap();
        let [key, auth] = copies.as_slice() else { panic!("the key, then what names it") };
        assert_eq!(auth.attributes, [(PUBLIC_KEY_NAME.to_owned(), key.name.clone())]);
        assert_eq!(key.kind, PUBLIC_KEY);
    }

    #[test]
    fn another_content_is_another_name_and_the_same_is_the_same() {
        assert_eq!(security("a").name, security("a").name);
        assert_ne!(security("a").name, security("b").name);
        assert!(is_ours(&security("a").name));
        assert_eq!(
            copied("ELBSecurityPolicy-2016-08", &[]).unwrap(),
            [security("ELBSecurityPolicy-2016-08")]
        );
        let unknown = policy("new", "QuantumPolicyType", &[]);
        assert_eq!(copied("new", &[unknown]), None);
    }
}
