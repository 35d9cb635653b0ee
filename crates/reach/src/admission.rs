//! Who is let out and in, between two parties that routes join.

use peerway_model::{Connection, Direction};

use crate::network_acl;
use crate::security_group::{Peer, Refusal};
use crate::traffic::Traffic;
use crate::walk::Party;
use crate::{Leg, Network, Service, Unseen, Verdict};

impl<'a> Network<'a> {
    /// What stops a request that routes carry: the sender's groups and subnet, then the destination's, then a balancer that
    /// does not listen.
    pub(crate) fn refused(
        &self,
        from: &Party<'a>,
        to: &Party<'a>,
        over: Option<&Connection>,
        service: Service,
    ) -> Option<Verdict> {
        let traffic = Traffic::request(service, to.address);
        // Within a VPC, or a Region.
        let is_known_by_groups = over.is_none_or(|it| it.requester.region == it.accepter.region);
        let groups = |of: &Party<'a>, direction, party| {
            let peer = Peer { party, is_known_by_groups };
            let refusal = self.groups_let(of.interface?, direction, peer, traffic).err()?;
            Some(match refusal {
                Refusal::Unseen(unseen) => Verdict::Unknown { leg: Leg::There, unseen },
                Refusal::NoneOf(groups) => {
                    Verdict::SecurityGroup { groups, direction, peer: party.address, service }
                }
            })
        };
        groups(from, Direction::Egress, to)
            .or_else(|| self.crossing(from, to, Leg::There, service))
            .or_else(|| groups(to, Direction::Ingress, from))
            .or_else(|| self.not_listening(to, service))
    }

    /// What stops a packet at the edges of two subnets. Within a subnet no network ACL is asked.
    pub(crate) fn crossing(
        &self,
        from: &Party<'a>,
        to: &Party<'a>,
        leg: Leg,
        service: Service,
    ) -> Option<Verdict> {
        if from.subnet.id == to.subnet.id {
            return None;
        }
        let traffic = match leg {
            Leg::There => Traffic::request(service, to.address),
            Leg::Back => Traffic::reply(service, to.address),
        };
        [(from, to, Direction::Egress), (to, from, Direction::Ingress)].into_iter().find_map(
            |(at, peer, direction)| {
                let subnet = &at.subnet.id;
                let Some(acl) = self.acls.get(subnet) else {
                    let unseen = Unseen::NetworkAcl(subnet.clone());
                    return Some(Verdict::Unknown { leg, unseen });
                };
                let (acl_id, peer) = (acl.id.clone(), peer.address);
                (!network_acl::lets(acl, direction, peer, traffic)).then(|| Verdict::NetworkAcl {
                    acl: acl_id,
                    subnet: subnet.clone(),
                    direction,
                    leg,
                    peer,
                    service,
                })
            },
        )
    }

    fn not_listening(&self, to: &Party<'a>, service: Service) -> Option<Verdict> {
        let balancer = self.balancer_at(to.interface?)?;
        let listens = match service {
            Service::Tcp(port) => balancer.listeners.contains_key(&port),
            Service::Udp(_) => false,
            // Nodes answer for themselves.
            Service::Ping => true,
        };
        (!listens).then(|| Verdict::NoListener { balancer: balancer.name.clone(), service })
    }
}
