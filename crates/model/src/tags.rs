//! Tags, and selecting by them.

use std::collections::BTreeMap;

/// The tags of one thing: key → value, both case-sensitive.
pub type Tags = BTreeMap<String, String>;

/// Selects things by their tags: every pair must match. Values may hold `*` (any text) and `?` (one character), as in
/// EC2's own filters; `\` takes the special meaning from the character after it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagSelector(BTreeMap<String, String>);

impl TagSelector {
    /// A selector of these pairs. One without pairs matches nothing: "everything" is never meant by silence.
    #[must_use]
    pub fn new(pairs: BTreeMap<String, String>) -> Self {
        Self(pairs)
    }

    /// Whether every pair matches a tag.
    #[must_use]
    pub fn matches(&self, tags: &Tags) -> bool {
        !self.0.is_empty()
            && self.0.iter().all(|(key, pattern)| {
                tags.get(key).is_some_and(|value| matches_pattern(pattern, value))
            })
    }
}

impl std::fmt::Display for TagSelector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (key, value)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{key}={value}")?;
        }
        Ok(())
    }
}

/// Whether `text` matches `pattern` as EC2 filters match values: `*` any text, `?` one character, `\` an escape.
#[must_use]
pub fn matches_pattern(pattern: &str, text: &str) -> bool {
    #[derive(Clone, Copy)]
    enum Token {
        Literal(char),
        One,
        Any,
    }
    let mut tokens = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        tokens.push(match character {
            '*' => Token::Any,
            '?' => Token::One,
            '\\' => Token::Literal(characters.next().unwrap_or('\\')),
            other => Token::Literal(other),
        });
    }
    // Greedy with one point to come back to: linear for all but adversarial patterns, and never exponential.
    let text: Vec<char> = text.chars().collect();
    let (mut at_token, mut at_text, mut retry) = (0, 0, None);
    while at_text < text.len() {
        match tokens.get(at_token) {
            Some(Token::Any) => {
                retry = Some((at_token + 1, at_text));
                at_token += 1;
            }
            Some(Token::One) => (at_token, at_text) = (at_token + 1, at_text + 1),
            Some(Token::Literal(c)) if *c == text[at_text] => {
                (at_token, at_text) = (at_token + 1, at_text + 1);
            }
            _ => match retry {
                Some((token, start)) => {
                    retry = Some((token, start + 1));
                    (at_token, at_text) = (token, start + 1);
                }
                None => return false,
            },
        }
    }
    tokens[at_token..].iter().all(|token| matches!(token, Token::Any))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_in_ec2_filters() {
        for (pattern, text, expected) in [
            ("imply-e04-*", "imply-e04-static-1", true),
            ("imply-e04-*", "Imply-e04-static-1", false),
            ("*-1", "imply-e04-static-1", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            (r"a\*c", "a*c", true),
            (r"a\*c", "abc", false),
            ("", "", true),
            ("*", "", true),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxaxx", false),
        ] {
            assert_eq!(matches_pattern(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn an_empty_selector_matches_nothing() {
        assert!(!TagSelector::new(BTreeMap::new()).matches(&Tags::new()));
    }

    #[test]
    fn a_pattern_of_many_stars_is_not_exponential() {
        let pattern = "*a".repeat(60);
        assert!(!matches_pattern(&pattern, &"a".repeat(59)));
        assert!(matches_pattern(&pattern, &"a".repeat(60)));
    }
}
