//! Each write does what it says, and shows in the next read.

use peerway_model::{
    AssociationScope, CidrBlock, ConnectionId, ConnectionState, IngressRule, PortRange, Protocol,
    RouteTarget, RuleSource, Subnet, SubnetId, Tags,
};

use crate::fronts::{Front, both, consumer, dual_stack, golden, service, two_accounts, two_acls};

fn tags(value: &str) -> Tags {
    Tags::from([("peerway.dev/owner".to_owned(), value.to_owned())])
}

async fn request(front: &Front) -> ConnectionId {
    front
        .ec2(&consumer())
        .request_connection(
            &"vpc-0c830001".parse().unwrap(),
            &"vpc-0a510001".parse().unwrap(),
            &"111111111111".parse().unwrap(),
            &"us-west-2".parse().unwrap(),
            &tags("x"),
        )
        .await
        .unwrap()
}

#[tokio::test]
async fn a_connection_lives_across_accounts_and_regions() {
    for front in both(&two_accounts(), None).await {
        let (asking, asked) = (front.ec2(&consumer()), front.ec2(&service()));
        let id = request(&front).await;
        assert_eq!(
            request(&front).await,
            id,
            "{}: the same request is answered with the same connection",
            front.name
        );
        let seen = asked.list_connections().await.unwrap();
        assert_eq!(seen[0].state, ConnectionState::PendingAcceptance);
        assert!(seen[0].tags.is_empty(), "{}: tags are each side's own", front.name);
        asked.accept_connection(&id).await.unwrap();
        asked.create_tags(id.as_str(), &tags("y")).await.unwrap();
        asked.set_accepter_dns_resolution(&id, true).await.unwrap();
        asking.set_requester_dns_resolution(&id, true).await.unwrap();
        asking.set_requester_dns_resolution(&id, false).await.unwrap();
        for (ec2, owner) in [(&asking, "x"), (&asked, "y")] {
            let connection = ec2.list_connections().await.unwrap().remove(0);
            assert_eq!(connection.id, id);
            assert_eq!(connection.state, ConnectionState::Active);
            assert_eq!(connection.tags, tags(owner), "{}", front.name);
            assert_eq!(connection.requester.dns_resolution, Some(false));
            assert_eq!(connection.accepter.dns_resolution, Some(true));
            assert_eq!(connection.accepter.cidrs, ["10.50.0.0/21".parse().unwrap()]);
        }
        asking.delete_connection(&id).await.unwrap();
        let connection = asked.list_connections().await.unwrap().remove(0);
        assert_eq!(connection.state, ConnectionState::Deleted, "{}", front.name);
    }
}

#[tokio::test]
async fn routes_are_made_replaced_and_deleted() {
    for front in both(&golden(), None).await {
        let ec2 = front.ec2(&service());
        let (lifeline, table) = ("pcx-d3c1e8ba".parse().unwrap(), "rtb-a822e5d0".parse().unwrap());
        let destination = "172.19.4.0/22".parse().unwrap();
        ec2.create_route(&table, &destination, &lifeline).await.unwrap();
        let target = async || {
            let tables = ec2.list_route_tables().await.unwrap();
            let table = tables.into_iter().find(|known| known.id == table).unwrap();
            table.route_to(&destination).map(|route| route.target.clone())
        };
        assert_eq!(
            target().await,
            Some(RouteTarget::Connection(lifeline.clone())),
            "{}",
            front.name
        );
        ec2.replace_route(&table, &destination, &lifeline).await.unwrap();
        ec2.delete_route(&table, &destination).await.unwrap();
        assert_eq!(target().await, None, "{}", front.name);
    }
}

#[tokio::test]
async fn a_subnet_is_made_associated_moved_and_deleted() {
    for front in both(&golden(), None).await {
        let ec2 = front.ec2(&service());
        let vpc = "vpc-ce78dbb7".parse().unwrap();
        let (zone, cidr) = ("usw2-az2".parse().unwrap(), "10.50.6.0/26".parse().unwrap());
        let id = ec2.create_subnet(&vpc, &zone, &cidr, None, &tags("x")).await.unwrap();
        let read = async || {
            let subnets = ec2.list_subnets().await.unwrap();
            subnets.into_iter().find(|subnet| subnet.id == id)
        };
        let made = Subnet {
            id: id.clone(),
            vpc: vpc.clone(),
            zone,
            cidrs: vec![cidr],
            available_addresses: 59,
            tags: tags("x"),
        };
        assert_eq!(read().await, Some(made), "{}", front.name);

        let first = ec2.create_route_table(&vpc, "first", &tags("x")).await.unwrap();
        let again = ec2.create_route_table(&vpc, "first", &tags("x")).await.unwrap();
        assert_eq!(first, again, "{}: the same token makes the same table", front.name);
        let second = ec2.create_route_table(&vpc, "second", &tags("y")).await.unwrap();
        assert_ne!(first, second, "{}", front.name);
        // Which table the subnet is associated with, and by which association.
        let used = async || {
            let tables = ec2.list_route_tables().await.unwrap();
            let scope = AssociationScope::Subnet(id.clone());
            tables.into_iter().find_map(|table| {
                let found = table.associations.iter().find(|known| known.scope == scope)?;
                Some((table.id.clone(), found.id.clone(), table.tags.clone()))
            })
        };
        assert_eq!(used().await, None, "{}: a new subnet follows the main table", front.name);
        let association = ec2.associate_route_table(&first, &id).await.unwrap();
        let before = (first.clone(), association.clone(), tags("x"));
        assert_eq!(used().await, Some(before), "{}", front.name);
        let moved = ec2.replace_route_table_association(&association, &second).await.unwrap();
        assert_ne!(moved, association, "{}", front.name);
        assert_eq!(used().await, Some((second.clone(), moved, tags("y"))), "{}", front.name);

        ec2.delete_subnet(&id).await.unwrap();
        assert_eq!((read().await, used().await), (None, None), "{}", front.name);
        for table in [&first, &second] {
            ec2.delete_route_table(table).await.unwrap();
        }
        let tables = ec2.list_route_tables().await.unwrap();
        assert!(!tables.iter().any(|table| [&first, &second].contains(&&table.id)));
    }
}

#[tokio::test]
async fn a_subnet_that_stands_gets_an_ipv6_block() {
    for front in both(&dual_stack(), None).await {
        let ec2 = front.ec2(&service());
        let subnet: SubnetId = "subnet-0000000a".parse().unwrap();
        let (ipv4, ipv6): (CidrBlock, CidrBlock) =
            ("10.50.0.0/24".parse().unwrap(), "2600:1f14:aa:1::/64".parse().unwrap());
        let read = async || {
            let subnets = ec2.list_subnets().await.unwrap();
            subnets.into_iter().find(|seen| seen.id == subnet).unwrap().cidrs
        };
        assert_eq!(read().await, [ipv4], "{}", front.name);
        ec2.associate_subnet_cidr_block(&subnet, &ipv6).await.unwrap();
        assert_eq!(read().await, [ipv4, ipv6], "{}", front.name);
    }
}

#[tokio::test]
async fn a_subnet_gets_another_acl() {
    for front in both(&two_acls(), None).await {
        let ec2 = front.ec2(&service());
        let subnet: SubnetId = "subnet-0000000a".parse().unwrap();
        let own = "acl-0000000b".parse().unwrap();
        let used = async || {
            let acls = ec2.list_network_acls().await.unwrap();
            acls.into_iter()
                .find_map(|acl| Some((acl.id.clone(), acl.association_of(&subnet)?.clone())))
                .unwrap()
        };
        let (_, association) = used().await;
        let moved = ec2.replace_network_acl_association(&association, &own).await.unwrap();
        assert_ne!(moved, association, "{}", front.name);
        assert_eq!(used().await, (own, moved), "{}", front.name);
    }
}

#[tokio::test]
async fn only_the_very_tags_that_are_named_are_taken_off() {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    for front in both(&golden(), None).await {
        let ec2 = front.ec2(&service());
        let id = "subnet-0a000001";
        let read = async || {
            let subnets = ec2.list_subnets().await.unwrap();
            subnets.into_iter().find(|subnet| subnet.id.as_str() == id).unwrap().tags
        };
        let name = pair("Name", "imply-e04-static-1");
        let with = |more: &[(String, String)]| -> Tags {
            more.iter().cloned().chain([name.clone()]).collect()
        };
        let both = [pair("a", "1"), pair("b", "2")];
        ec2.create_tags(id, &Tags::from(both.clone())).await.unwrap();
        assert_eq!(read().await, with(&both), "{}", front.name);
        ec2.delete_tags(id, &Tags::new()).await.unwrap();
        assert_eq!(read().await, with(&both), "{}: no tag is not every tag", front.name);
        ec2.delete_tags(id, &Tags::from([pair("a", "another")])).await.unwrap();
        assert_eq!(read().await, with(&both), "{}: the value is another by now", front.name);
        ec2.delete_tags(id, &Tags::from([pair("a", "1")])).await.unwrap();
        assert_eq!(read().await, with(&both[1..]), "{}", front.name);
        ec2.delete_tags(id, &Tags::from([pair("b", "2"), pair("never", "there")])).await.unwrap();
        assert_eq!(read().await, with(&[]), "{}", front.name);
    }
}

#[tokio::test]
async fn rules_of_every_sort_are_written_read_back_equal_and_revoked() {
    let group: peerway_model::SecurityGroupId = "sg-0aa00001".parse().unwrap();
    let cidr = |text: &str| RuleSource::Cidr(text.parse().unwrap());
    let own_group = RuleSource::SecurityGroup {
        id: "sg-0e1b0001".parse().unwrap(),
        account: "111111111111".parse().unwrap(),
    };
    let ports = |from, to| Some(PortRange { from, to });
    let wanted = [
        (Protocol::Tcp, ports(8888, 8888), cidr("172.20.0.0/22")),
        (Protocol::Tcp, ports(0, 65535), own_group.clone()),
        (Protocol::Udp, ports(53, 53), cidr("fd00::/64")),
        (Protocol::Icmp, None, cidr("172.20.0.0/22")),
        (Protocol::Icmpv6, None, cidr("fd00::/64")),
        (Protocol::All, None, cidr("172.20.4.0/22")),
    ];
    for front in both(&golden(), None).await {
        let ec2 = front.ec2(&service());
        for (protocol, ports, source) in wanted.clone() {
            let rule = IngressRule { group: group.clone(), protocol, ports, source };
            let id = ec2.authorize_ingress(&rule, &tags("x")).await.unwrap();
            let rules = ec2.list_security_group_rules().await.unwrap();
            let read = rules.iter().find(|read| read.id == id).unwrap();
            assert!(rule.is_key_of(read), "{}: {rule} came back as {read:?}", front.name);
            assert_eq!(read.tags, tags("x"));
            ec2.revoke_ingress(&group, &id).await.unwrap();
            let rules = ec2.list_security_group_rules().await.unwrap();
            assert!(!rules.iter().any(|read| read.id == id), "{}", front.name);
        }
    }
}
