//! Clients that misbehave, over real sockets: each gets an error or a closed connection, and nobody else notices.

use std::time::Duration;

use peerway_sim::ec2::vpcs::DescribeVpcs;
use peerway_sim::weather::Garble;
use peerway_sim::{Action, Fault, FaultKind, HttpLimits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::http::{Server, body_of, has};
use crate::support::{ours, world};

/// Short times, so that tests need not wait long.
fn strict() -> HttpLimits {
    let short = Duration::from_millis(200);
    HttpLimits { head_time: short, body_time: short, stall_time: short, ..HttpLimits::default() }
}

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(("127.0.0.1", server.port)).await.unwrap()
}

/// All that comes until the server closes, which it must do soon.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await;
    // A reset is as good an end as any.
    drop(read.expect("the server keeps the connection open"));
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn is_well(server: &Server) {
    has(&server.call("ec2", "Action=DescribeVpcs").await, &["HTTP/1.1 200", "vpc-0000000a"]);
}

const HEAD: &str = "POST / HTTP/1.1\r\nHost: sim\r\nAuthorization: AWS4-HMAC-SHA256 \
    Credential=111111111111/20260101/us-west-2/ec2/aws4_request, SignedHeaders=host, Signature=00\r\n";

#[tokio::test]
async fn garbage_is_answered_with_an_error_or_the_end() {
    let server = Server::start_with(world(), strict()).await;
    let endless = [b"GET /".as_slice(), &vec![b'a'; 100_000]].concat();
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(5000));
    for garbage in [
        &[0_u8; 1000][..],
        &[0xff; 1000],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        endless.as_slice(),
        many_headers.as_bytes(),
    ] {
        let mut stream = connect(&server).await;
        // It may close before all is said.
        let _ = stream.write_all(garbage).await;
        let answer = rest(&mut stream).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    is_well(&server).await;
    server.stop().await;
}

#[tokio::test]
async fn bodies_that_are_no_parameters_are_refused_as_aws_refuses_them() {
    let server = Server::start(world()).await;
    for body in
        ["\u{0}\u{1}\u{2}", "%ff%fe=%00", "{\"Action\": \"DescribeVpcs\"}", "<xml/>", "&&&==="]
    {
        let answer = server.call("ec2", body).await;
        has(&answer, &["HTTP/1.1 400", "<Code>"]);
    }
    is_well(&server).await;
    server.stop().await;
}

#[tokio::test]
async fn bodies_that_are_too_long_are_refused_before_they_are_read() {
    let server = Server::start_with(world(), strict()).await;
    let mut stream = connect(&server).await;
    let head = format!("{HEAD}Content-Length: 10485760\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = rest(&mut stream).await;
    has(&answer, &["HTTP/1.1 413", "<Code>RequestEntityTooLarge</Code>", "connection: close"]);

    let mut stream = connect(&server).await;
    stream.write_all(format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n").as_bytes()).await.unwrap();
    let piece = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    for _ in 0..160 {
        if stream.write_all(piece.as_bytes()).await.is_err() {
            break;
        }
    }
    let answer = rest(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    is_well(&server).await;
    server.stop().await;
}

#[tokio::test]
async fn slow_clients_are_given_up() {
    let server = Server::start_with(world(), strict()).await;
    let mut silent = connect(&server).await;
    let mut slow_head = connect(&server).await;
    slow_head.write_all(b"POST / HTTP/1.1\r\nHos").await.unwrap();
    let mut slow_body = connect(&server).await;
    let begun = format!("{HEAD}Content-Length: 100\r\n\r\nAction=Desc");
    slow_body.write_all(begun.as_bytes()).await.unwrap();
    is_well(&server).await;
    assert_eq!(rest(&mut silent).await, "");
    let answer = rest(&mut slow_head).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    has(&rest(&mut slow_body).await, &["HTTP/1.1 400", "<Code>RequestTimeout</Code>"]);
    assert_eq!(server.world.ledger().len(), 1, "what was never asked is no call");
    server.stop().await;
}

/// A client that has asked for far more than fits into any window.
async fn greedy(server: &Server) -> TcpStream {
    server.world.inject(Fault::next(Action::DescribeVpcs, FaultKind::Garbled(Garble::Huge)));
    let mut stream = connect(server).await;
    let body = "Action=DescribeVpcs";
    let request = format!("{HEAD}Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_client_that_does_not_read_is_given_up() {
    let server = Server::start_with(world(), strict()).await;
    let mut stream = greedy(&server).await;
    // The call is done, its answer on the way into a window that nobody empties: until the server hangs up.
    let mut cut = false;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if stream.write_all(b"x").await.is_err() {
            cut = true;
            break;
        }
    }
    let answer = rest(&mut stream).await;
    assert!(cut || answer.len() < 10 * 1024 * 1024, "{}", answer.len());
    is_well(&server).await;
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_reads_byte_by_byte_is_given_up() {
    let server = Server::start_with(world(), strict()).await;
    let mut stream = greedy(&server).await;
    let (mut piece, mut cut) = ([0_u8; 64], false);
    for _ in 0..500 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let read = stream.read_exact(&mut piece).await.is_ok();
        if !read || stream.write_all(b"x").await.is_err() {
            cut = true;
            break;
        }
    }
    assert!(cut, "it is still being written to");
    is_well(&server).await;
    server.stop().await;
}

#[tokio::test]
async fn a_long_ledger_is_told_in_pieces_that_make_a_whole() {
    let server = Server::start(world()).await;
    for _ in 0..1001 {
        server.world.call(&ours(), DescribeVpcs::default().into()).unwrap();
    }
    for (path, first) in [("/_peerway/ledger", 1), ("/_peerway/ledger?since=501", 502)] {
        let answer = body_of(&server.get(path).await);
        let entries: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let told = entries.as_array().unwrap().iter().map(|entry| entry["seq"].as_u64().unwrap());
        assert!(told.eq(first..=1001), "{path}");
        let lines = if path.contains('?') { "&format=lines" } else { "?format=lines" };
        let lines = body_of(&server.get(&format!("{path}{lines}")).await);
        let told = lines.lines().map(serde_json::from_str::<serde_json::Value>);
        assert!(told.map(|entry| entry.unwrap()["seq"].as_u64().unwrap()).eq(first..=1001));
    }
    assert_eq!(body_of(&server.get("/_peerway/ledger?since=1001").await), "[]");
    server.stop().await;
}

#[tokio::test]
async fn half_closed_connections_get_their_answer_or_their_end() {
    let server = Server::start_with(world(), strict()).await;
    let body = "Action=DescribeVpcs";
    let mut whole = connect(&server).await;
    let request = format!("{HEAD}Content-Length: {}\r\n\r\n{body}", body.len());
    whole.write_all(request.as_bytes()).await.unwrap();
    whole.shutdown().await.unwrap();
    has(&rest(&mut whole).await, &["HTTP/1.1 200", "vpc-0000000a"]);
    let mut part = connect(&server).await;
    let request = format!("{HEAD}Content-Length: 1000\r\n\r\n{body}");
    part.write_all(request.as_bytes()).await.unwrap();
    part.shutdown().await.unwrap();
    let answer = rest(&mut part).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    let mut gone = connect(&server).await;
    gone.write_all(request.as_bytes()).await.unwrap();
    drop(gone);
    is_well(&server).await;
    assert_eq!(server.world.ledger().len(), 2);
    server.stop().await;
}

#[tokio::test]
async fn too_many_connections_are_closed_and_those_that_are_open_go_on() {
    let limits = HttpLimits { connections: 3, ..HttpLimits::default() };
    let server = Server::start_with(world(), limits).await;
    let body = "Action=DescribeVpcs";
    let request = format!("{HEAD}Content-Length: {}\r\n\r\n{body}", body.len());
    let mut first = connect(&server).await;
    let mut answer = [0_u8; 12];
    let mut ask = async |stream: &mut TcpStream| {
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        let mut rest = vec![0_u8; 65_536];
        // What is left of the answer comes in one piece or a few, the last of which ends with the root element.
        let mut seen = Vec::new();
        while !seen.ends_with(b"</DescribeVpcsResponse>") {
            let length = stream.read(&mut rest).await.unwrap();
            assert!(length > 0);
            seen.extend_from_slice(&rest[..length]);
        }
    };
    ask(&mut first).await;
    let mut others = [connect(&server).await, connect(&server).await];
    for other in &mut others {
        ask(other).await;
    }
    let mut fourth = connect(&server).await;
    assert_eq!(rest(&mut fourth).await, "");
    ask(&mut first).await;
    drop(others);
    // The server notices in its own time.
    let mut answered = false;
    for _ in 0..200 {
        let answer = server.call("ec2", body).await;
        if answer.starts_with("HTTP/1.1 200") {
            answered = true;
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(answered, "nobody gets in any more");
    server.stop().await;
}

#[tokio::test]
async fn answers_are_spoilt_as_asked_while_the_server_runs() {
    let server = Server::start(world()).await;
    for (garble, is_as_it_should_be) in [
        ("truncated", (|body: &str| !body.contains("</DescribeVpcsResponse>")) as fn(&str) -> bool),
        ("incomplete", |body| {
            !body.contains("vpcSet") && body.ends_with("</DescribeVpcsResponse>")
        }),
        ("foreign", |body| body.starts_with("<!DOCTYPE html>")),
        ("huge", |body| body.len() > 10_000_000 && body.contains("vpc-0000000a")),
    ] {
        let fault =
            format!("{{\"action\": \"DescribeVpcs\", \"kind\": {{\"garbled\": \"{garble}\"}}}}");
        let added = server.send("POST /_peerway/weather/faults HTTP/1.1", &fault).await;
        has(&added, &["HTTP/1.1 200", garble]);
        let answer = server.call("ec2", "Action=DescribeVpcs").await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        has(head, &["HTTP/1.1 200"]);
        assert!(is_as_it_should_be(body), "{garble}");
        assert_eq!(server.world.ledger().pop().unwrap().outcome.to_string(), "garbled");
    }
    let struck = server.get("/_peerway/weather/struck").await;
    has(&struck, &["\"answer-huge\":1", "\"answer-truncated\":1"]);
    is_well(&server).await;
    server.stop().await;
}

#[tokio::test]
async fn the_weather_is_read_and_written_over_http() {
    let server = Server::start(world()).await;
    let weather = "{\"throttling\":{\"share\":0.25},\"latency\":{\"log-normal\":{\"median\":0.001,\"sigma\":0.5,\"seed\":3}},\
        \"lag\":[{\"chance\":1,\"byList\":{\"writes\":2}}],\"forecast\":{\"seed\":9,\"chances\":{\"slow\":0.001}},\
        \"faults\":[{\"action\":\"CreateVpc\",\"times\":2,\"kind\":\"denied\"},\
        {\"kind\":{\"hand\":{\"call\":{\"account\":\"111111111111\",\"region\":\"us-west-2\",\"action\":\"DeleteVpc\",\
        \"parameters\":{\"VpcId\":\"vpc-0000000b\"}}}}}]}";
    let set = server.send("PUT /_peerway/weather HTTP/1.1", weather).await;
    has(&set, &["HTTP/1.1 200", "\"share\":0.25"]);
    let conditions = server.world.conditions();
    assert_eq!((conditions.faults.len(), conditions.lag.len()), (2, 1));
    let got = server.get("/_peerway/weather").await;
    let document = got.split("\r\n\r\n").nth(1).unwrap().trim();
    let again = server.send("PUT /_peerway/weather HTTP/1.1", document).await;
    assert_eq!(again.split("\r\n\r\n").nth(1).unwrap().trim(), document);
    assert_eq!(server.world.conditions(), conditions);
    let refused = server.call("ec2", "Action=CreateVpc&CidrBlock=10.0.0.0%2F16").await;
    has(&refused, &["<Code>UnauthorizedOperation</Code>"]);
    let cleared = server.send("DELETE /_peerway/weather/faults HTTP/1.1", "").await;
    has(&cleared, &["HTTP/1.1 200", "[]"]);
    for bad in ["{", "{\"rain\":1}", "{\"forecast\":{\"chances\":{\"frogs\":1}}}", "[1]"] {
        has(&server.send("PUT /_peerway/weather HTTP/1.1", bad).await, &["HTTP/1.1 400"]);
        has(&server.send("POST /_peerway/weather/faults HTTP/1.1", bad).await, &["HTTP/1.1 400"]);
    }
    let set = server.send("PUT /_peerway/weather HTTP/1.1", "{}").await;
    has(&set, &["HTTP/1.1 200"]);
    assert_eq!(server.world.conditions(), peerway_sim::weather::Conditions::default());
    server.stop().await;
}
