//! The simulated AWS: how many calls it answers, how long a long list takes, how many worlds there can be; beside moto, by
//! the same client with the same calls.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use peerway_aws::clock::tokio_clock;
use peerway_model::Clock;
use peerway_sim::ec2::vpcs::DescribeVpcs;
use peerway_sim::{Caller, Estate, Quotas, Settings, SimClock, Timings, World};

use crate::assets::workspace;
use crate::machine::{process_time, thread_time};
use crate::moto::Moto;
use crate::table::Row;
use crate::wire::{Client, Request, element};

/// Connections that the client keeps open, each with one request under way.
const CONNECTIONS: usize = 16;
const LONG_LIST: usize = 1000;

/// Serves a world until it is killed; says on stdout where. One thread: what it uses is one core.
pub(crate) fn serve() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let estate = Estate::from_yaml(&golden()?)?;
        let settings = Settings {
            clock: SimClock::real(clock()),
            timings: Timings::immediate(),
            quotas: unlimited(),
            // As `peerway sim` runs when nobody looks at the ledger for hours: full, and turning over.
            ledger_capacity: Settings::SERVED_CALLS,
            ..Settings::default()
        };
        let world = Arc::new(World::new(&estate, settings)?);
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{}", listener.local_addr()?);
        Ok(peerway_sim::serve(world, listener, std::future::pending()).await?)
    })
}

#[expect(clippy::disallowed_methods, reason = "a program is where the machine's clock comes in")]
pub(crate) fn clock() -> Clock {
    tokio_clock(jiff::Timestamp::now())
}

fn golden() -> anyhow::Result<String> {
    let file = workspace().join("deploy/examples/golden/estate.yaml");
    std::fs::read_to_string(&file).with_context(|| format!("failed to read {}", file.display()))
}

/// As many of everything as the bench makes.
pub(crate) fn unlimited() -> Quotas {
    Quotas {
        vpcs: 100_000,
        active_connections_per_vpc: 100_000,
        outstanding_requests: 100_000,
        security_groups: 1_000_000,
        network_acls_per_vpc: 100_000,
        ..Quotas::default()
    }
}

/// A child of this program that serves a world; it ends when dropped.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start() -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("child-sim")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("it has a stdout")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().parse().context("the child does not say where it serves");
        Ok(Self { child, address: address? })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a server needs for the calls, in processor time of the server.
struct Speed {
    /// Reads of one VPC, per second of the server's.
    reads: f64,
    /// Route tables made and deleted, per second of the server's.
    writes: f64,
    /// The list of a thousand connections, in seconds of the server's.
    list: f64,
    /// Calls per second on the wall, while reading.
    on_the_wall: f64,
}

fn measure(id: u32, address: SocketAddr, time: Duration) -> anyhow::Result<Speed> {
    let mut client = Client::connect(address, CONNECTIONS)?;
    let create = Request::ec2("CreateVpc", &[("CidrBlock", "10.255.0.0/16")]);
    let hub = element(&client.call(&create)?, "vpcId")?.to_owned();
    let read = Request::ec2("DescribeVpcs", &[("VpcId.1", &hub)]);
    let (reads, on_the_wall) = rate(id, time, || {
        client.calls([&read; CONNECTIONS])?;
        Ok(CONNECTIONS)
    })?;
    let create = Request::ec2("CreateRouteTable", &[("VpcId", &hub)]);
    let (writes, _) = rate(id, time, || {
        let made = client.calls([&create; CONNECTIONS])?;
        let delete: Vec<Request> = made
            .iter()
            .map(|made| {
                Ok(Request::ec2(
                    "DeleteRouteTable",
                    &[("RouteTableId", element(made, "routeTableId")?)],
                ))
            })
            .collect::<anyhow::Result<_>>()?;
        client.calls(&delete)?;
        Ok(2 * CONNECTIONS)
    })?;
    for spoke in 0..LONG_LIST {
        let block = format!("10.{}.{}.0/24", spoke / 256, spoke % 256);
        let create = Request::ec2("CreateVpc", &[("CidrBlock", &block)]);
        let spoke = element(&client.call(&create)?, "vpcId")?.to_owned();
        let create =
            Request::ec2("CreateVpcPeeringConnection", &[("VpcId", &hub), ("PeerVpcId", &spoke)]);
        let connection = element(&client.call(&create)?, "vpcPeeringConnectionId")?.to_owned();
        client.call(&Request::ec2(
            "AcceptVpcPeeringConnection",
            &[("VpcPeeringConnectionId", &connection)],
        ))?;
    }
    let list = Request::ec2("DescribeVpcPeeringConnections", &[("MaxResults", "1000")]);
    let shown = client.call(&list)?;
    let shown = shown.matches("<vpcPeeringConnectionId>").count();
    anyhow::ensure!(shown >= LONG_LIST, "the list shows {shown} connections");
    let (lists, _) = rate(id, time, || client.call(&list).map(|_| 1))?;
    Ok(Speed { reads, writes, list: 1.0 / lists, on_the_wall })
}

/// Calls per second of the server's processor time, and per second on the wall.
fn rate(
    server: u32,
    time: Duration,
    mut calls: impl FnMut() -> anyhow::Result<usize>,
) -> anyhow::Result<(f64, f64)> {
    // What is done once is not counted.
    calls()?;
    let (begun, used) = (Instant::now(), process_time(server)?);
    let mut count = 0_usize;
    while begun.elapsed() < time || process_time(server)?.saturating_sub(used) < time / 8 {
        count += calls()?;
    }
    let used = process_time(server)?.saturating_sub(used);
    let count = f64::from(u32::try_from(count)?);
    Ok((count / used.as_secs_f64(), count / begun.elapsed().as_secs_f64()))
}

pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    let server = Server::start()?;
    let ours = measure(server.child.id(), server.address, Duration::from_secs(3))?;
    drop(server);
    let small = "T17 simulated AWS, small reads";
    let writes = "T17 simulated AWS, small writes";
    let list = "T17 list of 1,000 connections";
    let mut rows = vec![
        Row::at_least(small, ours.reads, 30_000.0, "calls/s").counted(format!(
            "DescribeVpcs by id over HTTP per second of the server's one core ({:.0} calls/s on the wall, client beside it)",
            ours.on_the_wall
        )),
        Row::at_least(writes, ours.writes, 30_000.0, "calls/s")
            .counted("CreateRouteTable and DeleteRouteTable, each a call, per second of the server's one core"),
        Row::at_most(list, ours.list * 1e3, 5.0, "ms")
            .counted("DescribeVpcPeeringConnections, MaxResults=1000: the server's processor time for one"),
    ];
    match Moto::start() {
        Ok(moto) => {
            let theirs = measure(moto.id(), moto.address, Duration::from_secs(3))?;
            let beside = |figure: &str, ratio: f64, moto: String| {
                Row::beside(&format!("{figure} ÷ moto"), ratio, "×").counted(moto)
            };
            let per_second = |calls| {
                format!("moto: {calls:.0} calls/s of its processor time, same client and calls")
            };
            rows.push(beside(small, ours.reads / theirs.reads, per_second(theirs.reads)));
            rows.push(beside(writes, ours.writes / theirs.writes, per_second(theirs.writes)));
            let list_time = format!("moto: {:.0} ms", theirs.list * 1e3);
            rows.push(beside(list, theirs.list / ours.list, list_time));
        }
        Err(error) => rows.push(Row::skipped("the same by moto", &format!("{error:#}"))),
    }
    rows.push(worlds()?);
    Ok(rows)
}

/// Worlds that live for one call.
fn worlds() -> anyhow::Result<Row> {
    let estate = Estate::from_yaml(&golden()?)?;
    let caller = Caller::root(&"111111111111".parse()?, &"us-west-2".parse()?);
    let (begun, mut count) = (thread_time(), 0_u32);
    while thread_time().saturating_sub(begun) < Duration::from_secs(2) {
        for _ in 0..100 {
            let world = World::new(&estate, Settings::default())?;
            let shown = world.ask(&caller, DescribeVpcs::default())?;
            anyhow::ensure!(shown.vpc_set.len() > 1, "there is nothing in the world");
            count += 1;
        }
    }
    let rate = f64::from(count) / (thread_time().saturating_sub(begun)).as_secs_f64();
    Ok(Row::at_least("T17 worlds", rate, 10_000.0, "/s").counted(
        "golden estate, in process: created, asked for its VPCs, dropped; per second of one core",
    ))
}
