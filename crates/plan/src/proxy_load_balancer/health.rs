//! How the instances of a balancer are.

use std::collections::BTreeMap;

use peerway_model::{
    AutoScalingGroup, Instance, InstanceHealth, InstanceId, InstanceState, Part, ZoneName,
};

/// How the instances are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// By zone: how many are in service, and how many there are. Those whose zone is not known are in none.
    pub zones: BTreeMap<ZoneName, (u32, u32)>,
    /// Every instance, with AWS's verdict.
    pub instances: Vec<InstanceHealth>,
}

impl Health {
    /// Counts verdicts by the zones of the instances.
    #[must_use]
    pub fn of(
        instances: &[InstanceHealth],
        groups: &Part<AutoScalingGroup>,
        known: Option<&Part<Instance>>,
    ) -> Self {
        let of_groups = groups.iter().flat_map(|group| &group.instances);
        let mut zones: BTreeMap<&InstanceId, &ZoneName> =
            of_groups.map(|instance| (&instance.id, &instance.zone)).collect();
        let alone = known.into_iter().flat_map(Part::iter);
        zones.extend(alone.map(|instance| (&instance.id, &instance.zone)));
        let mut counted: BTreeMap<ZoneName, (u32, u32)> = BTreeMap::new();
        for one in instances {
            let Some(zone) = zones.get(&one.instance) else { continue };
            let (in_service, total) = counted.entry((*zone).clone()).or_default();
            *in_service += u32::from(one.state == InstanceState::InService);
            *total += 1;
        }
        Self { zones: counted, instances: instances.to_vec() }
    }

    /// How many are in service.
    #[must_use]
    pub fn in_service(&self) -> u32 {
        let in_service = self.instances.iter().filter(|it| it.state == InstanceState::InService);
        u32::try_from(in_service.count()).unwrap_or(u32::MAX)
    }

    /// The instances that are not.
    pub fn out(&self) -> impl Iterator<Item = &InstanceHealth> {
        self.instances.iter().filter(|it| it.state != InstanceState::InService)
    }

    /// Like `1/3`.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}/{}", self.in_service(), self.instances.len())
    }
}
