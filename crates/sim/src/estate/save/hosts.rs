//! Instances, interfaces, NAT gateways, Elastic IP addresses, and what belongs to AWS's own services.
//!
//! Saved is what lasts: an instance that is ending is gone with all that goes with it, one that is starting runs.
//! Interfaces of AWS's services follow from these.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use peerway_model::{NatConnectivity, SecurityGroupId, Tags, VpcId};

use super::Saving;
use crate::autoscaling::GROUP_TAG;
use crate::ec2::instances::{self, Credits, InstanceState, Metadata, primary_interface};
use crate::ec2::network_interfaces::{Holder, NetworkInterface};
use crate::ec2::{images, nat_gateways, security_groups};
use crate::estate::load::{USUAL_TYPE, nat_interface_id, primary_id};
use crate::estate::{
    Address, Answer, Instance, InstanceDetails, Interface, KeyPair, LaunchTemplate,
    LaunchTemplateVersion, MetadataService, NatGateway, Processors,
};
use crate::id::{InstanceId, NetworkInterfaceId, ReservationId, derived};
use crate::wire::query::to_params;

impl Saving<'_> {
    /// Whether an interface will be there when this estate is loaded, with what it then belongs to.
    pub(super) fn keeps(&self, interface: &NetworkInterface) -> bool {
        match &interface.holder {
            Holder::Nobody => true,
            Holder::Instance { id, goes_with_it, .. } => !goes_with_it || self.lasts(id),
            Holder::NatGateway(id) => {
                self.region.nat_gateways.get(id).is_some_and(|nat| nat.state.is_live())
            }
            Holder::Balancer(_) => false,
        }
    }

    fn lasts(&self, instance: &InstanceId) -> bool {
        self.region.instances.get(instance).is_some_and(|instance| instance.state.is_live())
    }

    /// Whether an interface is what an instance comes with when nothing more is said.
    fn is_plain(&self, id: &NetworkInterfaceId, interface: &NetworkInterface) -> bool {
        let Holder::Instance { id: instance, device: 0, goes_with_it: true, .. } =
            &interface.holder
        else {
            return false;
        };
        let maker = self.region.instances.get(instance).map(|instance| &instance.maker);
        primary_interface(self.region, instance).is_some_and(|(primary, _)| primary == id)
            && interface.secondary.is_empty()
            && interface.description.is_empty()
            && interface.source_dest_check
            && interface.tags.is_empty()
            && (!self.include.makers || maker == Some(&interface.maker))
    }

    /// The groups of an interface; none where they are what AWS gives who asks for none.
    fn groups(&self, interface: &NetworkInterface) -> Option<BTreeSet<SecurityGroupId>> {
        let default = security_groups::default_of(self.region, &interface.vpc);
        let is_usual = interface.groups.len() == 1 && interface.groups.first() == default;
        (!is_usual).then(|| interface.groups.clone())
    }

    pub(super) fn instances(&self, vpc: &VpcId) -> Vec<Instance> {
        let all = self.region.instances.iter();
        let kept = all.filter(|(_, instance)| instance.vpc == *vpc && instance.state.is_live());
        kept.map(|(id, instance)| self.instance(id, instance)).collect()
    }

    fn instance(&self, id: &InstanceId, instance: &instances::Instance) -> Instance {
        let primary = primary_interface(self.region, id);
        let plain = primary
            .filter(|(id, interface)| !self.include.untouched && self.is_plain(id, interface));
        let details = &instance.details;
        let ports = instance.answers.ports.as_ref().map(|ports| {
            let answers = ports.iter().map(|(port, content)| Answer {
                port: *port,
                tls: content.tls,
                paths: content.paths.clone(),
            });
            answers.collect()
        });
        let own: ReservationId = derived(&[id.as_str()]);
        let is_stopped = matches!(instance.state, InstanceState::Stopping | InstanceState::Stopped);
        Instance {
            id: Some(id.clone()),
            subnet: instance.subnet.clone(),
            ip: plain.map(|(_, interface)| interface.address),
            interface: plain
                .map(|(interface, _)| interface.clone())
                .filter(|interface| *interface != primary_id(id)),
            security_groups: plain.and_then(|(_, interface)| self.groups(interface)),
            stopped: is_stopped,
            leader: instance.answers.is_leader,
            answers: ports,
            image: Some(instance.image.clone())
                .filter(|image| *image != images::usual(&self.spot.region)),
            kind: Some(instance.kind.to_string()).filter(|kind| kind != USUAL_TYPE),
            public_ip: plain.and_then(|(_, interface)| interface.public),
            lends_public_address: details.wants_public,
            details: InstanceDetails {
                reservation: Some(instance.reservation.clone()).filter(|it| *it != own),
                launch_index: instance.launch_index,
                key_name: details.key_name.clone(),
                user_data: details.user_data.clone(),
                profile: details.profile.clone(),
                client_token: details.client_token.clone(),
                termination_protection: details.is_protected,
                stop_protection: details.is_stop_protected,
                terminates_on_shutdown: details.terminates_on_shutdown,
                monitoring: details.is_monitored,
                ebs_optimized: details.is_ebs_optimized,
                cpu_credits: details
                    .credits
                    .filter(|credits| Some(*credits) != Credits::usual(&instance.kind))
                    .map(|credits| credits.as_str().to_owned()),
                cpu: details
                    .processors
                    .map(|it| Processors { cores: it.cores, threads: it.threads }),
                metadata: metadata(details.metadata),
            },
            tags: self.tags_of(id, instance),
            made_by: self.made_by(&instance.maker),
        }
    }

    /// An instance's tags, without the one that follows from its group.
    fn tags_of(&self, id: &InstanceId, instance: &instances::Instance) -> Tags {
        let mut tags = (*instance.tags).clone();
        let group = tags.get(GROUP_TAG).and_then(|name| self.region.scaling_groups.get(name));
        if group.is_some_and(|group| !group.is_deleting && group.members.contains_key(id)) {
            tags.remove(GROUP_TAG);
        }
        tags
    }

    pub(super) fn interfaces(&self, vpc: &VpcId) -> Vec<Interface> {
        let all = self.region.network_interfaces.iter();
        let listed = all.filter(|(id, interface)| {
            interface.vpc == *vpc
                && !interface.holder.is_aws()
                && self.keeps(interface)
                && (self.include.untouched || !self.is_plain(id, interface))
        });
        listed.map(|(id, interface)| self.interface(id, interface)).collect()
    }

    fn interface(&self, id: &NetworkInterfaceId, interface: &NetworkInterface) -> Interface {
        let (instance, device, delete_on_termination) = match &interface.holder {
            Holder::Instance { id, device, goes_with_it, .. } if self.lasts(id) => {
                (Some(id.clone()), *device, *goes_with_it)
            }
            _ => (None, 0, false),
        };
        Interface {
            id: id.clone(),
            subnet: interface.subnet.clone(),
            ip: Some(interface.address),
            secondary_ips: interface.secondary.clone(),
            public_ip: interface.public,
            security_groups: self.groups(interface),
            description: interface.description.clone(),
            source_dest_check: interface.source_dest_check,
            instance,
            device,
            delete_on_termination,
            tags: (*interface.tags).clone(),
            made_by: self.made_by(&interface.maker),
        }
    }

    pub(super) fn nat_gateways(&self, vpc: &VpcId) -> Vec<NatGateway> {
        let all = self.region.nat_gateways.iter();
        let kept = all.filter(|(_, nat)| nat.vpc == *vpc && nat.state.is_live());
        kept.map(|(id, nat)| {
            let usual = nat_interface_id(id);
            NatGateway {
                id: Some(id.clone()),
                subnet: nat.subnet.clone(),
                ip: self.address_of(nat),
                interface: nat.interface.clone().filter(|interface| *interface != usual),
                private: nat.connectivity == NatConnectivity::Private,
                tags: (*nat.tags).clone(),
                made_by: self.made_by(&nat.maker),
            }
        })
        .collect()
    }

    fn address_of(&self, nat: &nat_gateways::NatGateway) -> Option<Ipv4Addr> {
        let interface = self.region.network_interfaces.get(nat.interface.as_ref()?)?;
        Some(interface.address)
    }

    pub(super) fn key_pairs(&self) -> Vec<KeyPair> {
        let all = self.region.key_pairs.iter();
        all.map(|(id, key)| KeyPair {
            id: Some(id.clone()),
            name: key.name.to_string(),
            ed25519: key.kind == "ed25519",
            fingerprint: Some(key.fingerprint.clone()),
            public_key: key.public.clone(),
            tags: (*key.tags).clone(),
            made_by: self.made_by(&key.maker),
        })
        .collect()
    }

    pub(super) fn launch_templates(&self) -> Vec<LaunchTemplate> {
        let all = self.region.launch_templates.iter();
        all.map(|(id, template)| {
            let versions = template.versions.iter().map(|(number, version)| {
                // What was read from parameters has the form of parameters.
                let data = to_params(&version.data).unwrap_or_default();
                let saved = LaunchTemplateVersion {
                    description: version.description.clone(),
                    data: data.into_iter().collect(),
                    made_by: self.made_by(&version.maker),
                };
                (*number, saved)
            });
            let first = template.versions.keys().next().copied();
            let last = template.versions.keys().next_back().copied();
            let says_all = self.include.untouched;
            LaunchTemplate {
                id: Some(id.clone()),
                name: template.name.to_string(),
                versions: versions.collect(),
                default: Some(template.default)
                    .filter(|default| says_all || Some(*default) != first),
                latest: Some(template.latest).filter(|latest| says_all || Some(*latest) != last),
                tags: (*template.tags).clone(),
                made_by: self.made_by(&template.maker),
            }
        })
        .collect()
    }

    pub(super) fn addresses(&self) -> Vec<Address> {
        let all = self.region.addresses.iter();
        all.map(|(id, address)| {
            let used = address.interface.as_ref();
            let used = used.and_then(|id| self.region.network_interfaces.get_key_value(id));
            Address {
                id: id.clone(),
                ip: Some(address.public),
                interface: used
                    .filter(|(_, interface)| self.keeps(interface))
                    .map(|(id, _)| id.clone()),
                tags: (*address.tags).clone(),
                made_by: self.made_by(&address.maker),
            }
        })
        .collect()
    }
}

fn metadata(metadata: Metadata) -> MetadataService {
    let usual = Metadata::default();
    MetadataService {
        disabled: !metadata.is_enabled,
        tokens_optional: !metadata.needs_tokens,
        hop_limit: Some(metadata.hop_limit).filter(|limit| *limit != usual.hop_limit),
        ipv6: metadata.over_ipv6,
        tags: metadata.tells_tags,
    }
}
