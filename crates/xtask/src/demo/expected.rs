//! What must be true in AWS, from a file beside the example.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

/// Everything a file expects.
#[derive(Debug, Deserialize)]
pub(crate) struct Expected {
    /// Ids of things that must be as they were.
    pub(crate) untouched: Vec<String>,
    /// Who reaches whom.
    #[serde(default)]
    pub(crate) reachability: Vec<Line>,
    #[serde(flatten)]
    parts: BTreeMap<String, Part>,
}

/// What one peering must have led to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    pub(crate) peering: Peering,
    /// Table → destination → target, complete beside local. `ours` is the peering's connection, `other` another's.
    pub(crate) routes: BTreeMap<String, BTreeMap<String, String>>,
    /// Group → rules, those with our tags, in any order.
    pub(crate) ingress: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Peering {
    pub(crate) requester: String,
    pub(crate) accepter: String,
    pub(crate) dns_resolution: DnsResolution,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DnsResolution {
    pub(crate) requester: bool,
    pub(crate) accepter: bool,
}

/// Who reaches whom, and what stands in the way first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    /// A route that is written on a copy of the estate: `<table> has <destination> -> <connection>`.
    pub(crate) given: Option<String>,
    /// An instance.
    pub(crate) from: String,
    /// An address or the name of a load balancer, and a port of TCP.
    pub(crate) to: String,
    /// What `peerway-reach` says.
    pub(crate) verdict: String,
    /// The hop that it is about.
    pub(crate) at: Option<String>,
    /// Whether it must be so before the first object and after the last one too.
    #[serde(default)]
    pub(crate) lifeline: bool,
}

impl Expected {
    pub(crate) fn load(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        serde_saphyr::from_str(&text).with_context(|| format!("cannot load {}", path.display()))
    }

    pub(crate) fn part(&self, name: &str) -> anyhow::Result<&Part> {
        self.parts.get(name).with_context(|| format!("nothing is expected of {name}"))
    }
}
