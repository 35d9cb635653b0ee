//! The checks, counted.

use std::collections::BTreeMap;

use anyhow::bail;
use peerway_tests::Sim;

use super::expected::Part;
use super::world::{World, vpc_of};

/// What was checked so far.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    held: usize,
    failed: usize,
}

impl Checks {
    /// One check; `detail` is shown when it fails.
    pub(crate) fn check(&mut self, what: &str, holds: bool, detail: &str) {
        if holds {
            self.held += 1;
            println!("  ✓ {what}");
        } else {
            self.failed += 1;
            println!("  ✗ {what}: {detail}");
        }
    }

    /// The last line; an error when a check failed.
    pub(crate) fn conclude(&self) -> anyhow::Result<()> {
        println!("demo: {} of {} checks hold", self.held, self.held + self.failed);
        if self.failed > 0 {
            bail!("{} checks failed", self.failed);
        }
        Ok(())
    }

    fn equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, wanted: &T, found: &T) {
        self.check(what, wanted == found, &format!("wanted {wanted:?}, found {found:?}"));
    }

    /// What one peering must have led to: its connection, the whole of the tables named, our rules.
    pub(crate) fn part(&mut self, world: &World<'_>, part: &Part, ours: &str, other: Option<&str>) {
        println!("\nIn AWS:");
        let wanted = &part.peering;
        let peering = world.peering(ours);
        let ends = peering.map(|peering| (vpc_of(&peering.requester), vpc_of(&peering.accepter)));
        self.equal(
            &format!("{ours} joins {} and {}", wanted.requester, wanted.accepter),
            &Some((wanted.requester.as_str(), wanted.accepter.as_str())),
            &ends,
        );
        let status = peering.map(|peering| peering.status.as_deref().unwrap_or("active"));
        self.equal(&format!("{ours} is active"), &Some("active"), &status);
        let dns = peering
            .map(|peering| (peering.dns_resolution.requester, peering.dns_resolution.accepter));
        self.equal(
            &format!("{ours} resolves DNS as declared"),
            &Some((wanted.dns_resolution.requester, wanted.dns_resolution.accepter)),
            &dns,
        );
        for (table, rows) in &part.routes {
            let rows: BTreeMap<String, String> = rows
                .iter()
                .map(|(destination, target)| {
                    let target = match target.as_str() {
                        "ours" => ours,
                        "other" => other.unwrap_or("another connection"),
                        target => target,
                    };
                    (destination.clone(), target.to_owned())
                })
                .collect();
            self.equal(
                &format!("{table} has exactly the rows it should have"),
                &Some(rows),
                &world.routes(table),
            );
        }
        for (group, rules) in &part.ingress {
            let mut rules = rules.clone();
            rules.sort();
            self.equal(
                &format!("{group} admits {}", rules.join(", ")),
                &Some(rules),
                &world.our_rules(group),
            );
        }
    }

    /// Things that must be as they were.
    pub(crate) fn untouched(&mut self, before: &World<'_>, after: &World<'_>, ids: &[String]) {
        for id in ids {
            let (was, is) = (before.whole(id), after.whole(id));
            let holds = was.is_some() && was == is;
            self.check(&format!("{id} is untouched"), holds, &format!("{was:?} -> {is:?}"));
        }
    }

    /// The writes since `seq`, in their order, each with the account and Region it was made in.
    pub(crate) async fn calls(
        &mut self,
        sim: &Sim,
        seq: u64,
        wanted: &[(&str, &str, &str)],
    ) -> anyhow::Result<()> {
        let calls = sim.aws.ledger_since(seq).await?;
        let made: Vec<(&str, &str, &str)> = calls
            .iter()
            .filter(|call| call.is_write && call.action != "AssumeRole")
            .map(|call| {
                (
                    call.action.as_str(),
                    call.account.as_deref().unwrap_or_default(),
                    call.region.as_str(),
                )
            })
            .collect();
        self.equal(
            &format!("{} writes were made, each in its own account and Region", wanted.len()),
            &wanted.to_vec(),
            &made,
        );
        let strangers: Vec<&str> = calls
            .iter()
            .filter(|call| call.is_write && call.action != "AssumeRole")
            .filter_map(|call| call.principal.as_deref())
            .filter(|principal| !principal.contains(":assumed-role/peerway/"))
            .collect();
        self.check(
            "every write was made as role/peerway",
            strangers.is_empty(),
            &strangers.join(", "),
        );
        Ok(())
    }
}
