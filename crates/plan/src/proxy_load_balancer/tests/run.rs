//! An object, its group and its world, between visits; and what AWS does of itself.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use peerway_api::v1alpha1::overlap_subnet_group::{
    GroupPlace, GroupSubnetStatus, OverlapSubnetGroupSpec, OverlapSubnetGroupStatus,
};
use peerway_api::v1alpha1::vpc_peering::AccountRef;
use peerway_api::v1alpha1::{OverlapSubnetGroup, ProxyLoadBalancer, ProxyLoadBalancerSpec};
use peerway_api::{ConditionType, Reason};
use peerway_model::ownership::Claim;
use peerway_model::{
    AutoScalingGroup, Item, LoadBalancer, NetworkInterface, Part, Reading, SecurityGroupId, Tags,
};

use super::super::status::status;
use super::super::{Desired, Observed, Plan, Recorded, Step, plan, project, release};
use super::check::check;
use super::scenario::{self, REFERENCE, object, observed};
use crate::conditions::{Conditions, Value};
use crate::testing::{Estate, accounts, confirmed, fresh, namespace, now, service};
use crate::{Finding, Outcome, Release, StatusInput, View};

/// No visit may need more rounds than this.
const MOST_ROUNDS: usize = 32;

#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) object: ProxyLoadBalancer,
    pub(super) group: Option<OverlapSubnetGroup>,
    pub(super) observed: Observed,
    made: usize,
}

/// The object before its first visit.
pub(super) fn run_in(world: &Estate, spec: ProxyLoadBalancerSpec) -> Run {
    let mut run = Run {
        object: object(spec),
        group: Some(subnet_group(&["1", "2", "3"])),
        observed: observed(world),
        made: 0,
    };
    run.object.status = None;
    run
}

/// The object in its world, made and at rest.
pub(super) fn settled_in(world: &Estate, spec: ProxyLoadBalancerSpec) -> Run {
    let mut run = run_in(world, spec);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    run
}

pub(super) fn settled(spec: ProxyLoadBalancerSpec) -> Run {
    settled_in(&scenario::world(), spec)
}

/// The group, programmed, with a subnet in each of these zones.
pub(super) fn subnet_group(zones: &[&str]) -> OverlapSubnetGroup {
    let spec = OverlapSubnetGroupSpec {
        peers: Vec::new(),
        availability_zones: None,
        cidrs: None,
        route_table: None,
        network_acl: None,
        tags: None,
        deletion_policy: None,
        management_policy: None,
        adopt: None,
    };
    let mut group = OverlapSubnetGroup::new("druid-to-billing", spec);
    group.metadata.generation = Some(1);
    let mut conditions = Conditions::new(&[], 1, now());
    conditions.set(ConditionType::Programmed, Value::True, Reason::Fulfilled, "");
    let subnet = |number: &&str| GroupSubnetStatus {
        zone: format!("usw2-az{number}").parse().unwrap(),
        cidr: "10.50.6.0/26".parse().unwrap(),
        ipv6_cidr: None,
        id: Some(format!("subnet-0f00000{number}").parse().unwrap()),
        association_id: None,
        wanted: true,
    };
    group.status = Some(OverlapSubnetGroupStatus {
        observed_generation: 1,
        home: Some(GroupPlace {
            account_ref: AccountRef { name: "service".to_owned() },
            account_id: "111111111111".parse().unwrap(),
            region: "us-west-2".parse().unwrap(),
            vpc_id: "vpc-ce78dbb7".parse().unwrap(),
        }),
        subnets: zones.iter().map(subnet).collect(),
        conditions: conditions.into_list(),
        ..OverlapSubnetGroupStatus::default()
    });
    group
}

impl Run {
    pub(super) fn try_desired(&self) -> Result<Desired, Vec<Finding>> {
        let accounts = accounts();
        Desired::from_object(
            &self.object,
            self.group.as_ref().filter(|_| self.object.spec.subnet_group_ref.is_some()),
            |name| accounts.iter().find(|account| account.metadata.name.as_deref() == Some(name)),
            &namespace(),
            "cluster-1",
        )
    }

    pub(super) fn desired(&self) -> Desired {
        self.try_desired().unwrap()
    }

    pub(super) fn recorded(&self) -> Recorded {
        Recorded::of(self.object.status.as_ref())
    }

    pub(super) fn plan(&self) -> Plan {
        plan(&self.desired(), &self.observed, &self.recorded())
    }

    pub(super) fn publish(&mut self, plan: &Plan) {
        let desired = self.desired();
        self.object.status = Some(status(StatusInput {
            previous: self.object.status.as_ref(),
            generation: desired.generation,
            presence: desired.presence,
            plan,
            outcome: &Outcome::default(),
            now: now(),
            awake_since: peerway_model::Timestamp::MIN,
            stale_after: Duration::from_secs(150),
        }));
    }

    /// One visit: rounds until nothing is left to do now. What it did, in order.
    pub(super) fn visit(&mut self) -> Vec<Step> {
        self.visit_dying_after(usize::MAX)
    }

    /// A visit whose process dies after so many steps: what it would have published at its end is lost.
    pub(super) fn visit_dying_after(&mut self, steps: usize) -> Vec<Step> {
        let mut done = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let plan = self.plan();
            if plan.steps.is_empty() {
                self.publish(&plan);
                return done;
            }
            if plan.must_record_first(&self.recorded()) {
                self.publish(&plan);
            }
            for step in plan.steps {
                if done.len() == steps {
                    return done;
                }
                check(&self.desired(), &self.observed, &self.recorded(), &step);
                self.observed = project(&self.observed, &step);
                self.as_aws_would();
                done.push(step);
            }
        }
        panic!("not settled after {MOST_ROUNDS} rounds: {}\n{done:#?}", self.plan());
    }

    /// A visit, as lines.
    pub(super) fn steps(&mut self) -> Vec<String> {
        scenario::texts(&self.visit())
    }

    /// Visits, with time enough between them for AWS to take away what lingers, until nothing is done any more.
    pub(super) fn settle(&mut self) -> Vec<Step> {
        let mut all = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let steps = self.visit();
            if steps.is_empty() && !self.let_go() {
                return all;
            }
            all.extend(steps);
        }
        panic!("it never rests: {}", self.plan());
    }

    /// What the next visit would do first, without doing it.
    pub(super) fn next(&self) -> Vec<String> {
        scenario::texts(&self.plan().steps)
    }

    pub(super) fn view(&mut self) -> &mut View {
        self.observed.views.get_mut(&service()).unwrap()
    }

    pub(super) fn balancers(&mut self, change: impl FnOnce(&mut Vec<LoadBalancer>)) {
        edit(self.view().load_balancers.as_mut().unwrap(), change);
    }

    pub(super) fn groups(&mut self, change: impl FnOnce(&mut Vec<AutoScalingGroup>)) {
        edit(self.view().auto_scaling_groups.as_mut().unwrap(), change);
    }

    /// A balancer as it stands.
    pub(super) fn there(&self, name: &str) -> Option<LoadBalancer> {
        scenario::balancer(&self.observed, name)
    }

    /// Our balancer as it stands.
    pub(super) fn own(&self) -> LoadBalancer {
        self.there(self.desired().name.as_str()).unwrap()
    }

    /// Changes our balancer by hand.
    pub(super) fn edit_own(&mut self, change: impl FnOnce(&mut LoadBalancer)) {
        let name = self.desired().name;
        self.balancers(|all| change(all.iter_mut().find(|it| it.name == name).unwrap()));
    }

    /// Changes the reference.
    pub(super) fn edit_reference(&mut self, change: impl FnOnce(&mut LoadBalancer)) {
        self.balancers(|all| {
            change(all.iter_mut().find(|it| it.name.as_str() == REFERENCE).unwrap());
        });
    }

    /// What AWS tells of a balancer by itself.
    pub(super) fn details(&mut self, name: &str) -> &mut crate::observed::Details {
        self.view().balancers.get_mut(&name.parse().unwrap()).unwrap()
    }

    pub(super) fn own_tags(&mut self) -> &mut Tags {
        let name = self.desired().name;
        self.details(name.as_str()).tags.as_mut().unwrap().as_mut().unwrap()
    }

    pub(super) fn condition(&self, kind: ConditionType) -> (String, String, String) {
        let status = self.object.status.as_ref().unwrap();
        let found = status.conditions.iter().find(|it| it.type_ == kind.as_str());
        let found = found.unwrap_or_else(|| panic!("no {kind}: {:#?}", status.conditions));
        (found.status.clone(), found.reason.clone(), found.message.clone())
    }

    pub(super) fn ready(&self) -> (String, String) {
        let (status, reason, _) = self.condition(ConditionType::Ready);
        (status, reason)
    }

    pub(super) fn message(&self) -> String {
        self.condition(ConditionType::Ready).2
    }

    pub(super) fn warnings(&self) -> Vec<(String, String)> {
        let warnings = self.object.status.as_ref().unwrap().warnings.iter();
        warnings.map(|it| (it.reason.clone(), it.message.clone())).collect()
    }

    pub(super) fn waiting(&self) -> String {
        let waiting = &self.object.status.as_ref().unwrap().waiting_for;
        waiting.as_ref().map(|waiting| waiting.what.clone()).unwrap_or_default()
    }

    /// Whether the finalizer may go now.
    pub(super) fn release(&self) -> Option<Release> {
        release(&self.desired(), &self.recorded(), &self.plan(), &Outcome::default())
    }

    /// Asks for its deletion.
    pub(super) fn delete(&mut self) {
        self.object.metadata.deletion_timestamp = Some(Time(now()));
    }

    /// The value of a setting and its origin, as the status tells them.
    pub(super) fn setting(&self, field: &str) -> (String, String) {
        let settings = &self.object.status.as_ref().unwrap().settings;
        let found = settings.iter().find(|setting| setting.field == field).unwrap();
        (found.value.clone(), format!("{:?}", found.origin))
    }

    /// Everything in the world that is ours or hangs on it.
    pub(super) fn of_ours(&self) -> Vec<String> {
        let owner = self.desired().owner;
        let claims = |tags: &Tags| owner.claim(tags) == Claim::Ours;
        let view = &self.observed.views[&service()];
        let mut found = Vec::new();
        for (name, details) in &view.balancers {
            if matches!(&details.tags, Some(Ok(tags)) if claims(tags)) {
                found.push(name.to_string());
            }
        }
        for group in items(view.auto_scaling_groups.as_ref()) {
            for name in group.load_balancers.iter().filter(|it| it.as_str() != REFERENCE) {
                found.push(format!("{} of '{}'", name, group.name));
            }
        }
        for group in view.security_groups.part.iter().flat_map(|part| part.iter()) {
            if claims(&group.tags) {
                found.push(format!("{} ('{}')", group.id, group.name));
            }
        }
        for rule in view.security_group_rules.part.iter().flat_map(|part| part.iter()) {
            if claims(&rule.tags) {
                found.push(rule.id.to_string());
            }
        }
        for interface in items(view.network_interfaces.as_ref()) {
            if interface.groups.iter().any(|id| id.as_str().starts_with("sg-0f0000")) {
                found.push(format!("{} carries ours", interface.id));
            }
        }
        found
    }

    /// Ids for what was made, and interfaces for balancers: AWS gives them, and takes them away later.
    pub(super) fn as_aws_would(&mut self) {
        let mut made = self.made;
        let view = self.view();
        let pending: Vec<SecurityGroupId> = items(Some(&view.security_groups))
            .map(|group| group.id.clone())
            .filter(SecurityGroupId::is_pending)
            .collect();
        for pending in pending {
            made += 1;
            let id: SecurityGroupId = format!("sg-0f0000{made:02x}").parse().unwrap();
            let mut group =
                view.security_groups.part.as_ref().unwrap().get(&pending).unwrap().clone();
            group.id = id;
            swap(&mut view.security_groups, &pending, group);
        }
        let rules: Vec<_> = items(Some(&view.security_group_rules))
            .filter(|rule| rule.id.is_pending())
            .cloned()
            .collect();
        for mut rule in rules {
            made += 1;
            let old = rule.id.clone();
            rule.id = format!("sgr-0f0000{made:02x}").parse().unwrap();
            swap(&mut view.security_group_rules, &old, rule);
        }
        let balancers: Vec<LoadBalancer> = items(view.load_balancers.as_ref())
            .filter(|balancer| balancer.name.as_str() != REFERENCE)
            .cloned()
            .collect();
        let interfaces = view.network_interfaces.as_mut().unwrap();
        let mut all: Vec<NetworkInterface> = items(Some(interfaces)).cloned().collect();
        for balancer in balancers {
            let description = format!("ELB {}", balancer.name);
            for subnet in &balancer.subnets {
                let is_its = |it: &&mut NetworkInterface| {
                    it.description == description && it.subnet == *subnet
                };
                if let Some(there) = all.iter_mut().find(is_its) {
                    there.groups.clone_from(&balancer.security_groups);
                    continue;
                }
                made += 1;
                all.push(NetworkInterface {
                    id: format!("eni-0f0000{made:02x}").parse().unwrap(),
                    vpc: "vpc-ce78dbb7".parse().unwrap(),
                    subnet: subnet.clone(),
                    addresses: Vec::new(),
                    description: description.clone(),
                    is_requester_managed: true,
                    owner: "111111111111".parse().unwrap(),
                    requester: Some("amazon-elb".to_owned()),
                    groups: balancer.security_groups.clone(),
                    instance: None,
                });
            }
        }
        edit(interfaces, |items| *items = all);
        self.made = made;
    }

    /// AWS takes away the interfaces that no balancer needs any more. Whether there were any.
    pub(super) fn let_go(&mut self) -> bool {
        let view = self.view();
        let needed: Vec<_> = items(view.load_balancers.as_ref())
            .flat_map(|it| {
                it.subnets.iter().map(|subnet| (format!("ELB {}", it.name), subnet.clone()))
            })
            .collect();
        let mut is_any = false;
        edit(view.network_interfaces.as_mut().unwrap(), |all| {
            let before = all.len();
            all.retain(|it| {
                it.requester.as_deref() != Some("amazon-elb")
                    || needed.contains(&(it.description.clone(), it.subnet.clone()))
            });
            is_any = all.len() < before;
        });
        is_any
    }
}

pub(super) fn items<T: Item>(reading: Option<&Reading<T>>) -> impl Iterator<Item = &T> {
    reading.into_iter().flat_map(|reading| reading.part.iter()).flat_map(|part| part.iter())
}

fn swap<T: Item>(reading: &mut Reading<T>, old: &T::Id, item: T) {
    let part: &Part<T> = reading.part.as_ref().unwrap();
    reading.part = Some(Arc::new(part.clone().without(old).with(item)));
}

/// Changes items of a part by hand, as AWS would show them for a while now.
pub(super) fn edit<T: Item>(reading: &mut Reading<T>, change: impl FnOnce(&mut Vec<T>)) {
    let mut all: Vec<T> = items(Some(reading)).cloned().collect();
    change(&mut all);
    *reading = confirmed(&all);
}

/// Makes a part look as if it had been read only once.
pub(super) fn unconfirm<T: Item>(reading: &mut Reading<T>) {
    let all: Vec<T> = items(Some(reading)).cloned().collect();
    *reading = fresh(&all);
}
