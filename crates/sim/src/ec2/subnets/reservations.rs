//! Ranges of a subnet that are set aside: nothing gets an address from them by itself.

use std::sync::Arc;

use peerway_model::{AccountId, CidrBlock, Family, SubnetId};
use serde::{Deserialize, Serialize};

use crate::ec2::listing::{Question, describe as describe_all};
use crate::ec2::route_tables::read_block;
use crate::ec2::{Filter, TagSet, TagSpecification, tags};
use crate::filters::{Field, Filterable};
use crate::id::{AwsId, SubnetCidrReservationId};
use crate::paging::Limits;
use crate::scope::{Scope, find};
use crate::state::{Maker, SharedTags};
use crate::{Action, ApiError};

/// A reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reservation {
    pub(crate) subnet: SubnetId,
    pub(crate) block: CidrBlock,
    pub(crate) kind: &'static str,
    pub(crate) description: Option<String>,
    pub(crate) tags: SharedTags,
    pub(crate) maker: Maker,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateSubnetCidrReservation {
    pub subnet_id: String,
    pub cidr: String,
    pub reservation_type: String,
    pub description: Option<String>,
    #[serde(default, rename = "TagSpecification")]
    pub tag_specifications: Vec<TagSpecification>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateSubnetCidrReservationReply {
    pub subnet_cidr_reservation: ReservationItem,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReservationItem {
    pub subnet_cidr_reservation_id: SubnetCidrReservationId,
    pub subnet_id: SubnetId,
    pub cidr: CidrBlock,
    pub reservation_type: &'static str,
    pub owner_id: AccountId,
    pub description: Option<String>,
    pub tag_set: TagSet,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetSubnetCidrReservations {
    pub subnet_id: String,
    #[serde(default, rename = "Filter")]
    pub filters: Vec<Filter>,
    pub max_results: Option<i32>,
    pub next_token: Option<String>,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetSubnetCidrReservationsReply {
    pub subnet_ipv4_cidr_reservation_set: Vec<ReservationItem>,
    pub subnet_ipv6_cidr_reservation_set: Vec<ReservationItem>,
    pub next_token: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteSubnetCidrReservation {
    pub subnet_cidr_reservation_id: String,
    pub dry_run: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteSubnetCidrReservationReply {
    pub deleted_subnet_cidr_reservation: ReservationItem,
}

impl Filterable for ReservationItem {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("reservationType", |reservation, probe| probe.text(reservation.reservation_type)),
        ("subnet-id", |reservation, probe| probe.text(reservation.subnet_id.as_str())),
    ];

    fn tags(&self) -> &peerway_model::Tags {
        &self.tag_set.0
    }
}

/// The kind of a reservation.
pub(crate) fn read_type(text: &str) -> Result<&'static str, ApiError> {
    ["prefix", "explicit"].into_iter().find(|known| *known == text).ok_or_else(|| {
        ApiError::invalid_value(format!(
            "Value ({text}) for parameter reservationType is invalid. It is prefix or explicit."
        ))
    })
}

fn show(
    scope: &Scope<'_>,
    id: &SubnetCidrReservationId,
    reservation: &Reservation,
) -> ReservationItem {
    ReservationItem {
        subnet_cidr_reservation_id: id.clone(),
        subnet_id: reservation.subnet.clone(),
        cidr: reservation.block,
        reservation_type: reservation.kind,
        owner_id: scope.spot.account.clone(),
        description: reservation.description.clone(),
        tag_set: TagSet(Arc::clone(&reservation.tags)),
    }
}

pub(crate) fn get_reservations(
    scope: &Scope<'_>,
    request: &GetSubnetCidrReservations,
) -> Result<GetSubnetCidrReservationsReply, ApiError> {
    let subnet = SubnetId::read(&request.subnet_id)?;
    find(&scope.here().subnets, &subnet)?;
    let of_subnet = Filter { name: "subnet-id".to_owned(), values: vec![subnet.to_string()] };
    let filters: Vec<Filter> = request.filters.iter().cloned().chain([of_subnet]).collect();
    let question = Question {
        action: Action::GetSubnetCidrReservations,
        ids: ("", &[]),
        filters: &filters,
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
        limits: Limits::USUAL,
    };
    let all = &scope.here().reservations;
    let (items, next_token) =
        describe_all(scope, &question, all, |id, reservation| show(scope, id, reservation))?;
    let (ipv4, ipv6) = items.into_iter().partition(|item| item.cidr.family() == Family::V4);
    Ok(GetSubnetCidrReservationsReply {
        subnet_ipv4_cidr_reservation_set: ipv4,
        subnet_ipv6_cidr_reservation_set: ipv6,
        next_token,
    })
}

pub(crate) fn create_reservation(
    scope: &mut Scope<'_>,
    request: &CreateSubnetCidrReservation,
) -> Result<CreateSubnetCidrReservationReply, ApiError> {
    let subnet_id = SubnetId::read(&request.subnet_id)?;
    let here = scope.here();
    let subnet = find(&here.subnets, &subnet_id)?;
    let family = if request.cidr.contains(':') { Family::V6 } else { Family::V4 };
    let block = read_block("cidr", &request.cidr, family)?;
    if !subnet.blocks().any(|own| own.contains(&block)) {
        return Err(ApiError::invalid_value(format!(
            "The CIDR '{block}' is not within the subnet {subnet_id}"
        )));
    }
    let mut others = here.reservations.values().filter(|other| other.subnet == subnet_id);
    if others.any(|other| other.block.meets(&block)) {
        return Err(ApiError::new(
            "InvalidCidrReservation.Conflict",
            format!("The CIDR '{block}' conflicts with another reservation of {subnet_id}"),
        ));
    }
    let reservation = Reservation {
        subnet: subnet_id,
        block,
        kind: read_type(&request.reservation_type)?,
        description: request.description.clone(),
        tags: tags::specified(scope, &request.tag_specifications, "subnet-cidr-reservation")?,
        maker: scope.maker(),
    };
    let id: SubnetCidrReservationId = scope.ids.fresh();
    let item = show(scope, &id, &reservation);
    scope.here_mut().reservations.insert(id, reservation);
    Ok(CreateSubnetCidrReservationReply { subnet_cidr_reservation: item })
}

pub(crate) fn delete_reservation(
    scope: &mut Scope<'_>,
    request: &DeleteSubnetCidrReservation,
) -> Result<DeleteSubnetCidrReservationReply, ApiError> {
    let id = SubnetCidrReservationId::read(&request.subnet_cidr_reservation_id)?;
    let item = show(scope, &id, find(&scope.here().reservations, &id)?);
    scope.here_mut().reservations.remove(&id);
    Ok(DeleteSubnetCidrReservationReply { deleted_subnet_cidr_reservation: item })
}
