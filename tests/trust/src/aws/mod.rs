//! The AWS edge of a life: every call of the traits passes through its [`Run`], and writes past the [`Judge`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use peerway_aws::{AutoScaling, Cloud, Ec2, LoadBalancing};
use peerway_memory_api::crash::{Call, Run};
use peerway_model::{
    Access, AccountId, AwsFailure, Credentials, NetworkAcl, NetworkInterface, Place, Region,
    RouteTable, Tags, Timestamp,
};

use crate::judge::Judge;
use crate::kubernetes::Traffic;

/// What its calls are filed under.
const EDGE: &str = "aws";

/// What a visit says that panics because [`Tampering::panics_for`] wants it to.
pub const PANICS: &str = "as the suite asked for";

/// What a suite of this suite changes in what the controller sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tampering {
    /// What is created gets no tags.
    pub strips_tags: bool,
    /// Tables are answered as they were read before, if that is not a poll ago.
    pub answers_from_before: bool,
    /// Whoever goes to write for the object of this name panics.
    pub panics_for: Option<&'static str>,
}

/// As long as nothing but a read on purpose would read anew.
const POLL: Duration = Duration::from_secs(26);

/// What was read last of what writes name only by an id that says nothing. Ids are never given again, and whoever names one
/// has read it.
#[derive(Default)]
struct Seen {
    /// The tables of a place, and when they were read.
    tables: BTreeMap<Place, (Timestamp, Vec<RouteTable>)>,
    acls: BTreeMap<Place, Vec<NetworkAcl>>,
    interfaces: BTreeMap<Place, Vec<NetworkInterface>>,
}

/// A cloud whose calls pass through a run.
pub struct Edge {
    run: Run,
    judge: Arc<Judge>,
    tampering: Tampering,
    leash: Option<Arc<Traffic>>,
    seen: Arc<Mutex<Seen>>,
    inner: Arc<dyn Cloud>,
}

impl Edge {
    /// The edge of this run in front of `inner`. No write must set out without the lease that is seen in `leash`.
    #[must_use]
    pub fn new(
        run: Run,
        judge: Arc<Judge>,
        tampering: Tampering,
        leash: Option<Arc<Traffic>>,
        inner: Arc<dyn Cloud>,
    ) -> Arc<Self> {
        Arc::new(Self { run, judge, tampering, leash, seen: Arc::default(), inner })
    }

    fn passage(&self, place: &Place) -> Passage {
        Passage {
            run: self.run.clone(),
            judge: self.judge.clone(),
            tampering: self.tampering,
            leash: self.leash.clone(),
            seen: self.seen.clone(),
            place: place.clone(),
            cloud: self.inner.clone(),
        }
    }
}

/// The way to a service in a place.
struct Passage {
    run: Run,
    judge: Arc<Judge>,
    tampering: Tampering,
    leash: Option<Arc<Traffic>>,
    seen: Arc<Mutex<Seen>>,
    place: Place,
    cloud: Arc<dyn Cloud>,
}

impl Passage {
    /// The tags that are sent.
    fn tags(&self, tags: &Tags) -> Tags {
        if self.tampering.strips_tags { Tags::new() } else { tags.clone() }
    }
}

fn call(operation: &str, target: String, writes: bool) -> Call {
    Call { edge: EDGE, operation: operation.to_owned(), target, writes }
}

#[async_trait]
impl Cloud for Edge {
    fn ec2(&self, place: &Place) -> Arc<dyn Ec2> {
        Arc::new(ec2::EdgeEc2 { passage: self.passage(place), inner: self.inner.ec2(place) })
    }

    fn auto_scaling(&self, place: &Place) -> Arc<dyn AutoScaling> {
        let (passage, inner) = (self.passage(place), self.inner.auto_scaling(place));
        Arc::new(auto_scaling::EdgeAutoScaling { passage, inner })
    }

    fn load_balancing(&self, place: &Place) -> Arc<dyn LoadBalancing> {
        let (passage, inner) = (self.passage(place), self.inner.load_balancing(place));
        Arc::new(load_balancing::EdgeLoadBalancing { passage, inner })
    }

    async fn enter(&self, place: &Place) -> Result<(), AwsFailure> {
        if let Credentials::AssumeRole { session: Some(session), .. } = &place.access.credentials {
            let panics = self.tampering.panics_for.is_some_and(|name| session.name.contains(name));
            assert!(!panics, "{PANICS}");
        }
        self.inner.enter(place).await
    }

    fn forget(&self, place: &Place) {
        self.inner.forget(place);
    }

    async fn caller_account(
        &self,
        access: &Access,
        region: &Region,
    ) -> Result<AccountId, AwsFailure> {
        let (inner, access, region) = (self.inner.clone(), access.clone(), region.clone());
        let call = call("caller", access.name.to_string(), false);
        self.run.pass(call, async move { inner.caller_account(&access, &region).await }).await
    }
}

/// A read: recorded, and passed on.
macro_rules! read {
    ($self:ident . $method:ident ( $($argument:ident),* )) => {{
        let inner = $self.inner.clone();
        $(let $argument = $argument.clone();)*
        let target = format!("{}", $self.passage.place);
        let call = $crate::aws::call(stringify!($method), target, false);
        $self.passage.run.pass(call, async move { inner.$method($(&$argument),*).await }).await
    }};
}

/// A write: recorded, judged at the moment at which it lands, and passed on.
macro_rules! write {
    ($self:ident . $method:ident ( $($argument:expr),* ), $write:expr) => {{
        let (inner, cloud) = ($self.inner.clone(), $self.passage.cloud.clone());
        let (judge, place) = ($self.passage.judge.clone(), $self.passage.place.clone());
        let write: $crate::judge::Write = $write;
        if let Some(leash) = &$self.passage.leash {
            judge.sets_out(&write, leash.renewed());
        }
        let call = $crate::aws::call(stringify!($method), write.to_string(), true);
        $self.passage.run.pass(call, async move {
            // Whoever was not let in before is let in on the way.
            cloud.enter(&place).await?;
            judge.before(&place, &write);
            let result = inner.$method($($argument),*).await;
            judge.after(&write).await;
            result
        }).await
    }};
}

// Macros are known to what comes behind them.
mod auto_scaling;
mod ec2;
mod load_balancing;
