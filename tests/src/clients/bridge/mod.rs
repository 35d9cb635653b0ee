//! The traits of `peerway-aws` as a server: the suite sets a stage up over HTTP, and sends the call that it judges here. It
//! is made through the trait, in process, in the same world. So the cases of the one front are those of the other.
//!
//! One line of JSON asks, one answers. It listens on loopback for as long as its runtime runs.

mod auto_scaling;
mod ec2;
mod judged;
mod load_balancing;
mod words;

use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use peerway_model::{AccountId, Region};
use peerway_sim::{Settings, SimClock, World, serve};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use self::judged::{Court, Judged, Verdict};
use crate::in_process::clock;

/// What the suite asks for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Ask {
    /// The world of an estate file, served over HTTP too, so many times as fast as time passes.
    World { estate: String, speed: f64 },
    /// A call as boto3 would send it, through the traits and as the root of an account.
    Call { service: String, account: AccountId, region: Region, form: String },
}

/// What it is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum Answer {
    /// Where the world is served.
    Endpoint(String),
    /// What came of a call.
    Verdict(Verdict),
    /// Why nothing could be done.
    Trouble(String),
}

/// What all connections share: the world, once there is one.
type Shared = Arc<Mutex<Option<Arc<Court>>>>;

/// Opens the bridge on a free port.
///
/// # Errors
/// When there is none.
pub(super) async fn open() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for the bridge")?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        let shared = Shared::default();
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, Arc::clone(&shared)));
        }
    });
    Ok(address)
}

/// Answers one connection's lines until it ends. Each worker of the suite has one.
async fn converse(stream: TcpStream, shared: Shared) -> anyhow::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await? {
        let answer = match answer(&line, &shared).await {
            Ok(answer) => answer,
            Err(error) => Answer::Trouble(format!("{error:#}")),
        };
        let mut text = serde_json::to_vec(&answer)?;
        text.push(b'\n');
        write.write_all(&text).await?;
    }
    Ok(())
}

async fn answer(line: &str, shared: &Shared) -> anyhow::Result<Answer> {
    match serde_json::from_str(line).context("a line that asks for nothing")? {
        Ask::World { estate, speed } => {
            let text = std::fs::read_to_string(&estate).context("failed to read the estate")?;
            let clock = SimClock::scaled(clock(), speed);
            let settings = Settings { clock, ..judged::whole() };
            let world = World::from_file(&estate, &text, settings);
            let world = Arc::new(world.map_err(|broken| anyhow::anyhow!("{broken}"))?);
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let endpoint = format!("http://{}", listener.local_addr()?);
            tokio::spawn(serve(Arc::clone(&world), listener, pending()));
            *lock(shared) = Some(Arc::new(Court::of(world)));
            Ok(Answer::Endpoint(endpoint))
        }
        Ask::Call { service, account, region, form } => {
            let court = lock(shared).clone().context("there is no world yet")?;
            let judged =
                Judged { service: &service, account: &account, region: &region, form: &form };
            Ok(Answer::Verdict(court.judge(judged).await?))
        }
    }
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, Option<Arc<Court>>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
