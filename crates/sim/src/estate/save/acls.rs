//! Network ACLs, and ranges of subnets that are set aside.

use peerway_model::{Protocol, SubnetId, VpcId};

use super::Saving;
use super::groups::ports;
use crate::ec2::network_acls::{
    self, Entry, EntryKey, default_acl_id, default_entries, default_of, original_association,
};
use crate::ec2::vpcs;
use crate::estate::{AclEntry, NetworkAcl, Reservation};
use crate::id::{NetworkAclAssociationId, NetworkAclId};
use crate::state::RegionState;

impl Saving<'_> {
    /// The ACLs of a VPC, without the default one as long as nobody has touched it and nobody asks for it.
    pub(super) fn network_acls(&self, id: &VpcId, vpc: &vpcs::Vpc) -> Vec<NetworkAcl> {
        let all = self.region.network_acls.iter().filter(|(_, acl)| acl.vpc == *id);
        let usual = default_entries(vpc);
        all.filter(|(acl_id, acl)| {
            let is_untouched = acl.is_default
                && **acl_id == default_acl_id(id)
                && acl.entries == usual
                && acl.tags.is_empty()
                && (!self.include.makers || acl.maker == vpc.maker);
            self.include.untouched || !is_untouched
        })
        .map(|(acl_id, acl)| {
            let entries = || acl.entries.iter().map(|(key, entry)| show(*key, entry)).collect();
            let is_usual =
                if acl.is_default { acl.entries == usual } else { acl.entries.is_empty() };
            NetworkAcl {
                id: Some(acl_id.clone()),
                default: acl.is_default,
                entries: (!is_usual).then(entries),
                tags: (*acl.tags).clone(),
                made_by: self.made_by(&acl.maker),
            }
        })
        .collect()
    }

    pub(super) fn reservations(&self, subnet: &SubnetId) -> Vec<Reservation> {
        let all = self.region.reservations.iter().filter(|(_, one)| one.subnet == *subnet);
        all.map(|(id, one)| Reservation {
            id: id.clone(),
            cidr: one.block,
            kind: one.kind.to_owned(),
            description: one.description.clone(),
            tags: (*one.tags).clone(),
            made_by: self.made_by(&one.maker),
        })
        .collect()
    }
}

fn show(key: EntryKey, entry: &Entry) -> AclEntry {
    let protocol = match entry.protocol {
        Protocol::All => "all".to_owned(),
        other => other.to_wire(),
    };
    AclEntry {
        number: key.number,
        egress: key.egress,
        protocol,
        ports: entry.ports.and_then(|range| ports(entry.protocol, range)),
        cidr: entry.block,
        deny: !entry.is_allowed,
    }
}

/// The ACL of a subnet and the id of its use, where they are not the ones that follow.
pub(super) fn use_of(
    region: &RegionState,
    vpc: &VpcId,
    subnet: &SubnetId,
) -> (Option<NetworkAclId>, Option<NetworkAclAssociationId>) {
    let used = region.network_acls.iter().find_map(|(id, acl): (_, &network_acls::NetworkAcl)| {
        let (association, _) = acl.associations.iter().find(|(_, user)| *user == subnet)?;
        Some((id, association))
    });
    let Some((id, association)) = used else { return (None, None) };
    let is_original = *association == original_association(id, subnet);
    let is_default = default_of(region, vpc) == Some(id);
    ((!is_default).then(|| id.clone()), (!is_original).then(|| association.clone()))
}
