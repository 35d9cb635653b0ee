//! Which things an action is about, and what conditions may ask of them
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>,
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html>).
//!
//! Each thing is asked about by itself, as in AWS: `CreateSubnet` is about the VPC, which has tags already, and about the
//! subnet, for which the request brings them. A statement that wants the one of the other allows neither.

use peerway_model::{AccountId, Region};

use super::Matter;
use super::condition::Keys;
use super::policy::Ask;
use crate::action::Service;
use crate::ec2::peerings::Connection;
use crate::ec2::subnets;
use crate::ec2::tags::for_each_tagged;
use crate::state::Spot;

/// What ids of EC2 begin with, and what ARNs call the kind.
const KINDS: &[(&str, &str)] = &[
    ("acl", "network-acl"),
    ("eigw", "egress-only-internet-gateway"),
    ("eipalloc", "elastic-ip"),
    ("eni", "network-interface"),
    ("i", "instance"),
    ("igw", "internet-gateway"),
    ("lt", "launch-template"),
    ("nat", "natgateway"),
    ("pcx", "vpc-peering-connection"),
    ("pl", "prefix-list"),
    ("rtb", "route-table"),
    ("scr", "subnet-cidr-reservation"),
    ("sg", "security-group"),
    ("sgr", "security-group-rule"),
    ("subnet", "subnet"),
    ("vpc", "vpc"),
    ("vpce", "vpc-endpoint"),
];

/// The keys under which conditions find a thing's own id.
const OWN_ID: &[(&str, &str)] = &[
    ("vpc", "ec2:VpcID"),
    ("subnet", "ec2:SubnetID"),
    ("route-table", "ec2:RouteTableID"),
    ("security-group", "ec2:SecurityGroupID"),
    ("internet-gateway", "ec2:InternetGatewayID"),
    ("network-acl", "ec2:NetworkAclID"),
    ("network-interface", "ec2:NetworkInterfaceID"),
    ("vpc-peering-connection", "ec2:VpcPeeringConnectionID"),
];

/// Actions that are about the things in these parameters only, whatever else they name.
const NARROW: &[(&str, &[&str])] = &[
    ("CreateRoute", &["RouteTableId"]),
    ("ReplaceRoute", &["RouteTableId"]),
    ("DeleteRoute", &["RouteTableId"]),
    ("AuthorizeSecurityGroupIngress", &["GroupId"]),
    ("AuthorizeSecurityGroupEgress", &["GroupId"]),
    ("RevokeSecurityGroupIngress", &["GroupId"]),
    ("RevokeSecurityGroupEgress", &["GroupId"]),
    ("UpdateSecurityGroupRuleDescriptionsIngress", &["GroupId"]),
    ("UpdateSecurityGroupRuleDescriptionsEgress", &["GroupId"]),
];

/// What actions make that neither a tag nor their name tells.
const MADE: &[(&str, &str)] = &[
    ("CreateManagedPrefixList", "prefix-list"),
    ("CreateNatGateway", "natgateway"),
    ("RunInstances", "instance"),
    ("AllocateAddress", "elastic-ip"),
];

impl Matter<'_> {
    /// Everything that must be allowed for the call to be.
    pub(super) fn asks(&self) -> Vec<Ask> {
        match self.action.service().name() {
            "sts" => self.of_sts(),
            "ec2" if !self.action.is_write() => vec![self.about("*", self.keys())],
            "ec2" => self.of_ec2(),
            service => self.of_named(service),
        }
    }

    fn name(&self) -> String {
        format!("{}:{}", self.action.service().name(), self.action.name())
    }

    fn about(&self, resource: &str, keys: Keys) -> Ask {
        Ask { action: self.name(), resource: resource.to_owned(), keys }
    }

    fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What is known of every call.
    fn keys(&self) -> Keys {
        let mut keys = Keys::default();
        let principal = self.principal;
        let arn = principal.role_arn.as_deref().unwrap_or(&principal.arn);
        keys.add("aws:PrincipalArn", arn);
        keys.add("aws:PrincipalAccount", principal.account.as_str());
        keys.add("aws:userid", &*principal.user_id);
        for (key, value) in &*principal.session_tags {
            keys.add(&format!("aws:PrincipalTag/{key}"), value);
        }
        keys.add("aws:RequestedRegion", self.spot.region.as_str());
        if self.action.service() == Service::Ec2 {
            keys.add("ec2:Region", self.spot.region.as_str());
        }
        keys
    }

    fn of_sts(&self) -> Vec<Ask> {
        // Everybody may ask who they are.
        let Some(role) = self.param("RoleArn") else { return Vec::new() };
        let mut keys = self.keys();
        for (key, param) in [
            ("sts:ExternalId", "ExternalId"),
            ("sts:RoleSessionName", "RoleSessionName"),
            ("sts:SourceIdentity", "SourceIdentity"),
        ] {
            self.param(param).into_iter().for_each(|value| keys.add(key, value));
        }
        let tags = self.request_tags();
        let mut asks = vec![self.about(role, keys.clone())];
        if !tags.is_empty() {
            add_request_tags(&mut keys, &tags);
            let action = "sts:TagSession".to_owned();
            asks.push(Ask { action, resource: role.to_owned(), keys });
        }
        asks
    }

    fn of_ec2(&self) -> Vec<Ask> {
        let name = self.action.name();
        let mut asks = Vec::new();
        for id in self.named_ids() {
            asks.push(self.existing(&id));
        }
        if ["CreateTags", "DeleteTags"].contains(&name) {
            let tags = self.request_tags();
            for ask in &mut asks {
                add_request_tags(&mut ask.keys, &tags);
            }
        } else if let Some(kind) = self.made() {
            asks.extend(self.creation(&kind));
        }
        if asks.is_empty() {
            asks.push(self.about("*", self.keys()));
        }
        asks
    }

    /// The ids of what the call is about and what stands already.
    fn named_ids(&self) -> Vec<String> {
        let name = self.action.name();
        let narrow = NARROW.iter().find(|(action, _)| *action == name).map(|(_, params)| *params);
        let mut ids = Vec::new();
        for (param, value) in self.params {
            let stem = param.split('.').next().unwrap_or_default();
            let is_meant = match narrow {
                Some(params) => params.contains(&param.as_str()),
                // The peer's VPC is not the caller's to be asked about.
                None => {
                    (stem.ends_with("Id") && stem != "PeerVpcId")
                        // `ModifySecurityGroupRules` asks about the group that a rule names, too.
                        || param.ends_with(".ReferencedGroupId")
                        || stem == "InstanceCreditSpecification"
                }
            };
            if !is_meant {
                continue;
            }
            match value.split_once('-') {
                Some(("rtbassoc", _)) => ids.extend(self.behind_table_association(value)),
                Some(("aclassoc", _)) => ids.extend(self.behind_acl_association(value)),
                Some(("subnet", rest)) if rest.starts_with("cidr-assoc-") => {
                    let found = subnets::with_association(self.state.at(self.spot), value);
                    ids.extend(found.map(|(subnet, ..)| subnet.to_string()));
                }
                _ => ids.push(value.clone()),
            }
        }
        if name == "AcceptVpcPeeringConnection" {
            let accepted = ids.first().and_then(|id| self.connection(id));
            ids.extend(accepted.map(|connection| connection.accepter.vpc.to_string()));
        }
        ids.retain(|id| kind_of(id).is_some());
        ids
    }

    /// The table and the subnet that an association joins.
    fn behind_table_association(&self, id: &str) -> Vec<String> {
        let tables = &self.state.at(self.spot).route_tables;
        let mut found = tables.iter().flat_map(|(table, content)| {
            content.associations.iter().map(move |(id, scope)| (table, id, scope))
        });
        let Some((table, _, scope)) = found.find(|(_, other, _)| other.as_str() == id) else {
            return Vec::new();
        };
        let mut ids = vec![table.to_string()];
        if let peerway_model::AssociationScope::Subnet(subnet) = scope {
            ids.push(subnet.to_string());
        }
        ids
    }

    /// The network ACL and the subnet that an association joins.
    fn behind_acl_association(&self, id: &str) -> Vec<String> {
        let acls = &self.state.at(self.spot).network_acls;
        let mut found = acls.iter().flat_map(|(acl, content)| {
            content.associations.iter().map(move |(id, subnet)| (acl, id, subnet))
        });
        let found = found.find(|(_, other, _)| other.as_str() == id);
        found.map_or_else(Vec::new, |(acl, _, subnet)| vec![acl.to_string(), subnet.to_string()])
    }

    /// What kind of thing the call makes; nothing where it makes none that could be asked about.
    fn made(&self) -> Option<String> {
        let name = self.action.name();
        if let Some(tagged) = self.param("TagSpecification.1.ResourceType") {
            return Some(tagged.to_owned());
        }
        if let Some((_, kind)) = MADE.iter().find(|(action, _)| *action == name) {
            return Some((*kind).to_owned());
        }
        let noun = name.strip_prefix("Create")?;
        let mut kind = String::new();
        for letter in noun.chars() {
            if letter.is_uppercase() && !kind.is_empty() {
                kind.push('-');
            }
            kind.push(letter.to_ascii_lowercase());
        }
        KINDS.iter().any(|(_, known)| *known == kind).then_some(kind)
    }

    /// What is to be made, and the right to tag it while it is made.
    fn creation(&self, kind: &str) -> Vec<Ask> {
        let Spot { account, region } = self.spot;
        let arn = format!("arn:aws:ec2:{region}:{account}:{kind}/*");
        let mut keys = self.keys();
        let tags = self.request_tags();
        add_request_tags(&mut keys, &tags);
        if let Some(vpc) = self.param("VpcId") {
            keys.add("ec2:Vpc", arn_of_vpc(account, region, vpc));
        }
        self.add_ends(&mut keys);
        let mut asks = vec![self.about(&arn, keys.clone())];
        if !tags.is_empty() {
            keys.add("ec2:CreateAction", self.action.name());
            asks.push(Ask { action: "ec2:CreateTags".to_owned(), resource: arn, keys });
        }
        asks
    }

    /// A thing that stands, or that somebody thinks does: what does not stand has no tags.
    fn existing(&self, id: &str) -> Ask {
        let Spot { account, region } = self.spot;
        let kind = kind_of(id).unwrap_or_default();
        let mut keys = self.keys();
        for_each_tagged(self.state.at(self.spot), &mut |other, _, tags| {
            if other == id {
                for (key, value) in tags {
                    keys.add(&format!("aws:ResourceTag/{key}"), value);
                    keys.add(&format!("ec2:ResourceTag/{key}"), value);
                }
            }
        });
        if let Some((_, key)) = OWN_ID.iter().find(|(of, _)| *of == kind) {
            keys.add(key, id);
        }
        if let Some(vpc) = self.vpc_of(id) {
            keys.add("ec2:Vpc", arn_of_vpc(account, region, &vpc));
        }
        // Of a VPC that is asked about beside its connection AWS does not say what it is joined with.
        if let Some(connection) = self.connection(id) {
            add_connection(&mut keys, connection);
        }
        self.about(&format!("arn:aws:ec2:{region}:{account}:{kind}/{id}"), keys)
    }

    fn vpc_of(&self, id: &str) -> Option<String> {
        let region = self.state.at(self.spot);
        let vpc = match kind_of(id)? {
            "subnet" => &region.subnets.get(&id.parse().ok()?)?.vpc,
            "route-table" => &region.route_tables.get(&id.parse().ok()?)?.vpc,
            "security-group" => &region.security_groups.get(&id.parse().ok()?)?.vpc,
            "network-acl" => &region.network_acls.get(&id.parse().ok()?)?.vpc,
            "network-interface" => &region.network_interfaces.get(&id.parse().ok()?)?.vpc,
            _ => return None,
        };
        Some(vpc.to_string())
    }

    fn connection(&self, id: &str) -> Option<&Connection> {
        let id = id.parse().ok()?;
        // Whoever does not see a connection learns nothing about it.
        self.state.at(self.spot).views.get(&id)?;
        self.state.connections.get(&id)
    }

    /// The two VPCs of a connection that is asked for.
    fn add_ends(&self, keys: &mut Keys) {
        if self.action.name() != "CreateVpcPeeringConnection" {
            return;
        }
        let Spot { account, region } = self.spot;
        let own = self.param("VpcId").unwrap_or_default();
        let peer = self.param("PeerVpcId").unwrap_or_default();
        let peer_account = self.param("PeerOwnerId").unwrap_or(account.as_str());
        let peer_region = self.param("PeerRegion").unwrap_or(region.as_str());
        keys.add("ec2:RequesterVpc", arn_of_vpc(account, region, own));
        keys.add("ec2:AccepterVpc", format!("arn:aws:ec2:{peer_region}:{peer_account}:vpc/{peer}"));
    }

    /// The tags that a request brings, in the forms of all services.
    fn request_tags(&self) -> Vec<(String, String)> {
        let mut tags = Vec::new();
        for (name, key) in self.params {
            let stem = name.strip_suffix(".Key").filter(|stem| {
                let parts: Vec<&str> = stem.split('.').rev().collect();
                matches!(parts[..], [_, "Tag", ..] | [_, "member", "Tags"] | [_, "Tags"])
            });
            let Some(stem) = stem else { continue };
            let value = self.param(&format!("{stem}.Value")).unwrap_or_default();
            tags.push((key.clone(), value.to_owned()));
        }
        tags
    }

    /// Services whose things have names instead of ids: the load balancers and groups that a call names.
    fn of_named(&self, service: &str) -> Vec<Ask> {
        let Spot { account, region } = self.spot;
        let names = |list: &str| {
            let is_it = |param: &str| {
                let rest = param.strip_prefix(list);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("s."))
            };
            let all = self.params.iter().filter(|(param, _)| is_it(param));
            all.map(|(_, value)| value.as_str()).collect::<Vec<&str>>()
        };
        let mut keys = self.keys();
        add_request_tags(&mut keys, &self.request_tags());
        let balancers = names("LoadBalancerName");
        let arns: Vec<String> = match service {
            _ if !self.action.is_write() => Vec::new(),
            "elasticloadbalancing" if balancers.is_empty() => Vec::new(),
            "elasticloadbalancing" => {
                return balancers
                    .iter()
                    .flat_map(|name| self.about_balancer(name, &keys))
                    .collect();
            }
            _ => {
                for name in balancers {
                    keys.add("autoscaling:LoadBalancerNames", name);
                }
                for (param, source) in self.params {
                    if param.starts_with("TrafficSources.") && param.ends_with(".Identifier") {
                        keys.add("autoscaling:TrafficSourceIdentifiers", source.as_str());
                    }
                }
                let groups = names("AutoScalingGroupName").into_iter();
                let arn = |name| {
                    format!(
                        "arn:aws:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{name}"
                    )
                };
                groups.map(arn).collect()
            }
        };
        if arns.is_empty() {
            return vec![self.about("*", keys)];
        }
        arns.iter().map(|arn| self.about(arn, keys.clone())).collect()
    }

    /// A balancer that stands, or is to be made: then also the right to tag it while it is made
    /// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancing.html>).
    fn about_balancer(&self, name: &str, common: &Keys) -> Vec<Ask> {
        let Spot { account, region } = self.spot;
        let arn = format!("arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/{name}");
        let mut keys = common.clone();
        if self.action.name() != "CreateLoadBalancer" {
            let balancer = self.state.at(self.spot).balancers.get(name);
            for (key, value) in balancer.iter().flat_map(|balancer| &*balancer.tags) {
                keys.add(&format!("aws:ResourceTag/{key}"), value);
                keys.add(&format!("elasticloadbalancing:ResourceTag/{key}"), value);
            }
            return vec![self.about(&arn, keys)];
        }
        let scheme = self.param("Scheme").unwrap_or("internet-facing");
        keys.add("elasticloadbalancing:Scheme", scheme);
        let mut asks = vec![self.about(&arn, keys.clone())];
        if !self.request_tags().is_empty() {
            keys.add("elasticloadbalancing:CreateAction", self.action.name());
            let action = "elasticloadbalancing:AddTags".to_owned();
            asks.push(Ask { action, resource: arn, keys });
        }
        asks
    }
}

fn kind_of(id: &str) -> Option<&'static str> {
    let prefix = id.split_once('-')?.0;
    KINDS.iter().find(|(known, _)| *known == prefix).map(|(_, kind)| *kind)
}

fn arn_of_vpc(account: &AccountId, region: &Region, vpc: &str) -> String {
    format!("arn:aws:ec2:{region}:{account}:vpc/{vpc}")
}

fn add_connection(keys: &mut Keys, connection: &Connection) {
    for (key, end) in
        [("ec2:RequesterVpc", &connection.requester), ("ec2:AccepterVpc", &connection.accepter)]
    {
        keys.add(key, arn_of_vpc(&end.spot.account, &end.spot.region, end.vpc.as_str()));
    }
}

fn add_request_tags(keys: &mut Keys, tags: &[(String, String)]) {
    for (key, value) in tags {
        keys.add(&format!("aws:RequestTag/{key}"), value);
        keys.add("aws:TagKeys", key);
    }
}
