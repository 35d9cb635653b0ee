//! The cases of balancers, and of the groups that they are tied to.

use super::*;

const ELB: &str = "elasticloadbalancing";
const AUTO_SCALING: &str = "autoscaling";
const CERTIFICATE: &str = "arn:aws:acm:us-west-2:111111111111:certificate/two";

/// A case of another service.
macro_rules! at {
    ($service:expr, |$edge:ident| $ask:expr, $wire:expr, $code:expr $(, $fault:expr)?) => {{
        Case { service: $service, ..case!(|$edge| $ask, [$wire], $code $(, $fault)?) }
    }};
}

/// What is answered about a balancer, and what about one that is not there.
macro_rules! told {
    ($method:ident($($argument:expr),*), $action:literal, $parameters:expr) => {
        [
            at!(
                ELB,
                |elb| elb.$method(&id("query"), $($argument),*),
                format!("Action={}&LoadBalancerName=query{}", $action, $parameters),
                None
            ),
            at!(
                ELB,
                |elb| elb.$method(&id("none"), $($argument),*),
                format!("Action={}&LoadBalancerName=none{}", $action, $parameters),
                Some("LoadBalancerNotFound")
            ),
        ]
    };
}

fn listener(port: u16, protocol: ListenerProtocol) -> Listener {
    Listener {
        port,
        protocol,
        instance_port: 8888,
        instance_protocol: ListenerProtocol::Tcp,
        certificate: protocol.is_secure().then(|| CERTIFICATE.to_owned()),
    }
}

fn new(name: &str) -> NewLoadBalancer {
    NewLoadBalancer {
        name: id(name),
        scheme: Scheme::Internal,
        listeners: vec![listener(443, ListenerProtocol::Ssl)],
        subnets: vec![id("subnet-0000000a"), id("subnet-0000000b")],
        security_groups: vec![id("sg-0000000a")],
        tags: super::tags(),
    }
}

fn to_new(name: &str) -> String {
    format!(
        "Action=CreateLoadBalancer&LoadBalancerName={name}&Scheme=internal&Listeners.member.1.Protocol=SSL\
         &Listeners.member.1.LoadBalancerPort=443&Listeners.member.1.InstanceProtocol=TCP\
         &Listeners.member.1.InstancePort=8888&Listeners.member.1.SSLCertificateId={CERTIFICATE}\
         &Subnets.member.1=subnet-0000000a&Subnets.member.2=subnet-0000000b\
         &SecurityGroups.member.1=sg-0000000a&Tags.member.1.Key=k&Tags.member.1.Value=v"
    )
}

fn check(target: &str) -> HealthCheck {
    HealthCheck {
        target: target.to_owned(),
        interval: 10,
        timeout: 5,
        unhealthy_threshold: 2,
        healthy_threshold: 3,
    }
}

fn to_check(target: &str) -> String {
    format!(
        "Action=ConfigureHealthCheck&LoadBalancerName=query&HealthCheck.Target={target}&HealthCheck.Interval=10\
         &HealthCheck.Timeout=5&HealthCheck.UnhealthyThreshold=2&HealthCheck.HealthyThreshold=3"
    )
}

fn attributes(bucket: &str) -> LoadBalancerAttributes {
    LoadBalancerAttributes {
        cross_zone: Some(true),
        idle_timeout: Some(3600),
        draining: Some(Some(300)),
        access_log: Some(Some(AccessLog {
            bucket: bucket.to_owned(),
            prefix: "proxy".to_owned(),
            interval: 60,
        })),
        desync_mode: Some("strictest".to_owned()),
    }
}

fn to_attributes(bucket: &str) -> String {
    format!(
        "Action=ModifyLoadBalancerAttributes&LoadBalancerName=query\
         &LoadBalancerAttributes.CrossZoneLoadBalancing.Enabled=true\
         &LoadBalancerAttributes.ConnectionSettings.IdleTimeout=3600\
         &LoadBalancerAttributes.ConnectionDraining.Enabled=true\
         &LoadBalancerAttributes.ConnectionDraining.Timeout=300\
         &LoadBalancerAttributes.AccessLog.Enabled=true&LoadBalancerAttributes.AccessLog.S3BucketName={bucket}\
         &LoadBalancerAttributes.AccessLog.S3BucketPrefix=proxy&LoadBalancerAttributes.AccessLog.EmitInterval=60\
         &LoadBalancerAttributes.AdditionalAttributes.member.1.Key=elb.http.desyncmitigationmode\
         &LoadBalancerAttributes.AdditionalAttributes.member.1.Value=strictest"
    )
}

fn policy(kind: &str) -> LoadBalancerPolicy {
    LoadBalancerPolicy {
        name: "fresh".to_owned(),
        kind: kind.to_owned(),
        attributes: vec![("ProxyProtocol".to_owned(), "true".to_owned())],
    }
}

fn to_policy(kind: &str) -> String {
    format!(
        "Action=CreateLoadBalancerPolicy&LoadBalancerName=query&PolicyName=fresh&PolicyTypeName={kind}\
         &PolicyAttributes.member.1.AttributeName=ProxyProtocol&PolicyAttributes.member.1.AttributeValue=true"
    )
}

fn throttled(action: Action) -> (Action, fn() -> FaultKind) {
    (action, FaultKind::throttled)
}

pub(super) fn cases() -> Vec<Case> {
    [reads(), lives(), listeners(), settings(), policies(), instances(), tags(), groups()]
        .into_iter()
        .flatten()
        .collect()
}

fn reads() -> Vec<Case> {
    let list = || {
        let wire = "Action=DescribeLoadBalancers&PageSize=400";
        at!(ELB, |elb| elb.list_load_balancers(), wire, None)
    };
    let refused = Case {
        code: Some("Throttling"),
        fault: Some(throttled(Action::DescribeLoadBalancers)),
        ..list()
    };
    let tags = |name: &str| format!("Action=DescribeTags&LoadBalancerNames.member.1={name}");
    let mut cases = vec![
        list(),
        refused,
        at!(ELB, |elb| elb.tags(&id("query")), tags("query"), None),
        at!(ELB, |elb| elb.tags(&id("none")), tags("none"), Some("LoadBalancerNotFound")),
    ];
    cases.extend(told!(attributes(), "DescribeLoadBalancerAttributes", ""));
    cases.extend(told!(policies(), "DescribeLoadBalancerPolicies", ""));
    cases.extend(told!(instance_health(), "DescribeInstanceHealth", ""));
    cases
}

fn lives() -> Vec<Case> {
    let delete = || {
        let wire = "Action=DeleteLoadBalancer&LoadBalancerName=proxy";
        at!(ELB, |elb| elb.delete_load_balancer(&id("proxy")), wire, None)
    };
    let refused = Case {
        code: Some("Throttling"),
        fault: Some(throttled(Action::DeleteLoadBalancer)),
        ..delete()
    };
    let taken = Some("DuplicateLoadBalancerName");
    vec![
        at!(ELB, |elb| elb.create_load_balancer(&new("fresh")), to_new("fresh"), None),
        at!(ELB, |elb| elb.create_load_balancer(&new("query")), to_new("query"), taken),
        delete(),
        refused,
    ]
}

fn listeners() -> Vec<Case> {
    let to = |port: u16, protocol: &str, rest: &str| {
        format!(
            "Action=CreateLoadBalancerListeners&LoadBalancerName=query&Listeners.member.1.Protocol={protocol}\
             &Listeners.member.1.LoadBalancerPort={port}&Listeners.member.1.InstanceProtocol=TCP\
             &Listeners.member.1.InstancePort=8888{rest}"
        )
    };
    let certificate = format!("&Listeners.member.1.SSLCertificateId={CERTIFICATE}");
    let set = |arn: &str| {
        format!(
            "Action=SetLoadBalancerListenerSSLCertificate&LoadBalancerName=query&LoadBalancerPort=443\
             &SSLCertificateId={arn}"
        )
    };
    let mut cases = vec![
        at!(
            ELB,
            |elb| elb.create_listeners(&id("query"), &[listener(9443, ListenerProtocol::Ssl)]),
            to(9443, "SSL", &certificate),
            None
        ),
        at!(
            ELB,
            |elb| elb.create_listeners(&id("query"), &[listener(443, ListenerProtocol::Tcp)]),
            to(443, "TCP", ""),
            Some("DuplicateListener")
        ),
        at!(
            ELB,
            |elb| elb.set_listener_certificate(&id("query"), 443, CERTIFICATE),
            set(CERTIFICATE),
            None
        ),
        at!(
            ELB,
            |elb| elb.set_listener_certificate(&id("query"), 443, "arn:aws:acm:gone"),
            set("arn:aws:acm:gone"),
            Some("CertificateNotFound")
        ),
    ];
    cases.extend(told!(
        delete_listeners(&[443, 8888]),
        "DeleteLoadBalancerListeners",
        "&LoadBalancerPorts.member.1=443&LoadBalancerPorts.member.2=8888"
    ));
    cases
}

fn settings() -> Vec<Case> {
    let health = |target: &'static str| to_check(target);
    let unknown = "Action=ApplySecurityGroupsToLoadBalancer&LoadBalancerName=query\
                   &SecurityGroups.member.1=sg-00000bad";
    let last = "Action=DetachLoadBalancerFromSubnets&LoadBalancerName=query\
                &Subnets.member.1=subnet-0000000a";
    let both = Case {
        wire: vec![
            "Action=AttachLoadBalancerToSubnets&LoadBalancerName=query&Subnets.member.1=subnet-0000000b"
                .to_owned(),
            last.to_owned(),
        ],
        ..at!(
            ELB,
            |elb| {
                let name = id("query");
                async move {
                    elb.attach_subnets(&name, &[id("subnet-0000000b")]).await?;
                    elb.detach_subnets(&name, &[id("subnet-0000000a")]).await
                }
            },
            "",
            None
        )
    };
    let mut cases = vec![
        at!(
            ELB,
            |elb| elb.configure_health_check(&id("query"), &check("TCP:21000")),
            health("TCP:21000"),
            None
        ),
        at!(
            ELB,
            |elb| elb.configure_health_check(&id("query"), &check("TCP:21000/png")),
            health("TCP:21000/png"),
            Some("ValidationError")
        ),
        at!(
            ELB,
            |elb| elb.modify_attributes(&id("query"), &attributes("balancer-logs")),
            to_attributes("balancer-logs"),
            None
        ),
        at!(
            ELB,
            |elb| elb.modify_attributes(&id("query"), &attributes("nobodys")),
            to_attributes("nobodys"),
            Some("InvalidConfigurationRequest")
        ),
        at!(
            ELB,
            |elb| elb.apply_security_groups(&id("query"), &[id("sg-00000bad")]),
            unknown,
            Some("InvalidSecurityGroup")
        ),
        at!(
            ELB,
            |elb| elb.detach_subnets(&id("query"), &[id("subnet-0000000a")]),
            last,
            Some("InvalidConfigurationRequest")
        ),
        both,
    ];
    cases.extend(told!(
        attach_subnets(&[id("subnet-0000000b")]),
        "AttachLoadBalancerToSubnets",
        "&Subnets.member.1=subnet-0000000b"
    ));
    cases.extend(told!(
        apply_security_groups(&[id("sg-0000000a"), id("sg-0000000b")]),
        "ApplySecurityGroupsToLoadBalancer",
        "&SecurityGroups.member.1=sg-0000000a&SecurityGroups.member.2=sg-0000000b"
    ));
    cases
}

fn policies() -> Vec<Case> {
    let of_listener = |rest: &str| {
        format!(
            "Action=SetLoadBalancerPoliciesOfListener&LoadBalancerName=query&LoadBalancerPort=443{rest}"
        )
    };
    let of_port = |rest: &str| {
        format!(
            "Action=SetLoadBalancerPoliciesForBackendServer&LoadBalancerName=query&InstancePort=8888{rest}"
        )
    };
    let mut cases = vec![
        at!(
            ELB,
            |elb| elb.create_policy(&id("query"), &policy("ProxyProtocolPolicyType")),
            to_policy("ProxyProtocolPolicyType"),
            None
        ),
        at!(
            ELB,
            |elb| elb.create_policy(&id("query"), &policy("None")),
            to_policy("None"),
            Some("PolicyTypeNotFound")
        ),
        at!(
            ELB,
            |elb| elb.set_listener_policies(&id("query"), 443, &[]),
            of_listener("&PolicyNames="),
            None
        ),
        at!(
            ELB,
            |elb| elb.set_listener_policies(&id("query"), 443, &["gone".to_owned()]),
            of_listener("&PolicyNames.member.1=gone"),
            Some("PolicyNotFound")
        ),
        at!(
            ELB,
            |elb| elb.set_backend_policies(&id("query"), 8888, &["proxied".to_owned()]),
            of_port("&PolicyNames.member.1=proxied"),
            None
        ),
        at!(
            ELB,
            |elb| elb.set_backend_policies(&id("query"), 8888, &["gone".to_owned()]),
            of_port("&PolicyNames.member.1=gone"),
            Some("PolicyNotFound")
        ),
    ];
    cases.extend(told!(
        delete_policy("proxied"),
        "DeleteLoadBalancerPolicy",
        "&PolicyName=proxied"
    ));
    cases
}

fn instances() -> Vec<Case> {
    let register = |id: &str| {
        format!(
            "Action=RegisterInstancesWithLoadBalancer&LoadBalancerName=query&Instances.member.1.InstanceId={id}"
        )
    };
    let deregister = |id: &str| {
        format!(
            "Action=DeregisterInstancesFromLoadBalancer&LoadBalancerName=query\
             &Instances.member.1.InstanceId={id}"
        )
    };
    let gone = Some("InvalidInstance");
    vec![
        at!(
            ELB,
            |elb| elb.register_instances(&id("query"), &[id("i-0000000a")]),
            register("i-0000000a"),
            None
        ),
        at!(
            ELB,
            |elb| elb.register_instances(&id("query"), &[id("i-00000bad")]),
            register("i-00000bad"),
            gone
        ),
        at!(
            ELB,
            |elb| elb.deregister_instances(&id("query"), &[id("i-0000000b")]),
            deregister("i-0000000b"),
            None
        ),
        at!(
            ELB,
            |elb| elb.deregister_instances(&id("query"), &[id("i-00000bad")]),
            deregister("i-00000bad"),
            gone
        ),
    ]
}

fn tags() -> Vec<Case> {
    let add = |name: &str| {
        format!(
            "Action=AddTags&LoadBalancerNames.member.1={name}&Tags.member.1.Key=k&Tags.member.1.Value=v"
        )
    };
    let remove = |name: &str| {
        format!("Action=RemoveTags&LoadBalancerNames.member.1={name}&Tags.member.1.Key=k")
    };
    let unknown = Some("LoadBalancerNotFound");
    vec![
        at!(ELB, |elb| elb.add_tags(&id("proxy"), &super::tags()), add("proxy"), None),
        at!(ELB, |elb| elb.add_tags(&id("none"), &super::tags()), add("none"), unknown),
        at!(ELB, |elb| elb.remove_tags(&id("query"), &super::tags()), remove("query"), None),
        at!(ELB, |elb| elb.remove_tags(&id("none"), &super::tags()), remove("none"), unknown),
    ]
}

fn groups() -> Vec<Case> {
    use AttachmentApi::{LoadBalancers, TrafficSources};
    let list = || {
        let wire = "Action=DescribeAutoScalingGroups&MaxRecords=100";
        at!(AUTO_SCALING, |it| it.list_groups(), wire, None)
    };
    let refused = Case {
        code: Some("Throttling"),
        fault: Some(throttled(Action::DescribeAutoScalingGroups)),
        ..list()
    };
    let shown = |group: &str| {
        format!(
            "Action=DescribeTrafficSources&AutoScalingGroupName={group}&TrafficSourceType=elb&MaxRecords=50"
        )
    };
    let by_name = |verb: &str, balancer: &str| {
        format!(
            "Action={verb}LoadBalancers&AutoScalingGroupName=masters&LoadBalancerNames.member.1={balancer}"
        )
    };
    let as_source = |verb: &str, balancer: &str| {
        format!(
            "Action={verb}TrafficSources&AutoScalingGroupName=masters\
             &TrafficSources.member.1.Identifier={balancer}&TrafficSources.member.1.Type=elb"
        )
    };
    let wrong = Some("ValidationError");
    macro_rules! ties {
        ($method:ident, $verb:literal, $fair:literal, $foul:literal) => {
            [
                at!(
                    AUTO_SCALING,
                    |it| it.$method(&id("masters"), &id($fair), LoadBalancers),
                    by_name($verb, $fair),
                    None
                ),
                at!(
                    AUTO_SCALING,
                    |it| it.$method(&id("masters"), &id($foul), LoadBalancers),
                    by_name($verb, $foul),
                    wrong
                ),
                at!(
                    AUTO_SCALING,
                    |it| it.$method(&id("masters"), &id($foul), TrafficSources),
                    as_source($verb, $foul),
                    wrong
                ),
                at!(
                    AUTO_SCALING,
                    |it| it.$method(&id("masters"), &id($fair), TrafficSources),
                    as_source($verb, $fair),
                    None
                ),
            ]
        };
    }
    let mut cases = vec![
        list(),
        refused,
        at!(AUTO_SCALING, |it| it.attachments(&id("masters")), shown("masters"), None),
        at!(AUTO_SCALING, |it| it.attachments(&id("none")), shown("none"), wrong),
    ];
    cases.extend(ties!(attach, "Attach", "proxy", "none"));
    cases.extend(ties!(detach, "Detach", "query", "proxy"));
    cases
}

/// What the nouns say about what the estate holds.
#[tokio::test]
async fn balancers_groups_and_instances_look_as_they_stand() {
    let cloud = SimCloud::new(Arc::new(new_world()), "111111111111");
    let elb = cloud.load_balancing(&place());
    let all = elb.list_load_balancers().await.unwrap();
    let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["other", "proxy", "query"]);
    let query = &all[2];
    assert_eq!(query.scheme, Scheme::Internal);
    assert_eq!(query.vpc, Some(id("vpc-0000000a")));
    assert_eq!(query.zones, [id("us-west-2a")]);
    assert!(query.dns_name.starts_with("internal-query-"), "{}", query.dns_name);
    assert_eq!(query.hosted_zone_id.as_deref(), Some("Z1H1FL5HABSF5"));
    assert_eq!(query.listeners[&443].listener.instance_protocol, ListenerProtocol::Ssl);
    assert_eq!(query.health_check.target, "TCP:8888");
    let both: [InstanceId; 2] = [id("i-0000000a"), id("i-0000000b")];
    assert_eq!(query.instances, both);
    let policies = elb.policies(&id("query")).await.unwrap();
    let proxied = policies.iter().find(|policy| policy.name == "proxied").unwrap();
    assert_eq!(proxied.attributes, [("ProxyProtocol".to_owned(), "true".to_owned())]);
    let defaults = LoadBalancerAttributes {
        cross_zone: Some(false),
        idle_timeout: Some(60),
        draining: Some(None),
        access_log: Some(None),
        desync_mode: Some("defensive".to_owned()),
    };
    assert_eq!(elb.attributes(&id("query")).await.unwrap(), defaults);
    let wanted = attributes("balancer-logs");
    elb.modify_attributes(&id("query"), &wanted).await.unwrap();
    assert_eq!(elb.attributes(&id("query")).await.unwrap(), wanted);
    let one = LoadBalancerAttributes { draining: Some(None), ..LoadBalancerAttributes::default() };
    elb.modify_attributes(&id("query"), &one).await.unwrap();
    let left = LoadBalancerAttributes { draining: Some(None), ..wanted };
    assert_eq!(elb.attributes(&id("query")).await.unwrap(), left, "only what is set changes");
    let health = elb.instance_health(&id("query")).await.unwrap();
    assert_eq!(health.iter().map(|one| &one.instance).collect::<Vec<_>>(), [&both[0], &both[1]]);

    let scaling = cloud.auto_scaling(&place());
    let api_of = async || {
        let group = scaling.list_groups().await.unwrap().remove(0);
        (group.load_balancers, group.attachment_api)
    };
    let group = scaling.list_groups().await.unwrap().remove(0);
    assert_eq!(group.health_check_types, ["EC2"]);
    let [member] = &group.instances[..] else { panic!("{group:?}") };
    assert_eq!((&member.id, member.is_in_service), (&both[0], true));
    let tied = vec![id("query"), id("other")];
    assert_eq!(api_of().await, (tied, AttachmentApi::LoadBalancers));
    let masters = id("masters");
    scaling.detach(&masters, &id("query"), AttachmentApi::TrafficSources).await.unwrap();
    assert_eq!(api_of().await, (vec![id("other")], AttachmentApi::TrafficSources));
    scaling.detach(&masters, &id("other"), AttachmentApi::TrafficSources).await.unwrap();
    assert_eq!(api_of().await, (vec![], AttachmentApi::LoadBalancers));
    assert_eq!(scaling.attachments(&masters).await.unwrap(), []);

    let instances = cloud.ec2(&place()).list_instances().await.unwrap();
    assert_eq!(instances.iter().map(|one| &one.id).collect::<Vec<_>>(), [&both[0], &both[1]]);
    assert!(instances[0].is_running());
    assert_eq!(instances[0].auto_scaling_group.as_deref(), Some("masters"));
    assert_eq!(instances[1].auto_scaling_group, None);
    assert_eq!(instances[0].interfaces[0].0, id("eni-0000000a"));
}
