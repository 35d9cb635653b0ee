//! From the texts of a request to the typed words of the edge. What is no such word cannot be said through the edge.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use peerway_model::AwsFailure;

/// Why the edge has no way to say it.
#[derive(Debug)]
pub(super) struct Inexpressible(pub(super) String);

/// What a method of the edge answered: in brief, or AWS's refusal.
pub(super) type Told = Result<String, AwsFailure>;

/// What came of looking for a method: what it answered, or why there is none.
pub(super) type Said = Result<Told, Inexpressible>;

pub(super) fn told<T: Debug>(answer: Result<T, AwsFailure>) -> Told {
    answer.map(|answer| format!("{answer:?}"))
}

/// A text as a word of the edge.
pub(super) fn word<T: FromStr<Err: Display>>(text: &str) -> Result<T, Inexpressible> {
    text.parse().map_err(|error: T::Err| Inexpressible(format!("{text:?}: {error}")))
}

/// Texts as words of the edge.
pub(super) fn words<T: FromStr<Err: Display>>(texts: &[String]) -> Result<Vec<T>, Inexpressible> {
    texts.iter().map(|text| word(text)).collect()
}

/// A text that the method cannot do without.
pub(super) fn wanted<T: FromStr<Err: Display>>(text: Option<&String>) -> Result<T, Inexpressible> {
    word(some(text)?)
}

/// A value that the method cannot do without.
pub(super) fn some<T>(value: Option<T>) -> Result<T, Inexpressible> {
    value.ok_or_else(|| Inexpressible("the method needs what is not in it".to_owned()))
}

/// The one thing that the method takes where AWS takes many.
pub(super) fn one<T>(values: &[T]) -> Result<&T, Inexpressible> {
    match values {
        [value] => Ok(value),
        _ => Err(Inexpressible(format!("the method takes one thing, not {}", values.len()))),
    }
}

/// A number within the bounds of the edge's.
pub(super) fn number<T: TryFrom<i32>>(value: i32) -> Result<T, Inexpressible> {
    value.try_into().map_err(|_| Inexpressible(format!("{value} is out of bounds")))
}
