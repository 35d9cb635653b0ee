//! One list that leaves something out, or was read in the midst of a change, takes nothing away from clients.

use std::sync::Arc;
use std::time::Duration;

use peerway_api::v1alpha1::ProxyLoadBalancerSpec;
use peerway_api::v1alpha1::proxy_load_balancer::GivenSubnets;
use peerway_model::{Item, Reading, Timestamp};

use super::create::given;
use super::run::{Run, edit, settled, settled_in};
use super::scenario::{REFERENCE, impala, query, with_workers, workers, world};
use crate::testing::by_tags;

const QUERY: &str = "imply-e04-Query-ASG";

/// One more read, with what `change` made of the items.
fn read<T: Item>(reading: &mut Reading<T>, change: impl FnOnce(&mut Vec<T>)) {
    let part = reading.part.clone().unwrap();
    let mut items: Vec<T> = part.iter().cloned().collect();
    change(&mut items);
    let at = part.ended_at + Duration::from_secs(1);
    let (next, _) = part.next(items, at, at, [], Timestamp::MIN);
    *reading = Reading::read(Arc::new(next));
}

fn waits(run: &mut Run, what: &str) {
    let steps = run.visit();
    assert!(steps.is_empty(), "{steps:?}");
    let waiting = run.object.status.as_ref().unwrap().waiting_for.as_ref().unwrap();
    assert!(waiting.what.contains(what), "{}", waiting.what);
}

const LACKS: &str = "which lack what was there before";

#[test]
fn no_zone_is_left_by_one_list_of_subnets() {
    let match_tags = Some(by_tags(&[("Name", "subnet-0f*")]));
    let subnets = GivenSubnets { ids: None, match_tags, ..given(&[]) };
    let spec = ProxyLoadBalancerSpec { subnet_group_ref: None, subnets: Some(subnets), ..query() };
    let mut run = settled_in(&world(), spec);
    read(&mut run.view().subnets, |all| all.retain(|it| it.id.as_str() != "subnet-0f000003"));
    waits(&mut run, LACKS);
    edit(&mut run.view().subnets, |_| ());
    assert_eq!(run.steps(), ["- subnet-0f000003 from imply-query-my-peering"]);
}

#[test]
fn no_instance_is_taken_out_by_one_list_of_instances() {
    let mut run = settled_in(&with_workers(world()), impala(workers()));
    read(run.view().instances.as_mut().unwrap(), |all| {
        all.retain(|it| it.id.as_str() != "i-0f000001");
    });
    waits(&mut run, LACKS);
    edit(run.view().instances.as_mut().unwrap(), |_| ());
    assert_eq!(run.steps(), ["- i-0f000001 from impala"]);
}

#[test]
fn what_a_group_heeds_is_not_changed_by_one_list_of_groups() {
    let mut run = settled(query());
    run.groups(|all| all[2].health_check_types = vec!["ELB".to_owned()]);
    run.edit_reference(|there| there.health_check.target = "TCP:1".to_owned());
    assert!(run.visit().is_empty());
    read(run.view().auto_scaling_groups.as_mut().unwrap(), |all| {
        all.retain(|it| it.name.as_str() != QUERY);
    });
    waits(&mut run, LACKS);
}

/// Its owner may be exchanging it.
#[test]
fn a_listener_that_the_reference_lacks_in_one_list_stays() {
    let mut run = settled(query());
    read(run.view().load_balancers.as_mut().unwrap(), |all| {
        let reference = all.iter_mut().find(|it| it.name.as_str() == REFERENCE).unwrap();
        let first = *reference.listeners.keys().next().unwrap();
        reference.listeners.remove(&first);
    });
    waits(&mut run, REFERENCE);
    run.edit_reference(|_| ());
    assert_eq!(run.steps().len(), 1);
}
