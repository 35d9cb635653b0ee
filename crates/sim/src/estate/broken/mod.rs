//! What is wrong with an estate file, for the person who wrote it: file, line, field, problem and remedy.
//!
//! The text is searched for what a complaint is about, since the estate that was read from it no longer knows its lines.

mod find;

use std::fmt;

use super::EstateError;
use find::{find, path};

/// An estate file that no world can be made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenEstate {
    /// The file, as it was named.
    pub file: String,
    /// What is wrong with it, as far as that can be told at once.
    pub complaints: Vec<Complaint>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The line, from 1.
    pub line: usize,
    /// The field, by the keys that lead to it.
    pub field: String,
    /// Which thing, where the file says that.
    pub thing: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl std::error::Error for BrokenEstate {}

impl fmt::Display for BrokenEstate {
    /// One paragraph for each complaint: `estate.yaml:7: accounts.….cidr: …`, then the remedy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, complaint) in self.complaints.iter().enumerate() {
            let Complaint { line, field, thing, problem, remedy } = complaint;
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{line}", self.file)?;
            if !field.is_empty() {
                write!(f, ": {field}")?;
            }
            if let Some(thing) = thing {
                write!(f, " ({thing})")?;
            }
            write!(f, ": {problem}\n  remedy: {remedy}")?;
        }
        Ok(())
    }
}

impl BrokenEstate {
    pub(crate) fn new(file: &str, text: &str, errors: &[EstateError]) -> Self {
        let complaints = errors.iter().map(|error| complaint(text, error)).collect();
        Self { file: file.to_owned(), complaints }
    }
}

fn complaint(text: &str, error: &EstateError) -> Complaint {
    match error {
        EstateError::Form(message) => {
            let (line, column, problem) = parsed(message).unwrap_or((1, 1, message.clone()));
            let field = path(text, line, column);
            Complaint { line, field, thing: None, remedy: remedy(&problem), problem }
        }
        EstateError::Content { place, field, problem } => {
            let (line, column, is_value) = find(text, place, field.as_deref(), problem);
            let field = path(text, line, column);
            // What is found by its id or name is meant as a whole.
            let whole = field.strip_suffix(".id").or(field.strip_suffix(".name"));
            let whole = whole.filter(|_| !is_value).map(str::to_owned);
            Complaint {
                line,
                field: whole.unwrap_or(field),
                thing: Some(place.clone()),
                problem: problem.clone(),
                remedy: remedy(problem),
            }
        }
    }
}

/// `error: line 7 column 19: problem`, and a picture below that nobody needs here.
fn parsed(message: &str) -> Option<(usize, usize, String)> {
    let first = message.lines().next()?;
    let rest = first.split_once("line ")?.1;
    let (line, rest) = rest.split_once(" column ")?;
    let (column, problem) = rest.split_once(": ")?;
    Some((line.parse().ok()?, column.parse().ok()?, problem.to_owned()))
}

/// What to do about a problem, by words of it.
const REMEDIES: &[(&str, &str)] = &[
    ("unknown field", "take the field out, or spell it as one of those"),
    ("missing field", "add the field"),
    ("duplicate", "keep one of the two"),
    ("same AZ", "leave one subnet of each zone in `subnets`"),
    ("too small", "name subnets of /27 or larger"),
    ("HealthCheck timeout must be less", "choose a `timeout` below `interval`"),
    (
        "Target",
        "write a protocol, a port and, for HTTP and HTTPS, a path: TCP:8888, HTTP:8080/health",
    ),
    ("between 1 and 65535", "write a port from 1 to 65535"),
    ("must be between", "choose a number within these bounds"),
    ("more than its", "choose `min`, `desired` and `max` so that none is below the one before"),
    (
        "is restricted",
        "choose a block that AWS lets be added: its page on VPC CIDR blocks has them",
    ),
    ("no block between /44", "choose a block between /44 and /60"),
    ("CIDR block", "write a network and its length, like 10.50.0.0/21"),
    ("is of other VPCs", "name a target in the VPC of the table, or a connection of that VPC"),
    ("not be in the format sg-", "choose a name that does not begin with sg-"),
    ("twelve digits", "write the account's number, twelve digits in quotes"),
    (
        "is no zone",
        "use the id of a zone of the Region, like usw2-az1, or one of the names under `zones`",
    ),
    ("has no block", "give it a `cidr`, within a block of its VPC"),
    (
        "is no table of",
        "name a table under `routeTables` of the same VPC, or leave `routeTable` out for the main one",
    ),
    ("another main table", "leave `main: true` with one table"),
    ("gone: true", "name a target that the estate has, or add `gone: true` for a black hole"),
    ("is there, not gone", "leave `gone` out"),
    ("it is not stale", "leave `stale` out"),
    (
        "lies in the VPC",
        "route what lies outside of the VPC's own blocks, or to what stands in the VPC",
    ),
    ("host bits", "write the first address of the network"),
    ("at most one internet gateway", "leave one in `gateways`"),
    ("no id of a gateway", "write an id that begins with igw-, eigw-, vgw-, tgw-, vpce- or eni-"),
    ("is attached to vpc-", "attach it to one VPC only"),
    ("is not attached", "name the gateway in `gateways` of the VPC too"),
    ("begin with ASIA", "give a temporary key both, and any other only a secret"),
    ("access key", "give each user access keys of their own"),
    (
        "overlap",
        "give one of the two another block: AWS connects no VPCs whose blocks overlap, and no VPC has a block twice",
    ),
    (
        "is no group",
        "name a group that the estate has, or say `over` and `peerVpc` for one that is gone",
    ),
    ("one `source`", "add `source`: a block, a group or a prefix list"),
    ("is no protocol", "write tcp, udp, icmp, icmpv6, all or a number"),
    ("port range", "write the lower port first, like 8000-8999"),
    ("is no subnet of", "name a subnet of the same VPC"),
    ("main table", "leave `association` out, or say `main: true`"),
    ("without a route table", "add `routeTable`, or leave `association` out"),
    (
        "is no VPC of this estate",
        "name a VPC that the estate has, or write {account: …, region: …, vpc: …}",
    ),
    ("is no state", "write a state of AWS, like active or pending-acceptance"),
    ("joins the same VPCs", "keep one of the two connections"),
    ("its policy", "correct the policy document"),
    ("also stands in", "VPC ids are AWS-wide: give one of the two another id"),
    ("twice", "keep one of the two, or give one of them another id or name"),
    (
        "is invalid",
        "choose a block between /16 and /28 that AWS does not reserve; a subnet's lies within a block of the VPC",
    ),
    ("conflicts", "choose a block that no other subnet has"),
];

fn remedy(problem: &str) -> String {
    let found = REMEDIES.iter().find(|(words, _)| problem.contains(words));
    let usual = "correct the value, or leave the field out if AWS is to choose";
    found.map_or(usual, |(_, remedy)| remedy).to_owned()
}
