//! How actions, calls and durations look in the JSON of the simulated AWS's own pages.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::wire::query::Params;
use crate::{Action, Call, Refusal};

/// `CreateRoute`, or with its service where two have an action of the same name: `elasticloadbalancing:DescribeTags`.
impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let first = Self::ALL.iter().find(|action| action.name() == self.name());
        if first == Some(self) {
            serializer.serialize_str(self.name())
        } else {
            serializer.collect_str(&format_args!("{}:{}", self.service().name(), self.name()))
        }
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (service, name) = match text.split_once(':') {
            Some((service, name)) => (Some(service), name),
            None => (None, text.as_str()),
        };
        let is_it = |action: &&Self| {
            action.name() == name && service.is_none_or(|asked| asked == action.service().name())
        };
        let found = Self::ALL.iter().find(is_it).copied();
        found.ok_or_else(|| D::Error::custom(format!("the simulated AWS has no action {text}")))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    action: Action,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

/// `{"action": "DeleteRoute", "parameters": {"RouteTableId": "rtb-…", …}}`, the parameters as a client would send them.
impl Serialize for Call {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let parameters = self.params().map_err(serde::ser::Error::custom)?;
        let parameters = parameters.into_iter().collect();
        Written { action: self.action(), parameters }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Call {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { action, parameters } = Written::deserialize(deserializer)?;
        let pairs = parameters.into_iter().map(|(name, value)| (name.into(), value.into()));
        let params = Params::collect(pairs).map_err(D::Error::custom)?;
        action.read(&params).map_err(D::Error::custom)
    }
}

/// Durations as numbers of seconds.
pub(crate) mod seconds {
    use super::{Deserialize, Deserializer, Duration, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(duration.as_secs_f64())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenRefusal {
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    status: Option<u16>,
}

/// `{"code": "…", "message": "…"}`; the status follows from the code, unless it is said.
impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (code, message) = (self.code.to_string(), self.message.clone());
        WrittenRefusal { code, message, status: Some(self.status) }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Refusal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let WrittenRefusal { code, message, status } = WrittenRefusal::deserialize(deserializer)?;
        let refusal = Self::new(code, message);
        Ok(Self { status: status.unwrap_or(refusal.status), ..refusal })
    }
}
