//! The golden service with its balancer, groups and overlap subnets, and balancers that want to stand in these.

use std::collections::BTreeMap;

use peerway_api::v1alpha1::proxy_load_balancer::settings::{BalancerGroup, BalancerProtocol};
use peerway_api::v1alpha1::proxy_load_balancer::targets::{
    AllowFrom, AutoScalingTargets, BackendGroup, InstanceTargets, NewBackendGroup, Targets,
};
use peerway_api::v1alpha1::proxy_load_balancer::{Reference, SubnetGroupRef, settings as spec};
use peerway_api::v1alpha1::selectors::SecurityGroupSelector;
use peerway_api::v1alpha1::vpc_peering::{IngressProtocol, Ports};
use peerway_api::v1alpha1::{ProxyLoadBalancer, ProxyLoadBalancerSpec, ProxyLoadBalancerStatus};
use peerway_model::{
    AutoScalingInstance, HealthCheck, Instance, Listener, ListenerDescription, ListenerProtocol,
    LoadBalancer, LoadBalancerAttributes, NetworkInterface, Scheme, Tags,
};

use super::super::status::status;
use super::super::{Desired, Observed, Pace, Plan, Recorded, Step, SubnetGroup, plan, project};
use crate::access::Namespace;
use crate::observed::Details;
use crate::testing::{Estate, accounts, by_tags, golden, namespace, now, service, tags};
use crate::{Outcome, StatusInput};

pub(super) const REFERENCE: &str = "imply-e04-elbinter-qqsuirj9f9ep";

/// The golden service with its instances.
pub(super) fn world() -> Estate {
    let mut estate = golden();
    for (number, zone) in [(1, "usw2-az1"), (2, "usw2-az2"), (3, "usw2-az3")] {
        let id = format!("subnet-0f00000{number}");
        let cidr = format!("10.50.6.{}/26", (number - 1) * 64);
        estate = estate.subnet(&id, "vpc-ce78dbb7", &cidr, "").in_zone(zone);
    }
    for subnet in &mut estate.subnets {
        subnet.available_addresses = 50;
    }
    estate = estate.zones();
    for (name, from) in
        [("imply-e04-Query", 0x10), ("imply-e04-Master-1", 0x20), ("imply-e04-Other", 0x30)]
    {
        let asg = format!("{name}-ASG");
        let subnets = ["subnet-0a000001", "subnet-0a000002", "subnet-0a000003"];
        estate = estate.auto_scaling_group(&asg, &[], &subnets, name);
        let instance = |zone: u8| AutoScalingInstance {
            id: format!("i-0e0000{:02x}", from + zone).parse().unwrap(),
            zone: format!("us-west-2{}", char::from(b'a' + zone)).parse().unwrap(),
            is_in_service: true,
        };
        estate.auto_scaling_groups.last_mut().unwrap().instances = (0..3).map(instance).collect();
    }
    estate.auto_scaling_groups[0].load_balancers = vec![REFERENCE.parse().unwrap()];
    with_reference(&mut estate);
    estate
}

/// A listener as AWS shows it.
pub(super) fn listener(port: u16) -> (u16, ListenerDescription) {
    let listener = Listener {
        port,
        protocol: ListenerProtocol::Tcp,
        instance_port: port,
        instance_protocol: ListenerProtocol::Tcp,
        certificate: None,
    };
    (port, ListenerDescription { listener, policies: Vec::new() })
}

fn with_reference(estate: &mut Estate) {
    let name = REFERENCE.parse().unwrap();
    estate.balancers = Some(vec![LoadBalancer {
        name,
        vpc: Some("vpc-ce78dbb7".parse().unwrap()),
        scheme: Scheme::Internal,
        dns_name: format!("internal-{REFERENCE}-1.us-west-2.elb.amazonaws.com"),
        hosted_zone_id: None,
        subnets: vec!["subnet-0a000004".parse().unwrap()],
        zones: vec!["us-west-2a".parse().unwrap()],
        security_groups: vec!["sg-0e1b0001".parse().unwrap(), "sg-0def0001".parse().unwrap()],
        listeners: [8888, 9088, 9095].map(listener).into(),
        backends: BTreeMap::new(),
        health_check: HealthCheck {
            target: "HTTPS:9095/health".to_owned(),
            interval: 10,
            timeout: 5,
            unhealthy_threshold: 2,
            healthy_threshold: 2,
        },
        instances: Vec::new(),
    }]);
    estate.details.insert(
        REFERENCE.parse().unwrap(),
        Details {
            tags: Some(Ok(Tags::new())),
            attributes: Some(Ok(LoadBalancerAttributes {
                cross_zone: Some(true),
                idle_timeout: Some(300),
                draining: Some(Some(120)),
                access_log: Some(None),
                desync_mode: Some("defensive".to_owned()),
            })),
            policies: Some(Ok(Vec::new())),
            health: Some(Ok(Vec::new())),
        },
    );
}

/// What the world shows.
pub(super) fn observed(estate: &Estate) -> Observed {
    Observed {
        now: now(),
        settle: crate::testing::SETTLE,
        wrote_at: None,
        views: [(service(), estate.view())].into(),
        siblings: Pace::default(),
    }
}

/// `query` of the golden example.
pub(super) fn query() -> ProxyLoadBalancerSpec {
    ProxyLoadBalancerSpec {
        subnet_group_ref: Some(SubnetGroupRef { name: "druid-to-billing".to_owned() }),
        subnets: None,
        kind: None,
        scheme: None,
        name: Some("imply-query-my-peering".parse().unwrap()),
        reference: Some(Reference { load_balancer_name: REFERENCE.parse().unwrap() }),
        listeners: None,
        health_check: None,
        attributes: None,
        security_groups: None,
        targets: groups(&[("Name", "imply-e04-Query*")]),
        readiness: None,
        tags: None,
        deletion_policy: None,
        management_policy: None,
        adopt: None,
    }
}

pub(super) fn groups(pairs: &[(&str, &str)]) -> Targets {
    Targets {
        auto_scaling_groups: Some(AutoScalingTargets {
            names: None,
            match_tags: Some(by_tags(pairs)),
            allow_elb_health_checks: None,
        }),
        instances: None,
    }
}

pub(super) fn by_name(names: &[&str]) -> Targets {
    Targets {
        auto_scaling_groups: Some(AutoScalingTargets {
            names: Some(names.iter().map(|name| (*name).to_owned()).collect()),
            match_tags: None,
            allow_elb_health_checks: None,
        }),
        instances: None,
    }
}

pub(super) fn by_description(text: &str) -> BalancerGroup {
    BalancerGroup {
        id: None,
        name: None,
        description: Some(text.to_owned()),
        match_tags: None,
        create: None,
    }
}

/// `coordinator` of the golden example.
pub(super) fn coordinator() -> ProxyLoadBalancerSpec {
    ProxyLoadBalancerSpec {
        name: Some("imply-coordinator-my-peering".parse().unwrap()),
        reference: None,
        listeners: Some(vec![spec::Listener {
            port: 8281,
            protocol: BalancerProtocol::Tcp,
            instance_port: 8281,
            instance_protocol: None,
            certificate_arn: None,
            security_policy: None,
        }]),
        health_check: Some(spec::HealthCheck {
            protocol: Some(BalancerProtocol::Https),
            port: Some(8281),
            path: Some("/druid/coordinator/v1/isLeader".to_owned()),
            interval_seconds: Some(10),
            timeout_seconds: Some(5),
            unhealthy_threshold: Some(2),
            healthy_threshold: Some(2),
        }),
        security_groups: Some(vec![
            by_description("Imply Cloud ELB Unmanaged"),
            by_description("Imply Cloud Default"),
        ]),
        targets: groups(&[("Name", "imply-e04-Master-*")]),
        ..query()
    }
}

pub(super) fn object(spec: ProxyLoadBalancerSpec) -> ProxyLoadBalancer {
    let mut object = ProxyLoadBalancer::new("query", spec);
    object.metadata.namespace = Some("analytics".to_owned());
    object.metadata.uid = Some("uid-1".to_owned());
    object.metadata.generation = Some(1);
    object
}

/// The group whose subnets stand in the world.
pub(super) fn subnet_group() -> SubnetGroup {
    SubnetGroup {
        name: "druid-to-billing".to_owned(),
        vpc: "vpc-ce78dbb7".parse().unwrap(),
        zones: (1..=3)
            .map(|number| {
                let subnet = format!("subnet-0f00000{number}").parse().unwrap();
                (format!("usw2-az{number}").parse().unwrap(), Some(subnet))
            })
            .collect(),
        is_programmed: true,
        is_going: false,
    }
}

/// What an object wants.
pub(super) fn desired(spec: ProxyLoadBalancerSpec) -> Desired {
    let mut object = object(spec);
    object.status = Some(ProxyLoadBalancerStatus::default());
    let accounts = accounts();
    let account = |name: &str| accounts.iter().find(|it| it.metadata.name.as_deref() == Some(name));
    let given = peerway_api::v1alpha1::proxy_load_balancer::GivenSubnets {
        account_ref: peerway_api::v1alpha1::vpc_peering::AccountRef { name: "service".to_owned() },
        region: "us-west-2".parse().unwrap(),
        ids: None,
        match_tags: None,
    };
    let is_in_group = object.spec.subnets.is_none();
    let spec = object.spec.clone();
    object.spec.subnets.get_or_insert(given);
    let namespace: Namespace = namespace();
    let mut desired =
        Desired::from_object(&object, None, account, &namespace, "cluster-1").unwrap();
    desired.spec = spec;
    desired.group = is_in_group.then(subnet_group);
    desired
}

/// The plan with the record that the visit before left.
pub(super) fn planned(
    desired: &Desired,
    observed: &Observed,
    previous: Option<&ProxyLoadBalancerStatus>,
) -> (Plan, ProxyLoadBalancerStatus) {
    let plan = plan(desired, observed, &Recorded::of(previous));
    let status = status(StatusInput {
        previous,
        generation: 1,
        presence: desired.presence,
        plan: &plan,
        outcome: &Outcome::default(),
        now: now(),
        awake_since: peerway_model::Timestamp::MIN,
        stale_after: std::time::Duration::from_secs(150),
    });
    (plan, status)
}

/// Plays plans until nothing is left to do: the world then, the status, and every step in order.
pub(super) fn played(
    desired: &Desired,
    mut observed: Observed,
    previous: Option<ProxyLoadBalancerStatus>,
) -> (Observed, ProxyLoadBalancerStatus, Vec<Step>) {
    let mut status = previous;
    let mut done = Vec::new();
    for _ in 0..32 {
        let (plan, next) = planned(desired, &observed, status.as_ref());
        status = Some(next);
        if plan.steps.is_empty() {
            return (observed, status.unwrap(), done);
        }
        for step in plan.steps {
            observed = project(&observed, &step);
            done.push(step);
        }
    }
    panic!("it never rests: {done:#?}");
}

/// The steps as people read them, without the place.
pub(super) fn texts(steps: &[Step]) -> Vec<String> {
    let text = |step: &Step| step.to_string().split("  (").next().unwrap().to_owned();
    steps.iter().map(text).collect()
}

/// The balancer of a name.
pub(super) fn balancer(observed: &Observed, name: &str) -> Option<LoadBalancer> {
    let part = observed.views[&service()].load_balancers.as_ref()?.current().ok()?;
    part.get(&name.parse().unwrap()).cloned()
}

/// Impala's workers: three instances that nobody scales, with an interface each.
pub(super) fn with_workers(mut estate: Estate) -> Estate {
    for number in 0..3_u8 {
        let zone = char::from(b'a' + number);
        estate = with_instance(
            estate,
            &format!("i-0f00000{number}"),
            &format!("us-west-2{zone}"),
            None,
            &[("type", "worker")],
        );
    }
    estate
}

/// A running instance that carries the default group.
pub(super) fn with_instance(
    mut estate: Estate,
    id: &str,
    zone: &str,
    group: Option<&str>,
    marks: &[(&str, &str)],
) -> Estate {
    let default: peerway_model::SecurityGroupId = "sg-0def0001".parse().unwrap();
    let interface = id.replace("i-0f", "eni-0b").replace("i-0e", "eni-0c");
    estate.instances.push(Instance {
        id: id.parse().unwrap(),
        vpc: Some("vpc-ce78dbb7".parse().unwrap()),
        subnet: Some("subnet-0a000001".parse().unwrap()),
        zone: zone.parse().unwrap(),
        state: "running".to_owned(),
        auto_scaling_group: group.map(str::to_owned),
        interfaces: vec![(interface.parse().unwrap(), vec![default.clone()])],
        tags: tags(marks),
    });
    estate.network_interfaces.push(NetworkInterface {
        id: interface.parse().unwrap(),
        vpc: "vpc-ce78dbb7".parse().unwrap(),
        subnet: "subnet-0a000001".parse().unwrap(),
        addresses: Vec::new(),
        description: String::new(),
        is_requester_managed: false,
        owner: "111111111111".parse().unwrap(),
        requester: None,
        groups: vec![default],
        instance: Some(id.to_owned()),
    });
    estate
}

/// A group to make, that admits a block to a port.
pub(super) fn made_group(name: &str, port: u16, cidrs: &[&str]) -> BalancerGroup {
    let create = spec::NewGroup {
        name: name.to_owned(),
        description: None,
        ingress: vec![spec::NewGroupIngress {
            protocol: IngressProtocol::Tcp,
            ports: Some(Ports { from: port, to: port }),
            cidrs: Some(cidrs.iter().map(|cidr| cidr.parse().unwrap()).collect()),
            security_group_id: None,
        }],
    };
    BalancerGroup {
        id: None,
        name: None,
        description: None,
        match_tags: None,
        create: Some(create),
    }
}

/// Instances with this tag.
pub(super) fn workers() -> InstanceTargets {
    InstanceTargets {
        ids: None,
        match_tags: Some(by_tags(&[("type", "worker")])),
        allow_from: None,
        backend_security_group: None,
    }
}

/// Rules of ours on the default group.
pub(super) fn allowed(instances: InstanceTargets) -> InstanceTargets {
    let security_group = SecurityGroupSelector {
        id: Some("sg-0def0001".parse().unwrap()),
        name: None,
        description: None,
        match_tags: None,
    };
    InstanceTargets { allow_from: Some(AllowFrom { security_group }), ..instances }
}

/// A group of ours for the instances.
pub(super) fn backed(instances: InstanceTargets) -> InstanceTargets {
    let create = NewBackendGroup { name: "impala-be".to_owned(), description: None };
    InstanceTargets { backend_security_group: Some(BackendGroup { create }), ..instances }
}

pub(super) fn spec_listener(port: u16, protocol: BalancerProtocol) -> spec::Listener {
    spec::Listener {
        port,
        protocol,
        instance_port: port,
        instance_protocol: None,
        certificate_arn: None,
        security_policy: None,
    }
}

/// A balancer of its own, with a group of its own, for the workers.
pub(super) fn impala(instances: InstanceTargets) -> ProxyLoadBalancerSpec {
    ProxyLoadBalancerSpec {
        name: Some("impala".parse().unwrap()),
        reference: None,
        listeners: Some(vec![spec_listener(21000, BalancerProtocol::Tcp)]),
        health_check: Some(spec::HealthCheck {
            protocol: Some(BalancerProtocol::Tcp),
            port: Some(21000),
            ..spec::HealthCheck::default()
        }),
        security_groups: Some(vec![made_group("impala-fe", 21000, &["10.0.0.0/8"])]),
        targets: Targets { auto_scaling_groups: None, instances: Some(instances) },
        ..query()
    }
}
