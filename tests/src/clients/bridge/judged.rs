//! One judged call: read as the HTTP front reads it, rehearsed, made through the edge, and looked up in the ledger.
//!
//! A method says less than a request can. Rehearsing it in an empty world shows what it would send before anything has
//! happened: only a call that would be sent as it was asked, parameter by parameter, is made at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use peerway_aws::Cloud;
use peerway_model::{Access, AccountId, Credentials, Place, Region};
use peerway_sim::{Call, Cause, Entry, Service, Settings, SimCloud, World};
use serde::Serialize;

use super::words::{Inexpressible, Said};
use super::{auto_scaling, ec2, load_balancing};

/// The settings of a world whose ledger is compared with what was sent: it cuts nothing.
pub(super) fn whole() -> Settings {
    Settings { ledger_summary: usize::MAX, ..Settings::default() }
}

/// A call as the suite sends it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged<'a> {
    /// The service, as signatures name it.
    pub(super) service: &'a str,
    /// The account whose root calls.
    pub(super) account: &'a AccountId,
    /// Where.
    pub(super) region: &'a Region,
    /// The form that boto3 would send.
    pub(super) form: &'a str,
}

/// What came of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Verdict {
    /// It was made: `ok` or AWS's code, and what was answered.
    Outcome { outcome: String, note: String },
    /// The edge cannot say it, for this reason. Nothing was made.
    Inexpressible(String),
    /// The edge did otherwise than in the rehearsal, or told otherwise than the ledger has it.
    Different(String),
}

/// The world in which calls are judged.
#[derive(Debug)]
pub(super) struct Court {
    world: Arc<World>,
    /// A call of the ledger that no judged call is before.
    seen: AtomicU64,
}

impl Court {
    pub(super) fn of(world: Arc<World>) -> Self {
        Self { world, seen: AtomicU64::new(0) }
    }

    /// Makes a call through the edge if the edge can say it.
    ///
    /// # Errors
    /// When what the suite sent is no call to judge.
    pub(super) async fn judge(&self, judged: Judged<'_>) -> anyhow::Result<Verdict> {
        let service = Service::from_name(judged.service).context("no such service")?;
        let call = match Call::from_form(service, judged.form) {
            Ok(call) => call,
            Err(error) => return Ok(Verdict::Inexpressible(format!("no typed request: {error}"))),
        };
        let place = place(judged.account, judged.region);
        if let Err(Inexpressible(why)) = rehearse(&place, &call).await? {
            return Ok(Verdict::Inexpressible(why));
        }
        let before = self.last_seq();
        let Ok(told) = make(&self.world, &place, &call).await else {
            return Ok(Verdict::Different("it was rehearsed, but cannot be said".to_owned()));
        };
        let (outcome, note) = match told {
            Ok(note) => ("ok".to_owned(), note),
            Err(failure) => (failure.code.unwrap_or("no code".to_owned()), failure.message),
        };
        let made = self.world.ledger_since(before).into_iter();
        let made: Vec<Entry> = made.filter(|entry| is_of(entry, judged.account)).collect();
        Ok(match differs(&made, &call, &outcome)? {
            Some(difference) => Verdict::Different(format!("{difference}; {note}")),
            None => Verdict::Outcome { outcome, note: note.chars().take(LONGEST_NOTE).collect() },
        })
    }

    /// The last call in the ledger. Each time only what is new since the last time is looked through.
    fn last_seq(&self) -> u64 {
        let seen = self.seen.load(Ordering::Relaxed);
        let last = self.world.ledger_since(seen).last().map_or(seen, |entry| entry.seq);
        self.seen.fetch_max(last, Ordering::Relaxed).max(last)
    }
}

/// A list answers for a whole Region.
const LONGEST_NOTE: usize = 1000;

/// The account's root there: its number is the key.
fn place(account: &AccountId, region: &Region) -> Place {
    let name = account.as_str().into();
    let access = Access { name, account: account.clone(), credentials: Credentials::Own };
    Place { access: Arc::new(access), region: region.clone() }
}

/// Whether the judged call made it: a stage does one thing after the other, and its accounts are nobody else's.
fn is_of(entry: &Entry, account: &AccountId) -> bool {
    entry.account.as_ref() == Some(account) && entry.cause == Cause::Caller
}

async fn make(world: &Arc<World>, place: &Place, call: &Call) -> Said {
    let cloud = SimCloud::new(Arc::clone(world), place.access.account.as_str());
    match call.action().service() {
        Service::Ec2 => ec2::make(&*cloud.ec2(place), call).await,
        Service::Elb => load_balancing::make(&*cloud.load_balancing(place), call).await,
        Service::AutoScaling => auto_scaling::make(&*cloud.auto_scaling(place), call).await,
        Service::Sts => Err(Inexpressible("the edge calls STS for itself".to_owned())),
    }
}

/// Whether the edge would send just this call: made in a world that nobody is in, it is noted and changes nothing.
async fn rehearse(place: &Place, call: &Call) -> anyhow::Result<Result<(), Inexpressible>> {
    let nowhere = Arc::new(World::empty(whole()));
    if let Err(why) = make(&nowhere, place, call).await {
        return Ok(Err(why));
    }
    let sent = nowhere.ledger();
    let [first] = sent.as_slice() else {
        let count = sent.len();
        return Ok(Err(Inexpressible(format!("the edge would make {count} calls at first"))));
    };
    let asked = in_full(call)?;
    Ok(if says(first, call, &beginning(call, &asked)) {
        Ok(())
    } else {
        Err(Inexpressible(format!("the edge would send {:?}, not {asked:?}", first.summary)))
    })
}

/// What of the calls made is not as it was asked, or of the outcome not as the ledger has it.
fn differs(made: &[Entry], call: &Call, outcome: &str) -> anyhow::Result<Option<String>> {
    let (Some(first), Some(last)) = (made.first(), made.last()) else {
        return Ok(Some("nothing reached the world".to_owned()));
    };
    let asked = in_full(call)?;
    let is_one = made.len() == 1 || !call.action().is_write();
    let is_all_of_it = made.iter().all(|entry| entry.action == call.action().name());
    // What fails at its first call never comes to the others.
    let is_there = outcome != "ok" || made.iter().any(|entry| says(entry, call, &asked));
    Ok(if last.outcome.to_string() != outcome {
        Some(format!("the ledger says {}, the edge {outcome}", last.outcome))
    } else if says(first, call, &beginning(call, &asked)) && is_one && is_all_of_it && is_there {
        None
    } else {
        let sent: Vec<&str> = made.iter().map(|entry| entry.summary.as_str()).collect();
        Some(format!("what reached the world was {sent:?}"))
    })
}

/// The parameters of a call as a ledger that cuts nothing writes them.
fn in_full(call: &Call) -> anyhow::Result<String> {
    let params = call.params().map_err(|error| anyhow::anyhow!("{error}"))?;
    let words: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Ok(words.join(" "))
}

/// What the method sends first: one asks for both DNS attributes of a VPC where AWS's clients ask for one.
fn beginning(call: &Call, asked: &str) -> String {
    match call {
        Call::DescribeVpcAttribute(_) => asked.replace("enableDnsHostnames", "enableDnsSupport"),
        _ => asked.to_owned(),
    }
}

/// The parameters that the edge adds to every list: how long a page is to be. They change no answer, since it follows
/// the pages.
const PAGING: [&str; 3] = ["MaxResults=", "PageSize=", "MaxRecords="];

/// Whether an entry of the ledger is this request.
fn says(entry: &Entry, call: &Call, asked: &str) -> bool {
    let words = entry.summary.split_whitespace();
    let words = words.filter(|word| !PAGING.iter().any(|name| word.starts_with(name)));
    let is_read = !call.action().is_write();
    entry.service == call.action().service()
        && entry.action == call.action().name()
        && (entry.summary == asked || (is_read && words.eq(asked.split_whitespace())))
}
