//! From a file to a world. Everything is checked on the way: an estate that AWS would never hold is refused, with the
//! place and the reason.

mod acls;
mod balancers;
mod groups;
mod hosts;
mod launch_templates;
mod network;
mod peerings;
mod scaling;
mod unnamed;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::sync::Arc;

use peerway_model::{AccountId, AssociationId, Timestamp, VpcId};

pub(crate) use hosts::read_answers;
pub(super) use hosts::{USUAL_TYPE, nat_interface_id, primary_id};

use super::{Account, Estate, EstateError, Regional};
use crate::ApiError;
use crate::ec2::availability_zones;
use crate::iam::OneOrMany;
use crate::id::digest;
use crate::identity::{self, Principal};
use crate::settings::Settings;
use crate::state::{ESTATE, Maker, Spot, State};
use crate::sts::key_of;

/// Makes the state that an estate describes, and a text that tells it from every other beginning.
pub(crate) fn load(
    estate: &Estate,
    settings: &Settings,
    now: Timestamp,
) -> Result<(State, String), Vec<EstateError>> {
    read(estate, settings, now).map_err(|errors| unnamed::by_position(estate, errors))
}

fn read(
    estate: &Estate,
    settings: &Settings,
    now: Timestamp,
) -> Result<(State, String), Vec<EstateError>> {
    let mut loading = Loading {
        state: State::default(),
        settings,
        now,
        owners: BTreeMap::new(),
        associations: BTreeSet::new(),
    };
    let mut errors = Vec::new();
    for (number, account) in &estate.accounts {
        errors.extend(loading.identities(number, account).err());
    }
    // What others refer to comes before what refers to it: VPCs, then connections, then subnets, groups, and what stands
    // there, then routes and rules. Where a step has failed the next would only complain of what is missing because of it.
    for (spot, regional) in regions(estate) {
        let loaded = loading.zones(&spot, regional).and_then(|()| loading.vpcs(&spot, regional));
        errors.extend(loaded.err());
    }
    checked(&mut errors)?;
    for (position, peering) in estate.peerings.iter().enumerate() {
        errors.extend(loading.peering(position, peering).err());
    }
    for (spot, regional) in regions(estate) {
        let loaded = loading
            .launch_templates(&spot, regional)
            .and_then(|()| loading.subnets(&spot, regional))
            .and_then(|()| loading.groups(&spot, regional))
            .and_then(|()| loading.hosts(&spot, regional))
            .and_then(|()| loading.tables(&spot, regional));
        errors.extend(loaded.err());
    }
    checked(&mut errors)?;
    for (spot, regional) in regions(estate) {
        let loaded = loading
            .rules(&spot, regional)
            .and_then(|()| loading.balancers(&spot, regional))
            .and_then(|()| loading.scaling_groups(&spot, regional));
        errors.extend(loaded.err());
    }
    checked(&mut errors)?;
    let beginning = loading.beginning();
    Ok((loading.state, beginning))
}

fn checked(errors: &mut Vec<EstateError>) -> Result<(), Vec<EstateError>> {
    if errors.is_empty() { Ok(()) } else { Err(std::mem::take(errors)) }
}

fn regions(estate: &Estate) -> impl Iterator<Item = (Spot, &Regional)> {
    estate.accounts.iter().flat_map(|(account, content)| {
        content.regions.iter().map(|(region, regional)| {
            (Spot { account: account.clone(), region: region.clone() }, regional)
        })
    })
}

struct Loading<'a> {
    state: State,
    settings: &'a Settings,
    now: Timestamp,
    /// Where each VPC stands. VPC ids are AWS-wide.
    owners: BTreeMap<VpcId, Spot>,
    /// The ids of the associations there are.
    associations: BTreeSet<AssociationId>,
}

impl Loading<'_> {
    fn identities(&mut self, number: &AccountId, account: &Account) -> Result<(), EstateError> {
        let mut users = BTreeMap::new();
        self.key(number.as_str(), Principal::root(number))?;
        for (name, user) in &account.users {
            let principal = Principal {
                arn: format!("arn:aws:iam::{number}:user/{name}").into(),
                user_id: key_of("AIDA", &[number.as_str(), name]).into(),
                ..Principal::root(number)
            };
            let keys: BTreeSet<&String> =
                user.access_keys.keys().chain(user.session_tokens.keys()).collect();
            for key in keys {
                let is_temporary = key.starts_with(identity::TEMPORARY);
                if user.session_tokens.contains_key(key) != is_temporary
                    || !user.access_keys.contains_key(key)
                {
                    let what = format!(
                        "the key {key}: those that begin with ASIA have a secret in `accessKeys` and a token in \
                         `sessionTokens`, others no token"
                    );
                    return Err(problem(&principal.arn, what));
                }
                self.key(key, principal.clone())?;
            }
            let loaded = identity::User {
                access_keys: user.access_keys.clone(),
                session_tokens: user.session_tokens.clone(),
            };
            users.insert(name.clone(), loaded);
        }
        let mut roles = BTreeMap::new();
        for (name, role) in &account.roles {
            for policy in role.policy.iter().flat_map(OneOrMany::as_slice) {
                let place = format!("arn:aws:iam::{number}:role/{name}");
                policy.check().map_err(|error| problem(place, format!("its policy: {error}")))?;
            }
            let loaded = identity::Role {
                trusts: role.trusts.clone(),
                external_id: role.external_id.clone(),
                admits_tags: role.tag_session,
                policy: role.policy.clone().map(Arc::new),
            };
            roles.insert(name.clone(), loaded);
        }
        let loaded = identity::Account { name: account.name.clone(), users, roles };
        self.state.accounts.insert(number.clone(), loaded);
        Ok(())
    }

    fn key(&mut self, key: &str, principal: Principal) -> Result<(), EstateError> {
        let place = principal.arn.to_string();
        match self.state.keys.insert(key.to_owned(), Arc::new(principal)) {
            None => Ok(()),
            Some(other) => {
                Err(problem(place, format!("the access key {key} is also {}'s", other.arn)))
            }
        }
    }

    fn zones(&mut self, spot: &Spot, regional: &Regional) -> Result<(), EstateError> {
        let region = self.state.at_mut(spot);
        if !regional.zones.is_empty() {
            region.zones.clone_from(&regional.zones);
        }
        let mut ids: Vec<_> = region.zones.values().collect();
        ids.sort_unstable();
        match ids.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(problem(spot, format!("two names mean the zone {}", pair[0]))),
            None => Ok(()),
        }
    }

    /// A zone by its id or by the account's name for it.
    fn zone(&self, spot: &Spot, text: &str) -> Result<peerway_model::ZoneId, String> {
        availability_zones::find(&self.state, spot, text)
            .ok_or_else(|| format!("{text} is no zone of this Region"))
    }

    /// A text that differs between estates: ids given later follow from it.
    fn beginning(&self) -> String {
        let mut sum = 0;
        let mut add = |id: &str| sum = digest(sum, &[id]);
        for region in self.state.regions.values() {
            region.vpcs.keys().for_each(|id| add(id.as_str()));
            region.subnets.keys().for_each(|id| add(id.as_str()));
            region.route_tables.keys().for_each(|id| add(id.as_str()));
            region
                .route_tables
                .values()
                .flat_map(|table| table.associations.keys())
                .for_each(|id| add(id.as_str()));
            region.security_groups.keys().for_each(|id| add(id.as_str()));
            region.rules.keys().for_each(|id| add(id.as_str()));
            region.balancers.keys().for_each(|name| add(name));
            region.scaling_groups.keys().for_each(|name| add(name));
            region.network_acls.keys().for_each(|id| add(id.as_str()));
            region.instances.keys().for_each(|id| add(id.as_str()));
            region.network_interfaces.keys().for_each(|id| add(id.as_str()));
            region.launch_templates.keys().for_each(|id| add(id.as_str()));
            region.addresses.keys().for_each(|id| add(id.as_str()));
            region.nat_gateways.keys().for_each(|id| add(id.as_str()));
            region.internet_gateways.keys().for_each(|id| add(id.as_str()));
        }
        self.state.connections.keys().for_each(|id| add(id.as_str()));
        format!("{sum:016x}")
    }
}

fn maker(made_by: Option<&String>) -> Maker {
    made_by.map_or(ESTATE, String::as_str).into()
}

/// Where in an estate something is, for messages: written only when there is something to say of it.
#[derive(Clone, Copy)]
struct Place<'a> {
    spot: &'a Spot,
    thing: &'a dyn Display,
}

impl Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.spot, self.thing)
    }
}

fn at<'a>(spot: &'a Spot, thing: &'a dyn Display) -> Place<'a> {
    Place { spot, thing }
}

fn problem(place: impl Display, problem: impl Display) -> EstateError {
    EstateError::Content { place: place.to_string(), field: None, problem: problem.to_string() }
}

/// What AWS would have said to the same thing.
fn refused(place: impl Display) -> impl FnOnce(ApiError) -> EstateError {
    move |error| problem(place, error.message())
}

/// The same, of one field: the keys that lead to it from the thing, like `listeners[0].port`.
fn refused_for(place: impl Display, field: &str) -> impl FnOnce(ApiError) -> EstateError {
    move |error| problem(place, error.message()).of(field)
}
