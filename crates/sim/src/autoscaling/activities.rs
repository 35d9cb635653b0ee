//! What a group has done, and what it could not do.

use peerway_model::Timestamp;

use super::wire::{ActivityItem, DescribeScalingActivities, DescribeScalingActivitiesReply};
use super::{ScalingGroup, describe, find};
use crate::ApiError;
use crate::scope::{Moment, Scope};

/// One activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Activity {
    pub(crate) id: String,
    pub(crate) description: String,
    pub(crate) cause: String,
    pub(crate) start: Timestamp,
    pub(crate) failure: Option<String>,
}

/// AWS keeps six weeks; a world keeps the latest ones of each group.
const KEPT: usize = 100;

impl ScalingGroup {
    /// Notes what the group has done, or why it could not.
    pub(super) fn note(
        &mut self,
        number: u64,
        now: Timestamp,
        description: String,
        cause: &str,
        failure: Option<String>,
    ) {
        let id = format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            number >> 32,
            (number >> 16) & 0xffff,
            number & 0xfff,
            (number >> 4) & 0xfff,
            number & 0xffff_ffff_ffff
        );
        // What fails for the same reason again and again is told once.
        let same = |last: &Activity| last.failure.is_some() && last.failure == failure;
        if self.activities.last().is_some_and(same) {
            return;
        }
        if self.activities.len() == KEPT {
            self.activities.remove(0);
        }
        let cause = cause.to_owned();
        self.activities.push(Activity { id, description, cause, start: now, failure });
    }
}

/// Notes something a group has done.
pub(super) fn note(
    moment: &mut Moment<'_>,
    spot: &crate::state::Spot,
    group: &str,
    description: String,
    cause: &str,
    failure: Option<String>,
) {
    let (number, now) = (moment.ids.number(), moment.now);
    if let Some(group) = moment.state.at_mut(spot).scaling_groups.get_mut(group) {
        group.note(number, now, description, cause, failure);
    }
}

pub(super) fn item(group: &str, activity: &Activity) -> ActivityItem {
    ActivityItem {
        activity_id: activity.id.clone(),
        auto_scaling_group_name: group.to_owned(),
        description: activity.description.clone(),
        cause: activity.cause.clone(),
        start_time: activity.start,
        end_time: Some(activity.start),
        status_code: if activity.failure.is_some() { "Failed" } else { "Successful" },
        status_message: activity.failure.clone(),
        progress: 100,
    }
}

pub(crate) fn describe_activities(
    scope: &Scope<'_>,
    request: &DescribeScalingActivities,
) -> Result<DescribeScalingActivitiesReply, ApiError> {
    if let Some(name) = &request.auto_scaling_group_name {
        find(scope, name)?;
    }
    let groups = scope.here().scaling_groups.iter().filter(|(name, _)| {
        request.auto_scaling_group_name.as_ref().is_none_or(|asked| asked == *name)
    });
    let mut items: Vec<ActivityItem> = groups
        .flat_map(|(name, group)| group.activities.iter().rev().map(|it| item(name, it)))
        .filter(|it| {
            request.activity_ids.is_empty() || request.activity_ids.contains(&it.activity_id)
        })
        .collect();
    // The latest first.
    items.sort_by_key(|item| std::cmp::Reverse(item.start_time));
    let about = request.auto_scaling_group_name.as_deref().unwrap_or_default();
    let page = describe::page(
        scope,
        ("DescribeScalingActivities", about),
        request.max_records,
        request.next_token.as_deref(),
        (100, 100),
    )?;
    let keyed = items.into_iter().enumerate().map(|(at, item)| (format!("{at:09}"), item));
    let (activities, next_token) = page.fill(keyed.filter(|(key, _)| !page.is_past(key)));
    Ok(DescribeScalingActivitiesReply { activities, next_token })
}
