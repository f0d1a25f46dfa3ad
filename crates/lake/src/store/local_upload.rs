//! A large file that is written in parts.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::FutureExt;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use super::durable;
use super::local_store::blocking;

/// Parts go into one temporary file, in the order in which they were handed in; the file takes its place when it is
/// complete and durable. Dropping it half-way leaves a temporary file for maintenance.
#[derive(Debug)]
pub(super) struct LocalUpload {
    state: Arc<Mutex<State>>,
    temporary: PathBuf,
    target: PathBuf,
    next: u64,
}

/// The file and the parts that overtook an earlier one.
#[derive(Debug)]
struct State {
    file: File,
    written: u64,
    waiting: Vec<(u64, PutPayload)>,
}

impl LocalUpload {
    /// Takes over a fresh temporary file.
    pub(super) fn new(file: File, temporary: PathBuf, target: PathBuf) -> Self {
        let state = State { file, written: 0, waiting: Vec::new() };
        Self { state: Arc::new(Mutex::new(state)), temporary, target, next: 0 }
    }
}

impl State {
    /// Writes the part, and those that waited for it, in order.
    fn write(&mut self, number: u64, part: PutPayload) -> std::io::Result<()> {
        self.waiting.push((number, part));
        while let Some(index) = self.waiting.iter().position(|(number, _)| *number == self.written) {
            let (_, part) = self.waiting.swap_remove(index);
            part.iter().try_for_each(|chunk| self.file.write_all(chunk))?;
            self.written += 1;
        }
        Ok(())
    }
}

#[async_trait]
impl MultipartUpload for LocalUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let number = self.next;
        self.next += 1;
        let state = Arc::clone(&self.state);
        let work = move || state.lock().unwrap_or_else(PoisonError::into_inner).write(number, data);
        blocking(work, self.target.clone()).boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let (state, parts) = (Arc::clone(&self.state), self.next);
        let (temporary, target) = (self.temporary.clone(), self.target.clone());
        let work = move || {
            let state = state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.written != parts {
                return Err(std::io::Error::other("a part of the file was not written"));
            }
            durable::publish(&state.file, &temporary, &target, false)
        };
        blocking(work, self.target.clone()).await?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn abort(&mut self) -> Result<()> {
        let temporary = self.temporary.clone();
        blocking(move || std::fs::remove_file(&temporary), self.temporary.clone()).await
    }
}
