//! AWS's own clients judge the simulated AWS, and moto beside it. The cases are in Python, see `README.md`. And `peerway
//! sim` as a newcomer uses it.

mod newcomer;

use std::future::Future;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = vec![
        trial("awss_own_clients_are_answered_as_aws_answers_them", judge),
        trial("what_peerway_sim_prints_can_be_pasted_and_ctrl_c_ends_it", || {
            block_on(newcomer::what_it_prints_can_be_pasted_and_ctrl_c_ends_it())
        }),
        trial("what_the_page_on_the_simulated_aws_says_can_be_pasted", || {
            block_on(newcomer::what_its_page_says_can_be_pasted())
        }),
        trial("a_broken_estate_is_refused_with_file_line_field_and_remedy", || {
            block_on(newcomer::a_broken_estate_is_refused_with_file_line_field_and_remedy())
        }),
        trial("two_estates_are_compared_in_an_engineers_words", || {
            block_on(newcomer::two_estates_are_compared_in_an_engineers_words())
        }),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(name: &str, test: fn() -> anyhow::Result<()>) -> Trial {
    Trial::test(name, move || test().map_err(|error| Failed::from(format!("{error:#}"))))
}

fn block_on(test: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(test)
}

#[expect(clippy::print_stderr, reason = "a test runner talks to a terminal")]
fn judge() -> anyhow::Result<()> {
    peerway_tests::clients::judge(&[], &|line| eprintln!("{line}"))
}
