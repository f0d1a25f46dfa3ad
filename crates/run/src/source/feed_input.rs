//! What a feed reads instead of starting its source's program.
use std::fmt;
use std::io::Read;
use std::sync::{Arc, Mutex};

/// What a feed reads instead of starting its source's program. The first that needs it takes it.
#[derive(Clone)]
pub struct FeedInput(Arc<Mutex<Option<Box<dyn Read + Send>>>>);

impl FeedInput {
    /// What somebody pipes in.
    pub fn new(input: impl Read + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(input)))))
    }

    /// It can be read once.
    pub(crate) fn take(&self) -> Option<Box<dyn Read + Send>> {
        self.0.lock().ok()?.take()
    }
}

impl fmt::Debug for FeedInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FeedInput")
    }
}
