//! IAM policy documents (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>), as far as
//! identity-based policies go: an explicit deny wins, what nothing allows is denied.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{IntoDeserializer as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::condition::{self, Keys, Operator};

/// A policy document, as IAM writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Policy {
    /// `2012-10-17`; with the older one, which is the default, variables are plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What it says.
    pub statement: OneOrMany<Statement>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Statement {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Whether it allows or denies.
    pub effect: Decision,
    /// Which actions, like `ec2:Describe*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<OneOrMany<String>>,
    /// All actions but these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_action: Option<OneOrMany<String>>,
    /// Which things, by ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<OneOrMany<String>>,
    /// All things but these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_resource: Option<OneOrMany<String>>,
    /// When: operator → key → values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: BTreeMap<String, BTreeMap<String, OneOrMany<Scalar>>>,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// It allows.
    Allow,
    /// It denies, whatever others allow.
    Deny,
}

/// IAM writes lists of one without the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// A list.
    Many(Vec<T>),
    /// Without the list.
    One(T),
}

/// By hand, so that an error within says what and where: of an untagged enum it would only say that nothing fits.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}

struct OneOrManyVisitor<T>(PhantomData<T>);

macro_rules! visit_one {
    ($($visit:ident: $kind:ty),*) => {
        $(fn $visit<E: serde::de::Error>(self, value: $kind) -> Result<Self::Value, E> {
            T::deserialize(value.into_deserializer()).map(OneOrMany::One)
        })*
    };
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one of something, or a list")
    }

    visit_one!(visit_str: &str, visit_bool: bool, visit_i64: i64, visit_u64: u64);

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(OneOrMany::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany::Many)
    }
}

impl<T> OneOrMany<T> {
    pub(crate) fn as_slice(&self) -> &[T] {
        match self {
            Self::Many(all) => all,
            Self::One(one) => std::slice::from_ref(one),
        }
    }
}

impl OneOrMany<Policy> {
    /// What several policies say together: whatever one of them allows, unless another denies it.
    pub(super) fn verdict(&self, ask: &Ask) -> Verdict {
        let all = self.as_slice().iter().map(|policy| policy.verdict(ask));
        all.max().unwrap_or(Verdict::Silent)
    }
}

/// A value of a condition: IAM takes numbers and truth values with and without quotes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

impl Scalar {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::Text(value) => value.clone(),
        }
    }
}

/// What a policy is asked: may this be done to this thing, things being as they are?
#[derive(Debug)]
pub(super) struct Ask {
    /// Like `ec2:CreateRoute`.
    pub(super) action: String,
    /// An ARN, or `*`.
    pub(super) resource: String,
    pub(super) keys: Keys,
}

/// What a policy says to that. Of several, the greatest holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// Nothing allows it.
    Silent,
    Allowed,
    /// Something denies it.
    Denied,
}

impl Policy {
    /// Reads a document as IAM does.
    pub(crate) fn from_json(text: &str) -> Result<Self, String> {
        let policy: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        policy.check()?;
        Ok(policy)
    }

    /// Says what is wrong beyond the form.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(version) = &self.version
            && !["2012-10-17", "2008-10-17"].contains(&version.as_str())
        {
            return Err(format!("the version {version} is neither 2012-10-17 nor 2008-10-17"));
        }
        for (at, statement) in self.statement.as_slice().iter().enumerate() {
            let name = statement.sid.clone().unwrap_or_else(|| (at + 1).to_string());
            statement.check().map_err(|problem| format!("statement {name}: {problem}"))?;
        }
        Ok(())
    }

    pub(super) fn verdict(&self, ask: &Ask) -> Verdict {
        let has_variables = self.version.as_deref() == Some("2012-10-17");
        let mut verdict = Verdict::Silent;
        for statement in self.statement.as_slice() {
            if !statement.is_about(ask, has_variables) {
                continue;
            }
            match statement.effect {
                Decision::Deny => return Verdict::Denied,
                Decision::Allow => verdict = Verdict::Allowed,
            }
        }
        verdict
    }
}

impl Statement {
    fn check(&self) -> Result<(), String> {
        let ((Some(actions), None) | (None, Some(actions))) = (&self.action, &self.not_action)
        else {
            return Err("it must have one of Action and NotAction".to_owned());
        };
        for action in actions.as_slice() {
            if action != "*" && !action.contains(':') {
                return Err(format!("{action:?} is no action: say service:Name"));
            }
        }
        let ((Some(resources), None) | (None, Some(resources))) =
            (&self.resource, &self.not_resource)
        else {
            return Err("it must have one of Resource and NotResource".to_owned());
        };
        for resource in resources.as_slice() {
            if resource != "*" && !resource.starts_with("arn:") {
                return Err(format!("{resource:?} is no resource: say * or an ARN"));
            }
        }
        for operator in self.condition.keys() {
            Operator::parse(operator).ok_or_else(|| {
                format!("the simulated AWS does not know the condition operator {operator}")
            })?;
        }
        Ok(())
    }

    fn is_about(&self, ask: &Ask, has_variables: bool) -> bool {
        let is_action = |patterns: &OneOrMany<String>| {
            patterns.as_slice().iter().any(|pattern| {
                // Actions are the one thing in a policy that does not mind its case.
                condition::like(&pattern.to_lowercase(), &ask.action.to_lowercase())
            })
        };
        let is_resource = |patterns: &OneOrMany<String>| {
            patterns.as_slice().iter().any(|pattern| {
                let pattern = condition::filled_in(pattern, &ask.keys, has_variables);
                pattern.is_some_and(|pattern| condition::like(&pattern, &ask.resource))
            })
        };
        self.action.as_ref().is_none_or(is_action)
            && !self.not_action.as_ref().is_some_and(is_action)
            && self.resource.as_ref().is_none_or(is_resource)
            && !self.not_resource.as_ref().is_some_and(is_resource)
            && self.condition.iter().all(|(operator, keys)| {
                Operator::parse(operator).is_some_and(|operator| {
                    keys.iter().all(|(key, values)| {
                        operator.holds(key, values.as_slice(), &ask.keys, has_variables)
                    })
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(action: &str, resource: &str, keys: &[(&str, &str)]) -> Ask {
        let mut all = Keys::default();
        for (key, value) in keys {
            all.add(key, *value);
        }
        Ask { action: action.to_owned(), resource: resource.to_owned(), keys: all }
    }

    fn policy(statements: &str) -> Policy {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": {statements}}}"#);
        Policy::from_json(&text).unwrap()
    }

    #[test]
    fn what_nothing_allows_is_denied_and_a_deny_beats_every_allow() {
        let policy = policy(
            r#"[{"Effect": "Allow", "Action": ["ec2:Describe*", "ec2:createroute"], "Resource": "*"},
                {"Effect": "Deny", "Action": "ec2:*", "Resource": "arn:aws:ec2:*:*:route-table/rtb-1?"}]"#,
        );
        for (action, resource, expected) in [
            ("ec2:DescribeVpcs", "*", Verdict::Allowed),
            ("ec2:CreateRoute", "arn:aws:ec2:r:1:route-table/rtb-2", Verdict::Allowed),
            ("ec2:CreateRoute", "arn:aws:ec2:r:1:route-table/rtb-1a", Verdict::Denied),
            ("ec2:CreateRoute", "arn:aws:ec2:r:1:route-table/rtb-1", Verdict::Allowed),
            ("ec2:DeleteRoute", "arn:aws:ec2:r:1:route-table/rtb-2", Verdict::Silent),
            ("sts:AssumeRole", "*", Verdict::Silent),
        ] {
            assert_eq!(
                policy.verdict(&ask(action, resource, &[])),
                expected,
                "{action} {resource}"
            );
        }
    }

    #[test]
    fn all_but_these() {
        let policy = policy(
            r#"{"Effect": "Allow", "NotAction": "ec2:Delete*", "NotResource": ["arn:aws:ec2:*:*:vpc/*"]}"#,
        );
        assert_eq!(policy.verdict(&ask("ec2:CreateRoute", "arn:x", &[])), Verdict::Allowed);
        assert_eq!(policy.verdict(&ask("ec2:DeleteRoute", "arn:x", &[])), Verdict::Silent);
        let vpc = ask("ec2:CreateRoute", "arn:aws:ec2:r:1:vpc/vpc-1", &[]);
        assert_eq!(policy.verdict(&vpc), Verdict::Silent);
    }

    #[test]
    fn all_conditions_must_hold() {
        let policy = policy(
            r#"{"Effect": "Allow", "Action": "ec2:*", "Resource": "*", "Condition": {
                "StringEquals": {"aws:RequestedRegion": ["r1", "r2"], "aws:ResourceTag/team": "a"},
                "Null": {"aws:RequestTag/x": true}}}"#,
        );
        let both = [("aws:RequestedRegion", "r2"), ("aws:ResourceTag/Team", "a")];
        assert_eq!(policy.verdict(&ask("ec2:X", "*", &both)), Verdict::Allowed);
        assert_eq!(policy.verdict(&ask("ec2:X", "*", &both[..1])), Verdict::Silent);
        let more = [both[0], both[1], ("aws:RequestTag/x", "1")];
        assert_eq!(policy.verdict(&ask("ec2:X", "*", &more)), Verdict::Silent);
    }

    #[test]
    fn documents_that_iam_would_refuse_are_refused_with_the_place() {
        for (text, problem) in [
            (r#"{"Statement": {"Effect": "Allow", "Action": "ec2:*"}}"#, "Resource"),
            (r#"{"Statement": {"Effect": "Allow", "Resource": "*"}}"#, "Action"),
            (r#"{"Statement": {"Effect": "Permit", "Action": "*", "Resource": "*"}}"#, "Permit"),
            (r#"{"Statement": {"Effect": "Allow", "Action": "run", "Resource": "*"}}"#, "service:"),
            (r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "vpc-1"}}"#, "ARN"),
            (r#"{"Version": "2020", "Statement": []}"#, "2020"),
            (
                r#"{"Statement": [{"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*",
                    "Condition": {"StringMatches": {"a": "b"}}}]}"#,
                "statement A: the simulated AWS does not know the condition operator StringMatches",
            ),
            (
                r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}}"#,
                "",
            ),
            ("nonsense", ""),
        ] {
            let error = Policy::from_json(text).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }
}
