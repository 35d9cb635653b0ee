//! What every describe call does: look up by ids or go through everything, filter, cut a page.

use std::collections::{BTreeMap, BTreeSet};

use super::Filter;
use crate::filters::{Filterable, Filters};
use crate::id::{AwsId, digest};
use crate::paging::{Ask, Limits, Page};
use crate::scope::Scope;
use crate::{Action, ApiError};

/// What a describe call asks.
pub(crate) struct Question<'a> {
    pub(crate) action: Action,
    /// The ids asked for, and the parameter they came in.
    pub(crate) ids: (&'static str, &'a [String]),
    pub(crate) filters: &'a [Filter],
    pub(crate) max_results: Option<i32>,
    pub(crate) next_token: Option<&'a str>,
    pub(crate) limits: Limits,
}

/// Items that match, and the token of the next page.
pub(crate) type Listing<Item> = (Vec<Item>, Option<String>);

impl Question<'_> {
    /// Identifies the question, for page tokens.
    fn digest(&self, scope: &Scope<'_>) -> u64 {
        let mut texts =
            vec![self.action.name(), scope.spot.account.as_str(), scope.spot.region.as_str()];
        for filter in self.filters {
            texts.push(&filter.name);
            texts.extend(filter.values.iter().map(String::as_str));
        }
        digest(0, &texts)
    }

    /// A page of whatever comes in the order of its keys.
    pub(crate) fn page<'a>(&self, scope: &Scope<'a>) -> Result<Page<'a>, ApiError> {
        let ask = Ask {
            max_results: self.max_results,
            next_token: self.next_token,
            limits: self.limits,
            question: self.digest(scope),
        };
        Ok(Page::new(ask, scope.settings)?.seen_with(scope.sight))
    }
}

/// Answers a question about `objects`. An id that nothing has fails the whole call, as in EC2.
pub(crate) fn describe<Id: AwsId, Object, Item: Filterable>(
    scope: &Scope<'_>,
    question: &Question<'_>,
    objects: &BTreeMap<Id, Object>,
    show: impl Fn(&Id, &Object) -> Item,
) -> Result<Listing<Item>, ApiError> {
    let filters = Filters::new(question.filters)?;
    let (parameter, ids) = question.ids;
    if ids.is_empty() {
        let page = question.page(scope)?;
        let items = objects
            .iter()
            .skip_while(|(id, _)| page.is_past(id.text()))
            .filter(|(id, _)| !scope.sight.hides(id.text()))
            .map(|(id, object)| (id.text(), show(id, object)))
            .filter(|(_, item)| filters.pass(item));
        return Ok(page.fill(items));
    }
    for (other, given) in [
        ("MaxResults", question.max_results.is_some()),
        ("NextToken", question.next_token.is_some()),
    ] {
        if given {
            return Err(ApiError::invalid_combination(format!(
                "The parameter {parameter} cannot be used with the parameter {other}"
            )));
        }
    }
    let ids: BTreeSet<Id> = ids.iter().map(|id| Id::read(id)).collect::<Result<_, _>>()?;
    let mut items = Vec::with_capacity(ids.len());
    for id in ids {
        let object = objects.get(&id).ok_or_else(|| Id::not_found(&id))?;
        let item = show(&id, object);
        if filters.pass(&item) {
            items.push(item);
        }
    }
    Ok((items, None))
}
