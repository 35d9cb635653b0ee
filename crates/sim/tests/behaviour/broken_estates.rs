//! Broken estate files: each complaint names file, line, field, problem and remedy.

use peerway_sim::{Settings, World};

/// A whole estate, a line each for what the cases break.
const GOOD: &str = r#"accounts:
  "111111111111":
    users: {someone: {accessKeys: {AKIAONE: x}}}
    roles:
      peerway: {trusts: ["*"], policy: {Statement: {Effect: Allow, Action: "ec2:*", Resource: "*"}}}
    regions:
      us-west-2:
        vpcs:
          - id: vpc-0000000a
            cidr: 10.50.0.0/21
            gateways: [igw-0000000a]
            routeTables:
              - id: rtb-0000000a
                main: true
                routes: [{destination: 0.0.0.0/0, target: igw-0000000a}]
              - id: rtb-0000000b
            subnets:
              - id: subnet-0000000a
                zone: usw2-az1
                cidr: 10.50.0.0/24
                routeTable: rtb-0000000b
            securityGroups:
              - id: sg-0000000a
                name: balancer
                ingress:
                  - protocol: tcp
                    ports: 8888
                    source: 10.0.0.0/8
  "222222222222":
    regions:
      us-west-2:
        vpcs:
          - {id: vpc-0000000b, cidr: 172.19.0.0/20}
peerings:
  - id: pcx-0000000a
    requester: vpc-0000000a
    accepter: vpc-0000000b
"#;

fn load(text: &str) -> Result<World, peerway_sim::BrokenEstate> {
    World::from_file("estate.yaml", text, Settings::default())
}

#[test]
fn a_whole_estate_is_loaded() {
    assert_eq!(load(GOOD).unwrap().estate().peerings.len(), 1);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn each_way_to_break_an_estate_is_told_with_file_line_field_problem_and_remedy() {
    let mut wrong = Vec::new();
    for (good, bad, field, problem, remedy) in [
        (
            "cidr: 10.50.0.0/21",
            "cidr: 10.50.0.0/99",
            "vpcs.cidr",
            "is not a CIDR block",
            "like 10.50.0.0/21",
        ),
        ("main: true", "mane: true", "routeTables.mane", "unknown field `mane`", "spell it"),
        ("  \"222222222222\":", "  \"2222\":", "2222", "twelve digits", "twelve digits in quotes"),
        (
            "    requester: vpc-0000000a",
            "    status: active",
            "peerings",
            "missing field `requester`",
            "add the field",
        ),
        ("zone: usw2-az1", "zone: usw2-az9", "subnets.zone", "usw2-az9 is no zone", "usw2-az1"),
        (
            "cidr: 10.50.0.0/24",
            "cidr: 10.51.0.0/24",
            "subnets.cidr",
            "10.51.0.0/24",
            "within a block of the VPC",
        ),
        ("cidr: 10.50.0.0/24", "mapPublicIp: true", "vpcs", "has no block", "give it a `cidr`"),
        (
            "routeTable: rtb-0000000b",
            "routeTable: rtb-0000000c",
            "subnets.routeTable",
            "rtb-0000000c is no table of",
            "leave `routeTable` out",
        ),
        (
            "- id: rtb-0000000b",
            "- {id: rtb-0000000b, main: true}",
            "routeTables",
            "another main table",
            "one table",
        ),
        (
            "target: igw-0000000a",
            "target: igw-0000000b",
            "routes.target",
            "igw-0000000b",
            "gone: true",
        ),
        (
            "0.0.0.0/0",
            "10.50.1.0/24",
            "routes.destination",
            "10.50.1.0/24",
            "outside of the VPC's own blocks",
        ),
        ("0.0.0.0/0", "10.60.0.1/24", "routes.destination", "host bits", "first address"),
        (
            "[igw-0000000a]",
            "[igw-0000000a, nonsense]",
            "gateways",
            "no id of a gateway",
            "begins with igw-",
        ),
        (
            "[igw-0000000a]",
            "[igw-0000000a, igw-0000000b]",
            "vpcs",
            "at most one internet gateway",
            "leave one",
        ),
        (
            "source: 10.0.0.0/8",
            "source: sg-0000000f",
            "ingress.source",
            "sg-0000000f is no group",
            "`peerVpc`",
        ),
        ("protocol: tcp", "protocol: ftp", "ingress.protocol", "is no protocol", "write tcp"),
        ("ports: 8888", "ports: 9-8", "securityGroups", "port range", "lower port first"),
        ("172.19.0.0/20", "10.50.0.0/20", "peerings", "the VPCs overlap", "another block"),
        (
            "accepter: vpc-0000000b",
            "accepter: vpc-0000000c",
            "peerings.accepter",
            "vpc-0000000c is no VPC",
            "{account: …",
        ),
        (
            "accepter: vpc-0000000b",
            "accepter: vpc-0000000b\n    status: fine",
            "peerings.status",
            "\"fine\" is no state",
            "pending-acceptance",
        ),
        ("id: vpc-0000000b", "id: vpc-0000000a", "vpcs", "also stands in", "another id"),
        (
            "{AKIAONE: x}}",
            "{AKIAONE: x}}, other: {accessKeys: {AKIAONE: y}}",
            "users",
            "the access key AKIAONE",
            "of their own",
        ),
        ("Action: \"ec2:*\"", "Action: run", "Statement.Action", "is no action", "policy document"),
        ("accounts:", "accounts: [", "accounts", "", "correct"),
    ] {
        assert!(GOOD.contains(good), "{good}");
        let text = GOOD.replacen(good, bad, 1);
        let broken = load(&text).expect_err(bad);
        let told = broken.to_string();
        let complaint = &broken.complaints[0];
        let wanted: Vec<&str> = field.split('.').collect();
        let found: Vec<&str> = complaint.field.split('.').collect();
        let at = text
            .lines()
            .collect::<Vec<_>>()
            .into_iter()
            .rposition(|line| line.contains(bad.lines().last().unwrap().trim()));
        let away = at.unwrap().abs_diff(complaint.line - 1);
        let is_found = if let [one] = wanted[..] {
            // About a thing as a whole, which takes a few lines.
            found.contains(&one) && away <= 11
        } else {
            wanted.iter().all(|key| found.contains(key))
                && found.last() == wanted.last()
                && away == 0
        };
        if !is_found
            || !complaint.problem.contains(problem)
            || !complaint.remedy.contains(remedy)
            || !told.starts_with(&format!("estate.yaml:{}: ", complaint.line))
        {
            wrong.push(format!("{bad} (at line {}): {told}", at.unwrap() + 1));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What stands in lists without ids, and things with many fields.
const UNNAMED: &str = r#"accounts:
  "111111111111":
    regions:
      us-west-2:
        vpcs:
          - cidr: 10.50.0.0/21
            tags: {query: yes, nodes: all}
            subnets:
              - zone: usw2-az1
                cidr: 10.50.0.0/24
              - {id: subnet-0000000b, zone: usw2-az2, cidr: 10.50.1.0/24}
              - {id: subnet-0000000c, zone: usw2-az1, cidr: 10.50.2.0/24}
              - {id: subnet-0000000d, zone: usw2-az3, cidr: 10.50.3.0/28}
            routeTables:
              - main: true
              - routes:
                  - {destination: 192.168.0.0/16, target: nat-0000000a}
            natGateways: [{id: nat-0000000a, subnet: subnet-0000000b}]
            securityGroups:
              - name: nodes
              - name: balancer
            instances:
              - {id: i-0000000b, subnet: subnet-0000000b}
              - subnet: subnet-0000000b
          - {id: vpc-0000000c, cidr: 172.19.0.0/20, secondaryCidrs: [100.64.0.0/24]}
        loadBalancers:
          - name: query
            subnets: [subnet-0000000b, subnet-0000000c]
            listeners:
              - {protocol: TCP, port: 8888}
              - {protocol: TCP, port: 9092, instancePort: 9093}
            healthCheck: {target: "TCP:8888", interval: 10, timeout: 5}
            attributes: {idleTimeout: 60, drainingTimeout: 300}
        autoScalingGroups:
          - name: nodes
            subnets: [subnet-0000000b]
            instances: [i-0000000b]
            min: 1
            max: 3
peerings:
  - requester: vpc-0000000c
    accepter: {account: "222222222222", region: us-west-2, vpc: vpc-0000000f}
  - requester: {account: "222222222222", region: us-west-2, vpc: vpc-0000000e}
    accepter: vpc-0000000c
"#;

#[test]
fn an_estate_without_ids_is_loaded() {
    load(UNNAMED).unwrap();
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn what_has_no_id_is_told_by_its_place_and_a_field_by_its_keys() {
    let mut wrong = Vec::new();
    for (good, bad, field, thing, problem, remedy) in [
        (
            "zone: usw2-az1",
            "zone: nowhere",
            "subnets.zone",
            "vpcs[0] subnets[0]",
            "nowhere is no zone",
            "usw2-az1",
        ),
        (
            "cidr: 10.50.0.0/21",
            "cidr: 127.0.0.0/21",
            "vpcs.cidr",
            "vpcs[0]",
            "127.0.0.0/21",
            "AWS does not reserve",
        ),
        (
            "[100.64.0.0/24]",
            "[10.64.0.0/24]",
            "vpcs.secondaryCidrs",
            "vpc-0000000c",
            "is restricted",
            "lets be added",
        ),
        (
            "target: nat-0000000a}",
            "target: nat-0000000b}",
            "routes.target",
            "vpcs[0] routeTables[1]",
            "nat-0000000b is not there",
            "gone: true",
        ),
        (
            "name: balancer",
            "name: sg-balancer",
            "securityGroups.name",
            "vpcs[0] securityGroups[1]",
            "in the format sg-",
            "does not begin with sg-",
        ),
        (
            "name: balancer",
            "name: NODES",
            "securityGroups.name",
            "vpcs[0] securityGroups[1]",
            "there twice",
            "another id or name",
        ),
        (
            "- subnet: subnet-0000000b",
            "- subnet: subnet-0000000f",
            "instances.subnet",
            "vpcs[0] instances[1]",
            "no subnet of vpcs[0]",
            "same VPC",
        ),
        (
            "[subnet-0000000b, subnet-0000000c]",
            "[subnet-0000000b, subnet-0000000d]",
            "loadBalancers.subnets",
            "query",
            "too small",
            "/27",
        ),
        (
            "[subnet-0000000b, subnet-0000000c]",
            "[subnet-0000000b, subnet-0000000c, subnet-0000000a]",
            "loadBalancers.subnets",
            "query",
            "subnet-0000000a",
            "",
        ),
        (
            "zone: usw2-az2",
            "zone: usw2-az1",
            "loadBalancers.subnets",
            "query",
            "same AZ",
            "one subnet of each zone",
        ),
        (
            "{protocol: TCP, port: 9092",
            "{protocol: FOO, port: 9092",
            "listeners.protocol",
            "query",
            "FOO",
            "",
        ),
        (
            "port: 9092",
            "port: 0",
            "listeners.port",
            "query",
            "between 1 and 65535",
            "from 1 to 65535",
        ),
        (
            "instancePort: 9093",
            "instancePort: 0",
            "listeners.instancePort",
            "query",
            "between 1 and 65535",
            "from 1 to 65535",
        ),
        ("\"TCP:8888\"", "\"FOO:1\"", "healthCheck.target", "query", "Target", "HTTP:8080/health"),
        (
            "idleTimeout: 60",
            "idleTimeout: 4000",
            "attributes.idleTimeout",
            "query",
            "between 1 and 3600",
            "within these bounds",
        ),
        (
            "min: 1",
            "min: 4",
            "autoScalingGroups.min",
            "nodes",
            "min 4 is more than its max 3",
            "`min`, `desired` and `max`",
        ),
        (
            "    accepter: vpc-0000000c",
            "    accepter: vpc-0000000c\n    status: foo",
            "peerings.status",
            "peerings[1]",
            "\"foo\" is no state",
            "like active",
        ),
        (
            "    accepter: vpc-0000000c",
            "    accepter: vpc-0000000d",
            "peerings.accepter",
            "peerings[1]",
            "vpc-0000000d is no VPC",
            "{account: …",
        ),
        (
            "region: us-west-2, vpc: vpc-0000000e}",
            "vpc: vpc-0000000e}",
            "peerings.requester.vpc",
            "",
            "missing field `region`",
            "add the field",
        ),
    ] {
        assert!(UNNAMED.contains(good), "{good}");
        let text = UNNAMED.replacen(good, bad, 1);
        let broken = load(&text).expect_err(bad);
        let complaint = &broken.complaints[0];
        let changed = UNNAMED.lines().zip(text.lines()).position(|(one, other)| one != other);
        // Or a line was added at the end.
        let changed = changed.unwrap_or(UNNAMED.lines().count()) + 1;
        // A zone is wrong for the balancer that stands in it twice.
        let at = if bad == "zone: usw2-az1" {
            text.lines().position(|line| line.contains("[subnet-0000000b,")).unwrap() + 1
        } else {
            changed
        };
        let whole = broken.to_string();
        let is_told = complaint.line == at
            && complaint.field.ends_with(field)
            && complaint.thing.as_deref().unwrap_or_default().ends_with(thing)
            && complaint.problem.contains(problem)
            && complaint.remedy.contains(remedy);
        if !is_told {
            wrong.push(format!("{bad} (at line {at}): {whole}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn whatever_letter_is_wrong_the_file_is_loaded_or_complained_about() {
    let mut refused = 0;
    for text in [GOOD, UNNAMED] {
        for (at, letter) in text.char_indices() {
            for instead in ["", "]", "é"] {
                let rest = &text[at + letter.len_utf8()..];
                let Err(broken) = load(&[&text[..at], instead, rest].concat()) else { continue };
                refused += 1;
                let lines = broken.complaints.iter().map(|complaint| complaint.line);
                assert!(lines.into_iter().all(|line| line >= 1), "{broken}");
            }
        }
    }
    assert!(refused > 1_000, "{refused}");
}

#[test]
fn several_things_that_are_wrong_are_told_at_once() {
    let text = GOOD.replacen("zone: usw2-az1", "zone: usw2-az9", 1).replacen(
        "accepter: vpc-0000000b",
        "accepter: vpc-0000000c",
        1,
    );
    let broken = load(&text).unwrap_err();
    let told: Vec<_> = broken.complaints.iter().map(|complaint| complaint.line).collect();
    assert_eq!(told, [37, 19], "{broken}");
}
