//! The connection itself: requested, accepted, tagged, its DNS options.

use std::time::Duration;

use peerway_api::v1alpha1::vpc_peering::{OnConflict, RequestedFor, SideName};
use peerway_api::{ConditionType, RECONCILE_AT, Reason};
use peerway_model::clock::after;
use peerway_model::{Connection, ConnectionEnd, ConnectionId, ConnectionState, Origin, VpcDns};

use super::adoption;
use super::desired::Desired;
use super::external;
use super::owned::Owned;
use super::pair::owned_by_younger;
use super::plan::Plan;
use super::present::{is_active, is_blocked};
use super::recorded::Recorded;
use super::seen::{Seen, distinct};
use super::sides::{Pair, ResolvedSide};
use super::step::Step;
use crate::Finding;
use crate::Waiting;
use crate::observed::{Observed, Readable};
use crate::routes::Standing;

/// How often a request that nobody accepts is made.
const A_DAY: Duration = Duration::from_hours(24);
/// How long after the second request in vain the third is made; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// How long after a request in vain the next is made at the latest.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// What the connection's life is planned from.
pub(super) struct Life<'l, 'a> {
    pub(super) desired: &'l Desired,
    pub(super) observed: &'l Observed,
    pub(super) recorded: &'l Recorded,
    pub(super) pair: &'l Pair<'a>,
    /// The sides that we manage.
    pub(super) sides: &'l [ResolvedSide<'a>],
}

/// Plans the connection. The id, once it is active and carries our tags or will in this round.
pub(super) fn plan(
    plan: &mut Plan,
    life: &Life<'_, '_>,
    owned: &Owned<'_>,
) -> Option<ConnectionId> {
    let sides = life.sides;
    let Some(live) = owned.live else {
        request(plan, life);
        return None;
    };
    tag(plan, life, owned, live);
    // Without its tags nothing but the status knows it; should that be lost too, all that is built on it would be lost.
    if owned.is_stripped {
        return None;
    }
    match live.state {
        ConnectionState::Active => {
            if refuses(plan, sides) {
                return None;
            }
            return Some(live.id.clone());
        }
        ConnectionState::PendingAcceptance if refuses(plan, sides) => {}
        ConnectionState::PendingAcceptance => accept(plan, life, live),
        ConnectionState::InitiatingRequest
        | ConnectionState::Provisioning
        | ConnectionState::Deleting => {
            plan.waiting.push(Waiting::Connection { id: live.id.clone(), state: live.state });
        }
        ConnectionState::Deleted
        | ConnectionState::Rejected
        | ConnectionState::Failed
        | ConnectionState::Expired => unreachable!("such a connection is not live"),
    }
    None
}

/// Under `onConflict: Refuse` nothing is made while any route is not safe.
pub(super) fn refuses(plan: &Plan, sides: &[ResolvedSide<'_>]) -> bool {
    plan.report.routes.iter().any(|route| {
        route.against.is_some()
            && route.standing != Standing::InPlace
            && sides
                .iter()
                .any(|side| side.name() == route.side && side.on_conflict() == OnConflict::Refuse)
    })
}

fn request(plan: &mut Plan, life: &Life<'_, '_>) {
    let Life { desired, observed, recorded, pair, sides } = life;
    // What is to be adopted is never made: why it could not be had is told already.
    if adoption::connection_id(desired).is_some() {
        return;
    }
    let [own, other] = pair.vpcs.map(|vpc| &vpc.id);
    let incoming = external::incoming(life);
    let mut there = sides.iter().flat_map(|side| side.view.connections.of(own.as_str()));
    let foreign = there.find(|connection| {
        connection.state.is_live()
            && connection.joins(own, other)
            && incoming.is_none_or(|incoming| incoming.id != connection.id)
    });
    if let Some(foreign) = foreign {
        plan.findings.push(exists(life, foreign));
        return;
    }
    let requester = match pair.seen[0] {
        Seen::Managed(_, view) => view,
        Seen::External(side) => return external::take(plan, life, side, incoming),
    };
    if let Some(finding) =
        held(plan, observed, recorded).or_else(|| paced(plan, observed, recorded))
    {
        plan.findings.push(finding);
        return;
    }
    if refuses(plan, sides) {
        return;
    }
    // What owns something is kept and repaired, whatever else does not resolve: its routes are black holes by now.
    let owns = recorded.owns(|_| false);
    if !owns && (is_terminating(plan, sides) || is_blocked(plan)) {
        return;
    }
    if must_look_again(plan, life, requester) {
        return;
    }
    if let Some(finding) = external::refused(plan, life) {
        plan.findings.push(finding);
        return;
    }
    plan.steps.push(Step::RequestConnection {
        place: requester.place.clone(),
        requester: own.clone(),
        accepter: other.clone(),
        accepter_account: pair.vpcs[1].owner.clone(),
        accepter_region: pair.seen[1].region().clone(),
        tags: desired.owner.tags(Origin::Created),
    });
}

/// That another connection joins the pair already.
fn exists(life: &Life<'_, '_>, foreign: &Connection) -> Finding {
    let Life { desired, observed, pair, .. } = life;
    let known = owned_by_younger(desired, &observed.siblings, foreign, &distinct(&pair.seen));
    let [own, other] = pair.vpcs.map(|vpc| &vpc.id);
    known.unwrap_or_else(|| Finding::stalled(
        ConditionType::Connected,
        Reason::ConnectionExists,
        format!("{} already joins {own} and {other} ({}), and is not ours; AWS allows one connection per pair. It is left alone. To have it managed here, write `adopt: {{connectionID: {}}}` and a `deletionPolicy`; or delete it, or this object.", foreign.id, foreign.state, foreign.id),
    ))
}

/// What was there and is not any more may only be hidden by a read that lags: looked at twice before anything follows.
pub(super) fn must_look_again(plan: &mut Plan, life: &Life<'_, '_>, view: Readable<'_>) -> bool {
    let Some(vanished) = &life.recorded.connection else { return false };
    let what = || format!("{vanished}, which is gone");
    !plan.is_confirmed(view.connections, vanished, (view.place, life.observed), what)
}

/// Nothing new is made in an account that is being deleted.
pub(super) fn is_terminating(plan: &mut Plan, sides: &[ResolvedSide<'_>]) -> bool {
    let Some(side) = sides.iter().find(|side| side.side.entry.is_terminating) else { return false };
    plan.findings.push(Finding::passing(
        ConditionType::Valid,
        Reason::DependencyDeleting,
        format!(
            "AWSAccount '{}' is being deleted; nothing new is made in it.",
            side.view.place.access.name
        ),
    ));
    true
}

/// What is asked for again and again without ever coming about is asked for more and more seldom.
fn paced(plan: &mut Plan, observed: &Observed, recorded: &Recorded) -> Option<Finding> {
    let (was, is) = (recorded.requested_for.as_ref()?, plan.report.request_for.as_ref()?);
    // Somebody did something about it.
    if was.generation != is.generation || was.reconcile_at != is.reconcile_at {
        return None;
    }
    // The first repetition is free: one request may vanish for no reason that lasts.
    let doublings = recorded.attempts.checked_sub(2)?;
    let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_PAUSE);
    let again = after(recorded.requested_at?, pause);
    if observed.now >= again {
        return None;
    }
    plan.report.again_at = Some(again);
    Some(Finding::passing(
        ConditionType::Connected,
        Reason::ConnectionPending,
        format!(
            "{} requests in a row did not become a connection. It is requested again at {again}, or when the spec changes, or the annotation {RECONCILE_AT}.",
            recorded.attempts
        ),
    ))
}

/// What keeps the last request from being made again: AWS, or whoever was asked, would end it the same way.
fn held(plan: &mut Plan, observed: &Observed, recorded: &Recorded) -> Option<Finding> {
    let ended = plan.report.ended.as_ref()?;
    let is_recorded = recorded.connection.as_ref() == Some(&ended.id);
    let (was, is) = (recorded.requested_for.as_ref(), plan.report.request_for.as_ref()?);
    // Without a record of what it was made for, nothing is known to differ.
    let differs = |differ: fn(&RequestedFor, &RequestedFor) -> bool| {
        is_recorded && was.is_some_and(|was| was.generation != is.generation || differ(was, is))
    };
    let words =
        if ended.message.is_empty() { String::new() } else { format!(" (\"{}\")", ended.message) };
    let stalled = |reason, message| Finding::stalled(ConditionType::Connected, reason, message);
    match ended.state {
        ConnectionState::Failed if !differs(|was, is| was.cidrs != is.cidrs) => Some(stalled(
            Reason::ConnectionFailed,
            format!(
                "AWS ended {} as failed{words}: a wrong VPC or account id, or overlapping CIDRs. It is requested again when the spec or a CIDR of the two VPCs changes.",
                ended.id
            ),
        )),
        ConnectionState::Rejected if !differs(|was, is| was.reconcile_at != is.reconcile_at) => {
            Some(stalled(
                Reason::PeerRefused,
                format!(
                    "{} was rejected{words}. It is requested again when the spec changes, or the annotation {RECONCILE_AT}.",
                    ended.id
                ),
            ))
        }
        ConnectionState::Expired => {
            let again = after(recorded.requested_at.filter(|_| is_recorded)?, A_DAY);
            (observed.now < again).then(|| {
                Finding::passing(
                    ConditionType::Connected,
                    Reason::ConnectionPending,
                    format!(
                        "{} expired{words}: nobody accepted it. It is requested again at {again}, once a day at most.",
                        ended.id
                    ),
                )
            })
        }
        ConnectionState::InitiatingRequest
        | ConnectionState::PendingAcceptance
        | ConnectionState::Provisioning
        | ConnectionState::Active
        | ConnectionState::Deleting
        | ConnectionState::Deleted
        | ConnectionState::Rejected
        | ConnectionState::Failed => None,
    }
}

/// Puts our tags where they are missing; what was adopted or accepted stays so.
pub(super) fn tag(plan: &mut Plan, life: &Life<'_, '_>, owned: &Owned<'_>, live: &Connection) {
    let views = distinct(&life.pair.seen);
    let origin = adoption::origin_of(life.desired, &views, &live.id);
    for place in &owned.to_tag {
        plan.steps.push(Step::TagConnection {
            place: place.clone(),
            connection: live.id.clone(),
            tags: life.desired.owner.tags(origin),
        });
    }
}

/// Accepts where the accepter's own view shows the request: a fresh one is not visible everywhere at once.
fn accept(plan: &mut Plan, life: &Life<'_, '_>, live: &Connection) {
    // A request of ours in the other direction is accepted where the VPC that was asked lies.
    let Some(accepter) = life.sides.iter().find(|side| side.network.vpc.id == live.accepter.vpc)
    else {
        return external::await_acceptance(plan, live);
    };
    // Nor is one accepted beside another that stands by now: AWS would refuse, and not say what to do.
    let [own, other] = life.pair.vpcs.map(|vpc| &vpc.id);
    let mut there = life.sides.iter().flat_map(|side| side.view.connections.of(own.as_str()));
    let standing = there.find(|it| {
        let stands = matches!(it.state, ConnectionState::Active | ConnectionState::Provisioning);
        it.id != live.id && stands && it.joins(own, other)
    });
    if let Some(standing) = standing {
        plan.findings.push(exists(life, standing));
        return;
    }
    let place = accepter.view.place.clone();
    match accepter.view.connections.get(&live.id) {
        Some(seen) if seen.state == ConnectionState::PendingAcceptance => {
            plan.steps.push(Step::AcceptConnection { place, connection: live.id.clone() });
        }
        Some(seen) => {
            plan.waiting.push(Waiting::Connection { id: seen.id.clone(), state: seen.state });
        }
        None => plan.waiting.push(Waiting::Visibility { id: live.id.clone(), place }),
    }
}

fn end_of<'c>(side: &ResolvedSide<'c>, id: &ConnectionId) -> Option<&'c ConnectionEnd> {
    side.view.connections.get(id)?.end_at(&side.network.vpc.id)
}

/// A side whose DNS resolution is not as the spec wants it, with what it should be.
fn dns_wanted(side: &ResolvedSide<'_>, owned: &Owned<'_>) -> Option<bool> {
    let wanted = side.side.spec.dns_resolution?;
    let now = owned
        .live
        .filter(|_| is_active(owned))
        .and_then(|live| end_of(side, &live.id))
        .and_then(|end| end.dns_resolution);
    (now.unwrap_or(false) != wanted).then_some(wanted)
}

/// Reports DNS resolution, and what keeps it from being allowed: AWS refuses it unless both VPCs have both attributes.
pub(super) fn dns(plan: &mut Plan, sides: &[ResolvedSide<'_>], owned: &Owned<'_>) {
    plan.report.is_dns_in_place = sides.iter().all(|side| dns_wanted(side, owned).is_none());
    for side in sides.iter().filter(|side| dns_wanted(side, owned) == Some(true)) {
        for vpc_side in sides {
            let vpc = &vpc_side.network.vpc.id;
            let off = match vpc_side.view.vpc_dns.get(vpc) {
                None | Some(Ok(VpcDns { support: true, hostnames: true })) => continue,
                Some(Err(failure)) => {
                    plan.findings.push(Finding::of_failure(ConditionType::Programmed, failure));
                    continue;
                }
                Some(Ok(VpcDns { support: false, hostnames: true })) => "enableDnsSupport",
                Some(Ok(VpcDns { support: true, hostnames: false })) => "enableDnsHostnames",
                Some(Ok(VpcDns { support: false, hostnames: false })) => {
                    "enableDnsSupport and enableDnsHostnames"
                }
            };
            let finding = Finding::stalled(
                ConditionType::Programmed,
                Reason::DnsAttributesOff,
                format!(
                    "`{}.dnsResolution` needs {off} on {vpc} in {}. Turn it on (aws ec2 modify-vpc-attribute), or leave `dnsResolution` out.",
                    side.side.field(),
                    vpc_side.view.place
                ),
            );
            if !plan.findings.contains(&finding) {
                plan.findings.push(finding);
            }
        }
    }
}

/// The steps for DNS resolution: each side's own owner sets it, in its own Region.
pub(super) fn dns_steps(plan: &mut Plan, sides: &[ResolvedSide<'_>], owned: &Owned<'_>) {
    let Some(live) = owned.live else { return };
    for side in sides {
        let Some(allow) = dns_wanted(side, owned) else { continue };
        let is_ready = !allow
            || sides.iter().all(|side| {
                let dns = side.view.vpc_dns.get(&side.network.vpc.id);
                matches!(dns, Some(Ok(VpcDns { support: true, hostnames: true })))
            });
        if !is_ready {
            continue;
        }
        match end_of(side, &live.id) {
            Some(_) => plan.steps.push(Step::SetDnsResolution {
                place: side.view.place.clone(),
                side: side.name(),
                end: if live.requester.vpc == side.network.vpc.id {
                    SideName::Requester
                } else {
                    SideName::Accepter
                },
                connection: live.id.clone(),
                allow,
            }),
            None => plan
                .waiting
                .push(Waiting::Visibility { id: live.id.clone(), place: side.view.place.clone() }),
        }
    }
}
