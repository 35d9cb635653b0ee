//! What holds in every world; `check` looks at each step.

use peerway_api::v1alpha1::ProxyLoadBalancerSpec;
use peerway_api::v1alpha1::proxy_load_balancer::settings::{
    Attributes, BalancerProtocol, HealthCheck, Listener,
};
use peerway_model::{AttachmentApi, LoadBalancer};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::super::step::Call;
use super::super::{Step, project};
use super::run::{Run, edit, items, run_in, subnet_group};
use super::scenario::{
    REFERENCE, allowed, backed, by_description, by_name, coordinator, impala, listener, made_group,
    query, spec_listener, with_workers, workers, world,
};
use crate::testing::service;

const GROUPS: [&str; 3] = ["imply-e04-Query-ASG", "imply-e04-Master-1-ASG", "imply-e04-Other-ASG"];

fn estate() -> crate::testing::Estate {
    with_workers(world())
}

fn listeners() -> impl Strategy<Value = Vec<Listener>> {
    let ports = subsequence(vec![80, 81, 443, 8443], 1..=4);
    let protocol = select(vec![BalancerProtocol::Tcp, BalancerProtocol::Ssl]);
    let policy = select(vec![None, Some("ELBSecurityPolicy-TLS-1-2-2017-01")]);
    (ports, protocol, policy, 0_u16..3).prop_map(|(ports, instance_protocol, policy, shared)| {
        let one = |port: u16| {
            let is_secure = port % 10 == 3;
            Listener {
                protocol: if is_secure { BalancerProtocol::Ssl } else { BalancerProtocol::Tcp },
                instance_port: if port % 3 == shared { 9000 } else { port },
                instance_protocol: Some(instance_protocol),
                certificate_arn: is_secure
                    .then(|| "arn:aws:acm:us-west-2:111111111111:certificate/1".to_owned()),
                security_policy: policy.filter(|_| is_secure).map(str::to_owned),
                ..spec_listener(port, BalancerProtocol::Tcp)
            }
        };
        ports.into_iter().map(one).collect()
    })
}

/// Specs of one object: only what may be edited differs.
fn spec() -> impl Strategy<Value = ProxyLoadBalancerSpec> {
    let groups = subsequence(GROUPS.to_vec(), 0..=3);
    let instances =
        select(vec![None, Some(workers()), Some(allowed(workers())), Some(backed(workers()))]);
    let fronts = subsequence(vec!["impala-a", "impala-b", ""], 1..=3);
    (any::<bool>(), listeners(), groups, instances, fronts, any::<bool>(), 1_u16..3).prop_map(
        |(follows, listeners, groups, instances, fronts, has_attributes, factor)| {
            let mut spec = if follows { query() } else { coordinator() };
            spec.name = Some("proxy".parse().unwrap());
            if !follows {
                spec.listeners = Some(listeners);
            }
            let front = |name: &str| match name {
                "" => by_description("Imply Cloud Default"),
                name => made_group(name, 80 * factor, &["10.0.0.0/8"]),
            };
            if !follows || has_attributes {
                spec.security_groups = Some(fronts.into_iter().map(front).collect());
            }
            spec.attributes = has_attributes.then(|| Attributes {
                idle_timeout_seconds: Some(u32::from(factor) * 100),
                ..Attributes::default()
            });
            spec.health_check = Some(HealthCheck {
                protocol: Some(BalancerProtocol::Tcp),
                port: Some(8000 + factor),
                ..HealthCheck::default()
            });
            spec.targets = by_name(&groups);
            if groups.is_empty() {
                spec.targets.auto_scaling_groups = None;
            }
            // The schema wants one of the two.
            let is_any = groups.is_empty() && instances.is_none();
            spec.targets.instances = if is_any { Some(workers()) } else { instances };
            spec
        },
    )
}

/// What somebody does by hand to what is ours.
#[derive(Debug, Clone, Copy)]
enum Hand {
    DropBalancer,
    DropListeners,
    AddListener,
    StripBalancer,
    DropSubnet,
    DropGroups,
    StripGroups,
    DropRules,
    Detach,
    Attach,
    Deregister,
    TakeOff,
    LoseStatus,
}

fn hands() -> impl Strategy<Value = Vec<Hand>> {
    let all = vec![
        Hand::DropBalancer,
        Hand::DropListeners,
        Hand::AddListener,
        Hand::StripBalancer,
        Hand::DropSubnet,
        Hand::DropGroups,
        Hand::StripGroups,
        Hand::DropRules,
        Hand::Detach,
        Hand::Attach,
        Hand::Deregister,
        Hand::TakeOff,
        Hand::LoseStatus,
    ];
    prop::collection::vec(select(all), 0..3)
}

fn own(run: &mut Run, change: impl FnOnce(&mut LoadBalancer)) {
    run.balancers(|all| {
        if let Some(own) = all.iter_mut().find(|it| it.name.as_str() != REFERENCE) {
            change(own);
        }
    });
}

fn act(run: &mut Run, hand: Hand) {
    let is_made = |id: &str| id.starts_with("sg-0f0000");
    let is_there = run.there("proxy").is_some();
    match hand {
        Hand::DropBalancer => {
            run.balancers(|all| all.retain(|it| it.name.as_str() == REFERENCE));
            run.view().balancers.remove(&"proxy".parse().unwrap());
            run.let_go();
        }
        Hand::DropListeners => own(run, |it| it.listeners.clear()),
        Hand::AddListener => own(run, |it| it.listeners.extend([listener(22)])),
        Hand::StripBalancer if is_there => run.own_tags().clear(),
        Hand::DropSubnet => own(run, |it| {
            if it.subnets.len() > 1 {
                it.subnets.pop();
                it.zones.pop();
            }
        }),
        Hand::DropGroups => {
            // AWS lets only those go that nobody carries and no rule names.
            let view = run.view();
            let carried: Vec<_> = items(view.network_interfaces.as_ref())
                .flat_map(|it| it.groups.clone())
                .chain(items(Some(&view.security_group_rules)).filter_map(
                    |rule| match &rule.source {
                        peerway_model::RuleSource::SecurityGroup { id, .. } => Some(id.clone()),
                        peerway_model::RuleSource::Cidr(_)
                        | peerway_model::RuleSource::PrefixList(_) => None,
                    },
                ))
                .collect();
            let goes = move |id: &peerway_model::SecurityGroupId| {
                is_made(id.as_str()) && !carried.contains(id)
            };
            edit(&mut view.security_groups, |all| all.retain(|it| !goes(&it.id)));
            edit(&mut view.security_group_rules, |all| all.retain(|it| !goes(&it.group)));
        }
        Hand::StripGroups => edit(&mut run.view().security_groups, |all| {
            all.iter_mut().filter(|it| is_made(it.id.as_str())).for_each(|it| it.tags.clear());
        }),
        Hand::DropRules => edit(&mut run.view().security_group_rules, Vec::clear),
        Hand::Detach => {
            run.groups(|all| {
                for group in all.iter_mut() {
                    group.load_balancers.retain(|it| it.as_str() == REFERENCE);
                }
            });
            run.view().attachments.clear();
            own(run, |it| it.instances.clear());
        }
        Hand::Attach if is_there => {
            let (group, name) = (GROUPS[2].parse().unwrap(), run.desired().name);
            let part = items(run.view().auto_scaling_groups.as_ref());
            let is_attached =
                part.filter(|it| it.name == group).any(|it| it.load_balancers.contains(&name));
            if !is_attached {
                let call = Call::AttachTo { group, api: AttachmentApi::LoadBalancers };
                let step = Step { place: service(), balancer: name, call };
                run.observed = project(&run.observed, &step);
            }
        }
        Hand::Deregister => own(run, |it| it.instances.retain(|id| id.as_str() < "i-0f")),
        Hand::TakeOff => edit(run.view().network_interfaces.as_mut().unwrap(), |all| {
            all.iter_mut()
                .filter(|it| it.instance.is_some())
                .for_each(|it| it.groups.retain(|id| !is_made(id.as_str())));
        }),
        Hand::LoseStatus => run.object.status = None,
        Hand::StripBalancer | Hand::Attach => {}
    }
}

/// Whether everything that is not ours is as it was.
fn is_untouched(run: &Run) {
    let before = run_in(&estate(), query());
    let (before, now) = (&before.observed.views[&service()], &run.observed.views[&service()]);
    let reference: peerway_model::LoadBalancerName = REFERENCE.parse().unwrap();
    let of = |view: &crate::View| {
        items(view.load_balancers.as_ref()).find(|it| it.name == reference).cloned()
    };
    assert_eq!(of(now), of(before));
    for group in items(Some(&before.security_groups)) {
        assert!(items(Some(&now.security_groups)).any(|it| it == group), "{}", group.id);
    }
    for group in items(before.auto_scaling_groups.as_ref()) {
        let now = items(now.auto_scaling_groups.as_ref()).find(|it| it.name == group.name).unwrap();
        for name in &group.load_balancers {
            assert!(now.load_balancers.contains(name), "{name} of '{}'", group.name);
        }
    }
    for interface in items(before.network_interfaces.as_ref()) {
        let now = items(now.network_interfaces.as_ref()).find(|it| it.id == interface.id).unwrap();
        let theirs: Vec<_> =
            now.groups.iter().filter(|id| !id.as_str().starts_with("sg-0f0000")).collect();
        assert_eq!(theirs, interface.groups.iter().collect::<Vec<_>>(), "{}", interface.id);
    }
}

/// Everything about our balancer that a spec decides.
fn form(run: &mut Run) -> String {
    let mut own = run.own();
    own.security_groups.sort();
    own.subnets.sort();
    own.zones.sort();
    own.instances.sort();
    own.instances.dedup();
    own.backends.retain(|_, policies| !policies.is_empty());
    let mut names: Vec<String> = own
        .security_groups
        .iter()
        .map(|id| {
            let groups = run.view().security_groups.part.clone().unwrap();
            groups.get(id).unwrap().name.clone()
        })
        .collect();
    names.sort();
    own.security_groups.clear();
    format!("{own:#?} {names:?} {:?}", run.details("proxy").attributes)
}

fn count(run: &Run) -> usize {
    run.clone().visit().len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn it_settles_from_every_state_and_stays_settled(
        spec in spec(), hands in hands(), died: prop::sample::Index,
        zones in subsequence(vec!["1", "2", "3"], 1..=3),
    ) {
        let mut run = run_in(&estate(), spec);
        run.group = Some(subnet_group(&zones));
        let all = count(&run);
        run.visit_dying_after(died.index(all + 1));
        for hand in &hands {
            act(&mut run, *hand);
        }
        run.settle();
        is_untouched(&run);
        let status = run.object.status.clone();
        prop_assert!(run.visit().is_empty(), "it rests");
        prop_assert_eq!(&run.object.status, &status, "a visit at rest writes nothing");
        // Without tags and without a record nobody knows what was ours.
        let has = |wanted: fn(&Hand) -> bool| hands.iter().any(wanted);
        let is_stripped = has(|it| matches!(it, Hand::StripBalancer | Hand::StripGroups));
        let is_lost = has(|it| matches!(it, Hand::LoseStatus)) || died.index(all + 1) < all;
        if !(is_stripped && is_lost) {
            prop_assert_eq!(run.ready().0, "True", "{}", run.plan());
        }
    }

    #[test]
    fn from_every_state_deletion_leaves_what_was_there(
        spec in spec(), died: prop::sample::Index, loses_status: bool,
    ) {
        let mut run = run_in(&estate(), spec);
        let all = count(&run);
        run.visit_dying_after(died.index(all + 1));
        let rules = run.recorded().rules.clone();
        if loses_status {
            run.object.status = None;
        }
        run.delete();
        run.settle();
        is_untouched(&run);
        prop_assert!(run.release().is_some(), "{}", run.plan());
        // Nothing but the record knows a rule on somebody else's group.
        if !loses_status || rules.is_empty() {
            prop_assert!(run.of_ours().is_empty(), "{:?}", run.of_ours());
        }
    }

    #[test]
    fn another_spec_leads_to_where_it_would_have_from_the_start(
        before in spec(), after in spec(), died: prop::sample::Index,
    ) {
        let mut run = run_in(&estate(), before);
        let all = count(&run);
        run.visit_dying_after(died.index(all + 1));
        run.object.spec = after.clone();
        run.settle();
        prop_assert_eq!(run.ready().0, "True", "{}", run.plan());
        prop_assert!(run.visit().is_empty());
        let mut fresh = run_in(&estate(), after);
        fresh.settle();
        // Which number a group has tells nothing.
        prop_assert_eq!(run.of_ours().len(), fresh.of_ours().len(), "{:?}", run.of_ours());
        let is_default = |text: &str| text.contains("peerway-SSLNegotiation");
        let (one, other) = (form(&mut run), form(&mut fresh));
        // What went back to AWS's default says so; what never left it does not.
        if is_default(&one) == is_default(&other) {
            prop_assert_eq!(one, other);
        }
        run.delete();
        run.settle();
        prop_assert!(run.of_ours().is_empty(), "{:?}", run.of_ours());
    }
}

#[test]
fn the_impala_example_rests_too() {
    let mut run = run_in(&estate(), impala(backed(workers())));
    run.settle();
    assert!(run.visit().is_empty());
}
