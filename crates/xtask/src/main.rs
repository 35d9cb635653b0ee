//! Work on the repository: generated files, dependency walls, the demo. `make` calls it; nothing here ships.
#![expect(clippy::print_stdout, reason = "what this program has to say, it says on stdout")]

mod demo;
mod generate;
mod walls;

use std::future::Future;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Parser)]
#[command(about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the generated files: CRDs, IAM policies, references.
    Generate {
        /// Only say which files are not fresh, and fail.
        #[arg(long)]
        check: bool,
    },
    /// Check which crate may know which.
    Walls,
    /// Show the golden example, check it, take it apart.
    Demo,
    /// Start the set-up of the demo and leave it running.
    Dev,
    /// Build or install what tests and the demo start, if it is not there yet.
    Assets,
    /// Let AWS's own clients judge the simulated AWS.
    Clients {
        /// Write what moto does otherwise, and the reference page, instead of comparing them.
        #[arg(long)]
        write: bool,
        /// Only cases whose name holds this; nothing else.
        #[arg(long, conflicts_with = "write")]
        only: Option<String>,
    },
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Generate { check } => generate::run(*check),
        Command::Walls => walls::run(),
        Command::Demo => runtime()?.block_on(async {
            until_stopped(demo::run()).await?.context("stopped before every check was made")
        }),
        Command::Dev => runtime()?.block_on(async {
            until_stopped(demo::dev()).await?;
            println!("\nstopped");
            Ok(())
        }),
        Command::Assets => {
            peerway_tests::Assets::find_or_build(&|line| println!("{line}"))?;
            peerway_tests::clients::python(&|line| println!("{line}"))?;
            Ok(())
        }
        Command::Clients { write, only } => {
            let write = write.then_some("--write");
            let only = only.iter().flat_map(|only| ["--only", only]);
            let arguments: Vec<&str> = write.into_iter().chain(only).collect();
            peerway_tests::clients::judge(&arguments, &|line| println!("{line}"))
        }
    }
}

/// On Ctrl-C and SIGTERM everything that was started ends with what started it; nothing is answered then.
async fn until_stopped<T>(
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<Option<T>> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = work => result.map(Some),
        _ = tokio::signal::ctrl_c() => Ok(None),
        _ = terminate.recv() => Ok(None),
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
