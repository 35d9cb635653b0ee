//! Names of instance types: there are hundreds, so they are judged by their form.

use crate::ApiError;

const SIZES: [&str; 6] = ["nano", "micro", "small", "medium", "large", "xlarge"];

/// What AWS launches when a request does not say.
pub(crate) const USUAL: &str = "m1.small";

/// Reads the name of a type, like `m5.large` or `c7gn.16xlarge`.
pub(crate) fn read_type(text: &str) -> Result<&str, ApiError> {
    let is_type =
        text.split_once('.').is_some_and(|(family, size)| is_family(family) && is_size(size));
    if is_type { Ok(text) } else { Err(unknown(text)) }
}

fn unknown(text: &str) -> ApiError {
    ApiError::invalid_value(format!("Invalid value '{text}' for InstanceType."))
}

/// Letters, a generation, and letters for what is special about it: `m5`, `c7gn`, `u-6tb1`.
fn is_family(text: &str) -> bool {
    text.len() <= 12
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.contains(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_size(text: &str) -> bool {
    let text = text.strip_prefix("metal-").unwrap_or(text);
    let times = text.strip_suffix("xlarge").or_else(|| text.strip_suffix("xl"));
    text == "metal"
        || SIZES.contains(&text)
        || times.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// The processors of a type: the letter `g` behind the generation stands for AWS's own ARM processors, and so does `a1`.
pub(crate) fn architecture(kind: &str) -> &'static str {
    let family = kind.split_once('.').map_or(kind, |(family, _)| family);
    let special = family.trim_start_matches(|c: char| !c.is_ascii_digit());
    let special = special.trim_start_matches(|c: char| c.is_ascii_digit());
    if special.contains('g') || family == "a1" { "arm64" } else { "x86_64" }
}

/// Whether a type earns credits for processor time: the families `t2`, `t3`, `t3a`, `t4g`, and whatever may follow them.
pub(crate) fn is_burstable(kind: &str) -> bool {
    let family = kind.split_once('.').map_or(kind, |(family, _)| family);
    family.starts_with('t') && family != "t1" && !family.starts_with("trn")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_known_by_their_form() {
        for good in [
            "t3.micro",
            "m5.large",
            "c7gn.16xlarge",
            "u-6tb1.112xlarge",
            "m7i.metal-24xl",
            "i3.metal",
        ] {
            assert!(read_type(good).is_ok(), "{good}");
        }
        for bad in ["m5", "m5.huge", ".large", "M5.large", "m5.12large", "large", "m.large"] {
            assert_eq!(read_type(bad).unwrap_err().code(), Some("InvalidParameterValue"), "{bad}");
        }
        assert_eq!(architecture("t4g.small"), "arm64");
        assert_eq!(architecture("g5.xlarge"), "x86_64");
        assert_eq!(architecture("m5.large"), "x86_64");
    }
}
