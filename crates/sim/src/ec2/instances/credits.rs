//! How burstable instances pay for processor time: with credits that they earn, or beyond these with money
//! (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances.html>). Nothing is ever paid here.
#![expect(missing_docs, reason = "the fields are AWS's own and documented there")]

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{CreditSpecification, Instance, is_burstable};
use crate::ec2::listing::{Question, describe as describe_all};
use crate::ec2::{Filter, TagSet};
use crate::filters::{Field, Filterable};
use crate::id::{AwsId, InstanceId};
use crate::paging::Limits;
use crate::scope::{Scope, find};
use crate::{Action, ApiError};

/// How an instance pays for processor time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credits {
    Standard,
    Unlimited,
}

impl Credits {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Unlimited => "unlimited",
        }
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        [Self::Standard, Self::Unlimited].into_iter().find(|known| known.as_str() == text)
    }

    /// What an instance of a type has where nobody says otherwise; none where it is not burstable.
    pub(crate) fn usual(kind: &str) -> Option<Self> {
        let usual = if kind.starts_with("t2.") { Self::Standard } else { Self::Unlimited };
        is_burstable(kind).then_some(usual)
    }

    /// What a new instance of a type has.
    pub(super) fn of_new(
        kind: &str,
        asked: Option<&CreditSpecification>,
    ) -> Result<Option<Self>, ApiError> {
        let Some(CreditSpecification { cpu_credits }) = asked else { return Ok(Self::usual(kind)) };
        let asked = Self::read(cpu_credits).ok_or_else(|| {
            ApiError::invalid_value(format!(
                "Invalid value '{cpu_credits}' for CpuCredits. It is standard or unlimited."
            ))
        })?;
        if is_burstable(kind) {
            return Ok(Some(asked));
        }
        Err(ApiError::new(
            NOT_SUPPORTED,
            format!("The {kind} instance type does not support T2 Unlimited."),
        ))
    }
}

const NOT_SUPPORTED: &str = "InstanceCreditSpecification.NotSupported";

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeInstanceCreditSpecifications {
    #[serde(default, rename = "InstanceId")]
    pub instance_ids: Vec<String>,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeInstanceCreditSpecificationsReply {
    pub instance_credit_specification_set: Vec<InstanceCreditsItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceCreditsItem {
    pub instance_id: InstanceId,
    pub cpu_credits: &'static str,
    /// The tags of the instance, for filters.
    #[serde(skip)]
    pub tags: TagSet,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModifyInstanceCreditSpecification {
    #[serde(default, rename = "InstanceCreditSpecification")]
    pub instance_credit_specifications: Vec<InstanceCredits>,
    pub client_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceCredits {
    pub instance_id: String,
    pub cpu_credits: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModifyInstanceCreditSpecificationReply {
    pub successful_instance_credit_specification_set: Vec<ModifiedCredits>,
    pub unsuccessful_instance_credit_specification_set: Vec<UnmodifiedCredits>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModifiedCredits {
    pub instance_id: InstanceId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnmodifiedCredits {
    /// As the request has it: it may be nobody's.
    pub instance_id: String,
    pub error: CreditRefusal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreditRefusal {
    pub code: String,
    pub message: String,
}

impl Filterable for InstanceCreditsItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] =
        &[("instance-id", |it, probe| probe.text(it.instance_id.as_str()))];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tags.0
    }
}

/// Whoever names no instance learns of the unlimited ones, whatever their types are by now; to name one that pays for
/// nothing is an error
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceCreditSpecifications.html>).
pub(crate) fn describe_credits(
    scope: &Scope<'_>,
    request: &DescribeInstanceCreditSpecifications,
) -> Result<DescribeInstanceCreditSpecificationsReply, ApiError> {
    let all = &scope.here().instances;
    let ids = &request.instance_ids;
    for id in ids {
        let id = InstanceId::read(id)?;
        if find(all, &id)?.details.credits.is_none() {
            return Err(ApiError::new(
                NOT_SUPPORTED,
                format!("The instance '{id}' is not a burstable performance instance."),
            ));
        }
    }
    let told: BTreeMap<InstanceId, &Instance> = all
        .iter()
        .filter(|(_, it)| !ids.is_empty() || it.details.credits == Some(Credits::Unlimited))
        .map(|(id, it)| (id.clone(), it))
        .collect();
    let question = Question {
        action: Action::DescribeInstanceCreditSpecifications,
        ids: ("InstanceIds", ids),
        filters: &request.filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    let (instance_credit_specification_set, next_token) =
        describe_all(scope, &question, &told, |id, it| InstanceCreditsItem {
            instance_id: id.clone(),
            cpu_credits: it.details.credits.map(Credits::as_str).unwrap_or_default(),
            tags: TagSet(Arc::clone(&it.tags)),
        })?;
    Ok(DescribeInstanceCreditSpecificationsReply { instance_credit_specification_set, next_token })
}

/// Each instance by itself: what cannot be changed keeps nobody from being changed, and is told
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceCreditSpecification.html>).
pub(crate) fn modify_credits(
    scope: &mut Scope<'_>,
    request: &ModifyInstanceCreditSpecification,
) -> Result<ModifyInstanceCreditSpecificationReply, ApiError> {
    if request.instance_credit_specifications.is_empty() {
        return Err(ApiError::missing("InstanceCreditSpecification"));
    }
    let mut reply = ModifyInstanceCreditSpecificationReply {
        successful_instance_credit_specification_set: Vec::new(),
        unsuccessful_instance_credit_specification_set: Vec::new(),
    };
    for one in &request.instance_credit_specifications {
        match modify_one(scope, one) {
            Ok(instance_id) => {
                let done = ModifiedCredits { instance_id };
                reply.successful_instance_credit_specification_set.push(done);
            }
            Err(error) => {
                let error = CreditRefusal {
                    code: error.code().unwrap_or_default().to_owned(),
                    message: error.message().to_owned(),
                };
                let instance_id = one.instance_id.clone();
                let undone = UnmodifiedCredits { instance_id, error };
                reply.unsuccessful_instance_credit_specification_set.push(undone);
            }
        }
    }
    Ok(reply)
}

fn modify_one(scope: &mut Scope<'_>, asked: &InstanceCredits) -> Result<InstanceId, ApiError> {
    let id = InstanceId::read(&asked.instance_id)?;
    let instances = &mut scope.here_mut().instances;
    let instance = instances.get_mut(&id).ok_or_else(|| InstanceId::not_found(&id))?;
    if !instance.state.is_live() {
        return Err(ApiError::new(
            "IncorrectInstanceState",
            format!("The instance '{id}' is not in a valid state for this operation."),
        ));
    }
    let cpu_credits = asked.cpu_credits.clone();
    let asked = CreditSpecification {
        cpu_credits: cpu_credits.ok_or_else(|| ApiError::missing("CpuCredits"))?,
    };
    instance.details.credits = Credits::of_new(&instance.kind, Some(&asked))?;
    Ok(id)
}
