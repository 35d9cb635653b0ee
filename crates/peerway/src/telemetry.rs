//! Logs: on stderr, as text for people or JSON for machines.

use std::io::IsTerminal;

use anyhow::Context;
use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::args::{LogArgs, LogFormat};

/// Starts logging. `RUST_LOG` wins over the flag, as in every Rust program.
pub(crate) fn start(args: &LogArgs) -> anyhow::Result<()> {
    let filter = match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(filter) if !filter.is_empty() => filter,
        _ => args.log_level.clone(),
    };
    let filter = EnvFilter::try_new(&filter)
        .with_context(|| format!("cannot read the log filter {filter:?}"))?;
    let is_terminal = std::io::stderr().is_terminal();
    let format =
        args.log_format.unwrap_or(if is_terminal { LogFormat::Text } else { LogFormat::Json });
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(is_terminal).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let harmless = filter_fn(|metadata| is_harmless(metadata.target(), *metadata.level()));
    tracing_subscriber::registry().with(lines.with_filter(filter).with_filter(harmless)).init();
    Ok(())
}

/// Whatever the filter asks for: the SDK's runtime traces whole requests, an external id or a web identity token among
/// them, and credentials are never logged.
fn is_harmless(target: &str, level: Level) -> bool {
    let is_sdk = target.starts_with("aws_") || target.starts_with("hyper");
    !(is_sdk && level == Level::TRACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_traces_requests_of_the_sdk_is_never_logged() {
        assert!(!is_harmless("aws_smithy_runtime::client::orchestrator", Level::TRACE));
        assert!(is_harmless("aws_smithy_runtime::client::orchestrator", Level::DEBUG));
        assert!(is_harmless("peerway_controller::run", Level::TRACE));
    }
}
