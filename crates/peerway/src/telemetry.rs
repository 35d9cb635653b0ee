//! Logs: on stderr, as text for people or JSON for machines.

use std::io::IsTerminal;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

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
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.with_ansi(is_terminal).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
