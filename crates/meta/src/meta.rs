//! The handle that everything else hangs on.

use std::{path::Path, sync::Arc};

use chrono::{DateTime, Utc};

use crate::{Clock, MetaError, Process, ProcessProbe, database::Database, migration};

/// The metadata database of one project. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct Meta {
    pub(crate) database: Arc<Database>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) probe: Arc<dyn ProcessProbe>,
    pub(crate) process: Arc<Process>,
}

impl Meta {
    /// Opens the database in the file `path`, creates it and its folder if needed, and brings its tables up to date.
    /// Several processes may open it at once, also for the first time.
    ///
    /// # Errors
    /// [`MetaError::Folder`], [`MetaError::Corrupt`], [`MetaError::Foreign`], [`MetaError::Newer`], or what the database says.
    pub async fn open(path: &Path, clock: Arc<dyn Clock>, probe: Arc<dyn ProcessProbe>) -> Result<Self, MetaError> {
        let database = Database::open(path).await?;
        migration::apply(&database, clock.now()).await?;
        let process = Arc::new(probe.current());
        Ok(Self { database: Arc::new(database), clock, probe, process })
    }

    /// Opens a database that is there and that this process cannot write to: what reads works.
    ///
    /// # Errors
    /// [`MetaError::Corrupt`], [`MetaError::Foreign`], [`MetaError::Newer`], [`MetaError::ReadOnly`] when its tables are those of an
    /// earlier program, or what the database says.
    pub async fn open_read_only(
        path: &Path,
        clock: Arc<dyn Clock>,
        probe: Arc<dyn ProcessProbe>,
    ) -> Result<Self, MetaError> {
        let database = Database::open_read_only(path);
        migration::apply(&database, clock.now()).await?;
        let process = Arc::new(probe.current());
        Ok(Self { database: Arc::new(database), clock, probe, process })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.database.path()
    }

    /// The process that this handle writes as.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Closes all connections, of clones too; the write-ahead log is folded into the file if nobody else has it open.
    pub async fn close(&self) {
        self.database.close().await;
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}
