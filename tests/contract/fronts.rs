//! The two ways in, each to a world of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use peerway_aws::{AutoScaling, Cloud, Ec2, LoadBalancing, Pacing, Snapshots, SnapshotsConfig};
use peerway_aws_sdk::SdkCloud;
use peerway_model::{Access, Clock, Credentials, Place, Timestamp};
use peerway_sim::{Estate, Settings, SimClock, SimCloud, Timings, World, serve};

/// The controller's identity in the example estates.
const KEY: (&str, &str) = ("AKIAPEERWAYCONTROLLR", "simulated-secret-access-key");

/// A way in, and the world it leads to.
pub(crate) struct Front {
    pub(crate) name: &'static str,
    pub(crate) world: Arc<World>,
    pub(crate) cloud: Arc<dyn Cloud>,
}

impl Front {
    pub(crate) fn ec2(&self, place: &Place) -> Arc<dyn Ec2> {
        self.cloud.ec2(place)
    }

    pub(crate) fn auto_scaling(&self, place: &Place) -> Arc<dyn AutoScaling> {
        self.cloud.auto_scaling(place)
    }

    pub(crate) fn load_balancing(&self, place: &Place) -> Arc<dyn LoadBalancing> {
        self.cloud.load_balancing(place)
    }

    /// What is read through it, at a moment that does not pass.
    pub(crate) fn snapshots(&self) -> (Arc<Snapshots>, Clock) {
        let clock = Clock::new(|| Timestamp::from_second(1_800_000_000).unwrap());
        let pacing = Arc::new(Pacing::new(clock.clone(), BTreeMap::new()));
        let config = SnapshotsConfig::default();
        let (snapshots, _) = Snapshots::new(self.cloud.clone(), pacing, clock.clone(), config);
        (snapshots, clock)
    }
}

/// Both ways in, to equal worlds with pages of at most `page_limit` items.
pub(crate) async fn both(estate: &str, page_limit: Option<usize>) -> [Front; 2] {
    let estate = Estate::from_yaml(estate).unwrap();
    let world = || {
        let settings = Settings {
            clock: SimClock::stepped(Timestamp::from_second(1_800_000_000).unwrap()),
            timings: Timings::immediate(),
            page_limit,
            ..Settings::default()
        };
        Arc::new(World::new(&estate, settings).unwrap())
    };
    let in_process = world();
    let cloud = Arc::new(SimCloud::new(in_process.clone(), KEY.0));
    let in_process = Front { name: "in process", world: in_process, cloud };

    let over_http = world();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(over_http.clone(), listener, std::future::pending()));
    let cloud = Arc::new(SdkCloud::at_endpoint(&url, KEY.0, KEY.1).await);
    [in_process, Front { name: "the SDK over HTTP", world: over_http, cloud }]
}

pub(crate) fn golden() -> String {
    std::fs::read_to_string(peerway_tests::environment::example("golden/estate.yaml")).unwrap()
}

/// One subnet in a VPC with a second network ACL.
pub(crate) fn two_acls() -> String {
    r#"
accounts:
  "111111111111":
    roles: {peerway: {trusts: ["arn:aws:iam::999999999999:user/peerway-controller"]}}
    regions:
      us-west-2:
        vpcs:
          - id: vpc-0000000a
            cidr: 10.50.0.0/21
            networkACLs:
              - {id: acl-0000000a, default: true}
              - id: acl-0000000b
                entries:
                  - {number: 100, protocol: tcp, ports: 1024-65535, cidr: 172.19.0.0/20}
                  - {number: 110, protocol: icmp, ports: 8-0, cidr: 172.19.0.0/20, deny: true}
                  - {number: 120, egress: true, protocol: all, cidr: 0.0.0.0/0}
            subnets: [{id: subnet-0000000a, zone: usw2-az1, cidr: 10.50.0.0/24}]
  "999999999999":
    users: {peerway-controller: {accessKeys: {AKIAPEERWAYCONTROLLR: simulated-secret-access-key}}}
"#
    .to_owned()
}

/// A VPC of both families, with a subnet of one.
pub(crate) fn dual_stack() -> String {
    let ipv4 = "cidr: 10.50.0.0/21\n";
    two_acls().replace(ipv4, &format!("{ipv4}            ipv6Cidrs: ['2600:1f14:aa::/56']\n"))
}

/// A VPC with room for balancers, without a way to the internet, and a group of one instance.
pub(crate) fn balanced() -> String {
    r#"
accounts:
  "111111111111":
    roles: {peerway: {trusts: ["arn:aws:iam::999999999999:user/peerway-controller"]}}
    regions:
      us-west-2:
        certificates:
          - {arn: "arn:aws:acm:us-west-2:111111111111:certificate/one"}
          - {arn: "arn:aws:acm:us-west-2:111111111111:certificate/two"}
        logBuckets: [logs]
        vpcs:
          - id: vpc-0000000a
            cidr: 10.50.0.0/21
            subnets:
              - {id: subnet-0000000a, zone: usw2-az1, cidr: 10.50.0.0/24}
              - {id: subnet-0000000b, zone: usw2-az2, cidr: 10.50.1.0/24}
              - {id: subnet-0000000c, zone: usw2-az3, cidr: 10.50.2.0/24}
              - {id: subnet-0000001a, zone: usw2-az1, cidr: 10.50.3.0/24}
              - {id: subnet-0000000e, zone: usw2-az3, cidr: 10.50.7.0/28}
            securityGroups: [{id: sg-0000000a, name: balancer}, {id: sg-0000000b, name: nodes}]
            instances:
              - {id: i-0000000a, subnet: subnet-0000000a}
              - {id: i-0000000b, subnet: subnet-0000000b}
              - {id: i-0000000c, subnet: subnet-0000000b}
          - id: vpc-0000000b
            cidr: 10.60.0.0/21
            subnets: [{id: subnet-0000000d, zone: usw2-az2, cidr: 10.60.0.0/24}]
            instances: [{id: i-0000000d, subnet: subnet-0000000d}]
        autoScalingGroups:
          - {name: nodes, subnets: [subnet-0000000b], instances: [i-0000000c]}
  "999999999999":
    users: {peerway-controller: {accessKeys: {AKIAPEERWAYCONTROLLR: simulated-secret-access-key}}}
"#
    .to_owned()
}

pub(crate) fn two_accounts() -> String {
    std::fs::read_to_string(peerway_tests::environment::example("two-accounts/estate.yaml"))
        .unwrap()
}

pub(crate) fn place(account: &str, region: &str) -> Place {
    with_external_id(account, region, (account == "333333333333").then_some("consumer-to-peerway"))
}

pub(crate) fn with_external_id(account: &str, region: &str, external_id: Option<&str>) -> Place {
    let access = Access {
        name: account.into(),
        account: account.parse().unwrap(),
        credentials: Credentials::AssumeRole {
            role_arn: format!("arn:aws:iam::{account}:role/peerway"),
            external_id: external_id.map(str::to_owned),
            tags_sessions: false,
            session: None,
        },
    };
    Place { access: Arc::new(access), region: region.parse().unwrap() }
}

pub(crate) fn service() -> Place {
    place("111111111111", "us-west-2")
}

pub(crate) fn consumer() -> Place {
    place("333333333333", "eu-central-1")
}
