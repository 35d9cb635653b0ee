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

QUERY, ORIGINAL = "imply-query-my-peering", "imply-e04-elbinter-qqsuirj9f9ep"
GROUPS = "aws autoscaling describe-load-balancers --output text --auto-scaling-group-name {} --query \"sort_by(LoadBalancers, &LoadBalancerName)[].[LoadBalancerName, State]\""
HEALTH = "aws elb describe-instance-health --output text --load-balancer-name {} --query sort(InstanceStates[].State)"
INTERFACES = "aws ec2 describe-network-interfaces --filters \"Name=description,Values=ELB {}\" --query length(NetworkInterfaces)"
MASTERS = ("imply-e04-Master-ASG-1", "imply-e04-Master-ASG-2", "imply-e04-Master-ASG-3")


def balancer(name: str, ports: list, check: str) -> str:
    """A balancer in the overlap subnets."""
    listeners = " ".join(f"Protocol=TCP,LoadBalancerPort={port},InstanceProtocol=TCP,InstancePort={port}" for port in ports)
    return f"""
        aws elb create-load-balancer --load-balancer-name {name} --scheme internal --subnets $subnet1 $subnet2 $subnet3 --security-groups sg-0e1b0001 sg-0def0001 --listeners {listeners} --tags Key=Name,Value=billing
        aws elb configure-health-check --load-balancer-name {name} --health-check {check}
        aws elb modify-load-balancer-attributes --load-balancer-name {name} --load-balancer-attributes CrossZoneLoadBalancing={{Enabled=true}},ConnectionDraining={{Enabled=true,Timeout=300}}
        aws elb describe-load-balancer-attributes --load-balancer-name {name} --query LoadBalancerAttributes.CrossZoneLoadBalancing.Enabled --output text == True
        aws elb describe-tags --load-balancer-names {name} --query TagDescriptions[].Tags[].Value --output text == billing
        {INTERFACES.format(name)} == 3
    """


def leaders(name: str, port: int, path: str) -> str:
    """A balancer that has only the leader of the masters in service."""
    check = f"Target=HTTPS:{port}{path},Interval=10,Timeout=5,UnhealthyThreshold=2,HealthyThreshold=2"
    attached = "".join(f"""
        aws autoscaling attach-load-balancers --auto-scaling-group-name {group} --load-balancer-names {name}
    """ for group in MASTERS)
    return balancer(name, [port], check) + attached


COORDINATOR, OVERLORD = "imply-coordinator-my-peering", "imply-overlord-my-peering"

BALANCERS = f"""
    aws elb describe-load-balancers --load-balancer-names {ORIGINAL} --output text --query "sort_by(LoadBalancerDescriptions[0].ListenerDescriptions[].Listener, &LoadBalancerPort)[].LoadBalancerPort" == 8888 9088 9095
    aws elb describe-load-balancers --load-balancer-names {ORIGINAL} --output text --query LoadBalancerDescriptions[0].HealthCheck.Target == HTTPS:9095/health
    {balancer(QUERY, [8888, 9088, 9095], "Target=HTTPS:9095/health,Interval=30,Timeout=5,UnhealthyThreshold=2,HealthyThreshold=10")}
    aws autoscaling attach-load-balancers --auto-scaling-group-name imply-e04-Query-ASG --load-balancer-names {QUERY}
    {leaders(COORDINATOR, 8281, "/druid/coordinator/v1/isLeader")}
    {leaders(OVERLORD, 8290, "/druid/indexer/v1/isLeader")}
    {HEALTH.format(QUERY)} ~= InService InService InService
    {HEALTH.format(COORDINATOR)} ~= InService OutOfService OutOfService
    {HEALTH.format(OVERLORD)} ~= InService OutOfService OutOfService
    {GROUPS.format("imply-e04-Query-ASG")} ~= {ORIGINAL} Added {QUERY} Added
    {GROUPS.format(MASTERS[1])} ~= {COORDINATOR} Added {OVERLORD} Added
    {HEALTH.format(ORIGINAL)} == InService InService InService
"""


def detached(name: str, groups) -> str:
    return "".join(f"""
        aws autoscaling detach-load-balancers --auto-scaling-group-name {group} --load-balancer-names {name}
    """ for group in groups)


def removed(name: str) -> str:
    return f"""
        aws elb delete-load-balancer --load-balancer-name {name}
        aws elb describe-load-balancers --load-balancer-names {name} != LoadBalancerNotFound
    """


BALANCERS_APART = f"""
    aws ec2 delete-subnet --subnet-id $subnet1 != DependencyViolation
    {detached(QUERY, ["imply-e04-Query-ASG"])}
    {detached(COORDINATOR, MASTERS)}
    {detached(OVERLORD, MASTERS)}
    {GROUPS.format("imply-e04-Query-ASG")} ~= {ORIGINAL} Added
    {GROUPS.format(MASTERS[0])} ~= nothing
    {GROUPS.format(MASTERS[1])} ~= nothing
    {GROUPS.format(MASTERS[2])} ~= nothing
    {HEALTH.format(ORIGINAL)} == InService InService InService
    {removed(QUERY)}
    aws ec2 delete-subnet --subnet-id $subnet1 != DependencyViolation
    {removed(COORDINATOR)}
    {removed(OVERLORD)}
    {INTERFACES.format(QUERY)} ~= 0
    {INTERFACES.format(COORDINATOR)} ~= 0
    {INTERFACES.format(OVERLORD)} ~= 0
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
            said = " ".join(aws.run(endpoint, ACCOUNT, words).split()) or "nothing"
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


CHAPTERS = (DIRECT, OVERLAPPING, BALANCERS, BALANCERS_APART, APART)


def actions() -> set:
    """The actions of the golden example."""
    lines = [line.strip() for line in "".join(CHAPTERS).splitlines() if line.strip()]
    return {action_of(LINE.match(line)["command"]) for line in lines}
