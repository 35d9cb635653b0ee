//! How the routes of both sides stand: judged together, and told.

use peerway_api::v1alpha1::vpc_peering::OnConflict;
use peerway_api::{ConditionType, Reason};

use super::desired::Desired;
use super::owned::Owned;
use super::plan::Plan;
use super::sides::ResolvedSide;
use super::{groups, incumbents};
use crate::Finding;
use crate::observed::Observed;
use crate::routes::{self, Claimed, Judged, Judgement, Standing, Verdict};

/// Judges the routes; those that are missing also by what older objects are about to write.
pub(super) fn judge(
    desired: &Desired,
    observed: &Observed,
    sides: &[ResolvedSide<'_>],
    owned: &Owned<'_>,
    plan: &mut Plan,
) -> Judgement {
    let ours = owned.live.map(|live| &live.id);
    let mut route_sides = route_sides(sides);
    let judged = routes::judge(&route_sides, ours, &plan.report.former);
    let is_wanting =
        |route: &Judged| route.against.is_none() && route.standing != Standing::InPlace;
    if !judged.routes.iter().any(is_wanting) {
        return judged;
    }
    let claims: Vec<Vec<Claimed>> = sides
        .iter()
        .map(|side| incumbents::claims(desired, &observed.siblings, &side.network, side.view))
        .collect();
    if claims.iter().all(Vec::is_empty) {
        return judged;
    }
    for (side, claims) in route_sides.iter_mut().zip(&claims) {
        side.claimed = claims;
    }
    let contested = routes::judge(&route_sides, ours, &plan.report.former);
    incumbents::give_way(plan, observed, judged, contested)
}

pub(super) fn route_sides<'a>(sides: &[ResolvedSide<'a>]) -> Vec<routes::Side<'a>> {
    sides
        .iter()
        .map(|side| routes::Side {
            name: side.name(),
            network: side.network.clone(),
            wishes: side.wishes.clone(),
            on_conflict: side.on_conflict(),
            claimed: &[],
        })
        .collect()
}

pub(super) fn report_routes(
    plan: &mut Plan,
    desired: &Desired,
    sides: &[ResolvedSide<'_>],
    judgement: &Judgement,
) {
    for route in &judgement.routes {
        for warning in &route.warnings {
            let finding = Finding::warning(warning.reason(), warning.as_warning());
            if !plan.findings.contains(&finding) {
                plan.findings.push(finding);
            }
        }
    }
    let stands_against =
        |route: &&Judged| route.against.is_some() && route.standing == Standing::InPlace;
    for route in judgement.routes.iter().filter(stands_against) {
        let Some(verdict) = &route.against else { continue };
        plan.findings.push(Finding {
            condition: ConditionType::Programmed,
            reason: verdict.reason(),
            message: format!(
                "The route to {} in {} stays as it is, but would not be written today. {}",
                route.wish.destination,
                route.wish.table,
                verdict.message()
            ),
            effect: verdict.effect(),
        });
    }
    plan.report.supplied = groups::supplied(desired, &judgement.routes);
    let withheld: Vec<&Judged> = judgement
        .routes
        .iter()
        .filter(|route| groups::is_withheld(route) && !plan.report.supplied.contains(&route.side))
        .collect();
    plan.findings.extend(withheld_finding(sides, &withheld));
    plan.report.routes.clone_from(&judgement.routes);
    plan.report.suggested_group = groups::manifest(desired, &plan.report);
}

/// One finding for all withheld routes: the status lists each with its own verdict.
fn withheld_finding(sides: &[ResolvedSide<'_>], withheld: &[&Judged]) -> Option<Finding> {
    let first = withheld.first()?;
    let verdict = first.against.as_ref()?;
    if matches!(verdict, Verdict::ListUnreadable { .. } | Verdict::TableUnknown { .. }) {
        return Some(Finding::passing(
            ConditionType::Programmed,
            verdict.reason(),
            verdict.message(),
        ));
    }
    let count = match withheld.len() {
        1 => "1 route is withheld".to_owned(),
        several => format!("{several} routes are withheld"),
    };
    let named: Vec<String> = withheld
        .iter()
        .take(4)
        .filter_map(|route| {
            let reason = route.against.as_ref()?.reason();
            Some(format!("{} in {} ({reason})", route.wish.destination, route.wish.table))
        })
        .collect();
    let refuses = sides.iter().any(|side| {
        side.on_conflict() == OnConflict::Refuse
            && withheld.iter().any(|route| route.side == side.name())
    });
    let message = format!("{count}: {}. {}", named.join(", "), verdict.message());
    Some(if refuses {
        Finding::stalled(
            ConditionType::Programmed,
            verdict.reason(),
            format!("{message} With `onConflict: Refuse` nothing is written at all."),
        )
    } else {
        Finding::passing(ConditionType::Programmed, Reason::IsolationRequired, message)
    })
}
