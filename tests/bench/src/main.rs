//! How fast and how frugal: prints one table of figures, each beside its target and with what was counted.
//!
//! Every figure is a count, a ratio within this run, simulated time or processor time, so that a busy machine does not
//! change it; but for T4, from `kubectl apply` to Ready, which is a time on the wall, as its row says. Counts of AWS's calls are those of the simulated AWS's ledger, counts of Kubernetes' calls those
//! of a layer under the client; never the controller's own.
#![expect(clippy::print_stdout, reason = "what this program has to say, it says on stdout")]
#![expect(clippy::print_stderr, reason = "what it is doing meanwhile, it says on stderr")]

#[expect(
    dead_code,
    unreachable_pub,
    reason = "shared with the tests' own crate, which uses all of it"
)]
#[path = "../../src/api_server.rs"]
mod api_server;
mod apply;
#[expect(
    dead_code,
    unreachable_pub,
    reason = "shared with the tests' own crate, which uses all of it"
)]
#[path = "../../src/assets.rs"]
mod assets;
mod balancers;
mod bringup;
#[expect(unreachable_pub, reason = "shared with the tests' own crate")]
#[path = "../../src/clients/python.rs"]
mod clients;
mod fleet;
mod formula;
mod machine;
mod memory;
mod moto;
mod overlap;
#[expect(
    dead_code,
    unreachable_pub,
    reason = "shared with the tests' own crate, which uses all of it"
)]
#[path = "../../src/process.rs"]
mod process;
mod queue;
mod rest;
mod running;
mod simulated;
mod table;
mod wire;

use std::process::ExitCode;
use std::time::Instant;

use table::{Row, Table};

/// What is measured has the allocator of the `peerway` binary.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        // Children of this program: whose memory and processor time is measured has a process of its own.
        ["child-sim"] => simulated::serve(),
        ["child-controller", url, peerings] => memory::controller(url, peerings),
        chosen => bench(chosen),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

type Part = fn() -> anyhow::Result<Vec<Row>>;

/// In the order of the table, each with the figures it brings. Each can be run alone: `make bench PARTS="sim reads"`.
const PARTS: &[(&str, &str, Part)] = &[
    ("overlap", "T13, T14", overlap::rows),
    ("sim", "T17", simulated::rows),
    ("reads", "T1, T10", rest::reads),
    ("bringup", "T5, T2, T11 of a bring-up", bringup::rows),
    ("apply", "T4", apply::rows),
    ("balancers", "load balancers at rest and brought up", balancers::rows),
    ("rest", "T7, T8, T11 at rest", rest::rows),
    ("memory", "T9", memory::rows),
];

fn bench(chosen: &[&str]) -> anyhow::Result<()> {
    if let Some(unknown) = chosen.iter().find(|word| !PARTS.iter().any(|(name, ..)| name == *word))
    {
        let names: Vec<&str> = PARTS.iter().map(|(name, ..)| *name).collect();
        anyhow::bail!("there is no part {unknown:?}; there are: {}", names.join(", "));
    }
    let mut table = Table::default();
    let mut failed = Vec::new();
    for (name, figures, part) in PARTS {
        if chosen.is_empty() || chosen.contains(name) {
            eprintln!("bench: {name} …");
            let begun = Instant::now();
            let rows = part().unwrap_or_else(|error| {
                failed.push(*name);
                vec![Row::skipped(figures, &format!("failed: {error:#}"))]
            });
            table.extend(rows);
            eprintln!("bench: {name} took {:.0?}", begun.elapsed());
        }
    }
    println!("{table}");
    println!("{}", machine::machine());
    anyhow::ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}
