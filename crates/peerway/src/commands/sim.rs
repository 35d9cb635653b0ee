//! `peerway sim`.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use peerway_model::{AccountId, Clock, Region, Timestamp};
use peerway_sim::estate::Include;
use peerway_sim::{Estate, Settings, Signatures, SimClock, World, serve};
use tokio::net::TcpListener;

use crate::args::{SimArgs, SimCommand};
use crate::signals;

/// Where there is no estate: an account in which to make something.
const NOTHING: &str = "accounts: {\"111111111111\": {name: yours}}";

pub(crate) async fn run(args: SimArgs) -> anyhow::Result<()> {
    if let Some(SimCommand::Diff { before, after }) = &args.command {
        return diff(before, after);
    }
    ensure!(args.speed >= 0.0 && args.speed.is_finite(), "--speed must be a number, 0 or more");
    let clock = SimClock::scaled(wall_clock(), args.speed);
    let signatures =
        if args.verify_signatures { Signatures::Verified } else { Signatures::Trusted };
    let ledger_capacity = Settings::SERVED_CALLS;
    let settings = Settings { clock, signatures, ledger_capacity, ..Settings::default() };
    let world = match &args.estate {
        Some(path) => load(path, settings)?,
        None => World::from_file("nothing", NOTHING, settings)?,
    };
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("cannot listen on {}", args.listen))?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    welcome(&endpoint, &world.estate(), args.estate.as_deref())?;
    tracing::info!(%endpoint, speed = args.speed, "simulated AWS is ready");
    serve(Arc::new(world), listener, signals::stop()).await.context("the server ended")
}

/// How to point AWS's own clients at it; the lines can be pasted.
fn welcome(endpoint: &str, estate: &Estate, file: Option<&Path>) -> anyhow::Result<()> {
    let (account, region) = home(estate);
    let what = file.map_or("nothing in it yet".to_owned(), |file| file.display().to_string());
    let mut out = std::io::stdout().lock();
    let lines = format!(
        "A simulated AWS ({what}) listens on {endpoint}. In another terminal:\n\n  \
         export AWS_ENDPOINT_URL={endpoint} AWS_ACCESS_KEY_ID={account} AWS_SECRET_ACCESS_KEY={account} AWS_DEFAULT_REGION={region}\n  \
         aws ec2 describe-vpcs --query 'Vpcs[].[VpcId,CidrBlock]' --output text\n  \
         python3 -c 'import boto3; print([v[\"VpcId\"] for v in boto3.client(\"ec2\").describe_vpcs()[\"Vpcs\"]])'\n  \
         curl -s $AWS_ENDPOINT_URL/_peerway/estate    # what stands in it\n  \
         curl -s $AWS_ENDPOINT_URL/_peerway/ledger    # every call\n\n\
         An account's number is the access key of its root, and its secret. Ctrl-C ends it.\n"
    );
    out.write_all(lines.as_bytes()).context("cannot write to stdout")
}

/// An account and a Region in which there is something to see.
fn home(estate: &Estate) -> (AccountId, Region) {
    let mut places = estate.accounts.iter().filter_map(|(number, account)| {
        let (region, _) = account.regions.iter().find(|(_, regional)| !regional.vpcs.is_empty())?;
        Some((number.clone(), region.clone()))
    });
    places.next().unwrap_or_else(|| {
        let account = "111111111111".parse().expect("it is twelve digits");
        (account, "us-west-2".parse().expect("it is a Region"))
    })
}

/// What differs between two estates.
fn diff(before: &Path, after: &Path) -> anyhow::Result<()> {
    // As a world saves it whole: a file written by hand leaves out what one that was saved says, and either what nobody
    // has touched.
    let include = Include { untouched: true, ..Include::default() };
    let saved = |path: &Path| anyhow::Ok(load(path, Settings::default())?.estate_with(include));
    let differences = Estate::diff(&saved(before)?, &saved(after)?);
    let mut out = std::io::stdout().lock();
    for difference in &differences {
        writeln!(out, "{difference}")?;
    }
    if differences.is_empty() {
        return Ok(());
    }
    bail!("{} difference{}", differences.len(), if differences.len() == 1 { "" } else { "s" });
}

fn load(path: &Path, settings: Settings) -> anyhow::Result<World> {
    let text = std::fs::read_to_string(path);
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    Ok(World::from_file(&path.display().to_string(), &text, settings)?)
}

#[expect(clippy::disallowed_methods, reason = "a program is where the machine's clock comes in")]
fn wall_clock() -> Clock {
    Clock::new(Timestamp::now)
}
