//! An opened project: its files resolved, its lake, metadata and engine at hand.
mod catalog;
mod keeper;
mod key;
mod observation;
mod observation_table;
mod open;
mod reject_views;
mod secrets;
pub(crate) mod spill;
mod state_folder;
mod suppressed;
mod views;

pub use open::{OpenOptions, find_project, load_project, parse_vars};

pub(crate) use catalog::LakeCatalog;
pub(crate) use key::{key_path, keys, new_key_file};
pub(crate) use open::{load_root, unknown_environment};
pub(crate) use secrets::ProjectSecrets;
pub(crate) use state_folder::{replace_file, state_folder};
pub(crate) use views::Views;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ade_connect::Registry;
use ade_engine::{Engine, Session, SessionOptions};
use ade_lake::{At, Lake, Lease, TableName};
use ade_meta::Meta;
use ade_project::{Project, Relation};

use crate::error::RunError;
use crate::event::Observer;
use crate::world::{Clock, Ids, World};

/// How long to wait for connections that are in use.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// An opened project.
pub struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) world: World,
    pub(crate) project: Arc<Project>,
    pub(crate) lake: Lake,
    pub(crate) meta: Meta,
    pub(crate) engine: Engine,
    pub(crate) connectors: Registry,
    pub(crate) views: Arc<Views>,
    pub(crate) keeper: Arc<keeper::Keeper>,
    pub(crate) spill: spill::SpillFolder,
    /// Whether the project's folder cannot be written to.
    pub(crate) is_read_only: bool,
    pub(crate) observer: Arc<dyn Observer>,
}

impl Workspace {
    /// The project's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What the files say.
    pub fn project(&self) -> &Arc<Project> {
        &self.project
    }

    /// Tells the time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.world.clock
    }

    /// Makes identifiers.
    pub fn ids(&self) -> &Arc<dyn Ids> {
        &self.world.ids
    }

    /// Name of the environment.
    pub fn environment(&self) -> &str {
        &self.project.environment.name
    }

    /// What names in SQL mean now, or at `at`. Each name keeps its meaning for the life of the catalog.
    pub(crate) fn catalog(&self, at: At) -> Arc<LakeCatalog> {
        Arc::new(LakeCatalog::new(self.lake.clone(), self.meta.clone(), Arc::clone(&self.views), at))
    }

    /// A session over the lake as it is now, or at `at`, for people's queries.
    pub fn session(&self, at: At) -> Session {
        let schema = self.project.environment.relation(&self.project.environment.schema, "").schema;
        self.engine.session(self.catalog(at), SessionOptions::new(schema).with_now(self.world.clock.now()))
    }

    /// The lake's name of a relation.
    pub(crate) fn table_name(relation: &Relation) -> Result<TableName, RunError> {
        Ok(TableName::new(&relation.schema, &relation.table)?)
    }

    /// Gives the lease of a table back. It ends by itself, so that what was done counts also when this fails.
    pub(crate) async fn release(&self, table: &TableName, lease: &Lease) {
        if let Err(error) = self.lake.release(lease).await {
            tracing::warn!(%table, %error, "the lease was not given back; it ends by itself");
        }
    }

    /// Refuses a command that writes where nothing can be written.
    pub(crate) fn must_be_writable(&self, command: &str) -> Result<(), RunError> {
        if !self.is_read_only {
            return Ok(());
        }
        Err(RunError::ReadOnly { path: state_folder::state_folder(&self.root), command: command.to_owned() })
    }

    /// Closes the metadata database; what is written is on disk. Connections that work which cannot be stopped still has are
    /// left to the end of the process.
    pub async fn close(&self) {
        self.spill.remove();
        // On a thread of its own: when all threads of the runtime compute, none looks at its clock.
        let patience = tokio::task::spawn_blocking(|| std::thread::sleep(CLOSE_WITHIN));
        tokio::select! {
            () = self.meta.close() => {}
            _ = patience => {}
        }
    }

    /// Says in whose name leases are taken from now on, and how long to wait for those that others hold.
    pub(crate) fn write_as(&self, run_id: uuid::Uuid, purpose: &str, patience: Duration) {
        self.keeper.write_as(run_id, purpose, patience);
    }
}
