"""The golden example by hand: what somebody types who joins the VPCs without Peerway, and takes them apart again.

`NAME = aws …` keeps what a command says; `aws … == text` must say just that; `aws … ~= text` must come to say it. The
commands are those of the article that the example is from, with the ids of `deploy/examples/golden/estate.yaml`."""

import json
import re
import shlex
import time

import yaml

from .awscli import Failed
from .case import OK, Done
from .servers import get

ACCOUNT = "111111111111"
PATIENCE = 15.0

CONNECTION = "aws ec2 describe-vpc-peering-connections --vpc-peering-connection-ids {} --output text --query VpcPeeringConnections[0]."
ROUTES = "aws ec2 describe-route-tables --route-table-ids {} --output text --query"
TO_CONNECTIONS = "\"sort_by(RouteTables[0].Routes[?VpcPeeringConnectionId].{d: DestinationCidrBlock, c: VpcPeeringConnectionId, s: State}, &d)[].[d, c, s]\""


def joined(name: str, accepter: str) -> str:
    """A connection from the service VPC, up and with DNS resolution on the service's side."""
    status = CONNECTION.format(f"${name}") + "Status.Code"
    return f"""
        {name} = aws ec2 create-vpc-peering-connection --vpc-id vpc-ce78dbb7 --peer-vpc-id {accepter} --peer-owner-id {ACCOUNT} --tag-specifications ResourceType=vpc-peering-connection,Tags=[{{Key=Name,Value={name}}}] --query VpcPeeringConnection.VpcPeeringConnectionId --output text
        {status} ~= pending-acceptance
        aws ec2 accept-vpc-peering-connection --vpc-peering-connection-id ${name}
        {status} ~= active
        aws ec2 modify-vpc-peering-connection-options --vpc-peering-connection-id ${name} --requester-peering-connection-options AllowDnsResolutionFromRemoteVpc=true
        {CONNECTION.format(f"${name}")}RequesterVpcInfo.PeeringOptions.AllowDnsResolutionFromRemoteVpc == True
    """


def admitted(client: str) -> str:
    """The clients' group may talk to the balancers."""
    return f"""
        aws ec2 authorize-security-group-ingress --group-id sg-0e1b0001 --ip-permissions IpProtocol=tcp,FromPort=0,ToPort=65535,UserIdGroupPairs=[{{GroupId={client},UserId={ACCOUNT}}}]
        aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0e1b0001 --output text --query "SecurityGroupRules[?ReferencedGroupInfo.GroupId=='{client}'].[FromPort, ToPort]" == 0 65535
    """


DIRECT = f"""
    aws ec2 describe-vpcs --filters Name=tag:Name,Values=imply-e04-network-vpc --query Vpcs[].VpcId --output text == vpc-ce78dbb7
    aws ec2 describe-vpcs --filters Name=cidr,Values=172.20.0.0/20 --query Vpcs[].VpcId --output text == vpc-641fee1c
    aws ec2 describe-security-groups --filters "Name=description,Values=Imply Cloud ELB Unmanaged" --query SecurityGroups[].GroupId --output text == sg-0e1b0001
    {joined("reports", "vpc-641fee1c")}
    aws ec2 create-route --route-table-id rtb-7122e509 --destination-cidr-block 172.20.0.0/22 --vpc-peering-connection-id $reports
    aws ec2 create-route --route-table-id rtb-8c4492f7 --destination-cidr-block 10.50.0.0/21 --vpc-peering-connection-id $reports
    {ROUTES.format("rtb-7122e509")} {TO_CONNECTIONS} == 172.19.0.0/20 pcx-d3c1e8ba active 172.20.0.0/22 $reports active
    {ROUTES.format("rtb-8c4492f7")} {TO_CONNECTIONS} == 10.50.0.0/21 $reports active
    {admitted("sg-dee0b1ae")}
"""

# The consumer's block is behind the provider's connection already, so the service's table cannot have it twice.
TAKEN = """
    aws ec2 create-route --route-table-id rtb-7122e509 --destination-cidr-block 172.19.0.0/20 --vpc-peering-connection-id $billing != RouteAlreadyExists
"""


def overlap_subnet(number: int, zone: str, block: str) -> str:
    return f"""
        subnet{number} = aws ec2 create-subnet --vpc-id vpc-ce78dbb7 --cidr-block {block} --availability-zone-id {zone} --query Subnet.SubnetId --output text
        association{number} = aws ec2 associate-route-table --route-table-id $table --subnet-id $subnet{number} --query AssociationId --output text
        aws ec2 create-route --route-table-id rtb-48598f33 --destination-cidr-block {block} --vpc-peering-connection-id $billing
    """


OVERLAPPING = f"""
    {joined("billing", "vpc-3607f64e")}
    {TAKEN}
    table = aws ec2 create-route-table --vpc-id vpc-ce78dbb7 --tag-specifications ResourceType=route-table,Tags=[{{Key=Name,Value=billing}}] --query RouteTable.RouteTableId --output text
    aws ec2 create-route --route-table-id $table --destination-cidr-block 172.19.0.0/20 --vpc-peering-connection-id $billing
    {overlap_subnet(1, "usw2-az1", "10.50.6.0/26")}
    {overlap_subnet(2, "usw2-az2", "10.50.6.64/26")}
    {overlap_subnet(3, "usw2-az3", "10.50.6.128/26")}
    aws ec2 describe-route-tables --filters Name=association.subnet-id,Values=$subnet2 --query RouteTables[].RouteTableId --output text == $table
    aws ec2 describe-subnets --subnet-ids $subnet1 $subnet2 $subnet3 --query sum(Subnets[].AvailableIpAddressCount) == 177
    {ROUTES.format("$table")} {TO_CONNECTIONS} == 172.19.0.0/20 $billing active
    {ROUTES.format("rtb-48598f33")} {TO_CONNECTIONS} == 10.50.6.0/26 $billing active 10.50.6.128/26 $billing active 10.50.6.64/26 $billing active
    {ROUTES.format("rtb-7122e509")} {TO_CONNECTIONS} == 172.19.0.0/20 pcx-d3c1e8ba active 172.20.0.0/22 $reports active
    {admitted("sg-0c0ffee1")}
"""

# What the provider's tooling has made before anybody thinks of peering.
PROVIDER = """
    aws elb create-load-balancer --load-balancer-name imply-e04-elbinter-qqsuirj9f9ep --scheme internal --subnets subnet-0a000001 subnet-0a000002 subnet-0a000003 --security-groups sg-0e1b0001 sg-0def0001 --listeners Protocol=TCP,LoadBalancerPort=8888,InstancePort=8888 Protocol=TCP,LoadBalancerPort=9088,InstancePort=9088 Protocol=TCP,LoadBalancerPort=9095,InstancePort=9095
    aws elb configure-health-check --load-balancer-name imply-e04-elbinter-qqsuirj9f9ep --health-check Target=TCP:8888,Interval=30,Timeout=5,UnhealthyThreshold=2,HealthyThreshold=2
    aws autoscaling create-auto-scaling-group --auto-scaling-group-name imply-e04-Query-ASG --instance-id i-0a100001 --min-size 0 --max-size 3 --desired-capacity 1 --vpc-zone-identifier subnet-0a000004,subnet-0a000005,subnet-0a000006 --load-balancer-names imply-e04-elbinter-qqsuirj9f9ep --tags Key=Name,Value=imply-e04-Query-1
    aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names imply-e04-Query-ASG --output text --query AutoScalingGroups[0].Instances[].LifecycleState ~= InService
    aws autoscaling describe-load-balancers --auto-scaling-group-name imply-e04-Query-ASG --output text --query "LoadBalancers[].[LoadBalancerName, State]" ~= imply-e04-elbinter-qqsuirj9f9ep Added
"""

# A balancer in the overlap subnets, with the settings of the provider's, in front of the same instances.
BALANCER = """
    aws elb describe-load-balancers --load-balancer-names imply-e04-elbinter-qqsuirj9f9ep --output text --query "sort_by(LoadBalancerDescriptions[0].ListenerDescriptions[].Listener, &LoadBalancerPort)[].LoadBalancerPort" == 8888 9088 9095
    aws elb create-load-balancer --load-balancer-name imply-query-my-peering --scheme internal --subnets $subnet1 $subnet2 $subnet3 --security-groups sg-0e1b0001 sg-0def0001 --listeners Protocol=TCP,LoadBalancerPort=8888,InstancePort=8888 Protocol=TCP,LoadBalancerPort=9088,InstancePort=9088 Protocol=TCP,LoadBalancerPort=9095,InstancePort=9095 --tags Key=Name,Value=billing
    aws elb configure-health-check --load-balancer-name imply-query-my-peering --health-check Target=TCP:8888,Interval=30,Timeout=5,UnhealthyThreshold=2,HealthyThreshold=2
    aws elb modify-load-balancer-attributes --load-balancer-name imply-query-my-peering --load-balancer-attributes CrossZoneLoadBalancing={Enabled=true},ConnectionDraining={Enabled=true,Timeout=300}
    aws elb describe-load-balancer-attributes --load-balancer-name imply-query-my-peering --query LoadBalancerAttributes.CrossZoneLoadBalancing.Enabled --output text == True
    aws elb describe-tags --load-balancer-names imply-query-my-peering --query TagDescriptions[].Tags[].Value --output text == billing
    aws autoscaling attach-load-balancers --auto-scaling-group-name imply-e04-Query-ASG --load-balancer-names imply-query-my-peering
    aws autoscaling describe-load-balancers --auto-scaling-group-name imply-e04-Query-ASG --output text --query "sort_by(LoadBalancers, &LoadBalancerName)[].[LoadBalancerName, State]" ~= imply-e04-elbinter-qqsuirj9f9ep Added imply-query-my-peering Added
    aws elb describe-instance-health --load-balancer-name imply-query-my-peering --output text --query InstanceStates[].State ~= InService
    aws ec2 describe-network-interfaces --filters "Name=description,Values=ELB imply-query-my-peering" --query length(NetworkInterfaces) == 3
"""

BALANCER_APART = """
    aws ec2 delete-subnet --subnet-id $subnet1 != DependencyViolation
    aws autoscaling detach-load-balancers --auto-scaling-group-name imply-e04-Query-ASG --load-balancer-names imply-query-my-peering
    aws autoscaling describe-load-balancers --auto-scaling-group-name imply-e04-Query-ASG --output text --query LoadBalancers[].LoadBalancerName ~= imply-e04-elbinter-qqsuirj9f9ep
    aws elb describe-instance-health --load-balancer-name imply-e04-elbinter-qqsuirj9f9ep --output text --query length(InstanceStates) == 1
    aws elb delete-load-balancer --load-balancer-name imply-query-my-peering
    aws ec2 delete-subnet --subnet-id $subnet1 != DependencyViolation
    aws ec2 describe-network-interfaces --filters "Name=description,Values=ELB imply-query-my-peering" --query length(NetworkInterfaces) ~= 0
"""

PROVIDER_APART = """
    aws autoscaling delete-auto-scaling-group --auto-scaling-group-name imply-e04-Query-ASG --force-delete
    aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names imply-e04-Query-ASG --query length(AutoScalingGroups) ~= 0
    aws elb delete-load-balancer --load-balancer-name imply-e04-elbinter-qqsuirj9f9ep
    aws ec2 describe-network-interfaces --filters "Name=description,Values=ELB imply-e04-elbinter-qqsuirj9f9ep" --query length(NetworkInterfaces) ~= 0
"""

APART = """
    aws ec2 revoke-security-group-ingress --group-id sg-0e1b0001 --ip-permissions IpProtocol=tcp,FromPort=0,ToPort=65535,UserIdGroupPairs=[{GroupId=sg-0c0ffee1}]
    aws ec2 delete-route --route-table-id rtb-48598f33 --destination-cidr-block 10.50.6.0/26
    aws ec2 delete-route --route-table-id rtb-48598f33 --destination-cidr-block 10.50.6.64/26
    aws ec2 delete-route --route-table-id rtb-48598f33 --destination-cidr-block 10.50.6.128/26
    aws ec2 delete-route-table --route-table-id $table != DependencyViolation
    aws ec2 disassociate-route-table --association-id $association1
    aws ec2 delete-subnet --subnet-id $subnet1
    aws ec2 delete-subnet --subnet-id $subnet2
    aws ec2 delete-subnet --subnet-id $subnet3
    aws ec2 delete-route-table --route-table-id $table
    aws ec2 delete-vpc-peering-connection --vpc-peering-connection-id $billing
    aws ec2 delete-vpc-peering-connection --vpc-peering-connection-id $reports
    aws ec2 describe-route-tables --filters Name=route.state,Values=blackhole --output text --query sort(RouteTables[].RouteTableId) == rtb-7122e509 rtb-8c4492f7
    aws ec2 delete-route --route-table-id rtb-7122e509 --destination-cidr-block 172.20.0.0/22
    aws ec2 delete-route --route-table-id rtb-8c4492f7 --destination-cidr-block 10.50.0.0/21
    aws ec2 describe-security-groups --group-ids sg-0e1b0001 --output text --query SecurityGroups[0].IpPermissions[0].UserIdGroupPairs[].PeeringStatus == deleted
    aws ec2 revoke-security-group-ingress --group-id sg-0e1b0001 --ip-permissions IpProtocol=tcp,FromPort=0,ToPort=65535,UserIdGroupPairs=[{GroupId=sg-dee0b1ae}]
"""

LINE = re.compile(r"(?:(?P<name>\w+) = )?(?P<command>aws .*?)(?: (?P<how>==|~=|!=) (?P<wanted>.*))?$")


def walk(aws, endpoint: str, chapters) -> list[Done]:
    """Types every command. What stands at the end must be what stood at the beginning."""
    names, done = {}, []
    before = estate(endpoint)
    for line in "".join(chapters).splitlines():
        if line.strip():
            step = type_it(aws, endpoint, line.strip(), names)
            done.append(step)
            if step.outcome != OK:
                return done
    after = estate(endpoint)
    outcome = OK if after == before else f"not: {difference(before, after)}"
    return [*done, Done("golden", "golden: at the end all is as it was", "", OK, outcome)]


def estate(endpoint: str) -> dict:
    return yaml.load(get(endpoint, "/_peerway/estate"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def type_it(aws, endpoint: str, line: str, names: dict) -> Done:
    name, command, how, wanted = LINE.match(line).groups()

    def filled(text):
        return re.sub(r"\$(\w+)", lambda found: names[found.group(1)], text)

    words = shlex.split(filled(command))[1:]
    wanted = filled(wanted) if wanted else None
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            said = " ".join(aws.run(endpoint, ACCOUNT, words).split())
        except Failed as error:
            said = f"failed: {error}"
            holds = how == "!=" and f"({wanted})" in said
        else:
            holds = how != "!=" and wanted in (None, said)
        if holds or how != "~=" or time.monotonic() > deadline:
            break
    if name:
        names[name] = said
    outcome = OK if holds else f"not: {said[-600:]}"
    return Done("golden", f"golden: {line}", action_of(command), OK, outcome)


def action_of(command: str) -> str:
    service, verb = command.split()[1:3]
    prefix = "" if service in ("ec2", "sts") else f"{service}."
    return prefix + "".join(part.capitalize() for part in verb.split("-"))


def difference(before, after, path="") -> str:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}, key=str):
            if before.get(key) != after.get(key):
                return difference(before.get(key), after.get(key), f"{path}/{key}")
    return f"{path}: {json.dumps(before, default=str)[:300]} became {json.dumps(after, default=str)[:300]}"


CHAPTERS = (PROVIDER, DIRECT, OVERLAPPING, BALANCER, BALANCER_APART, APART, PROVIDER_APART)


def actions() -> set:
    """The actions of the golden example."""
    lines = [line.strip() for line in "".join(CHAPTERS).splitlines() if line.strip()]
    return {action_of(LINE.match(line)["command"]) for line in lines}
