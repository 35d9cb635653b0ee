//! `OverlapSubnetGroup`, as visits see it.

mod apply;

use std::collections::BTreeSet;

use kube::ResourceExt;
use kube::runtime::reflector::Store;
use peerway_api::v1alpha1::{OverlapSubnetGroup, OverlapSubnetGroupStatus};
use peerway_aws::iam::Scope;
use peerway_model::{AwsFailure, OwnerKind, Place, Timestamp, Touched};
use peerway_plan::overlap_subnet_group::{
    self, Desired, Neighbour, Recorded, Report, Step, events, needs, plan, reads, release,
    release_unentered, status,
};
use peerway_plan::{Event, Finding, Needs, Outcome, PlanStep, Read, Release};

use crate::context::Context;
use crate::error::Error;
use crate::first_look::Spot;
use crate::object::Guarded;
use crate::proxy_load_balancer::Balancer;
use crate::rested::Versions;
use crate::users;
use crate::visit::{Frame, Kind, ObservedOf, PlanOf, StatusInputOf};

/// The kind.
pub(crate) struct SubnetGroup;

impl Kind for SubnetGroup {
    const OWNER: OwnerKind = OwnerKind::OverlapSubnetGroup;
    type Object = OverlapSubnetGroup;
    type Status = OverlapSubnetGroupStatus;
    type Desired = Desired;
    type Recorded = Recorded;
    type Siblings = Vec<Neighbour>;
    type Step = Step;
    type Report = Report;

    fn store(ctx: &Context) -> &Store<Guarded<OverlapSubnetGroup>> {
        &ctx.groups
    }

    fn status_of(object: &OverlapSubnetGroup) -> Option<&OverlapSubnetGroupStatus> {
        object.status.as_ref()
    }

    fn accounts(object: &OverlapSubnetGroup) -> Vec<&str> {
        let status = object.status.iter();
        let places = status.flat_map(|status| {
            status.home.iter().chain(status.peers.iter().filter_map(|peer| peer.far.as_ref()))
        });
        places.map(|place| place.account_ref.name.as_str()).collect()
    }

    fn desired(ctx: &Context, object: &OverlapSubnetGroup) -> Result<Desired, Vec<Finding>> {
        Ok(Desired { users: ctx.balancers_in(object), ..desired(ctx, object)? })
    }

    fn frame(desired: &Desired) -> Frame<'_> {
        Frame {
            owner: &desired.owner,
            presence: desired.presence,
            policies: desired.policies,
            places: desired.places(),
        }
    }

    fn recorded(status: Option<&OverlapSubnetGroupStatus>) -> Recorded {
        Recorded::of(status)
    }

    fn siblings(ctx: &Context, own: &Desired, _: &ObservedOf<Self>) -> Vec<Neighbour> {
        let groups = ctx.groups.state();
        let others = groups.iter().filter_map(|group| group.0.as_ref().ok());
        others
            .filter(|other| other.metadata.uid.as_deref() != Some(own.owner.uid.as_str()))
            .map(|other| Neighbour {
                desired: desired(ctx, other).ok(),
                recorded: Recorded::of(other.status.as_ref()),
                uid: other.uid().unwrap_or_default(),
                created: other.metadata.creation_timestamp.as_ref().map(|time| time.0),
            })
            .collect()
    }

    fn spots(object: &OverlapSubnetGroup) -> BTreeSet<Spot> {
        let status = object.status.iter();
        let places = status.flat_map(|status| {
            status.home.iter().chain(status.peers.iter().filter_map(|peer| peer.far.as_ref()))
        });
        places.map(|place| (place.account_ref.name.clone(), place.region.clone())).collect()
    }

    /// Peerings, other groups, the accounts behind them all: groups are few, and visited in full.
    fn others(_: &Context, _: &OverlapSubnetGroup) -> Option<Versions> {
        None
    }

    fn may_rest(_: &Desired, _: &ObservedOf<Self>) -> bool {
        false
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
        report.table.is_some()
            || report.subnets.values().any(|subnet| subnet.id.is_some())
            || !report.written_routes.is_empty()
    }

    fn status(input: StatusInputOf<'_, Self>) -> OverlapSubnetGroupStatus {
        status(input)
    }

    fn invalid(
        previous: Option<&OverlapSubnetGroupStatus>,
        generation: i64,
        findings: &[Finding],
        now: Timestamp,
    ) -> OverlapSubnetGroupStatus {
        overlap_subnet_group::status::invalid(previous, generation, findings, now)
    }

    fn events(
        desired: &Desired,
        previous: Option<&OverlapSubnetGroupStatus>,
        status: &OverlapSubnetGroupStatus,
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

    fn release_unentered(object: &OverlapSubnetGroup) -> Option<Release> {
        release_unentered(object)
    }

    async fn users(ctx: &Context, object: &OverlapSubnetGroup) -> Result<Vec<String>, Error> {
        let name = object.name_any();
        users::in_namespace::<Balancer>(&ctx.client, object, |balancer| {
            balancer.spec.subnet_group_ref.as_ref().is_some_and(|group| group.name == name)
        })
        .await
    }

    fn scope(_: &Desired, plan: &PlanOf<Self>, recorded: &Recorded, place: &Place) -> Scope {
        let report = &plan.report;
        let now = report.home.iter().chain(report.peers.iter().filter_map(|it| it.far.as_ref()));
        let then =
            recorded.home.iter().chain(recorded.peers.iter().filter_map(|it| it.far.as_ref()));
        let is_here = |known: &&peerway_api::v1alpha1::overlap_subnet_group::GroupPlace| {
            known.account_id == *place.account() && known.region == place.region
        };
        let here = now.chain(then).filter(is_here);
        let vpcs: BTreeSet<_> =
            here.map(|known| (known.account_id.clone(), known.vpc_id.clone())).collect();
        Scope { vpcs: vpcs.into_iter().collect(), ..Scope::default() }
    }

    fn seen_from<'a>(_: &'a Desired, step: &'a Step) -> Vec<&'a Place> {
        vec![step.place()]
    }

    async fn call(ctx: &Context, entered: &Place, step: &Step) -> Result<Touched, AwsFailure> {
        apply::call(ctx.cloud.ec2(entered).as_ref(), &step.call).await
    }
}

fn desired(ctx: &Context, object: &OverlapSubnetGroup) -> Result<Desired, Vec<Finding>> {
    let namespace = ctx.namespace(&object.namespace().unwrap_or_default());
    let peerings: Vec<_> = object
        .spec
        .peers
        .iter()
        .filter_map(|peer| ctx.peering(&namespace.name, &peer.peering_ref.name))
        .collect();
    let names = peerings.iter().flat_map(|peering| peering.spec.accounts());
    let accounts: Vec<_> = names
        .chain(SubnetGroup::accounts(object))
        .filter_map(|name| Some((name.to_owned(), ctx.account(name)?)))
        .collect();
    Desired::from_object(
        object,
        |name| peerings.iter().find(|peering| peering.metadata.name.as_deref() == Some(name)),
        |name| {
            let (_, account) = accounts.iter().find(|(known, _)| known == name)?;
            account.0.as_ref().ok()
        },
        &namespace,
        &ctx.cluster,
    )
}
