//! What a balancer asks its instances, how often, and how many answers make a verdict.

use std::time::Duration;

use super::wire::{ConfigureHealthCheck, ConfigureHealthCheckReply, HealthCheckItem};
use super::{find_mut, health};
use crate::ApiError;
use crate::ec2::instances::HealthCheck as Question;
use crate::scope::Scope;

/// A health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HealthCheck {
    pub(crate) probe: Probe,
    pub(crate) interval: u16,
    pub(crate) timeout: u16,
    pub(crate) unhealthy_threshold: u16,
    pub(crate) healthy_threshold: u16,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Probe {
    pub(crate) tls: bool,
    pub(crate) port: u16,
    /// Asked for over HTTP; without one a connection is enough.
    pub(crate) path: Option<String>,
}

impl HealthCheck {
    /// What a balancer begins with: a connection to the first listener's instance port.
    pub(crate) fn usual(port: u16) -> Self {
        let probe = Probe { tls: false, port, path: None };
        Self { probe, interval: 30, timeout: 5, unhealthy_threshold: 2, healthy_threshold: 10 }
    }

    pub(crate) fn question(&self) -> Question<'_> {
        let Probe { tls, port, ref path } = self.probe;
        Question { port, tls, path: path.as_deref() }
    }

    /// How long the same answer must come before it counts.
    pub(crate) fn verdict_takes(&self, healthy: bool) -> Duration {
        let threshold = if healthy { self.healthy_threshold } else { self.unhealthy_threshold };
        Duration::from_secs(u64::from(threshold) * u64::from(self.interval))
    }

    pub(crate) fn target(&self) -> String {
        let Probe { tls, port, path } = &self.probe;
        match (path, tls) {
            (None, false) => format!("TCP:{port}"),
            (None, true) => format!("SSL:{port}"),
            (Some(path), false) => format!("HTTP:{port}{path}"),
            (Some(path), true) => format!("HTTPS:{port}{path}"),
        }
    }

    pub(super) fn item(&self) -> HealthCheckItem {
        HealthCheckItem {
            target: self.target(),
            interval: self.interval.into(),
            timeout: self.timeout.into(),
            unhealthy_threshold: self.unhealthy_threshold.into(),
            healthy_threshold: self.healthy_threshold.into(),
        }
    }

    /// Reads a health check, within AWS's bounds
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_HealthCheck.html>).
    pub(crate) fn read(item: &HealthCheckItem) -> Result<Self, ApiError> {
        let probe = Probe::read(&item.target)?;
        let bounded = |what: &str, value: i32, low: u16, high: u16, unit: &str| {
            let read = u16::try_from(value).ok().filter(|value| (low..=high).contains(value));
            read.ok_or_else(|| {
                ApiError::validation(format!(
                    "HealthCheck {what} must be between {low} and {high}{unit}"
                ))
            })
        };
        let check = Self {
            probe,
            interval: bounded("interval", item.interval, 5, 300, " seconds")?,
            timeout: bounded("timeout", item.timeout, 2, 60, " seconds")?,
            unhealthy_threshold: bounded(
                "unhealthy threshold",
                item.unhealthy_threshold,
                2,
                10,
                "",
            )?,
            healthy_threshold: bounded("healthy threshold", item.healthy_threshold, 2, 10, "")?,
        };
        if check.timeout >= check.interval {
            return Err(ApiError::validation("HealthCheck timeout must be less than interval."));
        }
        Ok(check)
    }
}

/// The longest path, in characters.
const LONGEST_PATH: usize = 1024;

impl Probe {
    /// Reads a target like `HTTPS:9095/health` or `TCP:21000`.
    pub(crate) fn read(target: &str) -> Result<Self, ApiError> {
        let (protocol, rest) = target.split_once(':').unwrap_or((target, ""));
        let (tls, wants_path) = match protocol.to_ascii_uppercase().as_str() {
            "TCP" => (false, false),
            "SSL" => (true, false),
            "HTTP" => (false, true),
            "HTTPS" => (true, true),
            _ => {
                return Err(ApiError::validation(
                    "HealthCheck Target must begin with one of HTTP, TCP, HTTPS, SSL",
                ));
            }
        };
        let (port, path) = match rest.find('/') {
            Some(at) => (&rest[..at], Some(&rest[at..])),
            None => (rest, None),
        };
        let port = port.parse::<u16>().ok().filter(|port| *port > 0);
        let protocol = protocol.to_ascii_uppercase();
        match (port, path, wants_path) {
            (Some(port), None, false) => Ok(Self { tls, port, path: None }),
            (Some(port), Some(path), true) if path.chars().count() <= LONGEST_PATH => {
                Ok(Self { tls, port, path: Some(path.to_owned()) })
            }
            (Some(_), Some(_), true) => Err(ApiError::validation(format!(
                "HealthCheck {protocol} Target path must not exceed {LONGEST_PATH} characters"
            ))),
            (_, _, true) => Err(ApiError::validation(format!(
                "HealthCheck {protocol} Target must specify a port followed by a path that begins with a slash. \
                 e.g. {protocol}:80/ping/this/path"
            ))),
            (_, _, false) => Err(ApiError::validation(format!(
                "HealthCheck {protocol} Target must specify a port and no path. e.g. {protocol}:80"
            ))),
        }
    }
}

/// Whether this is a target, like `HTTPS:9095/health` or `TCP:21000`.
pub(crate) fn check_target(target: &str) -> Result<(), ApiError> {
    Probe::read(target).map(drop)
}

pub(crate) fn configure_health_check(
    scope: &mut Scope<'_>,
    request: &ConfigureHealthCheck,
) -> Result<ConfigureHealthCheckReply, ApiError> {
    let name = &request.load_balancer_name;
    find_mut(scope, name)?;
    let check = HealthCheck::read(&request.health_check)?;
    // What was found out by the old check stays true until the new one has found out something else.
    health::settle(scope, name);
    let balancer = find_mut(scope, name)?;
    balancer.health_check = check;
    let health_check = balancer.health_check.item();
    health::look_again(scope, name);
    Ok(ConfigureHealthCheckReply { health_check })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_as_aws_reads_them() {
        for (target, written) in [
            ("TCP:21000", "TCP:21000"),
            ("ssl:443", "SSL:443"),
            ("HTTP:80/", "HTTP:80/"),
            ("HTTPS:9095/health", "HTTPS:9095/health"),
        ] {
            let check =
                HealthCheck { probe: Probe::read(target).unwrap(), ..HealthCheck::usual(1) };
            assert_eq!(check.target(), written);
        }
        for bad in
            ["TCP:21000/png", "TCP:0", "TCP:65536", "HTTP:80", "HTTPS:/health", "UDP:53", "TCP", ""]
        {
            assert_eq!(Probe::read(bad).unwrap_err().code(), Some("ValidationError"), "{bad}");
        }
    }
}
