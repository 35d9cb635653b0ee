//! Answers that cannot be read, made out of good ones.

use crate::weather::Garble;

/// Larger than any answer that AWS gives.
const HUGE: usize = 40 * 1024 * 1024;

/// What a network says that wants somebody to log in first.
const FOREIGN: &str = "<!DOCTYPE html><html><head><title>Sign in</title></head>\
    <body><h1>Sign in to this network</h1><p>To go on, accept the terms.<br></body></html>";

/// The answer as it arrives.
pub(super) fn spoilt(how: Garble, answer: String) -> String {
    match how {
        Garble::Truncated => {
            let half = (0..=answer.len() / 2).rev().find(|at| answer.is_char_boundary(*at));
            answer[..half.unwrap_or_default()].to_owned()
        }
        Garble::Incomplete => only_root(&answer),
        Garble::Foreign => FOREIGN.to_owned(),
        Garble::Huge => {
            let Some(at) = root(&answer).map(|(_, end)| end) else { return answer };
            let (head, tail) = answer.split_at(at);
            [head, "<!--", &"x".repeat(HUGE), "-->", tail].concat()
        }
    }
}

/// Where the root element's tag begins and ends.
fn root(answer: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        let start = from + answer[from..].find('<')?;
        let end = start + answer[start..].find('>')? + 1;
        if !answer[start..].starts_with("<?") {
            return Some((start, end));
        }
        from = end;
    }
}

/// The same document with nothing in it.
fn only_root(answer: &str) -> String {
    let Some((start, end)) = root(answer) else { return String::new() };
    let tag = answer[start..end].trim_matches(['<', '>', '/']);
    let name = tag.split_whitespace().next().unwrap_or_default();
    format!("{}</{name}>", &answer[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "<?xml version=\"1.0\"?><R xmlns=\"u\"><vpcSet><item/></vpcSet></R>";

    #[test]
    fn each_way_spoils_the_answer_in_its_own_way() {
        let spoilt = |how| spoilt(how, ANSWER.to_owned());
        assert!(ANSWER.starts_with(&spoilt(Garble::Truncated)));
        assert!(!spoilt(Garble::Truncated).contains("</R>"));
        assert_eq!(spoilt(Garble::Incomplete), "<?xml version=\"1.0\"?><R xmlns=\"u\"></R>");
        assert!(!spoilt(Garble::Foreign).contains("vpcSet"));
        let huge = spoilt(Garble::Huge);
        assert!(huge.len() > HUGE && huge.ends_with("<vpcSet><item/></vpcSet></R>"));
    }
}
