//! Network ACLs: every subnet uses one, from its creation on the VPC's default one, which lets everything pass. Their
//! rules are in `entries.rs`.

mod entries;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use peerway_model::{CidrBlock, Family, Protocol, SubnetId, VpcId};

pub(crate) use entries::{create_entry, delete_entry, read_protocol, replace_entry};
pub use wire::{
    AclAssociationItem, AclPortRange, CreateNetworkAcl, CreateNetworkAclEntry,
    CreateNetworkAclReply, DeleteNetworkAcl, DeleteNetworkAclEntry, DescribeNetworkAcls,
    DescribeNetworkAclsReply, EntryItem, IcmpTypeCode, NetworkAclItem, PortRangeItem,
    ReplaceNetworkAclAssociation, ReplaceNetworkAclAssociationReply, ReplaceNetworkAclEntry,
    TypeCodeItem,
};

use super::listing::{Question, describe as describe_all};
use super::vpcs::Vpc;
use super::{Done, TagSet, tags};
use crate::filters::{Field, Filterable};
use crate::id::{AwsId, NetworkAclAssociationId, NetworkAclId, derived};
use crate::idempotency::once;
use crate::paging::Limits;
use crate::scope::{Scope, find, find_mut};
use crate::state::{Maker, RegionState, SharedTags};
use crate::{Action, ApiError};

/// A network ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NetworkAcl {
    pub(crate) vpc: VpcId,
    pub(crate) is_default: bool,
    /// The rules, without the last one, which denies everything.
    pub(crate) entries: BTreeMap<EntryKey, Entry>,
    pub(crate) associations: BTreeMap<NetworkAclAssociationId, SubnetId>,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

/// What a rule is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EntryKey {
    pub(crate) egress: bool,
    pub(crate) number: u16,
}

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) protocol: Protocol,
    pub(crate) is_allowed: bool,
    pub(crate) block: CidrBlock,
    /// Ports, or type and code of ICMP.
    pub(crate) ports: Option<(i32, i32)>,
}

/// The id of the default ACL of a VPC, where an estate does not name it.
pub(crate) fn default_acl_id(vpc: &VpcId) -> NetworkAclId {
    derived(&[vpc.as_str(), "acl"])
}

/// The id of the association with which a subnet begins: it follows from what it joins.
pub(crate) fn original_association(
    acl: &NetworkAclId,
    subnet: &SubnetId,
) -> NetworkAclAssociationId {
    derived(&[acl.as_str(), subnet.as_str()])
}

/// The rules of a default ACL: everything passes.
pub(crate) fn default_entries(vpc: &Vpc) -> BTreeMap<EntryKey, Entry> {
    let families = ["0.0.0.0/0", "::/0"].into_iter().zip(100..);
    let families = families.take(if vpc.has_ipv6() { 2 } else { 1 });
    let entries = families.flat_map(|(text, number)| {
        let block = text.parse::<CidrBlock>().ok();
        [false, true].into_iter().filter_map(move |egress| {
            let entry =
                Entry { protocol: Protocol::All, is_allowed: true, block: block?, ports: None };
            Some((EntryKey { egress, number }, entry))
        })
    });
    entries.collect()
}

/// Gives a VPC the ACL that AWS makes with it, unless it has one.
pub(crate) fn install_default(region: &mut RegionState, vpc_id: &VpcId, vpc: &Vpc) {
    if default_of(region, vpc_id).is_some() {
        return;
    }
    let acl = NetworkAcl {
        vpc: vpc_id.clone(),
        is_default: true,
        entries: default_entries(vpc),
        associations: BTreeMap::new(),
        tags: SharedTags::default(),
        maker: Arc::clone(&vpc.maker),
    };
    region.network_acls.insert(default_acl_id(vpc_id), acl);
}

/// A VPC has got IPv6 addresses: its default ACL lets them pass too, unless its rules have another number there.
pub(crate) fn vpc_has_ipv6(region: &mut RegionState, vpc: &VpcId) {
    let Some(entries) = region.vpcs.get(vpc).map(default_entries) else { return };
    let Some(id) = default_of(region, vpc).cloned() else { return };
    if let Some(acl) = region.network_acls.get_mut(&id) {
        for (key, entry) in entries.into_iter().filter(|(_, e)| e.block.family() == Family::V6) {
            acl.entries.entry(key).or_insert(entry);
        }
    }
}

/// The default ACL of a VPC.
pub(crate) fn default_of<'a>(region: &'a RegionState, vpc: &VpcId) -> Option<&'a NetworkAclId> {
    let mut acls = region.network_acls.iter();
    acls.find(|(_, acl)| acl.is_default && acl.vpc == *vpc).map(|(id, _)| id)
}

/// A new subnet uses the default ACL of its VPC.
pub(crate) fn subnet_is_created(region: &mut RegionState, vpc: &VpcId, subnet: &SubnetId) {
    let Some(id) = default_of(region, vpc).cloned() else { return };
    let association = original_association(&id, subnet);
    if let Some(acl) = region.network_acls.get_mut(&id) {
        acl.associations.insert(association, subnet.clone());
    }
}

/// A deleted subnet uses no ACL any more.
pub(crate) fn subnet_is_deleted(region: &mut RegionState, subnet: &SubnetId) {
    for acl in region.network_acls.values_mut() {
        acl.associations.retain(|_, user| user != subnet);
    }
}

impl Filterable for NetworkAclItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("association.association-id", |acl, probe| {
            probe.displays(acl.association_set.iter().map(|a| &a.network_acl_association_id));
        }),
        ("association.network-acl-id", |acl, probe| {
            probe.texts(acl.association_set.iter().map(|a| a.network_acl_id.as_str()));
        }),
        ("association.subnet-id", |acl, probe| {
            probe.texts(acl.association_set.iter().map(|a| a.subnet_id.as_str()));
        }),
        ("default", |acl, probe| probe.flag(acl.default)),
        ("entry.cidr", |acl, probe| {
            probe.displays(acl.entry_set.iter().filter_map(|e| e.cidr_block));
        }),
        ("entry.egress", |acl, probe| acl.entry_set.iter().for_each(|e| probe.flag(e.egress))),
        ("entry.icmp.code", |acl, probe| {
            probe.displays(acl.entry_set.iter().filter_map(|e| e.icmp_type_code).map(|c| c.code));
        }),
        ("entry.icmp.type", |acl, probe| {
            probe.displays(acl.entry_set.iter().filter_map(|e| e.icmp_type_code).map(|c| c.kind));
        }),
        ("entry.ipv6-cidr", |acl, probe| {
            probe.displays(acl.entry_set.iter().filter_map(|e| e.ipv6_cidr_block));
        }),
        ("entry.port-range.from", |acl, probe| {
            probe.displays(acl.entry_set.iter().filter_map(|e| e.port_range).map(|r| r.from));
        }),
        ("entry.port-range.to", |acl, probe| {
            probe.displays(acl.entry_set.iter().filter_map(|e| e.port_range).map(|r| r.to));
        }),
        ("entry.protocol", |acl, probe| {
            probe.texts(acl.entry_set.iter().map(|e| e.protocol.as_str()));
        }),
        ("entry.rule-action", |acl, probe| {
            probe.texts(acl.entry_set.iter().map(|e| e.rule_action));
        }),
        ("entry.rule-number", |acl, probe| {
            probe.displays(acl.entry_set.iter().map(|e| e.rule_number));
        }),
        ("network-acl-id", |acl, probe| probe.text(acl.network_acl_id.as_str())),
        ("owner-id", |acl, probe| probe.text(acl.owner_id.as_str())),
        ("vpc-id", |acl, probe| probe.text(acl.vpc_id.as_str())),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

fn show(scope: &Scope<'_>, id: &NetworkAclId, acl: &NetworkAcl) -> NetworkAclItem {
    let has_ipv6 = scope.here().vpcs.get(&acl.vpc).is_some_and(Vpc::has_ipv6);
    let own = acl.entries.iter().map(|(key, entry)| entries::show_entry(*key, entry));
    let mut entry_set: Vec<EntryItem> = own.chain(entries::last_entries(has_ipv6)).collect();
    // AWS lists what goes out first.
    entry_set.sort_by_key(|entry| (!entry.egress, entry.rule_number));
    let associations = acl.associations.iter().map(|(association, subnet)| AclAssociationItem {
        network_acl_association_id: association.clone(),
        network_acl_id: id.clone(),
        subnet_id: subnet.clone(),
    });
    NetworkAclItem {
        network_acl_id: id.clone(),
        vpc_id: acl.vpc.clone(),
        owner_id: scope.spot.account.clone(),
        default: acl.is_default,
        entry_set,
        association_set: associations.collect(),
        tag_set: TagSet(Arc::clone(&acl.tags)),
    }
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeNetworkAcls,
) -> Result<DescribeNetworkAclsReply, ApiError> {
    let question = Question {
        action: Action::DescribeNetworkAcls,
        ids: ("NetworkAclIds", &request.network_acl_ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    let acls = &scope.here().network_acls;
    let (network_acl_set, next_token) =
        describe_all(scope, &question, acls, |id, acl| show(scope, id, acl))?;
    Ok(DescribeNetworkAclsReply { network_acl_set, next_token })
}

pub(crate) fn create(
    scope: &mut Scope<'_>,
    request: &CreateNetworkAcl,
) -> Result<CreateNetworkAclReply, ApiError> {
    once(scope, request.client_token.as_deref(), request, |scope| {
        let vpc = VpcId::read(&request.vpc_id)?;
        let here = scope.here();
        find(&here.vpcs, &vpc)?;
        let count = here.network_acls.values().filter(|acl| acl.vpc == vpc).count();
        if count >= scope.settings.quotas.network_acls_per_vpc {
            return Err(ApiError::new(
                "NetworkAclLimitExceeded",
                "The maximum number of network ACLs has been reached.",
            ));
        }
        let acl = NetworkAcl {
            vpc,
            is_default: false,
            entries: BTreeMap::new(),
            associations: BTreeMap::new(),
            tags: tags::specified(scope, &request.tag_specifications, "network-acl")?,
            maker: scope.maker(),
        };
        let id: NetworkAclId = scope.ids.fresh();
        let network_acl = show(scope, &id, &acl);
        scope.here_mut().network_acls.insert(id, acl);
        let client_token = request.client_token.clone();
        Ok(CreateNetworkAclReply { network_acl, client_token })
    })
}

pub(crate) fn delete(scope: &mut Scope<'_>, request: &DeleteNetworkAcl) -> Result<Done, ApiError> {
    let id = NetworkAclId::read(&request.network_acl_id)?;
    let acl = find(&scope.here().network_acls, &id)?;
    if acl.is_default {
        return Err(ApiError::invalid_value(format!("cannot delete default network ACL {id}")));
    }
    if !acl.associations.is_empty() {
        return Err(ApiError::dependency(format!(
            "The networkAcl '{id}' has dependencies and cannot be deleted."
        )));
    }
    scope.here_mut().network_acls.remove(&id);
    Ok(Done::YES)
}

pub(crate) fn replace_association(
    scope: &mut Scope<'_>,
    request: &ReplaceNetworkAclAssociation,
) -> Result<ReplaceNetworkAclAssociationReply, ApiError> {
    let association = NetworkAclAssociationId::read(&request.association_id)?;
    let to = NetworkAclId::read(&request.network_acl_id)?;
    let acls = &scope.here().network_acls;
    let found =
        acls.iter().find_map(|(id, acl)| Some((id, acl, acl.associations.get(&association)?)));
    let (from, before, subnet) =
        found.ok_or_else(|| NetworkAclAssociationId::not_found(&association))?;
    if find(acls, &to)?.vpc != before.vpc {
        return Err(ApiError::invalid_value(format!(
            "network ACL {to} and subnet {subnet} belong to different networks"
        )));
    }
    let (from, subnet) = (from.clone(), subnet.clone());
    let new_association_id: NetworkAclAssociationId = scope.ids.fresh();
    let acls = &mut scope.here_mut().network_acls;
    find_mut(acls, &from)?.associations.remove(&association);
    find_mut(acls, &to)?.associations.insert(new_association_id.clone(), subnet);
    Ok(ReplaceNetworkAclAssociationReply { new_association_id })
}
