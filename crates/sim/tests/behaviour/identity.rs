use peerway_sim::ec2::vpcs::DescribeVpcs;
use peerway_sim::sts::*;
use peerway_sim::{Caller, Settings, SimClock, World};

use super::support::*;

const ROLES: &str = r#"
accounts:
  "111111111111":
    roles:
      peerway:
        trusts: [arn:aws:iam::999999999999:user/controller]
        externalID: secret
      next: {trusts: [arn:aws:iam::111111111111:role/peerway]}
  "999999999999":
    users: {controller: {accessKeys: {AKIACONTROLLER: x}}, other: {accessKeys: {AKIAOTHER: y}}}
"#;

fn world_of_roles() -> World {
    world_of(ROLES, Settings::default())
}

fn key(key: &str) -> Caller {
    Caller::key(key, &"us-west-2".parse().unwrap())
}

fn assume(role: &str, external_id: Option<&str>) -> AssumeRole {
    AssumeRole {
        role_arn: format!("arn:aws:iam::111111111111:role/{role}"),
        role_session_name: "test".to_owned(),
        external_id: external_id.map(str::to_owned),
        ..AssumeRole::default()
    }
}

fn session(reply: &AssumeRoleReply) -> Caller {
    let credentials = &reply.credentials;
    let region = "us-west-2".parse().unwrap();
    Caller::session(&credentials.access_key_id, &credentials.session_token, &region)
}

fn who(world: &World, caller: &Caller) -> String {
    done(world, caller, GetCallerIdentity {}).arn.to_string()
}

#[test]
fn everybody_is_who_their_key_says() {
    let world = world_of_roles();
    assert_eq!(who(&world, &key("AKIACONTROLLER")), "arn:aws:iam::999999999999:user/controller");
    assert_eq!(who(&world, &key("111111111111")), "arn:aws:iam::111111111111:root");
    let assumed = done(&world, &key("AKIACONTROLLER"), assume("peerway", Some("secret")));
    assert_eq!(
        who(&world, &session(&assumed)),
        "arn:aws:sts::111111111111:assumed-role/peerway/test"
    );
    let identity = done(&world, &session(&assumed), GetCallerIdentity {});
    assert_eq!(identity.account.as_str(), "111111111111");
    assert_eq!(identity.user_id, assumed.assumed_role_user.assumed_role_id);
    assert!(identity.user_id.starts_with("AROA") && identity.user_id.ends_with(":test"));
}

#[test]
fn a_key_that_lasts_has_no_token() {
    let world = world_of_roles();
    let caller = Caller::session("111111111111", "left-over", &"us-west-2".parse().unwrap());
    assert_eq!(code(&world, &caller, GetCallerIdentity {}), "InvalidClientTokenId");
}

#[test]
fn a_temporary_key_of_the_estate_wants_its_token() {
    let text = "accounts: {'999999999999': {users: {ci: {accessKeys: {ASIACI: s}, sessionTokens: {ASIACI: t}}}}}";
    let world = world_of(text, Settings::default());
    let region = "us-west-2".parse().unwrap();
    assert_eq!(
        who(&world, &Caller::session("ASIACI", "t", &region)),
        "arn:aws:iam::999999999999:user/ci"
    );
    for caller in [Caller::session("ASIACI", "x", &region), key("ASIACI")] {
        assert_eq!(code(&world, &caller, GetCallerIdentity {}), "InvalidClientTokenId");
    }
    let saved = world.estate();
    assert_eq!(saved.canonical().unwrap(), saved);
    for wrong in [text.replace("ASIA", "AKIA"), text.replace("sessionTokens: {ASIACI: t}", "")] {
        let made = peerway_sim::Estate::from_yaml(&wrong);
        let made = made.and_then(|estate| World::new(&estate, Settings::default()));
        assert!(made.unwrap_err().to_string().contains("begin with ASIA"));
    }
}

#[test]
fn a_role_asks_for_trust_and_external_id_and_does_not_say_which_was_missing() {
    let world = world_of_roles();
    let refused = [
        refusal(&world, &key("AKIACONTROLLER"), assume("peerway", None)),
        refusal(&world, &key("AKIACONTROLLER"), assume("peerway", Some("guess"))),
        refusal(&world, &key("AKIAOTHER"), assume("peerway", Some("secret"))),
        refusal(&world, &key("AKIACONTROLLER"), assume("unknown", Some("secret"))),
    ];
    for error in refused {
        assert_eq!(error.code(), Some("AccessDenied"));
        assert!(
            error.message().contains("is not authorized to perform: sts:AssumeRole"),
            "{error}"
        );
    }
}

#[test]
fn roles_can_be_chained_for_an_hour_at_most() {
    let world = world_of_roles();
    let first = done(&world, &key("AKIACONTROLLER"), assume("peerway", Some("secret")));
    let second = done(&world, &session(&first), assume("next", None));
    assert!(who(&world, &session(&second)).ends_with("assumed-role/next/test"));
    let longer = AssumeRole { duration_seconds: Some(7200), ..assume("next", None) };
    assert_eq!(code(&world, &session(&first), longer), "ValidationError");
    let long = AssumeRole { duration_seconds: Some(7200), ..assume("peerway", Some("secret")) };
    done(&world, &key("AKIACONTROLLER"), long);
}

#[test]
fn requests_to_sts_are_validated() {
    let world = world_of_roles();
    for bad in [
        AssumeRole { role_session_name: "x".to_owned(), ..assume("peerway", None) },
        AssumeRole { role_session_name: "a b".to_owned(), ..assume("peerway", None) },
        AssumeRole { duration_seconds: Some(899), ..assume("peerway", None) },
        AssumeRole { role_arn: "peerway".to_owned(), ..assume("peerway", None) },
    ] {
        assert_eq!(code(&world, &key("AKIACONTROLLER"), bad), "ValidationError");
    }
}

#[test]
fn sessions_end_by_the_wall_and_are_then_refused_as_expired() {
    let estate = peerway_sim::Estate::from_yaml(ROLES).unwrap();
    let second = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(1_000_000));
    let shown = std::sync::Arc::clone(&second);
    let wall = peerway_model::Clock::new(move || {
        let second = shown.load(std::sync::atomic::Ordering::Relaxed);
        peerway_model::Timestamp::from_second(second).unwrap()
    });
    let settings = Settings { clock: SimClock::scaled(wall, 60.0), ..Settings::default() };
    let world = World::new(&estate, settings).unwrap();
    let caller = session(&done(&world, &key("AKIACONTROLLER"), assume("peerway", Some("secret"))));
    world.advance(hours(100));
    done(&world, &caller, DescribeVpcs::default());
    second.fetch_add(3600, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(code(&world, &caller, DescribeVpcs::default()), "RequestExpired");
    assert_eq!(code(&world, &caller, GetCallerIdentity {}), "ExpiredToken");
}

#[test]
fn nobody_is_told_apart_from_somebody_by_service() {
    let world = world_of_roles();
    let unsigned =
        Caller { access_key_id: None, session_token: None, region: "us-west-2".parse().unwrap() };
    assert_eq!(code(&world, &unsigned, DescribeVpcs::default()), "MissingAuthenticationToken");
    assert_eq!(code(&world, &key("AKIANOBODY"), DescribeVpcs::default()), "AuthFailure");
    assert_eq!(code(&world, &key("AKIANOBODY"), GetCallerIdentity {}), "InvalidClientTokenId");
    assert_eq!(code(&world, &key("222222222222"), DescribeVpcs::default()), "AuthFailure");
    let assumed = done(&world, &key("AKIACONTROLLER"), assume("peerway", Some("secret")));
    let tokenless = key(&assumed.credentials.access_key_id);
    assert_eq!(code(&world, &tokenless, DescribeVpcs::default()), "AuthFailure");
}

#[test]
fn credentials_repeat_with_the_seed_and_differ_within_a_world() {
    let assumed = |seed: u64| {
        let world = world_of(ROLES, Settings { seed, ..Settings::default() });
        let ask = || done(&world, &key("AKIACONTROLLER"), assume("peerway", Some("secret")));
        [ask().credentials, ask().credentials]
    };
    assert_eq!(assumed(1), assumed(1));
    assert_ne!(assumed(1)[0], assumed(2)[0]);
    let [first, second] = assumed(1);
    assert_ne!(first.access_key_id, second.access_key_id);
    assert!(first.access_key_id.starts_with("ASIA") && first.access_key_id.len() == 20);
}
