//! Instances, and the security groups that they carry.

use aws_sdk_ec2::types::{Reservation, ResourceType};
use peerway_model::{
    Action, AwsFailure, Instance, NetworkInterfaceId, SecurityGroupId, Tags, VpcId,
};

use super::{SdkEc2, tagged};
use crate::convert;
use crate::failure::{failure, malformed};
use crate::pages::Pages;

impl SdkEc2 {
    /// AWS lists them by reservation: those that were launched together.
    pub(super) async fn instances(&self) -> Result<Vec<Instance>, AwsFailure> {
        const ACTION: Action = Action::DescribeInstances;
        let size = i32::try_from(peerway_aws::page_size(ACTION)).expect("pages are small");
        let request = self.client().await.describe_instances();
        let request = request.into_paginator().page_size(size);
        let mut pages = request.stop_on_duplicate_token(false).send();
        let mut instances = Vec::new();
        let mut turned = Pages::of(ACTION);
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure(ACTION, &error))?;
            turned.turn(page.next_token())?;
            let list = page.reservations.ok_or_else(|| malformed(ACTION, &"it holds no list"))?;
            for instance in list.iter().flat_map(Reservation::instances) {
                let instance = convert::instance(instance);
                instances.push(instance.map_err(|problem| malformed(ACTION, &problem))?);
            }
        }
        Ok(instances)
    }

    pub(super) async fn create_group(
        &self,
        vpc: &VpcId,
        name: &str,
        description: &str,
        tags: &Tags,
    ) -> Result<SecurityGroupId, AwsFailure> {
        const ACTION: Action = Action::CreateSecurityGroup;
        let answer = self
            .client()
            .await
            .create_security_group()
            .vpc_id(vpc.as_str())
            .group_name(name)
            .description(description)
            .tag_specifications(tagged(ResourceType::SecurityGroup, tags))
            .send()
            .await
            .map_err(|error| failure(ACTION, &error))?;
        let id = answer.group_id().unwrap_or_default();
        id.parse().map_err(|error| malformed(ACTION, &error))
    }

    pub(super) async fn delete_group(&self, group: &SecurityGroupId) -> Result<(), AwsFailure> {
        self.client()
            .await
            .delete_security_group()
            .group_id(group.as_str())
            .send()
            .await
            .map_err(|error| failure(Action::DeleteSecurityGroup, &error))?;
        Ok(())
    }

    pub(super) async fn set_groups(
        &self,
        interface: &NetworkInterfaceId,
        groups: &[SecurityGroupId],
    ) -> Result<(), AwsFailure> {
        self.client()
            .await
            .modify_network_interface_attribute()
            .network_interface_id(interface.as_str())
            .set_groups(Some(groups.iter().map(ToString::to_string).collect()))
            .send()
            .await
            .map_err(|error| failure(Action::ModifyNetworkInterfaceAttribute, &error))?;
        Ok(())
    }
}
