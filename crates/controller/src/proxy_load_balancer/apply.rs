//! The calls that the steps of a `ProxyLoadBalancer` are.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "`call` deals out every call by name; what it hands on is of one sort"
)]

use peerway_aws::{Cloud, Ec2, LoadBalancing};
use peerway_model::{AwsFailure, LoadBalancerName, PartKind, Place, Touched};
use peerway_plan::proxy_load_balancer::Step;
use peerway_plan::proxy_load_balancer::step::Call;

pub(super) async fn call(
    cloud: &dyn Cloud,
    place: &Place,
    step: &Step,
) -> Result<Touched, AwsFailure> {
    let name = &step.balancer;
    match &step.call {
        Call::CreateGroup { .. }
        | Call::Tag { .. }
        | Call::Untag { .. }
        | Call::DeleteGroup { .. }
        | Call::AuthorizeIngress { .. }
        | Call::RevokeIngress { .. }
        | Call::SetInterfaceGroups { .. } => firewall(cloud.ec2(place).as_ref(), &step.call).await,
        Call::AttachTo { group, api } => {
            cloud.auto_scaling(place).attach(group, name, *api).await?;
            Ok(Touched::AutoScalingGroup(group.clone()))
        }
        Call::DetachFrom { group, api } => {
            cloud.auto_scaling(place).detach(group, name, *api).await?;
            Ok(Touched::AutoScalingGroup(group.clone()))
        }
        Call::CreateBalancer(_)
        | Call::TagBalancer { .. }
        | Call::UntagBalancer { .. }
        | Call::DeleteBalancer
        | Call::CreateListeners { .. }
        | Call::DeleteListeners { .. }
        | Call::SetCertificate { .. }
        | Call::CreatePolicy { .. }
        | Call::DeletePolicy { .. }
        | Call::SetListenerPolicies { .. }
        | Call::SetBackendPolicies { .. }
        | Call::ConfigureHealthCheck { .. }
        | Call::ModifyAttributes { .. }
        | Call::AttachSubnets { .. }
        | Call::DetachSubnets { .. }
        | Call::ApplyGroups { .. }
        | Call::Register { .. }
        | Call::Deregister { .. } => {
            balancer(cloud.load_balancing(place).as_ref(), name, &step.call).await?;
            Ok(Touched::LoadBalancer(name.clone()))
        }
    }
}

async fn firewall(ec2: &dyn Ec2, call: &Call) -> Result<Touched, AwsFailure> {
    match call {
        Call::CreateGroup { vpc, name, description, tags } => Ok(Touched::SecurityGroup(
            ec2.create_security_group(vpc, name, description, tags).await?,
        )),
        Call::Tag { id, part, tags } => {
            ec2.create_tags(id, tags).await?;
            Ok(touched(id, *part))
        }
        Call::Untag { id, part, tags } => {
            ec2.delete_tags(id, tags).await?;
            Ok(touched(id, *part))
        }
        Call::DeleteGroup { group, .. } => {
            ec2.delete_security_group(group).await?;
            Ok(Touched::SecurityGroup(group.clone()))
        }
        Call::AuthorizeIngress { rule, tags } => {
            Ok(Touched::SecurityGroupRule(ec2.authorize_ingress(rule, tags).await?))
        }
        Call::RevokeIngress { group, rule, .. } => {
            ec2.revoke_ingress(group, rule).await?;
            Ok(Touched::SecurityGroupRule(rule.clone()))
        }
        Call::SetInterfaceGroups { interface, groups, .. } => {
            ec2.set_interface_groups(interface, groups).await?;
            Ok(Touched::NetworkInterface(interface.clone()))
        }
        other => unreachable!("not about security groups: {other:?}"),
    }
}

fn touched(id: &str, part: PartKind) -> Touched {
    let group = id.parse().map(Touched::SecurityGroup).ok();
    let rule = id.parse().map(Touched::SecurityGroupRule).ok();
    group.or(rule).unwrap_or(Touched::Unknown(part))
}

async fn balancer(
    elb: &dyn LoadBalancing,
    name: &LoadBalancerName,
    call: &Call,
) -> Result<(), AwsFailure> {
    match call {
        Call::CreateBalancer(new) => elb.create_load_balancer(new).await,
        Call::TagBalancer { tags } => elb.add_tags(name, tags).await,
        Call::UntagBalancer { tags } => elb.remove_tags(name, tags).await,
        Call::DeleteBalancer => elb.delete_load_balancer(name).await,
        Call::CreateListeners { listeners } => elb.create_listeners(name, listeners).await,
        Call::DeleteListeners { ports } => elb.delete_listeners(name, ports).await,
        Call::SetCertificate { port, certificate } => {
            elb.set_listener_certificate(name, *port, certificate).await
        }
        Call::CreatePolicy { policy } => elb.create_policy(name, policy).await,
        Call::DeletePolicy { policy } => elb.delete_policy(name, policy).await,
        Call::SetListenerPolicies { port, policies } => {
            elb.set_listener_policies(name, *port, policies).await
        }
        Call::SetBackendPolicies { instance_port, policies } => {
            elb.set_backend_policies(name, *instance_port, policies).await
        }
        Call::ConfigureHealthCheck { check } => elb.configure_health_check(name, check).await,
        Call::ModifyAttributes { attributes } => elb.modify_attributes(name, attributes).await,
        Call::AttachSubnets { subnets } => elb.attach_subnets(name, subnets).await,
        Call::DetachSubnets { subnets } => elb.detach_subnets(name, subnets).await,
        Call::ApplyGroups { groups } => elb.apply_security_groups(name, groups).await,
        Call::Register { instances } => elb.register_instances(name, instances).await,
        Call::Deregister { instances } => elb.deregister_instances(name, instances).await,
        other => unreachable!("not about the balancer itself: {other:?}"),
    }
}
