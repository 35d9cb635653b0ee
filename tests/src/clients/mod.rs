//! AWS's own clients, as the suite in `tests/clients` runs them, and the bridge over which its cases go through the traits
//! of `peerway-aws` as well.

mod bridge;
mod python;

use std::process::Command;

use anyhow::{Context, ensure};
use tokio::runtime::Builder;

use crate::assets::{our_program, workspace};

pub use python::python;

/// Lets them judge the simulated AWS of the `peerway` beside the running program, and the traits in this process. The
/// suite gets `arguments` as well: `--write` writes what moto does otherwise and the reference page anew instead of
/// comparing them, `--only` takes a part of the names of cases.
///
/// # Errors
/// When they cannot be run, or find anything wrong: what, they have said on stdout.
pub fn judge(arguments: &[&str], progress: &dyn Fn(&str)) -> anyhow::Result<()> {
    let python = python(progress)?;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let bridge = runtime.block_on(bridge::open())?;
    let mut suite = Command::new(python);
    suite
        .arg(workspace().join("tests/clients/run.py"))
        .arg("--program")
        .arg(our_program("peerway")?);
    suite.arg("--in-process").arg(bridge.to_string());
    suite.args(arguments);
    suite.env("PYTHONDONTWRITEBYTECODE", "1");
    let status = suite.status().context("failed to start the suite")?;
    ensure!(status.success(), "AWS's own clients found something wrong, see above");
    Ok(())
}
