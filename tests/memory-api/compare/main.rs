//! The server in memory held against the real one: the same random requests to both, and every answer the same but for
//! what must differ: times, uids and versions, which are compared by the order in which they first appear.
//!
//! `SEQUENCE=7` replays one sequence, `SEQUENCE=0..500` runs that many; a difference prints the command that replays it.

#![expect(clippy::unwrap_used, reason = "a test may end wherever it cannot go on")]
#![expect(clippy::print_stderr, reason = "it says how much it compared, and what differs")]

mod generate;
mod objects;
mod side;

// What starts the real server belongs to the tests' own crate, which this one does not depend on: it pulls in the AWS SDK.
#[expect(dead_code, unreachable_pub, reason = "another crate's, of which this test needs a part")]
#[path = "../../src/api_server.rs"]
mod api_server;
#[expect(dead_code, unreachable_pub, reason = "another crate's, of which this test needs a part")]
#[path = "../../src/assets.rs"]
mod assets;
#[expect(dead_code, unreachable_pub, reason = "another crate's, of which this test needs a part")]
#[path = "../../src/process.rs"]
mod process;

use std::ops::Range;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use kube::Client;
use libtest_mimic::{Arguments, Trial};
use peerway_memory_api::MemoryApi;
use peerway_model::Clock;
use serde_json::{Value, json};

use api_server::{ADMIN, ApiServer};
use generate::Generator;
use side::{Side, Template};

/// How many sequences a run has without `SEQUENCE`.
const SEQUENCES: u64 = 32;
/// How many requests a sequence has.
const LENGTH: usize = 60;
const DEFINITIONS: &[&str] = &[
    include_str!("../../../deploy/crds/peerway.dev_vpcpeerings.yaml"),
    include_str!("../../../deploy/crds/peerway.dev_awsaccounts.yaml"),
    include_str!("../../../deploy/crds/peerway.dev_overlapsubnetgroups.yaml"),
    include_str!("../../../deploy/crds/peerway.dev_proxyloadbalancers.yaml"),
];

fn definitions() -> Vec<Value> {
    let mut all: Vec<Value> = serde_json::from_str(include_str!("kinds.json")).unwrap();
    all.extend(DEFINITIONS.iter().map(|text| serde_saphyr::from_str::<Value>(text).unwrap()));
    all
}

fn seeds() -> Range<u64> {
    let Ok(text) = std::env::var("SEQUENCE") else { return 0..SEQUENCES };
    let number = |text: &str| text.parse().expect("SEQUENCE is a number, or two with .. between");
    match text.split_once("..") {
        Some((from, to)) => number(from)..number(to),
        None => number(&text)..number(&text) + 1,
    }
}

fn main() {
    let trial = Trial::test("both_servers_answer_alike", || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(both_servers_answer_alike());
        Ok(())
    });
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit();
}

async fn both_servers_answer_alike() {
    let assets = assets::Assets::find_or_build(&|line| eprintln!("{line}")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = ApiServer::start(&assets, folder.path()).await.unwrap();
    let real = server.client(ADMIN).await.unwrap();
    let memory = MemoryApi::new(Clock::new(|| "2026-01-02T03:04:05Z".parse().unwrap()));
    for definition in definitions() {
        memory.register(&definition).unwrap();
        establish(&real, &definition).await;
    }
    let memory = Client::new(memory, "default");
    let begun = Instant::now();
    let runs = stream::iter(seeds())
        .map(|seed| sequence(seed, Side::new(real.clone()), Side::new(memory.clone())));
    let results: Vec<_> = runs.buffer_unordered(4).collect().await;
    let (mut requests, mut events, mut refused) = (0, 0, 0);
    let mut differences = Vec::new();
    for result in results {
        match result {
            Ok(counts) => {
                requests += counts.requests;
                events += counts.events;
                refused += counts.refused;
            }
            Err(difference) => differences.push(difference),
        }
    }
    eprintln!(
        "{requests} requests ({refused} refused) and {events} watch events compared in {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    differences.sort_by_key(String::len);
    for difference in differences.iter().take(12) {
        eprintln!("{difference}");
    }
    assert!(differences.is_empty(), "{} sequences differ", differences.len());
}

/// Makes a definition known to the real server, and waits until its kind is served and its schema is enforced.
async fn establish(real: &Client, definition: &Value) {
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let request = http::Request::post(path).header("Content-Type", "application/json");
    let request = request.body(definition.to_string().into_bytes()).unwrap();
    real.request::<Value>(request).await.unwrap();
    let name = definition["metadata"]["name"].as_str().unwrap();
    let (spec, version) = (&definition["spec"], &definition["spec"]["versions"][0]["name"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = format!(
        "/apis/{}/{}/{}",
        text(&spec["group"]),
        text(version),
        text(&spec["names"]["plural"])
    );
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let request = http::Request::get(&list).body(Vec::new()).unwrap();
        if real.request::<Value>(request).await.is_ok() {
            return;
        }
        assert!(Instant::now() < deadline, "{name} is not served");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[derive(Default)]
struct Counts {
    requests: usize,
    refused: usize,
    events: usize,
}

async fn sequence(seed: u64, mut real: Side, mut memory: Side) -> Result<Counts, String> {
    let mut generator = Generator::new(seed);
    let mut counts = Counts::default();
    let opening = generator.opening();
    let random: Vec<Template> = (0..LENGTH).map(|_| generator.request()).collect();
    let all = opening.into_iter().chain(random).chain(generator.closing());
    let mut history = Vec::new();
    for template in all {
        let mut wanted = real.send(&template).await;
        let found = memory.send(&template).await;
        // Who takes any version is answered from the real server's cache, which a write reaches a moment later.
        let deadline = Instant::now() + Duration::from_secs(10);
        while wanted != found && takes_any_version(&template) && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
            wanted = real.send(&template).await;
        }
        counts.requests += 1;
        counts.refused += usize::from(wanted.0 >= 400);
        history.push(template.clone());
        if wanted != found {
            return Err(report(seed, &template, &wanted, &found, &history));
        }
    }
    for (template, marker) in generator.watches() {
        let is_last = |event: &Value| {
            event["object"]["metadata"]["annotations"].get(marker).is_some()
                || event["type"] == "ERROR"
        };
        let watch = async |side: &mut Side| {
            let events = side.watch(&template, is_last);
            let limit = tokio::time::timeout(Duration::from_secs(10), events);
            limit.await.unwrap_or_else(|_| vec![json!("the last event did not come")])
        };
        let (mut wanted, mut found) = (watch(&mut real).await, watch(&mut memory).await);
        for events in [&mut wanted, &mut found] {
            events.retain(|event| event["type"] != "BOOKMARK" || is_last(event));
        }
        counts.requests += 1;
        counts.events += wanted.len();
        if let Some(index) =
            (0..wanted.len().max(found.len())).find(|index| wanted.get(*index) != found.get(*index))
        {
            let nothing = Value::Null;
            let wanted = (200, wanted.get(index).unwrap_or(&nothing).clone());
            let found = (200, found.get(index).unwrap_or(&nothing).clone());
            return Err(report(seed, &template, &wanted, &found, &history));
        }
    }
    Ok(counts)
}

fn takes_any_version(template: &Template) -> bool {
    template.method == "GET" && template.query.split('&').any(|part| part == "resourceVersion=0")
}

fn report(
    seed: u64,
    template: &Template,
    wanted: &(u16, Value),
    found: &(u16, Value),
    history: &[Template],
) -> String {
    let mut lines =
        vec![format!("SEQUENCE={seed} cargo test -p peerway-memory-api --test compare")];
    lines.push("  the last requests for the object, and the one that differs:".to_owned());
    let about: Vec<_> = history.iter().filter(|earlier| earlier.about == template.about).collect();
    for earlier in &about[about.len().saturating_sub(8)..] {
        let body = earlier.body.as_ref().map(Value::to_string).unwrap_or_default();
        lines.push(format!("  {} {}?{} {body}", earlier.method, earlier.path, earlier.query));
    }
    if wanted.0 != found.0 {
        lines.push(format!("  real {} memory {}", wanted.0, found.0));
    }
    let mut parts = Vec::new();
    differ("", &wanted.1, &found.1, &mut parts);
    lines.extend(parts.into_iter().take(8).map(|part| format!("    {part}")));
    lines.join("\n")
}

fn differ(path: &str, wanted: &Value, found: &Value, parts: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            let mut names: Vec<_> = wanted.keys().chain(found.keys()).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let absent = &json!("(absent)");
                let (wanted, found) =
                    (wanted.get(name).unwrap_or(absent), found.get(name).unwrap_or(absent));
                differ(&format!("{path}.{name}"), wanted, found, parts);
            }
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            for (index, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                differ(&format!("{path}[{index}]"), wanted, found, parts);
            }
        }
        (wanted, found) if wanted == found => {}
        (wanted, found) => parts.push(format!("{path}: real {wanted} memory {found}")),
    }
}
