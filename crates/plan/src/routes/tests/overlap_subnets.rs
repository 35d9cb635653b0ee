//! Overlap subnets of groups that do not answer over this connection: only balancer nodes live there.

use peerway_api::Reason;
use peerway_model::ownership::{CLUSTER, OWNER};

use super::*;
use crate::testing::tags;

/// [`two_vpcs`], and on the left an overlap subnet whose table leads to another VPC with the right one's addresses.
fn with_group(rows: &[(&str, &str)], owner: &str) -> Estate {
    let mut estate = two_vpcs(&[], &[])
        .table("rtb-0f000001", "vpc-0000000a", rows)
        .subnet("subnet-0f000001", "vpc-0000000a", "10.1.6.0/26", "rtb-0f000001")
        .connection(
            "pcx-0000000f",
            ("vpc-0000000a", &["10.1.0.0/16"]),
            ("vpc-0000000f", &["10.2.0.0/16"]),
            ConnectionState::Active,
        );
    let owned = tags(&[(CLUSTER, "cluster-1"), (OWNER, owner)]);
    let table = estate.route_tables.iter_mut().find(|table| table.id.as_str() == "rtb-0f000001");
    table.unwrap().tags = owned.clone();
    estate.subnets.last_mut().unwrap().tags = owned;
    estate
}

const GROUP: &str = "OverlapSubnetGroup/analytics/billing";

#[test]
fn they_do_not_count_where_their_group_does_not_name_the_connection() {
    let case = Case::whole(&with_group(&[("10.2.0.0/16", "pcx-0000000f")], GROUP));
    assert_eq!(case.against(), [None, None]);
}

#[test]
fn they_count_where_it_does() {
    let rows = [("10.2.0.0/16", OURS), ("10.2.1.0/24", "pcx-0000000f")];
    let case = Case::whole(&with_group(&rows, GROUP));
    assert_eq!(case.against(), [None, Some(Reason::ReturnGoesElsewhere)]);
}

#[test]
fn subnets_of_anybody_else_always_count() {
    for owner in ["VPCPeering/analytics/billing", ""] {
        let mut estate = with_group(&[("10.2.0.0/16", "pcx-0000000f")], owner);
        if owner.is_empty() {
            estate.subnets.last_mut().unwrap().tags = tags(&[]);
        }
        let case = Case::whole(&estate);
        assert_eq!(case.against(), [None, Some(Reason::ReturnGoesElsewhere)], "{owner}");
    }
}
