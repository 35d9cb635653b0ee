//! `peerway iam-policy`.

use std::io::{ErrorKind, Write};

use peerway_aws::iam::{self, Scope};

use crate::args::{IamPolicyArgs, PolicyFor};

/// Prints a policy document.
pub(crate) fn run(args: IamPolicyArgs) -> anyhow::Result<()> {
    let scope = Scope { regions: args.regions, vpcs: args.vpcs };
    let policy = match args.of {
        PolicyFor::Account => iam::acting(&scope),
        PolicyFor::ReadOnly => iam::reading(&scope),
        PolicyFor::Controller => iam::controller(&args.roles),
    };
    let text = serde_json::to_string_pretty(&policy)?;
    match writeln!(std::io::stdout().lock(), "{text}") {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}
