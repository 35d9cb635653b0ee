//! What goes when it is no longer wanted, in which order, and what must stay.

use super::*;

/// Both sides routed over us; below the left one's route another peering waits, behind which the right VPC lies too.
fn over_a_broader_peering() -> Estate {
    two_vpcs(&[("10.2.0.0/16", OURS), ("10.0.0.0/8", "pcx-0000000f")], &[("10.1.0.0/16", OURS)])
        .connection(
            "pcx-0000000f",
            ("vpc-0000000a", &[]),
            ("vpc-0000000f", &["10.2.0.0/16"]),
            ConnectionState::Active,
        )
}

const LEFT: (&str, &str) = ("rtb-0000000a", "10.2.0.0/16");
const RIGHT: (&str, &str) = ("rtb-0000000b", "10.1.0.0/16");

impl Case {
    /// What becomes of the routes in `removed`, all that is recorded being `recorded`.
    fn removal(&self, recorded: &[(&str, &str)], removed: &[(&str, &str)]) -> Removal {
        let of = |table: &str| {
            let removed = removed.iter().filter(|(id, _)| *id == table).copied();
            wishes(&removed.collect::<Vec<_>>())
        };
        let surplus = BTreeMap::from([
            (SideName::Requester, of("rtb-0000000a")),
            (SideName::Accepter, of("rtb-0000000b")),
        ]);
        let first = self.judge().first;
        removal(&self.sides(), Some(&self.ours), first, &wishes(recorded), &surplus)
    }
}

#[test]
fn a_route_that_the_other_side_still_needs_is_not_removed() {
    let case = Case::whole(&over_a_broader_peering());
    let needed = case.removal(&[LEFT, RIGHT], &[LEFT]);
    assert_eq!(needed.now, None);
    assert_eq!(needed.kept[0].0, SideName::Requester);
    assert_eq!(needed.kept[0].1.reason(), Reason::ReturnGoesElsewhere);
    let free = case.removal(&[LEFT, RIGHT], &[RIGHT]);
    assert_eq!(free, Removal { now: Some(SideName::Accepter), kept: vec![] });
}

#[test]
fn when_both_sides_go_the_one_whose_replies_need_the_other_goes_first() {
    let mut case = Case::whole(&over_a_broader_peering());
    case.requester.1.clear();
    case.accepter.1.clear();
    let both = [LEFT, RIGHT];
    assert_eq!(case.removal(&both, &both).now, Some(SideName::Accepter));
    std::mem::swap(&mut case.requester, &mut case.accepter);
    let surplus = BTreeMap::from([
        (SideName::Requester, wishes(&[RIGHT])),
        (SideName::Accepter, wishes(&[LEFT])),
    ]);
    let removal =
        removal(&case.sides(), Some(&case.ours), case.judge().first, &wishes(&both), &surplus);
    assert_eq!(removal, Removal { now: Some(SideName::Requester), kept: vec![] });
}

#[test]
fn a_recorded_route_needs_its_replies_also_while_its_selector_does_not_resolve() {
    let mut case = Case::whole(&over_a_broader_peering());
    case.requester.1.clear();
    case.accepter.1.clear();
    assert_eq!(case.removal(&[LEFT, RIGHT], &[LEFT]).kept.len(), 1);
    assert_eq!(case.removal(&[LEFT], &[LEFT]).now, Some(SideName::Requester));
}

#[test]
fn a_way_back_that_is_unknown_already_does_not_hide_one_that_is_lost() {
    let estate = over_a_broader_peering()
        .table("rtb-0000000c", "vpc-0000000a", &[("10.0.0.0/8", "tgw-00000001")])
        .subnet("subnet-00000000", "vpc-0000000a", "10.1.2.0/24", "rtb-0000000c");
    let case = Case::whole(&estate);
    assert_eq!(case.removal(&[LEFT, RIGHT], &[LEFT]).kept.len(), 1);
}
