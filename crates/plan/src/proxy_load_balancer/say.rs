//! Settings that are more than one value, as the status lists them.

use std::collections::BTreeMap;

use peerway_api::v1alpha1::proxy_load_balancer::settings::BalancerGroup;
use peerway_api::v1alpha1::proxy_load_balancer::status::SettingOrigin;
use peerway_model::LoadBalancerPolicy;

use super::policies;
use super::settings::{Groups, Setting, WantedListener, setting};

/// What an adopted balancer keeps, of which the spec says nothing.
const UNCHANGED: &str = "as they are";

/// All listeners in one line.
pub(super) fn listeners(listeners: &BTreeMap<u16, WantedListener>) -> String {
    if listeners.is_empty() {
        return UNCHANGED.to_owned();
    }
    let text = listeners.values().map(|wanted| wanted.listener.to_string());
    text.collect::<Vec<_>>().join(", ")
}

/// The security groups as a whole.
pub(super) fn groups(groups: &Groups) -> Setting {
    let (value, origin) = match groups {
        Groups::Spec(groups) => {
            (groups.iter().map(group).collect::<Vec<_>>().join(", "), SettingOrigin::Spec)
        }
        Groups::Reference(ids) => {
            let ids = ids.iter().map(ToString::to_string);
            (ids.collect::<Vec<_>>().join(", "), SettingOrigin::Reference)
        }
        Groups::Unchanged => (UNCHANGED.to_owned(), SettingOrigin::Default),
    };
    setting("securityGroups", value, origin)
}

fn group(group: &BalancerGroup) -> String {
    let BalancerGroup { id, name, description, match_tags, create } = group;
    let id = id.iter().map(ToString::to_string);
    let name = name.iter().map(|name| format!("'{name}'"));
    let description = description.iter().map(|it| format!("described as '{it}'"));
    let tags = match_tags.iter().map(|tags| {
        let pairs = tags.0.iter().map(|(key, value)| format!("{key}={value}"));
        format!("tagged {}", pairs.collect::<Vec<_>>().join(" and "))
    });
    let made = create.iter().map(|create| format!("made as '{}'", create.name));
    id.chain(name).chain(description).chain(tags).chain(made).collect()
}

/// Certificates and policies, each by the port that it is about.
pub(super) fn parts(
    listeners: &BTreeMap<u16, WantedListener>,
    backends: &BTreeMap<u16, Vec<String>>,
    all: &[LoadBalancerPolicy],
    origin: SettingOrigin,
) -> Vec<Setting> {
    let mut rows = Vec::new();
    let told = |of: &str, names: &[String]| {
        let policies = all.iter().filter(|policy| names.contains(&policy.name));
        let rows = policies.filter_map(|policy| {
            let (what, value) = policies::told(policy)?;
            Some(setting(&format!("{of}.{what}"), value, origin))
        });
        rows.collect::<Vec<_>>()
    };
    for (port, WantedListener { listener, policies }) in listeners {
        let of = format!("listeners[{port}]");
        let certificate = listener.certificate.iter();
        rows.extend(
            certificate.map(|arn| setting(&format!("{of}.certificateARN"), arn.clone(), origin)),
        );
        match policies {
            Some(names) => rows.extend(told(&of, names)),
            None => rows.push(setting(
                &format!("{of}.securityPolicy"),
                policies::DEFAULT.to_owned(),
                SettingOrigin::Default,
            )),
        }
    }
    for (port, names) in backends {
        rows.extend(told(&format!("instancePorts[{port}]"), names));
    }
    rows
}
