//! Tags that a spec puts on what is made, beside ours.

use peerway_api::v1alpha1::overlap_subnet_group::ExtraTags;
use peerway_model::Tags;

/// Those of the spec that a thing does not have; nothing where it has them all. Others that it has are anybody's.
pub(crate) fn lacking(wanted: Option<&ExtraTags>, there: &Tags) -> Option<Tags> {
    let wanted = wanted.into_iter().flat_map(|tags| &tags.0);
    let lacking: Tags = wanted
        .filter(|(key, value)| there.get(*key) != Some(*value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    (!lacking.is_empty()).then_some(lacking)
}
