//! What roles may do: their own policy, the session's, and how AWS refuses.

use peerway_aws::iam;
use peerway_model::{AccountId, VpcId};
use peerway_sim::ec2::TagSpecification;
use peerway_sim::ec2::network_acls::{
    CreateNetworkAcl, DescribeNetworkAcls, ReplaceNetworkAclAssociation,
};
use peerway_sim::ec2::peerings::{CreateVpcPeeringConnection, VpcPeeringConnectionReply};
use peerway_sim::ec2::route_tables::{
    CreateRouteTable, DeleteRouteTable, DescribeRouteTables, DisassociateRouteTable,
    ReplaceRouteTableAssociation,
};
use peerway_sim::ec2::security_groups::{
    AuthorizeSecurityGroupIngress, CreateSecurityGroup, GroupPair, IpPermission,
    ModifySecurityGroupRules, SecurityGroupRuleRequest, SecurityGroupRuleUpdate,
};
use peerway_sim::ec2::subnets::CreateSubnet;
use peerway_sim::ec2::tags::CreateTags;
use peerway_sim::ec2::vpcs::{DeleteVpc, DescribeVpcs};
use peerway_sim::sts::{AssumeRole, GetCallerIdentity, Members};
use peerway_sim::{Caller, Estate, EstateError, Settings, World};

use crate::support::{
    ESTATE, OURS, THEIRS, TWIN, accept, code, connect, delete, done, ours, refusal, request,
    request_to, route_over, seconds, tag, theirs, world_of,
};

/// A world in which both accounts have a role `r` with this policy, in YAML's flow form.
fn world(policy: &str) -> World {
    let mut estate = ESTATE.to_owned();
    for account in ["111111111111", "222222222222"] {
        let roles = format!(
            "  \"{account}\":\n    roles:\n      r: {{trusts: [\"{account}\"], tagSession: true, policy: {policy}}}\n      \
             free: {{trusts: [\"{account}\"]}}\n"
        );
        estate = estate.replace(&format!("  \"{account}\":\n"), &roles);
    }
    world_of(&estate, Settings::default())
}

fn allow(statements: &str) -> World {
    world(&format!("{{Version: \"2012-10-17\", Statement: [{statements}]}}"))
}

fn assume(account: &str, role: &str) -> AssumeRole {
    AssumeRole {
        role_arn: format!("arn:aws:iam::{account}:role/{role}"),
        role_session_name: "test".to_owned(),
        ..AssumeRole::default()
    }
}

fn become_role(world: &World, root: &Caller, request: AssumeRole) -> Caller {
    let credentials = done(world, root, request).credentials;
    Caller::session(&credentials.access_key_id, &credentials.session_token, &root.region)
}

/// Our and their role `r`.
fn roles(world: &World) -> (Caller, Caller) {
    (
        become_role(world, &ours(), assume("111111111111", "r")),
        become_role(world, &theirs(), assume("222222222222", "r")),
    )
}

fn table(tags: &[(&str, &str)]) -> CreateRouteTable {
    let specification = TagSpecification {
        resource_type: "route-table".to_owned(),
        tags: tags.iter().map(|(key, value)| tag(key, value)).collect(),
    };
    CreateRouteTable {
        vpc_id: OURS.to_owned(),
        tag_specifications: if tags.is_empty() { vec![] } else { vec![specification] },
        ..CreateRouteTable::default()
    }
}

#[test]
fn what_no_policy_allows_is_refused_in_the_words_of_the_service() {
    let world = allow("{Effect: Allow, Action: \"ec2:Describe*\", Resource: \"*\"}");
    let (us, _) = roles(&world);
    done(&world, &us, DescribeVpcs::default());
    done(&world, &us, GetCallerIdentity {});
    let error = refusal(&world, &us, DeleteVpc { vpc_id: OURS.to_owned(), dry_run: Some(true) });
    assert_eq!(error.code(), Some("UnauthorizedOperation"));
    let start = "You are not authorized to perform this operation. \
        User: arn:aws:sts::111111111111:assumed-role/r/test is not authorized to perform: ec2:DeleteVpc \
        on resource: arn:aws:ec2:us-west-2:111111111111:vpc/vpc-0000000a \
        because no identity-based policy allows the ec2:DeleteVpc action. \
        Encoded authorization failure message: ";
    assert!(error.message().starts_with(start), "{}", error.message());
    let error = refusal(&world, &us, assume("111111111111", "free"));
    assert_eq!(error.code(), Some("AccessDenied"));
    assert_eq!(
        error.message(),
        "User: arn:aws:sts::111111111111:assumed-role/r/test is not authorized to perform: sts:AssumeRole \
         on resource: arn:aws:iam::111111111111:role/free \
         because no identity-based policy allows the sts:AssumeRole action"
    );
    let free = become_role(&world, &ours(), assume("111111111111", "free"));
    let dry = DeleteVpc { vpc_id: OURS.to_owned(), dry_run: Some(true) };
    assert_eq!(code(&world, &free, dry), "DryRunOperation");
    assert!(!world.ledger().iter().any(peerway_sim::Entry::is_applied_write));
}

#[test]
fn an_explicit_deny_is_said_to_be_one() {
    let world = allow(
        "{Effect: Allow, Action: \"*\", Resource: \"*\"}, \
         {Effect: Deny, Action: \"ec2:DeleteRouteTable\", Resource: \"arn:aws:ec2:*:*:route-table/rtb-0000000b\"}",
    );
    let (us, _) = roles(&world);
    let gone = |id: &str| DeleteRouteTable { route_table_id: id.to_owned(), dry_run: None };
    let error = refusal(&world, &us, gone("rtb-0000000b"));
    assert!(error.message().contains("with an explicit deny in an identity-based policy"));
    assert_eq!(code(&world, &us, gone("rtb-0000000a")), "DependencyViolation");
}

#[test]
fn a_session_policy_narrows_and_never_widens() {
    let world = allow(
        "{Effect: Allow, Action: [\"ec2:Describe*\", \"ec2:CreateRouteTable\"], Resource: \"*\"}",
    );
    let narrowed = |statement: &str| {
        let policy = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
        AssumeRole { policy: Some(policy), ..assume("111111111111", "r") }
    };
    let request = narrowed(
        r#"{"Effect":"Allow","Action":["ec2:DescribeVpcs","ec2:DeleteVpc"],"Resource":"*"}"#,
    );
    let us = become_role(&world, &ours(), request);
    done(&world, &us, DescribeVpcs::default());
    let error = refusal(&world, &us, table(&[]));
    assert!(error.message().contains("because no session policy allows the ec2:CreateRouteTable"));
    let gone = DeleteVpc { vpc_id: OURS.to_owned(), ..DeleteVpc::default() };
    let error = refusal(&world, &us, gone);
    assert!(error.message().contains("because no identity-based policy allows the ec2:DeleteVpc"));
    let broken = narrowed(r#"{"Effect":"Allow"}"#);
    assert_eq!(code(&world, &ours(), broken), "MalformedPolicyDocument");
    let long = AssumeRole { policy: Some("x".repeat(2049)), ..assume("111111111111", "r") };
    assert_eq!(code(&world, &ours(), long), "ValidationError");
}

#[test]
fn session_tags_need_a_trust_that_takes_them_and_show_as_principal_tags() {
    let world = allow(
        "{Effect: Allow, Action: \"ec2:DeleteRouteTable\", Resource: \"*\", \
          Condition: {StringEquals: {\"aws:ResourceTag/team\": \"${aws:PrincipalTag/team}\"}}}",
    );
    let tagged = |role: &str, team: &str| AssumeRole {
        tags: Members { member: vec![tag("team", team)] },
        ..assume("111111111111", role)
    };
    assert_eq!(code(&world, &ours(), tagged("free", "data")), "AccessDenied");
    let made = done(&world, &ours(), table(&[("team", "data")]));
    let id = made.route_table.route_table_id.to_string();
    let gone = || DeleteRouteTable { route_table_id: id.clone(), dry_run: None };
    for (caller, allowed) in [
        (become_role(&world, &ours(), assume("111111111111", "r")), false),
        (become_role(&world, &ours(), tagged("r", "web")), false),
        (become_role(&world, &ours(), tagged("r", "data")), true),
    ] {
        assert_eq!(world.ask(&caller, gone()).is_ok(), allowed);
    }
}

#[test]
fn tag_on_create_needs_the_right_to_tag_for_this_action() {
    let create = "{Effect: Allow, Action: \"ec2:CreateRouteTable\", Resource: \"*\"}";
    let tagging = "{Effect: Allow, Action: \"ec2:CreateTags\", Resource: \"arn:aws:ec2:*:*:route-table/*\", \
        Condition: {StringEquals: {\"ec2:CreateAction\": CreateRouteTable}, \
        \"ForAllValues:StringEquals\": {\"aws:TagKeys\": [owner]}}}";
    let world = allow(create);
    let (us, _) = roles(&world);
    done(&world, &us, table(&[]));
    let error = refusal(&world, &us, table(&[("owner", "us")]));
    assert!(error.message().contains("perform: ec2:CreateTags"), "{}", error.message());
    let world = allow(&format!("{create}, {tagging}"));
    let (us, _) = roles(&world);
    let made = done(&world, &us, table(&[("owner", "us")]));
    assert_eq!(code(&world, &us, table(&[("owner", "us"), ("x", "y")])), "UnauthorizedOperation");
    let tags = CreateTags {
        resource_ids: vec![made.route_table.route_table_id.to_string()],
        tags: vec![tag("owner", "them")],
        ..CreateTags::default()
    };
    assert_eq!(code(&world, &us, tags), "UnauthorizedOperation", "not while it is created");
}

#[test]
fn a_thing_to_be_made_has_request_tags_and_one_that_stands_has_resource_tags() {
    let subnet = || CreateSubnet {
        vpc_id: OURS.to_owned(),
        cidr_block: Some("10.50.6.0/26".to_owned()),
        tag_specifications: vec![TagSpecification {
            resource_type: "subnet".to_owned(),
            tags: vec![tag("owner", "us")],
        }],
        ..CreateSubnet::default()
    };
    let tagging = "{Effect: Allow, Action: \"ec2:CreateTags\", Resource: \"*\"}";
    let on_subnet = "{Effect: Allow, Action: \"ec2:CreateSubnet\", Resource: \"arn:aws:ec2:*:*:subnet/*\", \
        Condition: {StringEquals: {\"aws:RequestTag/owner\": us}}}";
    let on_vpc = "{Effect: Allow, Action: \"ec2:CreateSubnet\", Resource: \"arn:aws:ec2:*:*:vpc/*\", \
        Condition: {StringEquals: {\"ec2:ResourceTag/team\": data}}}";
    // The request's tags say nothing about the VPC: a statement for both is one for neither.
    let on_both = "{Effect: Allow, Action: \"ec2:CreateSubnet\", Resource: \"*\", \
        Condition: {StringEquals: {\"aws:RequestTag/owner\": us}}}";
    for (statements, allowed) in [
        (format!("{tagging}, {on_subnet}, {on_vpc}"), true),
        (format!("{tagging}, {on_subnet}"), false),
        (format!("{tagging}, {on_vpc}"), false),
        (format!("{tagging}, {on_both}"), false),
        (format!("{on_subnet}, {on_vpc}"), false),
    ] {
        let world = allow(&statements);
        let (us, _) = roles(&world);
        assert_eq!(world.ask(&us, subnet()).is_ok(), allowed, "{statements}");
    }
}

#[test]
fn peerings_are_bound_to_their_vpcs_and_to_this_sides_tags() {
    let world = allow(
        "{Effect: Allow, Action: [\"ec2:CreateVpcPeeringConnection\", \"ec2:AcceptVpcPeeringConnection\"], \
          Resource: \"arn:aws:ec2:*:*:vpc/*\"}, \
         {Effect: Allow, Action: [\"ec2:CreateVpcPeeringConnection\", \"ec2:AcceptVpcPeeringConnection\"], \
          Resource: \"arn:aws:ec2:*:*:vpc-peering-connection/*\", \
          Condition: {ArnLike: {\"ec2:AccepterVpc\": \"arn:aws:ec2:us-west-2:222222222222:vpc/vpc-0000000c\", \
          \"ec2:RequesterVpc\": \"arn:aws:ec2:*:111111111111:vpc/*\"}}}, \
         {Effect: Allow, Action: \"ec2:DeleteVpcPeeringConnection\", Resource: \"*\", \
          Condition: {StringEquals: {\"aws:ResourceTag/mine\": \"yes\"}}}, \
         {Effect: Allow, Action: \"ec2:CreateTags\", Resource: \"*\", \
          Condition: {StringLike: {\"ec2:VpcPeeringConnectionID\": \"pcx-*\"}}}",
    );
    let (us, them) = roles(&world);
    let other = request_to(OURS, "vpc-0000000d", "333333333333", "eu-central-1");
    assert_eq!(code(&world, &us, other), "UnauthorizedOperation");
    let asked = done(&world, &us, request_to(OURS, THEIRS, "222222222222", "us-west-2"));
    let id = asked.vpc_peering_connection.vpc_peering_connection_id.to_string();
    world.advance(seconds(1));
    done(&world, &them, accept(&id));
    world.advance(seconds(3));
    let mark = |id: &str| CreateTags {
        resource_ids: vec![id.to_owned()],
        tags: vec![tag("mine", "yes")],
        ..CreateTags::default()
    };
    done(&world, &them, mark(&id));
    assert_eq!(code(&world, &them, mark(THEIRS)), "UnauthorizedOperation");
    assert_eq!(code(&world, &us, delete(&id)), "UnauthorizedOperation", "their tags are not ours");
    done(&world, &them, delete(&id));
}

#[test]
fn of_a_vpc_aws_does_not_say_what_it_is_joined_with() {
    let world = allow(
        "{Effect: Allow, Action: [\"ec2:CreateVpcPeeringConnection\"], Resource: \"*\", \
          Condition: {ArnLike: {\"ec2:RequesterVpc\": \"arn:aws:ec2:*:*:vpc/*\"}}}",
    );
    let (us, _) = roles(&world);
    let error = refusal(&world, &us, request_to(OURS, THEIRS, "222222222222", "us-west-2"));
    assert!(error.message().contains(":vpc/vpc-0000000a because"), "{}", error.message());
}

/// Of two documents each allows what it says, as if they were one.
#[test]
fn a_role_with_several_policies_may_do_what_any_of_them_allows_and_none_denies() {
    let one = |effect: &str, action: &str| {
        format!(
            "{{Version: \"2012-10-17\", Statement: [{{Effect: {effect}, Action: \"{action}\", Resource: \"*\"}}]}}"
        )
    };
    let [first, second, third] = [
        one("Allow", "ec2:Describe*"),
        one("Allow", "ec2:DeleteVpc"),
        one("Deny", "ec2:DescribeNetworkAcls"),
    ];
    let world = world(&format!("[{first}, {second}, {third}]"));
    let (us, _) = roles(&world);
    done(&world, &us, DescribeVpcs::default());
    let dry = DeleteVpc { vpc_id: OURS.to_owned(), dry_run: Some(true) };
    assert_eq!(code(&world, &us, dry), "DryRunOperation");
    assert_eq!(code(&world, &us, table(&[])), "UnauthorizedOperation");
    let error = refusal(&world, &us, DescribeNetworkAcls::default());
    assert!(error.message().contains("with an explicit deny in an identity-based policy"));
    let mut saved = Estate::from_yaml(&world.estate().to_yaml().unwrap()).unwrap();
    assert_eq!(saved, world.estate());
    let role = saved.accounts.values_mut().next().unwrap().roles.get_mut("r").unwrap();
    role.policy = None;
    assert_ne!(saved, world.estate());
}

/// What is printed for these two VPCs joins them with one another, and neither with anything else.
#[test]
fn the_printed_policies_peer_only_what_they_name() {
    let id = |account: &str, vpc: &str| -> (AccountId, VpcId) {
        (account.parse().unwrap(), vpc.parse().unwrap())
    };
    let (own, other) = (id("111111111111", OURS), id("222222222222", THEIRS));
    let scope = iam::Scope {
        peers: vec![(own.0.clone(), Some(own.1.clone()))],
        vpcs: vec![own, other],
        ..iam::Scope::default()
    };
    let world = world(&serde_json::Value::Array(iam::documents(&scope)).to_string());
    let (us, them) = roles(&world);
    let tagged = |requester, accepter, account, region| CreateVpcPeeringConnection {
        tag_specifications: vec![TagSpecification {
            resource_type: "vpc-peering-connection".to_owned(),
            tags: vec![tag("peerway.dev/owner", "VPCPeering/a/b"), tag("Name", "n")],
        }],
        ..request_to(requester, accepter, account, region)
    };
    for (requester, accepter, account, region) in [
        (OURS, "vpc-0000000d", "333333333333", "eu-central-1"),
        (OURS, TWIN, "111111111111", "us-west-2"),
        (TWIN, THEIRS, "222222222222", "us-west-2"),
    ] {
        let request = tagged(requester, accepter, account, region);
        assert_eq!(code(&world, &us, request), "UnauthorizedOperation", "{requester} {accepter}");
    }
    let foreign = done(&world, &ours(), request_to(TWIN, THEIRS, "222222222222", "us-west-2"));
    let wanted = done(&world, &us, tagged(OURS, THEIRS, "222222222222", "us-west-2"));
    world.advance(seconds(1));
    let id = |reply: VpcPeeringConnectionReply| {
        reply.vpc_peering_connection.vpc_peering_connection_id.to_string()
    };
    assert_eq!(code(&world, &them, accept(&id(foreign))), "UnauthorizedOperation");
    done(&world, &them, accept(&id(wanted)));
}

#[test]
fn routes_are_bound_to_their_table_only_and_regions_to_their_name() {
    let world = allow(
        "{Effect: Allow, Action: \"ec2:CreateRoute\", Resource: \"*\", Condition: {StringEquals: \
          {\"aws:RequestedRegion\": us-west-2, \"ec2:Vpc\": \"arn:aws:ec2:us-west-2:111111111111:vpc/vpc-0000000a\"}, \
          StringEqualsIfExists: {\"aws:ResourceTag/Name\": private}}}",
    );
    let id = connect(&world);
    let (us, _) = roles(&world);
    done(&world, &us, route_over("rtb-0000000b", "172.19.0.0/20", &id));
    done(&world, &us, route_over("rtb-0000000a", "172.19.0.0/20", &id));
    let elsewhere = route_over("rtb-0000000c", "172.19.0.0/20", &id);
    assert_eq!(code(&world, &us, elsewhere), "UnauthorizedOperation");
    let nowhere = route_over("rtb-00000bad", "172.19.0.0/20", &id);
    assert_eq!(code(&world, &us, nowhere), "UnauthorizedOperation", "what is not there has no VPC");
}

#[test]
fn who_changes_a_rule_is_asked_about_the_group_that_it_names_as_well() {
    let world = allow(
        "{Effect: Allow, Action: \"ec2:ModifySecurityGroupRules\", \
          Resource: \"arn:aws:ec2:us-west-2:111111111111:security-group/sg-0000000a\"}",
    );
    let (us, _) = roles(&world);
    let other = CreateSecurityGroup {
        group_name: "other".to_owned(),
        group_description: "d".to_owned(),
        vpc_id: Some(OURS.to_owned()),
        ..CreateSecurityGroup::default()
    };
    let other = done(&world, &ours(), other).group_id.to_string();
    let pair = GroupPair { group_id: Some("sg-0000000a".to_owned()), ..GroupPair::default() };
    let rule = AuthorizeSecurityGroupIngress {
        group_id: Some("sg-0000000a".to_owned()),
        ip_permissions: vec![IpPermission {
            ip_protocol: "-1".to_owned(),
            groups: vec![pair],
            ..IpPermission::default()
        }],
        ..AuthorizeSecurityGroupIngress::default()
    };
    let rule = done(&world, &ours(), rule).security_group_rule_set.remove(0);
    let change = |group: &str| ModifySecurityGroupRules {
        group_id: "sg-0000000a".to_owned(),
        security_group_rules: vec![SecurityGroupRuleUpdate {
            security_group_rule_id: rule.security_group_rule_id.to_string(),
            security_group_rule: Some(SecurityGroupRuleRequest {
                ip_protocol: Some("-1".to_owned()),
                referenced_group_id: Some(group.to_owned()),
                description: Some("changed".to_owned()),
                ..SecurityGroupRuleRequest::default()
            }),
        }],
        dry_run: None,
    };
    done(&world, &us, change("sg-0000000a"));
    assert_eq!(code(&world, &us, change(&other)), "UnauthorizedOperation");
    done(&world, &ours(), change(&other));
}

#[test]
fn who_moves_a_subnet_is_asked_about_it_and_about_both_tables() {
    let world = allow(
        "{Effect: Allow, Action: [\"ec2:ReplaceRouteTableAssociation\", \"ec2:DisassociateRouteTable\"], \
          Resource: [\"arn:aws:ec2:us-west-2:111111111111:subnet/subnet-0000000a\", \
          \"arn:aws:ec2:us-west-2:111111111111:route-table/rtb-0000000b\"]}",
    );
    let (us, _) = roles(&world);
    let request = DescribeRouteTables {
        route_table_ids: vec!["rtb-0000000b".to_owned()],
        ..DescribeRouteTables::default()
    };
    let found = done(&world, &ours(), request).route_table_set.remove(0).association_set.remove(0);
    let association = found.route_table_association_id.to_string();
    let replace = |table: &str| ReplaceRouteTableAssociation {
        association_id: association.clone(),
        route_table_id: table.to_owned(),
        dry_run: Some(true),
    };
    assert_eq!(code(&world, &us, replace("rtb-0000000b")), "DryRunOperation");
    assert_eq!(code(&world, &us, replace("rtb-0000000a")), "UnauthorizedOperation");
    let leave = DisassociateRouteTable { association_id: association.clone(), dry_run: None };
    done(&world, &us, leave);
}

#[test]
fn who_gives_a_subnet_another_acl_is_asked_about_it_and_about_both_acls() {
    let in_vpc = |resources: &str| {
        allow(&format!(
            "{{Effect: Allow, Action: \"ec2:ReplaceNetworkAclAssociation\", Resource: [{resources}], \
              Condition: {{ArnLike: {{\"ec2:Vpc\": \"arn:aws:ec2:us-west-2:111111111111:vpc/{OURS}\"}}}}}}"
        ))
    };
    let acls = "\"arn:aws:ec2:*:*:network-acl/*\"";
    let subnet = "\"arn:aws:ec2:*:*:subnet/subnet-0000000a\"";
    let other_subnet = "\"arn:aws:ec2:*:*:subnet/subnet-0000000b\"";
    let answer = |resources: &str, vpc: &str| {
        let world = in_vpc(resources);
        let (us, _) = roles(&world);
        let all = done(&world, &ours(), DescribeNetworkAcls::default()).network_acl_set;
        let mut associations = all.iter().flat_map(|acl| &acl.association_set);
        let found = associations.find(|found| found.subnet_id.as_str() == "subnet-0000000a");
        let association = found.unwrap().network_acl_association_id.to_string();
        let acl = CreateNetworkAcl { vpc_id: vpc.to_owned(), ..CreateNetworkAcl::default() };
        let acl = done(&world, &ours(), acl).network_acl.network_acl_id.to_string();
        let request = ReplaceNetworkAclAssociation {
            association_id: association,
            network_acl_id: acl,
            dry_run: Some(true),
        };
        code(&world, &us, request)
    };
    assert_eq!(answer(&format!("{acls}, {subnet}"), OURS), "DryRunOperation");
    assert_eq!(answer(&format!("{acls}, {other_subnet}"), OURS), "UnauthorizedOperation");
    assert_eq!(answer(subnet, OURS), "UnauthorizedOperation");
    let elsewhere = answer(&format!("{acls}, {subnet}"), "vpc-0000000b");
    assert_eq!(elsewhere, "UnauthorizedOperation", "the ACL is in another VPC");
}

#[test]
fn policies_stand_in_estates_and_are_checked_there() {
    let world = allow(
        "{Effect: Allow, Action: \"ec2:*\", Resource: \"*\", Condition: {Bool: {\"aws:MultiFactorAuthPresent\": true}}}",
    );
    let saved = world.estate();
    let text = saved.to_yaml().unwrap();
    let again = Estate::from_yaml(&text).unwrap();
    assert_eq!(again, saved);
    assert_eq!(again.canonical().unwrap(), saved);
    let broken = text.replace("Bool", "Boole");
    let error = World::new(&Estate::from_yaml(&broken).unwrap(), Settings::default()).unwrap_err();
    assert!(matches!(error, EstateError::Content { .. }));
    for part in ["arn:aws:iam::111111111111:role/r", "condition operator Boole"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    let id = request(&world);
    let (us, _) = roles(&world);
    assert_eq!(code(&world, &us, delete(&id)), "UnauthorizedOperation");
}
