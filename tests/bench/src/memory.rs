//! How much memory a controller holds: one in a process of its own, on an API server that is served over HTTP by this one
//! and an AWS that is made up anew for every read.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use http_body_util::BodyExt;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use kube::client::Body;
use kube::{Client, Config};
use peerway_controller::Health;
use peerway_memory_api::MemoryApi;
use tokio::net::TcpListener;

use crate::fleet::Fleet;
use crate::formula::Formula;
use crate::machine::{process_time, resident};
use crate::running::{api, config, declare, first_uid, in_paused_time, is_ready};
use crate::simulated::clock;
use crate::table::Row;

const PEERINGS: &str = "vpcpeerings.peerway.dev";
/// How long the memory is watched after it stopped moving.
const CALM: Duration = Duration::from_secs(5);

/// T9.
#[expect(clippy::unnecessary_wraps, reason = "as every part of the table")]
pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for peerings in [0, 1_000, 10_000] {
        let most = if peerings == 10_000 { 64.0 } else { 24.0 };
        let figure = match peerings {
            0 => "T9 resident memory, empty".to_owned(),
            some => format!("T9 resident memory, {some} peerings"),
        };
        let (rest, relisted) = match measure(peerings) {
            Ok(measured) => measured,
            Err(error) => {
                rows.push(Row::skipped(&figure, &format!("failed: {error:#}")));
                continue;
            }
        };
        let counted = "a process of its own: controller and Kubernetes client over HTTP; without the SDK's code and buffers";
        rows.push(match peerings {
            1_000 => Row::beside(&figure, rest, "MiB").counted(counted),
            _ => Row::at_most(&figure, rest, most, "MiB").counted(counted),
        });
        if peerings > 0 {
            let counted =
                format!("{relisted:.1} MiB after every watch ended with 410 Gone and listed again");
            rows.push(
                Row::at_most("   after a forced relist", relisted / rest, 1.25, "×")
                    .counted(counted),
            );
        }
    }
    Ok(rows)
}

/// Resident memory in MiB at rest, and after a relist.
fn measure(peerings: u32) -> anyhow::Result<(f64, f64)> {
    let fleet = Fleet { peerings };
    let api = in_paused_time(with_status(fleet))?;
    let formula = Formula { fleet, first_uid: first_uid(&api) };
    let runtime = tokio::runtime::Runtime::new()?;
    let address = runtime.block_on(serve(api.clone()))?;
    let mut child = Watched::start(address, formula)?;
    let rest = child.calm()?;
    api.expire();
    let relisted = child.calm()?;
    Ok((rest, relisted))
}

/// An API server with the fleet's objects, as a controller leaves them that has nothing more to do.
async fn with_status(fleet: Fleet) -> anyhow::Result<MemoryApi> {
    let clock = clock();
    let api = api(clock.clone())?;
    let client = Client::new(api.clone(), "default");
    declare(&client, fleet).await?;
    let formula = Formula { fleet, first_uid: first_uid(&api) };
    let (config, health) = (config(Duration::from_millis(100)), Arc::new(Health::default()));
    let controller = peerway_controller::run(
        config,
        client,
        Arc::new(formula),
        clock,
        health,
        std::future::pending(),
    );
    let all_ready = async {
        while api.count(PEERINGS, is_ready) < fleet.peerings as usize {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        ended = controller => anyhow::bail!("the controller ended: {ended:?}"),
        ready = tokio::time::timeout(Duration::from_hours(1), all_ready) => {
            ready.with_context(|| {
                format!("{} of {} peerings are ready", api.count(PEERINGS, is_ready), fleet.peerings)
            })?;
        }
    }
    api.expire();
    Ok(api)
}

/// Serves the API over HTTP from now on.
async fn serve(api: MemoryApi) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let api = api.clone();
            let service =
                hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
                    let api = api.clone();
                    async move {
                        let (parts, body) = request.into_parts();
                        let body = Body::from(body.collect().await?.to_bytes().to_vec());
                        Ok::<_, hyper::Error>(
                            api.answer(http::Request::from_parts(parts, body)).await,
                        )
                    }
                });
            tokio::spawn(async move {
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Ok(address)
}

/// The child; it ends when dropped.
struct Watched {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Watched {
    fn start(api: SocketAddr, formula: Formula) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([
                "child-controller",
                &format!("http://{api}"),
                &format!("{} {}", formula.fleet.peerings, formula.first_uid),
            ])
            // As `deploy/manager/deployment.yaml` sets them.
            .env("MALLOC_ARENA_MAX", "1")
            .env("MALLOC_TRIM_THRESHOLD_", "131072")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = child.stdin.take().context("it has a stdin")?;
        let answers = BufReader::new(child.stdout.take().context("it has a stdout")?);
        Ok(Self { child, orders, answers })
    }

    /// The resident memory once it is up and has stopped working.
    fn calm(&mut self) -> anyhow::Result<f64> {
        let id = self.child.id();
        let (begun, mut since) = (Instant::now(), Instant::now());
        let (mut memory, mut used) = (0.0, Duration::ZERO);
        while since.elapsed() < CALM && begun.elapsed() < Duration::from_mins(3) {
            std::thread::sleep(Duration::from_millis(250));
            let (is_ready, resident) = self.ask()?;
            let time = process_time(id)?;
            if !is_ready
                || (resident - memory).abs() > 0.25
                || time.saturating_sub(used) > Duration::from_millis(50)
            {
                (memory, used, since) = (resident, time, Instant::now());
            }
        }
        Ok(self.ask()?.1)
    }

    /// Whether it is up, and how much memory it has.
    fn ask(&mut self) -> anyhow::Result<(bool, f64)> {
        writeln!(self.orders, "memory?")?;
        self.orders.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let (is_ready, memory) =
            line.trim().split_once(' ').context("the child does not answer")?;
        Ok((is_ready.parse()?, memory.parse()?))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The child: a controller at the API server of `url`, which says how much memory it has whenever a line comes in.
pub(crate) fn controller(url: &str, fleet: &str) -> anyhow::Result<()> {
    let (peerings, first_uid) = fleet.split_once(' ').context("how many, and the first UID")?;
    let formula =
        Formula { fleet: Fleet { peerings: peerings.parse()? }, first_uid: first_uid.parse()? };
    let health = Arc::new(Health::default());
    let said = health.clone();
    std::thread::spawn(move || {
        for _ in std::io::stdin().lines() {
            println!("{} {}", said.is_ready(), resident());
        }
        // Whoever asked is gone.
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = Client::try_from(Config::new(url.parse()?))?;
        let run = peerway_controller::run(
            config(Duration::from_millis(100)),
            client,
            Arc::new(formula),
            clock(),
            health,
            std::future::pending(),
        );
        run.await.context("the controller ended")
    })
}
