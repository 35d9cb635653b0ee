//! What differs between the kinds of objects that stand for things in AWS. Everything that visits do is the same.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;

use k8s_openapi::NamespaceResourceScope;
use kube::Resource;
use kube::runtime::reflector::Store;
use peerway_aws::iam::Scope;
use peerway_model::{AwsFailure, Owner, OwnerKind, Place, Timestamp, Touched};
use peerway_plan::{
    Event, Finding, KindStatus, Needs, Observed, Outcome, Plan, PlanStep, Policies, Presence, Read,
    Release, StatusInput,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::error::Error;
use crate::first_look::Spot;
use crate::object::Guarded;
use crate::rested::Versions;

/// The plan of a kind.
pub(crate) type PlanOf<K> = Plan<<K as Kind>::Step, <K as Kind>::Report>;
/// What was observed for an object of a kind.
pub(crate) type ObservedOf<K> = Observed<<K as Kind>::Siblings>;
/// What a status of a kind is made from.
pub(crate) type StatusInputOf<'a, K> =
    StatusInput<'a, <K as Kind>::Status, <K as Kind>::Step, <K as Kind>::Report>;

/// A kind of objects that stand for things in AWS: its types, and where its decisions are found. Nothing is decided here.
pub(crate) trait Kind: Send + Sync + Sized + 'static {
    /// Its name, in the tags of what is made for it.
    const OWNER: OwnerKind;
    type Object: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + DeserializeOwned
        + fmt::Debug
        + Send
        + Sync
        + 'static;
    type Status: KindStatus + PartialEq + Serialize + Send + Sync;
    type Desired: Send + Sync;
    type Recorded: Send + Sync;
    type Siblings: Default + Send + Sync;
    type Step: PlanStep + 'static;
    type Report: Default + fmt::Display + Send + Sync;

    /// Every object of the kind.
    fn store(ctx: &Context) -> &Store<Guarded<Self::Object>>;
    fn status_of(object: &Self::Object) -> Option<&Self::Status>;
    /// The accounts that the spec names.
    fn accounts(object: &Self::Object) -> Vec<&str>;

    fn desired(ctx: &Context, object: &Self::Object) -> Result<Self::Desired, Vec<Finding>>;
    /// What every kind's desired state has.
    fn frame(desired: &Self::Desired) -> Frame<'_>;
    fn recorded(status: Option<&Self::Status>) -> Self::Recorded;
    fn siblings(
        ctx: &Context,
        desired: &Self::Desired,
        observed: &ObservedOf<Self>,
    ) -> Self::Siblings;
    /// Where a visit looks, as far as the object tells by itself.
    fn spots(object: &Self::Object) -> BTreeSet<Spot>;
    /// The versions of all other objects that a plan for this one is made from, other than the accounts it names; nothing
    /// for one that is always visited in full.
    fn others(ctx: &Context, object: &Self::Object) -> Option<Versions>;
    /// Whether an object that sees this may rest, should there be nothing to do for it.
    fn may_rest(desired: &Self::Desired, observed: &ObservedOf<Self>) -> bool;
    /// What must be read beyond the lists; asked twice, the second time with the parts that the first answer named.
    fn needs(
        desired: &Self::Desired,
        observed: &ObservedOf<Self>,
        recorded: &Self::Recorded,
    ) -> Needs;
    fn reads(desired: &Self::Desired, observed: &ObservedOf<Self>) -> Vec<Read>;
    fn plan(
        desired: &Self::Desired,
        observed: &ObservedOf<Self>,
        recorded: &Self::Recorded,
    ) -> PlanOf<Self>;
    /// Whether something needs to be in the record before the steps are taken.
    fn must_record_first(plan: &PlanOf<Self>, recorded: &Self::Recorded) -> bool;
    /// When to look again, though nothing is waited for.
    fn again_at(report: &Self::Report) -> Option<Timestamp>;
    /// Whether anything in AWS is, or may be, the object's.
    fn owns(report: &Self::Report) -> bool;
    fn status(input: StatusInputOf<'_, Self>) -> Self::Status;
    /// The status of a spec that cannot be acted upon.
    fn invalid(
        previous: Option<&Self::Status>,
        generation: i64,
        findings: &[Finding],
        now: Timestamp,
    ) -> Self::Status;
    fn events(
        desired: &Self::Desired,
        previous: Option<&Self::Status>,
        status: &Self::Status,
        generation: i64,
        done: &[Self::Step],
    ) -> Vec<Event>;
    fn release(
        desired: &Self::Desired,
        recorded: &Self::Recorded,
        plan: &PlanOf<Self>,
        outcome: &Outcome,
    ) -> Option<Release>;
    /// Whether an object may go though none of its accounts can be entered.
    fn release_unentered(object: &Self::Object) -> Option<Release>;
    /// Who still uses the object, asked of the API server itself: the last question before the finalizer goes.
    fn users(
        ctx: &Context,
        object: &Self::Object,
    ) -> impl Future<Output = Result<Vec<String>, Error>> + Send;

    /// What writes for the object may touch in a place; the Region is that of the place.
    fn scope(
        desired: &Self::Desired,
        plan: &PlanOf<Self>,
        recorded: &Self::Recorded,
        place: &Place,
    ) -> Scope;
    /// Where a write shows.
    fn seen_from<'a>(desired: &'a Self::Desired, step: &'a Self::Step) -> Vec<&'a Place>;
    /// Makes the call.
    fn call(
        ctx: &Context,
        entered: &Place,
        step: &Self::Step,
    ) -> impl Future<Output = Result<Touched, AwsFailure>> + Send;
}

/// What every kind's desired state has.
pub(crate) struct Frame<'a> {
    pub(crate) owner: &'a Owner,
    pub(crate) presence: Presence,
    pub(crate) policies: Policies,
    /// Where there is anything to read or to write, each place once.
    pub(crate) places: Vec<&'a Place>,
}
