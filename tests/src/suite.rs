//! Suites whose tests share one environment: it starts with the first test and ends with the last.

use std::process::ExitCode;
use std::sync::Arc;

use futures::future::LocalBoxFuture;
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;

use crate::assets::Assets;
use crate::environment::Environment;

/// A test of a suite: its name as behaviour, and what it does.
pub type Test =
    (&'static str, for<'e> fn(&'e Environment) -> LocalBoxFuture<'e, anyhow::Result<()>>);

/// Runs a suite with the arguments of every Rust test; one test after the other, since they share a cluster.
#[must_use]
#[expect(clippy::print_stderr, reason = "a test runner talks to a terminal")]
pub fn run(tests: &[Test]) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let wants_any = !arguments.list && tests.iter().any(|(name, _)| is_wanted(&arguments, name));
    let started = if wants_any { start().map(Some) } else { Ok(None) };
    let environment = match started {
        Ok(environment) => environment.map(Arc::new),
        Err(error) => {
            eprintln!("the environment did not start: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let trials = tests
        .iter()
        .map(|(name, test)| {
            let (environment, test) = (environment.clone(), *test);
            Trial::test(*name, move || {
                let Some(environment) = environment else { return Err("it was not to run".into()) };
                let (runtime, environment) = environment.as_ref();
                runtime.block_on(async {
                    let outcome = test(environment).await;
                    if outcome.is_err() {
                        environment.release_lease().await;
                    }
                    outcome.map_err(|error| Failed::from(format!("{error:#}")))
                })
            })
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn is_wanted(arguments: &Arguments, name: &str) -> bool {
    let matches = |filter: &String| {
        if arguments.exact { name == filter } else { name.contains(filter.as_str()) }
    };
    arguments.filter.as_ref().is_none_or(matches) && !arguments.skip.iter().any(matches)
}

fn start() -> anyhow::Result<(Runtime, Environment)> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    #[expect(clippy::print_stderr, reason = "a test runner talks to a terminal")]
    let assets = Assets::find_or_build(&|line| eprintln!("{line}"))?;
    let environment = runtime.block_on(Environment::start(assets))?;
    Ok((runtime, environment))
}
