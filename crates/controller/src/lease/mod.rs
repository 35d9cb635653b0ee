//! One writer: a lease held while this process acts.
//!
//! Every AWS write asks [`Leadership`] first. It counts from the *start* of the last renewal that succeeded, so that what
//! the API server believes always outlasts what we believe; and a write that starts must also end within it.

mod decide;

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease as KubeLease, LeaseSpec};
use kube::api::PostParams;
use kube::{Api, Client};
use peerway_model::clock::{after, since};
use peerway_model::{Clock, Timestamp};

use self::decide::{Move, Seen, decide, released};
use crate::backoff::jittered;

/// How long a held lease lasts, how long renewing may fail before it is given up, how often it is tried
/// (client-go's own are 15 s, 10 s and 2 s; ours leave room for a call to AWS that takes its ten seconds).
const DURATION: Duration = Duration::from_secs(30);
const RENEW_DEADLINE: Duration = Duration::from_secs(20);
const RETRY: Duration = Duration::from_secs(2);
/// How often one that stands by asks: whoever goes leaves it most of five seconds.
const STANDING_BY: Duration = Duration::from_secs(1);
/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(5);
/// What must be left of the lease when an AWS write starts: a call takes ten seconds at most.
const ROOM: Duration = Duration::from_secs(12);

/// Which lease, and who wants it.
#[derive(Debug, Clone)]
pub struct LeaseConfig {
    /// The namespace of the lease.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Who wants it: differs from every other process, also from one of the same pod before it.
    pub identity: String,
}

/// Whether this process may write.
#[derive(Debug)]
pub(crate) struct Leadership {
    clock: Clock,
    /// Until when the lease is held; nothing when there is none to hold.
    until: Option<Mutex<Timestamp>>,
    /// Whether the process goes: it holds the lease still, and begins nothing any more.
    is_going: AtomicBool,
}

impl Leadership {
    /// That of a process that is alone, as whoever started it says.
    pub(crate) fn undisputed(clock: Clock) -> Arc<Self> {
        Arc::new(Self { clock, until: None, is_going: AtomicBool::new(false) })
    }

    /// Whether an AWS write may start now.
    pub(crate) fn may_write(&self) -> bool {
        if self.is_going.load(Ordering::Relaxed) {
            return false;
        }
        let room = after(self.clock.now(), ROOM);
        self.until.as_ref().is_none_or(|until| room < *lock(until))
    }

    /// No write starts from now on.
    pub(crate) fn go(&self) {
        self.is_going.store(true, Ordering::Relaxed);
    }

    fn set(&self, moment: Timestamp) {
        if let Some(until) = &self.until {
            *lock(until) = moment;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What became of one attempt.
#[derive(Debug)]
enum Attempt {
    /// Held.
    Held,
    /// Somebody else holds it.
    Theirs(String),
    /// Nobody knows: the API server did not answer, or somebody wrote at the same time.
    Failed(String),
}

/// The lease of one process.
pub(crate) struct Lease {
    api: Api<KubeLease>,
    config: LeaseConfig,
    clock: Clock,
    leadership: Arc<Leadership>,
    seen: Option<Seen>,
    /// The lease as we wrote it last: renewing it needs no read.
    written: Option<KubeLease>,
    renewed_at: Timestamp,
}

impl Lease {
    pub(crate) fn new(client: Client, config: LeaseConfig, clock: Clock) -> Self {
        let leadership = Leadership {
            clock: clock.clone(),
            until: Some(Mutex::new(Timestamp::MIN)),
            is_going: AtomicBool::new(false),
        };
        Self {
            api: Api::namespaced(client, &config.namespace),
            config,
            leadership: Arc::new(leadership),
            clock,
            seen: None,
            written: None,
            renewed_at: Timestamp::MIN,
        }
    }

    pub(crate) fn leadership(&self) -> Arc<Leadership> {
        self.leadership.clone()
    }

    /// Tries until it is held. `standing_by` is called once the API server has answered who holds it.
    pub(crate) async fn acquire(&mut self, standing_by: impl Fn()) {
        let mut told = None;
        loop {
            match self.attempt().await {
                Attempt::Held => {
                    tracing::info!(lease = %self.config.name, identity = %self.config.identity, "leading");
                    return;
                }
                Attempt::Theirs(holder) => {
                    standing_by();
                    if told.as_ref() != Some(&holder) {
                        tracing::info!(lease = %self.config.name, %holder, "standing by");
                        told = Some(holder);
                    }
                }
                Attempt::Failed(problem) => {
                    tracing::warn!(lease = %self.config.name, %problem, "failed to take the lease; it is tried again");
                }
            }
            // Several that stand by must not ask in step.
            tokio::time::sleep(jittered(STANDING_BY, &self.config.identity)).await;
        }
    }

    /// Renews it until `end`, and gives it up then; or until it is lost, and why. A renewal under way is not cut off: what
    /// is written meanwhile could not be given up.
    pub(crate) async fn hold(&mut self, end: impl Future<Output = ()>) -> Result<(), String> {
        let mut end = std::pin::pin!(end);
        loop {
            tokio::select! {
                () = tokio::time::sleep(RETRY) => {}
                () = &mut end => {
                    self.release().await;
                    return Ok(());
                }
            }
            match self.attempt().await {
                Attempt::Held => {}
                Attempt::Theirs(holder) => return Err(format!("{holder} holds it now")),
                Attempt::Failed(problem) => {
                    tracing::warn!(lease = %self.config.name, %problem, "failed to renew the lease");
                    if since(self.clock.now(), self.renewed_at) >= RENEW_DEADLINE {
                        return Err(format!(
                            "it could not be renewed for {RENEW_DEADLINE:?}: {problem}"
                        ));
                    }
                }
            }
        }
    }

    /// Gives it up, so that the next need not wait until it lapses.
    async fn release(&mut self) {
        self.leadership.set(Timestamp::MIN);
        let Some(mut lease) = self.written.take() else { return };
        lease.spec = lease.spec.map(|record| released(&record, self.clock.now()));
        let params = PostParams::default();
        let written = self.api.replace(&self.config.name, &params, &lease);
        match tokio::time::timeout(REQUEST, written).await {
            Ok(Ok(_)) => tracing::info!(lease = %self.config.name, "released"),
            Ok(Err(error)) => tracing::warn!(%error, "failed to release the lease; it lapses"),
            Err(_) => tracing::warn!("failed to release the lease in time; it lapses"),
        }
    }

    /// One attempt to take or renew it.
    async fn attempt(&mut self) -> Attempt {
        let begun_at = self.clock.now();
        match tokio::time::timeout(REQUEST, self.try_once(begun_at)).await {
            Ok(Ok(Attempt::Held)) => {
                self.renewed_at = begun_at;
                self.leadership.set(after(begun_at, DURATION));
                Attempt::Held
            }
            Ok(Ok(other)) => {
                self.written = None;
                other
            }
            Ok(Err(error)) => {
                self.written = None;
                Attempt::Failed(error.to_string())
            }
            Err(_) => {
                self.written = None;
                Attempt::Failed(format!("no answer within {REQUEST:?}"))
            }
        }
    }

    async fn try_once(&mut self, now: Timestamp) -> kube::Result<Attempt> {
        let known = match self.written.clone() {
            Some(lease) => Some(lease),
            None => self.api.get_opt(&self.config.name).await?,
        };
        self.seen = known.as_ref().map(|lease| {
            let record = lease.spec.clone().unwrap_or_default();
            Seen::next(self.seen.take(), record, self.clock.now())
        });
        let record = match decide(&self.config.identity, DURATION, self.seen.as_ref(), now) {
            Move::Write(record) => *record,
            Move::Wait => {
                let holder = self.seen.as_ref().and_then(Seen::holder).unwrap_or_default();
                return Ok(Attempt::Theirs(holder.to_owned()));
            }
        };
        let written = self.write(known, record).await?;
        self.seen = written.spec.clone().map(|record| Seen { record, since: self.clock.now() });
        self.written = Some(written);
        Ok(Attempt::Held)
    }

    /// Only if nobody wrote since it was read: the resource version says so.
    async fn write(&self, known: Option<KubeLease>, record: LeaseSpec) -> kube::Result<KubeLease> {
        let params = PostParams::default();
        if let Some(mut lease) = known {
            lease.spec = Some(record);
            return self.api.replace(&self.config.name, &params, &lease).await;
        }
        let mut lease = KubeLease { spec: Some(record), ..KubeLease::default() };
        lease.metadata.name = Some(self.config.name.clone());
        self.api.create(&params, &lease).await
    }
}
