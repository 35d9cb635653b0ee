//! Certificates and Classic balancers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use peerway_model::{SubnetId, VpcId};

use super::{Loading, Place, at, maker, problem, refused_for};
use crate::ApiError;
use crate::ec2::network_interfaces::{self, AWS, Holder, NetworkInterface};
use crate::ec2::security_groups;
use crate::elb::{
    self, AccessLog, Attributes, Balancer, Certificate, HealthCheck, HealthCheckItem, Member,
    Policy, PolicyAttribute,
};
use crate::estate::{EstateError, Regional, format};
use crate::id::{NetworkInterfaceId, derived};
use crate::state::{RegionState, Spot};

impl Loading<'_> {
    pub(super) fn balancers(
        &mut self,
        spot: &Spot,
        regional: &Regional,
    ) -> Result<(), EstateError> {
        let region = self.state.at_mut(spot);
        region.log_buckets.clone_from(&regional.log_buckets);
        for certificate in &regional.certificates {
            let loaded = Certificate {
                domain: certificate.domain.clone(),
                tags: certificate.tags.clone(),
                maker: maker(certificate.made_by.as_ref()),
            };
            if region.certificates.insert(certificate.arn.clone(), loaded).is_some() {
                let place = at(spot, &certificate.arn);
                return Err(problem(place, "the certificate is there twice"));
            }
        }
        for balancer in &regional.load_balancers {
            self.balancer(spot, balancer)?;
        }
        Ok(())
    }

    fn balancer(
        &mut self,
        spot: &Spot,
        balancer: &format::LoadBalancer,
    ) -> Result<(), EstateError> {
        let name = &balancer.name;
        let place = at(spot, &name);
        let now = self.now;
        let region = self.state.at_mut(spot);
        let loaded = read(spot, region, balancer, place)?;
        let mut loaded = Balancer { created: now, ..loaded };
        for id in &balancer.instances {
            match region.instances.get(id) {
                Some(instance) if instance.vpc == loaded.vpc => {}
                _ => {
                    let what = format!("{id} is no instance of {}", loaded.vpc);
                    return Err(problem(place, what).of("instances"));
                }
            }
            let passes = elb::passes(region, &loaded, id);
            loaded.members.insert(id.clone(), Member::settled(now, passes));
        }
        for subnet in &loaded.subnets {
            stand(region, name, &loaded, subnet).map_err(refused_for(place, "subnets"))?;
        }
        match region.balancers.insert(name.clone(), loaded) {
            None => Ok(()),
            Some(_) => Err(problem(place, "the balancer is there twice")),
        }
    }
}

/// Gives a balancer an interface whose id follows from where it stands.
fn stand(
    region: &mut RegionState,
    name: &str,
    balancer: &Balancer,
    subnet: &SubnetId,
) -> Result<(), ApiError> {
    let id: NetworkInterfaceId = derived(&["elb", name, subnet.as_str()]);
    let secondary = std::collections::BTreeSet::new();
    let address = network_interfaces::choose(region, subnet, None, &secondary)?;
    let interface = NetworkInterface {
        vpc: balancer.vpc.clone(),
        subnet: subnet.clone(),
        address,
        secondary,
        public: None,
        groups: balancer.groups.clone(),
        description: elb::interface_description(name),
        source_dest_check: true,
        holder: Holder::Balancer(name.to_owned()),
        tags: Arc::default(),
        maker: AWS.into(),
    };
    network_interfaces::install(region, &id, interface);
    Ok(())
}

fn read(
    spot: &Spot,
    region: &RegionState,
    balancer: &format::LoadBalancer,
    place: Place<'_>,
) -> Result<Balancer, EstateError> {
    let wrong = |field| refused_for(place, field);
    let name = &balancer.name;
    elb::check_name(name).map_err(wrong("name"))?;
    let vpc = check_subnets(region, &balancer.subnets).map_err(wrong("subnets"))?;
    let groups = match &balancer.security_groups {
        None => security_groups::default_of(region, &vpc).cloned().into_iter().collect(),
        Some(groups) => {
            network_interfaces::check_groups(region, usize::MAX, &vpc, groups)
                .map_err(wrong("securityGroups"))?;
            groups.clone()
        }
    };
    let mut listeners = read_listeners(region, balancer, place)?;
    for listener in &balancer.listeners {
        if let (Some(policies), Some(of)) = (&listener.policies, listeners.get_mut(&listener.port))
        {
            of.policies.clone_from(policies);
        }
    }
    let policies = read_policies(balancer, &listeners).map_err(wrong("policies"))?;
    let named = listeners.values().flat_map(|listener| &listener.policies);
    let mut named = named.chain(balancer.backend_policies.values().flatten());
    if let Some(missing) = named.find(|name| !policies.contains_key(*name)) {
        return Err(problem(place, format!("there is no policy {missing}")));
    }
    let first = balancer.listeners.first();
    let first = first.map(|listener| listener.instance_port.unwrap_or(listener.port));
    let health_check = match &balancer.health_check {
        None => HealthCheck::usual(first.unwrap_or(80)),
        Some(check) => read_health_check(check, place)?,
    };
    let attributes = &balancer.attributes;
    let log = attributes.access_log.as_ref();
    if let Some(log) = log.filter(|log| !region.log_buckets.contains(&log.bucket)) {
        let bucket = &log.bucket;
        let what = format!("{bucket} is not among the logBuckets");
        return Err(problem(place, what).of("attributes.accessLog.bucket"));
    }
    let seconds = [
        ("attributes.idleTimeout", Some(attributes.idle_timeout)),
        ("attributes.drainingTimeout", attributes.draining_timeout),
        ("attributes.formerDrainingTimeout", attributes.former_draining_timeout),
    ];
    for (field, seconds) in seconds {
        if let Some(seconds) = seconds {
            elb::check_timeout(field, seconds.into()).map_err(wrong(field))?;
        }
    }
    if let Some(mode) = &attributes.desync_mode {
        elb::check_desync_mode(mode).map_err(wrong("attributes.desyncMode"))?;
    }
    for (field, log) in [
        ("attributes.accessLog.interval", log),
        ("attributes.formerAccessLog.interval", attributes.former_access_log.as_ref()),
    ] {
        if let Some(log) = log {
            elb::read_log_interval(log.interval.into()).map_err(wrong(field))?;
        }
    }
    Ok(Balancer {
        vpc,
        is_internal: !balancer.internet_facing,
        number: balancer.number.unwrap_or_else(|| elb::derived_number(spot, name)),
        subnets: balancer.subnets.clone(),
        groups,
        listeners,
        policies,
        backends: balancer.backend_policies.clone(),
        attributes: Attributes {
            cross_zone: attributes.cross_zone,
            drains: attributes.draining_timeout.is_some(),
            draining_timeout: attributes
                .draining_timeout
                .or(attributes.former_draining_timeout)
                .unwrap_or(elb::USUAL_DRAINING),
            idle_timeout: attributes.idle_timeout,
            logs: log.is_some(),
            access_log: log.or(attributes.former_access_log.as_ref()).map(|log| AccessLog {
                bucket: log.bucket.clone(),
                prefix: log.prefix.clone(),
                interval: log.interval,
            }),
            desync_mode: attributes
                .desync_mode
                .clone()
                .unwrap_or_else(|| Attributes::default().desync_mode),
        },
        health_check,
        members: BTreeMap::new(),
        leaving: BTreeMap::new(),
        created: peerway_model::Timestamp::UNIX_EPOCH,
        tags: Arc::new(balancer.tags.clone()),
        maker: maker(balancer.made_by.as_ref()),
    })
}

/// The subnets of a balancer are there, of one VPC and of one zone each; their VPC.
fn check_subnets(region: &RegionState, subnets: &BTreeSet<SubnetId>) -> Result<VpcId, ApiError> {
    for subnet in subnets {
        crate::scope::find(&region.subnets, subnet)?;
    }
    elb::check_subnets(region, subnets.iter())?;
    elb::check_kind(region, subnets.iter())?;
    let first = subnets.iter().next().and_then(|subnet| region.subnets.get(subnet));
    let vpc = first.map(|subnet| subnet.vpc.clone());
    vpc.ok_or_else(|| ApiError::validation("a balancer needs a subnet"))
}

fn read_listeners(
    region: &RegionState,
    balancer: &format::LoadBalancer,
    place: Place<'_>,
) -> Result<BTreeMap<u16, elb::ListenerSettings>, EstateError> {
    let mut items = Vec::new();
    for (at, listener) in balancer.listeners.iter().enumerate() {
        let ports = [("port", Some(listener.port)), ("instancePort", listener.instance_port)];
        for (field, port) in ports {
            if port == Some(0) {
                let what = "a port must be between 1 and 65535: 0";
                return Err(problem(place, what).of(&format!("listeners[{at}].{field}")));
            }
        }
        items.push(elb::Listener {
            protocol: listener.protocol.clone(),
            load_balancer_port: listener.port.into(),
            instance_protocol: listener.instance_protocol.clone(),
            instance_port: listener.instance_port.unwrap_or(listener.port).into(),
            ssl_certificate_id: listener.certificate.clone(),
        });
        let one = elb::read_listeners(region, &items[at..]);
        one.map_err(refused_for(place, &format!("listeners[{at}]")))?;
    }
    elb::read_listeners(region, &items).map_err(refused_for(place, "listeners"))
}

fn read_health_check(
    check: &format::HealthCheck,
    place: Place<'_>,
) -> Result<HealthCheck, EstateError> {
    elb::check_target(&check.target).map_err(refused_for(place, "healthCheck.target"))?;
    let item = HealthCheckItem {
        target: check.target.clone(),
        interval: check.interval.into(),
        timeout: check.timeout.into(),
        unhealthy_threshold: check.unhealthy_threshold.into(),
        healthy_threshold: check.healthy_threshold.into(),
    };
    HealthCheck::read(&item).map_err(refused_for(place, "healthCheck"))
}

/// The policies of a balancer; what others refer to comes first, whatever the order in the file.
fn read_policies(
    balancer: &format::LoadBalancer,
    listeners: &BTreeMap<u16, elb::ListenerSettings>,
) -> Result<BTreeMap<String, Policy>, ApiError> {
    let mut policies = elb::default_policies(listeners.values());
    let mut waiting: Vec<&format::Policy> = balancer.policies.iter().collect();
    waiting.sort_by_key(|policy| !policy.attributes.iter().any(|it| it.name == "PublicKey"));
    for policy in waiting {
        let attributes = policy.attributes.iter();
        let attributes: Vec<PolicyAttribute> = attributes
            .map(|it| PolicyAttribute {
                attribute_name: it.name.clone(),
                attribute_value: it.value.clone(),
            })
            .collect();
        elb::check_attributes(&policies, &policy.kind, &attributes)?;
        let attributes = attributes.into_iter().map(|it| (it.attribute_name, it.attribute_value));
        let loaded = Policy { type_name: policy.kind.clone(), attributes: attributes.collect() };
        policies.insert(policy.name.clone(), loaded);
    }
    Ok(policies)
}
