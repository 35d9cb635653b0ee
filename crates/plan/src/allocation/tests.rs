//! The choice against one that tries every block by itself.

use std::net::Ipv4Addr;

use peerway_model::{CidrBlock, Timestamp, ZoneId};
use proptest::prelude::*;

use super::*;
use crate::testing::block;

fn zone(number: usize) -> ZoneId {
    format!("usw2-az{number}").parse().unwrap()
}

fn request(prefix: u8, within: &[&str], zones: usize) -> Request {
    Request {
        within: within.iter().map(|text| block(text)).collect(),
        prefix_length: PrefixLength::ipv4(prefix).unwrap(),
        zones: (1..=zones).map(zone).collect(),
        ..Request::default()
    }
}

fn blocks(texts: &[&str]) -> Vec<CidrBlock> {
    texts.iter().map(|text| block(text)).collect()
}

fn texts(chosen: &BTreeMap<ZoneId, CidrBlock>) -> Vec<String> {
    chosen.iter().map(|(zone, block)| format!("{zone} {block}")).collect()
}

/// The reference: every block of the length, pool by pool, from the lowest on; the first that meets nothing.
fn one_by_one(
    vpc: &[CidrBlock],
    avoid: &[CidrBlock],
    request: &Request,
) -> Option<BTreeMap<ZoneId, CidrBlock>> {
    let mut vpc = vpc.to_vec();
    vpc.sort_unstable();
    let within = if request.within.is_empty() { vpc.clone() } else { request.within.clone() };
    let bits = request.prefix_length.bits();
    let candidates: Vec<CidrBlock> = within
        .iter()
        .flat_map(|part| vpc.iter().filter_map(|block| part.intersection(block)))
        .flat_map(|pool| {
            let (first, last) = pool.range();
            let step = 1_usize << (32 - bits);
            (first..=last).step_by(step).filter_map(move |number| {
                let network = peerway_model::cidr::address(Family::V4, number).unwrap();
                let block = CidrBlock::truncating(network, bits).unwrap();
                pool.contains(&block).then_some(block)
            })
        })
        .collect();
    let mut taken: Vec<CidrBlock> =
        avoid.iter().chain(request.has.values()).chain(request.named.values()).copied().collect();
    let mut chosen = BTreeMap::new();
    for zone in &request.zones {
        let settled = request.has.get(zone).or_else(|| request.named.get(zone)).copied();
        let free = |block: &&CidrBlock| !taken.iter().any(|taken| taken.meets(block));
        let block = settled.or_else(|| candidates.iter().find(free).copied())?;
        taken.push(block);
        chosen.insert(zone.clone(), block);
    }
    Some(chosen)
}

/// Blocks of these lengths in 10.0.0.0/21 and its neighbourhood.
fn near(lengths: std::ops::RangeInclusive<u8>) -> impl Strategy<Value = CidrBlock> {
    (0_u32..0x1000, lengths).prop_map(|(offset, length)| {
        CidrBlock::truncating(Ipv4Addr::from(0x0a00_0000 + offset).into(), length).unwrap()
    })
}

fn any_request() -> impl Strategy<Value = Request> {
    let within = prop::collection::vec(near(20..=28), 0..3);
    let some = || prop::collection::btree_map((1_usize..5).prop_map(zone), near(26..=28), 0..2);
    (within, 19_u8..=27, 0_usize..5, some(), some()).prop_map(
        |(within, bits, zones, named, has)| Request {
            within,
            prefix_length: PrefixLength::ipv4(bits).unwrap(),
            zones: (1..=zones).map(zone).collect(),
            named,
            has,
        },
    )
}

fn any_vpc() -> impl Strategy<Value = Vec<CidrBlock>> {
    prop::sample::subsequence(
        blocks(&["10.0.8.0/21", "10.0.0.0/22", "10.0.6.0/23", "10.0.4.0/28"]),
        0..=4,
    )
    .prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_choice_is_the_one_that_trying_every_block_makes(
        vpc in any_vpc(),
        avoid in prop::collection::vec(near(21..=32), 0..24),
        request in any_request(),
    ) {
        let chosen = choose(&vpc, &avoid, &request);
        prop_assert_eq!(chosen.clone().ok(), one_by_one(&vpc, &avoid, &request));
        let shuffled: Vec<CidrBlock> = avoid.iter().rev().copied().collect();
        let turned: Vec<CidrBlock> = vpc.iter().rev().copied().collect();
        prop_assert_eq!(choose(&turned, &shuffled, &request), chosen, "the order of lists tells nothing");
    }

    #[test]
    fn what_is_named_as_free_is_free_and_the_largest(
        vpc in any_vpc(),
        avoid in prop::collection::vec(near(21..=32), 0..24),
    ) {
        let largest = largest_free(vpc.iter().copied(), &avoid, MOST_NAMED);
        let is_free = |block: &CidrBlock| {
            vpc.iter().any(|pool| pool.contains(block)) && !avoid.iter().any(|taken| taken.meets(block))
        };
        prop_assert!(largest.iter().all(is_free), "{:?}", largest);
        let named = largest.first().map_or(33, CidrBlock::prefix_len);
        for bits in 20..named {
            for number in (0x0a00_0000_u32..0x0a00_1000).step_by(1 << (32 - bits)) {
                let block = CidrBlock::truncating(Ipv4Addr::from(number).into(), bits).unwrap();
                prop_assert!(!is_free(&block), "{} is free and larger than {:?}", block, largest);
            }
        }
    }

    /// Groups that make their subnets in any order, some of them not at all, never come to share an address; and who
    /// has all it wants keeps it.
    #[test]
    fn groups_get_disjoint_blocks_whoever_is_first_to_make_them(
        taken in prop::collection::vec(near(22..=28), 0..6),
        wishes in prop::collection::vec((24_u8..=27, 0_usize..4, 0_i64..3, near(24..=27), any::<bool>()), 1..8),
        makers in prop::collection::vec((0_usize..8, 1_usize..4), 0..16),
    ) {
        let vpc = blocks(&["10.0.0.0/21"]);
        let mut groups: Vec<Group> = wishes
            .iter()
            .enumerate()
            .map(|(index, (bits, zones, created, named, names))| {
                let mut request = request(*bits, &[], *zones);
                if *names {
                    request.named.insert(zone(1), *named);
                }
                let created = Some(Timestamp::from_second(*created).unwrap());
                Group { created, uid: format!("{index}"), request }
            })
            .collect();
        let mut made: Vec<CidrBlock> = Vec::new();
        for (index, wanted) in makers {
            let index = index % groups.len();
            let promise = promised(&vpc, &taken, &groups, &groups[index].uid).unwrap();
            prop_assert_eq!(&promise, &promises(&vpc, &taken, &groups)[&groups[index].uid]);
            let Some(block) = promise.ok().and_then(|blocks| blocks.get(&zone(wanted)).copied()) else { continue };
            let is_new = groups[index].request.has.insert(zone(wanted), block).is_none();
            if is_new {
                prop_assert!(!made.iter().chain(&taken).any(|other| other.meets(&block)), "{} is shared", block);
                made.push(block);
            }
        }
        let promises = promises(&vpc, &taken, &groups);
        let given: Vec<CidrBlock> =
            promises.values().flatten().flat_map(|blocks| blocks.values().copied()).collect();
        for (index, block) in given.iter().enumerate() {
            prop_assert!(!given[..index].iter().any(|other| other.meets(block)), "{:?}", promises);
        }
        for group in &groups {
            if let Ok(blocks) = &promises[&group.uid] {
                prop_assert!(blocks.keys().eq(group.request.zones.iter()), "all zones or none");
                for (zone, block) in &group.request.has {
                    prop_assert!(blocks.get(zone).is_none_or(|given| given == block));
                }
            }
        }
    }
}

#[test]
fn zones_get_the_lowest_free_blocks_in_the_order_of_their_ids() {
    let avoid = blocks(&["10.50.6.64/27", "10.50.0.0/24"]);
    let chosen = choose(&blocks(&["10.50.0.0/21"]), &avoid, &request(26, &["10.50.6.0/23"], 3));
    assert_eq!(
        texts(&chosen.unwrap()),
        ["usw2-az1 10.50.6.0/26", "usw2-az2 10.50.6.128/26", "usw2-az3 10.50.6.192/26"]
    );
}

#[test]
fn places_are_filled_as_they_are_written_and_the_vpc_by_address() {
    let vpc = blocks(&["10.50.0.0/24", "10.20.0.0/26", "fd00::/56"]);
    let chosen = choose(&vpc, &[], &request(26, &[], 2));
    assert_eq!(texts(&chosen.unwrap()), ["usw2-az1 10.20.0.0/26", "usw2-az2 10.50.0.0/26"]);
    let chosen = choose(&vpc, &[], &request(26, &["10.50.0.128/25", "10.20.0.0/16"], 3));
    assert_eq!(
        texts(&chosen.unwrap()),
        ["usw2-az1 10.50.0.128/26", "usw2-az2 10.50.0.192/26", "usw2-az3 10.20.0.0/26"]
    );
}

#[test]
fn a_subnet_of_ours_is_kept_where_it_is() {
    let mut request = request(26, &["10.50.6.0/25"], 2);
    request.has.insert(zone(1), block("10.50.0.64/28"));
    let chosen = choose(&blocks(&["10.50.0.0/21"]), &blocks(&["10.50.0.64/28"]), &request);
    assert_eq!(texts(&chosen.unwrap()), ["usw2-az1 10.50.0.64/28", "usw2-az2 10.50.6.0/26"]);
}

#[test]
fn all_zones_or_none_and_what_is_free_is_named() {
    let avoid = blocks(&["10.50.6.0/26", "10.50.6.192/26"]);
    let none =
        choose(&blocks(&["10.50.0.0/21"]), &avoid, &request(26, &["10.50.6.0/24"], 3)).unwrap_err();
    assert_eq!(none.largest, blocks(&["10.50.6.64/26", "10.50.6.128/26"]));
    assert_eq!(
        none.to_string(),
        "no room for 3 /26 blocks in 10.50.6.0/24: none is left for usw2-az3; \
         the largest free there: 10.50.6.64/26, 10.50.6.128/26"
    );
    let full = choose(&blocks(&["10.50.0.0/26"]), &blocks(&["10.50.0.0/24"]), &request(26, &[], 1));
    assert_eq!(
        full.unwrap_err().to_string(),
        "no room for 1 /26 block in 10.50.0.0/26: none is left for usw2-az1; nothing is free there"
    );
    let outside = choose(&blocks(&["10.50.0.0/21"]), &[], &request(26, &["10.60.0.0/24"], 1));
    assert_eq!(
        outside.unwrap_err().to_string(),
        "no IPv4 block of the VPC lies where 1 /26 block should"
    );
}

#[test]
fn zones_get_a_64_each_of_the_ipv6_block() {
    let request = Request {
        prefix_length: PrefixLength::IPV6,
        zones: [zone(1), zone(2)].into(),
        ..Request::default()
    };
    let vpc = blocks(&["10.50.0.0/21", "2001:db8:12:3400::/56"]);
    let avoid = blocks(&["2001:db8:12:3400::/64", "10.50.0.0/24"]);
    assert_eq!(
        texts(&choose(&vpc, &avoid, &request).unwrap()),
        ["usw2-az1 2001:db8:12:3401::/64", "usw2-az2 2001:db8:12:3402::/64"]
    );
    let full = choose(&vpc, &blocks(&["2001:db8:12:3400::/57", "2001:db8:12:3480::/57"]), &request);
    assert!(full.unwrap_err().largest.is_empty());
    assert!(choose(&vpc[..1], &avoid, &request).unwrap_err().pools.is_empty());
}

#[test]
fn prefixes_outside_16_to_27_are_refused() {
    assert!((16..=27).all(|bits| PrefixLength::ipv4(bits).is_some()));
    assert!([0, 15, 28, 32, 64].into_iter().all(|bits| PrefixLength::ipv4(bits).is_none()));
    assert_eq!(PrefixLength::default(), PrefixLength::ipv4(26).unwrap());
    let vpc = blocks(&["10.0.0.0/8"]);
    assert_eq!(
        texts(&choose(&vpc, &blocks(&["10.0.0.0/28"]), &request(16, &[], 1)).unwrap()),
        ["usw2-az1 10.1.0.0/16"]
    );
}

fn group(uid: &str, created: Option<i64>, request: Request) -> Group {
    let created = created.map(|second| Timestamp::from_second(second).unwrap());
    Group { created, uid: uid.to_owned(), request }
}

#[test]
fn the_older_group_wins_and_what_exists_is_taken_from_everybody() {
    let vpc = blocks(&["10.50.0.0/24"]);
    let mut young = request(26, &[], 1);
    let groups = |young: &Request| {
        [
            group("b", Some(7), young.clone()),
            group("z", Some(3), request(26, &[], 1)),
            group("a", None, request(26, &[], 1)),
            group("c", Some(7), request(26, &[], 1)),
        ]
    };
    let given = |promises: BTreeMap<String, Promise>| -> Vec<String> {
        let given =
            |(uid, promise): (String, Promise)| format!("{uid} {}", promise.unwrap()[&zone(1)]);
        promises.into_iter().map(given).collect()
    };
    assert_eq!(
        given(promises(&vpc, &[], &groups(&young))),
        ["a 10.50.0.192/26", "b 10.50.0.64/26", "c 10.50.0.128/26", "z 10.50.0.0/26"]
    );
    // The younger was quicker, and its subnet is not listed yet.
    young.has.insert(zone(1), block("10.50.0.0/26"));
    assert_eq!(
        given(promises(&vpc, &[], &groups(&young))),
        ["a 10.50.0.192/26", "b 10.50.0.0/26", "c 10.50.0.128/26", "z 10.50.0.64/26"]
    );
}

#[test]
fn of_two_groups_that_name_one_block_the_older_gets_it() {
    let vpc = blocks(&["10.50.0.0/24"]);
    let mut naming = request(26, &[], 2);
    naming.named.insert(zone(1), block("10.50.0.64/26"));
    let groups = [group("old", Some(1), naming.clone()), group("young", Some(2), naming.clone())];
    let promises = promises(&vpc, &[], &groups);
    assert_eq!(
        texts(promises["old"].as_ref().unwrap()),
        ["usw2-az1 10.50.0.64/26", "usw2-az2 10.50.0.0/26"]
    );
    assert_eq!(
        promises["young"].as_ref().unwrap_err().to_string(),
        "10.50.0.64/26, named for usw2-az1, is taken: 10.50.0.64/26 is promised to an older group"
    );
    let refused = |taken: &[CidrBlock], naming: &Request| {
        promised(&vpc, taken, &[group("one", None, naming.clone())], "one")
            .unwrap()
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(&blocks(&["10.50.0.0/25"]), &naming),
        "10.50.0.64/26, named for usw2-az1, is taken: 10.50.0.0/25 is in use"
    );
    naming.named.insert(zone(2), block("10.50.0.64/27"));
    assert_eq!(
        refused(&[], &naming),
        "10.50.0.64/27, named for usw2-az2, is taken: 10.50.0.64/26 is named for usw2-az1"
    );
}

#[test]
fn a_group_without_room_takes_nothing_from_the_younger() {
    let vpc = blocks(&["10.50.0.0/26"]);
    let groups =
        [group("old", Some(1), request(26, &[], 2)), group("young", Some(2), request(27, &[], 2))];
    let promises = promises(&vpc, &[], &groups);
    assert!(matches!(&promises["old"], Err(Refusal::NoFreeCidr(none)) if none.largest == vpc));
    assert!(promises["young"].is_ok());
}

#[test]
fn who_has_all_it_wants_is_told_so_and_one_nobody_knows_nothing() {
    let mut request = request(26, &["10.99.0.0/16"], 1);
    request.has.insert(zone(1), block("10.50.0.0/28"));
    request.has.insert(zone(2), block("10.50.0.16/28"));
    let groups = [group("one", None, request)];
    let promise = promised(&[], &[], &groups, "one").unwrap().unwrap();
    assert_eq!(texts(&promise), ["usw2-az1 10.50.0.0/28"]);
    assert_eq!(promised(&[], &[], &groups, "other"), None);
}
