//! `peerway crds`.

use std::io::{ErrorKind, Write};

/// Prints every definition as one YAML stream.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    for crd in peerway_api::crd::all() {
        match write!(stdout, "---\n{}", serde_saphyr::to_string(&crd)?) {
            // Whoever reads has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            result => result?,
        }
    }
    Ok(())
}
