//! `Filters` of describe calls: AND across filters, OR across the values of one, `*` and `?` in values.
//!
//! Filters look at the answer's own items, so that what is found is what is shown. A name that the noun does not have is
//! an error, never "everything" and never "nothing".

use peerway_model::Tags;
use peerway_model::tags::matches_pattern;

use crate::ApiError;
use crate::ec2::Filter;

/// An item of an answer that can be filtered.
pub(crate) trait Filterable: Sized + 'static {
    /// The filters by name, beside those for tags.
    const FIELDS: &'static [(&'static str, Field<Self>)];

    /// The item's tags, for `tag:<key>` and `tag-key`.
    fn tags(&self) -> &Tags;
}

/// Shows a filter every value that an item has for it.
pub(crate) type Field<T> = fn(&T, &mut Probe<'_>);

/// Looks at values until one matches.
pub(crate) struct Probe<'a> {
    patterns: &'a [Pattern<'a>],
    hit: bool,
}

enum Pattern<'a> {
    Exact(&'a str),
    Wild(&'a str),
}

impl<'a> Pattern<'a> {
    fn new(value: &'a str) -> Self {
        if value.contains(['*', '?', '\\']) { Self::Wild(value) } else { Self::Exact(value) }
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(value) => *value == text,
            Self::Wild(pattern) => matches_pattern(pattern, text),
        }
    }
}

impl Probe<'_> {
    pub(crate) fn text(&mut self, text: &str) {
        self.hit = self.hit || self.patterns.iter().any(|pattern| pattern.matches(text));
    }

    pub(crate) fn texts<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        texts.into_iter().for_each(|text| self.text(text));
    }

    pub(crate) fn flag(&mut self, flag: bool) {
        self.text(if flag { "true" } else { "false" });
    }

    pub(crate) fn display(&mut self, value: impl std::fmt::Display) {
        if !self.hit {
            self.text(&value.to_string());
        }
    }

    pub(crate) fn displays(&mut self, values: impl IntoIterator<Item: std::fmt::Display>) {
        values.into_iter().for_each(|value| self.display(value));
    }
}

enum Clause<'a, T> {
    Field(Field<T>),
    Tag(&'a str),
    TagKey,
}

/// The filters of one call.
pub(crate) struct Filters<'a, T>(Vec<(Clause<'a, T>, Vec<Pattern<'a>>)>);

/// AWS's limit on the values of all filters of a call together.
const MOST_VALUES: usize = 200;

impl<'a, T: Filterable> Filters<'a, T> {
    pub(crate) fn new(filters: &'a [Filter]) -> Result<Self, ApiError> {
        if filters.iter().map(|filter| filter.values.len()).sum::<usize>() > MOST_VALUES {
            return Err(ApiError::new(
                "FilterLimitExceeded",
                format!(
                    "The maximum number of filter values specified on a single call is {MOST_VALUES}"
                ),
            ));
        }
        filters.iter().map(Self::clause).collect::<Result<_, _>>().map(Self)
    }

    fn clause(filter: &'a Filter) -> Result<(Clause<'a, T>, Vec<Pattern<'a>>), ApiError> {
        let name = filter.name.as_str();
        if filter.values.is_empty() {
            return Err(ApiError::invalid_value(format!("The filter '{name}' has no values")));
        }
        let clause = if let Some(key) = name.strip_prefix("tag:") {
            Clause::Tag(key)
        } else if name == "tag-key" {
            Clause::TagKey
        } else {
            let known = T::FIELDS.iter().find(|(known, _)| *known == name);
            let (_, field) = known.ok_or_else(|| {
                ApiError::invalid_value(format!("The filter '{name}' is invalid"))
            })?;
            Clause::Field(*field)
        };
        Ok((clause, filter.values.iter().map(|value| Pattern::new(value)).collect()))
    }

    pub(crate) fn pass(&self, item: &T) -> bool {
        self.0.iter().all(|(clause, patterns)| {
            let mut probe = Probe { patterns, hit: false };
            match clause {
                Clause::Field(field) => field(item, &mut probe),
                Clause::Tag(key) => probe.texts(item.tags().get(*key).map(String::as_str)),
                Clause::TagKey => probe.texts(item.tags().keys().map(String::as_str)),
            }
            probe.hit
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing {
        id: &'static str,
        zones: &'static [&'static str],
        tags: Tags,
    }

    impl Filterable for Thing {
        const FIELDS: &'static [(&'static str, Field<Self>)] = &[
            ("id", |thing, probe| probe.text(thing.id)),
            ("zone", |thing, probe| probe.texts(thing.zones.iter().copied())),
        ];

        fn tags(&self) -> &Tags {
            &self.tags
        }
    }

    fn thing() -> Thing {
        let tags = [("Name".to_owned(), "imply-e04-static-1".to_owned())].into();
        Thing { id: "thing-1", zones: &["a", "b"], tags }
    }

    fn passes(filters: &[(&str, &[&str])]) -> Result<bool, ApiError> {
        let filters: Vec<Filter> = filters
            .iter()
            .map(|(name, values)| Filter {
                name: (*name).to_owned(),
                values: values.iter().map(|value| (*value).to_owned()).collect(),
            })
            .collect();
        Ok(Filters::new(&filters)?.pass(&thing()))
    }

    #[test]
    fn values_are_alternatives_and_filters_must_all_hold() {
        for (filters, expected) in [
            (&[][..], true),
            (&[("id", &["x", "thing-1"][..])], true),
            (&[("id", &["thing-*"])], true),
            (&[("id", &["thing-?"]), ("zone", &["b"])], true),
            (&[("id", &["thing-1"]), ("zone", &["c"])], false),
            (&[("tag:Name", &["imply-*"])], true),
            (&[("tag:Name", &["Imply-*"])], false),
            (&[("tag:name", &["*"])], false),
            (&[("tag-key", &["Na?e"])], true),
        ] {
            assert_eq!(passes(filters).unwrap(), expected, "{filters:?}");
        }
    }

    #[test]
    fn an_unknown_name_and_a_filter_without_values_are_errors() {
        for filters in [&[("bogus", &["x"][..])], &[("id", &[][..])]] {
            assert_eq!(passes(filters).unwrap_err().code(), Some("InvalidParameterValue"));
        }
    }

    #[test]
    fn more_than_two_hundred_values_are_too_many() {
        assert!(passes(&[("id", &["x"; 200])]).is_ok());
        let error = passes(&[("id", &["x"; 200]), ("zone", &["y"])]).unwrap_err();
        assert_eq!(error.code(), Some("FilterLimitExceeded"));
    }
}
