//! `peerway sim` as somebody uses it for the first time: what it prints can be pasted, it ends with Ctrl-C, and a broken
//! estate is refused with file, line, field and remedy.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use peerway_sim::Estate;
use peerway_tests::assets::our_program;
use peerway_tests::clients::python;
use peerway_tests::environment::example;
use peerway_tests::process::Process;
use tokio::process::Command;

const START: Duration = Duration::from_secs(20);

fn sim(estate: Option<&Path>) -> anyhow::Result<Command> {
    let mut command = Command::new(our_program("peerway")?);
    command.args(["sim", "--listen", "127.0.0.1:0"]);
    if let Some(estate) = estate {
        command.arg("--estate").arg(estate);
    }
    Ok(command)
}

pub(crate) async fn what_it_prints_can_be_pasted_and_ctrl_c_ends_it() -> anyhow::Result<()> {
    let in_golden =
        ["vpc-ce78dbb7\t10.50.0.0/21", "'vpc-ce78dbb7'", "id: vpc-ce78dbb7", "DescribeVpcs"];
    pasted(Some(&example("golden/estate.yaml")), &in_golden).await?;
    pasted(None, &["[]", "\"111111111111\"", "DescribeVpcs"]).await
}

/// The page on the simulated AWS: each of its lines can be pasted, and each kind of fault that it names is one.
pub(crate) async fn what_its_page_says_can_be_pasted() -> anyhow::Result<()> {
    let page = std::fs::read_to_string(example("../../docs/simulated-aws.md"))?;
    let mut lines: Vec<String> = Vec::new();
    for block in page.split("```sh\n").skip(1) {
        let (block, _) = block.split_once("\n```").context("a block has no end")?;
        lines.extend(block.lines().map(str::to_owned));
    }
    // The table's first column: JSON, with … for what anybody may choose.
    let rows = page.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once(" | ")?.0));
    for kind in rows.flat_map(|kinds| kinds.split('`')).filter(|it| it.starts_with(['{', '"'])) {
        let kind = kind.replace("\"account\": \"…\"", "\"account\": \"111111111111\"");
        let faults = "$AWS_ENDPOINT_URL/_peerway/weather/faults";
        lines.push(format!("curl -sf -X POST {faults} -d '{{\"kind\": {kind}}}'"));
    }
    ensure!(lines.len() > 35, "{lines:#?}");
    let words = ["tag team is new (is \"net\")", "\"worldTime\":", "internal-error", "page-lost"];
    pasted_with(Some(&example("golden/estate.yaml")), &lines, &words).await
}

/// Pastes what is printed; it must say these words.
async fn pasted(estate: Option<&Path>, words: &[&str]) -> anyhow::Result<()> {
    pasted_with(estate, &[], words).await
}

/// The same, and these lines after it.
async fn pasted_with(estate: Option<&Path>, more: &[String], words: &[&str]) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut command = sim(estate)?;
    let mut process = Process::start("sim", folder.path(), &mut command)?;
    process.wait_for_log("Ctrl-C ends it", START).await?;
    let log = process.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.starts_with("  ")).collect();
    ensure!(lines.len() >= 4, "{log}");
    let python = python(&|_| ())?;
    let aws = python.with_file_name("aws");
    let (python, aws, peerway) = (python.display(), aws.display(), our_program("peerway")?);
    let peerway = peerway.display();
    // The clients of the tests stand in for those that a newcomer has installed.
    let script = format!(
        "set -eu\naws() {{ {aws} \"$@\"; }}\npython3() {{ {python} \"$@\"; }}\npeerway() {{ {peerway} \"$@\"; }}\n{}\n{}\n",
        lines.join("\n"),
        more.join("\n")
    );
    let output = Command::new("bash")
        .args(["-c", &script])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder.path())
        .current_dir(folder.path())
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for words in words {
        ensure!(said.contains(words), "{words:?} is not in: {said}");
    }
    process.interrupt().await?;
    let status = process.ended(Duration::from_secs(5)).await?;
    ensure!(status.success(), "{status}");
    Ok(())
}

pub(crate) async fn a_broken_estate_is_refused_with_file_line_field_and_remedy()
-> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let golden = std::fs::read_to_string(example("golden/estate.yaml"))?;
    for (right, wrong, field, problem, remedy) in [
        (
            "cidr: 10.50.0.0/21",
            "cidr: 10.50.0.1/21",
            "us-west-2.vpcs.cidr",
            "10.50.0.1/21 has host bits",
            "write the first address of the network",
        ),
        (
            "vpcs:",
            "vpc:",
            "us-west-2.vpc",
            "unknown field `vpc`",
            "take the field out, or spell it as one of those",
        ),
        (
            "zone: usw2-az1",
            "zone: usw2-az9",
            "vpcs.subnets.zone",
            "usw2-az9 is no zone of this Region",
            "use the id of a zone of the Region, like usw2-az1, or one of the names under `zones`",
        ),
        (
            "protocol: tcp",
            "protocol: ftp",
            "securityGroups.ingress.protocol",
            "\"ftp\" is no protocol",
            "write tcp, udp, icmp, icmpv6, all or a number",
        ),
    ] {
        let file = folder.path().join("broken.yaml");
        std::fs::write(&file, golden.replacen(right, wrong, 1))?;
        let line = golden.lines().position(|line| line.contains(right)).context("golden")? + 1;
        let output = sim(Some(&file))?.output().await?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(!output.status.success(), "it starts all the same");
        for words in [
            format!("broken.yaml:{line}: "),
            field.to_owned(),
            problem.to_owned(),
            format!("\n  remedy: {remedy}\n"),
        ] {
            ensure!(said.contains(&words), "{words:?} is not in: {said}");
        }
    }
    Ok(())
}

pub(crate) async fn two_estates_are_compared_in_an_engineers_words() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (before, after) = (example("golden/estate.yaml"), folder.path().join("after.yaml"));
    let golden = std::fs::read_to_string(&before)?;
    let changed = golden.replacen("destination: 172.19.0.0/20", "destination: 172.18.0.0/20", 1);
    ensure!(golden != changed, "the golden estate has no route to 172.19.0.0/20");
    std::fs::write(&after, &changed)?;
    let diff = async |one: &Path, other: &Path| {
        let program = our_program("peerway")?;
        let output = Command::new(program).args(["sim", "diff"]).arg(one).arg(other).output();
        anyhow::Ok(output.await?)
    };
    let same = diff(&before, &before).await?;
    ensure!(same.status.success() && same.stdout.is_empty());
    // One that was saved says more than one written by hand, and means the same.
    let saved = folder.path().join("saved.yaml");
    std::fs::write(&saved, Estate::from_yaml(&golden)?.canonical()?.to_yaml()?)?;
    let same = diff(&before, &saved).await?;
    ensure!(same.status.success(), "{}", String::from_utf8_lossy(&same.stdout));
    let differs = diff(&before, &after).await?;
    let said = String::from_utf8_lossy(&differs.stdout);
    ensure!(!differs.status.success());
    ensure!(said.contains("172.18.0.0/20") && said.contains("172.19.0.0/20"), "{said}");
    // One that cannot be loaded is refused as where it is started with.
    std::fs::write(&after, golden.replacen("destination: 172.19.0.0/20", "destination: out", 1))?;
    let broken = diff(&before, &after).await?;
    let said = String::from_utf8_lossy(&broken.stderr);
    let line = golden.lines().position(|line| line.contains("destination: 172.19.0.0/20"));
    let place = format!("after.yaml:{}: ", line.context("golden")? + 1);
    ensure!(said.contains(&place) && said.contains("\n  remedy: "), "{said}");
    Ok(())
}
