//! [`ProcessProbe`] over `/proc` (Linux). Elsewhere every other process is `Unknown`, and leases end by expiry alone.

use std::{fs, io};

use crate::{Liveness, Process, ProcessProbe};

/// Reads processes from `/proc`; see proc_pid_stat(5) for the fields.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcfsProbe;

impl ProcessProbe for ProcfsProbe {
    fn current(&self) -> Process {
        let pid = std::process::id();
        Process {
            host: read_line("/proc/sys/kernel/hostname").unwrap_or_else(|| "this machine".to_owned()),
            machine: machine().unwrap_or_default(),
            pid,
            started: stat(pid).ok().flatten().map_or(0, |stat| stat.started),
        }
    }

    fn liveness(&self, process: &Process) -> Liveness {
        if process.machine.is_empty() || machine().as_deref() != Some(process.machine.as_str()) {
            return Liveness::Unknown;
        }
        match stat(process.pid) {
            Ok(Some(stat)) if stat.ended || stat.started != process.started => Liveness::Dead,
            Ok(Some(_)) => Liveness::Alive,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Liveness::Dead,
            Ok(None) | Err(_) => Liveness::Unknown,
        }
    }
}

/// One boot of one machine and one process namespace.
fn machine() -> Option<String> {
    let boot = read_line("/proc/sys/kernel/random/boot_id")?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{boot} {}", namespace.display()))
}

fn read_line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

struct Stat {
    /// A zombie or dead: it runs no more, only its parent has not asked for its exit code yet.
    ended: bool,
    /// Field 22, clock ticks after boot.
    started: u64,
}

/// `None` if the file does not look as documented.
fn stat(pid: u32) -> io::Result<Option<Stat>> {
    Ok(parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat"))?))
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The name of the program (field 2) is in parentheses and may itself hold spaces and parentheses.
    let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    let started = fields.nth(18)?.parse().ok()?;
    Some(Stat { ended: matches!(state, "Z" | "X" | "x"), started })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAIL: &str = "1 7 7 0 -1 4194560 103 0 0 0 0 0 0 0 20 0 1 0 4711 2560000 203 18446744073709551615";

    #[test]
    fn a_program_name_with_spaces_and_parentheses_is_skipped() {
        let stat = parse_stat(&format!("42 (a) S 9 (b) R {TAIL}")).unwrap();
        assert_eq!((stat.ended, stat.started), (false, 4711));
    }

    #[test]
    fn a_zombie_has_ended() {
        assert!(parse_stat(&format!("42 (ade) Z {TAIL}")).unwrap().ended);
        assert!(parse_stat("42 (ade) S 1").is_none());
    }

    #[test]
    fn this_process_is_alive_and_its_number_with_another_start_is_not() {
        let process = ProcfsProbe.current();
        assert_eq!(ProcfsProbe.liveness(&process), Liveness::Alive);
        let reused = Process { started: process.started + 1, ..process.clone() };
        assert_eq!(ProcfsProbe.liveness(&reused), Liveness::Dead);
        let elsewhere = Process { machine: "another boot".to_owned(), ..process };
        assert_eq!(ProcfsProbe.liveness(&elsewhere), Liveness::Unknown);
    }
}
