//! Lists cut into pages, with tokens that say nothing to the caller, expire, and fit only the question they came from.

use std::fmt::Write as _;

use peerway_model::Timestamp;
use peerway_model::clock::after;

use crate::ApiError;
use crate::id::digest;
use crate::settings::Settings;
use crate::weather::{Blemish, Sight};

/// How long the pages of an action may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) min: i32,
    pub(crate) max: i32,
}

impl Limits {
    /// What most EC2 describes allow.
    pub(crate) const USUAL: Self = Self { min: 5, max: 1000 };
}

/// What a call says about paging.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) max_results: Option<i32>,
    pub(crate) next_token: Option<&'a str>,
    pub(crate) limits: Limits,
    /// Identifies the question: action, place and filters. A token answers only the question it was given for.
    pub(crate) question: u64,
}

/// One page to be filled.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    after: Option<String>,
    size: usize,
    question: u64,
    seed: u64,
    expires: Timestamp,
    sight: Option<&'a Sight>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(ask: Ask<'_>, settings: &Settings) -> Result<Self, ApiError> {
        let Limits { min, max } = ask.limits;
        let size = match ask.max_results {
            None => max,
            Some(asked) if asked < min => return Err(out_of_range(asked, "greater", min)),
            Some(asked) if asked > max => return Err(out_of_range(asked, "less", max)),
            Some(asked) => asked,
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let wall = settings.clock.wall();
        let last = ask.next_token.map(|token| open(token, ask.question, settings.seed, wall));
        Ok(Self {
            after: last.transpose()?,
            size: settings.page_limit.map_or(size, |limit| size.min(limit.max(1))),
            question: ask.question,
            seed: settings.seed,
            expires: after(wall, settings.timings.page_token),
            sight: None,
        })
    }

    /// The same page as this call sees it.
    pub(crate) fn seen_with(self, sight: &'a Sight) -> Self {
        Self { sight: Some(sight), ..self }
    }

    /// Whether what has this key stood on an earlier page.
    pub(crate) fn is_past(&self, key: &str) -> bool {
        self.after.as_deref().is_some_and(|after| key <= after)
    }

    /// Fills the page from `items`, which come in the order of their keys and are not past, and says where the next one
    /// begins.
    pub(crate) fn fill<K: AsRef<str>, T>(
        &self,
        items: impl Iterator<Item = (K, T)>,
    ) -> (Vec<T>, Option<String>) {
        let mut items = items.peekable();
        let mut page = Vec::new();
        let mut last: Option<K> = None;
        while page.len() < self.size
            && let Some((key, item)) = items.next()
        {
            page.push(item);
            last = Some(key);
        }
        let mut is_more = items.peek().is_some();
        if let Some(sight) = self.sight {
            sight.lose_an_item(&mut page);
        }
        if let Some((sight, blemish)) = self.sight.and_then(|s| Some((s, s.blemish()?))) {
            match blemish {
                Blemish::NextPageLost if is_more => {
                    last = items.by_ref().take(self.size).last().map(|(key, _)| key);
                    is_more = items.peek().is_some();
                }
                Blemish::PageRepeated if is_more => {
                    sight.shows_blemish();
                    return (page, Some(self.seal(self.after.as_deref().unwrap_or_default())));
                }
                _ => return (page, is_more.then(|| self.seal(text(last.as_ref())))),
            }
            sight.shows_blemish();
        }
        (page, is_more.then(|| self.seal(text(last.as_ref()))))
    }

    /// The token of the page behind this key.
    fn seal(&self, last: &str) -> String {
        seal(last, self.question, self.seed, self.expires)
    }
}

/// A key as text; nothing stands before all keys.
fn text<K: AsRef<str>>(key: Option<&K>) -> &str {
    key.map_or("", AsRef::as_ref)
}

fn out_of_range(asked: i32, side: &str, bound: i32) -> ApiError {
    ApiError::invalid_value(format!(
        "Value ( {asked} ) for parameter maxResults is invalid. Expecting a value {side} than or equal to {bound}."
    ))
}

/// A token: the digest of all that it stands for, when it expires, and the last key of the page, in hexadecimal.
fn seal(last: &str, question: u64, seed: u64, expires: Timestamp) -> String {
    let expires = expires.as_second();
    let mut token = format!("{:016x}{expires:016x}", check(last, question, seed, expires));
    for byte in last.bytes() {
        let _ = write!(token, "{byte:02x}");
    }
    token
}

/// The last key of the page before; an error for a token that is forged, expired, or of another question.
fn open(token: &str, question: u64, seed: u64, now: Timestamp) -> Result<String, ApiError> {
    let invalid =
        || ApiError::new("InvalidNextToken", format!("The token '{token}' is invalid or expired"));
    let number = |range| {
        let digits: &str = token.get(range)?;
        u64::from_str_radix(digits, 16).ok()
    };
    let (sum, expires) = number(0..16).zip(number(16..32)).ok_or_else(invalid)?;
    let bytes: Option<Vec<u8>> = token.as_bytes()[32..]
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let last = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(invalid)?;
    let expires = expires.cast_signed();
    if sum == check(&last, question, seed, expires) && now.as_second() <= expires {
        Ok(last)
    } else {
        Err(invalid())
    }
}

fn check(last: &str, question: u64, seed: u64, expires: i64) -> u64 {
    digest(seed ^ question, &[last, &expires.to_string()])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const KEYS: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

    fn ask(max_results: Option<i32>, next_token: Option<&str>, question: u64) -> Ask<'_> {
        Ask { max_results, next_token, limits: Limits::USUAL, question }
    }

    fn page(
        ask: Ask<'_>,
        settings: &Settings,
    ) -> Result<(Vec<&'static str>, Option<String>), ApiError> {
        let page = Page::new(ask, settings)?;
        Ok(page.fill(KEYS.into_iter().filter(|key| !page.is_past(key)).map(|key| (key, key))))
    }

    #[test]
    fn pages_together_are_the_whole_list() {
        let settings = Settings::default();
        let (first, token) = page(ask(Some(5), None, 1), &settings).unwrap();
        assert_eq!(first, KEYS[..5]);
        let (second, token) = page(ask(Some(5), token.as_deref(), 1), &settings).unwrap();
        assert_eq!((second.as_slice(), token), (&KEYS[5..], None));
    }

    #[test]
    fn a_page_that_ends_with_the_list_has_no_token() {
        let settings = Settings { page_limit: Some(7), ..Settings::default() };
        assert_eq!(page(ask(None, None, 1), &settings).unwrap(), (KEYS.to_vec(), None));
    }

    #[test]
    fn what_a_page_may_hold_is_bounded_on_both_sides() {
        for bad in [4, 1001, 0, -1] {
            let error = page(ask(Some(bad), None, 1), &Settings::default()).unwrap_err();
            assert_eq!(error.code(), Some("InvalidParameterValue"), "{bad}");
        }
    }

    #[test]
    fn a_token_of_another_question_or_world_and_an_expired_one_are_refused() {
        let mut settings = Settings { page_limit: Some(2), ..Settings::default() };
        let token = page(ask(None, None, 1), &settings).unwrap().1.unwrap();
        assert!(page(ask(None, Some(&token), 1), &settings).is_ok());
        assert!(page(ask(None, Some(&token), 2), &settings).is_err());
        let other = Settings { seed: 9, ..settings.clone() };
        assert!(page(ask(None, Some(&token), 1), &other).is_err());
        let late = after(settings.clock.wall(), Duration::from_secs(3601));
        settings.clock = crate::SimClock::stepped(late);
        assert!(page(ask(None, Some(&token), 1), &settings).is_err());
    }

    proptest! {
        #[test]
        fn no_made_up_token_is_accepted(token in "([0-9a-f]{0,80}|\\PC{0,40})") {
            prop_assert!(page(ask(None, Some(&token), 1), &Settings::default()).is_err());
        }
    }
}
