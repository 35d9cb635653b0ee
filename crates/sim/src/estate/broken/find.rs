//! Where in a text stands what a complaint is about.
//!
//! A thing is found by the words of its place: an account, a Region, an id; or, where it has no id of its own, by the list
//! it stands in and its number, like `vpcs[1]`, from 0. Its field is found by the keys that lead to it from there, or
//! else by the words of the problem.

use std::ops::Range;

/// Line and column of what a complaint is about, and whether that is a value or a thing as a whole.
pub(super) fn find(
    text: &str,
    place: &str,
    field: Option<&str>,
    problem: &str,
) -> (usize, usize, bool) {
    let mut at = 0;
    let mut within = 0..text.len();
    let mut places = place.split(' ').peekable();
    while let Some(token) = places.next() {
        if token.ends_with(']') {
            if let Some(found) = step(text, within.clone(), token) {
                (at, within) = (found.start, found);
            }
            continue;
        }
        let is_last = places.peek().is_none();
        // Users and roles are keys, as accounts and Regions are; what else there is says its id or name.
        let has_id = is_last && !token.starts_with("arn:aws:iam");
        for word in words(token) {
            let inside = &text[at..within.end];
            let id = id_of(text, at..within.end, word, field).filter(|_| has_id);
            if let Some(id) = id {
                // It stands among what is said of its thing.
                at = id;
                within = thing(text, at);
            } else if let Some(key) = key_in(inside, word) {
                // What is said of it stands below.
                at += key;
                within = at..end_of_thing(text, at);
            } else if let Some(found) = word_in(inside, word) {
                at += found;
            }
        }
    }
    let value = field.and_then(|field| follow(text, within.clone(), field)).or_else(|| {
        let behind = at + text[at..].find([' ', '\n', ',', '}']).unwrap_or_default();
        let inside = &text[behind.min(within.end)..within.end];
        let (values, rest): (Vec<&str>, Vec<&str>) = words(problem)
            .partition(|word| word.contains(|c: char| "-/.".contains(c) || c.is_ascii_digit()));
        let found = values.into_iter().chain(rest).find_map(|word| word_in(inside, word));
        found.map(|found| behind + found)
    });
    let at = value.unwrap_or(at);
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    (text[..at].matches('\n').count() + 1, at - start + 1, value.is_some())
}

/// Where a field stands within a thing, or the last of the keys that lead to it.
fn follow(text: &str, thing: Range<usize>, field: &str) -> Option<usize> {
    let mut value = None;
    for key in field.split('.') {
        let around = value.clone().unwrap_or_else(|| thing.clone());
        let Some(found) = step(text, around, key) else { break };
        value = Some(found);
    }
    value.map(|value| value.start)
}

/// Where a word stands as somebody's id or name; of several the first that has the field.
fn id_of(text: &str, within: Range<usize>, word: &str, field: Option<&str>) -> Option<usize> {
    let all = || named(&text[within.clone()], word).map(|at| within.start + at);
    let has_field =
        |at: &usize| field.is_none_or(|it| follow(text, thing(text, *at), it).is_some());
    all().find(has_field).or_else(|| all().next())
}

/// What stands behind a key, or the one of its items with a number, like `listeners[1]`: the first such key of those that
/// are indented least.
fn step(text: &str, within: Range<usize>, key: &str) -> Option<Range<usize>> {
    let (key, number) = match key.strip_suffix(']').and_then(|key| key.split_once('[')) {
        Some((key, number)) => (key, number.parse::<usize>().ok()),
        None => (key, None),
    };
    let inside = &text[within.clone()];
    let keys = inside.match_indices(key).map(|(at, _)| at).filter(|at| {
        let before = inside[..*at].chars().next_back();
        let behind = inside[at + key.len()..].trim_start_matches(['"', '\'']);
        !before.is_some_and(|c| c.is_alphanumeric() || c == '-') && behind.starts_with(':')
    });
    let key_at = within.start + keys.min_by_key(|at| column(text, within.start + at))?;
    let colon = key_at + text[key_at..].find(':')? + 1;
    let value = colon + text[colon..].find(|c: char| !c.is_whitespace()).unwrap_or_default();
    match number {
        None => Some(value..end_of(text, key_at, value)),
        Some(number) if text[value..].starts_with('[') => flow_item(text, value, number),
        Some(number) => block_item(text, value, number),
    }
}

/// Where what begins here ends, under a key that stands there.
fn end_of(text: &str, key_at: usize, value: usize) -> usize {
    match matching(text, value) {
        Some(end) => end,
        None => end_of_thing(text, key_at).max(value),
    }
}

/// The end of what an opening bracket opens.
fn matching(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    if !text[open..].starts_with(['{', '[']) {
        return None;
    }
    for (at, letter) in text[open..].char_indices() {
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(open + at + 1);
        }
    }
    None
}

/// An item of a list in brackets.
fn flow_item(text: &str, open: usize, number: usize) -> Option<Range<usize>> {
    let end = matching(text, open)?;
    let mut depth = 0_usize;
    let mut commas = vec![open];
    for (at, letter) in text[open..end].char_indices() {
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            ',' if depth == 1 => commas.push(open + at),
            _ => {}
        }
    }
    let before = commas.get(number)? + 1;
    let until = commas.get(number + 1).copied().unwrap_or(end - 1);
    let blank = text[before..until].find(|c: char| !c.is_whitespace())?;
    Some(before + blank..until)
}

/// An item of a list of lines with dashes, whose first dash stands here.
fn block_item(text: &str, first: usize, number: usize) -> Option<Range<usize>> {
    let dash = column(text, first);
    let mut starts = text[first..].match_indices('\n').map(|(at, _)| first + at + 1);
    let mut at = first;
    let mut left = number;
    while left > 0 {
        let start = starts.next()?;
        let line = text[start..].lines().next().unwrap_or_default();
        let spaces = line.len() - line.trim_start().len();
        if spaces == dash && line.trim_start().starts_with('-') {
            left -= 1;
            at = start + spaces;
        } else if spaces <= dash && !line.trim().is_empty() {
            return None;
        }
    }
    let content = at + text[at..].find(|c: char| c != '-' && c != ' ')?;
    Some(content..matching(text, content).unwrap_or_else(|| end_of_thing(text, at)))
}

/// The thing of which something at this place says the id or name: what its braces hold, or the lines from its dash or key
/// on.
fn thing(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let mut closed = 0_usize;
    for (before, letter) in text[start..at].char_indices().rev() {
        match letter {
            '}' | ']' => closed += 1,
            '[' if closed == 0 => return at..end_of_thing(text, at),
            '{' if closed == 0 => {
                let open = start + before;
                return open..matching(text, open).unwrap_or(text.len());
            }
            '{' | '[' => closed -= 1,
            _ => {}
        }
    }
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len();
    let own = indent(text[start..].lines().next().unwrap_or_default());
    let is_first = |line: &str| line.trim_start().starts_with('-') && indent(line) == own;
    let mut first = start;
    // Up to the dash, over the other keys of the same thing and what is below them.
    while !is_first(text[first..].lines().next().unwrap_or_default()) && first > 0 {
        let above = text[..first - 1].rfind('\n').map_or(0, |end| end + 1);
        let line = text[above..].lines().next().unwrap_or_default();
        if indent(line) < own && !line.trim().is_empty() {
            break;
        }
        first = above;
    }
    first..end_of_thing(text, first).max(at)
}

fn column(text: &str, at: usize) -> usize {
    at - text[..at].rfind('\n').map_or(0, |end| end + 1)
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

/// Where a word stands as a key.
fn key_in(text: &str, word: &str) -> Option<usize> {
    let mut all = text.match_indices(word).map(|(at, _)| at);
    all.find(|at| {
        let behind = text[at + word.len()..].trim_start_matches(['"', '\'']);
        let is_key = behind
            .strip_prefix(':')
            .is_some_and(|rest| rest.chars().next().is_none_or(char::is_whitespace));
        is_key && word_in(&text[*at..], word) == Some(0) && starts_word(text, *at)
    })
}

fn starts_word(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    !before.is_some_and(|c| c.is_alphanumeric() || "-/.".contains(c))
}

/// Where a word stands as somebody's id or name.
fn named(text: &str, word: &str) -> impl Iterator<Item = usize> {
    let keys = ["id:", "name:", "arn:"];
    let all = text.match_indices(word).map(|(at, _)| at);
    all.filter(move |at| {
        let before = text[..*at].trim_end_matches([' ', '"', '\'']);
        keys.iter().any(|key| before.ends_with(key)) && word_in(&text[*at..], word) == Some(0)
    })
}

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
pub(super) fn path(text: &str, line: usize, column: usize) -> String {
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
