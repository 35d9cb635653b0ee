//! Groups, their peerings and their worlds, in few words; and what AWS does of itself.

use peerway_api::v1alpha1::overlap_subnet_group::{
    AutoScalingGroupSelector, GroupCidrs, GroupPeer, GroupZone, OverlapSubnetGroupSpec, PeerRoutes,
    PeeringRef, TableRef, ZoneSelection,
};
use peerway_api::v1alpha1::selectors::SubnetSelector;
use peerway_api::v1alpha1::vpc_peering::{SideName, VpcPeeringSpec};
use peerway_model::{
    AssociationId, ConnectionState, Item, NetworkAclAssociationId, NetworkInterface, OwnerKind,
    Part, Reading, RouteTableId,
};

use super::*;
use crate::testing::{
    SETTLE, block, by_tags, confirmed, fresh, golden, in_tables, in_tables_of, named, side,
};

/// What a group sees.
pub(super) fn of_group(observed: crate::Observed) -> Observed {
    let crate::Observed { now, settle, wrote_at, views, siblings: _ } = observed;
    Observed { now, settle, wrote_at, views, siblings: Vec::new() }
}

/// How many subnets and tables AWS has given ids to: it gives none twice.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Made {
    subnets: usize,
    tables: usize,
}

/// The same, with ids for what was made, and what AWS adds of itself: a new subnet uses the VPC's default ACL.
pub(super) fn as_aws_would(observed: &Observed, made: &mut Made) -> Observed {
    let mut next = observed.clone();
    for view in next.views.values_mut() {
        let pending: Vec<SubnetId> = view
            .subnets
            .part
            .iter()
            .flat_map(|part| part.iter())
            .map(|subnet| subnet.id.clone())
            .filter(SubnetId::is_pending)
            .collect();
        for pending in pending {
            made.subnets += 1;
            let id: SubnetId = format!("subnet-0f0000{:02x}", made.subnets).parse().unwrap();
            if let Some(acl) = &mut view.network_acls {
                rewrite(acl, |acl| {
                    if acl.is_default {
                        let association = id.as_str().replace("subnet-", "aclassoc-");
                        acl.associations.push((association.parse().unwrap(), id.clone()));
                    }
                });
            }
            rename(&mut view.subnets, &pending, |subnet| subnet.id = id.clone());
        }
        let pending: Vec<RouteTableId> = view
            .route_tables
            .part
            .iter()
            .flat_map(|part| part.iter())
            .map(|table| table.id.clone())
            .filter(RouteTableId::is_pending)
            .collect();
        for pending in pending {
            made.tables += 1;
            let id: RouteTableId = format!("rtb-0f0000{:02x}", made.tables).parse().unwrap();
            rename(&mut view.route_tables, &pending, |table| table.id = id.clone());
        }
        rewrite(&mut view.route_tables, |table| {
            for association in &mut table.associations {
                if let AssociationScope::Subnet(subnet) = &association.scope
                    && association.id.is_pending()
                {
                    let id = subnet.as_str().replace("subnet-", "rtbassoc-");
                    association.id = id.parse::<AssociationId>().unwrap();
                }
            }
        });
        if let Some(acl) = &mut view.network_acls {
            rewrite(acl, |acl| {
                for (id, subnet) in &mut acl.associations {
                    if id.is_pending() {
                        let text = subnet.as_str().replace("subnet-", "aclassoc-");
                        *id = text.parse::<NetworkAclAssociationId>().unwrap();
                    }
                }
            });
        }
    }
    next
}

fn rename<T: Item>(reading: &mut Reading<T>, old: &T::Id, change: impl Fn(&mut T)) {
    let part: &Part<T> = reading.part.as_ref().unwrap();
    let mut item = part.get(old).unwrap().clone();
    change(&mut item);
    reading.part = Some(std::sync::Arc::new(part.clone().without(old).with(item)));
}

fn rewrite<T: Item>(reading: &mut Reading<T>, change: impl Fn(&mut T)) {
    let part: &Part<T> = reading.part.as_ref().unwrap();
    let changed = part.iter().cloned().map(|mut item| {
        change(&mut item);
        item
    });
    let next = changed.fold(part.clone(), Part::with);
    reading.part = Some(std::sync::Arc::new(next));
}

/// Changes items of a part by hand, as AWS would show them for a while now.
pub(super) fn edit<T: Item>(reading: &mut Reading<T>, change: impl FnOnce(&mut Vec<T>)) {
    let mut items: Vec<T> = reading.part.as_ref().unwrap().iter().cloned().collect();
    change(&mut items);
    *reading = confirmed(&items);
}

/// Makes a part look as if it had been read only once.
pub(super) fn unconfirm<T: Item>(reading: &mut Reading<T>) {
    let items: Vec<T> = reading.part.as_ref().unwrap().iter().cloned().collect();
    *reading = fresh(&items);
    assert!(reading.part.as_ref().unwrap().begun_at < crate::testing::now() + SETTLE);
}

/// The same after another read that agreed.
pub(super) fn confirm<T: Item>(reading: &mut Reading<T>) {
    edit(reading, |_| ());
}

/// Both VPCs of the golden group get IPv6.
pub(super) fn ipv6_comes(run: &mut Run) {
    edit(&mut run.view().vpcs, |vpcs| {
        for vpc in vpcs {
            match vpc.id.as_str() {
                "vpc-ce78dbb7" => vpc.cidrs.push(block("2600:1f14:1:100::/56")),
                "vpc-3607f64e" => vpc.cidrs.push(block("2600:1f14:2:200::/56")),
                _ => {}
            }
        }
    });
}

/// A table of the world, to be changed.
pub(super) fn edit_table(
    run: &mut Run,
    id: &str,
    change: impl FnOnce(&mut peerway_model::RouteTable),
) {
    edit(&mut run.view().route_tables, |tables| {
        change(tables.iter_mut().find(|table| table.id.as_str() == id).unwrap());
    });
}

/// An interface in a subnet, of a load balancer or of somebody else.
pub(super) fn interface(id: &str, subnet: &str, of_balancer: bool) -> NetworkInterface {
    NetworkInterface {
        id: id.parse().unwrap(),
        vpc: "vpc-ce78dbb7".parse().unwrap(),
        subnet: subnet.parse().unwrap(),
        addresses: Vec::new(),
        description: if of_balancer { "ELB imply-query" } else { "a bastion" }.to_owned(),
        is_requester_managed: of_balancer,
        owner: "111111111111".parse().unwrap(),
        requester: of_balancer.then(|| "amazon-elb".to_owned()),
        groups: Vec::new(),
        instance: (!of_balancer).then(|| "i-0a100001".to_owned()),
    }
}

pub(super) fn put(run: &mut Run, interface: NetworkInterface) {
    edit(run.view().network_interfaces.as_mut().unwrap(), |all| all.push(interface));
}

pub(super) fn clear_interfaces(run: &mut Run) {
    edit(run.view().network_interfaces.as_mut().unwrap(), Vec::clear);
}

/// Who a peering's connection belongs to.
pub(super) fn peering_owner(name: &str, uid: &str) -> Owner {
    Owner {
        cluster: "cluster-1".into(),
        kind: OwnerKind::VpcPeering,
        namespace: "analytics".to_owned(),
        name: name.to_owned(),
        uid: uid.to_owned(),
    }
}

/// A peering of the service VPC, as requester, with this one.
pub(super) fn peering(name: &str, uid: &str, vpc: &str) -> VpcPeering {
    let sides = (side("us-west-2", "service", "vpc-ce78dbb7"), side("us-west-2", "service", vpc));
    named(name, uid, VpcPeeringSpec::joining(sides.0, sides.1))
}

pub(super) fn billing_peering() -> VpcPeering {
    peering("druid-to-billing", "uid-b", "vpc-3607f64e")
}

/// The golden estate with the connection to the overlapping consumer, before there is a group.
pub(super) fn billing_world() -> Estate {
    golden()
        .zones()
        .connection(
            "pcx-0000000b",
            ("vpc-ce78dbb7", &["10.50.0.0/21"]),
            ("vpc-3607f64e", &["172.19.0.0/20"]),
            ConnectionState::Active,
        )
        .owned_by(&peering_owner("druid-to-billing", "uid-b"))
}

/// Gives the world another consumer: `third-vpc`, 172.21.0.0/20 or what is asked for, over pcx-0000000c.
pub(super) fn with_third(world: Estate, cidr: &str) -> Estate {
    world
        .vpc("vpc-0c000001", &[cidr], "third-vpc")
        .table("rtb-0c000001", "*vpc-0c000001", &[])
        .connection(
            "pcx-0000000c",
            ("vpc-ce78dbb7", &["10.50.0.0/21"]),
            ("vpc-0c000001", &[cidr]),
            ConnectionState::Active,
        )
        .owned_by(&peering_owner("druid-to-third", "uid-c"))
}

pub(super) fn third_peering() -> VpcPeering {
    peering("druid-to-third", "uid-c", "vpc-0c000001")
}

pub(super) fn peer(name: &str, peering: &str, routes: Option<PeerRoutes>) -> GroupPeer {
    GroupPeer {
        name: name.to_owned(),
        peering_ref: PeeringRef { name: peering.to_owned() },
        side: SideName::Requester,
        peer_routes: routes,
    }
}

pub(super) fn routes_in(tables: &[&str]) -> PeerRoutes {
    PeerRoutes { tables: in_tables(tables, &[]).tables, on_conflict: None }
}

pub(super) fn third_peer() -> GroupPeer {
    peer("third", "druid-to-third", Some(routes_in(&["rtb-0c000001"])))
}

/// `druid-to-billing` of the golden example.
pub(super) fn billing() -> OverlapSubnetGroupSpec {
    let routes =
        PeerRoutes { tables: in_tables_of(&["subnet-567e171d"]).tables, on_conflict: None };
    OverlapSubnetGroupSpec {
        peers: vec![peer("billing", "druid-to-billing", Some(routes))],
        availability_zones: Some(ZoneSelection {
            of_subnets: Some(SubnetSelector {
                ids: None,
                match_tags: Some(by_tags(&[("Name", "subnet-0a*")])),
            }),
            of_auto_scaling_groups: None,
            list: None,
        }),
        cidrs: Some(GroupCidrs {
            prefix_length: Some(26),
            within: Some(vec![block("10.50.6.0/23")]),
        }),
        route_table: None,
        network_acl: None,
        tags: None,
        deletion_policy: None,
        management_policy: None,
        adopt: None,
    }
}

pub(super) fn listed(zones: &[(&str, Option<&str>)]) -> ZoneSelection {
    let zone = |(id, cidr): &(&str, Option<&str>)| GroupZone {
        id: id.parse().unwrap(),
        cidr: cidr.map(block),
    };
    ZoneSelection {
        of_subnets: None,
        of_auto_scaling_groups: None,
        list: Some(zones.iter().map(zone).collect()),
    }
}

pub(super) fn of_auto_scaling_groups(selector: AutoScalingGroupSelector) -> ZoneSelection {
    ZoneSelection { of_subnets: None, of_auto_scaling_groups: Some(selector), list: None }
}

/// The object with this spec, in the namespace `analytics`.
pub(super) fn group(name: &str, uid: &str, spec: OverlapSubnetGroupSpec) -> OverlapSubnetGroup {
    let mut object = OverlapSubnetGroup::new(name, spec);
    object.metadata.namespace = Some("analytics".to_owned());
    object.metadata.uid = Some(uid.to_owned());
    object.metadata.generation = Some(1);
    object
}

pub(super) fn run_in(world: &Estate, spec: OverlapSubnetGroupSpec) -> Run {
    let object = group("druid-to-billing", "uid-g", spec);
    Run::new(object, vec![billing_peering(), third_peering()], world)
}

/// `druid-to-billing` with this table.
pub(super) fn with_table(id: &str) -> OverlapSubnetGroupSpec {
    OverlapSubnetGroupSpec { route_table: Some(TableRef { id: id.parse().unwrap() }), ..billing() }
}

/// The golden group before its first visit.
pub(super) fn start() -> Run {
    run_in(&billing_world(), billing())
}

/// The golden group at rest.
pub(super) fn settled() -> Run {
    settled_as(billing())
}

pub(super) fn settled_as(spec: OverlapSubnetGroupSpec) -> Run {
    let mut run = run_in(&billing_world(), spec);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    run
}
