//! Signatures that are verified, over real sockets. The signer here is one of its own, after AWS's description.

use hmac::{Hmac, KeyInit as _, Mac as _};
use peerway_sim::sts::AssumeRole;
use peerway_sim::{Settings, Signatures, World};
use sha2::{Digest as _, Sha256};

use crate::http::{Server, has};
use crate::support::{ESTATE, done, ours, seconds, world_of};

fn world() -> World {
    let identities = "  \"111111111111\":\n    roles:\n      r: {trusts: [\"111111111111\"]}\n    \
        users: {someone: {accessKeys: {AKIAEXAMPLE: hush}}}\n";
    let estate = ESTATE.replace("  \"111111111111\":\n", identities);
    world_of(&estate, Settings { signatures: Signatures::Verified, ..Settings::default() })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

struct Signer<'a> {
    key: &'a str,
    secret: &'a str,
    token: Option<&'a str>,
    time: &'a str,
    service: &'a str,
    signed: &'a str,
}

const USER: Signer<'static> = Signer {
    key: "AKIAEXAMPLE",
    secret: "hush",
    token: None,
    time: "20260101T000000Z",
    service: "ec2",
    signed: "host;x-amz-date",
};

impl Signer<'_> {
    async fn call(&self, server: &Server, body: &str) -> String {
        self.send(server, body, body).await
    }

    /// Signs one body and sends another.
    async fn send(&self, server: &Server, signed_body: &str, body: &str) -> String {
        let Self { key, secret, time, service, signed, .. } = self;
        let day = &time[..8];
        let host = if signed.contains("host") { "host:sim\n" } else { "" };
        let digest = hex(&Sha256::digest(signed_body.as_bytes()));
        let canonical = format!("POST\n/\n\n{host}x-amz-date:{time}\n\n{signed}\n{digest}");
        let scope = format!("{day}/us-west-2/{service}/aws4_request");
        let digest = hex(&Sha256::digest(canonical.as_bytes()));
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{digest}");
        let mut signature = format!("AWS4{secret}").into_bytes();
        for part in [day, "us-west-2", service, "aws4_request", &text] {
            let mut mac = Hmac::<Sha256>::new_from_slice(&signature).unwrap();
            mac.update(part.as_bytes());
            signature = mac.finalize().into_bytes().to_vec();
        }
        let signature = hex(&signature);
        let token = self.token.map(|token| format!("\r\nX-Amz-Security-Token: {token}"));
        let head = format!(
            "POST / HTTP/1.1\r\nX-Amz-Date: {time}{}\r\nAuthorization: AWS4-HMAC-SHA256 Credential={key}/{scope}, \
             SignedHeaders={signed}, Signature={signature}",
            token.unwrap_or_default()
        );
        server.send(&head, body).await
    }
}

const WHO: &str = "Action=GetCallerIdentity&Version=2011-06-15";
const VPCS: &str = "Action=DescribeVpcs&Version=2016-11-15";

#[tokio::test]
async fn good_signatures_pass_and_wrong_ones_are_refused_in_the_words_of_the_service() {
    let server = Server::start(world()).await;
    let sts = |signer: Signer<'static>| Signer { service: "sts", ..signer };
    has(&USER.call(&server, VPCS).await, &["HTTP/1.1 200"]);
    has(&sts(USER).call(&server, WHO).await, &["HTTP/1.1 200", "user/someone"]);
    let root = Signer { key: "111111111111", secret: "111111111111", ..USER };
    has(&root.call(&server, VPCS).await, &["HTTP/1.1 200"]);
    let not_matching = &["HTTP/1.1 403", "<Code>SignatureDoesNotMatch</Code>", "we calculated"][..];
    let failure = &["HTTP/1.1 401", "<Code>AuthFailure</Code>"][..];
    let wrong = Signer { secret: "guess", ..USER };
    has(&wrong.call(&server, VPCS).await, failure);
    has(&sts(wrong).call(&server, WHO).await, not_matching);
    let other = sts(USER).send(&server, WHO, &format!("{WHO}&x=y")).await;
    has(&other, not_matching);
    let hostless = sts(Signer { signed: "x-amz-date", ..USER });
    has(&hostless.call(&server, WHO).await, &["HTTP/1.1 403", "must be a 'SignedHeader'"]);
    let outcomes: Vec<String> =
        server.world.ledger().iter().map(|entry| entry.outcome.to_string()).collect();
    assert_eq!(outcomes[3..5], ["AuthFailure", "SignatureDoesNotMatch"]);
    server.stop().await;
}

#[tokio::test]
async fn signatures_of_another_time_are_refused() {
    let server = Server::start(world()).await;
    let at = |time: &'static str, service: &'static str| Signer { time, service, ..USER };
    for (time, ec2, sts) in [
        ("20251231T235601Z", "200", "200"),
        ("20251231T235400Z", "200", "403"),
        ("20251231T234400Z", "400", "403"),
        ("20260101T000600Z", "200", "403"),
        ("20260101T001600Z", "400", "403"),
    ] {
        let answer = at(time, "ec2").call(&server, VPCS).await;
        has(&answer, &[&format!("HTTP/1.1 {ec2}")]);
        assert_eq!(answer.contains("<Code>RequestExpired</Code>"), ec2 == "400", "{answer}");
        let answer = at(time, "sts").call(&server, WHO).await;
        has(&answer, &[&format!("HTTP/1.1 {sts}")]);
        assert_eq!(answer.contains("<Code>SignatureDoesNotMatch</Code>"), sts == "403", "{answer}");
    }
    has(&at("yesterday", "sts").call(&server, WHO).await, &["IncompleteSignature", "ISO-8601"]);
    server.stop().await;
}

#[tokio::test]
async fn sessions_sign_with_their_own_secret() {
    let server = Server::start(world()).await;
    let request = AssumeRole {
        role_arn: "arn:aws:iam::111111111111:role/r".to_owned(),
        role_session_name: "test".to_owned(),
        ..AssumeRole::default()
    };
    let credentials = done(&server.world, &ours(), request).credentials;
    let session = Signer {
        key: &credentials.access_key_id,
        secret: &credentials.secret_access_key,
        token: Some(&credentials.session_token),
        ..USER
    };
    has(&session.call(&server, VPCS).await, &["HTTP/1.1 200"]);
    let tokenless = Signer { token: None, ..session };
    has(&tokenless.call(&server, VPCS).await, &["<Code>AuthFailure</Code>"]);
    server.world.advance(seconds(10_000));
    has(&session.call(&server, VPCS).await, &["HTTP/1.1 200"]);
    server.stop().await;
}
