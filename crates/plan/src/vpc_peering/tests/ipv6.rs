//! Two VPCs with addresses of both families.

use peerway_api::v1alpha1::vpc_peering::{IngressSource, PeerVpc, VpcPeeringSpec};

use super::external::{actions, external, turn};
use super::*;
use crate::testing::{admit, block, desired, estate, in_tables, service, side};

const OURS: &str = "2600:1f14:a::/56";
const THEIRS: &str = "2600:1f14:b::/56";

fn world(theirs: &[&str]) -> Observed {
    let mut estate = estate()
        .vpc("vpc-0000000a", &["10.1.0.0/16", OURS], "service")
        .table(
            "rtb-0000000a",
            "*vpc-0000000a",
            &[("0.0.0.0/0", "igw-0000000a"), ("::/0", "igw-0000000a")],
        )
        .subnet("subnet-0000000a", "vpc-0000000a", "10.1.1.0/24", "")
        .group("sg-0000000a", "vpc-0000000a", "service")
        .vpc("vpc-0000000b", theirs, "consumer")
        .table("rtb-0000000b", "*vpc-0000000b", &[])
        .subnet("subnet-0000000b", "vpc-0000000b", "10.2.1.0/24", "");
    estate.subnets[0].cidrs.push(block("2600:1f14:a:1::/64"));
    if theirs.contains(&THEIRS) {
        estate.subnets[1].cidrs.push(block("2600:1f14:b:1::/64"));
    }
    estate.observed()
}

fn from_the_peer() -> IngressSource {
    IngressSource { security_group_id: None, cidrs: None, peer_vpc: Some(PeerVpc {}) }
}

fn spec() -> VpcPeeringSpec {
    let mut requester = side("us-west-2", "service", "vpc-0000000a");
    requester.routes = Some(in_tables(&["rtb-0000000a"], &[]));
    requester.ingress = Some(vec![admit("service", from_the_peer())]);
    let mut accepter = side("us-west-2", "service", "vpc-0000000b");
    accepter.routes = Some(in_tables(&["rtb-0000000b"], &[]));
    VpcPeeringSpec::joining(requester, accepter)
}

#[test]
fn routes_and_rules_are_written_for_both_families() {
    let mut run = Run::new(desired(spec()), world(&["10.2.0.0/16", THEIRS]));
    insta::assert_snapshot!(text(&run.visit()));
    assert_eq!(run.ready(), ("True".to_owned(), "Ready".to_owned()));
    assert!(run.visit().is_empty(), "what is settled stays settled");
}

#[test]
fn a_family_that_only_one_of_them_has_is_left_out_until_the_other_has_it() {
    let mut run = Run::new(desired(spec()), world(&["10.2.0.0/16"]));
    assert!(!text(&run.visit()).contains("2600:"), "{}", run.plan());
    assert_eq!(run.ready().0, "True");
    let later = world(&["10.2.0.0/16", THEIRS]);
    let view = run.observed.views.get_mut(&service()).unwrap();
    view.vpcs = later.views[&service()].vpcs.clone();
    view.subnets = later.views[&service()].subnets.clone();
    insta::assert_snapshot!(text(&run.visit()));
    assert_eq!(run.ready().0, "True");
}

#[test]
fn somebody_elses_side_is_told_what_to_do_in_both_families() {
    let mut requester = side("us-west-2", "service", "vpc-0000000a");
    requester.routes = Some(in_tables(&["rtb-0000000a"], &[]));
    let theirs = external("vpc-0000000e", &["10.2.0.0/16", THEIRS]);
    let world = world(&["10.9.0.0/16"]);
    let mut run = Run::new(desired(VpcPeeringSpec::joining(requester, theirs)), world);
    run.visit();
    turn(&mut run, ConnectionState::Active, "", &["10.2.0.0/16", THEIRS]);
    run.visit();
    assert_eq!(run.ready().0, "True", "{}", run.plan());
    insta::assert_snapshot!(actions(&run));
}
