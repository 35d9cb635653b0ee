//! A good object among broken ones, whose account does not answer or whose specs do not hold: it is ready as if it were
//! alone.

use std::time::Duration;

use anyhow::{Context, ensure};
use futures::future::try_join_all;
use peerway_model::clock::since;
use peerway_sim::{Fault, FaultKind, Outcome};
use peerway_tests::Environment;
use peerway_tests::api_server::ADMIN;
use peerway_tests::environment::example;
use peerway_tests::in_process::world;
use serde_json::json;

use crate::bad_specs;
use crate::objects::{
    account, create, delete_account, delete_peerings, is_ready, namespace, peering, ready, until,
    with,
};

const NAMESPACE: &str = "among-broken";
/// So long that nobody is helped by being looked at again.
const RESYNC: Duration = Duration::from_mins(2);
/// From its creation to Ready, by its own timestamps: a dozen calls in process, on a machine that does other things too.
const SOON: Duration = Duration::from_secs(10);
/// For how long a call is not answered; the SDK waits for ten seconds.
const SILENCE: Duration = Duration::from_secs(15);
const HANGING: &str = "222222222222";

pub(crate) async fn nobody_is_delayed_by_bad_specs_and_an_account_that_hangs(
    environment: &Environment,
) -> anyhow::Result<()> {
    let client = environment.api_server.client(ADMIN).await?;
    namespace(&client, NAMESPACE).await?;
    let golden = std::fs::read_to_string(example("golden/estate.yaml"))?;
    let role =
        "    roles: {peerway: {trusts: [arn:aws:iam::999999999999:user/peerway-controller]}}";
    let estate = golden.replace("    name: provider", &format!("    name: provider\n{role}"));
    ensure!(estate != golden, "the provider has a role");
    let controller = environment.start_in_process(world(&estate), RESYNC).await?;
    let silence = FaultKind::Slow { seconds: SILENCE };
    let account_id = HANGING.parse().context("an id")?;
    controller.world.inject(Fault { account: Some(account_id), ..Fault::any(silence).always() });

    let hanging = with(account("hanging", &[NAMESPACE]), "/spec/accountID", json!(HANGING));
    let role = json!("arn:aws:iam::222222222222:role/peerway");
    let hanging = with(hanging, "/spec/credentials/assumeRole/roleARN", role);
    create(&client, &hanging, false).await?;
    create(&client, &account("well", &[NAMESPACE]), false).await?;
    // The hanging account on one side, the other, and both: whoever looks first at the good one may be one of these.
    let mut broken = Vec::new();
    for (name, sides) in [
        ("asks-there", &["requester"][..]),
        ("is-asked-there", &["accepter"]),
        ("all-there", &["requester", "accepter"]),
    ] {
        let object = sides.iter().fold(peering(NAMESPACE, name, "well"), |object, side| {
            with(object, &format!("/spec/{side}/accountRef/name"), json!("hanging"))
        });
        broken.push(object);
    }
    let specs = bad_specs::cases();
    broken.extend(specs.iter().map(|case| (case.change)(peering(NAMESPACE, case.name, "well"))));
    try_join_all(broken.iter().map(|object| create(&client, object, false))).await?;
    // Between two VPCs that none of these names together.
    let good = with(
        peering(NAMESPACE, "good", "well"),
        "/spec/requester",
        json!({
            "accountRef": { "name": "well" },
            "region": "us-west-2",
            "vpc": { "id": "vpc-3607f64e" },
            "routes": { "tables": { "scope": "Main" } },
        }),
    );
    create(&client, &good, false).await?;

    let good = until(&client, NAMESPACE, "good", "Ready", is_ready).await?;
    let conditions = good.status.as_ref().map(|status| &status.conditions[..]).unwrap_or_default();
    let became = conditions.iter().find(|condition| condition.type_ == "Ready");
    let became = became.context("there is a Ready condition")?.last_transition_time.0;
    let created = good.metadata.creation_timestamp.context("it was created")?.0;
    ensure!(since(became, created) < SOON, "created at {created}, ready at {became}");
    for case in &specs {
        // Or that another one has the pair.
        until(&client, NAMESPACE, case.name, "refused", |peering| {
            ready(peering).is_some_and(|(status, ..)| status == "False")
        })
        .await?;
    }
    let calls = controller.world.ledger();
    let there = || {
        calls.iter().filter(|call| call.account.as_ref().is_some_and(|id| id.as_str() == HANGING))
    };
    ensure!(there().count() > 0, "nobody called the account that hangs");
    ensure!(there().all(|call| call.latency > SOON || call.outcome != Outcome::Ok), "it answers");

    controller.world.clear_faults();
    delete_peerings(&client, NAMESPACE).await?;
    delete_account(&client, "well").await?;
    delete_account(&client, "hanging").await?;
    controller.stop().await;
    Ok(())
}
