//! The `peerway` binary: command line, telemetry, wiring. The only place that knows every crate.

mod admin;
mod args;
mod commands;
mod signals;
mod telemetry;

use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::args::{Cli, Command};

/// Every visit allocates and frees a lot of small things, and every list read anew a lot at once. Beside glibc's allocator
/// this one halves the processor time of a visit, and gives memory back to the system (`make bench`, T7, T9, T10). How it is
/// set: `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        // What only prints needs neither logs nor a runtime.
        Command::Crds => commands::crds::run(),
        Command::IamPolicy(args) => commands::iam_policy::run(args),
        Command::Completion { shell } => {
            commands::completion::run(shell);
            Ok(())
        }
        Command::Controller(args) => {
            telemetry::start(&cli.log)?;
            block_on(commands::controller::run(args))
        }
        Command::Sim(args) => {
            telemetry::start(&cli.log)?;
            block_on(commands::sim::run(args))
        }
    }
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(work);
    // A name that is being resolved sits in a thread that nothing can stop.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

/// An error in one line, with its causes.
#[expect(clippy::print_stderr, reason = "an error before or after logging is for the terminal")]
fn complain(error: &anyhow::Error) {
    eprintln!("peerway: {error:#}");
}
