//! The `peerway` binary: command line, telemetry, wiring. The only place that knows every crate.

mod admin;
mod args;
mod commands;
mod signals;
mod telemetry;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};

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
        Command::Completion { shell } => {
            commands::completion::run(shell);
            Ok(())
        }
        Command::Controller(args) => {
            telemetry::start(&cli.log)?;
            runtime()?.block_on(commands::controller::run(args))
        }
        Command::Sim(args) => {
            telemetry::start(&cli.log)?;
            runtime()?.block_on(commands::sim::run(args))
        }
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// An error in one line, with its causes.
#[expect(clippy::print_stderr, reason = "an error before or after logging is for the terminal")]
fn complain(error: &anyhow::Error) {
    eprintln!("peerway: {error:#}");
}
