//! What a fleet costs that has nothing to do.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kube::Api;
use kube::api::{Patch, PatchParams};
use peerway_api::v1alpha1::AwsAccount;
use peerway_aws::Cloud;
use peerway_aws::edge::page_size;
use peerway_model::{Access, Action, Credentials, Place};
use peerway_sim::SimCloud;
use serde_json::json;

use crate::fleet::{ACCOUNT, ACCOUNT_NAME, Fleet, REGION};
use crate::machine::thread_time;
use crate::queue;
use crate::running::{Aws, RESYNC, Running, in_paused_time};
use crate::table::Row;

/// Cycles that are counted: ten of what is asked every tenth.
const CYCLES: u32 = 100;
/// What AWS puts into the bucket of a reading action
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>).
const READS_PER_SECOND: f64 = 20.0;
/// How long one size of fleet may take, on the wall.
const MOST: Duration = Duration::from_mins(1);

/// A fleet where everything is in place, and has been looked at.
async fn at_rest(peerings: u32) -> anyhow::Result<Running> {
    let running = Running::start_in_place(Fleet { peerings }, Aws::at_once()).await?;
    tokio::time::sleep(4 * RESYNC).await;
    Ok(running)
}

/// Reads of AWS per cycle, by action, and the calls that the pages of everything there is make necessary.
struct Reads {
    per_cycle: f64,
    start: Duration,
    floor: f64,
    by_action: BTreeMap<String, f64>,
}

async fn reads_at_rest(peerings: u32) -> anyhow::Result<Reads> {
    let running = at_rest(peerings).await?;
    let seq = running.world.ledger().last().map_or(0, |entry| entry.seq);
    tokio::time::sleep(CYCLES * RESYNC).await;
    let mut by_action: BTreeMap<String, f64> = BTreeMap::new();
    for entry in running.world.ledger_since(seq) {
        let share = if entry.is_write { 0.0 } else { 1.0 / f64::from(CYCLES) };
        *by_action.entry(entry.action.to_string()).or_default() += share;
    }
    let per_cycle = by_action.values().sum();
    Ok(Reads { per_cycle, start: running.start, floor: floor(&running).await?, by_action })
}

/// One call per page of each part that every peering reads.
async fn floor(running: &Running) -> anyhow::Result<f64> {
    let cloud = SimCloud::new(running.world.clone(), ACCOUNT);
    let access =
        Access { name: "root".into(), account: ACCOUNT.parse()?, credentials: Credentials::Own };
    let ec2 = cloud.ec2(&Place { access: access.into(), region: REGION.parse()? });
    let parts = [
        (Action::DescribeVpcs, ec2.list_vpcs().await?.len()),
        (Action::DescribeSubnets, ec2.list_subnets().await?.len()),
        (Action::DescribeRouteTables, ec2.list_route_tables().await?.len()),
        (Action::DescribeVpcPeeringConnections, ec2.list_connections().await?.len()),
        (Action::DescribeSecurityGroups, ec2.list_security_groups().await?.len()),
        (Action::DescribeSecurityGroupRules, ec2.list_security_group_rules().await?.len()),
    ];
    let pages = parts.map(|(action, items)| items.div_ceil(page_size(action)).max(1));
    Ok(f64::from(u32::try_from(pages.into_iter().sum::<usize>())?))
}

/// T1, T10.
#[expect(clippy::unnecessary_wraps, reason = "as every part of the table")]
pub(crate) fn reads() -> anyhow::Result<Vec<Row>> {
    let (mut rows, mut starts) = (Vec::new(), Vec::new());
    let mut took = Duration::ZERO;
    for peerings in [100, 1_000, 10_000] {
        let figure = format!("T1 AWS reads per cycle, {peerings} peerings");
        if 10 * took > MOST {
            rows.push(Row::skipped(
                &figure,
                &format!("{took:.0?} for the tenth of them is too long already"),
            ));
            continue;
        }
        let begun = Instant::now();
        let reads = match in_paused_time(reads_at_rest(peerings)) {
            Ok(reads) => reads,
            Err(error) => {
                rows.push(Row::skipped(&figure, &format!("failed: {error:#}")));
                continue;
            }
        };
        took = begun.elapsed();
        let row = if peerings == 1_000 {
            Row::at_most(&figure, reads.per_cycle, 20.0, "calls")
        } else {
            Row::beside(&figure, reads.per_cycle, "calls")
        };
        let actions: Vec<String> = reads
            .by_action
            .iter()
            .filter(|(_, share)| **share > 0.0)
            .map(|(action, share)| format!("{action} {share:.2}"))
            .collect();
        rows.push(row.counted(format!("ledger, {CYCLES} cycles at rest: {}", actions.join(", "))));
        let (most, calls) = reads
            .by_action
            .iter()
            .max_by(|(_, one), (_, other)| one.total_cmp(other))
            .map_or(("none", 0.0), |(action, calls)| (action.as_str(), *calls));
        let share = calls / (RESYNC.as_secs_f64() * READS_PER_SECOND);
        rows.push(
            Row::at_most("   T2 of the most used read bucket", share * 100.0, 25.0, "%")
                .counted(format!("{most}; AWS lets 20 of them through a second")),
        );
        let figure = format!("T10 start to first plan, {peerings} peerings");
        let start = reads.start.as_secs_f64();
        let row = if peerings == 10_000 {
            Row::at_most(&figure, start, 1.0, "s")
        } else {
            Row::beside(&figure, start, "s")
        };
        starts.push(row.counted(
            "processor time until every object was listed and visited, the answers of API server and AWS in memory included",
        ));
        let over = reads.per_cycle / reads.floor;
        rows.push(Row::at_most("   over the page floor", over, 1.1, "×").counted(format!(
            "the floor is {:.0}: one call per full page of the six parts that every peering reads",
            reads.floor
        )));
    }
    rows.extend(starts);
    Ok(rows)
}

/// T7, T8, T11 at rest.
pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    in_paused_time(async {
        const PEERINGS: u32 = 1_000;
        const TOUCHES: u32 = 20;
        let running = at_rest(PEERINGS).await?;
        let seq = running.world.ledger().last().map_or(0, |entry| entry.seq);
        let (writes, used) = (running.kubernetes_writes(), thread_time());
        tokio::time::sleep(CYCLES * RESYNC).await;
        let used = thread_time().saturating_sub(used);
        let writes = running.kubernetes_writes() - writes;
        let aws_writes = running
            .world
            .ledger_since(seq)
            .iter()
            .filter(|call| call.is_write && call.action != "AssumeRole")
            .count();
        let millicores = used.as_secs_f64() / (CYCLES * RESYNC).as_secs_f64() * 1e3;
        let calls = running.world.ledger_since(seq).len();

        let accounts: Api<AwsAccount> = Api::all(running.client.clone());
        let mut visits = Duration::ZERO;
        for touch in 0..TOUCHES {
            let patch = json!({ "metadata": { "annotations": { "bench": touch.to_string() } } });
            let begun = thread_time();
            accounts.patch(ACCOUNT_NAME, &PatchParams::default(), &Patch::Merge(&patch)).await?;
            // Time moves on only once everybody has nothing left to do.
            tokio::time::sleep(Duration::from_secs(1)).await;
            visits += thread_time().saturating_sub(begun);
        }
        // What would have been used in that time anyway.
        let visits = visits.saturating_sub(used / (CYCLES * 30) * TOUCHES);
        let with_queue = visits / (TOUCHES * PEERINGS);
        let queue = queue::alone(PEERINGS, TOUCHES).await?;
        let visit = with_queue.saturating_sub(queue);
        Ok(vec![
            Row::at_most("T7 visit at rest", visit.as_secs_f64() * 1e6, 5.0, "µs").counted(format!(
                "processor time of {} visits that find nothing to do, less that of kube's queue",
                TOUCHES * PEERINGS,
            )),
            Row::beside("   with kube's queue", with_queue.as_secs_f64() * 1e6, "µs").counted(format!(
                "{:.0} visits/s; the queue alone, with visits that do nothing at all: {:.1} µs",
                1.0 / with_queue.as_secs_f64(),
                queue.as_secs_f64() * 1e6
            )),
            Row::at_most("T8 processor at rest, 1,000 peerings", millicores, 2.0, "mcores").counted(format!(
                "{CYCLES} cycles of 30 s; the {calls} answers of the simulated AWS included, decoding them not"
            )),
            Row::at_most("T11 Kubernetes writes at rest", count(writes)?, 0.0, "")
                .counted(format!("{CYCLES} cycles, 1,000 peerings; events apart")),
            Row::at_most("   AWS writes at rest", count(aws_writes)?, 0.0, "").counted("the same, by the ledger"),
        ])
    })
}

fn count(number: usize) -> anyhow::Result<f64> {
    Ok(f64::from(u32::try_from(number)?))
}
