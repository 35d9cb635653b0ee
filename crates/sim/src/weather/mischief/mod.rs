//! What there is to do mischief to, and which calls do it.

mod balancers;

use std::collections::BTreeSet;

use peerway_model::{
    ConnectionId, ConnectionState, Destination, Direction, Family, RouteOrigin, RouteTableId,
    RouteTarget, Tags, VpcId,
};

use super::dice::Dice;
use super::hands::{Deed, Mischief};
use crate::Action;
use crate::ec2::peerings::{Connection, End};
use crate::ec2::tags;
use crate::id::AwsId as _;
use crate::state::{ESTATE, Maker, RegionState, Spot, State};
use crate::wire::query::Params;

impl Mischief {
    pub(super) fn deed(self, ground: &Ground<'_>, dice: &mut Dice) -> Option<Deed> {
        match self {
            Self::PeerRejects => {
                let (id, connection) =
                    ground.connection(&[ConnectionState::PendingAcceptance], dice)?;
                of_connection(&connection.accepter, Action::RejectVpcPeeringConnection, id)
            }
            Self::PeerDeletes => {
                let (id, connection) = ground.connection(&[ConnectionState::Active], dice)?;
                let far = connection.ends().find(|end| end.spot != *ground.spot);
                let far = far.unwrap_or(&connection.accepter);
                of_connection(far, Action::DeleteVpcPeeringConnection, id)
            }
            Self::PeerRequests => {
                let live = [ConnectionState::PendingAcceptance, ConnectionState::Active];
                let (_, connection) = ground.connection(&live, dice)?;
                let (asks, asked) = (&connection.accepter, &connection.requester);
                let params = [
                    ("VpcId", asks.vpc.as_str()),
                    ("PeerVpcId", asked.vpc.as_str()),
                    ("PeerOwnerId", asked.spot.account.as_str()),
                    ("PeerRegion", asked.spot.region.as_str()),
                ];
                deed(&asks.spot, Action::CreateVpcPeeringConnection, &params)
            }
            Self::RequestExpires => {
                let (id, _) = ground.connection(&[ConnectionState::PendingAcceptance], dice)?;
                Some(Deed::Expire(id.clone()))
            }
            Self::RouteCreated => ground.create_route(dice),
            Self::RouteReplaced => ground.replace_route(dice),
            Self::RouteDeleted => {
                let (table, _, row) = ground.route_over_connection(dice)?;
                let (name, block) = destination(row)?;
                let params = [("RouteTableId", table.as_str()), (name, &block)];
                deed(ground.spot, Action::DeleteRoute, &params)
            }
            Self::TagsStripped => match dice.pick(&ground.tagged())? {
                Made::Balancer(name, tags) => ground.strip_balancer(name, tags),
                Made::Thing(id, _) => {
                    deed(ground.spot, Action::DeleteTags, &[("ResourceId.1", id)])
                }
            },
            Self::TagsCopied => match *dice.pick(&ground.tagged())? {
                Made::Balancer(name, tags) => ground.copy_to_balancer(name, tags, dice),
                Made::Thing(id, tags) => ground.copy_tags(id, tags, dice),
            },
            Self::DeletedByHand => ground.delete(dice),
            Self::GroupDetached => ground.detach_group(dice),
            Self::InstanceDeregistered => ground.deregister_instance(dice),
            Self::ListenerDeleted => ground.delete_listener(dice),
        }
    }
}

fn deed(spot: &Spot, action: Action, params: &[(&str, &str)]) -> Option<Deed> {
    let pairs = params.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let call = action.read(&Params::collect(pairs).ok()?).ok()?;
    Some(Deed::Call(spot.clone(), Box::new(call)))
}

fn of_connection(end: &End, action: Action, id: &ConnectionId) -> Option<Deed> {
    deed(&end.spot, action, &[("VpcPeeringConnectionId", id.as_str())])
}

/// Whether a caller made it, and not the estate.
fn is_made(maker: &Maker) -> bool {
    **maker != *ESTATE
}

/// A destination as the parameter of its family.
fn destination(destination: &Destination) -> Option<(&'static str, String)> {
    match destination {
        Destination::Cidr(block) => match block.family() {
            Family::V4 => Some(("DestinationCidrBlock", block.to_string())),
            Family::V6 => Some(("DestinationIpv6CidrBlock", block.to_string())),
        },
        Destination::PrefixList(_) => None,
    }
}

/// What a caller made, by id or name, with its tags.
#[derive(Debug, Clone, Copy)]
enum Made<'a> {
    /// Of EC2.
    Thing(&'a str, &'a Tags),
    /// A load balancer.
    Balancer(&'a str, &'a Tags),
}

/// Where the mischief happens.
pub(super) struct Ground<'a> {
    pub(super) state: &'a State,
    pub(super) spot: &'a Spot,
}

impl<'a> Ground<'a> {
    fn here(&self) -> &'a RegionState {
        self.state.at(self.spot)
    }

    fn connection(
        &self,
        states: &[ConnectionState],
        dice: &mut Dice,
    ) -> Option<(&'a ConnectionId, &'a Connection)> {
        let seen = self.here().views.keys();
        let all = seen.filter_map(|id| self.state.connections.get_key_value(id));
        let fitting: Vec<_> = all.filter(|(_, c)| states.contains(&c.state)).collect();
        dice.pick(&fitting).copied()
    }

    fn route_over_connection(
        &self,
        dice: &mut Dice,
    ) -> Option<(&'a RouteTableId, &'a VpcId, &'a Destination)> {
        let tables = self.here().route_tables.iter();
        let rows: Vec<_> = tables
            .flat_map(|(id, table)| table.rows.iter().map(move |row| (id, &table.vpc, row)))
            .filter(|(_, _, (_, row))| {
                row.origin == RouteOrigin::Static
                    && matches!(row.target, RouteTarget::Connection(_))
            })
            .map(|(id, vpc, (destination, _))| (id, vpc, destination))
            .collect();
        dice.pick(&rows).copied()
    }

    /// What a route of this VPC could point at, as a parameter.
    fn targets(&self, vpc: &VpcId) -> Vec<(&'static str, String)> {
        let region = self.here();
        let gateways = region.internet_gateways.iter().filter(|(_, g)| g.vpc.as_ref() == Some(vpc));
        let gateways = gateways.map(|(id, _)| ("GatewayId", id.to_string()));
        let connections =
            region.views.keys().filter_map(|id| self.state.connections.get_key_value(id));
        let connections = connections
            .filter(|(_, c)| c.state == ConnectionState::Active)
            .filter(|(_, c)| c.ends().any(|end| end.vpc == *vpc))
            .map(|(id, _)| ("VpcPeeringConnectionId", id.to_string()));
        gateways.chain(connections).collect()
    }

    fn create_route(&self, dice: &mut Dice) -> Option<Deed> {
        let (_, connection) = self.connection(&[ConnectionState::Active], dice)?;
        let near = connection.ends().find(|end| end.spot == *self.spot)?;
        let far = connection.ends().find(|end| end.vpc != near.vpc)?;
        let block = self.state.vpc(&far.spot, &far.vpc)?.blocks().next()?;
        let (name, block) = destination(&Destination::Cidr(*block))?;
        let tables = self.here().route_tables.iter().filter(|(_, table)| table.vpc == near.vpc);
        let tables: Vec<_> = tables.map(|(id, _)| id).collect();
        let table = dice.pick(&tables)?;
        let targets = self.targets(&near.vpc);
        let (target, id) = dice.pick(&targets)?;
        let params = [("RouteTableId", table.as_str()), (name, &block), (target, id)];
        deed(self.spot, Action::CreateRoute, &params)
    }

    fn replace_route(&self, dice: &mut Dice) -> Option<Deed> {
        let (table, vpc, row) = self.route_over_connection(dice)?;
        let (name, block) = destination(row)?;
        let targets = self.targets(vpc);
        let (target, id) = dice.pick(&targets)?;
        let params = [("RouteTableId", table.as_str()), (name, &block), (target, id)];
        deed(self.spot, Action::ReplaceRoute, &params)
    }

    /// What callers made here.
    fn made(&self) -> Vec<Made<'a>> {
        let region = self.here();
        let mut made = Vec::new();
        macro_rules! of {
            ($($things:ident),*) => {
                $(for (id, thing) in region.$things.iter().filter(|(_, thing)| is_made(&thing.maker)) {
                    made.push(Made::Thing(id.text(), &thing.tags));
                })*
            };
        }
        of!(vpcs, subnets, route_tables, security_groups, rules, prefix_lists);
        for (id, view) in &region.views {
            let connection = self.state.connections.get(id);
            if connection.is_some_and(|c| c.state.is_live() && is_made(&c.maker)) {
                made.push(Made::Thing(id.text(), &view.tags));
            }
        }
        made.extend(self.balancers().map(|(name, it)| Made::Balancer(name, &it.tags)));
        made
    }

    /// What of it has tags.
    fn tagged(&self) -> Vec<Made<'a>> {
        let mut made = self.made();
        made.retain(|(Made::Thing(_, tags) | Made::Balancer(_, tags))| !tags.is_empty());
        made
    }

    /// Onto another thing of the same kind.
    fn copy_tags(&self, from: &str, copied: &Tags, dice: &mut Dice) -> Option<Deed> {
        let prefix = from.rsplit_once('-').map(|(prefix, _)| prefix);
        let mut alike = BTreeSet::new();
        tags::for_each_tagged(self.here(), &mut |id, _, _| {
            if id != from && id.rsplit_once('-').map(|(prefix, _)| prefix) == prefix {
                alike.insert(id.to_owned());
            }
        });
        let alike: Vec<_> = alike.into_iter().collect();
        let onto = dice.pick(&alike)?;
        self.tag(Action::CreateTags, ("ResourceId.1", onto), "Tag", copied)
    }

    /// Puts tags on something, by the call of its service and under the name of that call's list.
    fn tag(&self, action: Action, onto: (&str, &str), list: &str, tags: &Tags) -> Option<Deed> {
        let mut written = Vec::new();
        for (at, (key, value)) in tags.iter().enumerate() {
            written.push((format!("{list}.{}.Key", at + 1), key));
            written.push((format!("{list}.{}.Value", at + 1), value));
        }
        let written = written.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let params: Vec<_> = [onto].into_iter().chain(written).collect();
        deed(self.spot, action, &params)
    }

    fn delete(&self, dice: &mut Dice) -> Option<Deed> {
        let region = self.here();
        let way = |id: &str| {
            let group = |rule: &str| {
                let rule = region.rules.iter().find(|(other, _)| other.as_str() == rule);
                rule.map(|(_, rule)| {
                    (rule.group.to_string(), rule.key.direction == Direction::Egress)
                })
            };
            Some(match id.split_once('-')?.0 {
                "vpc" => (Action::DeleteVpc, vec![("VpcId", id.to_owned())]),
                "subnet" => (Action::DeleteSubnet, vec![("SubnetId", id.to_owned())]),
                "rtb" => (Action::DeleteRouteTable, vec![("RouteTableId", id.to_owned())]),
                "sg" => (Action::DeleteSecurityGroup, vec![("GroupId", id.to_owned())]),
                "pcx" => (
                    Action::DeleteVpcPeeringConnection,
                    vec![("VpcPeeringConnectionId", id.to_owned())],
                ),
                "sgr" => {
                    let (group, is_egress) = group(id)?;
                    let params = vec![("GroupId", group), ("SecurityGroupRuleId.1", id.to_owned())];
                    let ingress = Action::RevokeSecurityGroupIngress;
                    (if is_egress { Action::RevokeSecurityGroupEgress } else { ingress }, params)
                }
                _ => return None,
            })
        };
        let ways = self.made().into_iter().filter_map(|made| match made {
            Made::Balancer(name, _) => self.delete_balancer(name),
            Made::Thing(id, _) => {
                let (action, params) = way(id)?;
                let params: Vec<_> = params.iter().map(|(name, v)| (*name, v.as_str())).collect();
                deed(self.spot, action, &params)
            }
        });
        let ways: Vec<Deed> = ways.collect();
        dice.pick(&ways).cloned()
    }
}
