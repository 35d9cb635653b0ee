//! What others do to what is ours, and what is theirs and looks like ours.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use peerway_api::Reason;
use peerway_api::v1alpha1::ProxyLoadBalancerSpec;
use peerway_api::v1alpha1::overlap_subnet_group::ExtraTags;
use peerway_model::{LoadBalancer, Origin, Tags, ownership};

use super::super::Step;
use super::super::step::Call;
use super::run::{Run, edit, run_in, settled, settled_in, unconfirm};
use super::scenario::{REFERENCE, allowed, backed, impala, query, with_workers, workers, world};
use crate::testing::{Estate, now, tags};

const OURS: &str = "imply-query-my-peering";

/// A balancer of our name in the world before us.
fn with_twin(tags: Tags) -> Estate {
    let mut world = world();
    let mut twin: LoadBalancer = world.balancers.as_ref().unwrap()[0].clone();
    twin.name = OURS.parse().unwrap();
    world.balancers.as_mut().unwrap().push(twin);
    let mut details = world.details[&REFERENCE.parse().unwrap()].clone();
    details.tags = Some(Ok(tags));
    world.details.insert(OURS.parse().unwrap(), details);
    world
}

#[test]
fn a_foreign_balancer_of_the_name_is_left_alone() {
    let mut other = run_in(&world(), query()).desired().owner;
    other.name = "other".to_owned();
    for theirs in [tags(&[("team", "other")]), other.tags(Origin::Created)] {
        let mut run = run_in(&with_twin(theirs), query());
        assert!(run.visit().is_empty());
        assert_eq!(run.ready(), ("False".to_owned(), "NameTaken".to_owned()));
        assert!(run.message().contains(OURS), "{}", run.message());
        run.delete();
        assert!(run.visit().is_empty());
        assert!(run.release().is_some(), "{}", run.plan());
    }
}

#[test]
fn what_lost_its_tags_is_tagged_again_before_anything_else() {
    let mut run = settled(query());
    run.own_tags().clear();
    run.own_tags().insert("team".to_owned(), "druid".to_owned());
    run.edit_own(|there| there.listeners.clear());
    assert_eq!(run.next(), ["~ tag imply-query-my-peering"]);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    assert_eq!(run.own_tags()["team"], "druid");
    // Without a record nobody knows whose it was.
    run.own_tags().retain(|key, _| key == "team");
    run.object.status = None;
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "NameTaken");
}

#[test]
fn what_an_earlier_incarnation_made_is_taken_back() {
    let mut run = settled(query());
    run.object.status = None;
    run.object.metadata.uid = Some("uid-2".to_owned());
    assert_eq!(run.steps(), ["~ tag imply-query-my-peering"]);
    assert_eq!(run.own_tags()[ownership::OWNER_UID], "uid-2");
    assert_eq!(run.ready().0, "True");
}

#[test]
fn a_balancer_that_somebody_else_marked_as_theirs_is_no_longer_touched() {
    let mut run = settled(query());
    run.own_tags().insert(ownership::OWNER.to_owned(), "ProxyLoadBalancer/x/y".to_owned());
    run.edit_own(|there| there.listeners.clear());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready().1, "NameTaken");
}

#[test]
fn tags_of_others_on_ours_stay_and_tags_of_the_spec_are_kept() {
    let mut spec = query();
    spec.tags = Some(peerway_api::v1alpha1::overlap_subnet_group::ExtraTags(
        [("cost".to_owned(), "42".to_owned())].into(),
    ));
    let mut run = settled(spec);
    run.own_tags().insert("theirs".to_owned(), "1".to_owned());
    assert!(run.visit().is_empty());
    run.own_tags().insert("cost".to_owned(), "43".to_owned());
    assert_eq!(run.steps(), ["~ tag imply-query-my-peering"]);
    assert_eq!(run.own_tags()["cost"], "42");
    assert_eq!(run.own_tags()["theirs"], "1");
}

fn vanish(run: &mut Run) {
    run.balancers(|all| all.retain(|it| it.name.as_str() != OURS));
    run.view().balancers.remove(&OURS.parse().unwrap());
    run.let_go();
}

#[test]
fn a_balancer_deleted_by_hand_is_detached_first_and_then_made_anew() {
    let mut run = settled(query());
    vanish(&mut run);
    let certain = run.observed.clone();
    unconfirm(run.view().load_balancers.as_mut().unwrap());
    assert!(run.visit().is_empty());
    assert!(run.waiting().contains("which is gone"), "{}", run.waiting());
    run.observed = certain.clone();
    unconfirm(run.view().auto_scaling_groups.as_mut().unwrap());
    assert!(run.visit().is_empty());
    run.observed = certain;
    let steps = run.steps();
    assert_eq!(
        steps[..2],
        [
            "- detach imply-query-my-peering from 'imply-e04-Query-ASG'",
            "+ load balancer imply-query-my-peering in subnet-0f000001, subnet-0f000002, subnet-0f000003",
        ]
    );
    assert_eq!(steps.last().unwrap(), "+ attach imply-query-my-peering to 'imply-e04-Query-ASG'");
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

/// Instances cannot start as long as their group names what is gone, whatever else is wrong.
#[test]
fn groups_let_go_of_what_is_gone_also_where_it_cannot_be_made_anew() {
    let mut run = settled(query());
    vanish(&mut run);
    run.balancers(|all| all.retain(|it| it.name.as_str() != REFERENCE));
    assert_eq!(run.steps(), ["- detach imply-query-my-peering from 'imply-e04-Query-ASG'"]);
    assert_eq!(run.ready().1, "ReferenceNotFound");
}

type Spoil = fn(&mut Run);

#[test]
fn groups_let_go_of_what_is_gone_whatever_else_is_wrong() {
    let full = |run: &mut Run| {
        edit(&mut run.view().subnets, |all| {
            for subnet in all.iter_mut() {
                subnet.available_addresses = 7;
            }
        });
    };
    let tagged = |run: &mut Run| {
        let tags = (0..7).map(|number| (format!("tag-{number}"), String::new()));
        run.object.spec.tags = Some(ExtraTags(tags.collect()));
    };
    let moved = |run: &mut Run| {
        let status = run.group.as_mut().unwrap().status.as_mut().unwrap();
        status.home.as_mut().unwrap().vpc_id = "vpc-3607f64e".parse().unwrap();
    };
    let going = |run: &mut Run| {
        let group = run.group.as_mut().unwrap();
        group.metadata.deletion_timestamp = Some(Time(now()));
    };
    let wrongs: [(Spoil, &str); 4] = [
        (full, "SubnetUnsuitable"),
        (tagged, "InvalidSpec"),
        (moved, "BoundElsewhere"),
        (going, "DependencyDeleting"),
    ];
    for (spoil, reason) in wrongs {
        let mut run = settled(query());
        vanish(&mut run);
        spoil(&mut run);
        let steps = run.steps();
        assert_eq!(
            steps,
            ["- detach imply-query-my-peering from 'imply-e04-Query-ASG'"],
            "{reason}"
        );
        assert_eq!(run.ready().1, reason);
    }
}

#[test]
fn groups_let_go_of_what_is_gone_also_while_nobody_tells_how_far_they_are_with_it() {
    let mut run = settled(query());
    vanish(&mut run);
    let group = "imply-e04-Query-ASG".parse().unwrap();
    run.view().attachments.insert(group, Err(super::changes::throttled()));
    assert_eq!(run.next(), ["- detach imply-query-my-peering from 'imply-e04-Query-ASG'"]);
}

/// Whoever acts for us may put other tags only on what carries ours.
#[test]
fn lost_tags_come_back_ours_first_and_the_specs_behind_them() {
    let extra = ExtraTags([("team".to_owned(), "data".to_owned())].into());
    let mut run = settled(ProxyLoadBalancerSpec { tags: Some(extra), ..query() });
    run.own_tags().clear();
    let steps = run.visit();
    let has_others = |step: &Step| {
        let Call::TagBalancer { tags } = &step.call else { return None };
        Some(tags.keys().any(|key| !key.starts_with("peerway.dev/")))
    };
    assert_eq!(steps.iter().filter_map(has_others).collect::<Vec<_>>(), [false, true]);
    assert_eq!(run.own_tags()["team"], "data");
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

/// Whoever may no longer act in the VPC does not, whatever that costs.
#[test]
fn what_is_gone_stays_named_where_the_grant_is_gone_too() {
    let mut run = settled(query());
    vanish(&mut run);
    let plan = super::harm::ungranted(&run);
    assert!(plan.steps.is_empty(), "{plan}");
    assert_eq!(plan.findings[0].reason, Reason::NotGranted);
}

#[test]
fn an_attachment_that_somebody_took_away_is_put_back() {
    let mut run = settled(query());
    run.groups(|all| {
        for group in all.iter_mut() {
            group.load_balancers.retain(|it| it.as_str() != OURS);
        }
    });
    run.edit_own(|there| there.instances.clear());
    run.view().attachments.clear();
    assert_eq!(run.steps(), ["+ attach imply-query-my-peering to 'imply-e04-Query-ASG'"]);
}

#[test]
fn an_attachment_that_somebody_made_is_taken_away() {
    let mut run = settled(query());
    run.groups(|all| all[0].load_balancers.push(OURS.parse().unwrap()));
    assert_eq!(run.steps(), ["- detach imply-query-my-peering from 'imply-e04-Master-1-ASG'"]);
    assert_eq!(run.ready().0, "True", "{}", run.plan());
}

#[test]
fn what_is_set_otherwise_by_hand_is_set_back() {
    let mut run = settled(query());
    run.edit_own(|there| {
        there.health_check.interval = 60;
        there.security_groups.truncate(1);
        there.subnets.pop();
        there.zones.pop();
    });
    let name = run.desired().name;
    let attributes = run.details(name.as_str()).attributes.as_mut().unwrap().as_mut().unwrap();
    attributes.idle_timeout = Some(1);
    assert_eq!(run.visit().len(), 4);
    assert_eq!(run.ready().0, "True");
}

#[test]
fn rules_of_others_in_a_group_of_ours_are_taken_out_and_ours_put_back() {
    let mut run = settled_in(&with_workers(world()), impala(workers()));
    edit(&mut run.view().security_group_rules, |all| {
        all[0].ports = Some(peerway_model::PortRange { from: 22, to: 22 });
        all[0].tags.clear();
    });
    assert_eq!(
        run.steps(),
        [
            "+ rule 'tcp 21000 from 10.0.0.0/8' in sg-0f000001",
            "- rule 'tcp 22 from 10.0.0.0/8' in sg-0f000001",
        ]
    );
    assert_eq!(run.ready().0, "True");
}

#[test]
fn a_made_group_that_lost_its_tags_is_tagged_again_and_one_that_is_gone_made_anew() {
    let mut run = settled_in(&with_workers(world()), impala(allowed(workers())));
    edit(&mut run.view().security_groups, |all| {
        all.iter_mut().find(|it| it.name == "impala-fe").unwrap().tags.clear();
    });
    assert_eq!(run.steps(), ["~ tag sg-0f000001"]);
    let is_made = |id: &str| id.starts_with("sg-0f0000");
    edit(&mut run.view().security_groups, |all| all.retain(|it| !is_made(it.id.as_str())));
    edit(&mut run.view().security_group_rules, |all| all.retain(|it| !is_made(it.group.as_str())));
    run.edit_own(|there| there.security_groups = vec!["sg-0def0001".parse().unwrap()]);
    run.settle();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    assert_eq!(run.object.status.as_ref().unwrap().rules.len(), 1);
}

#[test]
fn a_foreign_group_of_the_name_is_left_alone() {
    let mut world = with_workers(world()).group("sg-0badc0de", "vpc-ce78dbb7", "theirs");
    world.security_groups.last_mut().unwrap().name = "impala-fe".to_owned();
    let mut run = run_in(&world, impala(workers()));
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "NameTaken".to_owned()));
    assert!(run.message().contains("sg-0badc0de"), "{}", run.message());
}

/// Tags are copied easily, with a group that somebody clones. What we never asked for under that name is not ours.
#[test]
fn tags_alone_do_not_make_a_group_ours() {
    let world = with_workers(world()).group("sg-0badc0de", "vpc-ce78dbb7", "theirs");
    let mut run = settled_in(&world, impala(backed(workers())));
    let copied = run.desired().owner.tags(Origin::Created);
    edit(&mut run.view().security_groups, |all| {
        all.iter_mut().find(|it| it.id.as_str() == "sg-0badc0de").unwrap().tags = copied;
    });
    assert!(run.visit().is_empty(), "{}", run.plan());
    run.delete();
    run.settle();
    let left = run.of_ours();
    assert_eq!(left, ["sg-0badc0de ('sg-0badc0de')"]);
}
