//! Collects encoded bytes until they are taken.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Bytes are gathered to blocks of about this size. In a single buffer, a row group would be copied again and again while that
/// grows, and take twice its size.
const BLOCK_BYTES: usize = 4 << 20;

/// Bytes that are written by one and taken by another.
#[derive(Clone, Default)]
pub(super) struct Sink(Arc<Mutex<Blocks>>);

#[derive(Default)]
struct Blocks {
    full: Vec<Bytes>,
    full_bytes: usize,
    open: Vec<u8>,
}

impl Sink {
    /// What was written since the last call, in its order.
    pub(super) fn take(&self) -> Vec<Bytes> {
        let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.close();
        blocks.full_bytes = 0;
        std::mem::take(&mut blocks.full)
    }

    /// Bytes that wait to be taken.
    pub(super) fn bytes(&self) -> usize {
        let blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.full_bytes + blocks.open.len()
    }
}

impl Blocks {
    fn close(&mut self) {
        if !self.open.is_empty() {
            self.full_bytes += self.open.len();
            self.full.push(std::mem::take(&mut self.open).into());
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.open.extend_from_slice(bytes);
        if blocks.open.len() >= BLOCK_BYTES {
            blocks.close();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let mut sink = Sink::default();
        let bytes: Vec<u8> = (0..10_000_000_u32).map(|number| number.to_le_bytes()[1]).collect();
        bytes.chunks(8_000).for_each(|part| sink.write_all(part).unwrap());
        assert_eq!(sink.bytes(), bytes.len());
        let taken = sink.take();
        assert_eq!((taken.len(), sink.bytes()), (3, 0));
        assert!(taken.concat() == bytes);
        assert!(sink.take().is_empty());
    }
}
