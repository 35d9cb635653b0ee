use peerway_model::{ConnectionState, NatConnectivity, Place};

use super::*;
use crate::observed::{Observed, Readable};
use crate::testing::{Estate, block, estate, golden, observed, service};

const OURS: &str = "pcx-0000000a";

/// Two VPCs, each with one table used by one subnet, and a connection of ours between them.
fn two_vpcs(left: &[(&str, &str)], right: &[(&str, &str)]) -> Estate {
    estate()
        .vpc("vpc-0000000a", &["10.1.0.0/16"], "left")
        .vpc("vpc-0000000b", &["10.2.0.0/16"], "right")
        .table("rtb-0000000a", "*vpc-0000000a", left)
        .table("rtb-0000000b", "*vpc-0000000b", right)
        .subnet("subnet-0000000a", "vpc-0000000a", "10.1.1.0/24", "")
        .subnet("subnet-0000000b", "vpc-0000000b", "10.2.1.0/24", "")
        .connection(
            OURS,
            ("vpc-0000000a", &["10.1.0.0/16"]),
            ("vpc-0000000b", &["10.2.0.0/16"]),
            ConnectionState::Active,
        )
}

fn wishes(wishes: &[(&str, &str)]) -> BTreeSet<Wish> {
    wishes
        .iter()
        .map(|(table, destination)| Wish {
            table: table.parse().unwrap(),
            destination: block(destination),
        })
        .collect()
}

struct Case {
    observed: Observed,
    place: Place,
    requester: (&'static str, BTreeSet<Wish>, OnConflict),
    accepter: (&'static str, BTreeSet<Wish>, OnConflict),
    ours: ConnectionId,
}

impl Case {
    fn new(
        estate: &Estate,
        requester: (&'static str, &[(&str, &str)]),
        accepter: (&'static str, &[(&str, &str)]),
    ) -> Self {
        Self {
            observed: observed([(service(), estate)]),
            place: service(),
            requester: (requester.0, wishes(requester.1), OnConflict::Isolate),
            accepter: (accepter.0, wishes(accepter.1), OnConflict::Isolate),
            ours: OURS.parse().unwrap(),
        }
    }

    /// The two VPCs of [`two_vpcs`], with the whole of each routed in the other's table.
    fn whole(estate: &Estate) -> Self {
        Self::new(
            estate,
            ("vpc-0000000a", &[("rtb-0000000a", "10.2.0.0/16")]),
            ("vpc-0000000b", &[("rtb-0000000b", "10.1.0.0/16")]),
        )
    }

    fn view(&self) -> Readable<'_> {
        self.observed.views[&self.place].readable(&self.place).unwrap()
    }

    fn sides(&self) -> Vec<Side<'_>> {
        let side = |name, (vpc, wishes, on_conflict): &(&str, BTreeSet<Wish>, OnConflict)| Side {
            name,
            network: Network::of(self.view().vpcs.get(&vpc.parse().unwrap()).unwrap(), self.view()),
            wishes: wishes.clone(),
            on_conflict: *on_conflict,
            claimed: &[],
        };
        vec![side(SideName::Requester, &self.requester), side(SideName::Accepter, &self.accepter)]
    }

    fn judge(&self) -> Judgement {
        judge(&self.sides(), Some(&self.ours), &BTreeSet::new())
    }

    fn against(&self) -> Vec<Option<peerway_api::Reason>> {
        self.judge()
            .routes
            .iter()
            .map(|route| route.against.as_ref().map(Verdict::reason))
            .collect()
    }

    fn warnings(&self) -> Vec<peerway_api::Reason> {
        self.judge().routes.iter().flat_map(|route| &route.warnings).map(Verdict::reason).collect()
    }
}

use peerway_api::Reason;

#[test]
fn two_vpcs_that_nobody_else_meets_are_routed_both_ways_requester_first() {
    let case = Case::whole(&two_vpcs(&[], &[]));
    assert_eq!(case.against(), [None, None]);
    assert_eq!(case.judge().first, SideName::Requester);
    assert!(case.warnings().is_empty());
}

#[test]
fn the_careless_route_of_the_golden_example_is_withheld_and_names_what_answers_elsewhere() {
    let case = Case::new(
        &golden(),
        ("vpc-ce78dbb7", &[("rtb-7122e509", "172.19.0.0/20")]),
        ("vpc-3607f64e", &[("rtb-48598f33", "10.50.0.0/21")]),
    );
    let judgement = case.judge();
    assert_eq!(
        judgement.routes[0].against,
        Some(Verdict::RouteConflict {
            table: "rtb-7122e509".parse().unwrap(),
            destination: block("172.19.0.0/20"),
            target: "pcx-d3c1e8ba".to_owned(),
            prefix_list: None,
        })
    );
    assert_eq!(
        judgement.routes[1].against,
        Some(Verdict::ReturnGoesElsewhere {
            subnet: "subnet-0a000001".parse().unwrap(),
            table: "rtb-7122e509".parse().unwrap(),
            route: block("172.19.0.0/20"),
            target: "pcx-d3c1e8ba".to_owned(),
        })
    );
}

#[test]
fn the_direct_peering_of_the_golden_example_is_safe() {
    let case = Case::new(
        &golden(),
        ("vpc-ce78dbb7", &[("rtb-7122e509", "172.20.0.0/22")]),
        ("vpc-641fee1c", &[("rtb-8c4492f7", "10.50.0.0/21")]),
    );
    assert_eq!(case.against(), [None, None]);
    assert!(case.warnings().is_empty());
}

/// Every subnet uses a table: where none is listed, the list is not whole.
#[test]
fn a_subnet_whose_table_is_not_listed_withholds_what_leads_to_it() {
    let mut estate = two_vpcs(&[], &[("10.1.0.0/16", "pcx-0000000b")]);
    let mut case = Case::whole(&estate);
    case.accepter.1.clear();
    assert_eq!(case.against(), [Some(Reason::ReturnGoesElsewhere)]);
    estate.route_tables.retain(|table| table.id.as_str() != "rtb-0000000b");
    let mut case = Case::whole(&estate);
    case.accepter.1.clear();
    let against = case.judge().routes[0].against.clone().unwrap();
    assert_eq!(against, Verdict::TableUnknown { subnet: "subnet-0000000b".parse().unwrap() });
    assert!(against.withholds(OnConflict::LongestPrefix));
    assert_eq!(against.effect(), crate::Effect::Passing);
}

#[test]
fn the_internet_is_nowhere_for_a_private_address() {
    for way_out in ["igw-00000001", "eigw-00000001", "nat-00000001"] {
        let estate = two_vpcs(&[("0.0.0.0/0", way_out)], &[("0.0.0.0/0", way_out)]).nat(
            "nat-00000001",
            "vpc-0000000a",
            NatConnectivity::Public,
        );
        let mut case = Case::whole(&estate);
        case.requester.1.clear();
        assert_eq!(case.against(), [None], "{way_out}");
        assert!(case.warnings().is_empty(), "{way_out}");
    }
}

#[test]
fn a_broad_way_to_something_opaque_is_written_with_a_warning_and_refuse_withholds_it() {
    for target in ["tgw-00000001", "vgw-00000001", "eni-00000001", "vpce-00000001", "nat-00000001"]
    {
        let estate = two_vpcs(&[("10.0.0.0/8", target)], &[]).nat(
            "nat-00000001",
            "vpc-0000000a",
            NatConnectivity::Private,
        );
        let mut case = Case::whole(&estate);
        case.requester.1.clear();
        assert_eq!(case.against(), [None], "{target}");
        assert_eq!(case.warnings(), [Reason::ReturnUnknown], "{target}");
        case.accepter.2 = OnConflict::Refuse;
        assert_eq!(case.against(), [Some(Reason::ReturnUnknown)], "{target}");
    }
}

#[test]
fn a_way_made_for_the_senders_own_addresses_is_certain_to_lead_elsewhere() {
    let mut case = Case::whole(&two_vpcs(&[("10.2.0.0/16", "tgw-00000001")], &[]));
    assert_eq!(case.against(), [Some(Reason::RouteConflict), Some(Reason::ReturnGoesElsewhere)]);
    case.requester.1.clear();
    assert_eq!(case.against(), [Some(Reason::ReturnGoesElsewhere)]);
}

#[test]
fn a_subnet_that_is_not_selected_counts_too() {
    // The wished route answers in the main table, but subnet-0000000c uses a table of its own.
    let estate = two_vpcs(&[], &[])
        .table("rtb-0000000c", "vpc-0000000a", &[("10.2.0.0/16", "pcx-0000000f")])
        .subnet("subnet-0000000c", "vpc-0000000a", "10.1.2.0/24", "rtb-0000000c")
        .connection(
            "pcx-0000000f",
            ("vpc-0000000a", &["10.1.0.0/16"]),
            ("vpc-0000000f", &["10.2.0.0/16"]),
            ConnectionState::Active,
        );
    let case = Case::whole(&estate);
    assert_eq!(case.against(), [None, Some(Reason::ReturnGoesElsewhere)]);
    // A narrower route that leaves that subnet out is safe.
    let narrow = Case::new(
        &estate,
        ("vpc-0000000a", &[("rtb-0000000a", "10.2.0.0/16")]),
        ("vpc-0000000b", &[("rtb-0000000b", "10.1.1.0/24")]),
    );
    assert_eq!(narrow.against(), [None, None]);
}

#[test]
fn replies_that_ours_catches_before_a_broader_peering_are_whole_and_their_side_comes_first() {
    // 10.0.0.0/8 over another peering behind which 10.2.0.0/16 lies too: without our route, replies go there.
    let estate = two_vpcs(&[("10.0.0.0/8", "pcx-0000000f")], &[]).connection(
        "pcx-0000000f",
        ("vpc-0000000a", &["10.1.0.0/16"]),
        ("vpc-0000000f", &["10.2.0.0/15"]),
        ConnectionState::Active,
    );
    let mut case = Case::whole(&estate);
    // By default ours would take packets from the broader route, so it is withheld, and the other side falls with it.
    assert_eq!(case.against(), [Some(Reason::RouteWouldShadow), Some(Reason::ReturnGoesElsewhere)]);
    // Written knowingly, it holds; the requester must be written first: the accepter's way back needs it.
    case.requester.2 = OnConflict::LongestPrefix;
    assert_eq!(case.against(), [None, None]);
    assert_eq!(case.judge().first, SideName::Requester);
    assert!(case.warnings().contains(&Reason::RouteWouldShadow));
    // Nobody is advised to do what has been done.
    let judgement = case.judge();
    let mut warnings = judgement.routes.iter().flat_map(|route| &route.warnings);
    assert!(warnings.all(|warning| !warning.as_warning().contains("set `onConflict")));
    // With the ends swapped the accepter's side comes first.
    std::mem::swap(&mut case.requester, &mut case.accepter);
    assert_eq!(case.judge().first, SideName::Accepter);
}

#[test]
fn a_peering_behind_which_the_address_is_not_is_nowhere() {
    let estate = two_vpcs(&[("10.0.0.0/8", "pcx-0000000f")], &[]).connection(
        "pcx-0000000f",
        ("vpc-0000000a", &["10.1.0.0/16"]),
        ("vpc-0000000f", &["10.9.0.0/16"]),
        ConnectionState::Active,
    );
    assert_eq!(Case::whole(&estate).against(), [None, None]);
}

#[test]
fn a_pending_peering_is_assumed_to_have_everything_behind_it() {
    let estate = two_vpcs(&[("10.0.0.0/8", "pcx-0000000f")], &[]).connection(
        "pcx-0000000f",
        ("vpc-0000000a", &[]),
        ("vpc-0000000f", &[]),
        ConnectionState::PendingAcceptance,
    );
    assert_eq!(Case::whole(&estate).against()[0], Some(Reason::RouteWouldShadow));
}

#[test]
fn a_row_to_a_connection_that_is_gone_leads_nowhere_but_keeps_its_key() {
    let deleted = two_vpcs(&[("10.0.0.0/8", "pcx-0000000f"), ("10.2.0.0/16", "pcx-0000000f")], &[])
        .connection(
            "pcx-0000000f",
            ("vpc-0000000a", &[]),
            ("vpc-0000000f", &[]),
            ConnectionState::Deleted,
        );
    let mut case = Case::whole(&deleted);
    assert_eq!(case.against(), [Some(Reason::RouteConflict), None]);
    // Unless that connection was ours: then the row is pointed at the present one.
    let former = BTreeSet::from(["pcx-0000000f".parse().unwrap()]);
    let judgement = judge(&case.sides(), Some(&case.ours), &former);
    assert_eq!(judgement.routes[0].standing, Standing::Stale);
    assert_eq!(judgement.routes[0].against, None);
    case.requester.1 = wishes(&[("rtb-0000000a", "10.2.1.0/24")]);
    assert_eq!(case.against(), [None, None], "a dead broader row takes nothing");
}

/// [`two_vpcs`] with one more table on the left: the main one with these rows, for [`Estate::blackhole`].
fn with_left_row(destination: &str, target: &str) -> Estate {
    let mut estate = two_vpcs(&[(destination, target)], &[]);
    estate.route_tables.reverse();
    estate
}

#[test]
fn a_connection_that_is_not_listed_is_gone_only_if_its_row_is_a_black_hole() {
    // Parts are polled at different moments: a row that works leads to a connection younger than our list of them.
    let young = Case::whole(&with_left_row("10.0.0.0/8", "pcx-0000000f"));
    assert_eq!(
        young.against(),
        [Some(Reason::RouteWouldShadow), Some(Reason::ReturnGoesElsewhere)]
    );
    let gone = with_left_row("10.0.0.0/8", "pcx-0000000f").blackhole("10.0.0.0/8");
    assert_eq!(Case::whole(&gone).against(), [None, None]);
    assert!(Case::whole(&gone).warnings().is_empty());
    // A request nobody has accepted yet is a black hole too, and comes to life by itself.
    let pending = gone.connection(
        "pcx-0000000f",
        ("vpc-0000000a", &[]),
        ("vpc-0000000f", &[]),
        ConnectionState::PendingAcceptance,
    );
    assert_eq!(Case::whole(&pending).against()[0], Some(Reason::RouteWouldShadow));
}

#[test]
fn a_nat_gateway_that_is_not_listed_may_be_private_unless_its_row_is_a_black_hole() {
    let young = Case::whole(&with_left_row("10.0.0.0/8", "nat-00000001"));
    assert_eq!(young.warnings(), [Reason::ShadowsBroaderRoute]);
    let gone = with_left_row("10.0.0.0/8", "nat-00000001").blackhole("10.0.0.0/8");
    assert!(Case::whole(&gone).warnings().is_empty());
}

#[test]
fn a_black_hole_to_what_may_come_back_counts_as_if_it_had() {
    // The interface of a stopped instance, a gateway that is detached.
    for target in ["eni-00000001", "vgw-00000001", "tgw-00000001", "vpce-00000001"] {
        let stopped = with_left_row("10.2.0.0/16", target).blackhole("10.2.0.0/16");
        assert_eq!(Case::whole(&stopped).against()[1], Some(Reason::ReturnGoesElsewhere));
    }
}

#[test]
fn of_two_rows_with_one_destination_the_one_that_packets_follow_is_judged() {
    // A static row wins over a propagated one, whichever AWS lists first.
    let estate = |is_static_first: bool| {
        let mut estate = with_left_row("10.0.0.0/8", "pcx-0000000f")
            .propagated("10.0.0.0/8", "vgw-00000001")
            .connection(
                "pcx-0000000f",
                ("vpc-0000000a", &[]),
                ("vpc-0000000f", &["10.2.0.0/16"]),
                ConnectionState::Active,
            );
        if !is_static_first {
            estate.route_tables.last_mut().unwrap().routes.reverse();
        }
        estate
    };
    for is_static_first in [true, false] {
        let case = Case::whole(&estate(is_static_first));
        assert_eq!(
            case.against(),
            [Some(Reason::RouteWouldShadow), Some(Reason::ReturnGoesElsewhere)]
        );
    }
}

#[test]
fn a_clash_names_the_row_that_packets_follow_and_ours_is_found_beside_a_propagated_one() {
    let mut clash =
        with_left_row("10.2.0.0/16", "tgw-00000001").propagated("10.2.0.0/16", "vgw-00000001");
    clash.route_tables.last_mut().unwrap().routes.reverse();
    let against = Case::whole(&clash).judge().routes[0].against.clone().unwrap();
    assert!(against.message().contains("tgw-00000001"), "{}", against.message());
    let mut ours = with_left_row("10.2.0.0/16", OURS).propagated("10.2.0.0/16", "vgw-00000001");
    ours.route_tables.last_mut().unwrap().routes.reverse();
    assert_eq!(Case::whole(&ours).judge().routes[0].standing, Standing::InPlace);
}

#[test]
fn a_prefix_list_counts_entry_by_entry_and_one_that_cannot_be_read_blocks() {
    let rows = [("pl-00000001", "pcx-0000000f")];
    let base = || {
        two_vpcs(&rows, &[]).connection(
            "pcx-0000000f",
            ("vpc-0000000a", &[]),
            ("vpc-0000000f", &["10.2.0.0/16"]),
            ConnectionState::Active,
        )
    };
    let same =
        Case::whole(&base().prefix_list("pl-00000001", Some(&["10.2.0.0/16", "10.3.0.0/16"])));
    assert_eq!(same.against(), [Some(Reason::RouteConflict), Some(Reason::ReturnGoesElsewhere)]);
    assert!(same.judge().routes[0].against.as_ref().unwrap().message().contains("pl-00000001"));
    let other = Case::whole(&base().prefix_list("pl-00000001", Some(&["10.3.0.0/16"])));
    assert_eq!(other.against(), [None, None]);
    let unreadable = Case::whole(&base().prefix_list("pl-00000001", None));
    assert_eq!(unreadable.against(), [Some(Reason::AccessDenied), Some(Reason::AccessDenied)]);
}

#[test]
fn longer_and_broader_foreign_rows_and_equal_peers_are_warned_of() {
    let estate = two_vpcs(&[("10.2.7.0/24", "tgw-00000001"), ("10.0.0.0/8", "tgw-00000001")], &[])
        .connection(
            "pcx-0000000f",
            ("vpc-0000000a", &[]),
            ("vpc-0000000f", &["10.2.0.0/20"]),
            ConnectionState::Active,
        );
    let mut case = Case::whole(&estate);
    case.accepter.1.clear();
    assert_eq!(case.against(), [None]);
    let mut warnings = case.warnings();
    warnings.sort_unstable();
    assert_eq!(warnings, [Reason::ShadowsBroaderRoute, Reason::RouteShadowed, Reason::PeerOverlap]);
}

#[test]
fn longest_prefix_is_judged_for_the_senders_that_the_other_side_names() {
    // Left answers 10.2.1.0/24 over us; the rest of 10.2.0.0/16 goes to another peering.
    let estate = two_vpcs(&[("10.2.0.0/16", "pcx-0000000f")], &[]).connection(
        "pcx-0000000f",
        ("vpc-0000000a", &[]),
        ("vpc-0000000f", &["10.2.0.0/16"]),
        ConnectionState::Active,
    );
    let mut case = Case::new(
        &estate,
        ("vpc-0000000a", &[("rtb-0000000a", "10.2.1.0/24")]),
        ("vpc-0000000b", &[("rtb-0000000b", "10.1.0.0/16")]),
    );
    assert_eq!(case.against(), [Some(Reason::RouteWouldShadow), Some(Reason::ReturnGoesElsewhere)]);
    case.requester.2 = OnConflict::LongestPrefix;
    assert_eq!(case.against(), [None, Some(Reason::ReturnGoesElsewhere)]);
    // 10.2.1.0/24 is named and comes back over us; that the rest does not is warned of.
    case.accepter.2 = OnConflict::LongestPrefix;
    assert_eq!(case.against(), [None, None]);
    let warnings = &case.judge().routes[1].warnings;
    assert!(
        warnings.iter().any(|warning| warning.reason() == Reason::ReturnGoesElsewhere),
        "{warnings:?}"
    );
    // Named and answered elsewhere by a longer row: withheld.
    let longer = two_vpcs(&[("10.2.1.0/25", "tgw-00000001")], &[]);
    let mut case = Case { observed: observed([(service(), &longer)]), ..case };
    assert_eq!(case.against(), [None, Some(Reason::ReturnGoesElsewhere)]);
    case.requester.1 = wishes(&[("rtb-0000000a", "10.2.2.0/24")]);
    assert_eq!(case.against(), [None, None], "10.2.1.0/25 is not named");
}

#[test]
fn a_row_is_judged_by_what_longer_rows_leave_over_of_it() {
    // What lies behind the other peering is answered over us already: nobody's replies go there.
    let estate = two_vpcs(&[("10.0.0.0/8", "pcx-0000000f"), ("10.2.1.0/24", OURS)], &[])
        .connection(
            "pcx-0000000f",
            ("vpc-0000000a", &[]),
            ("vpc-0000000f", &["10.2.1.0/24"]),
            ConnectionState::Active,
        );
    let mut case = Case::whole(&estate);
    case.requester.1.clear();
    assert_eq!(case.against(), [None]);
    // A route takes from a broader row only what longer rows leave over, too.
    let estate = two_vpcs(&[("10.0.0.0/8", "pcx-0000000f"), ("10.2.1.0/24", "tgw-00000001")], &[])
        .connection(
            "pcx-0000000f",
            ("vpc-0000000a", &[]),
            ("vpc-0000000f", &["10.2.1.0/24"]),
            ConnectionState::Active,
        );
    assert_eq!(Case::whole(&estate).against()[0], None);
}

#[test]
fn what_is_in_place_stays_and_says_so() {
    let estate = two_vpcs(&[("10.2.0.0/16", OURS)], &[("10.1.0.0/16", OURS)])
        .table("rtb-0000000c", "vpc-0000000a", &[("10.2.0.0/16", "pcx-0000000f")])
        .subnet("subnet-0000000c", "vpc-0000000a", "10.1.2.0/24", "rtb-0000000c")
        .connection(
            "pcx-0000000f",
            ("vpc-0000000a", &[]),
            ("vpc-0000000f", &["10.2.0.0/16"]),
            ConnectionState::Active,
        );
    let routes = Case::whole(&estate).judge().routes;
    assert!(routes.iter().all(|route| route.standing == Standing::InPlace));
    assert_eq!(routes[1].against.as_ref().map(Verdict::reason), Some(Reason::ReturnGoesElsewhere));
}

mod overlap_subnets;
mod packets;
mod removal;

/// [`two_vpcs`], and a third with the right one's block that leads to the left one over a connection of its own.
fn with_a_twin(left: &[(&str, &str)]) -> Estate {
    two_vpcs(left, &[])
        .vpc("vpc-0000000c", &["10.2.0.0/16"], "twin")
        .table("rtb-0000000c", "*vpc-0000000c", &[("10.1.0.0/16", "pcx-0000000c")])
        .subnet("subnet-0000000c", "vpc-0000000c", "10.2.1.0/24", "")
        .connection(
            "pcx-0000000c",
            ("vpc-0000000a", &["10.1.0.0/16"]),
            ("vpc-0000000c", &["10.2.0.0/16"]),
            ConnectionState::Active,
        )
}

#[test]
fn a_route_that_would_take_the_replies_to_another_connection_is_withheld_and_names_it() {
    // What the twin sends is answered by nobody now. By our route it would be answered to the right VPC.
    let case = Case::whole(&with_a_twin(&[]));
    let judged = case.judge();
    assert_eq!(
        judged.routes[0].against,
        Some(Verdict::TakesReplies {
            table: "rtb-0000000a".parse().unwrap(),
            destination: block("10.2.0.0/16"),
            subnet: "subnet-0000000a".parse().unwrap(),
            connection: "pcx-0000000c".parse().unwrap(),
            far_table: "rtb-0000000c".parse().unwrap(),
            route: block("10.1.0.0/16"),
        })
    );
    // Its way back leads nowhere, not to the twin: the other side's is written.
    assert_eq!(judged.routes[1].against, None);
    let message = judged.routes[0].against.as_ref().unwrap().message();
    for named in ["pcx-0000000c", "rtb-0000000c", "10.1.0.0/16", "rtb-0000000a"] {
        assert!(message.contains(named), "{message}");
    }
    // Also where a gateway of unknown destination answers the twin now.
    let opaque = Case::whole(&with_a_twin(&[("10.0.0.0/8", "tgw-00000001")]));
    assert_eq!(opaque.against()[0], Some(Reason::TakesReplies));
}

#[test]
fn only_replies_that_really_would_follow_the_route_count() {
    let none = |case: &Case, why: &str| assert_eq!(case.against(), [None, None], "{why}");
    // The twin leads to addresses where no subnet answers by this table.
    let mut beside = with_a_twin(&[]);
    beside.route_tables.last_mut().unwrap().routes.clear();
    none(&Case::whole(&beside), "it leads nowhere");
    let beside = beside.table("rtb-0000001c", "vpc-0000000c", &[("10.1.0.0/16", "pcx-0000000c")]);
    none(&Case::whole(&beside), "nobody uses that table");
    let other = two_vpcs(&[], &[])
        .table("rtb-0000001a", "vpc-0000000a", &[])
        .subnet("subnet-0000001a", "vpc-0000000a", "10.1.2.0/24", "rtb-0000001a")
        .vpc("vpc-0000000c", &["10.2.0.0/16"], "twin")
        .table("rtb-0000000c", "*vpc-0000000c", &[("10.1.2.0/24", "pcx-0000000c")])
        .connection(
            "pcx-0000000c",
            ("vpc-0000000a", &["10.1.0.0/16"]),
            ("vpc-0000000c", &["10.2.0.0/16"]),
            ConnectionState::Active,
        );
    none(&Case::whole(&other), "the subnet it reaches uses another table");
}

#[test]
fn a_longer_route_that_goes_with_its_object_does_not_make_a_broader_one_safe() {
    // The twin is answered by a route of its own inside ours.
    let mut estate = with_a_twin(&[("10.2.1.0/24", "pcx-0000000c")]);
    estate.subnets.last_mut().unwrap().cidrs = vec![block("10.2.1.0/24")];
    estate.route_tables.last_mut().unwrap().associations.clear();
    estate.route_tables.last_mut().unwrap().associations.push(peerway_model::Association {
        id: "rtbassoc-0000001c".parse().unwrap(),
        scope: peerway_model::AssociationScope::Subnet("subnet-0000000c".parse().unwrap()),
    });
    let foreign = Case::whole(&estate);
    assert_eq!(foreign.against()[0], None, "somebody else's stays");
    let connection = estate.connections.last_mut().unwrap();
    connection.tags.insert(OWNER.to_owned(), "VPCPeering/network/twin".to_owned());
    assert_eq!(Case::whole(&estate).against()[0], Some(Reason::TakesReplies));
}

#[test]
fn replies_are_taken_knowingly_with_longest_prefix() {
    let mut case = Case::whole(&with_a_twin(&[]));
    case.requester.2 = OnConflict::LongestPrefix;
    assert_eq!(case.against(), [None, None]);
    assert!(case.warnings().contains(&Reason::TakesReplies));
}

#[test]
fn the_far_side_of_a_connection_that_cannot_be_read_is_only_warned_of() {
    let hidden = two_vpcs(&[], &[]).connection(
        "pcx-0000000c",
        ("vpc-0000000a", &["10.1.0.0/16"]),
        ("vpc-0000000c", &["10.2.0.0/16"]),
        ConnectionState::Active,
    );
    let case = Case::whole(&hidden);
    assert_eq!(case.against(), [None, None]);
    assert_eq!(case.warnings(), [Reason::PeerOverlap]);
}

#[test]
fn overlap_subnets_for_another_connection_do_not_count_as_a_way_back() {
    let mut estate = two_vpcs(&[], &[])
        .table("rtb-0000001a", "vpc-0000000a", &[("10.2.0.0/16", "pcx-0000000c")])
        .subnet("subnet-0000001a", "vpc-0000000a", "10.1.2.0/26", "rtb-0000001a")
        .connection(
            "pcx-0000000c",
            ("vpc-0000000a", &["10.1.0.0/16"]),
            ("vpc-0000000c", &["10.2.0.0/16"]),
            ConnectionState::Active,
        );
    let elsewhere = [None, Some(Reason::ReturnGoesElsewhere)];
    assert_eq!(Case::whole(&estate).against(), elsewhere, "a subnet of somebody else");
    let tags: peerway_model::Tags =
        [(OWNER, "OverlapSubnetGroup/network/twin"), (CLUSTER, "cluster")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
    estate.subnets.last_mut().unwrap().tags = tags.clone();
    assert_eq!(Case::whole(&estate).against(), elsewhere, "tags alone prove nothing");
    estate.route_tables.last_mut().unwrap().tags = tags;
    assert_eq!(Case::whole(&estate).against(), [None, None]);
}
