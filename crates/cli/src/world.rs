//! The real clock, identifiers and environment.
use std::env;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;

use ade_run::{Clock, Ids, World};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::memory::free_bytes;

#[derive(Debug)]
struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the cli is where the clock is read")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

#[derive(Debug)]
struct SystemIds;

impl Ids for SystemIds {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn secret(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }
}

/// The world as the program finds it.
#[expect(clippy::disallowed_methods, reason = "the cli is where the environment is read")]
pub(crate) fn world() -> World {
    World {
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds),
        env_vars: env::vars().collect(),
        user_id: user_id(),
        cores: available_parallelism().map_or(1, usize::from),
        memory_bytes: memory_bytes(),
    }
}

/// Who runs the program, as the kernel says.
fn user_id() -> Option<u32> {
    std::fs::metadata("/proc/self").ok().map(|process| process.uid())
}

/// Half of the memory that is free now, at least 256 MiB: the rest is for buffers that are not counted, and for others.
fn memory_bytes() -> usize {
    const LEAST: usize = 256 << 20;
    free_bytes(Path::new("/"))
        .and_then(|bytes| usize::try_from(bytes / 2).ok())
        .map_or(1 << 30, |bytes| bytes.max(LEAST))
}
