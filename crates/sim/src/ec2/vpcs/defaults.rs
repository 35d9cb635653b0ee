//! The default VPC of a Region, which an account has from its first day and which can be made anew once it was deleted
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html>). Estates begin without one: most worlds
//! are told apart more easily without what nobody asked for.

use peerway_model::{CidrBlock, VpcDns, VpcId};

use super::{
    CidrAssociation, CreateDefaultVpc, CreateVpcReply, Vpc, VpcItem, check_quota, install, show,
};
use crate::ApiError;
use crate::ec2::gateways::{self, AttachInternetGateway, CreateInternetGateway};
use crate::ec2::route_tables::{self, CreateRoute};
use crate::ec2::subnets;
use crate::scope::Scope;
use crate::state::RegionState;

const BLOCK: &str = "172.31.0.0/16";

/// The default VPC, if it is there.
pub(crate) fn default_of(region: &RegionState) -> Option<&VpcId> {
    region.vpcs.iter().find(|(_, vpc)| vpc.is_default).map(|(id, _)| id)
}

/// Makes it: with a way out, and a subnet in each of the Region's own zones.
pub(crate) fn create_default(
    scope: &mut Scope<'_>,
    _: &CreateDefaultVpc,
) -> Result<CreateVpcReply, ApiError> {
    if default_of(scope.here()).is_some() {
        return Err(ApiError::new(
            "DefaultVpcAlreadyExists",
            "A Default VPC already exists for this account in this region.",
        ));
    }
    check_quotas(scope)?;
    // Of all that follows only this could be refused: nothing is half made.
    let gateway = gateways::create(scope, &CreateInternetGateway::default())?.internet_gateway;
    let block: CidrBlock = BLOCK.parse().expect("it is a block");
    let id: VpcId = scope.ids.fresh();
    let vpc = Vpc {
        cidrs: vec![CidrAssociation::original(&id, block)],
        ipv6_cidrs: Vec::new(),
        dns: VpcDns { support: true, hostnames: true },
        counts_addresses: false,
        is_default: true,
        tags: gateway.tag_set.0.clone(),
        maker: scope.maker(),
    };
    let item = VpcItem { state: "pending", ..show(scope, &id, &vpc) };
    let spot = scope.spot;
    install(scope.here_mut(), spot, &id, vpc);
    let attached = AttachInternetGateway {
        internet_gateway_id: gateway.internet_gateway_id.to_string(),
        vpc_id: id.to_string(),
        ..AttachInternetGateway::default()
    };
    gateways::attach(scope, &attached)?;
    let mut tables = scope.here().route_tables.iter();
    if let Some((main, _)) = tables.find(|(_, table)| table.vpc == id && table.is_main()) {
        let out = CreateRoute {
            route_table_id: main.to_string(),
            destination_cidr_block: Some("0.0.0.0/0".to_owned()),
            gateway_id: Some(gateway.internet_gateway_id.to_string()),
            ..CreateRoute::default()
        };
        route_tables::create_route(scope, &out)?;
    }
    subnets::create_defaults(scope, &id)?;
    Ok(CreateVpcReply { vpc: item })
}

/// Those of what comes along, too.
fn check_quotas(scope: &Scope<'_>) -> Result<(), ApiError> {
    check_quota(scope)?;
    let quotas = &scope.settings.quotas;
    if subnets::own_zones(scope).len() > quotas.subnets_per_vpc {
        return Err(subnets::too_many());
    }
    // The way out stands beside the local route.
    if quotas.routes_per_table < 2 {
        return Err(route_tables::too_many());
    }
    Ok(())
}
