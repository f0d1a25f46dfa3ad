//! A database that an example is set up in.
use std::num::NonZeroUsize;
use std::path::Path;

use ade_connect::{ConnectError, OpenContext, PostgresSetup, Registry, Settings};
use serde_json::{Map, Value};

use crate::build::TaskError;
use crate::error::RunError;
use crate::source::connection_settings;
use crate::workspace::load_root;
use crate::world::World;

const KIND: &str = "postgres";

/// Signs in to the PostgreSQL that a URL names, for making something in it. `root` is where relative paths start.
pub async fn set_up_postgres(url: &str, root: &Path, world: &World) -> Result<PostgresSetup, RunError> {
    let given = Map::from_iter([("url".to_owned(), Value::from(url))]);
    let spec = Registry::builtin().get(KIND)?.spec().clone();
    let settings = spec.settings(&given).map_err(|problems| ConnectError::Settings { problems })?;
    open(&settings, root, world).await
}

/// Signs in to the PostgreSQL of a connection of the project in `root`, for making something in it.
pub async fn set_up_connection(name: &str, root: &Path, world: &World) -> Result<PostgresSetup, RunError> {
    let loaded = load_root(root, world);
    let Some(project) = loaded.project else { return Err(RunError::Project { diagnostics: loaded.diagnostics }) };
    let connection = project.connections.get(name).filter(|connection| connection.kind == KIND).ok_or_else(|| {
        RunError::usage(
            format!("the project in {} has no connection `{name}` of type `{KIND}`", root.display()),
            "give back to `ade.yml` what it said of it".to_owned(),
        )
    })?;
    let spec = Registry::builtin().get(KIND)?.spec().clone();
    let settings = connection_settings(&spec, connection, root, world).map_err(|error| match error {
        TaskError::Run(error) => error,
        TaskError::Diagnostics(diagnostics) => RunError::Project { diagnostics },
    })?;
    open(&settings, root, world).await
}

async fn open(settings: &Settings, root: &Path, world: &World) -> Result<PostgresSetup, RunError> {
    let threads = NonZeroUsize::MIN;
    let now = Some(world.clock.now());
    let context = OpenContext { project_dir: root.to_owned(), threads, position_key: None, now };
    Ok(PostgresSetup::open(settings, &context).await?)
}
