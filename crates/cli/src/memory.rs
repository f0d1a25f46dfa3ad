//! How much memory this process may still take: the machine's, its container's and its shell's limit.

use std::fs;
use std::path::Path;

/// The least of what is free on the machine, in the control groups that the process is in, and below `ulimit -v`; bytes.
/// Nothing when none of them can be read. `root` is `/`.
pub(crate) fn free_bytes(root: &Path) -> Option<u64> {
    [of_machine(root), of_groups(root), of_limit(root)].into_iter().flatten().min()
}

/// `MemAvailable` of proc(5).
fn of_machine(root: &Path) -> Option<u64> {
    let text = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.split_ascii_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// What the process's control group and those above it leave, as both versions of cgroups(7) say it. Within a container
/// the group is often mounted as the topmost one, under another path than the process is told.
fn of_groups(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let mounts = root.join("sys/fs/cgroup");
    let mut least = None;
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (mount, limit, used, inactive) = if controllers.is_empty() {
            (mounts.clone(), "memory.max", "memory.current", "inactive_file ")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            (mounts.join("memory"), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file ")
        } else {
            continue;
        };
        let group = mount.join(path.trim_start_matches('/'));
        for group in group.ancestors().take_while(|group| group.starts_with(&mount)) {
            let number = |name| fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
            // Without a limit this is `max`, or a number beyond all memory, which then is not the least.
            let (Some(limit), Some(used)) = (number(limit), number(used)) else { continue };
            // Pages of files that nobody has used lately go as soon as somebody needs the memory.
            let cached = fs::read_to_string(group.join("memory.stat"))
                .ok()
                .and_then(|text| text.lines().find_map(|line| line.strip_prefix(inactive))?.trim().parse::<u64>().ok());
            let free = limit.saturating_sub(used.saturating_sub(cached.unwrap_or_default()));
            least = Some(least.map_or(free, |least: u64| least.min(free)));
        }
    }
    least
}

/// Half of what `ulimit -v` leaves: it counts addresses, and the allocator sets 64 MiB of them aside for each thread.
fn of_limit(root: &Path) -> Option<u64> {
    let limits = fs::read_to_string(root.join("proc/self/limits")).ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    let limit: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    let status = fs::read_to_string(root.join("proc/self/status")).ok()?;
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
    let used = size.split_ascii_whitespace().next()?.parse::<u64>().ok()? * 1024;
    Some(limit.saturating_sub(used) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: (&str, &str) = ("proc/meminfo", "MemTotal: 9 kB\nMemAvailable:   8000000 kB\n");

    fn free(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        free_bytes(root.path())
    }

    #[test]
    fn a_machine_without_limits_gives_what_it_has() {
        assert_eq!(free(&[]), None);
        assert_eq!(free(&[MACHINE]), Some(8_192_000_000));
        let unlimited = "Limit  Soft Limit  Hard Limit  Units\nMax address space  unlimited  unlimited  bytes\n";
        let none = [MACHINE, ("proc/self/limits", unlimited), ("proc/self/cgroup", "0::/\n")];
        assert_eq!(free(&none), Some(8_192_000_000));
    }

    #[test]
    fn the_strictest_group_above_the_process_counts() {
        let files = [
            MACHINE,
            ("proc/self/cgroup", "0::/work/task\n"),
            ("sys/fs/cgroup/work/task/memory.max", "max\n"),
            ("sys/fs/cgroup/work/task/memory.current", "700\n"),
            ("sys/fs/cgroup/work/memory.max", "2000000000\n"),
            ("sys/fs/cgroup/work/memory.current", "900000000\n"),
            ("sys/fs/cgroup/work/memory.stat", "anon 5\ninactive_file 400000000\nactive_file 7\n"),
        ];
        assert_eq!(free(&files), Some(1_500_000_000));
    }

    #[test]
    fn the_older_kind_of_groups_and_a_container_that_sees_its_own_as_the_top() {
        let files = [
            MACHINE,
            ("proc/self/cgroup", "5:cpu:/\n4:memory:/docker/abc\n0::/\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "1000000000\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "300000000\n"),
            ("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 100000000\n"),
        ];
        assert_eq!(free(&files), Some(800_000_000));
    }

    #[test]
    fn a_limit_of_the_shell_counts() {
        let limits = "Max cpu time  unlimited  unlimited  seconds\nMax address space  6000000000  6000000000  bytes\n";
        let files = [MACHINE, ("proc/self/limits", limits), ("proc/self/status", "Name: ade\nVmSize:\t 1000000 kB\n")];
        assert_eq!(free(&files), Some(2_488_000_000));
    }
}
