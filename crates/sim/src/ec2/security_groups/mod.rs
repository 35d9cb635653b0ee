//! Security groups. Their rules are in `rules.rs`, read from requests in `permissions.rs`, shown in `show.rs`.

mod describe;
mod modify;
mod permissions;
mod rules;
mod show;
mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;

use peerway_model::{
    AccountId, CidrBlock, ConnectionId, Direction, PrefixListId, Protocol, SecurityGroupId,
    SecurityGroupRuleId, VpcId,
};

pub(crate) use describe::{describe, describe_rules};
pub(crate) use modify::modify;
pub(crate) use permissions::{check_description, check_ports, is_rule_text};
pub(crate) use rules::{
    authorize_egress, authorize_ingress, is_over_quota, revoke_egress, revoke_ingress,
    update_egress_descriptions, update_ingress_descriptions,
};
pub(crate) use show::peering_between;
pub use wire::{
    AuthorizeReply, AuthorizeSecurityGroupEgress, AuthorizeSecurityGroupIngress,
    CreateSecurityGroup, CreateSecurityGroupReply, DeleteSecurityGroup, DeleteSecurityGroupReply,
    DescribeSecurityGroupRules, DescribeSecurityGroupRulesReply, DescribeSecurityGroups,
    DescribeSecurityGroupsReply, GroupItem, GroupPair, GroupPairItem, IpPermission, IpRange,
    Ipv6Range, Ipv6RangeItem, ModifySecurityGroupRules, PermissionItem, PrefixListIdItem,
    PrefixListReference, RangeItem, ReferencedGroup, RevokeReply, RevokeSecurityGroupEgress,
    RevokeSecurityGroupIngress, RevokedRule, RuleItem, SecurityGroupRuleDescription,
    SecurityGroupRuleRequest, SecurityGroupRuleUpdate, UpdateSecurityGroupRuleDescriptionsEgress,
    UpdateSecurityGroupRuleDescriptionsIngress,
};

use super::vpcs::Vpc;
use super::{TagSet, network_interfaces, tags, vpcs};
use crate::ApiError;
use crate::id::{AwsId, derived};
use crate::scope::{Scope, find};
use crate::state::{Maker, RegionState, SharedTags, Spot};

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecurityGroup {
    pub(crate) vpc: VpcId,
    pub(crate) name: Arc<str>,
    pub(crate) description: Arc<str>,
    pub(crate) rules: BTreeSet<SecurityGroupRuleId>,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

/// The name of the group that AWS makes with each VPC.
pub(crate) const DEFAULT: &str = "default";
pub(crate) const DEFAULT_DESCRIPTION: &str = "default VPC security group";

impl SecurityGroup {
    pub(crate) fn is_default(&self) -> bool {
        &*self.name == DEFAULT
    }

    /// Its rules.
    pub(crate) fn rules_in<'a>(
        &'a self,
        region: &'a RegionState,
    ) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().filter_map(|id| region.rules.get(id))
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) group: SecurityGroupId,
    pub(crate) key: RuleKey,
    pub(crate) description: Option<String>,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

/// What a rule admits: a group holds no two rules of the same key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RuleKey {
    pub(crate) direction: Direction,
    pub(crate) protocol: Protocol,
    /// Ports, or type and code of ICMP; -1 to -1 is all of them.
    pub(crate) ports: (i32, i32),
    pub(crate) source: Source,
}

/// Whom a rule is about.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Cidr(CidrBlock),
    PrefixList(PrefixListId),
    Group {
        account: AccountId,
        id: SecurityGroupId,
        /// For a group of another VPC: that VPC, and the connection that made the rule possible.
        peer: Option<(VpcId, ConnectionId)>,
    },
}

impl Source {
    /// What makes two sources the same: over which connection a group was found does not matter.
    fn key(
        &self,
    ) -> (Option<&CidrBlock>, Option<&PrefixListId>, Option<(&AccountId, &SecurityGroupId)>) {
        match self {
            Self::Cidr(block) => (Some(block), None, None),
            Self::PrefixList(list) => (None, Some(list), None),
            Self::Group { account, id, .. } => (None, None, Some((account, id))),
        }
    }

    fn is_group(&self, wanted: &SecurityGroupId) -> bool {
        matches!(self, Self::Group { id, .. } if id == wanted)
    }
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Source {}

impl PartialOrd for Source {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Source {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl std::fmt::Display for RuleKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { protocol, ports: (from, to), source, .. } = self;
        match source {
            Source::Cidr(block) => write!(f, "{block}")?,
            Source::PrefixList(list) => write!(f, "{list}")?,
            Source::Group { account, id, .. } => write!(f, "{account}/{id}")?,
        }
        write!(
            f,
            ", {}, from port: {from}, to port: {to}, ALLOW",
            protocol.to_wire().to_uppercase()
        )
    }
}

impl RuleKey {
    /// Everything to and from anywhere of one family, or within a group.
    pub(crate) fn everything(direction: Direction, source: Source) -> Self {
        Self { direction, protocol: Protocol::All, ports: (-1, -1), source }
    }
}

/// The id of a rule that an estate leaves unnamed: it follows from group and key.
pub(crate) fn original_rule(group: &SecurityGroupId, key: &RuleKey) -> SecurityGroupRuleId {
    let direction = match key.direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    };
    derived(&[group.as_str(), direction, &key.to_string()])
}

/// The rules that AWS gives a new group: everything may leave.
pub(crate) fn usual_egress(vpc: &Vpc) -> Vec<RuleKey> {
    let anywhere = ["0.0.0.0/0", "::/0"].into_iter().take(if vpc.has_ipv6() { 2 } else { 1 });
    let blocks = anywhere.filter_map(|block| block.parse().ok());
    blocks.map(|block| RuleKey::everything(Direction::Egress, Source::Cidr(block))).collect()
}

/// Puts a group with these rules into a Region, the rules named as an estate's are.
pub(crate) fn install(
    region: &mut RegionState,
    id: SecurityGroupId,
    mut group: SecurityGroup,
    keys: Vec<RuleKey>,
) {
    for key in keys {
        let rule_id = original_rule(&id, &key);
        group.rules.insert(rule_id.clone());
        let rule = Rule {
            group: id.clone(),
            key,
            description: None,
            tags: SharedTags::default(),
            maker: Arc::clone(&group.maker),
        };
        region.rules.insert(rule_id, rule);
    }
    region.security_groups.insert(id, group);
}

/// The default group of a VPC.
pub(crate) fn default_of<'a>(region: &'a RegionState, vpc: &VpcId) -> Option<&'a SecurityGroupId> {
    let mut groups = region.security_groups.iter();
    groups.find(|(_, group)| group.vpc == *vpc && group.is_default()).map(|(id, _)| id)
}

/// The id of the default group of a VPC, where an estate does not name it.
pub(crate) fn default_group_id(vpc: &VpcId) -> SecurityGroupId {
    derived(&[vpc.as_str(), DEFAULT])
}

/// The rules of a default group: its members may reach each other.
pub(crate) fn default_rules(account: &AccountId, id: &SecurityGroupId, vpc: &Vpc) -> Vec<RuleKey> {
    let itself = Source::Group { account: account.clone(), id: id.clone(), peer: None };
    let mut keys = usual_egress(vpc);
    keys.push(RuleKey::everything(Direction::Ingress, itself));
    keys
}

/// Gives a VPC the group that AWS makes with it, unless it has one.
pub(crate) fn install_default(region: &mut RegionState, spot: &Spot, vpc_id: &VpcId, vpc: &Vpc) {
    if region.security_groups.values().any(|group| group.vpc == *vpc_id && group.is_default()) {
        return;
    }
    let id = default_group_id(vpc_id);
    let keys = default_rules(&spot.account, &id, vpc);
    let group = SecurityGroup {
        vpc: vpc_id.clone(),
        name: DEFAULT.into(),
        description: DEFAULT_DESCRIPTION.into(),
        rules: BTreeSet::new(),
        tags: SharedTags::default(),
        maker: Arc::clone(&vpc.maker),
    };
    install(region, id, group, keys);
}

/// A VPC is gone, and with it its default group and the rules of that.
pub(crate) fn remove_all_of(region: &mut RegionState, vpc: &VpcId) {
    let groups = &mut region.security_groups;
    groups.retain(|_, group| group.vpc != *vpc);
    region.rules.retain(|_, rule| groups.contains_key(&rule.group));
}

/// The group of this name in a Region's default VPC.
pub(crate) fn by_name(scope: &Scope<'_>, name: &str) -> Result<SecurityGroupId, ApiError> {
    let here = scope.here();
    let default = vpcs::default_of(here);
    let mut groups = here.security_groups.iter();
    let found = groups.find(|(_, group)| Some(&group.vpc) == default && &*group.name == name);
    found.map(|(id, _)| id.clone()).ok_or_else(|| {
        ApiError::new(
            "InvalidGroup.NotFound",
            format!("The security group '{name}' does not exist in default VPC"),
        )
    })
}

/// The group that a request names, by id or (in the default VPC) by name.
fn named(
    scope: &Scope<'_>,
    id: Option<&str>,
    name: Option<&str>,
) -> Result<SecurityGroupId, ApiError> {
    match (id, name) {
        (Some(id), _) => {
            let id = SecurityGroupId::read(id)?;
            find(&scope.here().security_groups, &id)?;
            Ok(id)
        }
        (None, Some(name)) => by_name(scope, name),
        (None, None) => Err(ApiError::new(
            "MissingParameter",
            "The request must contain the parameter groupName or groupId",
        )),
    }
}

/// AWS's words for a rule that a group has already.
fn duplicate(key: &RuleKey) -> ApiError {
    ApiError::new(
        "InvalidPermission.Duplicate",
        format!("the specified rule \"peer: {key}\" already exists"),
    )
}

fn arn(spot: &Spot, id: &SecurityGroupId) -> String {
    format!("arn:aws:ec2:{}:{}:security-group/{id}", spot.region, spot.account)
}

pub(crate) fn create(
    scope: &mut Scope<'_>,
    request: &CreateSecurityGroup,
) -> Result<CreateSecurityGroupReply, ApiError> {
    let vpc_id = if let Some(id) = &request.vpc_id {
        VpcId::read(id)?
    } else {
        let default = vpcs::default_of(scope.here()).cloned();
        default.ok_or_else(|| ApiError::new("VPCIdNotSpecified", "No default VPC for this user"))?
    };
    let vpc = find(&scope.here().vpcs, &vpc_id)?;
    check_name(&request.group_name)?;
    check_description("security group", &request.group_description)?;
    if request.group_description.is_empty() {
        return Err(ApiError::missing("GroupDescription"));
    }
    let name = request.group_name.as_str();
    let groups = &scope.here().security_groups;
    if groups.values().any(|group| group.vpc == vpc_id && group.name.eq_ignore_ascii_case(name)) {
        return Err(ApiError::new(
            "InvalidGroup.Duplicate",
            format!("The security group '{name}' already exists for VPC '{vpc_id}'"),
        ));
    }
    if groups.len() >= scope.settings.quotas.security_groups {
        return Err(ApiError::new(
            "SecurityGroupLimitExceeded",
            "The maximum number of security groups has been reached.",
        ));
    }
    let tags = tags::specified(scope, &request.tag_specifications, "security-group")?;
    let keys = usual_egress(vpc);
    let id: SecurityGroupId = scope.ids.fresh();
    let group = SecurityGroup {
        vpc: vpc_id,
        name: name.into(),
        description: request.group_description.as_str().into(),
        rules: BTreeSet::new(),
        tags: Arc::clone(&tags),
        maker: scope.maker(),
    };
    install(scope.here_mut(), id.clone(), group, keys);
    let security_group_arn = arn(scope.spot, &id);
    Ok(CreateSecurityGroupReply {
        group_id: id,
        security_group_arn,
        tag_set: TagSet(tags),
        done: true,
    })
}

/// A group's name, other than the one that AWS gives to the default one.
pub(crate) fn check_name(name: &str) -> Result<(), ApiError> {
    if name.is_empty() || name.len() > 255 || !is_rule_text(name) {
        return Err(ApiError::invalid_value(format!(
            "Value ({name}) for parameter GroupName is invalid. Up to 255 characters of a-z, A-Z, 0-9, spaces, and \
             ._-:/()#,@[]+=&;{{}}!$* are allowed."
        )));
    }
    if name.starts_with(SecurityGroupId::PREFIX) {
        return Err(ApiError::invalid_value(format!(
            "Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*."
        )));
    }
    if name.eq_ignore_ascii_case(DEFAULT) {
        return Err(ApiError::new("InvalidGroup.Reserved", "The name 'default' is reserved."));
    }
    Ok(())
}

pub(crate) fn delete(
    scope: &mut Scope<'_>,
    request: &DeleteSecurityGroup,
) -> Result<DeleteSecurityGroupReply, ApiError> {
    let id = named(scope, request.group_id.as_deref(), request.group_name.as_deref())?;
    let here = scope.here();
    let group = find(&here.security_groups, &id)?;
    if group.is_default() {
        return Err(ApiError::new(
            "CannotDelete",
            format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user"),
        ));
    }
    if network_interfaces::carries(here, &id) {
        return Err(ApiError::dependency(format!("resource {id} has a dependent object")));
    }
    // A reference from a peered VPC does not hold it: that rule becomes stale.
    let is_referenced = here.rules.values().any(|rule| {
        rule.group != id
            && rule.key.source.is_group(&id)
            && here.security_groups.get(&rule.group).is_some_and(|other| other.vpc == group.vpc)
    });
    if is_referenced {
        return Err(ApiError::new(
            "DependencyViolation",
            format!("resource {id} has a dependent object"),
        ));
    }
    let here = scope.here_mut();
    here.security_groups.remove(&id);
    here.rules.retain(|_, rule| rule.group != id);
    Ok(DeleteSecurityGroupReply { group_id: id, done: true })
}
