//! `ProxyLoadBalancer`, as visits see it.

mod apply;

use std::collections::BTreeSet;
use std::time::Duration;

use kube::ResourceExt;
use kube::runtime::reflector::Store;
use peerway_api::v1alpha1::{ProxyLoadBalancer, ProxyLoadBalancerStatus};
use peerway_aws::iam::Scope;
use peerway_model::{AwsFailure, OwnerKind, Place, Timestamp, Touched};
use peerway_plan::proxy_load_balancer::{
    self, Desired, Pace, Recorded, Report, Step, events, needs, plan, reads, release,
    release_unentered, status,
};
use peerway_plan::{Event, Finding, Needs, Outcome, PlanStep, Read, Release};

use crate::context::Context;
use crate::error::Error;
use crate::first_look::Spot;
use crate::object::Guarded;
use crate::rested::Versions;
use crate::visit::{Frame, Kind, ObservedOf, PlanOf, StatusInputOf};

/// How often the health of one balancer's instances may be asked for, times the number of balancers: a sixth of what AWS
/// answers for all calls about balancers together, ten in a second
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/throttling.html>). With the tags, attributes and
/// policies that are asked for beside it that makes less than a quarter.
const HEALTH_SHARE: Duration = Duration::from_millis(600);
/// How soon the health is asked for again while too few instances are in service.
const IN_PROGRESS: Duration = Duration::from_secs(5);

/// The kind.
pub(crate) struct Balancer;

impl Kind for Balancer {
    const OWNER: OwnerKind = OwnerKind::ProxyLoadBalancer;
    type Object = ProxyLoadBalancer;
    type Status = ProxyLoadBalancerStatus;
    type Desired = Desired;
    type Recorded = Recorded;
    type Siblings = Pace;
    type Step = Step;
    type Report = Report;

    fn store(ctx: &Context) -> &Store<Guarded<ProxyLoadBalancer>> {
        &ctx.balancers
    }

    fn status_of(object: &ProxyLoadBalancer) -> Option<&ProxyLoadBalancerStatus> {
        object.status.as_ref()
    }

    fn accounts(object: &ProxyLoadBalancer) -> Vec<&str> {
        let home = object.status.iter().filter_map(|status| status.home.as_ref());
        let known = home.map(|home| home.account_ref.name.as_str());
        let given = object.spec.subnets.iter().map(|subnets| subnets.account_ref.name.as_str());
        known.chain(given).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn desired(ctx: &Context, object: &ProxyLoadBalancer) -> Result<Desired, Vec<Finding>> {
        let namespace = ctx.namespace(&object.namespace().unwrap_or_default());
        let group = object.spec.subnet_group_ref.as_ref();
        let group = group.and_then(|group| ctx.group(&namespace.name, &group.name));
        let home = group.iter().filter_map(|group| group.status.as_ref()?.home.as_ref());
        let names = home.map(|home| home.account_ref.name.as_str());
        let accounts: Vec<_> = names
            .chain(Self::accounts(object))
            .filter_map(|name| Some((name.to_owned(), ctx.account(name)?)))
            .collect();
        Desired::from_object(
            object,
            group.as_ref(),
            |name| {
                let (_, account) = accounts.iter().find(|(known, _)| known == name)?;
                account.0.as_ref().ok()
            },
            &namespace,
            &ctx.cluster,
        )
    }

    fn frame(desired: &Desired) -> Frame<'_> {
        Frame {
            owner: &desired.owner,
            presence: desired.presence,
            policies: desired.policies,
            places: desired.places(),
        }
    }

    fn recorded(status: Option<&ProxyLoadBalancerStatus>) -> Recorded {
        Recorded::of(status)
    }

    fn siblings(ctx: &Context, _: &Desired, _: &ObservedOf<Self>) -> Pace {
        let count = u32::try_from(ctx.balancers.len()).unwrap_or(u32::MAX);
        let share = HEALTH_SHARE.saturating_mul(count);
        Pace { at_rest: ctx.settings.resync.max(share), in_progress: IN_PROGRESS.max(share) }
    }

    fn spots(object: &ProxyLoadBalancer) -> BTreeSet<Spot> {
        let home = object.status.iter().filter_map(|status| status.home.as_ref());
        home.map(|home| (home.account_ref.name.clone(), home.region.clone())).collect()
    }

    /// A group, the account behind it, the health of instances: balancers are few, and visited in full.
    fn others(_: &Context, _: &ProxyLoadBalancer) -> Option<Versions> {
        None
    }

    fn may_rest(_: &Desired, _: &ObservedOf<Self>) -> bool {
        false
    }

    fn needs(desired: &Desired, observed: &ObservedOf<Self>, recorded: &Recorded) -> Needs {
        needs(desired, observed, recorded)
    }

    fn reads(desired: &Desired, observed: &ObservedOf<Self>) -> Vec<Read> {
        reads(desired, observed)
    }

    fn plan(desired: &Desired, observed: &ObservedOf<Self>, recorded: &Recorded) -> PlanOf<Self> {
        plan(desired, observed, recorded)
    }

    fn must_record_first(plan: &PlanOf<Self>, recorded: &Recorded) -> bool {
        plan.must_record_first(recorded)
    }

    fn again_at(report: &Report) -> Option<Timestamp> {
        report.again_at
    }

    fn owns(report: &Report) -> bool {
        report.balancer.as_ref().is_some_and(|balancer| balancer.exists)
            || report.made.values().any(Option::is_some)
            || !report.written_rules.is_empty()
    }

    fn status(input: StatusInputOf<'_, Self>) -> ProxyLoadBalancerStatus {
        status(input)
    }

    fn invalid(
        previous: Option<&ProxyLoadBalancerStatus>,
        generation: i64,
        findings: &[Finding],
        now: Timestamp,
    ) -> ProxyLoadBalancerStatus {
        proxy_load_balancer::status::invalid(previous, generation, findings, now)
    }

    fn events(
        desired: &Desired,
        previous: Option<&ProxyLoadBalancerStatus>,
        status: &ProxyLoadBalancerStatus,
        generation: i64,
        done: &[Step],
    ) -> Vec<Event> {
        events(desired, previous, status, generation, done)
    }

    fn release(
        desired: &Desired,
        recorded: &Recorded,
        plan: &PlanOf<Self>,
        outcome: &Outcome,
    ) -> Option<Release> {
        release(desired, recorded, plan, outcome)
    }

    fn release_unentered(object: &ProxyLoadBalancer) -> Option<Release> {
        release_unentered(object)
    }

    async fn users(_: &Context, _: &ProxyLoadBalancer) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }

    fn scope(desired: &Desired, plan: &PlanOf<Self>, recorded: &Recorded, place: &Place) -> Scope {
        let home = plan.report.home.iter().chain(&recorded.home).next();
        Scope {
            vpcs: home.map(|it| (place.account().clone(), it.vpc_id.clone())).into_iter().collect(),
            balancers: vec![desired.name.to_string()],
            ..Scope::default()
        }
    }

    fn seen_from<'a>(_: &'a Desired, step: &'a Step) -> Vec<&'a Place> {
        vec![step.place()]
    }

    async fn call(ctx: &Context, entered: &Place, step: &Step) -> Result<Touched, AwsFailure> {
        apply::call(ctx.cloud.as_ref(), entered, step).await
    }
}
