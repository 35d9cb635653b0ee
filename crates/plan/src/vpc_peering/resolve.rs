//! From selectors to things: VPCs, route tables, destinations, security groups. What Peerway itself made never matches.

use std::collections::{BTreeMap, BTreeSet};

use peerway_api::v1alpha1::selectors::{
    MatchTags, RouteTableSelector, SecurityGroupSelector, SubnetSelector, TableScope, VpcSelector,
};
use peerway_api::v1alpha1::vpc_peering::{IngressProtocol, PeeringIngress, PeeringRoutes};
use peerway_api::{ConditionType, Reason};
use peerway_model::ownership::is_marked;
use peerway_model::{
    CidrBlock, Family, IngressRule, PortRange, Protocol, RouteTable, RuleSource, SecurityGroup,
    Subnet, TagSelector, Tags, Vpc, VpcId,
};

use super::desired::{Desired, Managed};
use crate::Finding;
use crate::network::Network;
use crate::observed::Readable;

/// How many ids a message names before it says "and more".
const NAMED: usize = 5;

fn unresolved(reason: Reason, message: String) -> Finding {
    Finding::stalled(ConditionType::ResolvedRefs, reason, message)
}

/// What the schema refuses, and an object stored under another schema may still hold.
fn invalid(message: String) -> Finding {
    Finding::stalled(ConditionType::Valid, Reason::InvalidSpec, message)
}

/// A VPC that the grants do not cover.
pub(super) fn not_granted(desired: &Desired, side: &Managed, vpc: &VpcId) -> Finding {
    Finding::passing(
        ConditionType::Valid,
        Reason::NotGranted,
        format!(
            "`{}.vpc`: the grants of AWSAccount '{}' to namespace '{}' do not cover {vpc}. Ask whoever administers that object to add it; until then nothing is changed.",
            side.field(),
            side.place().access.name,
            desired.owner.namespace,
        ),
    )
}

pub(crate) fn matches(selector: &MatchTags, tags: &Tags) -> bool {
    !is_marked(tags) && TagSelector::new(selector.0.clone()).matches(tags)
}

fn tags_text(selector: &MatchTags) -> String {
    TagSelector::new(selector.0.clone()).to_string()
}

fn list<T: ToString>(things: impl IntoIterator<Item = T>) -> String {
    let mut names: Vec<String> = things.into_iter().map(|thing| thing.to_string()).collect();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let text = names.join(", ");
    if more == 0 { text } else { format!("{text} and {more} more") }
}

/// The one VPC that a selector names.
///
/// # Errors
/// `VPCNotFound`, `SelectorMatchesNothing`, `SelectorMatchesSeveral`, `NotGranted`.
pub fn vpc<'a>(
    field: &str,
    selector: &VpcSelector,
    view: Readable<'a>,
) -> Result<&'a Vpc, Finding> {
    if let Some(id) = &selector.id {
        return view.vpcs.get(id).ok_or_else(|| {
            unresolved(
                Reason::VpcNotFound,
                format!("`{field}.vpc.id`: there is no {id} in {}. Correct the id, the account or the Region.", view.place),
            )
        });
    }
    let Some(tags) = &selector.match_tags else {
        return Err(invalid(format!("`{field}.vpc` must name an `id` or `matchTags`.")));
    };
    let found: Vec<&Vpc> = view.vpcs.iter().filter(|vpc| matches(tags, &vpc.tags)).collect();
    match found.as_slice() {
        [vpc] => Ok(vpc),
        [] => Err(unresolved(
            Reason::SelectorMatchesNothing,
            format!(
                "`{field}.vpc.matchTags`: no VPC in {} has the tags {}. Correct the tags, the account or the Region.",
                view.place,
                tags_text(tags)
            ),
        )),
        several => Err(unresolved(
            Reason::SelectorMatchesSeveral,
            format!(
                "`{field}.vpc.matchTags`: {} VPCs in {} have the tags {}: {}. Name one by `id`, or add a tag that only one has.",
                several.len(),
                view.place,
                tags_text(tags),
                list(several.iter().map(|vpc| &vpc.id))
            ),
        )),
    }
}

/// The route tables that a side's selector names: at least one.
///
/// # Errors
/// `InvalidSpec`, `RouteTableNotFound`, `SubnetNotFound`, `SelectorMatchesNothing`.
pub fn tables<'a>(
    field: &str,
    selector: &RouteTableSelector,
    network: &Network<'a>,
) -> Result<Vec<&'a RouteTable>, Finding> {
    let vpc = &network.vpc.id;
    let found: Vec<&RouteTable> = if let Some(ids) = &selector.ids {
        let missing = list(ids.iter().filter(|id| network.table(id).is_none()));
        if !missing.is_empty() {
            return Err(unresolved(
                Reason::RouteTableNotFound,
                format!("`{field}.ids`: {missing} does not exist in {vpc}. Correct the ids."),
            ));
        }
        ids.iter().filter_map(|id| network.table(id)).collect()
    } else if let Some(tags) = &selector.match_tags {
        network.tables().filter(|table| matches(tags, &table.tags)).collect()
    } else if let Some(subnets) = &selector.of_subnets {
        let field = format!("{field}.ofSubnets");
        subnets_of(&field, subnets, network)?
            .into_iter()
            .filter_map(|subnet| network.table_of(&subnet.id))
            .collect()
    } else {
        match selector.scope {
            Some(TableScope::Main) => network.main_table().into_iter().collect(),
            Some(TableScope::All) => network
                .subnets()
                .filter(|subnet| !is_marked(&subnet.tags))
                .filter_map(|subnet| network.table_of(&subnet.id))
                .filter(|table| !table.is_edge_associated() && !is_marked(&table.tags))
                .collect(),
            None => {
                return Err(invalid(format!(
                    "`{field}` must name `ids`, `matchTags`, `ofSubnets` or a `scope`."
                )));
            }
        }
    };
    if found.is_empty() {
        return Err(unresolved(
            Reason::SelectorMatchesNothing,
            format!(
                "`{field}` matches no route table of {vpc}. What was written before stays as it is; correct the selector."
            ),
        ));
    }
    let by_id: BTreeMap<_, _> = found.into_iter().map(|table| (&table.id, table)).collect();
    Ok(by_id.into_values().collect())
}

pub(crate) fn subnets_of<'a>(
    field: &str,
    selector: &SubnetSelector,
    network: &Network<'a>,
) -> Result<Vec<&'a Subnet>, Finding> {
    let vpc = &network.vpc.id;
    if let Some(ids) = &selector.ids {
        let missing = list(ids.iter().filter(|id| network.subnet(id).is_none()));
        if !missing.is_empty() {
            return Err(unresolved(
                Reason::SubnetNotFound,
                format!("`{field}.ids`: {missing} does not exist in {vpc}. Correct the ids."),
            ));
        }
        return Ok(ids.iter().filter_map(|id| network.subnet(id)).collect());
    }
    let empty = MatchTags(BTreeMap::new());
    let tags = selector.match_tags.as_ref().unwrap_or(&empty);
    let found: Vec<&Subnet> =
        network.subnets().filter(|subnet| matches(tags, &subnet.tags)).collect();
    if found.is_empty() {
        return Err(unresolved(
            Reason::SelectorMatchesNothing,
            format!(
                "`{field}.matchTags`: no subnet of {vpc} has the tags {}. What was written before stays as it is; correct the tags.",
                tags_text(tags)
            ),
        ));
    }
    Ok(found)
}

/// The destinations of a side's routes: what the spec lists, else every block of the other VPC in a family that both have.
///
/// # Errors
/// `DestinationOutsidePeer`.
pub fn destinations(
    field: &str,
    routes: &PeeringRoutes,
    own: &Vpc,
    other: &Vpc,
) -> Result<BTreeSet<CidrBlock>, Finding> {
    let Some(listed) = &routes.destinations else { return Ok(shared(own, other)) };
    let field = format!("{field}.routes.destinations");
    let outside: Vec<&CidrBlock> =
        listed.iter().filter(|destination| !destination.is_covered_by(&other.cidrs)).collect();
    if !outside.is_empty() {
        return Err(unresolved(
            Reason::DestinationOutsidePeer,
            format!(
                "`{field}`: {} lies outside the CIDRs of {} ({}); a connection carries nothing else. Correct the destinations, or leave them out to follow the VPC's CIDRs.",
                list(outside),
                other.id,
                list(&other.cidrs)
            ),
        ));
    }
    of_families_of(own, listed, |strange| {
        unresolved(
            Reason::DestinationOutsidePeer,
            format!(
                "`{field}`: {strange}, so nothing here could send there. Leave it out, or give the VPC such a CIDR."
            ),
        )
    })
}

/// The blocks of the other VPC in a family that both have.
fn shared(own: &Vpc, other: &Vpc) -> BTreeSet<CidrBlock> {
    let families = families(own);
    other.cidrs.iter().filter(|cidr| families.contains(&cidr.family())).copied().collect()
}

fn families(vpc: &Vpc) -> BTreeSet<Family> {
    vpc.cidrs.iter().map(CidrBlock::family).collect()
}

/// These blocks, unless one is of a family that the own VPC does not have.
fn of_families_of(
    own: &Vpc,
    listed: &[CidrBlock],
    refused: impl FnOnce(String) -> Finding,
) -> Result<BTreeSet<CidrBlock>, Finding> {
    let families = families(own);
    let strange: Vec<&CidrBlock> =
        listed.iter().filter(|block| !families.contains(&block.family())).collect();
    if strange.is_empty() {
        return Ok(listed.iter().copied().collect());
    }
    let why = format!("{} has no CIDR of the address family of {}", own.id, list(strange));
    Err(refused(why))
}

/// The one security group of a VPC that a selector names.
///
/// # Errors
/// `SecurityGroupNotFound`, `SelectorMatchesNothing`, `SelectorMatchesSeveral`.
pub fn security_group<'a>(
    field: &str,
    selector: &SecurityGroupSelector,
    vpc: &Vpc,
    view: Readable<'a>,
) -> Result<&'a SecurityGroup, Finding> {
    let found: Vec<&SecurityGroup> = view
        .security_groups
        .iter()
        .filter(|group| group.vpc == vpc.id && !is_marked(&group.tags) && selects(selector, group))
        .collect();
    let what = described(selector);
    match found.as_slice() {
        [group] => Ok(group),
        [] => Err(unresolved(
            // Tags say which things are meant; an id, a name or a description names one.
            if selector.match_tags.is_some() {
                Reason::SelectorMatchesNothing
            } else {
                Reason::SecurityGroupNotFound
            },
            format!(
                "`{field}.securityGroup`: no security group of {} has the {what}. Correct the selector.",
                vpc.id
            ),
        )),
        several => Err(unresolved(
            Reason::SelectorMatchesSeveral,
            format!(
                "`{field}.securityGroup`: {} security groups of {} have the {what}: {}. Name one by `id`.",
                several.len(),
                vpc.id,
                list(several.iter().map(|group| &group.id))
            ),
        )),
    }
}

fn selects(selector: &SecurityGroupSelector, group: &SecurityGroup) -> bool {
    let SecurityGroupSelector { id, name, description, match_tags } = selector;
    let has_any = id.is_some() || name.is_some() || description.is_some() || match_tags.is_some();
    has_any
        && id.as_ref().is_none_or(|id| group.id == *id)
        && name.as_ref().is_none_or(|name| group.name == *name)
        && description.as_ref().is_none_or(|description| group.description == *description)
        && match_tags.as_ref().is_none_or(|tags| matches(tags, &group.tags))
}

fn described(selector: &SecurityGroupSelector) -> String {
    match selector {
        SecurityGroupSelector { id: Some(id), .. } => format!("id {id}"),
        SecurityGroupSelector { name: Some(name), .. } => format!("name '{name}'"),
        SecurityGroupSelector { description: Some(text), .. } => format!("description '{text}'"),
        SecurityGroupSelector { match_tags: Some(tags), .. } => format!("tags {}", tags_text(tags)),
        SecurityGroupSelector { .. } => "nothing".to_owned(),
    }
}

/// The rules that one entry of `ingress` asks for: one per source. The other VPC has no view where it is somebody else's:
/// its security groups cannot be looked up then.
///
/// # Errors
/// `SecurityGroupNotFound`, `SelectorMatchesNothing`, `SelectorMatchesSeveral`, `SourceOutsidePeer`.
pub fn rules(
    field: &str,
    ingress: &PeeringIngress,
    (own, view): (&Vpc, Readable<'_>),
    (other, other_view): (&Vpc, Option<Readable<'_>>),
) -> Result<Vec<IngressRule>, Finding> {
    let group = security_group(field, &ingress.security_group, own, view)?.id.clone();
    let protocol = protocol(ingress.protocol);
    let ports = ingress
        .ports
        .map(|ports| PortRange { from: ports.from, to: ports.to })
        .or(protocol.has_ports().then_some(PortRange::ALL));
    let sources = sources(field, ingress, own, (other, other_view))?;
    Ok(sources
        .into_iter()
        .map(|source| IngressRule { group: group.clone(), protocol, ports, source })
        .collect())
}

fn sources(
    field: &str,
    ingress: &PeeringIngress,
    own: &Vpc,
    (other, other_view): (&Vpc, Option<Readable<'_>>),
) -> Result<Vec<RuleSource>, Finding> {
    let source = &ingress.source;
    if let Some(id) = &source.security_group_id {
        let Some(other_view) = other_view else {
            return Ok(vec![RuleSource::SecurityGroup {
                id: id.clone(),
                account: other.owner.clone(),
            }]);
        };
        let group = other_view.security_groups.get(id).filter(|group| group.vpc == other.id);
        let Some(group) = group else {
            return Err(unresolved(
                Reason::SecurityGroupNotFound,
                format!(
                    "`{field}.source.securityGroupID`: {id} does not exist in {}, the other VPC. Correct the id.",
                    other.id
                ),
            ));
        };
        return Ok(vec![RuleSource::SecurityGroup {
            id: id.clone(),
            account: group.owner.clone(),
        }]);
    }
    if let Some(cidrs) = &source.cidrs {
        let outside: Vec<&CidrBlock> =
            cidrs.iter().filter(|cidr| !cidr.is_covered_by(&other.cidrs)).collect();
        if !outside.is_empty() {
            return Err(unresolved(
                Reason::SourceOutsidePeer,
                format!(
                    "`{field}.source.cidrs`: {} lies outside the CIDRs of {} ({}) and would admit somebody else. Correct the CIDRs.",
                    list(outside),
                    other.id,
                    list(&other.cidrs)
                ),
            ));
        }
        let cidrs = of_families_of(own, cidrs, |strange| {
            unresolved(
                Reason::SourceOutsidePeer,
                format!(
                    "`{field}.source.cidrs`: {strange}, so nobody could come from there. Leave it out, or give the VPC such a CIDR."
                ),
            )
        })?;
        return Ok(cidrs.into_iter().map(RuleSource::Cidr).collect());
    }
    Ok(shared(own, other).into_iter().map(RuleSource::Cidr).collect())
}

pub(crate) fn protocol(protocol: IngressProtocol) -> Protocol {
    match protocol {
        IngressProtocol::Tcp => Protocol::Tcp,
        IngressProtocol::Udp => Protocol::Udp,
        IngressProtocol::Icmp => Protocol::Icmp,
        IngressProtocol::Icmpv6 => Protocol::Icmpv6,
        IngressProtocol::All => Protocol::All,
    }
}
