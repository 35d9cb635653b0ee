//! What an account may have in a Region, and which VPC is its default one.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use serde::{Deserialize, Serialize};

use super::vpcs;
use crate::ApiError;
use crate::scope::Scope;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAccountAttributes {
    #[serde(default, rename = "AttributeName")]
    pub attribute_names: Vec<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeAccountAttributesReply {
    pub account_attribute_set: Vec<AccountAttribute>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountAttribute {
    pub attribute_name: &'static str,
    pub attribute_value_set: Vec<AccountAttributeValue>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountAttributeValue {
    pub attribute_value: String,
}

pub(crate) fn describe(
    scope: &Scope<'_>,
    request: &DescribeAccountAttributes,
) -> Result<DescribeAccountAttributesReply, ApiError> {
    let quotas = &scope.settings.quotas;
    let default = vpcs::default_of(scope.here());
    let default = default.map_or_else(|| "none".to_owned(), ToString::to_string);
    let all = [
        ("default-vpc", default),
        ("max-elastic-ips", quotas.addresses.to_string()),
        ("max-instances", quotas.instances.to_string()),
        ("supported-platforms", "VPC".to_owned()),
        ("vpc-max-elastic-ips", quotas.addresses.to_string()),
        ("vpc-max-security-groups-per-interface", quotas.groups_per_interface.to_string()),
    ];
    let is_known = |name: &&String| all.iter().any(|(known, _)| known == *name);
    if let Some(unknown) = request.attribute_names.iter().find(|name| !is_known(name)) {
        return Err(ApiError::invalid_value(format!(
            "Value ({unknown}) for parameter attributeName is invalid. Unknown attribute."
        )));
    }
    let is_asked = |name: &str| {
        request.attribute_names.is_empty()
            || request.attribute_names.iter().any(|asked| asked == name)
    };
    let shown = all.into_iter().filter(|(name, _)| is_asked(name)).map(|(name, value)| {
        let attribute_value_set = vec![AccountAttributeValue { attribute_value: value }];
        AccountAttribute { attribute_name: name, attribute_value_set }
    });
    Ok(DescribeAccountAttributesReply { account_attribute_set: shown.collect() })
}
