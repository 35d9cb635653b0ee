//! Whatever has an address in a subnet: instances, interfaces, NAT gateways; and Elastic IP addresses.
//!
//! Who says an address gets it before anybody gets one that is free.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use peerway_model::{NatConnectivity, NatGatewayId, SecurityGroupId, SubnetId, VpcId};

use super::network::vpc_id;
use super::{Loading, Place, at, maker, problem, refused};
use crate::ec2::addresses::Address;
use crate::ec2::instances::{
    self, Answers, Credits, Details, InstanceState, Metadata, Port, Processors,
};
use crate::ec2::nat_gateways::{NatGateway, NatState};
use crate::ec2::network_interfaces::{self, AWS, Holder, NetworkInterface};
use crate::ec2::{addresses, images, security_groups};
use crate::estate::{EstateError, Regional, format};
use crate::id::{InstanceId, NetworkInterfaceId, derived, digest};
use crate::state::{SharedTags, Spot};

/// The type of an instance of which the estate says none.
pub(in crate::estate) const USUAL_TYPE: &str = "m5.large";

/// The id of the primary interface of an instance, where an estate does not name it.
pub(in crate::estate) fn primary_id(instance: &InstanceId) -> NetworkInterfaceId {
    derived(&[instance.as_str(), "0"])
}

/// The id of the interface of a NAT gateway, where an estate does not name it.
pub(in crate::estate) fn nat_interface_id(nat: &NatGatewayId) -> NetworkInterfaceId {
    derived(&[nat.as_str(), "interface"])
}

/// The id given, or the one that follows from VPC and position.
pub(super) fn instance_id(vpc: &VpcId, position: usize, instance: &format::Instance) -> InstanceId {
    let derived = || derived(&[vpc.as_str(), "instance", &position.to_string()]);
    instance.id.clone().unwrap_or_else(derived)
}

/// The id given, or the one that follows from VPC, subnet and position.
pub(super) fn nat_id(vpc: &VpcId, position: usize, nat: &format::NatGateway) -> NatGatewayId {
    let derived = || derived(&[vpc.as_str(), nat.subnet.as_str(), &position.to_string()]);
    nat.id.clone().unwrap_or_else(derived)
}

/// An interface that waits for its address.
struct Waiting {
    id: NetworkInterfaceId,
    address: Option<Ipv4Addr>,
    /// With any address; the right one comes later.
    interface: NetworkInterface,
}

impl Loading<'_> {
    /// Instances, interfaces, NAT gateways, Elastic IP addresses.
    pub(super) fn hosts(&mut self, spot: &Spot, regional: &Regional) -> Result<(), EstateError> {
        let mut waiting = Vec::new();
        for (position, vpc) in regional.vpcs.iter().enumerate() {
            let id = vpc_id(spot, position, vpc);
            for (position, instance) in vpc.instances.iter().enumerate() {
                waiting.extend(self.instance(spot, &id, position, vpc, instance)?);
            }
            for interface in &vpc.interfaces {
                waiting.push(self.interface(spot, &id, interface)?);
            }
            for (position, nat) in vpc.nat_gateways.iter().enumerate() {
                waiting.push(self.nat_gateway(spot, &id, position, nat)?);
            }
        }
        waiting.sort_by_key(|waiting| waiting.address.is_none());
        for one in waiting {
            self.install(spot, one)?;
        }
        for address in &regional.addresses {
            self.address(spot, address)?;
        }
        Ok(())
    }

    fn install(&mut self, spot: &Spot, waiting: Waiting) -> Result<(), EstateError> {
        let Waiting { id, address, mut interface } = waiting;
        let place = at(spot, &id);
        let region = self.state.at_mut(spot);
        if region.network_interfaces.contains_key(&id) {
            return Err(problem(place, "the interface is there twice"));
        }
        interface.address =
            network_interfaces::choose(region, &interface.subnet, address, &interface.secondary)
                .map_err(refused(place))?;
        if let Holder::Instance { id: instance, device, .. } = &interface.holder
            && region.devices.get(instance).is_some_and(|devices| devices.contains_key(device))
        {
            return Err(problem(
                place,
                format!("{instance} has another interface with the number {device}"),
            ));
        }
        network_interfaces::install(region, &id, interface);
        Ok(())
    }

    /// A subnet that must be one of this VPC.
    fn subnet_of(
        &self,
        spot: &Spot,
        vpc: &VpcId,
        subnet: &SubnetId,
        place: Place<'_>,
    ) -> Result<(), EstateError> {
        match self.state.at(spot).subnets.get(subnet) {
            Some(found) if found.vpc == *vpc => Ok(()),
            _ => Err(problem(place, format!("{subnet} is no subnet of {vpc}"))),
        }
    }

    fn groups_of(
        &self,
        spot: &Spot,
        vpc: &VpcId,
        groups: Option<&BTreeSet<SecurityGroupId>>,
        place: Place<'_>,
    ) -> Result<BTreeSet<SecurityGroupId>, EstateError> {
        let region = self.state.at(spot);
        let Some(groups) = groups else {
            return Ok(security_groups::default_of(region, vpc).cloned().into_iter().collect());
        };
        let most = self.settings.quotas.groups_per_interface;
        network_interfaces::check_groups(region, most, vpc, groups).map_err(refused(place))?;
        Ok(groups.clone())
    }

    fn instance(
        &mut self,
        spot: &Spot,
        vpc: &VpcId,
        position: usize,
        of: &format::Vpc,
        instance: &format::Instance,
    ) -> Result<Option<Waiting>, EstateError> {
        let id = instance_id(vpc, position, instance);
        let place = at(spot, &id);
        self.subnet_of(spot, vpc, &instance.subnet, place)?;
        let groups = self.groups_of(spot, vpc, instance.security_groups.as_ref(), place)?;
        let kind = instance.kind.as_deref().unwrap_or(USUAL_TYPE);
        instances::read_type(kind).map_err(refused(place))?;
        let image = match &instance.image {
            None => images::usual(&spot.region),
            Some(image) => images::read(&spot.region, image.as_str()).map_err(refused(place))?,
        };
        let details = &instance.details;
        let maker = maker(instance.made_by.as_ref());
        let loaded = instances::Instance {
            image,
            kind: kind.into(),
            vpc: vpc.clone(),
            subnet: instance.subnet.clone(),
            state: if instance.stopped { InstanceState::Stopped } else { InstanceState::Running },
            reservation: details.reservation.clone().unwrap_or_else(|| derived(&[id.as_str()])),
            launch_index: details.launch_index,
            launched: self.now,
            details: Details {
                key_name: details.key_name.clone(),
                user_data: details.user_data.clone(),
                profile: details.profile.clone(),
                client_token: details.client_token.clone(),
                is_protected: details.termination_protection,
                is_stop_protected: details.stop_protection,
                terminates_on_shutdown: details.terminates_on_shutdown,
                is_monitored: details.monitoring,
                is_ebs_optimized: details.ebs_optimized,
                wants_public: instance.lends_public_address,
                credits: read_credits(kind, details.cpu_credits.as_deref())
                    .map_err(|error| problem(place, error))?,
                metadata: read_metadata(details.metadata).map_err(|error| problem(place, error))?,
                processors: details
                    .cpu
                    .map(|cpu| Processors { cores: cpu.cores, threads: cpu.threads }),
            },
            answers: read_answers(instance.leader, instance.answers.as_deref())
                .map_err(|error| problem(place, error))?,
            tags: Arc::new(instance.tags.clone()),
            maker: Arc::clone(&maker),
        };
        if self.state.at_mut(spot).instances.insert(id.clone(), loaded).is_some() {
            return Err(problem(place, "the instance is there twice"));
        }
        let mut others = of.interfaces.iter();
        if others.any(|other| other.instance.as_ref() == Some(&id) && other.device == 0) {
            let is_said = instance.ip.is_some()
                || instance.interface.is_some()
                || instance.security_groups.is_some()
                || instance.public_ip.is_some();
            return if is_said {
                Err(problem(
                    place,
                    "its primary interface is listed among `interfaces`: addresses and groups are said there",
                ))
            } else {
                Ok(None)
            };
        }
        let holder =
            Holder::Instance { id: id.clone(), device: 0, goes_with_it: true, since: self.now };
        Ok(Some(Waiting {
            id: instance.interface.clone().unwrap_or_else(|| primary_id(&id)),
            address: instance.ip,
            interface: NetworkInterface {
                vpc: vpc.clone(),
                subnet: instance.subnet.clone(),
                address: Ipv4Addr::UNSPECIFIED,
                secondary: BTreeSet::new(),
                public: instance.public_ip,
                groups,
                description: String::new(),
                source_dest_check: true,
                holder,
                tags: SharedTags::default(),
                maker,
            },
        }))
    }

    fn interface(
        &mut self,
        spot: &Spot,
        vpc: &VpcId,
        interface: &format::Interface,
    ) -> Result<Waiting, EstateError> {
        let place = at(spot, &interface.id);
        self.subnet_of(spot, vpc, &interface.subnet, place)?;
        let holder = match &interface.instance {
            None => Holder::Nobody,
            Some(id) => {
                let region = self.state.at(spot);
                let instance = region.instances.get(id).filter(|instance| instance.vpc == *vpc);
                let instance = instance
                    .ok_or_else(|| problem(place, format!("{id} is no instance of {vpc}")))?;
                let zone = |subnet: &SubnetId| region.subnets.get(subnet).map(|it| &it.zone);
                if zone(&instance.subnet) != zone(&interface.subnet) {
                    return Err(problem(place, format!("{id} stands in another zone")));
                }
                Holder::Instance {
                    id: id.clone(),
                    device: interface.device,
                    goes_with_it: interface.delete_on_termination,
                    since: self.now,
                }
            }
        };
        Ok(Waiting {
            id: interface.id.clone(),
            address: interface.ip,
            interface: NetworkInterface {
                vpc: vpc.clone(),
                subnet: interface.subnet.clone(),
                address: Ipv4Addr::UNSPECIFIED,
                secondary: interface.secondary_ips.clone(),
                public: interface.public_ip,
                groups: self.groups_of(spot, vpc, interface.security_groups.as_ref(), place)?,
                description: interface.description.clone(),
                source_dest_check: interface.source_dest_check,
                holder,
                tags: Arc::new(interface.tags.clone()),
                maker: maker(interface.made_by.as_ref()),
            },
        })
    }

    fn nat_gateway(
        &mut self,
        spot: &Spot,
        vpc: &VpcId,
        position: usize,
        nat: &format::NatGateway,
    ) -> Result<Waiting, EstateError> {
        let id = nat_id(vpc, position, nat);
        let place = at(spot, &id);
        self.subnet_of(spot, vpc, &nat.subnet, place)?;
        let interface = nat.interface.clone().unwrap_or_else(|| nat_interface_id(&id));
        let connectivity =
            if nat.private { NatConnectivity::Private } else { NatConnectivity::Public };
        let loaded = NatGateway {
            vpc: vpc.clone(),
            subnet: nat.subnet.clone(),
            connectivity,
            state: NatState::Available,
            interface: Some(interface.clone()),
            created: self.now,
            deleted: None,
            tags: Arc::new(nat.tags.clone()),
            maker: maker(nat.made_by.as_ref()),
        };
        if self.state.at_mut(spot).nat_gateways.insert(id.clone(), loaded).is_some() {
            return Err(problem(place, "the NAT gateway is there twice"));
        }
        Ok(Waiting {
            id: interface,
            address: nat.ip,
            interface: NetworkInterface {
                vpc: vpc.clone(),
                subnet: nat.subnet.clone(),
                address: Ipv4Addr::UNSPECIFIED,
                secondary: BTreeSet::new(),
                public: None,
                groups: BTreeSet::new(),
                description: format!("Interface for NAT Gateway {id}"),
                source_dest_check: false,
                holder: Holder::NatGateway(id),
                tags: SharedTags::default(),
                maker: AWS.into(),
            },
        })
    }

    fn address(&mut self, spot: &Spot, address: &format::Address) -> Result<(), EstateError> {
        let place = at(spot, &address.id);
        let region = self.state.at_mut(spot);
        if let Some(interface) = &address.interface {
            if !region.network_interfaces.contains_key(interface) {
                return Err(problem(place, format!("{interface} is no interface of this Region")));
            }
            if addresses::of_interface(region, interface).is_some() {
                return Err(problem(place, format!("{interface} has another address")));
            }
        }
        let number = || digest(0, &[address.id.as_str()]);
        let public = address.ip.unwrap_or_else(|| addresses::public_address(region, number()));
        let loaded = Address {
            public,
            interface: address.interface.clone(),
            tags: Arc::new(address.tags.clone()),
            maker: maker(address.made_by.as_ref()),
        };
        match region.addresses.insert(address.id.clone(), loaded) {
            None => Ok(()),
            Some(_) => Err(problem(place, "the address is there twice")),
        }
    }
}

fn read_credits(kind: &str, said: Option<&str>) -> Result<Option<Credits>, String> {
    let Some(said) = said else { return Ok(Credits::usual(kind)) };
    let read = Credits::read(said);
    read.map(Some).ok_or_else(|| format!("cpuCredits is standard or unlimited, not {said:?}"))
}

fn read_metadata(said: format::MetadataService) -> Result<Metadata, String> {
    let hop_limit = said.hop_limit.unwrap_or(Metadata::default().hop_limit);
    if !(1..=64).contains(&hop_limit) {
        return Err(format!("a hopLimit lies between 1 and 64: {hop_limit}"));
    }
    Ok(Metadata {
        is_enabled: !said.disabled,
        needs_tokens: !said.tokens_optional,
        hop_limit,
        over_ipv6: said.ipv6,
        tells_tags: said.tags,
    })
}

/// What an instance answers, in a world's form.
pub(crate) fn read_answers(
    is_leader: bool,
    answers: Option<&[format::Answer]>,
) -> Result<Answers, String> {
    let Some(answers) = answers else { return Ok(Answers { is_leader, ports: None }) };
    let mut ports = std::collections::BTreeMap::new();
    for answer in answers {
        let statuses = answer.paths.iter().flatten().map(|(_, status)| *status);
        if let Some(status) = statuses.into_iter().find(|status| !(100..600).contains(status)) {
            return Err(format!("{status} is no HTTP status"));
        }
        let port = Port { tls: answer.tls, paths: answer.paths.clone() };
        if ports.insert(answer.port, port).is_some() {
            return Err(format!("the port {} is there twice", answer.port));
        }
    }
    Ok(Answers { is_leader, ports: Some(ports) })
}
