//! The keys of a join's build side: gathered by those that read it, asked by the scans of the other side.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arrow::array::{Array, ArrayRef, Int64Array};
use arrow::compute::{cast, max, min};
use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::execution::memory_pool::MemoryReservation;

use super::key_set::KeySet;

/// The keys of one column, over all partitions.
#[derive(Debug)]
pub(super) struct BuildKeys {
    gathering: Mutex<Gathering>,
    /// Set when all partitions have been read; `None` when that came to nothing.
    set: OnceLock<Option<KeySet>>,
    /// Whether the plan runs twice.
    ambiguous: AtomicBool,
}

/// What is known of the keys.
pub(super) enum Known<'keys> {
    /// The build side is still being read.
    NotYet,
    /// They are too many for the memory, or there is no telling whose they are.
    Nothing,
    All(&'keys KeySet),
}

#[derive(Debug)]
struct Gathering {
    /// For each partition, whether somebody reads it.
    begun: Vec<bool>,
    /// How many partitions have not been read to their end.
    open: usize,
    parts: Vec<Vec<i64>>,
    bounds: Option<(i64, i64)>,
    /// Of the parts, and then of the set.
    reservations: Vec<MemoryReservation>,
}

impl BuildKeys {
    /// Keys of a build side of so many partitions.
    pub(super) fn new(partitions: usize) -> Self {
        let gathering = Gathering {
            begun: vec![false; partitions],
            open: partitions,
            parts: Vec::new(),
            bounds: None,
            reservations: Vec::new(),
        };
        Self { gathering: Mutex::new(gathering), set: OnceLock::new(), ambiguous: AtomicBool::new(false) }
    }

    /// Whether columns of this type can be gathered: what is an integer inside.
    pub(super) fn supports(data_type: &DataType) -> bool {
        use DataType::{Date32, Int8, Int16, Int32, Int64, Timestamp, UInt8, UInt16, UInt32};
        matches!(data_type, Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | Date32 | Timestamp(..))
    }

    /// The column as integers.
    pub(super) fn integers(column: &ArrayRef) -> Result<Int64Array> {
        let column = match column.data_type() {
            DataType::Date32 => cast(column, &DataType::Int32)?,
            _ => Arc::clone(column),
        };
        Ok(Int64Array::from(cast(&column, &DataType::Int64)?.to_data()))
    }

    /// Somebody reads a partition. When a plan runs twice, whose keys those are cannot be told any more.
    pub(super) fn begin(&self, partition: usize) {
        match self.gathering().begun.get_mut(partition) {
            Some(begun) if !*begun => *begun = true,
            _ => self.ambiguous.store(true, Ordering::Relaxed),
        }
    }

    /// A partition has been read to its end: these are its keys, the memory that they take is reserved.
    pub(super) fn end(&self, keys: Vec<i64>, bounds: Option<(i64, i64)>, reservation: MemoryReservation) {
        if self.set.get().is_some() {
            return;
        }
        let mut gathering = self.gathering();
        gathering.parts.push(keys);
        gathering.reservations.push(reservation);
        gathering.bounds = widened(gathering.bounds, bounds);
        gathering.open = gathering.open.saturating_sub(1);
        if gathering.open == 0 {
            let set = gathering.finish();
            // Whoever comes second has lost nothing.
            drop(self.set.set(set));
        }
    }

    /// The memory does not suffice.
    pub(super) fn give_up(&self) {
        drop(self.set.set(None));
        let mut gathering = self.gathering();
        gathering.parts.clear();
        gathering.reservations.clear();
    }

    /// What is known by now.
    pub(super) fn known(&self) -> Known<'_> {
        match self.set.get() {
            _ if self.ambiguous.load(Ordering::Relaxed) => Known::Nothing,
            None => Known::NotYet,
            Some(None) => Known::Nothing,
            Some(Some(set)) => Known::All(set),
        }
    }

    fn gathering(&self) -> MutexGuard<'_, Gathering> {
        self.gathering.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gathering {
    /// The set of all keys; nothing when it does not fit the memory.
    fn finish(&mut self) -> Option<KeySet> {
        let parts = std::mem::take(&mut self.parts);
        let (first, last) = self.bounds.unwrap_or_default();
        let size = KeySet::size(parts.iter().map(Vec::len).sum(), first, last);
        let reserved = self.reservations.last_mut().is_some_and(|memory| memory.try_grow(size).is_ok());
        let set = reserved.then(|| KeySet::new(&parts, first, last));
        drop(parts);
        if let Some(memory) = self.reservations.pop() {
            self.reservations.clear();
            memory.resize(if set.is_some() { size } else { 0 });
            self.reservations.push(memory);
        }
        set
    }
}

/// The bounds with those of some more keys.
pub(super) fn widened(bounds: Option<(i64, i64)>, more: Option<(i64, i64)>) -> Option<(i64, i64)> {
    match (bounds, more) {
        (Some((first, last)), Some((low, high))) => Some((first.min(low), last.max(high))),
        (known, None) | (None, known) => known,
    }
}

/// The least and the greatest key.
pub(super) fn bounds(keys: &Int64Array) -> Option<(i64, i64)> {
    Some((min(keys)?, max(keys)?))
}
