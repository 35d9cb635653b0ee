//! Who reaches whom: judged on what stands in AWS, by every route, security group and network ACL there.

use std::net::IpAddr;

use anyhow::Context;
use peerway_reach::{Flow, Network, Sender, Service, Target, Verdict};
use peerway_sim::Estate;

use super::checks::Checks;
use super::expected::Line;
use super::say;
use super::sight::{Replica, Sight};

/// What the expectations call something that gets its id only now.
pub(super) type Name<'n> = (&'n str, &'n str);

/// Checks every line.
pub(super) async fn all(
    checks: &mut Checks,
    estate: &Estate,
    lines: &[Line],
    names: &[Name<'_>],
) -> anyhow::Result<()> {
    say("\nWho reaches whom, by every route, security group and network ACL in AWS:");
    let now = Replica::of(estate)?.look().await?;
    for line in lines {
        let at = named(line.at.as_deref().unwrap_or_default(), names);
        let Some(given) = &line.given else {
            check(checks, &now, line, &line.to, &at)?;
            continue;
        };
        let given = named(given, names);
        println!("  On a copy of AWS, where {given}:");
        let copy = Replica::of(estate)?;
        write(&copy, &given).await?;
        check(checks, &copy.look().await?, line, &line.to, &at)?;
    }
    Ok(())
}

/// Checks the lines that hold whatever the controller does; where the instance at the address was replaced, for its
/// successor.
pub(super) async fn lifelines(
    checks: &mut Checks,
    estate: &Estate,
    lines: &[Line],
    successor: Option<&str>,
) -> anyhow::Result<()> {
    let sight = Replica::of(estate)?.look().await?;
    for line in lines.iter().filter(|line| line.lifeline) {
        let to = match successor {
            Some(instance) => {
                let mut interfaces = sight.network_interfaces.iter();
                let interface = interfaces.find(|it| it.instance.as_deref() == Some(instance));
                let address = interface.and_then(|it| it.addresses.first());
                let address = address.with_context(|| format!("{instance} has no address"))?;
                let (_, port) = line.to.rsplit_once(':').context("a line without a port")?;
                format!("{address}:{port}")
            }
            None => line.to.clone(),
        };
        check(checks, &sight, line, &to, line.at.as_deref().unwrap_or_default())?;
    }
    Ok(())
}

fn check(
    checks: &mut Checks,
    sight: &Sight,
    line: &Line,
    to: &str,
    at: &str,
) -> anyhow::Result<()> {
    let verdict = judge(sight, &line.from, to)?;
    let holds = verdict.as_str() == line.verdict && verdict.at().unwrap_or_default() == at;
    let wanted = if at.is_empty() { String::new() } else { format!(" at {at}") };
    checks.check(
        &format!("{:<10} -> {to:<36}  {}{wanted}", line.from, line.verdict),
        holds,
        &format!("{}: {verdict}", verdict.as_str()),
    );
    Ok(())
}

fn judge(sight: &Sight, from: &str, to: &str) -> anyhow::Result<Verdict> {
    let (host, port) = to.rsplit_once(':').context("a line without a port")?;
    let target = if let Ok(address) = host.parse::<IpAddr>() {
        Target::Address(address)
    } else {
        let mut balancers = sight.load_balancers.iter();
        let found = balancers.find(|balancer| balancer.name.as_str() == host);
        let vpc = found.and_then(|balancer| balancer.vpc.clone());
        let vpc = vpc.with_context(|| format!("there is no balancer {host}"))?;
        Target::LoadBalancer { name: host.parse()?, vpc }
    };
    let sender = Sender::Instance(from.parse()?);
    let flow = Flow { sender, target, service: Service::Tcp(port.parse()?) };
    Ok(Network::of(&sight.rows()).judge(&flow))
}

/// Writes `<table> has <destination> -> <connection>`.
async fn write(copy: &Replica, given: &str) -> anyhow::Result<()> {
    let parts = given.split_once(" has ");
    let parts = parts.and_then(|(table, row)| Some((table, row.split_once(" -> ")?)));
    let (table, (destination, connection)) =
        parts.with_context(|| format!("{given:?} is no route"))?;
    copy.create_route(&table.parse()?, &destination.parse()?, &connection.parse()?).await
}

fn named(text: &str, names: &[Name<'_>]) -> String {
    names.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
}
