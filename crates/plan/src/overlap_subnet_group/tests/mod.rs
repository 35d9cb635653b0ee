//! The planner against worlds that it changes itself, by `project`.

mod adoption;
mod bad_inputs;
mod deletion;
mod drift;
mod golden;
mod many;
mod needs;
mod peers;
mod policies;
mod properties;
mod scenario;
mod zones;

use std::fmt::Write;
use std::time::Duration;

use peerway_api::v1alpha1::{OverlapSubnetGroup, VpcPeering};
use peerway_api::{ConditionType, Reason};
use peerway_model::ownership::Claim;
use peerway_model::{
    AssociationScope, CidrBlock, Destination, Family, Origin, Owner, RouteTarget, SubnetId, Tags,
    ownership,
};

use self::scenario::{Made, as_aws_would, of_group};
use super::step::Call;
use super::{
    Desired, Neighbour, Observed, Plan, Recorded, StatusInput, Step, events, plan, project,
    release, status,
};
use crate::testing::{Estate, accounts, namespace, now, service};
use crate::{Finding, Outcome, Release, View};

/// No visit may need more rounds than the driver allows.
const MOST_ROUNDS: usize = 16;

/// An object, the peerings it may name, and its world, between visits.
#[derive(Debug, Clone)]
struct Run {
    object: OverlapSubnetGroup,
    peerings: Vec<VpcPeering>,
    observed: Observed,
    made: Made,
}

impl Run {
    fn new(object: OverlapSubnetGroup, peerings: Vec<VpcPeering>, world: &Estate) -> Self {
        let observed = of_group(world.observed());
        Self { object, peerings, observed, made: Made::default() }
    }

    fn try_desired(&self) -> Result<Desired, Vec<Finding>> {
        let accounts = accounts();
        Desired::from_object(
            &self.object,
            |name| self.peerings.iter().find(|it| it.metadata.name.as_deref() == Some(name)),
            |name| accounts.iter().find(|account| account.metadata.name.as_deref() == Some(name)),
            &namespace(),
            "cluster-1",
        )
    }

    fn desired(&self) -> Desired {
        self.try_desired().unwrap()
    }

    fn recorded(&self) -> Recorded {
        Recorded::of(self.object.status.as_ref())
    }

    fn plan(&self) -> Plan {
        plan(&self.desired(), &self.observed, &self.recorded())
    }

    fn publish(&mut self, plan: &Plan) {
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

    /// One visit: rounds until nothing is left to do now. What it did, round by round.
    fn visit(&mut self) -> Vec<Vec<Step>> {
        self.visit_dying_after(usize::MAX)
    }

    /// A visit whose process dies after so many steps: what it would have published at its end is lost.
    fn visit_dying_after(&mut self, steps: usize) -> Vec<Vec<Step>> {
        let mut left = steps;
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
            let mut round = Vec::new();
            for step in plan.steps {
                if left == 0 {
                    done.push(round);
                    return done;
                }
                left -= 1;
                check(&self.desired(), &self.observed, &self.recorded(), &step);
                let next = project(&self.observed, &step);
                self.observed = as_aws_would(&next, &mut self.made);
                round.push(step);
            }
            done.push(round);
        }
        panic!("not settled after {MOST_ROUNDS} rounds: {}", self.plan());
    }

    /// A visit, as lines.
    fn steps(&mut self) -> Vec<String> {
        lines(&self.visit())
    }

    fn view(&mut self) -> &mut View {
        self.observed.views.get_mut(&service()).unwrap()
    }

    fn ready(&self) -> (String, String) {
        let status = self.object.status.as_ref().unwrap();
        let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready").unwrap();
        (ready.status.clone(), ready.reason.clone())
    }

    fn condition(&self, kind: ConditionType) -> Option<String> {
        let status = self.object.status.as_ref().unwrap();
        let found = status.conditions.iter().find(|condition| condition.type_ == kind.as_str());
        found.map(|condition| condition.status.clone())
    }

    fn message(&self) -> String {
        let status = self.object.status.as_ref().unwrap();
        let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready").unwrap();
        ready.message.clone()
    }

    fn warnings(&self) -> Vec<String> {
        let status = self.object.status.as_ref().unwrap();
        // The provider's side of its connection is never read here: that it overlaps is said all along.
        let all = status.warnings.iter().map(|warning| warning.reason.clone());
        all.filter(|reason| reason != Reason::PeerOverlap.as_str()).collect()
    }

    fn waiting(&self) -> String {
        let waiting = &self.object.status.as_ref().unwrap().waiting_for;
        waiting.as_ref().map(|waiting| waiting.what.clone()).unwrap_or_default()
    }

    /// Whether the finalizer may go now.
    fn release(&self) -> Option<Release> {
        release(&self.desired(), &self.recorded(), &self.plan(), &Outcome::default())
    }

    /// Asks for its deletion.
    fn delete(&mut self) {
        self.object.metadata.deletion_timestamp =
            Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(now()));
    }

    /// Everything in the world that is ours or leads to something of ours.
    fn of_ours(&self) -> Vec<String> {
        let owner = owner(&self.object);
        let claims = |tags: &Tags| owner.claim(tags) == Claim::Ours;
        let mut found = Vec::new();
        for view in self.observed.views.values() {
            let subnets = view.subnets.part.as_ref().unwrap();
            let ours = subnets.iter().filter(|subnet| claims(&subnet.tags));
            found.extend(ours.map(|subnet| subnet.id.to_string()));
            for table in view.route_tables.part.as_ref().unwrap().iter() {
                if claims(&table.tags) {
                    found.push(table.id.to_string());
                }
                for route in &table.routes {
                    if matches!(&route.target, RouteTarget::Connection(id) if id.as_str().starts_with("pcx-0000000"))
                    {
                        found.push(format!("{} {}", table.id, route.destination));
                    }
                }
            }
        }
        found
    }
}

fn owner(object: &OverlapSubnetGroup) -> Owner {
    Owner {
        cluster: "cluster-1".into(),
        kind: peerway_model::OwnerKind::OverlapSubnetGroup,
        namespace: "analytics".to_owned(),
        name: object.metadata.name.clone().unwrap(),
        uid: object.metadata.uid.clone().unwrap(),
    }
}

fn lines(rounds: &[Vec<Step>]) -> Vec<String> {
    rounds.iter().flatten().map(line).collect()
}

/// A step without its place, which is always the same one here.
fn line(step: &Step) -> String {
    step.to_string().split("  (").next().unwrap().to_owned()
}

/// The rounds of a visit as text, for golden files.
fn text(rounds: &[Vec<Step>]) -> String {
    let mut text = String::new();
    for (index, round) in rounds.iter().enumerate() {
        writeln!(text, "round {}", index + 1).unwrap();
        for step in round {
            writeln!(text, "  {step}").unwrap();
        }
    }
    text
}

fn reasons(findings: &[Finding]) -> Vec<Reason> {
    let all = findings.iter().map(|finding| finding.reason);
    all.filter(|reason| *reason != Reason::PeerOverlap).collect()
}

/// What every step must keep to, whatever the world: it touches nothing that is not ours, makes no second of anything,
/// and leads nobody to where no answer comes from.
#[expect(clippy::too_many_lines, reason = "one arm for each sort of step")]
fn check(desired: &Desired, observed: &Observed, recorded: &Recorded, step: &Step) {
    let owner = &desired.owner;
    let view = &observed.views[&step.place];
    let subnets = view.subnets.part.as_ref().unwrap();
    let tables = view.route_tables.part.as_ref().unwrap();
    let is_ours =
        |tags: &Tags| matches!(owner.claim(tags), Claim::Ours | Claim::EarlierIncarnation);
    let is_our_subnet = |id: &SubnetId| is_ours(&subnets.get(id).unwrap().tags);
    let given = desired.spec.route_table.as_ref().map(|given| &given.id);
    let is_our_table = |id: &peerway_model::RouteTableId| {
        given == Some(id) || is_ours(&tables.get(id).unwrap().tags)
    };
    let adopt = desired.spec.adopt.clone().unwrap_or_default();
    let is_adopted = |tags: &Tags| ownership::origin(tags) == Some(Origin::Adopted);
    match &step.call {
        Call::CreateTable { .. } => {
            assert!(given.is_none(), "{step}: a table is given");
            assert!(!tables.iter().any(|table| is_ours(&table.tags)), "{step}: there is one");
        }
        Call::TagTable { table, tags } => {
            let is_named = adopt.route_table_id.as_ref() == Some(table) && is_adopted(tags);
            let is_known = recorded.table.as_ref() == Some(table);
            let seen = tables.get(table).unwrap();
            assert!(is_named || is_known || is_ours(&seen.tags), "{step}: not ours");
            assert_ne!(owner.claim(&seen.tags), Claim::Others, "{step}: somebody else's");
        }
        Call::UntagTable { table, .. } | Call::DeleteTable { table } => {
            let seen = tables.get(table).unwrap();
            assert!(is_ours(&seen.tags), "{step}: not ours");
            if matches!(step.call, Call::DeleteTable { .. }) {
                assert!(seen.associations.is_empty(), "{step}: it is in use");
            }
        }
        Call::CreateRoute { table, destination, is_far, .. } => {
            let seen = tables.get(table).unwrap();
            assert!(seen.route_to(destination).is_none(), "{step}: the key is taken");
            if *is_far {
                let answers = subnets.iter().any(|subnet| {
                    is_ours(&subnet.tags)
                        && subnet.cidrs.contains(destination)
                        && tables.iter().any(|table| {
                            is_our_table(&table.id)
                                && table.explicit_subnets().any(|id| *id == subnet.id)
                        })
                });
                assert!(answers, "{step}: no subnet of ours answers there");
            } else {
                assert!(is_our_table(table), "{step}: not ours");
            }
        }
        Call::ReplaceRoute { table, was, is_far, .. } => {
            // In a table of somebody else's only what led over a connection of ours that is gone.
            let is_made = !is_far && given.is_none() && is_our_table(table);
            let connections = view.connections.part.as_ref().unwrap();
            let is_gone = !connections
                .iter()
                .any(|connection| connection.id.as_str() == was && connection.state.is_live());
            assert!(is_made || is_gone, "{step}: not ours");
        }
        Call::DeleteRoute { table, destination, target, .. } => {
            let wish = crate::routes::Wish { table: table.clone(), destination: *destination };
            let seen = tables.get(table).unwrap().route_to(destination).unwrap();
            assert_eq!(seen.target.to_string(), *target, "{step}");
            // Without a record it is known by its key: a subnet of ours, exactly.
            let leads_to_ours = subnets
                .iter()
                .any(|subnet| is_ours(&subnet.tags) && subnet.cidrs.contains(destination));
            assert!(recorded.routes.contains(&wish) || leads_to_ours, "{step}: not recorded");
            assert!(matches!(seen.target, RouteTarget::Connection(_)), "{step}");
        }
        Call::CreateSubnet { vpc, zone, cidr, .. } => {
            let taken = subnets.iter().any(|subnet| {
                subnet.vpc == *vpc && subnet.cidrs.iter().any(|other| other.meets(cidr))
            });
            assert!(!taken, "{step}: the block is taken");
            let twin = subnets.iter().find(|it| is_ours(&it.tags) && it.zone == *zone);
            assert!(twin.is_none(), "{step}: there is one");
            let table = tables.iter().find(|table| is_our_table(&table.id)).unwrap();
            let mut rows = table.routes.iter();
            let answers = rows.any(|route| matches!(route.target, RouteTarget::Connection(_)));
            assert!(answers, "{step}: before the routes of its table");
        }
        Call::TagSubnet { subnet, tags } => {
            let is_named = adopt.subnet_ids.iter().flatten().any(|id| id == subnet);
            let is_known = recorded.subnets.values().flatten().any(|id| id == subnet);
            let seen = subnets.get(subnet).unwrap();
            let is_right = is_named && is_adopted(tags) || is_known || is_ours(&seen.tags);
            assert!(is_right, "{step}: not ours");
            assert_ne!(owner.claim(&seen.tags), Claim::Others, "{step}: somebody else's");
        }
        Call::UntagSubnet { subnet, .. } => assert!(is_our_subnet(subnet), "{step}: not ours"),
        Call::DeleteSubnet { subnet, cidr } => {
            assert!(is_our_subnet(subnet), "{step}: not ours");
            let left = view.network_interfaces.as_ref().unwrap().part.as_ref().unwrap();
            assert!(left.iter().all(|it| it.subnet != *subnet), "{step}: somebody is in it");
            for view in observed.views.values() {
                for table in view.route_tables.part.as_ref().unwrap().iter() {
                    let led = table.route_to(cidr).is_some_and(|route| {
                        let wish =
                            crate::routes::Wish { table: table.id.clone(), destination: *cidr };
                        matches!(&route.target, RouteTarget::Connection(_))
                            && recorded.routes.contains(&wish)
                    });
                    assert!(!led, "{step}: {} still leads there", table.id);
                }
            }
        }
        Call::AssociateBlock { subnet, ipv6 } => {
            assert!(is_our_subnet(subnet), "{step}: not ours");
            let seen = subnets.get(subnet).unwrap();
            let is_ipv6 = |block: &CidrBlock| block.family() == Family::V6;
            assert!(is_ipv6(ipv6) && !seen.cidrs.iter().any(is_ipv6), "{step}: it has one");
            let taken = subnets.iter().any(|subnet| {
                subnet.vpc == seen.vpc && subnet.cidrs.iter().any(|other| other.meets(ipv6))
            });
            assert!(!taken, "{step}: the block is taken");
            let table = tables.iter().find(|table| is_our_table(&table.id)).unwrap();
            let answers = table.routes.iter().any(|route| {
                matches!(route.target, RouteTarget::Connection(_))
                    && matches!(&route.destination, Destination::Cidr(to) if is_ipv6(to))
            });
            let is_led = table.explicit_subnets().any(|id| id == subnet);
            assert!(answers && is_led, "{step}: before it has a way back");
        }
        Call::Associate { table, subnet } | Call::ReplaceAssociation { table, subnet, .. } => {
            assert!(is_our_subnet(subnet) && is_our_table(table), "{step}: not ours");
        }
        Call::ReplaceAclAssociation { subnet, acl, .. } => {
            assert!(is_our_subnet(subnet), "{step}: not ours");
            let wanted = desired.spec.network_acl.as_ref().map(|acl| &acl.id);
            assert_eq!(wanted, Some(acl), "{step}");
        }
    }
}
