"""Launch templates and auto-scaling groups."""

from ..case import SOMETHING, case
from ..stage import thing


@thing("lt-")
def template(stage):
    data = {"ImageId": stage.thing("image"), "InstanceType": "t3.micro"}
    return stage.ask("CreateLaunchTemplate", "LaunchTemplate.LaunchTemplateId", LaunchTemplateName="query", LaunchTemplateData=data)


@thing("lt-")
def second_version(stage):
    """`template`, with two versions."""
    data = {"ImageId": stage.thing("image"), "InstanceType": "t3.small"}
    stage.call("CreateLaunchTemplateVersion", {"LaunchTemplateId": stage.thing("template"), "LaunchTemplateData": data})
    return stage.thing("template")


def make(stage, name, size):
    stage.call("autoscaling.CreateAutoScalingGroup", {"AutoScalingGroupName": name, "InstanceId": stage.thing("instance"), "MinSize": 0, "MaxSize": 3, "DesiredCapacity": size, "VPCZoneIdentifier": stage.thing("subnet")})
    return name


@thing("a group")
def scaling_group(stage):
    return make(stage, "query", 0)


@thing("a group")
def staffed_group(stage):
    """With an instance in service."""
    name = make(stage, "staffed", 1)
    stage.until("InService", "autoscaling.DescribeAutoScalingGroups", "AutoScalingGroups[0].Instances[0].LifecycleState", AutoScalingGroupNames=[name])
    return name


@thing("i-")
def member(stage):
    return stage.ask("autoscaling.DescribeAutoScalingGroups", "AutoScalingGroups[0].Instances[0].InstanceId", AutoScalingGroupNames=[stage.thing("staffed_group")])


@thing("a group")
def attached_group(stage):
    stage.call("autoscaling.AttachLoadBalancers", {"AutoScalingGroupName": stage.thing("scaling_group"), "LoadBalancerNames": [stage.thing("balancer")]})
    return stage.thing("scaling_group")


@thing("a group")
def tagged_group(stage):
    stage.call("autoscaling.CreateOrUpdateTags", {"Tags": [{**TAG, "ResourceId": stage.thing("scaling_group")}]})
    return stage.thing("scaling_group")


TAG = {"ResourceId": "$scaling_group", "ResourceType": "auto-scaling-group", "Key": "k", "Value": "v", "PropagateAtLaunch": True}
OF = {"AutoScalingGroupName": "$scaling_group"}
NEW = {"AutoScalingGroupName": "new", "InstanceId": "$instance", "MinSize": 0, "MaxSize": 1, "VPCZoneIdentifier": "${subnet},${second_subnet}"}
FROM_TEMPLATE = {name: value for name, value in NEW.items() if name != "InstanceId"} | {"LaunchTemplate": {"LaunchTemplateId": "$template", "Version": "1"}}
ZONED = {name: value for name, value in FROM_TEMPLATE.items() if name != "VPCZoneIdentifier"} | {"AvailabilityZones": ["us-west-2a", "us-west-2b"]}
BALANCER = {"LoadBalancerNames": ["$balancer"]}
SOURCE = {"TrafficSources": [{"Identifier": "$balancer", "Type": "elb"}]}
ATTACHED = {"AutoScalingGroupName": "$attached_group"}
BY_NAME = ("autoscaling.DescribeAutoScalingGroups", {"AutoScalingGroupNames": ["$scaling_group"]})
BY_ID = {"LaunchTemplateIds": ["$template"]}

GOOD = [
    case("DescribeLaunchTemplates", "by id", BY_ID, result={"LaunchTemplates[].LaunchTemplateName": ["query"], "LaunchTemplates[].LatestVersionNumber": [1]}),
    case("DescribeLaunchTemplateVersions", "of a template", {"LaunchTemplateId": "$second_version"}, result={"sort(LaunchTemplateVersions[].VersionNumber)": [1, 2]}),
    case("CreateLaunchTemplate", "with a type", {"LaunchTemplateName": "new", "LaunchTemplateData": {"InstanceType": "t3.micro"}}, result={"LaunchTemplate.LatestVersionNumber": 1, "LaunchTemplate.DefaultVersionNumber": 1}),
    case("CreateLaunchTemplateVersion", "another type", {"LaunchTemplateId": "$template", "LaunchTemplateData": {"InstanceType": "t3.small"}}, result={"LaunchTemplateVersion.VersionNumber": 2, "LaunchTemplateVersion.DefaultVersion": False}),
    case("ModifyLaunchTemplate", "its default version", {"LaunchTemplateId": "$second_version", "DefaultVersion": "2"}, result={"LaunchTemplate.DefaultVersionNumber": 2}),
    case("DeleteLaunchTemplate", "one that is there", {"LaunchTemplateId": "$template"}, then=[("DescribeLaunchTemplates", BY_ID, "InvalidLaunchTemplateId.NotFound")]),
    case("DeleteLaunchTemplateVersions", "one of two", {"LaunchTemplateId": "$second_version", "Versions": ["2"]}, result={"SuccessfullyDeletedLaunchTemplateVersions[].VersionNumber": [2]}),
    case("autoscaling.DescribeAutoScalingGroups", "by name", {"AutoScalingGroupNames": ["$scaling_group"]}, result={"AutoScalingGroups[].AutoScalingGroupName": ["query"], "AutoScalingGroups[].VPCZoneIdentifier": ["$subnet"], "AutoScalingGroups[].HealthCheckType": ["EC2"]}),
    case("autoscaling.DescribeAutoScalingInstances", "by id", {"InstanceIds": ["$member"]}, result={"AutoScalingInstances[].AutoScalingGroupName": ["staffed"], "AutoScalingInstances[].LifecycleState": ["InService"]}),
    case("autoscaling.CreateAutoScalingGroup", "in two subnets", NEW, then=[("autoscaling.DescribeAutoScalingGroups", {"AutoScalingGroupNames": ["new"]}, {"AutoScalingGroups[].MaxSize": [1], "sort(AutoScalingGroups[0].AvailabilityZones)": ["us-west-2a", "us-west-2b"]})]),
    case("autoscaling.UpdateAutoScalingGroup", "its size", OF | {"MaxSize": 5}, then=[(*BY_NAME, {"AutoScalingGroups[].MaxSize": [5]})]),
    case("autoscaling.DeleteAutoScalingGroup", "without instances", OF, then=[(*BY_NAME, {"AutoScalingGroups[?Status!='Delete in progress']": []})]),
    case("autoscaling.SetDesiredCapacity", "within its bounds", OF | {"DesiredCapacity": 1}, then=[(*BY_NAME, {"AutoScalingGroups[].DesiredCapacity": [1]})]),
    case("autoscaling.TerminateInstanceInAutoScalingGroup", "and be one fewer", {"InstanceId": "$member", "ShouldDecrementDesiredCapacity": True}, result={"Activity.AutoScalingGroupName": "staffed"}),
    case("autoscaling.DescribeScalingActivities", "of a group", {"AutoScalingGroupName": "$staffed_group"}, result={"Activities[0].StatusCode": SOMETHING}),
    case("autoscaling.SuspendProcesses", "one", OF | {"ScalingProcesses": ["Launch"]}, then=[(*BY_NAME, {"AutoScalingGroups[].SuspendedProcesses[].ProcessName": ["Launch"]})]),
    case("autoscaling.ResumeProcesses", "one", OF | {"ScalingProcesses": ["Launch"]}, before=[("autoscaling.SuspendProcesses", OF | {"ScalingProcesses": ["Launch"]})], then=[(*BY_NAME, {"AutoScalingGroups[].SuspendedProcesses[]": []})]),
    case("autoscaling.AttachLoadBalancers", "one", OF | BALANCER, then=[("autoscaling.DescribeLoadBalancers", OF, {"LoadBalancers[].LoadBalancerName": ["$balancer"]})]),
    case("autoscaling.DetachLoadBalancers", "one", ATTACHED | BALANCER),
    case("autoscaling.DescribeLoadBalancers", "of a group", ATTACHED, result={"LoadBalancers[].LoadBalancerName": ["$balancer"]}),
    case("autoscaling.AttachTrafficSources", "a balancer", OF | SOURCE, then=[("autoscaling.DescribeLoadBalancers", OF, {"LoadBalancers[].LoadBalancerName": ["$balancer"]})]),
    case("autoscaling.DetachTrafficSources", "a balancer", ATTACHED | SOURCE),
    case("autoscaling.DescribeTrafficSources", "of a group", ATTACHED, result={"TrafficSources[].Identifier": ["$balancer"], "TrafficSources[].Type": ["elb"]}),
    case("autoscaling.DescribeTags", "of a group", {"Filters": [{"Name": "auto-scaling-group", "Values": ["$tagged_group"]}]}, result={"Tags[].Key": ["k"], "Tags[].PropagateAtLaunch": [True]}),
    case("autoscaling.CreateOrUpdateTags", "on a group", {"Tags": [TAG]}, then=[(*BY_NAME, {"AutoScalingGroups[].Tags[].Value": ["v"]})]),
    case("autoscaling.DeleteTags", "by key", {"Tags": [{"ResourceId": "$tagged_group", "ResourceType": "auto-scaling-group", "Key": "k"}]}, then=[(*BY_NAME, {"AutoScalingGroups[].Tags[]": []})]),
    case("autoscaling.DescribeAccountLimits", "all", {}, result={"MaxNumberOfAutoScalingGroups": SOMETHING}),
]

CASES = [
    case(
        "autoscaling.UpdateAutoScalingGroup",
        "its habits",
        OF | {"TerminationPolicies": ["OldestInstance"], "DefaultInstanceWarmup": 60, "MaxInstanceLifetime": 604800, "CapacityRebalance": True},
        then=[(*BY_NAME, {"AutoScalingGroups[].[TerminationPolicies[0], DefaultInstanceWarmup, MaxInstanceLifetime, CapacityRebalance][]": ["OldestInstance", 60, 604800, True]})],
    ),
    case("autoscaling.UpdateAutoScalingGroup", "a lifetime of less than a day", OF | {"MaxInstanceLifetime": 60}, "ValidationError"),
    case("autoscaling.UpdateAutoScalingGroup", "a termination policy that is none", OF | {"TerminationPolicies": ["Youngest"]}, "ValidationError"),
    case("autoscaling.CreateAutoScalingGroup", "in the default subnets of zones", ZONED, before=[("CreateDefaultVpc", {})], then=[("autoscaling.DescribeAutoScalingGroups", {"AutoScalingGroupNames": ["new"]}, {"sort(AutoScalingGroups[0].AvailabilityZones)": ["us-west-2a", "us-west-2b"]})]),
    case("autoscaling.CreateAutoScalingGroup", "in zones without default subnets", ZONED, "ValidationError"),
    case("autoscaling.DescribeTrafficSources", "Classic balancers alone", ATTACHED | {"TrafficSourceType": "elb"}, result={"TrafficSources[].Identifier": ["$balancer"], "TrafficSources[].Type": ["elb"]}),
    case("CreateLaunchTemplate", "a name that is taken", {"LaunchTemplateName": "query", "LaunchTemplateData": {"InstanceType": "t3.micro"}}, "InvalidLaunchTemplateName.AlreadyExistsException", before=[("DescribeLaunchTemplates", BY_ID)]),
    case("autoscaling.CreateAutoScalingGroup", "from a launch template", FROM_TEMPLATE, then=[("autoscaling.DescribeAutoScalingGroups", {"AutoScalingGroupNames": ["new"]}, {"AutoScalingGroups[].LaunchTemplate.LaunchTemplateId": ["$template"]})]),
    case("autoscaling.CreateAutoScalingGroup", "from a launch template that is not there", FROM_TEMPLATE | {"LaunchTemplate": {"LaunchTemplateId": "lt-0123456789abcdef0"}}, "ValidationError"),
    case("autoscaling.CreateAutoScalingGroup", "a name that is taken", NEW, "AlreadyExists", before=[("autoscaling.CreateAutoScalingGroup", NEW)]),
    case("autoscaling.CreateAutoScalingGroup", "more at least than at most", NEW | {"MinSize": 2}, "ValidationError"),
    case("autoscaling.CreateAutoScalingGroup", "without anything to launch", {name: value for name, value in NEW.items() if name != "InstanceId"}, "ValidationError"),
    case("autoscaling.CreateAutoScalingGroup", "in a subnet that is not there", NEW | {"VPCZoneIdentifier": "subnet-0123456789abcdef0"}, "ValidationError"),
    case("autoscaling.CreateAutoScalingGroup", "with a balancer that is not there", NEW | {"LoadBalancerNames": ["nobody"]}, "ValidationError"),
    case("autoscaling.DeleteAutoScalingGroup", "with an instance", {"AutoScalingGroupName": "$staffed_group"}, "ResourceInUse"),
    case("autoscaling.DeleteAutoScalingGroup", "with an instance, by force", {"AutoScalingGroupName": "$staffed_group", "ForceDelete": True}),
    case("autoscaling.SetDesiredCapacity", "beyond its bounds", OF | {"DesiredCapacity": 9}, "ValidationError"),
    case("autoscaling.AttachLoadBalancers", "again", ATTACHED | BALANCER),
    case("autoscaling.DetachLoadBalancers", "one that is not attached", OF | BALANCER, "ValidationError"),
    case("autoscaling.DescribeLoadBalancers", "it comes into service", {"AutoScalingGroupName": "$staffed_group"}, before=[("autoscaling.AttachLoadBalancers", {"AutoScalingGroupName": "$staffed_group", **BALANCER})], result={"LoadBalancers[].State": ["Added"]}, wait=True),
    case(
        "elb.DescribeInstanceHealth",
        "detaching one balancer leaves the other alone",
        {"LoadBalancerName": "$tls_balancer"},
        before=[
            ("autoscaling.AttachLoadBalancers", {"AutoScalingGroupName": "$staffed_group", "LoadBalancerNames": ["$balancer", "$tls_balancer"]}),
            ("autoscaling.DetachLoadBalancers", {"AutoScalingGroupName": "$staffed_group", "LoadBalancerNames": ["$balancer"]}),
        ],
        result={"InstanceStates[].InstanceId": ["$member"]},
    ),
    case("autoscaling.SuspendProcesses", "one that is none", OF | {"ScalingProcesses": ["Bogus"]}, "ValidationError"),
    case("autoscaling.DescribeAutoScalingGroups", "one that is not there", {"AutoScalingGroupNames": ["nobody"]}, result={"AutoScalingGroups": []}),
    case("autoscaling.DescribeAutoScalingGroups", "pages that are too large", {"MaxRecords": 101}, "ValidationError"),
    case("autoscaling.DescribeAutoScalingGroups", "an unknown filter", {"Filters": [{"Name": "bogus", "Values": ["x"]}]}, "ValidationError"),
    case("autoscaling.DescribeAutoScalingGroups", "by tag", {"Filters": [{"Name": "tag:k", "Values": ["v"]}]}, before=[("autoscaling.DescribeAutoScalingGroups", {"AutoScalingGroupNames": ["$tagged_group"]})], result={"AutoScalingGroups[].AutoScalingGroupName": ["$scaling_group"]}),
]

ABOUT = {
    "DescribeLaunchTemplates": {"pages": (1, 200)},
    # Without a template it wants to be told which version of all of them.
    "DescribeLaunchTemplateVersions": {"pages": (1, 200), "skip": {"all there are"}},
    # What is not there is left out of the answer.
    "autoscaling.DescribeAutoScalingGroups": {"unknown:AutoScalingGroupNames": None},
    "autoscaling.DescribeAutoScalingInstances": {"unknown:InstanceIds": None, "malformed:InstanceIds": None},
    "autoscaling.DescribeScalingActivities": {},
    "autoscaling.TerminateInstanceInAutoScalingGroup": {"unknown:InstanceId": "ValidationError", "malformed:InstanceId": "ValidationError"},
    "autoscaling.CreateAutoScalingGroup": {"unknown:InstanceId": "ValidationError", "malformed:InstanceId": "ValidationError"},
    "autoscaling.AttachLoadBalancers": {"unknown:LoadBalancerNames": "ValidationError"},
    "autoscaling.DetachLoadBalancers": {"unknown:LoadBalancerNames": "ValidationError"},
    "autoscaling.AttachTrafficSources": {"unknown:TrafficSources.Identifier": "ValidationError"},
    "autoscaling.DetachTrafficSources": {"unknown:TrafficSources.Identifier": "ValidationError"},
}
