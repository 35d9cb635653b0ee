//! Conditions: which are set, in which order, and when they last changed.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use peerway_api::{ConditionType, Reason};
use peerway_model::Timestamp;

/// The value of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It cannot be told.
    Unknown,
}

impl Value {
    fn from_name(name: &str) -> Option<Self> {
        [Self::True, Self::False, Self::Unknown].into_iter().find(|value| value.as_str() == name)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// The conditions of a status in the making.
#[derive(Debug)]
pub struct Conditions<'a> {
    previous: &'a [Condition],
    generation: i64,
    now: Timestamp,
    set: Vec<(ConditionType, Value, Reason, String)>,
}

impl<'a> Conditions<'a> {
    /// None yet; transition times are taken from `previous` where a condition keeps its value.
    #[must_use]
    pub fn new(previous: &'a [Condition], generation: i64, now: Timestamp) -> Self {
        Self { previous, generation, now, set: Vec::new() }
    }

    /// Sets a condition, once.
    pub fn set(
        &mut self,
        kind: ConditionType,
        value: Value,
        reason: Reason,
        message: impl Into<String>,
    ) {
        debug_assert!(self.get(kind).is_none(), "{kind} is set twice");
        self.set.push((kind, value, reason, message.into()));
    }

    /// Keeps a condition as it was, where nothing was learned about it. Says whether there was one.
    pub fn keep(&mut self, kind: ConditionType) -> bool {
        let before = self.previous.iter().find(|before| before.type_ == kind.as_str());
        let known = before.and_then(|before| {
            let value = Value::from_name(&before.status)?;
            Some((value, Reason::from_name(&before.reason)?, before.message.clone()))
        });
        let Some((value, reason, message)) = known else { return false };
        self.set(kind, value, reason, message);
        true
    }

    /// A condition that was set.
    #[must_use]
    pub fn get(&self, kind: ConditionType) -> Option<(Value, Reason, &str)> {
        let (_, value, reason, message) = self.set.iter().find(|(set, ..)| *set == kind)?;
        Some((*value, *reason, message))
    }

    /// Derives `Ready` from those of `parts` that were set: its reason is that of the first that is not true.
    pub fn derive_ready(&mut self, parts: &[ConditionType], ready_message: &str) {
        self.derive_ready_as(parts, Reason::Ready, ready_message);
    }

    /// The same, with another reason for being ready.
    pub fn derive_ready_as(&mut self, parts: &[ConditionType], ready: Reason, ready_message: &str) {
        let failing = parts
            .iter()
            .filter_map(|kind| self.get(*kind))
            .find(|(value, ..)| *value != Value::True)
            .map(|(value, reason, message)| (value, reason, message.to_owned()));
        match failing {
            Some((value, reason, message)) => {
                self.set(ConditionType::Ready, value, reason, message);
            }
            None => self.set(ConditionType::Ready, Value::True, ready, ready_message),
        }
    }

    /// The list as it goes into the status, in the order of [`ConditionType`].
    #[must_use]
    pub fn into_list(self) -> Vec<Condition> {
        let (previous, generation, now) = (self.previous, self.generation, self.now);
        let mut set = self.set;
        set.sort_by_key(|(kind, ..)| *kind);
        set.into_iter()
            .map(|(kind, value, reason, message)| {
                let before = previous.iter().find(|before| {
                    before.type_ == kind.as_str() && before.status == value.as_str()
                });
                let message = before
                    .filter(|before| differ_in_request_ids_only(&before.message, &message))
                    .map_or(message, |before| before.message.clone());
                Condition {
                    type_: kind.as_str().to_owned(),
                    status: value.as_str().to_owned(),
                    reason: reason.as_str().to_owned(),
                    message,
                    observed_generation: Some(generation),
                    last_transition_time: before
                        .map_or_else(|| Time(now), |before| before.last_transition_time.clone()),
                }
            })
            .collect()
    }
}

/// A failure that repeats itself has another request id each time; that is no news, and no reason to write a status.
fn differ_in_request_ids_only(before: &str, now: &str) -> bool {
    fn words(message: &str) -> impl Iterator<Item = &str> {
        message.split("(request ").enumerate().map(|(index, piece)| {
            if index == 0 { piece } else { piece.split_once(')').map_or("", |(_, rest)| rest) }
        })
    }
    before.contains("(request ") && words(before).eq(words(now))
}

/// Whether the condition of this type is true in a status.
#[must_use]
pub fn is_true(conditions: &[Condition], kind: ConditionType) -> bool {
    conditions
        .iter()
        .any(|condition| condition.type_ == kind.as_str() && condition.status == "True")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn ready_takes_the_reason_of_the_first_that_fails() {
        let mut conditions = Conditions::new(&[], 1, at(0));
        conditions.set(ConditionType::Valid, Value::True, Reason::Fulfilled, "");
        conditions.set(ConditionType::Connected, Value::False, Reason::ConnectionPending, "wait");
        conditions.set(ConditionType::Programmed, Value::False, Reason::Progressing, "later");
        conditions.derive_ready(
            &[
                ConditionType::Valid,
                ConditionType::ResolvedRefs,
                ConditionType::Connected,
                ConditionType::Programmed,
            ],
            "done",
        );
        assert_eq!(
            conditions.get(ConditionType::Ready),
            Some((Value::False, Reason::ConnectionPending, "wait"))
        );
    }

    #[test]
    fn another_request_id_is_no_news() {
        let set = |previous: &[Condition], message: &str| {
            let mut conditions = Conditions::new(previous, 1, at(0));
            conditions.set(ConditionType::Valid, Value::False, Reason::AccessDenied, message);
            conditions.into_list()
        };
        let first = set(&[], "A failed: no (request one). Allow it.");
        assert_eq!(set(&first, "A failed: no (request two). Allow it."), first);
        assert_ne!(set(&first, "B failed: no (request two). Allow it."), first);
        assert_ne!(set(&first, "A failed: no (request two). Do not."), first);
    }

    #[test]
    fn a_transition_time_moves_only_when_the_value_does() {
        let mut first = Conditions::new(&[], 1, at(10));
        first.set(ConditionType::Valid, Value::True, Reason::Fulfilled, "a");
        let first = first.into_list();
        let mut same = Conditions::new(&first, 2, at(20));
        same.set(ConditionType::Valid, Value::True, Reason::Fulfilled, "b");
        let same = same.into_list();
        assert_eq!(same[0].last_transition_time, Time(at(10)));
        let mut other = Conditions::new(&same, 2, at(30));
        other.set(ConditionType::Valid, Value::False, Reason::InvalidSpec, "c");
        assert_eq!(other.into_list()[0].last_transition_time, Time(at(30)));
    }
}
