//! What the owner of an external side must do, in words and commands to paste. What can be seen from here is said until it
//! is seen. Their route tables and security groups never can be: these are said for as long as the object is there, lest
//! nobody ever reads them where the connection was up at once.

use std::collections::BTreeSet;

use peerway_api::Reason;
use peerway_api::v1alpha1::vpc_peering::{PeerAction, SideName};
use peerway_model::{CidrBlock, ConnectionState, Family, Vpc};

use super::desired::External;
use super::owned::Owned;
use super::plan::Plan;
use super::sides::{Pair, ResolvedSide};
use crate::routes::Standing;

/// The most blocks that commands are written for one by one; for more, those of the VPC.
const MOST_BLOCKS: usize = 8;
/// How many blocks a sentence names before it says "and more".
const NAMED: usize = 8;

/// What is left to the other party; nothing where both sides are ours.
pub(super) fn peer_actions(
    plan: &Plan,
    pair: &Pair<'_>,
    sides: &[ResolvedSide<'_>],
    owned: &Owned<'_>,
) -> Vec<PeerAction> {
    let (Some(external), [own]) = (pair.external(), sides) else { return Vec::new() };
    let asks = external.name == SideName::Requester;
    let is_refused = plan.findings.iter().any(|finding| finding.reason == Reason::PeerRefused);
    // Nobody needs routes over a connection that they will not have.
    if is_refused && !asks {
        return Vec::new();
    }
    let connection = owned.live.map(|live| live.id.to_string());
    let party = Party {
        external,
        own: own.network.vpc,
        region: own.view.place.region.as_str(),
        connection: connection.as_deref().unwrap_or("<vpc-peering-connection-id>"),
    };
    let is_taken = !plan.steps.is_empty() && owned.live.is_none();
    let sources = sources(plan, own);
    let actions = [
        (asks && owned.live.is_none() && !is_taken).then(|| party.request()),
        owned
            .live
            .filter(|live| !asks && live.accepter.vpc == external.vpc.id)
            .filter(|live| {
                matches!(
                    live.state,
                    ConnectionState::InitiatingRequest | ConnectionState::PendingAcceptance
                )
            })
            .map(|_| party.accept()),
        (own.side.spec.dns_resolution == Some(true) && !plan.report.is_dns_in_place)
            .then(|| party.dns()),
        (!sources.is_empty()).then(|| party.routes(&sources)),
        (!sources.is_empty()).then(|| party.ingress(&sources)),
    ];
    actions.into_iter().flatten().collect()
}

/// The addresses of ours whose packets go to the other side by our routes: whereto replies must come back.
fn sources(plan: &Plan, own: &ResolvedSide<'_>) -> Vec<CidrBlock> {
    let written = plan.report.routes.iter().filter(|route| {
        route.side == own.name() && (route.against.is_none() || route.standing == Standing::InPlace)
    });
    let mut blocks: BTreeSet<CidrBlock> = BTreeSet::new();
    let mut families: BTreeSet<Family> = BTreeSet::new();
    for route in written {
        let Some(table) = own.network.table(&route.wish.table) else { continue };
        let family = route.wish.destination.family();
        families.insert(family);
        blocks.extend(own.network.sources(table).iter().filter(|block| block.family() == family));
    }
    if blocks.len() > MOST_BLOCKS {
        blocks = own.network.vpc.cidrs.iter().copied().collect();
        blocks.retain(|block| families.contains(&block.family()));
    }
    blocks.into_iter().collect()
}

/// Who must do it, and with what.
struct Party<'p> {
    external: &'p External,
    own: &'p Vpc,
    region: &'p str,
    connection: &'p str,
}

impl Party<'_> {
    /// The beginning of a command in their Region.
    fn ec2(&self, call: &str) -> String {
        format!("aws ec2 {call} --region {}", self.external.region)
    }

    /// Who and where, at the beginning of a sentence.
    fn who(&self) -> String {
        format!("Account {} in {}", self.external.vpc.owner, self.external.region)
    }

    fn request(&self) -> PeerAction {
        let Self { external, own, region, .. } = self;
        PeerAction {
            action: format!(
                "{}: ask for a peering connection from {} to {} of account {} in {region}.",
                self.who(),
                external.vpc.id,
                own.id,
                own.owner
            ),
            before: "the connection is accepted here, and anything is written".to_owned(),
            command: format!(
                "{} --vpc-id {} --peer-vpc-id {} --peer-owner-id {} --peer-region {region}",
                self.ec2("create-vpc-peering-connection"),
                external.vpc.id,
                own.id,
                own.owner
            ),
        }
    }

    fn accept(&self) -> PeerAction {
        PeerAction {
            action: format!(
                "{}: accept {}, from {} of account {} to {}.",
                self.who(),
                self.connection,
                self.own.id,
                self.own.owner,
                self.external.vpc.id
            ),
            before: "the connection is active, and routes and rules are written here".to_owned(),
            command: format!(
                "{} --vpc-peering-connection-id {}",
                self.ec2("accept-vpc-peering-connection"),
                self.connection
            ),
        }
    }

    fn dns(&self) -> PeerAction {
        let vpc = &self.external.vpc.id;
        let command = |attribute: &str| {
            format!("{} --vpc-id {vpc} --{attribute} Value=true", self.ec2("modify-vpc-attribute"))
        };
        PeerAction {
            action: format!(
                "{}: turn on enableDnsSupport and enableDnsHostnames of {vpc}.",
                self.who()
            ),
            before: format!("AWS lets DNS resolution be allowed on the side of {}", self.own.id),
            command: format!(
                "{}\n{}",
                command("enable-dns-support"),
                command("enable-dns-hostnames")
            ),
        }
    }

    fn routes(&self, sources: &[CidrBlock]) -> PeerAction {
        let command = |block: &CidrBlock| {
            let destination = match block.family() {
                Family::V4 => "destination-cidr-block",
                Family::V6 => "destination-ipv6-cidr-block",
            };
            format!(
                "{} --route-table-id <route-table-id> --{destination} {block} --vpc-peering-connection-id {}",
                self.ec2("create-route"),
                self.connection
            )
        };
        PeerAction {
            action: format!(
                "{}: route {} over {} in the route tables of the subnets of {} that are to be reached. Peerway cannot see whether that was done.",
                self.who(),
                list(sources),
                self.connection,
                self.external.vpc.id
            ),
            before: "replies come back".to_owned(),
            command: lines(sources, command),
        }
    }

    fn ingress(&self, sources: &[CidrBlock]) -> PeerAction {
        let command = |block: &CidrBlock| {
            let ranges = match block.family() {
                Family::V4 => format!("IpRanges=[{{CidrIp={block}}}]"),
                Family::V6 => format!("Ipv6Ranges=[{{CidrIpv6={block}}}]"),
            };
            format!(
                "{} --group-id <security-group-id> --ip-permissions 'IpProtocol=tcp,FromPort=<port>,ToPort=<port>,{ranges}'",
                self.ec2("authorize-security-group-ingress")
            )
        };
        PeerAction {
            action: format!(
                "{}: admit {} in the security groups and network ACLs of what is to be reached in {}. Peerway cannot see whether that was done.",
                self.who(),
                list(sources),
                self.external.vpc.id
            ),
            before: "connections are answered".to_owned(),
            command: lines(sources, command),
        }
    }
}

fn lines(blocks: &[CidrBlock], command: impl Fn(&CidrBlock) -> String) -> String {
    let lines: Vec<String> = blocks.iter().take(MOST_BLOCKS).map(command).collect();
    lines.join("\n")
}

fn list(blocks: &[CidrBlock]) -> String {
    let named: Vec<String> = blocks.iter().take(NAMED).map(ToString::to_string).collect();
    let more = blocks.len().saturating_sub(NAMED);
    let text = named.join(", ");
    if more == 0 { text } else { format!("{text} and {more} more") }
}
