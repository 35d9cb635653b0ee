//! The two ways to change an object, and what they do to ownership.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fit::{fits, unfitting};
use super::managed::{Owned, Writer, parse, store};
use super::set::Set;
use super::typed::{Difference, compare, fields, merge, without};
use crate::failure::Cause;
use crate::schema::Schema;

/// Fields that nobody owns: the server's own, and those that name the object.
const UNOWNED: &[&[&str]] = &[
    &["apiVersion"],
    &["kind"],
    &["metadata"],
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["metadata", "creationTimestamp"],
    &["metadata", "selfLink"],
    &["metadata", "uid"],
    &["metadata", "clusterName"],
    &["metadata", "generation"],
    &["metadata", "managedFields"],
    &["metadata", "resourceVersion"],
];

/// What a writer may own: of an object whose status is a subresource, its status there and everything else here.
fn writable(set: &Set, writer: &Writer, has_status: bool) -> Set {
    if writer.subresource == "status" {
        set.only(|name| name == "status")
    } else if has_status {
        set.only(|name| name != "status")
    } else {
        set.clone()
    }
}

/// Fields only, as both sides are compared.
fn bare(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    object
}

fn filtered(difference: &Difference, writer: &Writer, has_status: bool) -> Difference {
    Difference {
        added: writable(&difference.added, writer, has_status),
        modified: writable(&difference.modified, writer, has_status),
        removed: writable(&difference.removed, writer, has_status),
    }
}

/// Takes from everybody but `except` what changed; what they lost by it, by owner.
fn take(owners: &mut [Owned], difference: &Difference, except: Option<usize>) -> Vec<(usize, Set)> {
    let changed = difference.modified.union(&difference.added);
    let mut taken = Vec::new();
    for (index, owned) in owners.iter_mut().enumerate() {
        if Some(index) == except {
            continue;
        }
        let lost = owned.fields.intersection(&changed);
        owned.fields = owned.fields.difference(&lost).difference(&difference.removed);
        if !lost.is_empty() {
            taken.push((index, lost));
        }
    }
    taken
}

fn stripped(mut set: Set) -> Set {
    for path in UNOWNED {
        set.remove(path);
    }
    set
}

/// Writes into `new`, which is to replace `live`, who owns what after this update.
pub(crate) fn update(
    live: &Value,
    new: &mut Value,
    schema: &Schema,
    has_status: bool,
    writer: &Writer,
    now: &str,
) {
    // The real server forgets all owners then; what the schema refuses it does not store, but of a write to the status
    // it looks at the status only.
    if !fits(new, schema) {
        return;
    }
    let mut owners = parse(live);
    let difference = compare(&bare(live), &bare(new), schema);
    let difference = filtered(&difference, writer, has_status);
    take(&mut owners, &difference, None);
    let won = stripped(difference.modified.union(&difference.added));
    if !won.is_empty() {
        if let Some(owned) = owners.iter_mut().find(|owned| owned.writer == *writer) {
            owned.fields = owned.fields.union(&won);
            now.clone_into(&mut owned.time);
        } else {
            let (writer, time) = (writer.clone(), now.to_owned());
            owners.push(Owned { writer, time, fields: won });
        }
    }
    store(new, owners);
}

/// What came of an apply.
pub(crate) enum Applied {
    /// The object as it is to be.
    Merged(Value),
    /// What is said does not fit the schema.
    Unfitting(String),
    /// Others own what it would change.
    Conflicts { message: String, causes: Vec<Cause> },
}

/// Applies `said` to `live`.
pub(crate) fn apply(
    live: &Value,
    said: &Value,
    schema: &Schema,
    has_status: bool,
    writer: &Writer,
    is_forced: bool,
    now: &str,
) -> Applied {
    let complaints = unfitting(said, schema);
    if !complaints.is_empty() {
        return Applied::Unfitting(complaints);
    }
    let mut owners = parse(live);
    let live = bare(live);
    let said = bare(said);
    let mut merged = merge(&live, &said, Some(schema));
    let set = writable(&fields(&said, Some(schema)), writer, has_status);
    let position = owners.iter().position(|owned| owned.writer == *writer);
    let (index, before) = if let Some(index) = position {
        (index, Some(std::mem::replace(&mut owners[index].fields, set.clone())))
    } else {
        let (writer, time) = (writer.clone(), String::new());
        owners.push(Owned { writer, time, fields: set.clone() });
        (owners.len() - 1, None)
    };
    if let Some(before) = before.filter(|before| !before.is_empty()) {
        merged = prune(&merged, &before, &owners, schema);
    }
    let difference = filtered(&compare(&live, &merged, schema), writer, has_status);
    let unchanged = live == merged;
    let taken = take(&mut owners, &difference, Some(index));
    if !is_forced && !taken.is_empty() {
        return conflicts(&owners, &taken);
    }
    owners[index].fields = stripped(set);
    if !unchanged {
        now.clone_into(&mut owners[index].time);
    }
    store(&mut merged, owners);
    Applied::Merged(merged)
}

/// Removes what the writer said before, unless somebody owns it now.
fn prune(merged: &Value, before: &Set, owners: &[Owned], schema: &Schema) -> Value {
    let root = Some(schema);
    let named = |set: &Set| set.with_named_fields(root);
    let remove = |set: &Set| without(merged, set, root).unwrap_or_else(|| json!({}));
    let all = named(&fields(merged, root));
    let before = named(before);
    let owned = owners.iter().fold(Set::default(), |set, owned| set.union(&owned.fields));
    let left = named(&fields(&remove(&before), root));
    let pruned = remove(&all.difference(&left).difference(&named(&owned)));
    let left = named(&fields(&pruned, root));
    remove(&all.difference(&left).intersection(&before))
}

fn conflicts(owners: &[Owned], taken: &[(usize, Set)]) -> Applied {
    let mut by_owner: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut causes = Vec::new();
    for (index, lost) in taken {
        let owner = owners[*index].writer.display();
        for path in lost.paths() {
            let message = format!("conflict with {owner}");
            causes.push(Cause::new("FieldManagerConflict", &path, message));
            by_owner.entry(owner.clone()).or_default().push(path);
        }
    }
    let message = if let [only] = &causes[..] {
        format!("Apply failed with 1 conflict: {}: {}", only.message, only.field)
    } else {
        let lines = by_owner.iter().flat_map(|(owner, paths)| {
            let head = format!("conflicts with {owner}:");
            std::iter::once(head).chain(paths.iter().map(|path| format!("- {path}")))
        });
        let lines: Vec<String> = lines.collect();
        format!("Apply failed with {} conflicts: {}", causes.len(), lines.join("\n"))
    };
    Applied::Conflicts { message, causes }
}
