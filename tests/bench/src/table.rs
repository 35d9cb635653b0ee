//! The table: a figure, what was measured, the target, whether it is reached, and what was counted.

use std::fmt;

/// One figure.
#[derive(Debug)]
pub(crate) struct Row {
    figure: String,
    measured: String,
    target: String,
    verdict: Verdict,
    counted: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Reached,
    Missed,
    /// Something to compare with: it has no target of its own.
    None,
    Skipped,
}

impl Row {
    /// A figure that must not be larger.
    pub(crate) fn at_most(figure: &str, measured: f64, most: f64, unit: &str) -> Self {
        Self::judged(figure, measured, &format!("≤ {}", amount(most, unit)), measured <= most, unit)
    }

    /// A figure that must not be smaller.
    pub(crate) fn at_least(figure: &str, measured: f64, least: f64, unit: &str) -> Self {
        let target = format!("≥ {}", amount(least, unit));
        Self::judged(figure, measured, &target, measured >= least, unit)
    }

    fn judged(figure: &str, measured: f64, target: &str, is_reached: bool, unit: &str) -> Self {
        let verdict = if is_reached { Verdict::Reached } else { Verdict::Missed };
        let (figure, measured) = (figure.to_owned(), amount(measured, unit));
        Self { figure, measured, target: target.to_owned(), verdict, counted: String::new() }
    }

    /// A figure without a target.
    pub(crate) fn beside(figure: &str, measured: f64, unit: &str) -> Self {
        let mut row = Self::judged(figure, measured, "–", true, unit);
        row.verdict = Verdict::None;
        row
    }

    /// A figure that cannot be measured here, and why.
    pub(crate) fn skipped(figure: &str, why: &str) -> Self {
        Self {
            figure: figure.to_owned(),
            measured: "–".to_owned(),
            target: "–".to_owned(),
            verdict: Verdict::Skipped,
            counted: why.to_owned(),
        }
    }

    /// Says what was counted.
    pub(crate) fn counted(mut self, counted: impl Into<String>) -> Self {
        self.counted = counted.into();
        self
    }
}

/// A number as a person reads it.
fn amount(value: f64, unit: &str) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 || v.fract() == 0.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    let plain = format!("{value:.digits$}");
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 && digit != '-' {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let point = if fraction.is_empty() { "" } else { "." };
    let space = if unit.is_empty() { "" } else { " " };
    format!("{grouped}{point}{fraction}{space}{unit}")
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Row>);

impl Table {
    pub(crate) fn extend(&mut self, rows: Vec<Row>) {
        self.0.extend(rows);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |text: fn(&Row) -> &String, least: usize| {
            self.0.iter().map(|row| text(row).chars().count()).fold(least, usize::max)
        };
        let figure = width(|row| &row.figure, 6);
        let measured = width(|row| &row.measured, 8);
        let target = width(|row| &row.target, 6);
        writeln!(
            f,
            "{:figure$}  {:>measured$}  {:>target$}  {:7}  COUNTED",
            "FIGURE", "MEASURED", "TARGET", "REACHED"
        )?;
        for row in &self.0 {
            let verdict = match row.verdict {
                Verdict::Reached => "yes",
                Verdict::Missed => "NO",
                Verdict::None => "–",
                Verdict::Skipped => "skipped",
            };
            writeln!(
                f,
                "{:figure$}  {:>measured$}  {:>target$}  {verdict:7}  {}",
                row.figure, row.measured, row.target, row.counted
            )?;
        }
        let (reached, judged) =
            self.0.iter().fold((0, 0), |(reached, judged), row| match row.verdict {
                Verdict::Reached => (reached + 1, judged + 1),
                Verdict::Missed => (reached, judged + 1),
                Verdict::None | Verdict::Skipped => (reached, judged),
            });
        write!(f, "bench: {reached} of {judged} targets reached")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_and_as_exact_as_they_are_read() {
        assert_eq!(amount(1_234_567.8, "calls"), "1,234,568 calls");
        assert_eq!(amount(0.9751, ""), "0.975");
        assert_eq!(amount(5.0, "ms"), "5 ms");
        assert_eq!(amount(12.345, "ms"), "12.3 ms");
    }

    #[test]
    fn a_figure_that_misses_its_target_is_counted_as_missed() {
        let mut table = Table::default();
        table.extend(vec![
            Row::at_most("one", 2.0, 1.0, "").counted("ones"),
            Row::at_least("two", 2.0, 1.0, ""),
            Row::beside("three", 3.0, ""),
            Row::skipped("four", "why"),
        ]);
        let text = table.to_string();
        assert!(text.contains("one") && text.contains("NO"), "{text}");
        assert!(text.ends_with("bench: 1 of 2 targets reached"), "{text}");
    }
}
