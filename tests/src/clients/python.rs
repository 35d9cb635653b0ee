//! The Python environment of AWS's own clients: boto3, `aws` and moto, made once for each `requirements.txt`, under the
//! build folder.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail, ensure};

use crate::assets::{build_folder, workspace};

/// The interpreter of an environment with everything in `requirements.txt`, made if it is not there yet; `progress` is
/// told about that.
///
/// # Errors
/// When there is no Python, or it cannot be made.
pub fn python(progress: &dyn Fn(&str)) -> anyhow::Result<PathBuf> {
    let requirements = workspace().join("tests/clients/requirements.txt");
    let environments = build_folder()?.join("clients");
    let environment = environments.join(name(&requirements)?);
    let interpreter = environment.join("bin/python");
    if interpreter.exists() {
        readdress(&environment)?;
        return Ok(interpreter);
    }
    progress("installing awscli, boto3 and moto, once; about one minute, 480 MB …");
    let begun = Instant::now();
    std::fs::create_dir_all(&environments)?;
    // Made beside its place and moved there as a whole: what is cut off leaves nothing that looks done.
    let unfinished = environments.join(format!(".unfinished-{}", std::process::id()));
    if unfinished.exists() {
        std::fs::remove_dir_all(&unfinished)?;
    }
    let made = make(&unfinished, &requirements);
    if made.is_err() {
        drop(std::fs::remove_dir_all(&unfinished));
    }
    made?;
    if std::fs::rename(&unfinished, &environment).is_err() {
        // Somebody else was quicker.
        std::fs::remove_dir_all(&unfinished)?;
    }
    ensure!(interpreter.exists(), "{} is not there", interpreter.display());
    readdress(&environment)?;
    progress(&format!("installed them in {} s", begun.elapsed().as_secs()));
    Ok(interpreter)
}

/// Lets scripts like `aws` call the interpreter beside them: they name the one of the folder that they were made in.
fn readdress(environment: &Path) -> anyhow::Result<()> {
    let folder = environment.join("bin");
    let ours = format!("#!{}", folder.join("python").display());
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        let Ok(script) = std::fs::read_to_string(&path) else { continue };
        let (first, rest) = script.split_once('\n').unwrap_or((&script, ""));
        let is_of_folder = first.starts_with("#!") && first.contains("/bin/python");
        if is_of_folder && !first.starts_with(&ours) {
            // Beside and moved: somebody may run it, or readdress it, at this moment.
            let mut new = tempfile::NamedTempFile::new_in(&folder)?;
            new.write_all(format!("{ours}\n{rest}").as_bytes())?;
            new.as_file().set_permissions(std::fs::metadata(&path)?.permissions())?;
            new.persist(&path)?;
        }
    }
    Ok(())
}

fn make(environment: &Path, requirements: &Path) -> anyhow::Result<()> {
    const REMEDY: &str =
        "Debian, Ubuntu: sudo apt-get install python3-venv   Fedora: sudo dnf install python3";
    let mut venv = Command::new(PYTHON);
    venv.args(["-m", "venv"]).arg(environment);
    run(&mut venv).with_context(|| format!("failed to make a Python environment; {REMEDY}"))?;
    let mut install = Command::new(environment.join("bin/python"));
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    // The file names all there is to install, with its version.
    install.args(["--no-deps", "--requirement"]).arg(requirements);
    run(&mut install).context("failed to install AWS's clients")
}

const PYTHON: &str = "python3";

/// Differs as soon as the interpreter or what is required does.
fn name(requirements: &Path) -> anyhow::Result<String> {
    let version = Command::new(PYTHON)
        .args(["-c", "import sys; print(sys.executable, sys.version)"])
        .output()
        .context("failed to start `python3`; install Python 3.10 or newer")?;
    let mut hasher = DefaultHasher::new();
    version.stdout.hash(&mut hasher);
    std::fs::read(requirements)?.hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let done = command.output()?;
    if !done.status.success() {
        let (said, erred) = (&done.stdout, &done.stderr);
        bail!("{}{}", String::from_utf8_lossy(said), String::from_utf8_lossy(erred));
    }
    Ok(())
}
