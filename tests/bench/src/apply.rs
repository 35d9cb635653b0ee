//! From `kubectl apply` to Ready, on a real API server and an AWS that answers at once; beside a bare script that makes the
//! same calls one after the other: no watch, no queue, no snapshots, no decisions.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, WatchParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::runtime::wait::{await_condition, conditions};
use kube::{Api, Client, ResourceExt};
use peerway_api::v1alpha1::{AwsAccount, VpcPeering};
use peerway_api::{FIELD_MANAGER, FINALIZER};
use peerway_aws::{Cloud, Ec2, Rate};
use peerway_controller::{Health, RunConfig};
use peerway_model::{Access, Action, Credentials, Place};
use peerway_sim::{Estate, Settings, SimClock, SimCloud, Timings, World};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::api_server::{ADMIN, ApiServer};
use crate::assets::Assets;
use crate::fleet::{ACCOUNT, ACCOUNT_NAME, Fleet, NAMESPACE, REGION};
use crate::running::{ACCESS_KEY, config, is_ready};
use crate::simulated::{clock, unlimited};
use crate::table::Row;

/// How many objects each of them brings up, one after the other; half before the other's turn and half after it.
const OBJECTS: u32 = 100;
const LIMIT: Duration = Duration::from_secs(30);

/// T4.
pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    let assets = Assets::find_or_build(&|said| eprintln!("bench: {said}"))?;
    let folder = Folder::new()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = ApiServer::start(&assets, &folder.0).await?;
        let client = server.client(ADMIN).await?;
        install(&client).await?;
        let fleet = Fleet { peerings: 2 * OBJECTS };
        let settings = Settings {
            clock: SimClock::real(clock()),
            timings: Timings::immediate(),
            quotas: unlimited(),
            ..Settings::default()
        };
        let world = Arc::new(World::new(&Estate::from_yaml(&fleet.estate())?, settings)?);
        let peerings: Api<VpcPeering> = Api::namespaced(client.clone(), NAMESPACE);

        let seq = world.ledger().last().map_or(0, |call| call.seq);
        let mut ours = by_controller(&client, &world, fleet, 0..OBJECTS / 2).await?;
        let calls = world.ledger_since(seq).len();
        let status = peerings.get(&Fleet::name(0)).await?.status.context("it is ready")?;
        let script = Script::new(&client, &world, serde_json::to_value(status)?);
        let mut bare = Vec::new();
        for number in OBJECTS..2 * OBJECTS {
            bare.push(script.bring_up(fleet, number).await?);
        }
        ours.extend(by_controller(&client, &world, fleet, OBJECTS / 2..OBJECTS).await?);

        let ([p50, p99], [bare_p50, bare_p99]) = (percentiles(ours), percentiles(bare));
        let said = format!(
            "wall clock from POST to Ready=True in a watch, {OBJECTS} objects one after the other; the bare script: p50 {bare_p50:.0} ms, p99 {bare_p99:.0} ms; {:.1} calls of AWS each, the shared reads of the other VPCs included",
            f64::from(u32::try_from(calls)?) / f64::from(OBJECTS / 2)
        );
        Ok(vec![
            Row::at_most("T4 apply to Ready, p50", p50, 60.0, "ms").counted(said),
            Row::at_most("   p99", p99, 250.0, "ms").counted("the same"),
            Row::at_most("   p50 over a bare script", p50 / bare_p50, 1.5, "×").counted(
                "the script in the same run: POST, finalizer, the same reads and writes of AWS, two statuses",
            ),
        ])
    })
}

/// A folder that is gone with the value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("peerway-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The definitions, the namespace, the account.
async fn install(client: &Client) -> anyhow::Result<()> {
    let post = PostParams::default();
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    for definition in peerway_api::crd::all() {
        let name = definition.name_any();
        definitions.create(&post, &definition).await?;
        let established =
            await_condition(definitions.clone(), &name, conditions::is_crd_established());
        tokio::time::timeout(LIMIT, established).await??;
    }
    tokio::time::timeout(LIMIT, are_watchable(client)).await?;
    let namespaces: Api<Namespace> = Api::all(client.clone());
    namespaces
        .create(&post, &serde_json::from_value(json!({ "metadata": { "name": NAMESPACE } }))?)
        .await?;
    let accounts: Api<AwsAccount> = Api::all(client.clone());
    accounts.create(&post, &serde_json::from_value(Fleet::account())?).await?;
    Ok(())
}

/// Waits until the API server answers watches of the kinds: for a moment after their definition it does not, and whoever
/// asks then comes back after a second.
async fn are_watchable(client: &Client) {
    for definition in peerway_api::crd::all() {
        let (names, version) = (&definition.spec.names, &definition.spec.versions[0].name);
        let kind = GroupVersionKind::gvk(&definition.spec.group, version, &names.kind);
        let resource = ApiResource::from_gvk_with_plural(&kind, &names.plural);
        let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
        while api.watch(&WatchParams::default(), "0").await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Brings objects up by the controller.
async fn by_controller(
    client: &Client,
    world: &Arc<World>,
    fleet: Fleet,
    numbers: std::ops::Range<u32>,
) -> anyhow::Result<Vec<Duration>> {
    let (stop, stopped) = oneshot::channel::<()>();
    // One object after the other empties AWS's buckets, and the rest would be a measure of these, which T5 is about.
    let rates = Action::ALL.iter().map(|action| (*action, Rate::new(1e6, 1e6))).collect();
    let controller = tokio::spawn(peerway_controller::run(
        RunConfig { rates, ..config(Duration::from_millis(100)) },
        client.clone(),
        Arc::new(SimCloud::new(world.clone(), ACCESS_KEY)),
        clock(),
        Arc::new(Health::default()),
        async {
            let _ = stopped.await;
        },
    ));
    let accounts: Api<AwsAccount> = Api::all(client.clone());
    let known = await_condition(accounts, ACCOUNT_NAME, |account: Option<&AwsAccount>| {
        account.is_some_and(|account| is_ready(&json!(account)))
    });
    tokio::time::timeout(LIMIT, known).await.context("the account is not ready")??;
    let peerings: Api<VpcPeering> = Api::namespaced(client.clone(), NAMESPACE);
    let mut took = Vec::new();
    for number in numbers {
        let name = Fleet::name(number);
        let (watched, named) = (peerings.clone(), name.clone());
        let ready = tokio::spawn(async move {
            let is_ready = |peering: Option<&VpcPeering>| {
                peering.is_some_and(|peering| is_ready(&json!(peering)))
            };
            await_condition(watched, &named, is_ready).await.map(|_| Instant::now())
        });
        let object = serde_json::from_value(fleet.peering(number))?;
        let begun = Instant::now();
        peerings.create(&PostParams::default(), &object).await?;
        let seen = tokio::time::timeout(LIMIT, ready)
            .await
            .with_context(|| format!("{name} is not ready after {LIMIT:?}"))???;
        took.push(seen - begun);
    }
    let _ = stop.send(());
    controller.await??;
    Ok(took)
}

/// The bare script.
struct Script {
    peerings: Api<VpcPeering>,
    ec2: Arc<dyn Ec2>,
    /// What it says in the end.
    status: Value,
}

impl Script {
    fn new(client: &Client, world: &Arc<World>, status: Value) -> Self {
        let access = Access {
            name: "root".into(),
            account: ACCOUNT.parse().expect("it is an account"),
            credentials: Credentials::Own,
        };
        let region = REGION.parse().expect("it is a Region");
        let cloud = SimCloud::new(world.clone(), ACCOUNT);
        let ec2 = cloud.ec2(&Place { access: access.into(), region });
        Self { peerings: Api::namespaced(client.clone(), NAMESPACE), ec2, status }
    }

    async fn bring_up(&self, fleet: Fleet, number: u32) -> anyhow::Result<Duration> {
        let [one, other] = fleet.ends(number);
        let vpcs = [one, other].map(|vpc| Fleet::vpc_id(vpc).parse().expect("it is a VPC's id"));
        let name = Fleet::name(number);
        let object = serde_json::from_value(fleet.peering(number))?;
        let begun = Instant::now();
        self.peerings.create(&PostParams::default(), &object).await?;
        let finalizer = json!({ "metadata": { "finalizers": [FINALIZER] } });
        self.peerings.patch(&name, &PatchParams::default(), &Patch::Merge(&finalizer)).await?;
        self.ec2.list_connections().await?;
        let tags = Fleet::tags(number, 0);
        let (account, region) = (ACCOUNT.parse()?, REGION.parse()?);
        let id = self.ec2.request_connection(&vpcs[0], &vpcs[1], &account, &region, &tags).await?;
        self.ec2.list_connections().await?;
        self.ec2.accept_connection(&id).await?;
        self.ec2.list_connections().await?;
        self.publish(&name).await?;
        for vpc in &vpcs {
            self.ec2.vpc_dns(vpc).await?;
        }
        self.ec2.set_requester_dns_resolution(&id, true).await?;
        for (vpc, far) in [(one, other), (other, one)] {
            let table = Fleet::routed_table_id(vpc).parse()?;
            self.ec2.create_route(&table, &Fleet::cidr(far).parse()?, &id).await?;
            self.ec2.list_route_tables().await?;
        }
        self.publish(&name).await?;
        let took = begun.elapsed();
        // Nobody else is to work on it.
        let none = json!({ "metadata": { "finalizers": null } });
        self.peerings.patch(&name, &PatchParams::default(), &Patch::Merge(&none)).await?;
        self.peerings.delete(&name, &DeleteParams::default()).await?;
        Ok(took)
    }

    async fn publish(&self, name: &str) -> anyhow::Result<()> {
        let patch = json!({
            "apiVersion": "peerway.dev/v1alpha1",
            "kind": "VPCPeering",
            "status": self.status,
        });
        let params = PatchParams::apply(FIELD_MANAGER).force();
        self.peerings.patch_status(name, &params, &Patch::Apply(&patch)).await?;
        Ok(())
    }
}

/// The 50th and the 99th, in milliseconds.
fn percentiles(mut times: Vec<Duration>) -> [f64; 2] {
    times.sort_unstable();
    [50, 99].map(|percent| {
        times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1e3
    })
}
