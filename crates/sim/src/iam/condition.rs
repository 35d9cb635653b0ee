//! Conditions (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>):
//! an operator compares what a request brings under a key with what the policy says.

use std::collections::BTreeMap;

use super::policy::Scalar;

/// What a request brings, by key. Keys do not mind their case.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys(BTreeMap<String, Vec<String>>);

impl Keys {
    pub(super) fn add(&mut self, key: &str, value: impl Into<String>) {
        self.0.entry(key.to_lowercase()).or_default().push(value.into());
    }

    fn get(&self, key: &str) -> Option<&[String]> {
        self.0.get(&key.to_lowercase()).map(Vec::as_slice)
    }
}

/// How one value of the request is compared with one of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equals,
    EqualsIgnoreCase,
    Like,
    Arn,
    Bool,
    Null,
}

/// Which of the request's values must match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// The one there is.
    Single,
    /// Each; also when there is none.
    All,
    /// At least one.
    Any,
}

/// An operator of a condition, like `ForAllValues:StringNotLikeIfExists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operator {
    set: Set,
    comparison: Comparison,
    is_negated: bool,
    is_if_exists: bool,
}

impl Operator {
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (set, name) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Set::All, rest),
            Some(("ForAnyValue", rest)) => (Set::Any, rest),
            Some(_) => return None,
            None => (Set::Single, name),
        };
        let (name, is_if_exists) = match name.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let (comparison, is_negated) = match name {
            "StringEquals" => (Comparison::Equals, false),
            "StringNotEquals" => (Comparison::Equals, true),
            "StringEqualsIgnoreCase" => (Comparison::EqualsIgnoreCase, false),
            "StringNotEqualsIgnoreCase" => (Comparison::EqualsIgnoreCase, true),
            "StringLike" => (Comparison::Like, false),
            "StringNotLike" => (Comparison::Like, true),
            // IAM compares ARNs alike under both names.
            "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
            "Bool" => (Comparison::Bool, false),
            "Null" if !is_if_exists && set == Set::Single => (Comparison::Null, false),
            _ => return None,
        };
        Some(Self { set, comparison, is_negated, is_if_exists })
    }

    pub(super) fn holds(
        self,
        key: &str,
        wanted: &[Scalar],
        keys: &Keys,
        has_variables: bool,
    ) -> bool {
        let found = keys.get(key);
        if self.comparison == Comparison::Null {
            return wanted.iter().any(|wanted| (wanted.text() == "true") == found.is_none());
        }
        let Some(found) = found else {
            // Without a value, only what asks for a value not to be there holds.
            return self.is_if_exists
                || self.set == Set::All
                || (self.is_negated && self.set == Set::Single);
        };
        let wanted: Vec<String> = wanted
            .iter()
            .filter_map(|wanted| filled_in(&wanted.text(), keys, has_variables))
            .collect();
        let fits = |value: &String| {
            let is_equal = wanted.iter().any(|wanted| self.comparison.is_equal(wanted, value));
            is_equal != self.is_negated
        };
        match self.set {
            Set::All => found.iter().all(fits),
            // AWS leaves open what several values of a key mean without a set operator: a negation must hold for each.
            Set::Single if self.is_negated => found.iter().all(fits),
            Set::Any | Set::Single => found.iter().any(fits),
        }
    }
}

impl Comparison {
    fn is_equal(self, wanted: &str, value: &str) -> bool {
        match self {
            Self::Equals => wanted == value,
            Self::EqualsIgnoreCase | Self::Bool => wanted.eq_ignore_ascii_case(value),
            Self::Like => like(wanted, value),
            Self::Arn => {
                // Part by part: a star never reaches over a colon.
                let (wanted, value) = (wanted.splitn(6, ':'), value.splitn(6, ':'));
                wanted.clone().count() == value.clone().count()
                    && wanted.zip(value).all(|(wanted, value)| like(wanted, value))
            }
            Self::Null => false,
        }
    }
}

/// Whether a text is as a pattern says: `*` stands for any characters, `?` for one.
pub(super) fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last star stood, and how far the text had come then.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// A text of a policy with its variables (`${aws:PrincipalTag/team}`) filled in; nothing where one has no value: then
/// nothing matches.
pub(super) fn filled_in(text: &str, keys: &Keys, has_variables: bool) -> Option<String> {
    if !has_variables || !text.contains("${") {
        return Some(text.to_owned());
    }
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        let (name, after) = behind.split_once('}')?;
        filled.push_str(before);
        match name.split_once(',') {
            Some((key, usual)) => {
                let usual = usual.trim().trim_matches('\'');
                let value = keys.get(key.trim()).and_then(<[String]>::first);
                filled.push_str(value.map_or(usual, String::as_str));
            }
            None => filled.push_str(keys.get(name)?.first()?),
        }
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(pairs: &[(&str, &str)]) -> Keys {
        let mut keys = Keys::default();
        for (key, value) in pairs {
            keys.add(key, *value);
        }
        keys
    }

    fn holds(operator: &str, wanted: &[&str], found: &[&str]) -> bool {
        let pairs: Vec<(&str, &str)> = found.iter().map(|value| ("k", *value)).collect();
        let wanted: Vec<_> = wanted.iter().map(|w| Scalar::Text((*w).to_owned())).collect();
        Operator::parse(operator).unwrap().holds("K", &wanted, &keys(&pairs), true)
    }

    #[test]
    fn operators_compare_as_iam_does() {
        for (operator, wanted, found, expected) in [
            ("StringEquals", &["a", "b"][..], &["b"][..], true),
            ("StringEquals", &["a"], &["A"], false),
            ("StringEquals", &["a*"], &["ab"], false),
            ("StringEquals", &["a"], &[], false),
            ("StringEqualsIfExists", &["a"], &[], true),
            ("StringEqualsIfExists", &["a"], &["b"], false),
            ("StringNotEquals", &["a", "b"], &["b"], false),
            ("StringNotEquals", &["a"], &[], true),
            ("StringEqualsIgnoreCase", &["a"], &["A"], true),
            ("StringLike", &["a*c?"], &["abbcd"], true),
            ("StringLike", &["a*c?"], &["abbc"], false),
            ("StringNotLike", &["a*"], &["b"], true),
            ("ArnLike", &["arn:aws:ec2:*:1:vpc/*"], &["arn:aws:ec2:r:1:vpc/vpc-1"], true),
            ("ArnLike", &["arn:aws:ec2:*:vpc/*"], &["arn:aws:ec2:r:1:vpc/vpc-1"], false),
            ("ArnEquals", &["arn:aws:ec2:r:1:vpc/*"], &["arn:aws:ec2:r:1:vpc/vpc-1"], true),
            ("ArnNotLike", &["arn:aws:ec2:r:1:vpc/*"], &["arn:aws:ec2:r:2:vpc/vpc-1"], true),
            ("Bool", &["true"], &["True"], true),
            ("Null", &["true"], &[], true),
            ("Null", &["true"], &["x"], false),
            ("Null", &["false"], &["x"], true),
            ("ForAllValues:StringEquals", &["a", "b"], &["a", "b"], true),
            ("ForAllValues:StringEquals", &["a"], &["a", "b"], false),
            ("ForAllValues:StringEquals", &["a"], &[], true),
            ("ForAnyValue:StringEquals", &["a"], &["a", "b"], true),
            ("ForAnyValue:StringEquals", &["a"], &[], false),
            ("ForAnyValue:StringNotEquals", &["a"], &["a", "b"], true),
            ("ForAllValues:StringNotLike", &["a*"], &["b", "ab"], false),
        ] {
            assert_eq!(holds(operator, wanted, found), expected, "{operator} {wanted:?} {found:?}");
        }
        for name in ["StringIs", "ForEach:StringEquals", "NullIfExists", "DateLessThan"] {
            assert_eq!(Operator::parse(name), None, "{name}");
        }
    }

    #[test]
    fn variables_are_filled_in_or_match_nothing() {
        let keys = keys(&[("aws:PrincipalTag/team", "data")]);
        let filled = |text| filled_in(text, &keys, true);
        assert_eq!(filled("x-${aws:principaltag/team}-y").as_deref(), Some("x-data-y"));
        assert_eq!(filled("${aws:PrincipalTag/other}"), None);
        assert_eq!(filled("${aws:PrincipalTag/other, 'none'}").as_deref(), Some("none"));
        assert_eq!(filled("${open"), None);
        assert_eq!(filled_in("${a}", &keys, false).as_deref(), Some("${a}"));
    }

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a**b", "ab", true),
            ("*a*b*c", "xxaybbzc", true),
            ("*a*b*c", "xxaybbzd", false),
            ("?", "", false),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }
}
