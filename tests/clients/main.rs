//! AWS's own clients judge the simulated AWS, and moto beside it. The cases are in Python, see `README.md`.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let name = "awss_own_clients_are_answered_as_aws_answers_them";
    let trial = Trial::test(name, || judge().map_err(|error| Failed::from(format!("{error:#}"))));
    libtest_mimic::run(&arguments, vec![trial]).exit_code()
}

#[expect(clippy::print_stderr, reason = "a test runner talks to a terminal")]
fn judge() -> anyhow::Result<()> {
    peerway_tests::clients::judge(false, &|line| eprintln!("{line}"))
}
