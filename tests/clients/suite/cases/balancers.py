"""Classic balancers."""

from ..case import SOMETHING, case
from ..stage import thing

TCP = {"Protocol": "TCP", "LoadBalancerPort": 8888, "InstanceProtocol": "TCP", "InstancePort": 8888}
SECOND = {"Protocol": "TCP", "LoadBalancerPort": 9088, "InstanceProtocol": "TCP", "InstancePort": 9088}
HTTP = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstanceProtocol": "HTTP", "InstancePort": 8080}
NAME = "imply-query-my-peering"
CERTIFICATE = "arn:aws:acm:us-west-2:${account}:certificate/01234567-89ab-cdef-0123-456789abcdef"
NO_CERTIFICATE = "arn:aws:acm:us-west-2:${account}:certificate/00000000-0000-0000-0000-000000000000"
TLS = {"Protocol": "SSL", "LoadBalancerPort": 443, "InstanceProtocol": "TCP", "InstancePort": 8888, "SSLCertificateId": CERTIFICATE}


@thing("a balancer")
def balancer(stage):
    stage.call("elb.CreateLoadBalancer", {"LoadBalancerName": NAME, "Listeners": [TCP, HTTP], "Subnets": [stage.thing("subnet")], "SecurityGroups": [stage.thing("group")], "Scheme": "internal"})
    return NAME


@thing("a balancer")
def tls_balancer(stage):
    certificate = CERTIFICATE.replace("${account}", stage.account)
    stage.call("elb.CreateLoadBalancer", {"LoadBalancerName": "secure", "Listeners": [TLS | {"SSLCertificateId": certificate}], "Subnets": [stage.thing("subnet")], "Scheme": "internal"})
    return "secure"


@thing("a balancer")
def wide_balancer(stage):
    """In two subnets."""
    stage.call("elb.AttachLoadBalancerToSubnets", {"LoadBalancerName": stage.thing("balancer"), "Subnets": [stage.thing("second_subnet")]})
    return stage.thing("balancer")


@thing("a balancer")
def balancer_with_instance(stage):
    stage.call("elb.RegisterInstancesWithLoadBalancer", {"LoadBalancerName": stage.thing("balancer"), "Instances": [{"InstanceId": stage.thing("instance")}]})
    return stage.thing("balancer")


@thing("a balancer")
def balancer_with_policy(stage):
    stage.call("elb.CreateLBCookieStickinessPolicy", {"LoadBalancerName": stage.thing("balancer"), "PolicyName": "sticky", "CookieExpirationPeriod": 60})
    return stage.thing("balancer")


@thing("a balancer")
def tagged_balancer(stage):
    stage.call("elb.AddTags", {"LoadBalancerNames": [stage.thing("balancer")], "Tags": [{"Key": "k", "Value": "v"}]})
    return stage.thing("balancer")


@thing("subnet-")
def same_zone_subnet(stage):
    return stage.ask("CreateSubnet", "Subnet.SubnetId", VpcId=stage.thing("vpc"), CidrBlock="10.0.7.0/24", AvailabilityZone="us-west-2a")


@thing("subnet-")
def tiny_subnet(stage):
    return stage.ask("CreateSubnet", "Subnet.SubnetId", VpcId=stage.thing("vpc"), CidrBlock="10.0.8.0/28", AvailabilityZone="us-west-2a")


NEW = {
    "LoadBalancerName": NAME,
    "Listeners": [TCP, SECOND],
    "Subnets": ["$subnet", "$second_subnet"],
    "SecurityGroups": ["$group"],
    "Scheme": "internal",
    "Tags": [{"Key": "k", "Value": "v"}],
}
# Few enough parameters for the ledger to keep them all.
SMALL = {"LoadBalancerName": "small", "Listeners": [TCP], "Subnets": ["$subnet"], "SecurityGroups": ["$group"], "Scheme": "internal"}
IN_ZONE = {"LoadBalancerName": "zoned", "Listeners": [TCP], "AvailabilityZones": ["us-west-2a"]}
OF = {"LoadBalancerName": "$balancer"}
THERE = ("elb.DescribeLoadBalancers", {"LoadBalancerNames": ["$balancer"]})
ONE = "LoadBalancerDescriptions[0]"
INSTANCE = {"Instances": [{"InstanceId": "$instance"}]}
CHECK = {"Target": "HTTPS:9095/health", "Interval": 30, "Timeout": 5, "UnhealthyThreshold": 2, "HealthyThreshold": 10}
DRAINING = {"ConnectionDraining": {"Enabled": True, "Timeout": 300}}
NO_LOG = {"Enabled": False, "S3BucketName": "logs", "EmitInterval": 5}

GOOD = [
    case("elb.DescribeLoadBalancers", "by name", {"LoadBalancerNames": ["$balancer"]}, result={f"{ONE}.Scheme": "internal", f"{ONE}.Subnets": ["$subnet"], f"{ONE}.VPCId": "$vpc", f"{ONE}.AvailabilityZones": ["us-west-2a"], f"{ONE}.SecurityGroups": ["$group"]}),
    case(
        "elb.CreateLoadBalancer",
        "an internal one",
        NEW,
        result={"starts_with(DNSName, 'internal-imply-query-my-peering-')": True},
        then=[
            ("elb.DescribeLoadBalancers", {"LoadBalancerNames": [NAME]}, {f"sort({ONE}.ListenerDescriptions[].Listener.LoadBalancerPort)": [8888, 9088]}),
            ("DescribeNetworkInterfaces", {"Filters": [{"Name": "description", "Values": [f"ELB {NAME}"]}]}, {"length(NetworkInterfaces)": 2}),
        ],
    ),
    case("elb.DeleteLoadBalancer", "one that is there", OF, then=[(*THERE, "LoadBalancerNotFound")]),
    case("elb.CreateLoadBalancerListeners", "on a free port", OF | {"Listeners": [SECOND]}, then=[(*THERE, {f"sort({ONE}.ListenerDescriptions[].Listener.LoadBalancerPort)": [80, 8888, 9088]})]),
    case("elb.DeleteLoadBalancerListeners", "two at once", OF | {"LoadBalancerPorts": [80, 8888]}, then=[(*THERE, {f"{ONE}.ListenerDescriptions": []})]),
    case("elb.SetLoadBalancerListenerSSLCertificate", "of a listener", {"LoadBalancerName": "$tls_balancer", "LoadBalancerPort": 443, "SSLCertificateId": CERTIFICATE}),
    case("elb.ConfigureHealthCheck", "by HTTPS", OF | {"HealthCheck": CHECK}, result={"HealthCheck": CHECK}, then=[(*THERE, {f"{ONE}.HealthCheck": CHECK})]),
    case("elb.AttachLoadBalancerToSubnets", "in another zone", OF | {"Subnets": ["$second_subnet"]}, result={"length(Subnets)": 2}),
    case("elb.DetachLoadBalancerFromSubnets", "one of two", {"LoadBalancerName": "$wide_balancer", "Subnets": ["$second_subnet"]}, result={"Subnets": ["$subnet"]}),
    case("elb.EnableAvailabilityZonesForLoadBalancer", "of a balancer in a VPC", OF | {"AvailabilityZones": ["us-west-2b"]}, "ValidationError"),
    case("elb.DisableAvailabilityZonesForLoadBalancer", "of a balancer in a VPC", OF | {"AvailabilityZones": ["us-west-2a"]}, "InvalidConfigurationRequest"),
    case("elb.ApplySecurityGroupsToLoadBalancer", "another one", OF | {"SecurityGroups": ["$second_group"]}, result={"SecurityGroups": ["$second_group"]}),
    case("elb.DescribeLoadBalancerAttributes", "of a new one", OF, result={"LoadBalancerAttributes.ConnectionSettings.IdleTimeout": 60, "LoadBalancerAttributes.CrossZoneLoadBalancing.Enabled": False}),
    case("elb.ModifyLoadBalancerAttributes", "draining", OF | {"LoadBalancerAttributes": DRAINING}, result={"LoadBalancerAttributes.ConnectionDraining": {"Enabled": True, "Timeout": 300}}),
    case("elb.RegisterInstancesWithLoadBalancer", "one of its VPC", OF | INSTANCE, result={"Instances[].InstanceId": ["$instance"]}),
    case("elb.DeregisterInstancesFromLoadBalancer", "one that is registered", {"LoadBalancerName": "$balancer_with_instance"} | INSTANCE, result={"Instances": []}),
    case("elb.DescribeInstanceHealth", "of all", {"LoadBalancerName": "$balancer_with_instance"}, result={"InstanceStates[].InstanceId": ["$instance"]}),
    case("elb.DescribeLoadBalancerPolicies", "of a balancer", {"LoadBalancerName": "$balancer_with_policy", "PolicyNames": ["sticky"]}, result={"PolicyDescriptions[].PolicyTypeName": ["LBCookieStickinessPolicyType"]}),
    case("elb.DescribeLoadBalancerPolicyTypes", "one", {"PolicyTypeNames": ["ProxyProtocolPolicyType"]}, result={"PolicyTypeDescriptions[].PolicyTypeName": ["ProxyProtocolPolicyType"]}),
    case("elb.CreateLoadBalancerPolicy", "for the proxy protocol", OF | {"PolicyName": "proxy", "PolicyTypeName": "ProxyProtocolPolicyType", "PolicyAttributes": [{"AttributeName": "ProxyProtocol", "AttributeValue": "true"}]}),
    case("elb.CreateAppCookieStickinessPolicy", "by a cookie", OF | {"PolicyName": "app", "CookieName": "x"}),
    case("elb.CreateLBCookieStickinessPolicy", "by a period", OF | {"PolicyName": "lb", "CookieExpirationPeriod": 60}),
    case("elb.DeleteLoadBalancerPolicy", "that no listener uses", {"LoadBalancerName": "$balancer_with_policy", "PolicyName": "sticky"}),
    case("elb.SetLoadBalancerPoliciesOfListener", "of an HTTP listener", {"LoadBalancerName": "$balancer_with_policy", "LoadBalancerPort": 80, "PolicyNames": ["sticky"]}),
    case("elb.SetLoadBalancerPoliciesForBackendServer", "none", OF | {"InstancePort": 8888, "PolicyNames": []}),
    case("elb.DescribeTags", "of a balancer", {"LoadBalancerNames": ["$tagged_balancer"]}, result={"TagDescriptions[].Tags[]": [{"Key": "k", "Value": "v"}]}),
    case("elb.AddTags", "to a balancer", {"LoadBalancerNames": ["$balancer"], "Tags": [{"Key": "k", "Value": "v"}]}, then=[("elb.DescribeTags", {"LoadBalancerNames": ["$balancer"]}, {"TagDescriptions[].Tags[].Key": ["k"]})]),
    case("elb.RemoveTags", "by key", {"LoadBalancerNames": ["$tagged_balancer"], "Tags": [{"Key": "k"}]}, then=[("elb.DescribeTags", {"LoadBalancerNames": ["$balancer"]}, {"TagDescriptions[].Tags[]": []})]),
    case("elb.DescribeAccountLimits", "all", {}, result={"length(Limits[?Name=='classic-load-balancers'])": 1}),
]

CASES = [
    case(
        "elb.CreateLoadBalancer",
        "in the default subnet of a zone",
        IN_ZONE,
        before=[("CreateDefaultVpc", {})],
        then=[("elb.DescribeLoadBalancers", {"LoadBalancerNames": ["zoned"]}, {f"{ONE}.AvailabilityZones": ["us-west-2a"], f"length({ONE}.Subnets)": 1})],
    ),
    case("elb.CreateLoadBalancer", "in a zone without a default subnet", IN_ZONE, "ValidationError"),
    case(
        "elb.EnableAvailabilityZonesForLoadBalancer",
        "in the default VPC",
        {"LoadBalancerName": "zoned", "AvailabilityZones": ["us-west-2a", "us-west-2b"]},
        before=[("CreateDefaultVpc", {}), ("elb.CreateLoadBalancer", IN_ZONE)],
        result={"sort(AvailabilityZones)": ["us-west-2a", "us-west-2b"]},
    ),
    case(
        "elb.DisableAvailabilityZonesForLoadBalancer",
        "in the default VPC",
        {"LoadBalancerName": "zoned", "AvailabilityZones": ["us-west-2a"]},
        before=[("CreateDefaultVpc", {}), ("elb.CreateLoadBalancer", IN_ZONE | {"AvailabilityZones": ["us-west-2a", "us-west-2b"]})],
        result={"AvailabilityZones": ["us-west-2b"]},
    ),
    case("elb.CreateLoadBalancer", "again, just the same", NEW, before=[("elb.CreateLoadBalancer", NEW)]),
    case("elb.CreateLoadBalancer", "again, otherwise", NEW | {"Listeners": [SECOND]}, "DuplicateLoadBalancerName", before=[("elb.CreateLoadBalancer", NEW)]),
    case("elb.CreateLoadBalancer", "a name that is too long", NEW | {"LoadBalancerName": "x" * 33}, "ValidationError"),
    case("elb.CreateLoadBalancer", "a name with an underscore", NEW | {"LoadBalancerName": "a_b"}, "ValidationError"),
    case("elb.CreateLoadBalancer", "in no subnet", {**NEW, "Subnets": []}, "ValidationError"),
    case("elb.CreateLoadBalancer", "in two subnets of one zone", NEW | {"Subnets": ["$subnet", "$same_zone_subnet"]}, "InvalidConfigurationRequest"),
    case("elb.CreateLoadBalancer", "in a subnet without room", NEW | {"Subnets": ["$tiny_subnet"]}, before=[("CreateNetworkInterface", {"SubnetId": "$tiny_subnet", "SecondaryPrivateIpAddressCount": 4})], error="InvalidSubnet"),
    case("elb.CreateLoadBalancer", "in subnets of two VPCs", NEW | {"Subnets": ["$second_subnet", "$others_subnet"]}, "InvalidConfigurationRequest"),
    case("elb.CreateLoadBalancer", "with a group of another VPC", NEW | {"SecurityGroups": ["$others_group"]}, "InvalidConfigurationRequest"),
    case("elb.CreateLoadBalancer", "an unknown scheme", NEW | {"Scheme": "bogus"}, "InvalidScheme"),
    case("elb.CreateLoadBalancer", "an unknown protocol", NEW | {"Listeners": [TCP | {"Protocol": "UDP"}]}, "UnsupportedProtocol"),
    case("elb.CreateLoadBalancer", "a certificate that is not there", NEW | {"Listeners": [TLS | {"SSLCertificateId": NO_CERTIFICATE}]}, "CertificateNotFound"),
    case("elb.CreateLoadBalancer", "what instances are talked to in follows the listener", NEW | {"LoadBalancerName": "tls", "Listeners": [TLS]}, then=[("elb.DescribeLoadBalancers", {"LoadBalancerNames": ["tls"]}, {f"{ONE}.ListenerDescriptions[].Listener.InstanceProtocol": ["TCP"]})]),
    case("elb.CreateLoadBalancer", "a small one", SMALL, then=[("elb.DescribeLoadBalancers", {"LoadBalancerNames": ["small"]}, {f"{ONE}.Scheme": "internal", f"{ONE}.Subnets": ["$subnet"], f"{ONE}.SecurityGroups": ["$group"], f"{ONE}.ListenerDescriptions[].Listener.LoadBalancerPort": [8888]})]),
    case("elb.CreateLoadBalancer", "a small one of a name that is taken", SMALL | {"LoadBalancerName": NAME}, "DuplicateLoadBalancerName", before=[THERE]),
    case("elb.DescribeLoadBalancerPolicies", "all of a balancer", {"LoadBalancerName": "$balancer_with_policy"}, result={"PolicyDescriptions[].PolicyName": ["sticky"]}),
    case("elb.DeleteLoadBalancer", "one that is not there", {"LoadBalancerName": "nobody"}),
    case("DeleteSubnet", "with a balancer", {"SubnetId": "$subnet"}, "DependencyViolation", before=[THERE]),
    case("DescribeNetworkInterfaces", "those of a deleted balancer go after a while", {"Filters": [{"Name": "subnet-id", "Values": ["$subnet"]}]}, before=[("elb.DeleteLoadBalancer", OF)], result={"NetworkInterfaces": []}, wait=True),
    case("DeleteSecurityGroup", "that a balancer has", {"GroupId": "$group"}, "DependencyViolation", before=[THERE]),
    case("elb.CreateLoadBalancerListeners", "one that is there", OF | {"Listeners": [TCP]}),
    case("elb.CreateLoadBalancerListeners", "another one on a port that is taken", OF | {"Listeners": [TCP | {"InstancePort": 1}]}, "DuplicateListener"),
    case("elb.CreateLoadBalancerListeners", "a port that is none", OF | {"Listeners": [TCP | {"LoadBalancerPort": 70000}]}, "ValidationError"),
    case("elb.ConfigureHealthCheck", "a timeout as long as the interval", OF | {"HealthCheck": CHECK | {"Timeout": 30}}, "ValidationError"),
    case("elb.ConfigureHealthCheck", "HTTP without a path", OF | {"HealthCheck": CHECK | {"Target": "HTTP:80"}}, "ValidationError"),
    case("elb.AttachLoadBalancerToSubnets", "another one of a zone that it is in", OF | {"Subnets": ["$same_zone_subnet"]}, "InvalidConfigurationRequest"),
    case("elb.DetachLoadBalancerFromSubnets", "the last one", OF | {"Subnets": ["$subnet"]}, "InvalidConfigurationRequest"),
    case("elb.DescribeInstanceHealth", "of one that is not registered", OF | INSTANCE, result={"InstanceStates[].State": ["OutOfService"]}),
    case("elb.RegisterInstancesWithLoadBalancer", "one that is not there", OF | {"Instances": [{"InstanceId": "i-0123456789abcdef0"}]}, "InvalidInstance"),
    case("elb.ModifyLoadBalancerAttributes", "an idle timeout that is too long", OF | {"LoadBalancerAttributes": {"ConnectionSettings": {"IdleTimeout": 4001}}}, "ValidationError"),
    case(
        "elb.ModifyLoadBalancerAttributes",
        "draining again takes as long as before",
        OF | {"LoadBalancerAttributes": {"ConnectionDraining": {"Enabled": True}}},
        before=[("elb.ModifyLoadBalancerAttributes", OF | {"LoadBalancerAttributes": attributes}) for attributes in ({"ConnectionDraining": {"Enabled": True, "Timeout": 400}}, {"ConnectionDraining": {"Enabled": False}})],
        result={"LoadBalancerAttributes.ConnectionDraining": {"Enabled": True, "Timeout": 400}},
    ),
    case("elb.ModifyLoadBalancerAttributes", "where logs went is told while there are none", OF | {"LoadBalancerAttributes": {"AccessLog": NO_LOG}}, then=[("elb.DescribeLoadBalancerAttributes", OF, {"LoadBalancerAttributes.AccessLog": NO_LOG})]),
    case("elb.DescribeLoadBalancers", "pages that are too large", {"PageSize": 401}, "ValidationError"),
    case("elb.DescribeLoadBalancers", "cut into pages", {"PageSize": 1}, before=[THERE, ("elb.DescribeLoadBalancers", {"LoadBalancerNames": ["$tls_balancer"]})], result={"length(LoadBalancerDescriptions)": 1, "NextMarker": SOMETHING}),
    case("elb.AddTags", "the same key twice", {"LoadBalancerNames": ["$balancer"], "Tags": [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]}, "DuplicateTagKeys"),
    case("elb.DeleteLoadBalancerPolicy", "that a listener uses", {"LoadBalancerName": "$balancer_with_policy", "PolicyName": "sticky"}, "InvalidConfigurationRequest", before=[("elb.SetLoadBalancerPoliciesOfListener", {"LoadBalancerName": "$balancer_with_policy", "LoadBalancerPort": 80, "PolicyNames": ["sticky"]})]),
    case("elb.SetLoadBalancerPoliciesOfListener", "of no listener", OF | {"LoadBalancerPort": 1, "PolicyNames": []}, "ListenerNotFound"),
    case("elb.DescribeLoadBalancerPolicyTypes", "of no such name", {"PolicyTypeNames": ["bogus"]}, "PolicyTypeNotFound"),
]

SUBNET = {"unknown:Subnets": "SubnetNotFound", "malformed:Subnets": "SubnetNotFound"}
GROUP = {"unknown:SecurityGroups": "InvalidSecurityGroup", "malformed:SecurityGroups": "InvalidSecurityGroup"}
REGISTERED = {"unknown:Instances.InstanceId": "InvalidInstance", "malformed:Instances.InstanceId": "InvalidInstance"}
ABOUT = {
    "elb.CreateLoadBalancer": SUBNET | GROUP,
    "elb.AttachLoadBalancerToSubnets": SUBNET,
    # Whether there are such subnets or not: it is in none of them.
    "elb.DetachLoadBalancerFromSubnets": {"unknown:Subnets": "InvalidConfigurationRequest", "malformed:Subnets": "InvalidConfigurationRequest"},
    "elb.ApplySecurityGroupsToLoadBalancer": GROUP,
    "elb.RegisterInstancesWithLoadBalancer": REGISTERED,
    "elb.DeregisterInstancesFromLoadBalancer": REGISTERED,
    # Whoever deletes is content that it is not there.
    "elb.DeleteLoadBalancer": {"unknown:LoadBalancerName": None},
}
