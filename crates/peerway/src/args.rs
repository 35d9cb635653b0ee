//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Keeps private connectivity between AWS VPCs in its declared state, also when their CIDRs overlap.
#[derive(Debug, Parser)]
#[command(name = "peerway", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) log: LogArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the controller against the cluster of the current kubeconfig, or the one it runs in.
    Controller(ControllerArgs),
    /// Serve a simulated AWS over HTTP: strict about what AWS refuses, with its own clock and a ledger of calls.
    Sim(SimArgs),
    /// Print the CustomResourceDefinitions, to apply with kubectl.
    Crds,
    /// Print a completion script for a shell.
    Completion {
        /// Which shell.
        shell: Shell,
    },
}

/// What is logged, and how.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// What to log: a level, or a filter like `info,peerway_controller=debug`.
    #[arg(
        long,
        global = true,
        env = "PEERWAY_LOG_LEVEL",
        default_value = "info",
        value_name = "FILTER"
    )]
    pub(crate) log_level: String,
    /// How to log. Without it: text on a terminal, JSON elsewhere.
    #[arg(long, global = true, env = "PEERWAY_LOG_FORMAT", value_enum, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = "\
AWS credentials and endpoints come from where every AWS tool takes them: AWS_ACCESS_KEY_ID, AWS_PROFILE,
IRSA or EKS Pod Identity, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_EC2, AWS_ENDPOINT_URL_STS.
Durations are written like 30s, 5m or 1m30s.")]
pub(crate) struct ControllerArgs {
    /// How often everything that any object uses is read again; drift is repaired within it.
    #[arg(long, env = "PEERWAY_RESYNC", default_value = "30s", value_parser = duration, value_name = "DURATION")]
    pub(crate) resync: Duration,
    /// How far apart two agreeing reads of AWS must be before anything is taken away, or made anew that vanished.
    #[arg(long, env = "PEERWAY_SETTLE", default_value = "5s", value_parser = duration, value_name = "DURATION")]
    pub(crate) settle: Duration,
    /// How long after its start the controller only makes and repairs: calls of a predecessor may still land.
    #[arg(long, env = "PEERWAY_TAKEOVER", default_value = "30s", value_parser = duration, value_name = "DURATION")]
    pub(crate) takeover: Duration,
    /// How old the last good read of AWS may be before a status says Unknown [default: five times --resync].
    #[arg(long, env = "PEERWAY_STALE_AFTER", value_parser = duration, value_name = "DURATION")]
    pub(crate) stale_after: Option<Duration>,
    /// What identifies this cluster in the tags of what is made [default: the UID of the kube-system namespace].
    #[arg(long, env = "PEERWAY_CLUSTER_ID", value_name = "ID")]
    pub(crate) cluster_id: Option<String>,
    /// Where /healthz, /livez and /readyz are served.
    #[arg(
        long,
        env = "PEERWAY_HEALTH_PROBE_BIND_ADDRESS",
        default_value = "0.0.0.0:8081",
        value_name = "ADDRESS"
    )]
    pub(crate) health_probe_bind_address: SocketAddr,
    /// How long visits under way may take to end after SIGTERM. A call to AWS is bounded by ten seconds.
    #[arg(long, env = "PEERWAY_DRAIN", default_value = "15s", value_parser = duration, value_name = "DURATION")]
    pub(crate) drain: Duration,
    /// The name under which events are reported [default: the pod's name].
    #[arg(long, env = "POD_NAME", value_name = "NAME", hide_env = true)]
    pub(crate) instance: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Any AWS client can talk to it: set AWS_ENDPOINT_URL=http://ADDRESS, and as access key one that the estate lists, or
simply an account's id. Its own paths: /_peerway/health, /_peerway/ledger, /_peerway/estate.")]
pub(crate) struct SimArgs {
    /// The estate to start with: accounts, Regions and what stands in them. Without it: nothing.
    #[arg(long, value_name = "FILE")]
    pub(crate) estate: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one and says which.
    #[arg(long, default_value = "127.0.0.1:4566", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// How much faster than real time the world's clock runs.
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR")]
    pub(crate) speed: f64,
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration =
        text.parse().map_err(|_| "write a duration like 30s, 5m or 1m30s".to_owned())?;
    Duration::try_from(parsed).map_err(|_| "a duration must not be negative".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("1m30s"), Ok(Duration::from_secs(90)));
        assert!(duration("30").is_err());
        assert!(duration("-5s").is_err());
    }
}
