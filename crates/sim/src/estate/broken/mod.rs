//! What is wrong with an estate file, for the person who wrote it: file, line, field, problem and remedy.
//!
//! The text is searched for what a complaint is about, since the estate that was read from it no longer knows its lines.

use std::fmt;

use super::EstateError;

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
        EstateError::Content { place, problem } => {
            let (line, column, is_value) = find(text, place, problem);
            let field = path(text, line, column);
            // What is found by its id is meant as a whole.
            let whole = field.strip_suffix(".id").filter(|_| !is_value).map(str::to_owned);
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

/// Line and column of what a complaint is about, and whether that is a value or a thing as a whole: the place, word by
/// word, and within what stands there the first of the problem's words that could be a value. A thing without an id of
/// its own has none in the file either: then its surroundings must do.
fn find(text: &str, place: &str, problem: &str) -> (usize, usize, bool) {
    let mut at = 0;
    for word in words(place) {
        if let Some(found) = word_in(&text[at..], word) {
            at += found;
        }
    }
    let behind = at + text[at..].find([' ', '\n', ',', '}']).unwrap_or_default();
    let thing = &text[behind..end_of_thing(text, at)];
    let (values, rest): (Vec<&str>, Vec<&str>) = words(problem)
        .partition(|word| word.contains(|c: char| "-/.".contains(c) || c.is_ascii_digit()));
    let value = values.into_iter().chain(rest).find_map(|word| word_in(thing, word));
    let at = value.map_or(at, |found| behind + found);
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    (text[..at].matches('\n').count() + 1, at - start + 1, value.is_some())
}

/// Where a thing ends that is named at this place: before the next line that is indented no more than its first.
fn end_of_thing(text: &str, at: usize) -> usize {
    let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let mut lines = text[start..].split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    let mut end = start + first.len();
    for line in lines {
        if spaces(line) <= spaces(first) && !line.trim().is_empty() {
            break;
        }
        end += line.len();
    }
    end
}

/// Words that stand in files: ids, numbers, blocks, names.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    text.split(move |c| !is_part(c))
        .map(|word| word.trim_matches(['.', '/']))
        .map(|word| word.strip_prefix("role/").or(word.strip_prefix("user/")).unwrap_or(word))
        .filter(|word| word.len() > 1 && !COMMON.contains(word))
}

/// Words of sentences that are no values.
const COMMON: &[&str] = &[
    "a", "an", "and", "already", "also", "another", "arn", "as", "at", "aws", "been", "block",
    "cannot", "does", "estate", "for", "gateway", "group", "has", "have", "iam", "id", "in", "is",
    "it", "its", "key", "like", "main", "more", "must", "name", "no", "not", "of", "on", "one",
    "only", "or", "policy", "protocol", "role", "route", "same", "say", "sts", "subnet", "table",
    "that", "the", "there", "this", "to", "twice", "user", "was", "with", "without", "wrong",
];

/// Where a word stands as a word of its own.
fn word_in(text: &str, word: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '/' || c == '.';
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// The keys that lead to a place, by what stands before it in its line and by the indentation of the lines above.
fn path(text: &str, line: usize, column: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let Some(own) = lines.get(line.saturating_sub(1)) else { return String::new() };
    let until = own.char_indices().nth(column.saturating_sub(1)).map_or(own.len(), |(at, _)| at);
    // A place at a key is about that key.
    let until = until + own[until..].find([',', '}', ']']).unwrap_or(own.len() - until);
    let mut keys = keys_of(&own[..until]);
    let mut indent = indent_of(own);
    for above in lines[..line.saturating_sub(1)].iter().rev() {
        let is_outer = indent_of(above) < indent && !above.trim().is_empty();
        if is_outer && let Some(key) = keys_of(above).first() {
            keys.insert(0, key.clone());
            indent = indent_of(above);
        }
    }
    keys.join(".")
}

/// The open keys of a line: `a: {b: 1, c: {d: ` gives a, c, d.
fn keys_of(line: &str) -> Vec<String> {
    let mut open: Vec<Vec<String>> = vec![Vec::new()];
    let mut word = String::new();
    let mut is_quoted = None;
    let line = line.split(" #").next().unwrap_or_default();
    let mut letters = line.trim_start_matches([' ', '-']).chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' | '\'' if is_quoted == Some(letter) => is_quoted = None,
            '"' | '\'' if is_quoted.is_none() && word.is_empty() => is_quoted = Some(letter),
            _ if is_quoted.is_some() => word.push(letter),
            ':' if letters.peek().is_none_or(|next| next.is_whitespace()) => {
                if let Some(level) = open.last_mut() {
                    *level = vec![std::mem::take(&mut word)];
                }
            }
            '{' | '[' => {
                open.push(Vec::new());
                word.clear();
            }
            '}' | ']' => {
                open.pop();
                word.clear();
            }
            ',' => {
                if let Some(level) = open.last_mut() {
                    level.clear();
                }
                word.clear();
            }
            ' ' => {}
            _ => word.push(letter),
        }
    }
    open.into_iter().flatten().collect()
}

fn indent_of(line: &str) -> usize {
    // The dash of a list item counts as indentation: its keys stand behind it.
    line.len() - line.trim_start_matches([' ', '-']).len()
}

/// What to do about a problem, by words of it.
const REMEDIES: &[(&str, &str)] = &[
    ("unknown field", "take the field out, or spell it as one of those"),
    ("missing field", "add the field"),
    ("duplicate", "keep one of the two"),
    ("CIDR block", "write a network and its length, like 10.50.0.0/21"),
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
    ("attached to", "attach it to one VPC only"),
    ("is not attached", "name the gateway in `gateways` of the VPC too"),
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
    ("is invalid", "choose a block within a block of the VPC, between /16 and /28"),
    ("conflicts", "choose a block that no other subnet has"),
];

fn remedy(problem: &str) -> String {
    let found = REMEDIES.iter().find(|(words, _)| problem.contains(words));
    let usual = "correct the value, or leave the field out if AWS is to choose";
    found.map_or(usual, |(_, remedy)| remedy).to_owned()
}
