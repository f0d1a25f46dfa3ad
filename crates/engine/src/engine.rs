//! One per process: memory, spill space, stores, and the settings all sessions begin with.

use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::execution::SessionState;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use object_store::ObjectStore;
use url::Url;

use crate::object_stores::LakeStores;
use crate::{Catalog, EngineOptions, Session, SessionOptions, SqlError, SqlErrorKind, function, tuning};

/// How many memory holders the message about exhausted memory names.
const NAMED_CONSUMERS: NonZeroUsize = NonZeroUsize::new(5).expect("not zero");

/// What all sessions of a process share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {
    state: Arc<SessionState>,
}

impl Engine {
    /// An engine within the given limits. Fails when the spill folder cannot be made.
    pub fn new(options: &EngineOptions) -> Result<Self, SqlError> {
        let disk = match &options.spill_dir {
            Some(folder) => DiskManagerBuilder::default()
                .with_mode(DiskManagerMode::Directories(vec![folder.clone()]))
                .with_max_temp_directory_size(options.spill_bytes),
            None => DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled),
        };
        let pool = TrackConsumersPool::new(FairSpillPool::new(options.memory_bytes), NAMED_CONSUMERS);
        let runtime = RuntimeEnvBuilder::new()
            .with_object_store_registry(Arc::new(LakeStores::default()))
            .with_memory_pool(Arc::new(pool))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(|error| {
                let folder = options.spill_dir.as_deref().map(|folder| folder.display().to_string());
                SqlError::new(
                    SqlErrorKind::Failed,
                    format!("cannot use {} for spilled data: {error}", folder.unwrap_or_default()),
                )
                .with_hint("give another folder, one that this user may write to")
            })?;
        let state = function::register(tuning::session_state(options, runtime))
            .map_err(|error| SqlError::new(SqlErrorKind::Failed, format!("cannot set the functions up: {error}")))?;
        Ok(Self { state: Arc::new(state) })
    }

    /// Lets scans read `store` for URLs that begin with the scheme and host of `url`
    /// (`s3://bucket/…`, `file:///…`).
    pub fn register_store(&self, url: &Url, store: Arc<dyn ObjectStore>) {
        self.state.runtime_env().register_object_store(url, store);
    }

    /// The memory pool, spill space and stores, for work on the same budget outside of SQL.
    pub fn runtime(&self) -> &Arc<RuntimeEnv> {
        self.state.runtime_env()
    }

    /// A session that sees `catalog`.
    pub fn session(&self, catalog: Arc<dyn Catalog>, options: SessionOptions) -> Session {
        Session::new(&self.state, catalog, options)
    }
}
