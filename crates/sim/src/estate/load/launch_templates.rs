//! Launch templates and key pairs.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Loading, at, maker, problem};
use crate::ec2::key_pairs::{self, KeyPair};
use crate::ec2::launch_templates::{LaunchTemplate, Version};
use crate::estate::{EstateError, Regional, format};
use crate::id::derived;
use crate::state::Spot;
use crate::wire::query::{Blank, Params, from_params};

impl Loading<'_> {
    pub(super) fn launch_templates(
        &mut self,
        spot: &Spot,
        regional: &Regional,
    ) -> Result<(), EstateError> {
        for key in &regional.key_pairs {
            let id = key.id.clone();
            let id = id.unwrap_or_else(|| {
                derived(&[spot.account.as_str(), spot.region.as_str(), "key", &key.name])
            });
            let fingerprint = key.fingerprint.clone();
            let loaded = KeyPair {
                name: key.name.as_str().into(),
                kind: if key.ed25519 { "ed25519" } else { "rsa" },
                fingerprint: fingerprint.unwrap_or_else(|| key_pairs::fingerprint(&key.name)),
                public: key.public_key.clone(),
                tags: Arc::new(key.tags.clone()),
                maker: maker(key.made_by.as_ref()),
            };
            let keys = &mut self.state.at_mut(spot).key_pairs;
            let is_twin = keys.values().any(|other| *other.name == *key.name);
            if is_twin || keys.insert(id, loaded).is_some() {
                return Err(problem(at(spot, &key.name), "the key pair is there twice"));
            }
        }
        for template in &regional.launch_templates {
            self.launch_template(spot, template)?;
        }
        Ok(())
    }

    fn launch_template(
        &mut self,
        spot: &Spot,
        template: &format::LaunchTemplate,
    ) -> Result<(), EstateError> {
        let name = template.name.as_str();
        let place = at(spot, &name);
        let mut versions = BTreeMap::new();
        for (number, version) in &template.versions {
            let pairs = version.data.iter();
            let pairs = pairs.map(|(name, value)| (Cow::from(name), Cow::from(value)));
            let data = Params::collect(pairs);
            let data = data.and_then(|params| from_params(&params, Blank::Value));
            let loaded = Version {
                data: data.map_err(|error| problem(place, error))?,
                description: version.description.clone(),
                created: self.now,
                maker: maker(version.made_by.as_ref()),
            };
            versions.insert(*number, loaded);
        }
        let (Some((first, _)), Some((last, _))) =
            (versions.first_key_value(), versions.last_key_value())
        else {
            return Err(problem(place, "a launch template has a version"));
        };
        let (default, latest) =
            (template.default.unwrap_or(*first), template.latest.unwrap_or(*last));
        if *first == 0 || latest < *last || !versions.contains_key(&default) {
            return Err(problem(
                place,
                "its versions begin with 1, and the default one is among them",
            ));
        }
        let id = template.id.clone();
        let id = id.unwrap_or_else(|| {
            derived(&[spot.account.as_str(), spot.region.as_str(), "template", name])
        });
        let loaded = LaunchTemplate {
            name: name.into(),
            versions,
            default,
            latest,
            created: self.now,
            tags: Arc::new(template.tags.clone()),
            maker: maker(template.made_by.as_ref()),
        };
        let templates = &mut self.state.at_mut(spot).launch_templates;
        let is_twin = templates.values().any(|other| *other.name == *name);
        if is_twin || templates.insert(id, loaded).is_some() {
            return Err(problem(place, "the launch template is there twice"));
        }
        Ok(())
    }
}
