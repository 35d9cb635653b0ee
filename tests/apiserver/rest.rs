//! At rest: no writes, and reads that do not grow with the number of objects. Counted in the ledger.

use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, ensure};
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};
use peerway_api::v1alpha1::VpcPeering;
use peerway_sim::Quotas;
use peerway_tests::Environment;
use peerway_tests::api_server::ADMIN;
use peerway_tests::in_process::{InProcess, world_with};
use serde_json::{Value, json};

use crate::objects::{
    account, create, delete_account, delete_peerings, is_ready, namespace, until,
};

const NAMESPACE: &str = "rest";
const RESYNC: Duration = Duration::from_secs(1);
/// How many resyncs are watched.
const WATCHED: u32 = 5;
/// The parts that a peering reads in one account and Region.
const PARTS: usize = 6;

/// A hub and a hundred spokes: as many things at ten peerings as at a hundred, so that only objects differ.
fn estate() -> String {
    let mut estate = String::from(
        "accounts:\n  \"999999999999\":\n    users: {peerway-controller: {accessKeys: {AKIAPEERWAYCONTROLLR: simulated-secret-access-key}}}\n  \"111111111111\":\n    roles: {peerway: {trusts: [\"arn:aws:iam::999999999999:user/peerway-controller\"]}}\n    regions:\n      us-west-2:\n        vpcs:\n          - {id: vpc-00000fff, cidr: 10.255.0.0/16, routeTables: [{id: rtb-00000fff, main: true}]}\n",
    );
    for number in 0..100 {
        writeln!(
            estate,
            "          - {{id: vpc-00000{number:03}, cidr: 10.{number}.0.0/16, routeTables: [{{id: rtb-00000{number:03}, main: true}}], securityGroups: [{{id: sg-00000{number:03}, name: spoke}}]}}"
        )
        .expect("a string takes text");
    }
    estate
}

fn spoke(number: usize) -> Value {
    json!({
        "apiVersion": "peerway.dev/v1alpha1",
        "kind": "VPCPeering",
        "metadata": { "name": format!("spoke-{number}"), "namespace": NAMESPACE },
        "spec": {
            "requester": {
                "accountRef": { "name": "rest" },
                "region": "us-west-2",
                "vpc": { "id": format!("vpc-00000{number:03}") },
                "routes": { "tables": { "scope": "Main" } },
                "ingress": [{ "securityGroup": { "name": "spoke" }, "protocol": "All", "source": { "peerVPC": {} } }],
            },
            "accepter": {
                "accountRef": { "name": "rest" },
                "region": "us-west-2",
                "vpc": { "id": "vpc-00000fff" },
                "routes": { "tables": { "scope": "Main" } },
            },
        },
    })
}

/// What a number of resyncs at rest cost.
struct Cost {
    reads: usize,
    writes: usize,
    changed_objects: usize,
}

async fn versions(client: &Client) -> anyhow::Result<Vec<Option<String>>> {
    let peerings: Api<VpcPeering> = Api::namespaced(client.clone(), NAMESPACE);
    let listed = peerings.list(&ListParams::default()).await?;
    Ok(listed.items.iter().map(ResourceExt::resource_version).collect())
}

async fn at_rest(client: &Client, controller: &InProcess) -> anyhow::Result<Cost> {
    // Until a whole resync has passed without any write, something is still settling.
    let settled = async {
        loop {
            let writes = controller.writes().len();
            tokio::time::sleep(2 * RESYNC).await;
            if controller.writes().len() == writes {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(2), settled).await.context("it never settles")?;
    let before = versions(client).await?;
    let seq = controller.world.ledger().last().map_or(0, |call| call.seq);
    tokio::time::sleep(WATCHED * RESYNC).await;
    let calls = controller.world.ledger_since(seq);
    let after = versions(client).await?;
    Ok(Cost {
        reads: calls
            .iter()
            .filter(|call| !call.is_write && call.action.starts_with("Describe"))
            .count(),
        writes: calls.iter().filter(|call| call.is_write && call.action != "AssumeRole").count(),
        changed_objects: before
            .iter()
            .zip(&after)
            .filter(|(before, after)| before != after)
            .count(),
    })
}

pub(crate) async fn at_rest_nothing_is_written_and_reads_do_not_grow_with_objects(
    environment: &Environment,
) -> anyhow::Result<()> {
    let client = environment.api_server.client(ADMIN).await?;
    namespace(&client, NAMESPACE).await?;
    // AWS's default would be 50.
    let quotas = Quotas { active_connections_per_vpc: 125, ..Quotas::default() };
    let world = world_with(&estate(), quotas);
    let controller = environment.start_in_process(world, RESYNC).await?;
    create(&client, &account("rest", &[NAMESPACE]), false).await?;
    let mut made = 0;
    for objects in [10, 100] {
        for number in made..objects {
            create(&client, &spoke(number), false).await?;
        }
        for number in made..objects {
            until(&client, NAMESPACE, &format!("spoke-{number}"), "Ready", is_ready).await?;
        }
        made = objects;
        let cost = at_rest(&client, &controller).await?;
        ensure!(cost.writes == 0, "{} writes to AWS with {objects} objects", cost.writes);
        ensure!(
            cost.changed_objects == 0,
            "{} objects were written with {objects} objects",
            cost.changed_objects
        );
        // Each part once per resync, which jitters by a tenth; two pages of route tables, which are 101.
        let most = (PARTS + 1) * (WATCHED as usize + 2);
        ensure!(
            cost.reads <= most,
            "{} reads in {WATCHED} resyncs with {objects} objects, {most} would do",
            cost.reads
        );
        ensure!(
            cost.reads >= PARTS * (WATCHED as usize - 1),
            "{} reads are too few to see drift",
            cost.reads
        );
    }
    delete_peerings(&client, NAMESPACE).await?;
    delete_account(&client, "rest").await?;
    controller.stop().await;
    Ok(())
}
