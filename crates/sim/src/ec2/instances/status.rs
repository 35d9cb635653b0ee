//! Whether AWS's own checks of an instance pass: here they do as soon as it runs.

use std::sync::Arc;

use super::wire::{
    DescribeInstanceStatus, DescribeInstanceStatusReply, InstanceStatusItem, StatusDetail,
    StatusSummary,
};
use super::{Instance, InstanceState, show};
use crate::ec2::listing::{Question, describe as describe_all};
use crate::ec2::{Filter, TagSet, availability_zones};
use crate::filters::{Field, Filterable};
use crate::id::InstanceId;
use crate::paging::Limits;
use crate::scope::Scope;
use crate::{Action, ApiError};

impl Filterable for InstanceStatusItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("availability-zone", |it, probe| probe.text(&it.availability_zone)),
        // Nothing is ever announced here; the filters are known all the same.
        ("event.code", |_, _| {}),
        ("event.description", |_, _| {}),
        ("instance-state-code", |it, probe| probe.display(it.instance_state.code)),
        ("instance-state-name", |it, probe| probe.text(it.instance_state.name)),
        ("instance-status.reachability", |it, probe| {
            probe.texts(it.instance_status.details.iter().map(|detail| detail.status));
        }),
        ("instance-status.status", |it, probe| probe.text(it.instance_status.status)),
        ("system-status.reachability", |it, probe| {
            probe.texts(it.system_status.details.iter().map(|detail| detail.status));
        }),
        ("system-status.status", |it, probe| probe.text(it.system_status.status)),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tags.0
    }
}

fn status(scope: &Scope<'_>, id: &InstanceId, instance: &Instance) -> InstanceStatusItem {
    let summary = || {
        let (status, details) = match instance.state {
            InstanceState::Running => {
                ("ok", vec![StatusDetail { name: "reachability", status: "passed" }])
            }
            InstanceState::Pending => (
                "initializing",
                vec![StatusDetail { name: "reachability", status: "initializing" }],
            ),
            _ => ("not-applicable", Vec::new()),
        };
        StatusSummary { status, details }
    };
    let zone = scope.here().subnets.get(&instance.subnet).map(|subnet| &subnet.zone);
    InstanceStatusItem {
        instance_id: id.clone(),
        availability_zone: zone
            .and_then(|zone| availability_zones::name_of(scope.state, scope.spot, zone))
            .unwrap_or_default(),
        instance_state: show::state(instance.state),
        system_status: summary(),
        instance_status: summary(),
        tags: TagSet(Arc::clone(&instance.tags)),
    }
}

pub(crate) fn describe_status(
    scope: &Scope<'_>,
    request: &DescribeInstanceStatus,
) -> Result<DescribeInstanceStatusReply, ApiError> {
    let mut filters = request.filters.clone();
    if request.include_all_instances != Some(true) {
        let name = "instance-state-name".to_owned();
        filters.push(Filter { name, values: vec!["running".to_owned()] });
    }
    let question = Question {
        action: Action::DescribeInstanceStatus,
        ids: ("InstanceIds", &request.instance_ids),
        filters: &filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    let instances = &scope.here().instances;
    let (instance_status_set, next_token) =
        describe_all(scope, &question, instances, |id, it| status(scope, id, it))?;
    Ok(DescribeInstanceStatusReply { instance_status_set, next_token })
}
