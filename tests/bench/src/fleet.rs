//! The fleet of `targets.md`: one account and Region; for each 1,000 peerings 300 VPCs with six subnets and three route
//! tables each.
//!
//! Every VPC is joined to its neighbours, the nearest first. A peering asks for a route in one table of each side, and for
//! DNS resolution on the requester's.

use std::fmt::Write;

use peerway_model::{Origin, Owner, OwnerKind, Tags};
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "111111111111";
pub(crate) const REGION: &str = "us-west-2";
pub(crate) const NAMESPACE: &str = "analytics";
/// The cluster's id in tags.
pub(crate) const CLUSTER: &str = "bench";
/// The account as Kubernetes knows it.
pub(crate) const ACCOUNT_NAME: &str = "service";

pub(crate) const SUBNETS: u32 = 6;
pub(crate) const TABLES: u32 = 3;
/// The table of a VPC in which the routes are: not the main one.
const ROUTED_TABLE: u32 = 1;

/// So many peerings, and what they join.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fleet {
    pub(crate) peerings: u32,
}

impl Fleet {
    pub(crate) fn vpcs(self) -> u32 {
        (self.peerings * 3 / 10).max(10)
    }

    /// Requester and accepter of a peering.
    pub(crate) fn ends(self, peering: u32) -> [u32; 2] {
        let vpcs = self.vpcs();
        let requester = peering % vpcs;
        [requester, (requester + 1 + peering / vpcs) % vpcs]
    }

    pub(crate) fn vpc_id(vpc: u32) -> String {
        format!("vpc-{vpc:08x}")
    }

    pub(crate) fn table_id(vpc: u32, table: u32) -> String {
        format!("rtb-{:08x}", vpc * TABLES + table)
    }

    pub(crate) fn routed_table_id(vpc: u32) -> String {
        Self::table_id(vpc, ROUTED_TABLE)
    }

    pub(crate) fn subnet_id(vpc: u32, subnet: u32) -> String {
        format!("subnet-{:08x}", vpc * SUBNETS + subnet)
    }

    /// 1,022 addresses for each of up to 16,384 VPCs.
    pub(crate) fn cidr(vpc: u32) -> String {
        format!("10.{}.{}.0/22", vpc / 64, vpc % 64 * 4)
    }

    pub(crate) fn subnet_cidr(vpc: u32, subnet: u32) -> String {
        format!("10.{}.{}.{}/26", vpc / 64, vpc % 64 * 4 + subnet / 4, subnet % 4 * 64)
    }

    pub(crate) fn name(peering: u32) -> String {
        format!("peering-{peering:05}")
    }

    pub(crate) fn connection_id(peering: u32) -> String {
        format!("pcx-{peering:08x}")
    }

    /// The peerings of a VPC, each with the VPC at its other end.
    pub(crate) fn neighbours(self, vpc: u32) -> Vec<(u32, u32)> {
        let vpcs = self.vpcs();
        let rounds = self.peerings.div_ceil(vpcs);
        let asked = (0..rounds).map(|round| round * vpcs + vpc);
        let was_asked = (0..rounds).map(|round| round * vpcs + (vpc + vpcs - 1 - round) % vpcs);
        asked
            .chain(was_asked)
            .filter(|peering| *peering < self.peerings)
            .map(|peering| {
                let [requester, accepter] = self.ends(peering);
                (peering, if requester == vpc { accepter } else { requester })
            })
            .collect()
    }

    /// The tags that a peering's connection carries, where the first peering's UID ends with this number and the others
    /// follow.
    pub(crate) fn tags(peering: u32, first_uid: u64) -> Tags {
        let owner = Owner {
            cluster: CLUSTER.into(),
            kind: OwnerKind::VpcPeering,
            namespace: NAMESPACE.to_owned(),
            name: Self::name(peering),
            uid: format!("00000000-0000-4000-8000-{:012x}", first_uid + u64::from(peering)),
        };
        owner.tags(Origin::Created)
    }

    /// The VPCs, before any peering.
    pub(crate) fn estate(self) -> String {
        self.estate_with(None)
    }

    /// The same with everything in place that the peerings ask for, the first of them with this number in its UID.
    pub(crate) fn estate_in_place(self, first_uid: u64) -> String {
        self.estate_with(Some(first_uid))
    }

    fn estate_with(self, first_uid: Option<u64>) -> String {
        let mut text = format!(
            "accounts:\n  \"{ACCOUNT}\":\n    roles:\n      peerway: {{trusts: [\"arn:aws:iam::999999999999:user/peerway-controller\"]}}\n    regions:\n      {REGION}:\n        vpcs:\n"
        );
        for vpc in 0..self.vpcs() {
            let (id, cidr) = (Self::vpc_id(vpc), Self::cidr(vpc));
            let _ = writeln!(
                text,
                "          - id: {id}\n            cidr: {cidr}\n            dnsHostnames: true\n            routeTables:"
            );
            for table in 0..TABLES {
                let main = if table == 0 { ", main: true" } else { "" };
                let routes = match first_uid {
                    Some(_) if table == ROUTED_TABLE => self.routes(vpc),
                    _ => String::new(),
                };
                let id = Self::table_id(vpc, table);
                let _ = writeln!(text, "              - {{id: {id}{main}{routes}}}");
            }
            text.push_str("            subnets:\n");
            for subnet in 0..SUBNETS {
                let _ = writeln!(
                    text,
                    "              - {{id: {}, zone: usw2-az{}, cidr: {}, routeTable: {}}}",
                    Self::subnet_id(vpc, subnet),
                    subnet % 3 + 1,
                    Self::subnet_cidr(vpc, subnet),
                    Self::table_id(vpc, subnet % TABLES),
                );
            }
        }
        text.push_str("  \"999999999999\":\n    users:\n      peerway-controller:\n        accessKeys: {AKIAPEERWAYCONTROLLR: simulated-secret-access-key}\n");
        if let Some(first_uid) = first_uid {
            text.push_str("peerings:\n");
            for peering in 0..self.peerings {
                let [requester, accepter] = self.ends(peering).map(Self::vpc_id);
                let _ = writeln!(
                    text,
                    "  - {{id: {}, requester: {requester}, accepter: {accepter}, dnsResolution: {{requester: true}}, tags: {{requester: {}}}}}",
                    Self::connection_id(peering),
                    json!(Self::tags(peering, first_uid)),
                );
            }
        }
        text
    }

    /// The routes of a VPC's table to its neighbours.
    fn routes(self, vpc: u32) -> String {
        let route = |(peering, other)| {
            let (cidr, id) = (Self::cidr(other), Self::connection_id(peering));
            format!("{{destination: {cidr}, target: {id}}}")
        };
        let routes: Vec<String> = self.neighbours(vpc).into_iter().map(route).collect();
        format!(", routes: [{}]", routes.join(", "))
    }

    /// The account's manifest.
    pub(crate) fn account() -> Value {
        json!({
            "apiVersion": "peerway.dev/v1alpha1",
            "kind": "AWSAccount",
            "metadata": { "name": ACCOUNT_NAME },
            "spec": {
                "accountID": ACCOUNT,
                "regions": [REGION],
                "credentials": { "assumeRole": { "roleARN": format!("arn:aws:iam::{ACCOUNT}:role/peerway") } },
                "grants": [{
                    "name": NAMESPACE,
                    "namespaces": { "from": "Names", "names": [NAMESPACE] },
                }],
            },
        })
    }

    /// A peering's manifest.
    pub(crate) fn peering(self, peering: u32) -> Value {
        let [requester, accepter] = self.ends(peering).map(|vpc| {
            json!({
                "accountRef": { "name": ACCOUNT_NAME },
                "region": REGION,
                "vpc": { "id": Self::vpc_id(vpc) },
                "routes": { "tables": { "ids": [Self::routed_table_id(vpc)] } },
            })
        });
        let mut object = json!({
            "apiVersion": "peerway.dev/v1alpha1",
            "kind": "VPCPeering",
            "metadata": { "name": Self::name(peering), "namespace": NAMESPACE },
            "spec": { "requester": requester, "accepter": accepter },
        });
        object["spec"]["requester"]["dnsResolution"] = true.into();
        object
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_peerings_join_the_same_vpcs() {
        for peerings in [10, 100, 1_000, 10_000] {
            let fleet = Fleet { peerings };
            let pairs: BTreeSet<[u32; 2]> = (0..peerings)
                .map(|peering| {
                    let mut ends = fleet.ends(peering);
                    ends.sort_unstable();
                    assert_ne!(ends[0], ends[1]);
                    ends
                })
                .collect();
            assert_eq!(pairs.len(), peerings as usize);
        }
    }

    #[test]
    fn the_estate_holds_together() {
        let estate = peerway_sim::Estate::from_yaml(&Fleet { peerings: 100 }.estate()).unwrap();
        peerway_sim::World::new(&estate, peerway_sim::Settings::default()).unwrap();
        let estate = Fleet { peerings: 100 }.estate_in_place(7);
        let estate = peerway_sim::Estate::from_yaml(&estate).unwrap();
        peerway_sim::World::new(&estate, peerway_sim::Settings::default()).unwrap();
    }

    #[test]
    fn every_peering_has_a_route_at_both_ends() {
        let fleet = Fleet { peerings: 1_000 };
        for peering in 0..1_000 {
            let [requester, accepter] = fleet.ends(peering);
            for (vpc, other) in [(requester, accepter), (accepter, requester)] {
                let neighbours = fleet.neighbours(vpc);
                let found = neighbours.iter().filter(|found| **found == (peering, other));
                assert_eq!(found.count(), 1, "{peering} at {vpc}: {neighbours:?}");
            }
        }
    }
}
