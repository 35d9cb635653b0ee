//! What the system says of processes and of the machine.

use std::fs::read_to_string;
use std::time::Duration;

use anyhow::Context;

/// The processor time of the calling thread so far.
pub(crate) fn thread_time() -> Duration {
    let text = read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|word| word.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

/// The processor time of a process so far, all its threads together, in steps of a hundredth of a second.
pub(crate) fn process_time(id: u32) -> anyhow::Result<Duration> {
    let stat = read_to_string(format!("/proc/{id}/stat")).context("the process is gone")?;
    // Behind the name, which is in parentheses and may hold anything.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|word| word.parse::<u64>().ok())
        .sum();
    Ok(Duration::from_millis(ticks * 10))
}

/// The resident memory of this process in MiB.
pub(crate) fn resident() -> f64 {
    let status = read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    let kibibytes: Option<f64> = line.split_whitespace().nth(1).and_then(|word| word.parse().ok());
    kibibytes.unwrap_or_default() / 1024.0
}

/// The machine and how busy it was, for whoever reads the figures.
pub(crate) fn machine() -> String {
    let load = read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    format!("machine: {processors} processors, load {load} (1, 5, 15 minutes)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_memory_and_uses_time() {
        assert!(resident() > 0.5);
        let before = thread_time();
        let mut sum = 0_u64;
        while thread_time() == before {
            sum = sum.wrapping_add(std::hint::black_box(1));
        }
        assert!(sum > 0);
        assert!(process_time(std::process::id()).is_ok());
    }
}
