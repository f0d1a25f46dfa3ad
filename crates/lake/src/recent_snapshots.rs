//! Versions of tables that were loaded lately.
//!
//! One write looks at a table several times: to plan, to stage, to audit, to commit. A version never changes, and loading it
//! replays the log from its last checkpoint, so it is done once. Whether the version that is asked for is still the one that
//! was loaded (a table can be dropped and made again) is told by what the store knows its entry by.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use object_store::ObjectMeta;

use crate::snapshot::Contents;

/// Versions that are kept.
const KEPT: usize = 16;

/// The contents of versions that were loaded lately, the latest at the end.
#[derive(Default)]
pub(crate) struct RecentSnapshots(Mutex<VecDeque<Arc<Contents>>>);

impl RecentSnapshots {
    /// The version whose entry has this stamp, if it was loaded lately.
    pub(crate) fn get(&self, stamp: &ObjectMeta) -> Option<Arc<Contents>> {
        let mut kept = self.lock();
        let place = kept.iter().position(|contents| contents.stamp.as_ref() == Some(stamp))?;
        let found = kept.remove(place)?;
        kept.push_back(Arc::clone(&found));
        Some(found)
    }

    /// Keeps a version.
    pub(crate) fn keep(&self, contents: &Arc<Contents>) {
        let mut kept = self.lock();
        kept.push_back(Arc::clone(contents));
        if kept.len() > KEPT {
            kept.pop_front();
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Contents>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
