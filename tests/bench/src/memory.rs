//! How much memory a controller holds: one in a process of its own, on an API server that is served over HTTP by this one
//! and an AWS that is made up anew for every read.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
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
use crate::process::resident;
use crate::running::{api, config, declare, is_ready};
use crate::simulated::clock;
use crate::table::Row;

/// How long the memory is watched after it stopped moving.
const CALM: Duration = Duration::from_secs(3);

/// T9.
pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for peerings in [0, 1_000, 10_000] {
        let (rest, relisted) = measure(peerings)?;
        let most = if peerings == 10_000 { 64.0 } else { 24.0 };
        let figure = match peerings {
            0 => "T9 resident memory, empty".to_owned(),
            some => format!("T9 resident memory, {some} peerings"),
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
    let runtime = tokio::runtime::Runtime::new()?;
    let api = api(clock())?;
    let address = runtime.block_on(async {
        declare(&Client::new(api.clone(), "default"), Fleet { peerings }).await?;
        serve(api.clone()).await
    })?;
    let mut child = Watched::start(address, peerings, first_uid(&api))?;
    let begun = Instant::now();
    loop {
        let ready = api.count("vpcpeerings.peerway.dev", is_ready);
        if ready == peerings as usize {
            break;
        }
        ensure!(
            begun.elapsed() < Duration::from_mins(5),
            "{ready} of {peerings} peerings are ready"
        );
        std::thread::sleep(Duration::from_millis(500));
    }
    let rest = child.calm()?;
    api.expire();
    let relisted = child.calm()?;
    Ok((rest, relisted))
}

/// The number in the first peering's UID.
fn first_uid(api: &MemoryApi) -> u64 {
    let objects = api.objects("vpcpeerings.peerway.dev");
    let uid = objects.first().and_then(|object| object["metadata"]["uid"].as_str());
    let number = uid.and_then(|uid| uid.rsplit('-').next());
    number.and_then(|number| u64::from_str_radix(number, 16).ok()).unwrap_or_default()
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
    fn start(api: SocketAddr, peerings: u32, first_uid: u64) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([
                "child-controller",
                &format!("http://{api}"),
                &format!("{peerings} {first_uid}"),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = child.stdin.take().context("it has a stdin")?;
        let answers = BufReader::new(child.stdout.take().context("it has a stdout")?);
        Ok(Self { child, orders, answers })
    }

    /// The resident memory once it has stopped moving.
    fn calm(&mut self) -> anyhow::Result<f64> {
        let mut last = self.ask()?;
        let (begun, mut since) = (Instant::now(), Instant::now());
        while since.elapsed() < CALM && begun.elapsed() < Duration::from_mins(1) {
            std::thread::sleep(Duration::from_millis(250));
            let now = self.ask()?;
            if (now - last).abs() > 0.25 {
                (last, since) = (now, Instant::now());
            }
        }
        self.ask()
    }

    fn ask(&mut self) -> anyhow::Result<f64> {
        writeln!(self.orders, "memory?")?;
        self.orders.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        line.trim().parse().context("the child does not say how much memory it has")
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
    std::thread::spawn(|| {
        for _ in std::io::stdin().lines() {
            println!("{}", resident());
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
            Arc::new(Health::default()),
            std::future::pending(),
        );
        run.await.context("the controller ended")
    })
}
