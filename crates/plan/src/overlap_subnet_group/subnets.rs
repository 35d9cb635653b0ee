//! The subnets of a group: made, associated explicitly, given the IPv6 block that they lack, put behind their network ACL,
//! and taken away again.

use peerway_api::{ConditionType, Reason};
use peerway_model::{
    Association, AssociationScope, NetworkAcl, NetworkAclId, Origin, Part, RouteTable, Subnet,
    ZoneId,
};

use super::Observed;
use super::plan::{Plan, SubnetReport};
use super::present::Scene;
use super::recorded::Recorded;
use super::step::Call;
use crate::Finding;
use crate::confirmation::Look;
use crate::routes::Wish;

/// A subnet's explicit association with a table.
pub(super) fn association<'a>(table: &'a RouteTable, subnet: &Subnet) -> Option<&'a Association> {
    let scope = AssociationScope::Subnet(subnet.id.clone());
    table.associations.iter().find(|association| association.scope == scope)
}

/// Keeps the record of what a list leaves out, until it is late enough to be believed; without it, what shows up again and
/// carries our tags would be nothing that we could have made.
pub(super) fn keep_missed(
    plan: &mut Plan,
    observed: &Observed,
    recorded: &Recorded,
    subnets: &Part<Subnet>,
) {
    for ((zone, cidr), id) in &recorded.subnets {
        if plan.report.subnets.contains_key(zone)
            || id.as_ref().is_some_and(|id| subnets.get(id).is_some())
        {
            continue;
        }
        let look = match id {
            Some(id) => Look::at_one(subnets, id, observed.settle),
            None => Look::at_all(subnets, observed),
        };
        if let Some(until) = look.is_early() {
            plan.report.missed.insert((zone.clone(), *cidr), id.clone());
            let again = plan.report.again_at.map_or(until, |at| at.min(until));
            plan.report.again_at = Some(again);
        }
    }
}

/// The subnets, their association and ACL; whether all that are wanted are in place.
pub(super) fn own_subnets(plan: &mut Plan, scene: &Scene<'_>) -> bool {
    let Some(table) = scene.owned.table else { return false };
    let subnets = plan.report.subnets.clone();
    for (zone, wanted) in &subnets {
        match scene.owned.subnets.get(zone) {
            Some(subnet) => in_place(plan, scene, table, subnet, wanted),
            None => create(plan, scene, zone, wanted),
        }
    }
    subnets
        .values()
        .all(|subnet| !subnet.is_wanted || subnet.id.is_some() && subnet.association.is_some())
}

fn create(plan: &mut Plan, scene: &Scene<'_>, zone: &ZoneId, wanted: &SubnetReport) {
    let at = (scene.home.place(), scene.observed);
    let gone = scene.recorded.subnets.iter().filter(|((known, _), _)| known == zone);
    let is_sure = gone.filter_map(|(_, id)| id.as_ref()).all(|id| {
        plan.is_confirmed(scene.home.view.subnets, id, at, || format!("{id}, which is gone"))
    });
    if is_sure {
        plan.steps.push(scene.at_home(Call::CreateSubnet {
            vpc: scene.home.network.vpc.id.clone(),
            zone: zone.clone(),
            cidr: wanted.cidr,
            ipv6: wanted.ipv6,
            tags: scene.tags(Origin::Created),
        }));
    }
}

/// Subnets that peers are led to follow our table again whatever else is amiss: by another one their replies may end with
/// somebody else.
pub(super) fn lead_back(plan: &mut Plan, scene: &Scene<'_>) {
    let Some(table) = scene.owned.table else { return };
    let is_led_to = |subnet: &&&Subnet| {
        let mut far = scene.recorded.routes.iter().filter(|wish| wish.table != table.id);
        far.any(|wish| subnet.cidrs.contains(&wish.destination))
    };
    for subnet in scene.owned.subnets.values().filter(is_led_to) {
        associate(plan, scene, table, subnet);
    }
}

fn in_place(
    plan: &mut Plan,
    scene: &Scene<'_>,
    table: &RouteTable,
    subnet: &Subnet,
    wanted: &SubnetReport,
) {
    let at = (scene.home.place(), scene.observed);
    associate(plan, scene, table, subnet);
    if association(table, subnet).is_some()
        && let Some(ipv6) = wanted.ipv6_to_come
    {
        // Whatever it answers, it answers by our table.
        let call = Call::AssociateBlock { subnet: subnet.id.clone(), ipv6 };
        plan.steps.push(scene.at_home(call));
    }
    if wrong_acl(scene, subnet).is_none() {
        return;
    }
    let (Some(acls), Ok(Some(given))) = (scene.acls, given_acl(scene)) else { return };
    let now = acls.iter().find_map(|acl| Some((acl, acl.association_of(&subnet.id)?)));
    let Some((acl, association)) = now else { return };
    if plan.is_confirmed(acls, &acl.id, at, || format!("the network ACL of {}", subnet.id)) {
        plan.steps.push(scene.at_home(Call::ReplaceAclAssociation {
            association: association.clone(),
            acl: given.id.clone(),
            subnet: subnet.id.clone(),
            was: acl.id.clone(),
        }));
    }
}

/// Associates a subnet with our table, wherever it is now.
fn associate(plan: &mut Plan, scene: &Scene<'_>, table: &RouteTable, subnet: &Subnet) {
    if association(table, subnet).is_some() {
        return;
    }
    let tables = scene.home.view.route_tables;
    let mut all = scene.home.network.tables();
    let elsewhere = all.find_map(|other| Some((other, association(other, subnet)?)));
    let Some((other, association)) = elsewhere else {
        let (table, subnet) = (table.id.clone(), subnet.id.clone());
        plan.steps.push(scene.at_home(Call::Associate { table, subnet }));
        return;
    };
    let at = (scene.home.place(), scene.observed);
    if plan.is_confirmed(tables, &other.id, at, || format!("the association of {}", subnet.id)) {
        plan.steps.push(scene.at_home(Call::ReplaceAssociation {
            association: association.id.clone(),
            table: table.id.clone(),
            subnet: subnet.id.clone(),
            was: other.id.clone(),
        }));
    }
}

/// The ACL that the spec gives, if it gives one.
pub(super) fn given_acl<'s>(scene: &'s Scene<'_>) -> Result<Option<&'s NetworkAcl>, Finding> {
    let Some(given) = &scene.desired.spec.network_acl else { return Ok(None) };
    let (id, vpc) = (&given.id, &scene.home.network.vpc.id);
    let found = scene.acls.and_then(|acls| acls.get(id)).filter(|acl| acl.vpc == *vpc);
    found.map(Some).ok_or_else(|| {
        Finding::stalled(
            ConditionType::ResolvedRefs,
            Reason::NetworkAclNotFound,
            format!("`networkACL.id`: {id} does not exist in {vpc}. Correct the id."),
        )
    })
}

/// The ACL that a subnet should use, and does not.
pub(super) fn wrong_acl<'s>(scene: &'s Scene<'_>, subnet: &Subnet) -> Option<&'s NetworkAclId> {
    let wanted = &scene.desired.spec.network_acl.as_ref()?.id;
    let acl = scene.acls?.get(wanted);
    let uses = acl.is_some_and(|acl| acl.association_of(&subnet.id).is_some());
    (!uses).then_some(wanted)
}

/// Subnets of zones that are no longer wanted go once nothing is left in them and nothing leads there.
pub(super) fn remove_subnets(plan: &mut Plan, scene: &Scene<'_>) {
    let at = (scene.home.place(), scene.observed);
    for (zone, subnet) in &scene.owned.subnets {
        let Some(report) = plan.report.subnets.get(zone).filter(|report| !report.is_wanted) else {
            continue;
        };
        let cidr = report.cidr;
        if !scene.is_empty(subnet) {
            plan.findings.push(Finding::warning(
                Reason::ZoneStillInUse,
                format!("{zone} is no longer wanted, and network interfaces are left in {}. It stays until they are gone.", subnet.id),
            ));
            continue;
        }
        plan.report.surplus += 1;
        let is_led_to = |wish: &Wish| {
            Some(wish.destination) == Some(cidr) || subnet.cidrs.contains(&wish.destination)
        };
        if plan.report.written_routes.iter().any(is_led_to) {
            continue;
        }
        if plan.is_confirmed(scene.home.view.subnets, &subnet.id, at, || subnet.id.to_string()) {
            let call = Call::DeleteSubnet { subnet: subnet.id.clone(), cidr };
            plan.steps.push(scene.at_home(call));
        }
    }
}
