//! The HTTP front, with requests as they go over the wire.

use std::sync::Arc;

use peerway_sim::{Action, Effect, FaultKind, HttpLimits, World, serve_with};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::support::*;

/// The HTTP front of a world, on a port of its own.
pub(crate) struct Server {
    pub(crate) world: Arc<World>,
    pub(crate) port: u16,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    done: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Server {
    pub(crate) async fn start(world: World) -> Self {
        Self::start_with(world, HttpLimits::default()).await
    }

    pub(crate) async fn start_with(world: World, limits: HttpLimits) -> Self {
        let world = Arc::new(world);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let shutdown = async { drop(stopped.await) };
        let done = tokio::spawn(serve_with(Arc::clone(&world), listener, limits, shutdown));
        Self { world, port, stop: Some(stop), done }
    }

    /// Sends a request and gives all that comes back.
    pub(crate) async fn send(&self, head: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let length = body.len();
        let text = format!(
            "{head}\r\nHost: sim\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        // A connection that breaks off ends the answer.
        let _ = stream.read_to_string(&mut answer).await;
        answer
    }

    pub(crate) async fn call(&self, service: &str, body: &str) -> String {
        self.call_as("111111111111", service, body).await
    }

    pub(crate) async fn call_as(&self, key: &str, service: &str, body: &str) -> String {
        let scope = format!("{key}/20260101/us-west-2/{service}/aws4_request");
        let head = format!(
            "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"
        );
        self.send(&head, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        self.send(&format!("GET {path} HTTP/1.1"), "").await
    }

    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        self.done.await.unwrap().unwrap();
    }
}

/// The body of an answer, put together where it came in pieces.
pub(crate) fn body_of(answer: &str) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    if !head.contains("transfer-encoding: chunked") {
        return body.to_owned();
    }
    let (mut whole, mut rest) = (String::new(), body);
    while let Some((length, pieces)) = rest.split_once("\r\n") {
        let (piece, after) = pieces.split_at(usize::from_str_radix(length, 16).unwrap());
        whole.push_str(piece);
        rest = after.trim_start_matches("\r\n");
    }
    whole
}

#[track_caller]
pub(crate) fn has(answer: &str, parts: &[&str]) {
    for part in parts {
        assert!(answer.contains(part), "{part} is missing in\n{answer}");
    }
}

#[tokio::test]
async fn replies_are_ec2s_xml_with_the_request_id_in_header_and_body() {
    let server = Server::start(world()).await;
    let answer =
        server.call("ec2", "Action=DescribeVpcs&Version=2016-11-15&VpcId.1=vpc-0000000a").await;
    has(
        &answer,
        &[
            "HTTP/1.1 200 OK",
            "content-type: text/xml;charset=UTF-8",
            "x-amzn-requestid: ",
            "<DescribeVpcsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>",
            "<vpcSet><item><vpcId>vpc-0000000a</vpcId><ownerId>111111111111</ownerId><state>available</state>",
            "<cidrBlockAssociationSet><item><associationId>vpc-cidr-assoc-",
            "<tagSet><item><key>Name</key><value>service</value></item>",
        ],
    );
    let in_header =
        answer.split("x-amzn-requestid: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let in_body = answer.split("<requestId>").nth(1).unwrap().split('<').next().unwrap();
    assert_eq!(in_header, in_body);
    let entry = &server.world.ledger()[0];
    assert_eq!(entry.request_id, in_header);
    assert_eq!(entry.bytes_in, 59);
    let body = answer.split("\r\n\r\n").nth(1).unwrap();
    assert_eq!(entry.bytes_out, u64::try_from(body.len()).unwrap());
    server.stop().await;
}

#[tokio::test]
async fn errors_have_the_form_and_status_of_their_service() {
    let server = Server::start(world()).await;
    let answer = server.call("ec2", "Action=DescribeVpcs&VpcId.1=vpc-00000bad").await;
    has(
        &answer,
        &[
            "HTTP/1.1 400",
            "<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>The vpc ID 'vpc-00000bad' does not exist</Message></Error></Errors><RequestID>",
        ],
    );
    let answer = server.call_as("nobody", "ec2", "Action=DescribeVpcs").await;
    has(&answer, &["HTTP/1.1 401", "<Code>AuthFailure</Code>"]);
    let answer = server.call("ec2", "Action=CreateVpc&CidrBlock=10.0.0.0%2F16&DryRun=true").await;
    has(&answer, &["HTTP/1.1 412", "<Code>DryRunOperation</Code>"]);
    let role = "Action=AssumeRole&RoleArn=arn:aws:iam::111111111111:role/x&RoleSessionName=ab";
    let answer = server.call("sts", role).await;
    has(
        &answer,
        &[
            "HTTP/1.1 403",
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>AccessDenied</Code>",
            "</Error><RequestId>",
        ],
    );
    for (kind, status) in [
        (FaultKind::throttled(), "503"),
        (FaultKind::unauthorized(), "403"),
        (FaultKind::internal_error(Effect::NotApplied), "500"),
    ] {
        server.world.fail_next(Action::DescribeVpcs, kind);
        let answer = server.call("ec2", "Action=DescribeVpcs").await;
        has(&answer, &[&format!("HTTP/1.1 {status}")]);
    }
    server.stop().await;
}

#[tokio::test]
async fn what_no_action_knows_is_refused_and_noted() {
    let server = Server::start(world()).await;
    for (service, body, code) in [
        ("ec2", "Action=DescribeVpcs&Vpcid.1=x", "UnknownParameter"),
        ("ec2", "Action=DescribeVpcs&Filter.1.Nme=x", "UnknownParameter"),
        ("ec2", "Action=DeleteVpc", "MissingParameter"),
        ("ec2", "Action=DescribeVpcs&MaxResults=many", "InvalidParameterValue"),
        ("ec2", "Action=DescribeVpcs&MaxResults=5&MaxResults=6", "MalformedQueryString"),
        ("ec2", "Action=DescribeMoons", "InvalidAction"),
        ("ec2", "Action=GetCallerIdentity", "InvalidAction"),
        ("ec2", "Version=2016-11-15", "MissingAction"),
        ("ec2", "Action=DescribeVpcs&Version=2011-06-15", "NoSuchVersion"),
        (
            "ec2",
            "Action=DescribeVpcs&Filter.1.Name=color&Filter.1.Value.1=red",
            "InvalidParameterValue",
        ),
        ("sts", "Action=AssumeRole&RoleArn=x", "ValidationError"),
    ] {
        let answer = server.call(service, body).await;
        has(&answer, &["HTTP/1.1 400", &format!("<Code>{code}</Code>")]);
        let last = server.world.ledger().pop().unwrap();
        assert_eq!(last.outcome.to_string(), code);
        assert_eq!(last.account.unwrap().as_str(), "111111111111");
    }
    let unknown = server.call("ec2", "Action=DescribeVpcs&Filter.1.Nme=x").await;
    has(&unknown, &["<Message>The parameter Filter.1.Nme is not recognized</Message>"]);
    has(&server.call("s3", "Action=ListBuckets").await, &["HTTP/1.1 400", "no service s3"]);
    server.stop().await;
}

/// The ledger keeps many calls: what nobody knows must not fill it.
#[tokio::test]
async fn an_endless_action_is_kept_in_brief() {
    let server = Server::start(world()).await;
    let answer = server.call("ec2", &format!("Action={}", "A".repeat(100_000))).await;
    has(&answer, &["HTTP/1.1 400", "<Code>InvalidAction</Code>"]);
    let last = server.world.ledger().pop().unwrap();
    assert_eq!(last.action, "A".repeat(100));
    server.stop().await;
}

#[tokio::test]
async fn unsigned_presigned_and_temporary_requests_are_told_apart() {
    let server = Server::start(world()).await;
    has(
        &server.get("/?Action=DescribeVpcs").await,
        &["HTTP/1.1 403", "<Code>MissingAuthenticationToken</Code>"],
    );
    let presigned = "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256\
                     &X-Amz-Credential=111111111111%2F20260101%2Fus-west-2%2Fsts%2Faws4_request&X-Amz-Date=20260101T000000Z\
                     &X-Amz-SignedHeaders=host&X-Amz-Expires=60&X-Amz-Signature=00";
    has(
        &server.get(presigned).await,
        &["HTTP/1.1 200", "<Arn>arn:aws:iam::111111111111:root</Arn>"],
    );
    let malformed = server
        .send(
            "POST / HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=x",
            "Action=DescribeVpcs",
        )
        .await;
    has(&malformed, &["HTTP/1.1 400", "IncompleteSignature"]);
    server.stop().await;
}

#[tokio::test]
async fn a_call_without_an_answer_breaks_the_connection_off() {
    let server = Server::start(world()).await;
    server
        .world
        .fail_next(Action::CreateRouteTable, FaultKind::NoAnswer { effect: Effect::Applied });
    let answer = server.call("ec2", "Action=CreateRouteTable&VpcId=vpc-0000000a").await;
    assert!(!answer.contains("routeTableId"), "{answer}");
    assert!(!answer.ends_with("0\r\n\r\n"), "the answer must not look complete: {answer}");
    let count =
        server.call("ec2", "Action=DescribeRouteTables").await.matches("<routeTableId>").count();
    assert_eq!(count, 4 + 3, "four tables, three associations: it was done");
    server.stop().await;
}

#[tokio::test]
async fn latency_delays_answers() {
    tokio::time::pause();
    let server = Server::start(world()).await;
    server.world.set_latency(seconds(5));
    let before = tokio::time::Instant::now();
    has(&server.call("ec2", "Action=DescribeVpcs").await, &["HTTP/1.1 200"]);
    assert!(before.elapsed() >= seconds(5));
    server.stop().await;
}

#[tokio::test]
async fn its_own_pages_show_and_move_the_world() {
    let server = Server::start(world()).await;
    has(
        &server.get("/_peerway/health").await,
        &["HTTP/1.1 200", "\"worldTime\":\"2026-01-01T00:00:00Z\""],
    );
    let connection = "Action=CreateVpcPeeringConnection&VpcId=vpc-0000000a&PeerVpcId=vpc-0000000c&PeerOwnerId=222222222222";
    has(&server.call("ec2", connection).await, &["<code>initiating-request</code>"]);
    let moved = server.send("POST /_peerway/clock/advance?seconds=1.5 HTTP/1.1", "").await;
    has(&moved, &["HTTP/1.1 200", "\"worldTime\":\"2026-01-01T00:00:01.5Z\""]);
    has(
        &server.call("ec2", "Action=DescribeVpcPeeringConnections").await,
        &["<code>pending-acceptance</code>"],
    );
    has(
        &server.get("/_peerway/estate").await,
        &["HTTP/1.1 200", "id: vpc-0000000a", "status: pending-acceptance"],
    );
    has(
        &server.get("/_peerway/estate?makers=true").await,
        &["madeBy: arn:aws:iam::111111111111:root"],
    );
    let actions = server.get("/_peerway/actions").await;
    has(&actions, &[r#"{"action":"CreateVpc","isWrite":true,"service":"ec2"}"#]);
    assert_eq!(actions.matches("isWrite").count(), Action::ALL.len());
    let ledger = server.get("/_peerway/ledger").await;
    has(
        &ledger,
        &[
            "HTTP/1.1 200",
            "[{\"seq\":1,",
            "\"action\":\"CreateVpcPeeringConnection\"",
            "\"isWrite\":true",
            "\"outcome\":\"ok\"",
        ],
    );
    let tally = server.get("/_peerway/ledger/tally").await;
    has(
        &tally,
        &[
            "\"ec2:CreateVpcPeeringConnection\":{\"calls\":1,\"applied\":1,\"outcomes\":{\"ok\":1},\"bytesIn\":100,\"bytesOut\":",
        ],
    );
    let lines = body_of(&server.get("/_peerway/ledger?since=1&format=lines").await);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 1);
    has(lines[0], &["{\"seq\":2,"]);
    for bad in ["/_peerway/ledger?since=x", "/_peerway/ledger?format=x"] {
        has(&server.get(bad).await, &["HTTP/1.1 400"]);
    }
    let bad = server.send("POST /_peerway/clock/advance?seconds=-1 HTTP/1.1", "").await;
    has(&bad, &["HTTP/1.1 400"]);
    server.stop().await;
}

#[tokio::test]
async fn calls_over_http_do_what_the_same_calls_do_in_process() {
    use peerway_sim::ec2::security_groups::{AuthorizeSecurityGroupIngress, IpPermission, IpRange};
    use peerway_sim::ec2::tags::CreateTags;
    use peerway_sim::{Call, Estate};

    let in_process = world();
    let server = Server::start(world()).await;
    let ids: Vec<String> = [&in_process, &server.world].map(connect).to_vec();
    assert_eq!(ids[0], ids[1]);
    let id = ids[0].as_str();
    let range =
        |cidr: &str| IpRange { cidr_ip: cidr.to_owned(), description: Some("a & b+c".to_owned()) };
    let calls: [Call; 5] = [
        route_over("rtb-0000000b", "172.19.0.0/20", id).into(),
        route_over("rtb-0000000b", "172.19.0.0/20", id).into(),
        AuthorizeSecurityGroupIngress {
            group_id: Some("sg-0000000a".to_owned()),
            ip_permissions: vec![IpPermission {
                ip_protocol: "tcp".to_owned(),
                from_port: Some(1),
                to_port: Some(2),
                ip_ranges: vec![range("10.0.0.0/8"), range("11.0.0.0/8")],
                ..IpPermission::default()
            }],
            ..AuthorizeSecurityGroupIngress::default()
        }
        .into(),
        CreateTags {
            resource_ids: vec![id.to_owned(), OURS.to_owned()],
            tags: vec![tag("a.b/c", "ü&=+% "), tag("empty", "")],
            dry_run: None,
        }
        .into(),
        delete(id).into(),
    ];
    for call in calls {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", call.action().name());
        form.extend_pairs(call.params().unwrap());
        let answer = server.call("ec2", &form.finish()).await;
        let result = in_process.call(&ours(), call);
        assert_eq!(answer.starts_with("HTTP/1.1 200"), result.is_ok(), "{answer}\n{result:?}");
    }
    assert_eq!(Estate::diff(&in_process.estate(), &server.world.estate()), Vec::<String>::new());
    let told = |world: &World| -> Vec<(String, String)> {
        let ledger = world.ledger().into_iter();
        ledger.map(|entry| (entry.summary, entry.outcome.to_string())).collect()
    };
    assert_eq!(told(&in_process), told(&server.world));
    server.stop().await;
}

#[tokio::test]
async fn balancers_are_spoken_to_in_the_older_services_way() {
    let server = Server::start(world()).await;
    let create = "Action=CreateLoadBalancer&Version=2012-06-01&LoadBalancerName=proxy\
                  &Listeners.member.1.Protocol=TCP&Listeners.member.1.LoadBalancerPort=8888\
                  &Listeners.member.1.InstanceProtocol=TCP&Listeners.member.1.InstancePort=8888\
                  &Subnets.member.1=subnet-0000000a&SecurityGroups.member.1=sg-0000000a&Scheme=internal\
                  &Tags.member.1.Key=team&Tags.member.1.Value=data";
    let answer = server.call("elasticloadbalancing", create).await;
    has(
        &answer,
        &[
            "HTTP/1.1 200 OK",
            "<CreateLoadBalancerResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2012-06-01/\"><CreateLoadBalancerResult><DNSName>internal-proxy-",
            "</DNSName></CreateLoadBalancerResult><ResponseMetadata><RequestId>",
        ],
    );
    let describe = "Action=DescribeLoadBalancers&LoadBalancerNames.member.1=proxy";
    let answer = server.call("elasticloadbalancing", describe).await;
    has(
        &answer,
        &[
            "<LoadBalancerDescriptions><member><LoadBalancerName>proxy</LoadBalancerName>",
            "<ListenerDescriptions><member><Listener><Protocol>TCP</Protocol><LoadBalancerPort>8888</LoadBalancerPort>",
            "<PolicyNames></PolicyNames>",
            "<AvailabilityZones><member>us-west-2a</member></AvailabilityZones>",
            "<VPCId>vpc-0000000a</VPCId>",
            "<HealthCheck><Target>TCP:8888</Target>",
        ],
    );
    let missing = "Action=DescribeLoadBalancers&LoadBalancerNames.member.1=none";
    let answer = server.call("elasticloadbalancing", missing).await;
    has(
        &answer,
        &[
            "HTTP/1.1 400",
            "<ErrorResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2012-06-01/\"><Error><Type>Sender</Type><Code>LoadBalancerNotFound</Code>",
        ],
    );
    let last = "Action=DetachLoadBalancerFromSubnets&LoadBalancerName=proxy&Subnets.member.1=subnet-0000000a";
    let answer = server.call("elasticloadbalancing", last).await;
    has(&answer, &["HTTP/1.1 409", "<Code>InvalidConfigurationRequest</Code>"]);
    let tags = "Action=DescribeTags&LoadBalancerNames.member.1=proxy";
    let answer = server.call("elasticloadbalancing", tags).await;
    has(
        &answer,
        &[
            "<TagDescriptions><member><LoadBalancerName>proxy</LoadBalancerName><Tags><member><Key>team</Key><Value>data</Value>",
        ],
    );
    let incomplete = "Action=CreateLoadBalancer&LoadBalancerName=proxy";
    let answer = server.call("elasticloadbalancing", incomplete).await;
    has(&answer, &["HTTP/1.1 400", "<Code>ValidationError</Code>"]);
    server.stop().await;
}

#[tokio::test]
async fn groups_have_the_same_names_for_other_calls() {
    let server = Server::start(super::elb::balanced()).await;
    let create = "Action=CreateAutoScalingGroup&Version=2011-01-01&AutoScalingGroupName=nodes&MinSize=1&MaxSize=2\
                  &InstanceId=i-0000000a&VPCZoneIdentifier=subnet-0000000a\
                  &Tags.member.1.Key=Name&Tags.member.1.Value=node&Tags.member.1.PropagateAtLaunch=true";
    let answer = server.call("autoscaling", create).await;
    has(
        &answer,
        &[
            "HTTP/1.1 200 OK",
            "<CreateAutoScalingGroupResponse xmlns=\"http://autoscaling.amazonaws.com/doc/2011-01-01/\">",
        ],
    );
    server.world.advance(seconds(20));
    let answer = server.call("autoscaling", "Action=DescribeAutoScalingGroups").await;
    has(
        &answer,
        &[
            "<AutoScalingGroups><member><AutoScalingGroupName>nodes</AutoScalingGroupName><AutoScalingGroupARN>arn:aws:autoscaling:us-west-2:111111111111:autoScalingGroup:",
            "<LifecycleState>InService</LifecycleState><HealthStatus>Healthy</HealthStatus>",
            "<VPCZoneIdentifier>subnet-0000000a</VPCZoneIdentifier>",
            "<PropagateAtLaunch>true</PropagateAtLaunch>",
        ],
    );
    let links = "Action=DescribeLoadBalancers&AutoScalingGroupName=nodes";
    let answer = server.call("autoscaling", links).await;
    has(
        &answer,
        &[
            "<DescribeLoadBalancersResult><LoadBalancers></LoadBalancers></DescribeLoadBalancersResult>",
        ],
    );
    let wrong = "Action=AttachTrafficSources&AutoScalingGroupName=nodes\
                 &TrafficSources.member.1.Identifier=none&TrafficSources.member.1.Type=elb";
    let answer = server.call("autoscaling", wrong).await;
    has(
        &answer,
        &[
            "HTTP/1.1 400",
            "<Code>ValidationError</Code><Message>Provided Load Balancers may not be valid.",
        ],
    );
    let answer = server
        .call("autoscaling", "Action=DeleteAutoScalingGroup&AutoScalingGroupName=nodes")
        .await;
    has(&answer, &["HTTP/1.1 400", "<Code>ResourceInUse</Code>"]);
    let tags =
        "Action=DescribeTags&Filters.member.1.Name=key&Filters.member.1.Values.member.1=Name";
    let answer = server.call("autoscaling", tags).await;
    has(
        &answer,
        &["<ResourceId>nodes</ResourceId><ResourceType>auto-scaling-group</ResourceType>"],
    );
    server.stop().await;
}
