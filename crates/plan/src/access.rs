//! What a namespace may use: from an `AWSAccount` and its grants to a place, and the VPCs in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use peerway_api::v1alpha1::AwsAccount;
use peerway_api::v1alpha1::aws_account::{Grant, GrantedVpcs, NamespaceSelector, NamespacesFrom};
use peerway_api::{ConditionType, Reason};
use peerway_model::{Access, Credentials, Place, Region, Vpc};

use crate::{Finding, View};

/// A namespace, as far as grants look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// A way in: the place, and what may be touched there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The account and Region.
    pub place: Place,
    /// What the grants that cover the namespace and Region say about VPCs; a VPC is granted when any of them covers it.
    vpcs: Vec<Option<GrantedVpcs>>,
    /// Whether the `AWSAccount` is being deleted: it still serves those who own something.
    pub is_terminating: bool,
}

impl Entry {
    /// Whether the VPC is granted.
    #[must_use]
    pub fn covers(&self, vpc: &Vpc) -> bool {
        self.vpcs.iter().any(|granted| match granted {
            None => true,
            Some(GrantedVpcs { ids: Some(ids), .. }) => ids.contains(&vpc.id),
            Some(GrantedVpcs { match_tags: Some(tags), .. }) => {
                !tags.0.is_empty()
                    && tags.0.iter().all(|(key, value)| vpc.tags.get(key) == Some(value))
            }
            Some(GrantedVpcs { ids: None, match_tags: None }) => false,
        })
    }
}

/// How an object of `namespace` gets into `region` of the account named `name`.
///
/// # Errors
/// A finding about `Valid`: no such account, Region not listed, not granted.
pub fn enter(
    account: Option<&AwsAccount>,
    name: &str,
    namespace: &Namespace,
    region: &Region,
) -> Result<Entry, Finding> {
    let invalid = |reason, message| Finding::passing(ConditionType::Valid, reason, message);
    let Some(account) = account else {
        return Err(invalid(
            Reason::AccountNotFound,
            format!(
                "There is no AWSAccount named '{name}'. Create it, or name another one in `accountRef`."
            ),
        ));
    };
    if !account.spec.regions.contains(region) {
        return Err(invalid(
            Reason::RegionNotListed,
            format!(
                "AWSAccount '{name}' does not list {region}. Add it to its `spec.regions`, if Peerway may act there."
            ),
        ));
    }
    let vpcs: Vec<Option<GrantedVpcs>> = account
        .spec
        .grants
        .iter()
        .filter(|grant| covers(grant, namespace, region))
        .map(|grant| grant.vpcs.clone())
        .collect();
    if vpcs.is_empty() {
        return Err(invalid(
            Reason::NotGranted,
            format!(
                "No grant of AWSAccount '{name}' covers namespace '{}' in {region}. Ask whoever administers that object to add one; until then nothing is changed.",
                namespace.name
            ),
        ));
    }
    let access = access(account, name);
    let is_terminating = account.metadata.deletion_timestamp.is_some();
    Ok(Entry {
        place: Place { access: Arc::new(access), region: region.clone() },
        vpcs,
        is_terminating,
    })
}

/// Credentials that lead elsewhere would make us write into somebody's account.
pub(crate) fn wrong_account<'p>(
    places: impl IntoIterator<Item = &'p Place>,
    views: &BTreeMap<Place, View>,
) -> Option<Finding> {
    places.into_iter().find_map(|place| {
        let caller = views.get(place)?.caller.account.as_ref().ok()?;
        (caller != place.account()).then(|| {
            Finding::passing(
                ConditionType::Valid,
                Reason::WrongAccount,
                format!(
                    "The credentials of AWSAccount '{}' lead to account {caller}, not to {}. Nothing is written; correct its `credentials`, or make an AWSAccount for {caller}.",
                    place.access.name,
                    place.account()
                ),
            )
        })
    })
}

/// How the object lets us in.
#[must_use]
pub fn access(account: &AwsAccount, name: &str) -> Access {
    let credentials = match &account.spec.credentials {
        None => Credentials::Own,
        Some(credentials) => Credentials::AssumeRole {
            role_arn: credentials.assume_role.role_arn.clone(),
            external_id: credentials.assume_role.external_id.clone(),
            tags_sessions: credentials.assume_role.session_tags,
            session: None,
        },
    };
    Access { name: name.into(), account: account.spec.account_id.clone(), credentials }
}

fn covers(grant: &Grant, namespace: &Namespace, region: &Region) -> bool {
    grant.regions.as_ref().is_none_or(|regions| regions.contains(region))
        && selects(&grant.namespaces, namespace)
}

fn selects(selector: &NamespaceSelector, namespace: &Namespace) -> bool {
    match selector.from {
        NamespacesFrom::All => true,
        NamespacesFrom::Names => {
            selector.names.as_ref().is_some_and(|names| names.contains(&namespace.name))
        }
        // The schema refuses an empty selector; one that slipped past it must not mean "everybody".
        NamespacesFrom::Selector => selector.match_labels.as_ref().is_some_and(|labels| {
            !labels.is_empty()
                && labels.iter().all(|(key, value)| namespace.labels.get(key) == Some(value))
        }),
    }
}

#[cfg(test)]
mod tests {
    use peerway_api::v1alpha1::AwsAccountSpec;
    use peerway_api::v1alpha1::selectors::MatchTags;

    use super::*;

    fn account(grants: Vec<Grant>) -> AwsAccount {
        AwsAccount::new(
            "service",
            AwsAccountSpec {
                account_id: "111111111111".parse().unwrap(),
                regions: vec!["us-west-2".parse().unwrap(), "eu-west-1".parse().unwrap()],
                credentials: None,
                grants,
            },
        )
    }

    fn grant(namespaces: NamespaceSelector) -> Grant {
        Grant { name: "one".to_owned(), namespaces, regions: None, vpcs: None }
    }

    fn names(names: &[&str]) -> NamespaceSelector {
        NamespaceSelector {
            from: NamespacesFrom::Names,
            names: Some(names.iter().map(|name| (*name).to_owned()).collect()),
            match_labels: None,
        }
    }

    fn labelled(labels: &[(&str, &str)]) -> BTreeMap<String, String> {
        labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn namespace() -> Namespace {
        Namespace { name: "analytics".to_owned(), labels: labelled(&[("team", "data")]) }
    }

    fn reason(grants: Vec<Grant>, region: &str) -> Option<Reason> {
        enter(Some(&account(grants)), "service", &namespace(), &region.parse().unwrap())
            .err()
            .map(|finding| finding.reason)
    }

    fn vpc(tags: &[(&str, &str)]) -> Vpc {
        Vpc {
            id: "vpc-ce78dbb7".parse().unwrap(),
            owner: "111111111111".parse().unwrap(),
            cidrs: vec!["10.50.0.0/21".parse().unwrap()],
            tags: labelled(tags),
        }
    }

    #[test]
    fn without_a_grant_nobody_gets_in() {
        assert_eq!(reason(vec![], "us-west-2"), Some(Reason::NotGranted));
        assert_eq!(reason(vec![grant(names(&["other"]))], "us-west-2"), Some(Reason::NotGranted));
        assert_eq!(reason(vec![grant(names(&["other", "analytics"]))], "us-west-2"), None);
    }

    #[test]
    fn a_region_must_be_listed_and_granted() {
        assert_eq!(
            reason(vec![grant(names(&["analytics"]))], "us-east-1"),
            Some(Reason::RegionNotListed)
        );
        let narrow = Grant {
            regions: Some(vec!["eu-west-1".parse().unwrap()]),
            ..grant(names(&["analytics"]))
        };
        assert_eq!(reason(vec![narrow.clone()], "us-west-2"), Some(Reason::NotGranted));
        assert_eq!(reason(vec![narrow], "eu-west-1"), None);
    }

    #[test]
    fn labels_must_all_match_and_an_empty_selector_matches_nobody() {
        let by = |labels| {
            grant(NamespaceSelector {
                from: NamespacesFrom::Selector,
                names: None,
                match_labels: Some(labels),
            })
        };
        assert_eq!(reason(vec![by(labelled(&[("team", "data")]))], "us-west-2"), None);
        let two = labelled(&[("team", "data"), ("tier", "gold")]);
        assert_eq!(reason(vec![by(two)], "us-west-2"), Some(Reason::NotGranted));
        assert_eq!(reason(vec![by(BTreeMap::new())], "us-west-2"), Some(Reason::NotGranted));
    }

    #[test]
    fn a_vpc_is_granted_when_any_covering_grant_covers_it() {
        let limited = |vpcs| Grant { vpcs: Some(vpcs), ..grant(names(&["analytics"])) };
        let by_id = limited(GrantedVpcs {
            ids: Some(vec!["vpc-641fee1c".parse().unwrap()]),
            match_tags: None,
        });
        let by_tag = limited(GrantedVpcs {
            ids: None,
            match_tags: Some(MatchTags(labelled(&[("shared", "*")]))),
        });
        let entry = |grants| {
            enter(Some(&account(grants)), "service", &namespace(), &"us-west-2".parse().unwrap())
                .unwrap()
        };
        assert!(!entry(vec![by_id.clone()]).covers(&vpc(&[])));
        assert!(
            !entry(vec![by_tag.clone()]).covers(&vpc(&[("shared", "yes")])),
            "grants know no wildcards"
        );
        assert!(entry(vec![by_id.clone(), by_tag]).covers(&vpc(&[("shared", "*")])));
        assert!(entry(vec![by_id, grant(names(&["analytics"]))]).covers(&vpc(&[])));
    }

    #[test]
    fn a_missing_account_is_said_by_name() {
        let finding =
            enter(None, "nobody", &namespace(), &"us-west-2".parse().unwrap()).unwrap_err();
        assert_eq!(finding.reason, Reason::AccountNotFound);
        assert!(finding.message.contains("'nobody'"));
    }
}
