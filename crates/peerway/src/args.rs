//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use peerway_aws::Rate;
use peerway_model::{AccountId, Action, Region, VpcId};

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
    /// Print an IAM policy: what a role needs to look at an account, to act in it for one kind of objects, or the controller itself.
    IamPolicy(IamPolicyArgs),
    /// Print a completion script for a shell.
    Completion {
        /// Which shell.
        shell: Shell,
    },
}

/// What is logged, and how.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// What to log: a level, or a filter like `info,peerway_controller=debug`. `RUST_LOG` wins over it.
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
    #[arg(long, env = "PEERWAY_RESYNC", default_value = "30s", value_parser = resync, value_name = "DURATION")]
    pub(crate) resync: Duration,
    /// How far apart two agreeing reads of AWS must be before anything is taken away, or made anew that vanished.
    #[arg(long, env = "PEERWAY_SETTLE", default_value = "5s", value_parser = settle, value_name = "DURATION")]
    pub(crate) settle: Duration,
    /// How long after it won the lease the controller only makes and repairs: calls of a predecessor may still land.
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
    /// How long calls under way may take to end after SIGTERM. None begins then. A replica that stands by takes over one
    /// second later; a call that was cut off may still land, within --takeover.
    #[arg(long, env = "PEERWAY_DRAIN", default_value = "3s", value_parser = duration, value_name = "DURATION")]
    pub(crate) drain: Duration,
    /// Act only while holding a lease, so that several replicas may run. Without it nothing keeps two controllers of one
    /// cluster from writing at once.
    #[arg(long, env = "PEERWAY_LEADER_ELECT", default_value_t = true, action = ArgAction::Set, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) leader_elect: bool,
    /// The namespace of the lease [default: the pod's, else that of the kubeconfig]. Outside the cluster name that of the
    /// Deployment: with another lease both act.
    #[arg(long, env = "PEERWAY_LEADER_ELECTION_NAMESPACE", value_name = "NAMESPACE")]
    pub(crate) leader_election_namespace: Option<String>,
    /// The name of the lease. The Role that ships allows this one only.
    #[arg(
        long,
        env = "PEERWAY_LEADER_ELECTION_ID",
        default_value = "peerway-controller",
        value_name = "NAME"
    )]
    pub(crate) leader_election_id: String,
    /// A token bucket other than the one AWS publishes: capacity and refill per second of one action, per account and
    /// Region. May be given several times.
    #[arg(long = "aws-rate", value_parser = rate, value_name = "ACTION=CAPACITY/PER_SECOND")]
    pub(crate) aws_rates: Vec<(Action, Rate)>,
    /// The name under which events are reported [default: the pod's name].
    #[arg(long, env = "POD_NAME", value_name = "NAME", hide_env = true)]
    pub(crate) instance: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A role in whose account Peerway acts has the policy `read-only`, and one for each kind of objects
that it acts for: all in one would be longer than AWS takes (6,144 characters). They come from the
list of calls in the code, and every call that changes something stands under the narrowest
condition that is known: name the Regions, VPCs, peers and load balancers where you can. IAM has no
condition for the destination or the target of a route: --vpc says whose tables may be written.

  peerway iam-policy read-only --region us-west-2
  peerway iam-policy vpc-peering --region us-west-2 --vpc 111111111111/vpc-ce78dbb7
  peerway iam-policy controller --role arn:aws:iam::111111111111:role/peerway")]
pub(crate) struct IamPolicyArgs {
    /// Which policy.
    #[arg(value_enum)]
    pub(crate) which: PolicyFor,
    /// A Region to act in; may be given several times. Without it: every Region.
    #[arg(long = "region", value_name = "REGION")]
    pub(crate) regions: Vec<Region>,
    /// A VPC of the role's account to write in; may be given several times. Without it: every VPC.
    #[arg(long = "vpc", value_parser = owned_vpc, value_name = "ACCOUNT/VPC")]
    pub(crate) vpcs: Vec<(AccountId, VpcId)>,
    /// An account, or a VPC of one, at the other end of peerings; may be given several times. Without it: every one.
    #[arg(long = "peer", value_parser = peer, value_name = "ACCOUNT[/VPC]")]
    pub(crate) peers: Vec<(AccountId, Option<VpcId>)>,
    /// The name of a load balancer, in which `*` stands for anything; may be given several times. Without it: every name.
    #[arg(long = "balancer", value_parser = balancer, value_name = "NAME")]
    pub(crate) balancers: Vec<String>,
    /// A role to assume, for the controller's own policy; may be given several times. Without it: `role/peerway` in every
    /// account.
    #[arg(long = "role", value_parser = role, value_name = "ARN")]
    pub(crate) roles: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyFor {
    /// What every role needs; enough for one at whose account Peerway only looks.
    ReadOnly,
    /// What acting for `VPCPeering` objects needs beside it.
    VpcPeering,
    /// What acting for `OverlapSubnetGroup` objects needs beside it.
    OverlapSubnetGroup,
    /// What acting for `ProxyLoadBalancer` objects needs beside it.
    ProxyLoadBalancer,
    /// The controller's own identity, which assumes the others.
    Controller,
}

fn peer(text: &str) -> Result<(AccountId, Option<VpcId>), String> {
    match text.split_once('/') {
        Some(_) => owned_vpc(text).map(|(account, vpc)| (account, Some(vpc))),
        None => text.parse().map(|account| (account, None)).map_err(|error| format!("{error}")),
    }
}

/// Its own form: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>.
fn role(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts[..] {
        ["arn", partition, "iam", "", account, name]
            if partition.starts_with("aws")
                && (account == "*" || account.parse::<AccountId>().is_ok())
                && name.starts_with("role/") =>
        {
            Ok(text.to_owned())
        }
        _ => Err("write the ARN of a role, like arn:aws:iam::111111111111:role/peerway".to_owned()),
    }
}

/// A pattern of names: see the names that AWS takes at
/// <https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancer.html>.
fn balancer(text: &str) -> Result<String, String> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || ['-', '*'].contains(&c);
    if text.is_empty() || text.len() > 32 || !text.chars().all(is_fine) {
        return Err("write at most 32 letters, digits, hyphens and stars, like imply-*".to_owned());
    }
    Ok(text.to_owned())
}

fn owned_vpc(text: &str) -> Result<(AccountId, VpcId), String> {
    let form = "write the account and the VPC, like 111111111111/vpc-ce78dbb7";
    let (account, vpc) = text.split_once('/').ok_or(form)?;
    Ok((
        account.parse().map_err(|error| format!("{error}; {form}"))?,
        vpc.parse().map_err(|error| format!("{error}; {form}"))?,
    ))
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "\
Any AWS client can talk to it: set AWS_ENDPOINT_URL=http://ADDRESS, and as access key one that the estate lists, or
simply an account's id. Its own paths: /_peerway/health, /_peerway/ledger, /_peerway/estate, /_peerway/actions,
/_peerway/clock/advance, /_peerway/instances/ID/answers, /_peerway/weather. docs/simulated-aws.md has a line to paste for
each.")]
pub(crate) struct SimArgs {
    /// The estate to start with: accounts, Regions and what stands in them. Without it: account 111111111111, empty.
    #[arg(long, value_name = "FILE")]
    pub(crate) estate: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one and says which.
    #[arg(long, default_value = "127.0.0.1:4566", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// How much faster than real time the world's clock runs. At 0 it stands, and moves by POST
    /// /_peerway/clock/advance?seconds=N alone.
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR")]
    pub(crate) speed: f64,
    /// Refuse calls whose signature is wrong, old or missing, as AWS does. Without it whoever names a key is believed.
    #[arg(long)]
    pub(crate) verify_signatures: bool,
    #[command(subcommand)]
    pub(crate) command: Option<SimCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SimCommand {
    /// Print what differs between two estates, in an engineer's words; fails when anything does.
    Diff {
        /// The estate before.
        before: PathBuf,
        /// The estate after, as `/_peerway/estate` shows it.
        after: PathBuf,
    },
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration =
        text.parse().map_err(|_| "write a duration like 30s, 5m or 1m30s".to_owned())?;
    Duration::try_from(parsed).map_err(|_| "a duration must not be negative".to_owned())
}

/// Less than a second is a flood of calls.
fn resync(text: &str) -> Result<Duration, String> {
    at_least(Duration::from_secs(1), text)
}

/// Two reads at the same moment confirm nothing.
fn settle(text: &str) -> Result<Duration, String> {
    at_least(Duration::from_millis(100), text)
}

fn at_least(least: Duration, text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration < least {
        return Err(format!("it must be at least {least:?}"));
    }
    Ok(duration)
}

fn rate(text: &str) -> Result<(Action, Rate), String> {
    let form = || "write a rate like CreateRoute=50/5: fifty at once, five per second".to_owned();
    let (name, rate) = text.split_once('=').ok_or_else(form)?;
    let (capacity, per_second) = rate.split_once('/').ok_or_else(form)?;
    let number = |text: &str| text.parse().ok().filter(|number: &f64| *number > 0.0);
    let (capacity, per_second) = number(capacity).zip(number(per_second)).ok_or_else(form)?;
    if !(1.0..=1e6).contains(&capacity) || per_second > 1e6 {
        return Err("a capacity is at least 1, and nothing is above a million".to_owned());
    }
    let action = Action::ALL.iter().find(|action| action.name() == name).ok_or_else(|| {
        let known: Vec<&str> = Action::ALL.iter().map(|action| action.name()).collect();
        format!("{name} is not an action that Peerway calls; these are: {}", known.join(", "))
    })?;
    Ok((*action, Rate::new(capacity, per_second)))
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
        assert!(resync("0s").is_err() && settle("0s").is_err() && settle("50ms").is_err());
        assert!(resync("1s").is_ok() && settle("100ms").is_ok());
    }

    #[test]
    fn roles_are_arns() {
        assert!(role("arn:aws-us-gov:iam::111111111111:role/path/peerway").is_ok());
        assert!(role("arn:aws:iam::*:role/peerway").is_ok());
        for wrong in ["peerway", "arn:aws:iam::1:role/peerway", "arn:aws:iam::111111111111:user/x"]
        {
            assert!(role(wrong).unwrap_err().contains("role/peerway"), "{wrong}");
        }
    }

    #[test]
    fn rates_name_an_action_that_is_called_and_a_bucket_that_fills() {
        assert_eq!(rate("CreateRoute=50/2.5"), Ok((Action::CreateRoute, Rate::new(50.0, 2.5))));
        for wrong in [
            "CreateRoute",
            "CreateRoute=50",
            "CreateRoute=0/1",
            "CreateRoute=1/nan",
            "CreateRoute=0.5/1",
            "CreateRoute=9/-1",
        ] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
        assert!(rate("RunInstances=1/1").unwrap_err().contains("CreateRoute"));
    }
}
