//! Plans of whole lives, as text.

use super::*;
use crate::testing::{admit, from_cidrs, in_tables};
use crate::testing::{
    careless, desired, druid_to_reports, estate_in, golden, observed, place, service, side,
};
use peerway_api::v1alpha1::vpc_peering::{OnConflict, VpcPeeringSpec};

#[test]
fn a_direct_peering_is_made_in_the_safe_order() {
    let mut run = Run::new(desired(druid_to_reports()), golden().observed());
    insta::assert_snapshot!(text(&run.visit()));
    assert_eq!(run.ready(), ("True".to_owned(), "Ready".to_owned()));
    assert_eq!(run.condition(ConditionType::InSync).as_deref(), Some("True"));
    assert!(run.visit().is_empty(), "what is settled stays settled");
    insta::assert_snapshot!("a_direct_peering_at_rest", run.plan().to_string());
}

#[test]
fn the_careless_routes_are_withheld_and_all_else_is_made() {
    let mut run = Run::new(desired(careless()), golden().observed());
    insta::assert_snapshot!(text(&run.visit()));
    insta::assert_snapshot!("the_careless_plan_at_rest", run.plan().to_string());
    assert_eq!(run.ready(), ("False".to_owned(), "IsolationRequired".to_owned()));
    assert_eq!(run.condition(ConditionType::Reconciling).as_deref(), Some("True"));
    assert_eq!(run.condition(ConditionType::Stalled), None);
    let routes = run.status.as_ref().unwrap().routes.as_ref().unwrap();
    assert_eq!(routes.ready, "0/2");
    let reasons: Vec<_> = routes.items.iter().map(|item| item.reason.as_deref().unwrap()).collect();
    assert_eq!(reasons, ["RouteConflict", "ReturnGoesElsewhere"]);
}

#[test]
fn with_refuse_nothing_is_made_at_all() {
    let mut spec = careless();
    spec.requester.routes.as_mut().unwrap().on_conflict = Some(OnConflict::Refuse);
    let mut run = Run::new(desired(spec), golden().observed());
    assert!(run.visit().is_empty());
    assert_eq!(run.ready(), ("False".to_owned(), "RouteConflict".to_owned()));
    assert_eq!(run.condition(ConditionType::Stalled).as_deref(), Some("True"));
}

/// A service in one account and Region, a consumer in another.
pub(super) fn across() -> (VpcPeeringSpec, Observed) {
    let provider = estate_in("111111111111", "us-west-2")
        .vpc("vpc-0000000a", &["10.1.0.0/16"], "service")
        .table("rtb-0000000a", "*vpc-0000000a", &[("0.0.0.0/0", "igw-0000000a")])
        .subnet("subnet-0000000a", "vpc-0000000a", "10.1.1.0/24", "")
        .group("sg-0000000a", "vpc-0000000a", "service");
    let consumer = estate_in("333333333333", "eu-central-1")
        .vpc("vpc-0000000b", &["10.2.0.0/16"], "consumer")
        .table("rtb-0000000b", "*vpc-0000000b", &[])
        .subnet("subnet-0000000b", "vpc-0000000b", "10.2.1.0/24", "");
    let mut requester = side("eu-central-1", "consumer", "vpc-0000000b");
    requester.routes = Some(in_tables(&["rtb-0000000b"], &[]));
    let mut accepter = side("us-west-2", "service", "vpc-0000000a");
    accepter.dns_resolution = Some(true);
    accepter.routes = Some(in_tables(&["rtb-0000000a"], &[]));
    accepter.ingress = Some(vec![admit("service", from_cidrs(&["10.2.1.0/24"]))]);
    let world = observed([
        (service(), &provider),
        (place("consumer", "333333333333", "eu-central-1"), &consumer),
    ]);
    (VpcPeeringSpec::joining(requester, accepter), world)
}

#[test]
fn across_accounts_and_regions_each_call_is_made_where_it_belongs() {
    let (spec, world) = across();
    let mut run = Run::new(desired(spec), world);
    insta::assert_snapshot!(text(&run.visit()));
    assert_eq!(run.ready(), ("True".to_owned(), "Ready".to_owned()));
}
