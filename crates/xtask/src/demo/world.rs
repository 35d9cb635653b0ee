//! An estate, looked at by id.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use peerway_sim::Estate;
use peerway_sim::estate::{End, LoadBalancer, Peering, Regional, Rule, SecurityGroup, Vpc};

/// An estate to look things up in.
pub(crate) struct World<'e> {
    estate: &'e Estate,
}

const OWNER: &str = "peerway.dev/owner";

impl<'e> World<'e> {
    pub(crate) fn new(estate: &'e Estate) -> Self {
        Self { estate }
    }

    fn vpcs(&self) -> impl Iterator<Item = &'e Vpc> {
        self.estate
            .accounts
            .values()
            .flat_map(|account| account.regions.values())
            .flat_map(|region| &region.vpcs)
    }

    /// The id of the live connection with this owner tag, on either side.
    pub(crate) fn connection(&self, owner: &str) -> anyhow::Result<String> {
        let peering = self.estate.peerings.iter().find(|peering| {
            [&peering.tags.requester, &peering.tags.accepter]
                .iter()
                .any(|tags| tags.get(OWNER).map(String::as_str) == Some(owner))
        });
        let id = peering.and_then(|peering| peering.id.as_ref());
        Ok(id.with_context(|| format!("no connection is tagged {owner}"))?.to_string())
    }

    pub(crate) fn peering(&self, id: &str) -> Option<&'e Peering> {
        self.estate
            .peerings
            .iter()
            .find(|peering| peering.id.as_ref().is_some_and(|own| own.as_str() == id))
    }

    /// The rows of a table, beside local.
    pub(crate) fn routes(&self, table: &str) -> Option<BTreeMap<String, String>> {
        let found = self
            .vpcs()
            .flat_map(|vpc| &vpc.route_tables)
            .find(|known| known.id.as_ref().is_some_and(|id| id.as_str() == table))?;
        Some(
            found
                .routes
                .iter()
                .map(|route| (route.destination.clone(), route.target.clone()))
                .collect(),
        )
    }

    /// The table with this owner tag.
    pub(crate) fn table(&self, owner: &str) -> Option<String> {
        let mut tables = self.vpcs().flat_map(|vpc| &vpc.route_tables);
        let is_owned =
            |tags: &BTreeMap<String, String>| tags.get(OWNER).map(String::as_str) == Some(owner);
        Some(tables.find(|table| is_owned(&table.tags))?.id.as_ref()?.to_string())
    }

    /// The subnets with this owner tag: zone → block and the table that each is associated with.
    pub(crate) fn subnets(&self, owner: &str) -> BTreeMap<String, (String, Option<String>)> {
        let subnets = self.vpcs().flat_map(|vpc| &vpc.subnets);
        let owned = subnets.filter(|it| it.tags.get(OWNER).map(String::as_str) == Some(owner));
        owned
            .map(|subnet| {
                let table = subnet.route_table.as_ref().map(ToString::to_string);
                let block = subnet.cidr.as_ref().map(ToString::to_string).unwrap_or_default();
                (subnet.zone.clone(), (block, table))
            })
            .collect()
    }

    /// The ids of the subnets with this owner tag.
    pub(crate) fn subnet_ids(&self, owner: &str) -> BTreeSet<String> {
        let subnets = self.vpcs().flat_map(|vpc| &vpc.subnets);
        let owned = subnets.filter(|it| it.tags.get(OWNER).map(String::as_str) == Some(owner));
        owned.filter_map(|subnet| Some(subnet.id.as_ref()?.to_string())).collect()
    }

    fn regions(&self) -> impl Iterator<Item = &'e Regional> {
        self.estate.accounts.values().flat_map(|account| account.regions.values())
    }

    /// The load balancer of this name.
    pub(crate) fn balancer(&self, name: &str) -> Option<&'e LoadBalancer> {
        self.regions().flat_map(|region| &region.load_balancers).find(|it| it.name == name)
    }

    /// The balancers that each auto-scaling group is attached to.
    pub(crate) fn attachments(&self) -> BTreeMap<String, BTreeSet<String>> {
        let groups = self.regions().flat_map(|region| &region.auto_scaling_groups);
        groups.map(|group| (group.name.clone(), group.load_balancers.clone())).collect()
    }

    fn group_named(&self, name: &str) -> Option<&'e SecurityGroup> {
        self.vpcs().flat_map(|vpc| &vpc.security_groups).find(|group| group.name == name)
    }

    /// The id of the security group of this name.
    pub(crate) fn group_id(&self, name: &str) -> Option<String> {
        Some(self.group_named(name)?.id.as_ref()?.to_string())
    }

    /// Every ingress rule of the security group of this name, as `tcp 21000 from sg-…`.
    pub(crate) fn rules_of(&self, name: &str) -> Vec<String> {
        let group = self.group_named(name);
        let rules = group.iter().flat_map(|group| &group.ingress);
        let mut rules: Vec<String> = rules.map(rule_text).collect();
        rules.sort();
        rules
    }

    /// The instances that carry the security group of this name.
    pub(crate) fn carriers(&self, name: &str) -> BTreeSet<String> {
        let Some(id) = self.group_named(name).and_then(|group| group.id.clone()) else {
            return BTreeSet::new();
        };
        let instances = self.vpcs().flat_map(|vpc| &vpc.instances);
        let carriers = instances
            .filter(|instance| instance.security_groups.iter().flatten().any(|it| *it == id));
        carriers.filter_map(|instance| Some(instance.id.as_ref()?.to_string())).collect()
    }

    /// The rules of a group that carry our tags, as `tcp 0-65535 from sg-…`.
    pub(crate) fn our_rules(&self, group: &str) -> Option<Vec<String>> {
        let found = self.group(group)?;
        let mut rules: Vec<String> = found
            .ingress
            .iter()
            .filter(|rule| rule.tags.contains_key(OWNER))
            .map(rule_text)
            .collect();
        rules.sort();
        Some(rules)
    }

    fn group(&self, id: &str) -> Option<&'e SecurityGroup> {
        self.vpcs()
            .flat_map(|vpc| &vpc.security_groups)
            .find(|group| group.id.as_ref().is_some_and(|own| own.as_str() == id))
    }

    /// Everything about the thing of this id, as text to compare.
    pub(crate) fn whole(&self, id: &str) -> Option<String> {
        macro_rules! find {
            ($things:expr) => {
                $things
                    .find(|thing| thing.id.as_ref().is_some_and(|own| own.as_str() == id))
                    .map(|thing| format!("{thing:?}"))
            };
        }
        match id.split('-').next()? {
            "pcx" => find!(self.estate.peerings.iter()),
            "rtb" => find!(self.vpcs().flat_map(|vpc| &vpc.route_tables)),
            "subnet" => find!(self.vpcs().flat_map(|vpc| &vpc.subnets)),
            "sg" => find!(self.vpcs().flat_map(|vpc| &vpc.security_groups)),
            "nat" => find!(self.vpcs().flat_map(|vpc| &vpc.nat_gateways)),
            _ => self.balancer(id).map(|balancer| format!("{balancer:?}")),
        }
    }
}

fn rule_text(rule: &Rule) -> String {
    let ports = rule.ports.as_ref().map(|ports| format!(" {ports}")).unwrap_or_default();
    format!("{}{ports} from {}", rule.protocol, rule.source.as_deref().unwrap_or("anywhere"))
}

/// The VPC at an end of a connection.
pub(crate) fn vpc_of(end: &End) -> &str {
    match end {
        End::Here(vpc) => vpc.as_str(),
        End::Elsewhere(end) => end.vpc.as_str(),
    }
}
