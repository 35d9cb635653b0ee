//! Security groups and their rules.

use aws_sdk_ec2::types::{
    IpPermission, IpRange, Ipv6Range, PrefixListId as SdkPrefixList, ResourceType, UserIdGroupPair,
};
use peerway_model::{
    Action, AwsFailure, Family, IngressRule, Protocol, RuleSource, SecurityGroup, SecurityGroupId,
    SecurityGroupRule, SecurityGroupRuleId, Tags,
};

use super::{SdkEc2, all_pages, tagged};
use crate::convert;
use crate::failure::{failure, malformed};

impl SdkEc2 {
    pub(super) async fn security_groups(&self) -> Result<Vec<SecurityGroup>, AwsFailure> {
        all_pages!(
            Action::DescribeSecurityGroups,
            self.client().await.describe_security_groups(),
            security_groups,
            convert::security_group
        )
    }

    pub(super) async fn security_group_rules(&self) -> Result<Vec<SecurityGroupRule>, AwsFailure> {
        all_pages!(
            Action::DescribeSecurityGroupRules,
            self.client().await.describe_security_group_rules(),
            security_group_rules,
            convert::security_group_rule
        )
    }

    pub(super) async fn authorize(
        &self,
        rule: &IngressRule,
        tags: &Tags,
    ) -> Result<SecurityGroupRuleId, AwsFailure> {
        const ACTION: Action = Action::AuthorizeSecurityGroupIngress;
        let answer = self
            .client()
            .await
            .authorize_security_group_ingress()
            .group_id(rule.group.as_str())
            .ip_permissions(self.permission(rule))
            .tag_specifications(tagged(ResourceType::SecurityGroupRule, tags))
            .send()
            .await
            .map_err(|error| failure(ACTION, &error))?;
        let id =
            answer.security_group_rules().first().and_then(|made| made.security_group_rule_id());
        id.unwrap_or_default().parse().map_err(|error| malformed(ACTION, &error))
    }

    pub(super) async fn revoke(
        &self,
        group: &SecurityGroupId,
        rule: &SecurityGroupRuleId,
    ) -> Result<(), AwsFailure> {
        self.client()
            .await
            .revoke_security_group_ingress()
            .group_id(group.as_str())
            .security_group_rule_ids(rule.as_str())
            .send()
            .await
            .map_err(|error| failure(Action::RevokeSecurityGroupIngress, &error))?;
        Ok(())
    }

    fn permission(&self, rule: &IngressRule) -> IpPermission {
        let mut permission = IpPermission::builder().ip_protocol(rule.protocol.to_wire());
        match (rule.protocol, rule.ports) {
            (_, Some(ports)) => {
                permission = permission.from_port(ports.from.into()).to_port(ports.to.into());
            }
            // ICMP asks for a type and a code; -1 is every one.
            (Protocol::Icmp | Protocol::Icmpv6, None) => {
                permission = permission.from_port(-1).to_port(-1);
            }
            (Protocol::Tcp | Protocol::Udp | Protocol::All | Protocol::Number(_), None) => {}
        }
        match &rule.source {
            RuleSource::Cidr(block) if block.family() == Family::V4 => {
                permission.ip_ranges(IpRange::builder().cidr_ip(block.to_string()).build())
            }
            RuleSource::Cidr(block) => {
                permission.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(block.to_string()).build())
            }
            RuleSource::SecurityGroup { id, account } => {
                let mut pair = UserIdGroupPair::builder().group_id(id.as_str());
                // In one account EC2 needs no owner, and answers none.
                if account != self.place.account() {
                    pair = pair.user_id(account.as_str());
                }
                permission.user_id_group_pairs(pair.build())
            }
            RuleSource::PrefixList(list) => permission
                .prefix_list_ids(SdkPrefixList::builder().prefix_list_id(list.as_str()).build()),
        }
        .build()
    }
}
