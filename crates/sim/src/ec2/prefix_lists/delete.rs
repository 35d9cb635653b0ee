//! Deleting prefix lists: not while a route or a rule refers to them.

use peerway_model::{Destination, PrefixListId};

use super::{DeleteManagedPrefixList, Phase, PrefixListReply, begin, show};
use crate::ApiError;
use crate::ec2::security_groups::Source;
use crate::id::AwsId;
use crate::scope::{Scope, find};
use crate::state::RegionState;

pub(crate) fn delete(
    scope: &mut Scope<'_>,
    request: &DeleteManagedPrefixList,
) -> Result<PrefixListReply, ApiError> {
    let id = PrefixListId::read(&request.prefix_list_id)?;
    find(&scope.here().prefix_lists, &id)?.check_changeable(&id)?;
    if let Some(user) = users(scope.here(), &id).next() {
        return Err(ApiError::dependency(format!(
            "The prefix list '{id}' has dependencies and cannot be deleted: {user} refers to it."
        )));
    }
    let spot = scope.spot;
    begin(&mut scope.moment(), spot, &id, Phase::Deleting);
    let list = find(&scope.here().prefix_lists, &id)?;
    Ok(PrefixListReply { prefix_list: show(spot, &id, list) })
}

/// The route tables and security groups that refer to a list.
pub(super) fn users<'a>(
    region: &'a RegionState,
    list: &'a PrefixListId,
) -> impl Iterator<Item = String> + 'a {
    let destination = Destination::PrefixList(list.clone());
    let tables = region.route_tables.iter();
    let tables = tables.filter(move |(_, table)| table.rows.contains_key(&destination));
    let tables = tables.map(|(id, _)| id.to_string());
    let source = Source::PrefixList(list.clone());
    let groups = region.security_groups.iter().filter(move |(_, group)| {
        let mut rules = group.rules_in(region);
        rules.any(|rule| rule.key.source == source)
    });
    tables.chain(groups.map(|(id, _)| id.to_string()))
}
