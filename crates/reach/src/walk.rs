//! The walk: there by the sender's routes, in by groups and network ACLs, and back by the destination's routes.

use std::net::IpAddr;

use peerway_model::{NetworkInterface, NetworkInterfaceId, RouteTarget, Subnet, VpcId};

use crate::lookup::{Ending, Lookup, Lost, Passage};
use crate::{Flow, Leg, Network, Sender, Service, Target, Unseen, Verdict};

/// Who sends or receives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Party<'a> {
    pub(crate) subnet: &'a Subnet,
    pub(crate) address: IpAddr,
    pub(crate) interface: Option<&'a NetworkInterface>,
}

impl<'a> Network<'a> {
    /// Whether a request and its reply pass: to every address of the target, else what stops the first that they do not
    /// reach.
    #[must_use]
    pub fn judge(&self, flow: &Flow) -> Verdict {
        let mut verdicts = self.judge_each(flow).into_iter().map(|(_, verdict)| verdict);
        verdicts.find(|verdict| *verdict != Verdict::Reachable).unwrap_or(Verdict::Reachable)
    }

    /// The same for each address of the target, in their order; at least one answer, without an address for a balancer that
    /// has none.
    #[must_use]
    pub fn judge_each(&self, flow: &Flow) -> Vec<(Option<IpAddr>, Verdict)> {
        let one = |address: IpAddr, meant| {
            let verdict = self.walk(&flow.sender, address, flow.service, meant);
            (Some(address), verdict)
        };
        match &flow.target {
            Target::Address(address) => vec![one(*address, None)],
            Target::LoadBalancer { name, vpc } => match self.nodes(name, vpc) {
                [] => vec![(None, Verdict::UnknownDestination { address: None, vpc: vpc.clone() })],
                nodes => nodes.iter().map(|address| one(*address, Some(vpc))).collect(),
            },
        }
    }

    fn walk(
        &self,
        sender: &Sender,
        address: IpAddr,
        service: Service,
        meant: Option<&VpcId>,
    ) -> Verdict {
        let from = match self.party(sender, address) {
            Ok(from) => from,
            Err(what) => return Verdict::UnknownSource { what },
        };
        let way = match self.carry(from.subnet, address) {
            Ok(way) => way,
            Err(lost) => return lost_there(lost),
        };
        if meant.is_some_and(|vpc| vpc != way.vpc) {
            return Verdict::GoesElsewhere(way.lookup);
        }
        let to = match self.received(way.vpc, address) {
            Ok(to) => to,
            Err(verdict) => return *verdict,
        };
        self.refused(&from, &to, way.over, service)
            .or_else(|| self.lost_back(&from, &to, &way))
            .or_else(|| self.crossing(&to, &from, Leg::Back, service))
            .unwrap_or(Verdict::Reachable)
    }

    /// Who sends to an address, by an address of its family.
    fn party(&self, sender: &Sender, to: IpAddr) -> Result<Party<'a>, String> {
        match sender {
            Sender::Instance(id) => {
                let instance = self.instances.get(id.as_str());
                let instance = instance.ok_or_else(|| format!("there is no {id}"))?;
                if !instance.is_running() {
                    return Err(format!("{id} is {}", instance.state));
                }
                let first = instance.interfaces.first();
                let (interface, _) = first.ok_or_else(|| format!("{id} has no interface"))?;
                self.party_of(interface, to)
            }
            Sender::Interface(id) => self.party_of(id, to),
            Sender::Address { subnet: id, address } => {
                let subnet = self.subnets.get(id).copied();
                let subnet = subnet.ok_or_else(|| format!("there is no {id}"))?;
                if !subnet.cidrs.iter().any(|block| block.contains_address(*address)) {
                    return Err(format!("{address} does not lie in {id}"));
                }
                let interface = self.holder(&subnet.vpc, *address);
                Ok(Party { subnet, address: *address, interface })
            }
        }
    }

    fn party_of(&self, id: &NetworkInterfaceId, to: IpAddr) -> Result<Party<'a>, String> {
        let interface = self.interfaces.get(id).copied();
        let interface = interface.ok_or_else(|| format!("there is no {id}"))?;
        let mut addresses = interface.addresses.iter().copied();
        let address = addresses
            .find(|address| address.is_ipv4() == to.is_ipv4())
            .ok_or_else(|| format!("{id} has no address of the family of {to}"))?;
        let subnet = self.subnets.get(&interface.subnet).copied();
        let subnet = subnet.ok_or_else(|| format!("there is no {}", interface.subnet))?;
        Ok(Party { subnet, address, interface: Some(interface) })
    }

    /// Who receives a packet in a VPC.
    fn received(&self, vpc: &VpcId, address: IpAddr) -> Result<Party<'a>, Box<Verdict>> {
        let unknown = |unseen| Box::new(Verdict::Unknown { leg: Leg::There, unseen });
        if !self.vpcs.contains_key(vpc) {
            return Err(unknown(Unseen::Vpc(vpc.clone())));
        }
        let runs = |interface: &&NetworkInterface| {
            let instance = interface.instance.as_deref().and_then(|id| self.instances.get(id));
            instance.is_none_or(|instance| instance.is_running())
        };
        let Some(interface) = self.holder(vpc, address).filter(runs) else {
            let (address, vpc) = (Some(address), vpc.clone());
            return Err(Box::new(Verdict::UnknownDestination { address, vpc }));
        };
        let subnet = self.subnets.get(&interface.subnet).copied();
        let subnet = subnet.ok_or_else(|| unknown(Unseen::Subnet(interface.subnet.clone())))?;
        Ok(Party { subnet, address, interface: Some(interface) })
    }

    /// What becomes of a reply that does not take the way that the request came.
    fn lost_back(&self, from: &Party<'a>, to: &Party<'a>, way: &Passage<'a>) -> Option<Verdict> {
        let taken = way.over.map(|connection| &connection.id);
        match self.carry(to.subnet, from.address) {
            Ok(back) if back.over.map(|connection| &connection.id) == taken => None,
            Ok(back) => Some(Verdict::ReturnGoesElsewhere(back.lookup)),
            Err(Lost::Unseen(unseen)) => Some(Verdict::Unknown { leg: Leg::Back, unseen }),
            Err(Lost::At(lookup)) => Some(match lookup.ending {
                // Two VPCs have one active connection: what lies behind another is not the sender.
                Ending::Beyond if leads_over_a_connection(&lookup) => {
                    Verdict::ReturnGoesElsewhere(lookup)
                }
                Ending::Beyond => {
                    Verdict::Unknown { leg: Leg::Back, unseen: Unseen::Behind(lookup) }
                }
                Ending::Vpc
                | Ending::NoRow
                | Ending::WayOut
                | Ending::BlackHole
                | Ending::NotBehind => Verdict::NoReturnRoute(lookup),
            }),
        }
    }
}

fn lost_there(lost: Lost) -> Verdict {
    match lost {
        Lost::Unseen(unseen) => Verdict::Unknown { leg: Leg::There, unseen },
        Lost::At(lookup) => match lookup.ending {
            Ending::Beyond => Verdict::Unknown { leg: Leg::There, unseen: Unseen::Behind(lookup) },
            Ending::BlackHole => Verdict::BlackHole(lookup),
            Ending::Vpc | Ending::NoRow | Ending::WayOut | Ending::NotBehind => {
                Verdict::NoRoute(lookup)
            }
        },
    }
}

fn leads_over_a_connection(lookup: &Lookup) -> bool {
    lookup.row.as_ref().is_some_and(|row| matches!(row.target, RouteTarget::Connection(_)))
}
