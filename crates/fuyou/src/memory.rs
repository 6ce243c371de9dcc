//! How much memory this machine has.

use std::fs;

/// Bytes of memory of the machine, or of the group of processes that it is confined to; `None` where the system does not
/// say it in files.
pub fn of_machine() -> Option<usize> {
    let machine = fs::read_to_string("/proc/meminfo").ok();
    let machine = machine.as_deref().and_then(total)?;
    let confined = [
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ];
    let confined = confined
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
    Some(confined.fold(machine, usize::min))
}

/// The line `MemTotal: N kB`.
fn total(text: &str) -> Option<usize> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn total_of_a_machine() {
        let check = |text: &str, wanted| assert_eq!(total(text), wanted, "{text}");
        check(
            "MemTotal:       24601092 kB\nMemFree:  1 kB\n",
            Some(24_601_092 * 1024),
        );
        check("MemFree:  1 kB\n", None);
        check("MemTotal: many kB\n", None);
    }
}
