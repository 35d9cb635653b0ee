//! `peerway crds`.

use std::io::Write;

/// Prints every definition as one YAML stream.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    for crd in peerway_api::crd::all() {
        write!(stdout, "---\n{}", serde_saphyr::to_string(&crd)?)?;
    }
    Ok(())
}
