//! `VPCPeering`, as visits see it.

mod apply;

use std::collections::BTreeSet;

use kube::ResourceExt;
use kube::runtime::reflector::Store;
use peerway_api::v1alpha1::vpc_peering::PeeringSide;
use peerway_api::v1alpha1::{VpcPeering, VpcPeeringStatus};
use peerway_aws::iam::Scope;
use peerway_model::{AccountId, AwsFailure, OwnerKind, PartKind, Place, Timestamp, Touched, VpcId};
use peerway_plan::vpc_peering::{
    self, Desired, Recorded, Report, Sibling, Side, Step, events, needs, plan, reads, release,
    release_unentered, status, vpcs,
};
use peerway_plan::{Event, Finding, Needs, Outcome, PlanStep, Read, Release};

use crate::context::Context;
use crate::error::Error;
use crate::first_look::Spot;
use crate::object::Guarded;
use crate::overlap_subnet_group::SubnetGroup;
use crate::rested::Versions;
use crate::users;
use crate::visit::{Frame, Kind, ObservedOf, PlanOf, StatusInputOf};

/// The kind.
pub(crate) struct Peering;

impl Kind for Peering {
    const OWNER: OwnerKind = OwnerKind::VpcPeering;
    type Object = VpcPeering;
    type Status = VpcPeeringStatus;
    type Desired = Desired;
    type Recorded = Recorded;
    type Siblings = Vec<Sibling>;
    type Step = Step;
    type Report = Report;

    fn store(ctx: &Context) -> &Store<Guarded<VpcPeering>> {
        &ctx.peerings
    }

    fn status_of(object: &VpcPeering) -> Option<&VpcPeeringStatus> {
        object.status.as_ref()
    }

    fn accounts(object: &VpcPeering) -> Vec<&str> {
        object.spec.accounts().collect()
    }

    fn desired(ctx: &Context, object: &VpcPeering) -> Result<Desired, Vec<Finding>> {
        let accounts: Vec<_> =
            object.spec.accounts().map(|account| (account, ctx.account(account))).collect();
        let account = |name: &str| {
            let found = accounts.iter().find(|(known, _)| *known == name);
            found.and_then(|(_, account)| account.as_ref()?.0.as_ref().ok())
        };
        let namespace = ctx.namespace(&object.namespace().unwrap_or_default());
        let desired = Desired::from_object(object, account, &namespace, &ctx.cluster)?;
        let (using, beside) = ctx.groups_of(object);
        Ok(desired.used_by(using, beside))
    }

    fn frame(desired: &Desired) -> Frame<'_> {
        Frame {
            owner: &desired.owner,
            presence: desired.presence,
            policies: desired.policies,
            places: desired.places(),
        }
    }

    fn recorded(status: Option<&VpcPeeringStatus>) -> Recorded {
        Recorded::of(status)
    }

    fn siblings(ctx: &Context, desired: &Desired, observed: &ObservedOf<Self>) -> Vec<Sibling> {
        let vpcs = vpcs(desired, observed);
        let pair = match &vpcs {
            [Some(requester), Some(accepter)] if desired.adopt.is_none() => {
                Some([requester, accepter])
            }
            _ => None,
        };
        ctx.siblings(&desired.owner, pair)
    }

    fn spots(object: &VpcPeering) -> BTreeSet<Spot> {
        let sides = [&object.spec.requester, &object.spec.accepter].into_iter();
        let spot = |side: &PeeringSide| {
            Some((side.account_ref.as_ref()?.name.clone(), side.region.clone()?))
        };
        sides.filter_map(spot).collect()
    }

    fn others(ctx: &Context, object: &VpcPeering) -> Option<Versions> {
        ctx.versions_for(object)
    }

    fn may_rest(desired: &Desired, observed: &ObservedOf<Self>) -> bool {
        desired.adopt.is_none() && observed.siblings.is_empty()
    }

    fn needs(desired: &Desired, observed: &ObservedOf<Self>, _: &Recorded) -> Needs {
        needs(desired, observed)
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
        report.connection.is_some()
            || !report.written_routes.is_empty()
            || !report.written_rules.is_empty()
    }

    fn status(input: StatusInputOf<'_, Self>) -> VpcPeeringStatus {
        status(input)
    }

    fn invalid(
        previous: Option<&VpcPeeringStatus>,
        generation: i64,
        findings: &[Finding],
        now: Timestamp,
    ) -> VpcPeeringStatus {
        vpc_peering::status::invalid(previous, generation, findings, now)
    }

    fn events(
        desired: &Desired,
        previous: Option<&VpcPeeringStatus>,
        status: &VpcPeeringStatus,
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

    fn release_unentered(object: &VpcPeering) -> Option<Release> {
        release_unentered(object)
    }

    async fn users(ctx: &Context, object: &VpcPeering) -> Result<Vec<String>, Error> {
        let name = object.name_any();
        users::in_namespace::<SubnetGroup>(&ctx.client, object, |group| {
            group.spec.peers.iter().any(|peer| peer.peering_ref.name == name)
        })
        .await
    }

    fn scope(desired: &Desired, plan: &PlanOf<Self>, recorded: &Recorded, place: &Place) -> Scope {
        let report = [&plan.report.requester, &plan.report.accepter];
        // What is taken apart resolves to nothing any more.
        let pair = plan.report.pair.as_ref();
        let pair = [pair.map(|(requester, _)| requester), pair.map(|(_, accepter)| accepter)];
        let known = desired.sides().into_iter().zip(report.into_iter().zip(pair));
        let known = known.filter_map(|(side, (report, paired))| {
            let vpc = match side {
                Side::Managed(side) => {
                    let resolved = report.as_ref().map(|report| &report.vpc);
                    let bound = || recorded.bound(side.name).map(|bound| &bound.vpc);
                    let vpc = resolved.or_else(bound).or(paired)?;
                    (side.place().account().clone(), vpc.clone())
                }
                Side::External(side) => (side.vpc.owner.clone(), side.vpc.id.clone()),
            };
            Some((side, vpc))
        });
        let known: Vec<(&Side, (AccountId, VpcId))> = known.collect();
        let is_here = |side: &Side| side.managed().is_some_and(|side| side.place() == place);
        let here = known.iter().filter(|(side, _)| is_here(side));
        let vpcs = here.map(|(_, vpc)| vpc.clone()).collect();
        // With one of them unknown nothing is asked for, and nothing accepted.
        let peers = known.into_iter().map(|(_, (account, vpc))| (account, Some(vpc)));
        Scope { vpcs, peers: peers.collect(), ..Scope::default() }
    }

    fn seen_from<'a>(desired: &'a Desired, step: &'a Step) -> Vec<&'a Place> {
        // A connection shows on both of its sides.
        if step.part() == PartKind::Connections { desired.places() } else { vec![step.place()] }
    }

    async fn call(ctx: &Context, entered: &Place, step: &Step) -> Result<Touched, AwsFailure> {
        apply::call(ctx.cloud.ec2(entered).as_ref(), step).await
    }
}
