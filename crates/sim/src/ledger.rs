//! The ledger: every call with who, where, what and how it ended. It, not the caller's own counters, is the judge.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use peerway_model::{AccountId, Region, Timestamp};
use serde::{Serialize, Serializer};

use crate::ApiError;
use crate::action::Service;

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its place in the world's row of calls, from 1.
    pub seq: u64,
    /// When, in world time.
    pub world_time: Timestamp,
    /// When, in wall time.
    pub wall_time: Timestamp,
    /// The caller's account; absent when the credentials were nobody's.
    pub account: Option<AccountId>,
    /// The caller's ARN.
    pub principal: Option<Arc<str>>,
    /// The Region.
    pub region: Region,
    /// Where the call came from.
    pub cause: Cause,
    /// The service.
    #[serde(serialize_with = "service_name")]
    pub service: Service,
    /// The action, also one that the simulated AWS does not know.
    pub action: Cow<'static, str>,
    /// Whether the action may change anything.
    pub is_write: bool,
    /// How it ended for the caller.
    pub outcome: Outcome,
    /// Whether it was done, whatever the caller was told.
    pub was_applied: bool,
    /// The parameters in brief.
    pub summary: String,
    /// The id of the request that the caller was told.
    pub request_id: String,
    /// Bytes of the request; 0 in process.
    pub bytes_in: u64,
    /// Bytes of the answer; 0 in process.
    pub bytes_out: u64,
    /// How long the weather let it take, in real time.
    #[serde(rename = "latencySeconds", serialize_with = "crate::json::seconds::serialize")]
    pub latency: Duration,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn service_name<S: Serializer>(service: &Service, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(service.name())
}

impl Entry {
    /// Whether it was a write that was done, whatever the caller was told.
    #[must_use]
    pub fn is_applied_write(&self) -> bool {
        self.is_write && self.was_applied
    }
}

/// Where a call came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Somebody made it.
    Caller,
    /// A hand that the weather lent made it between two calls.
    Hand,
    /// Somebody made it earlier, and it landed late.
    Landing,
}

/// What the ledger says of one action of one account, all its calls together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// How many calls.
    pub calls: u64,
    /// How many of them were done, whatever the caller was told.
    pub applied: u64,
    /// How they ended, by code.
    pub outcomes: BTreeMap<String, u64>,
    /// Bytes of the requests.
    pub bytes_in: u64,
    /// Bytes of the answers.
    pub bytes_out: u64,
    /// How long the weather let them take, in real time, all together.
    #[serde(rename = "latencySeconds", serialize_with = "crate::json::seconds::serialize")]
    pub latency: Duration,
    /// How many each principal made; `-` for those that were nobody's.
    pub callers: BTreeMap<String, u64>,
}

/// Counts calls by action, like `ec2:CreateRoute`.
pub fn tally<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> BTreeMap<String, Tally> {
    let mut all: BTreeMap<String, Tally> = BTreeMap::new();
    for entry in entries {
        let name = format!("{}:{}", entry.service.name(), entry.action);
        let tally = all.entry(name).or_default();
        tally.calls += 1;
        tally.applied += u64::from(entry.was_applied);
        *tally.outcomes.entry(entry.outcome.to_string()).or_default() += 1;
        tally.bytes_in += entry.bytes_in;
        tally.bytes_out += entry.bytes_out;
        tally.latency = tally.latency.saturating_add(entry.latency);
        let caller = entry.principal.as_deref().unwrap_or("-");
        *tally.callers.entry(caller.to_owned()).or_default() += 1;
    }
    all
}

/// How a call ended for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Ok,
    /// AWS answered with this code.
    Refused(Cow<'static, str>),
    /// No answer came.
    NoAnswer,
    /// An answer came that could not be read.
    Garbled,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Refused(code) => code,
            Self::NoAnswer => "no answer",
            Self::Garbled => "garbled",
        })
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Outcome {
    pub(crate) fn of<T>(result: &Result<T, ApiError>) -> Self {
        match result {
            Ok(_) => Self::Ok,
            Err(ApiError::Refused(refusal)) => Self::Refused(refusal.code.clone()),
            Err(ApiError::NoAnswer) => Self::NoAnswer,
        }
    }
}

/// The entries kept, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    entries: VecDeque<Entry>,
    last: u64,
}

impl Ledger {
    pub(crate) fn next_seq(&self) -> u64 {
        self.last + 1
    }

    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    pub(crate) fn push(&mut self, entry: Entry, capacity: usize) {
        self.last = entry.seq;
        while self.entries.len() >= capacity.max(1) {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// The entries behind `seq`.
    pub(crate) fn since(&self, seq: u64) -> impl Iterator<Item = &Entry> {
        let first = self.entries.front().map_or(0, |entry| entry.seq);
        let skipped =
            usize::try_from(seq.saturating_add(1).saturating_sub(first)).unwrap_or(usize::MAX);
        self.entries.range(skipped.min(self.entries.len())..)
    }

    /// Notes how long the answer to call `seq` was, which is known only once it is written.
    pub(crate) fn note_answer(&mut self, seq: u64, bytes: u64) {
        let first = self.entries.front().map_or(0, |entry| entry.seq);
        let at = seq.checked_sub(first).and_then(|at| usize::try_from(at).ok());
        if let Some(entry) = at.and_then(|at| self.entries.get_mut(at)) {
            entry.bytes_out = bytes;
        }
    }
}

/// What a person wants to see of a call's parameters: all but secrets, cut where it gets longer than `longest`.
pub(crate) fn summarise(params: &[(String, String)], longest: usize) -> String {
    let mut text = String::new();
    for (name, value) in params {
        if text.len() > longest {
            text.push_str(" …");
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(name);
        text.push('=');
        if name == "ExternalId" {
            text.push('…');
        } else {
            text.extend(value.chars().take(longest / 2));
        }
    }
    text
}
