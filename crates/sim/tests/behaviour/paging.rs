use peerway_sim::ec2::route_tables::{CreateRouteTable, DeleteRouteTable, DescribeRouteTables};
use peerway_sim::ec2::subnets::DescribeSubnets;
use peerway_sim::ec2::vpcs::DescribeVpcs;
use peerway_sim::{Settings, World};

use super::support::*;

fn make_tables(world: &World, count: usize) {
    for _ in 0..count {
        let request = CreateRouteTable { vpc_id: OURS.to_owned(), ..CreateRouteTable::default() };
        done(world, &ours(), request);
    }
}

fn tables(max_results: Option<i32>, next_token: Option<String>) -> DescribeRouteTables {
    DescribeRouteTables { max_results, next_token, ..DescribeRouteTables::default() }
}

#[test]
fn route_tables_come_in_pages_of_at_most_a_hundred() {
    let world = world();
    make_tables(&world, 100);
    let first = done(&world, &ours(), tables(None, None));
    assert_eq!(first.route_table_set.len(), 100);
    let second = done(&world, &ours(), tables(Some(100), first.next_token));
    assert_eq!((second.route_table_set.len(), second.next_token), (3, None));
    assert_eq!(code(&world, &ours(), tables(Some(101), None)), "InvalidParameterValue");
    assert_eq!(code(&world, &ours(), tables(Some(4), None)), "InvalidParameterValue");
    let thousand = DescribeSubnets { max_results: Some(1000), ..DescribeSubnets::default() };
    done(&world, &ours(), thousand);
    let more = DescribeSubnets { max_results: Some(1001), ..DescribeSubnets::default() };
    assert_eq!(code(&world, &ours(), more), "InvalidParameterValue");
}

#[test]
fn pages_and_ids_do_not_go_together() {
    let world = world();
    let by_id = DescribeVpcs { vpc_ids: vec![OURS.to_owned()], ..DescribeVpcs::default() };
    let with_size = DescribeVpcs { max_results: Some(5), ..by_id.clone() };
    let refused = refusal(&world, &ours(), with_size);
    assert_eq!(refused.code(), Some("InvalidParameterCombination"));
    assert_eq!(
        refused.message(),
        "The parameter VpcIds cannot be used with the parameter MaxResults"
    );
    let with_token = DescribeVpcs { next_token: Some("x".to_owned()), ..by_id };
    assert_eq!(code(&world, &ours(), with_token), "InvalidParameterCombination");
}

#[test]
fn a_world_can_be_made_to_cut_every_list() {
    let world = world_with(Settings { page_limit: Some(1), ..Settings::default() });
    let first = done(&world, &ours(), DescribeVpcs::default());
    assert_eq!(first.vpc_set.len(), 1);
    let rest = DescribeVpcs { next_token: first.next_token, ..DescribeVpcs::default() };
    let second = done(&world, &ours(), rest);
    assert_eq!((second.vpc_set.len(), second.next_token), (1, None));
}

#[test]
fn a_token_answers_only_the_question_it_was_given_for() {
    let world = world_with(Settings { page_limit: Some(1), ..Settings::default() });
    let token = done(&world, &ours(), DescribeVpcs::default()).next_token;
    let other_filter = DescribeVpcs {
        filters: filter("vpc-id", &["*"]),
        next_token: token.clone(),
        ..DescribeVpcs::default()
    };
    assert_eq!(code(&world, &ours(), other_filter), "InvalidNextToken");
    let other_action = DescribeSubnets { next_token: token.clone(), ..DescribeSubnets::default() };
    assert_eq!(code(&world, &ours(), other_action), "InvalidNextToken");
    let same = DescribeVpcs { next_token: token, ..DescribeVpcs::default() };
    assert_eq!(code(&world, &theirs(), same), "InvalidNextToken");
    let garbage = DescribeVpcs { next_token: Some("ü".repeat(40)), ..DescribeVpcs::default() };
    assert_eq!(code(&world, &ours(), garbage), "InvalidNextToken");
}

#[test]
fn things_that_come_and_go_between_pages_disturb_no_others() {
    let world = world_with(Settings { page_limit: Some(2), ..Settings::default() });
    make_tables(&world, 3);
    let first = done(&world, &ours(), tables(None, None));
    let seen: Vec<String> =
        first.route_table_set.iter().map(|t| t.route_table_id.to_string()).collect();
    let removed = DeleteRouteTable { route_table_id: seen[1].clone(), dry_run: None };
    let was_removed = world.ask(&ours(), removed).is_ok();
    let mut rest = Vec::new();
    let mut token = first.next_token;
    while let Some(next) = token {
        let page = done(&world, &ours(), tables(None, Some(next)));
        rest.extend(page.route_table_set.into_iter().map(|t| t.route_table_id.to_string()));
        token = page.next_token;
    }
    assert_eq!(rest.len(), 4, "six tables, two of them on the first page; removed: {was_removed}");
    assert!(rest.iter().all(|id| !seen.contains(id)));
}
