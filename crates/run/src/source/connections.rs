//! Open connections of one run: each source system is asked through one consistent snapshot.
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use ade_connect::{
    ConnectError, ConnectorSpec, OpenContext, PositionKey, Registry, Settings, Snapshot, is_secret_name,
};
use ade_diagnostic::{Diagnostic, rule};
use ade_lake::TableName;
use ade_project::resource::{Connection, ConnectionSetting, IngestMode, SourceTable};
use ade_project::{Project, Setting};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use crate::build::TaskError;
use crate::error::RunError;
use crate::workspace::{ProjectSecrets, Workspace, keys};
use crate::world::World;

/// The snapshots of one run, opened when first needed and closed after the last table that needs them.
pub(crate) struct Connections {
    registry: Registry,
    slots: HashMap<String, Mutex<Slot>>,
}

struct Slot {
    open: Option<Open>,
    /// The tables that are read through it.
    tables: Vec<TableName>,
    /// How many of them have yet to be read.
    remaining: usize,
}

struct Open {
    snapshot: Arc<dyn Snapshot>,
    /// The versions that the tables had when it was opened.
    versions: HashMap<TableName, Option<u64>>,
}

impl Connections {
    /// For a run that reads these tables: names of connections, and the tables in the lake.
    pub(crate) fn new<'a>(registry: Registry, tables: impl IntoIterator<Item = (&'a str, TableName)>) -> Self {
        let mut slots: HashMap<String, Mutex<Slot>> = HashMap::new();
        for (name, table) in tables {
            let empty = || Mutex::new(Slot { open: None, tables: Vec::new(), remaining: 0 });
            let slot = slots.entry(name.to_owned()).or_insert_with(empty).get_mut();
            slot.tables.push(table);
            slot.remaining += 1;
        }
        Self { registry, slots }
    }

    /// How the connection's kind describes itself.
    pub(crate) fn spec(&self, connection: &Connection) -> Result<ConnectorSpec, TaskError> {
        Ok(self.registry.get(&connection.kind)?.spec().clone())
    }

    /// Whether the connection's tables are fed, together.
    pub(crate) fn is_feed(&self, connection: &Connection) -> Result<bool, TaskError> {
        Ok(self.registry.get(&connection.kind)?.is_feed())
    }

    /// The snapshot of a connection, for reading into `table`, whose writer lease is held and which has `version` now. A
    /// snapshot that is older than what another program has landed in the table is replaced: rows must not go back in time.
    pub(crate) async fn snapshot(
        &self,
        connection: &Connection,
        workspace: &Workspace,
        table: &TableName,
        version: Option<u64>,
    ) -> Result<Arc<dyn Snapshot>, TaskError> {
        let Some(slot) = self.slots.get(&connection.name) else {
            let problem = format!("connection `{}` was not expected in this run", connection.name);
            return Err(RunError::usage(problem, None).into());
        };
        let mut slot = slot.lock().await;
        if let Some(open) = &slot.open
            && open.versions.get(table) == Some(&version)
        {
            return Ok(Arc::clone(&open.snapshot));
        }
        let position_key = position_key(connection, workspace, table)?;
        // The versions first: what lands between the two only makes the snapshot seem older than it is.
        let mut versions = HashMap::new();
        for other in &slot.tables {
            versions.insert(other.clone(), workspace.lake.version(other).await?);
        }
        versions.insert(table.clone(), version);
        let opened = open(&self.registry, connection, &workspace.root, &workspace.world, position_key).await?;
        let snapshot = opened.snapshot().await.map_err(|error| of_connection(error, connection))?;
        let snapshot: Arc<dyn Snapshot> = Arc::from(snapshot);
        slot.open = Some(Open { snapshot: Arc::clone(&snapshot), versions });
        Ok(snapshot)
    }

    /// One table less to read: after the last one the source is let go.
    pub(crate) async fn finished(&self, connection: &str) {
        if let Some(slot) = self.slots.get(connection) {
            let mut slot = slot.lock().await;
            slot.remaining = slot.remaining.saturating_sub(1);
            if slot.remaining == 0 {
                slot.open = None;
            }
        }
    }
}

/// The key of the digests in positions, which every table that is read incrementally has. A table that is not can be read
/// without: it is the others of its connection that fail then, when their turn comes.
fn position_key(
    connection: &Connection,
    workspace: &Workspace,
    table: &TableName,
) -> Result<Option<PositionKey>, RunError> {
    let incremental = workspace.project.sources.values().filter(|source| {
        let is_incremental = source.ingest.as_ref().is_some_and(|declared| declared.mode == IngestMode::Incremental);
        is_incremental && source.connection.as_ref() == Some(&connection.name)
    });
    let tables: Vec<_> = incremental.map(|source| Workspace::table_name(&source.relation)).collect::<Result<_, _>>()?;
    if tables.is_empty() {
        return Ok(None);
    }
    match keys(&workspace.root, &workspace.project, &workspace.world) {
        Ok(keys) => Ok(Some(PositionKey::new(*keys.position_subkey()))),
        Err(error) if tables.contains(table) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Opens a connection with its references resolved. Incremental reads need the `position_key`.
pub(crate) async fn open(
    registry: &Registry,
    connection: &Connection,
    root: &Path,
    world: &World,
    position_key: Option<PositionKey>,
) -> Result<Box<dyn ade_connect::Connection>, TaskError> {
    let connector = registry.get(&connection.kind)?;
    let settings = settings(connector.spec(), connection, root, world)?;
    let threads = NonZeroUsize::new(world.cores).unwrap_or(NonZeroUsize::MIN);
    let context = OpenContext { project_dir: root.to_owned(), threads, position_key, now: Some(world.clock.now()) };
    connector.open(&settings, &context).await.map_err(|error| of_connection(error, connection).into())
}

/// An error that speaks of “the connection” with its name and place.
pub(crate) fn of_connection(error: ConnectError, connection: &Connection) -> ConnectError {
    let ConnectError::Open { what, object, reason, advice } = error else { return error };
    let place = &connection.origin;
    let named = format!("of connection `{}` ({}:{})", connection.name, place.path(), place.line());
    ConnectError::Open { what, object, reason, advice: advice.replace("of the connection", &named) }
}

/// The settings of a connection with its references resolved.
pub(crate) fn settings(
    spec: &ConnectorSpec,
    connection: &Connection,
    root: &Path,
    world: &World,
) -> Result<Settings, TaskError> {
    let problems = check(spec, connection);
    if !problems.is_empty() {
        return Err(TaskError::Diagnostics(problems));
    }
    let secrets = ProjectSecrets { env_vars: &world.env_vars, root: root.to_owned() };
    let mut resolved = Map::new();
    for (name, setting) in &connection.settings {
        let value = setting.value.resolve(&secrets).map_err(|source| RunError::Secret {
            setting: format!("connection `{}`, setting `{name}`", connection.name),
            source,
        })?;
        resolved.insert(name.clone(), value);
    }
    spec.settings(&resolved).map_err(|problems| ade_connect::ConnectError::Settings { problems }.into())
}

/// Every problem of a connection's settings, at its place in `ade.yml`.
pub(crate) fn check(spec: &ConnectorSpec, connection: &Connection) -> Vec<Diagnostic> {
    let declared: Map<String, Value> = connection
        .settings
        .iter()
        .map(|(name, setting)| {
            let value = if setting.value.has_reference() {
                Value::String(setting.value.to_string())
            } else {
                plain(&setting.value)
            };
            (name.clone(), value)
        })
        .collect();
    let problems = spec.check_settings(&declared).into_iter();
    // A secret without any reference is a problem already.
    let is_secret = |name: &str| spec.settings.iter().any(|known| known.name == name && known.secret);
    let written = connection.settings.iter().flat_map(|(name, setting)| {
        secrets_in(name, setting, connection, is_secret(name) && setting.value.has_reference())
    });
    problems
        .map(|problem| {
            let place = connection.settings.get(&problem.setting).map(|setting| setting.key_origin.clone());
            let message = format!("connection `{}`: {}", connection.name, problem.message);
            let diagnostic =
                Diagnostic::error(&rule::INVALID_VALUE, message).at(place.unwrap_or_else(|| connection.origin.clone()));
            match problem.hint {
                Some(hint) => diagnostic.hint(hint),
                None => diagnostic,
            }
        })
        .chain(written)
        .collect()
}

/// Secrets that are written out among settings that another program understands, or beside others that are not, where all of them
/// are.
fn secrets_in(name: &str, setting: &ConnectionSetting, connection: &Connection, all: bool) -> Vec<Diagnostic> {
    fn written(path: &str, is_secret: &dyn Fn(&str) -> bool, name: &str, value: &Setting, found: &mut Vec<String>) {
        match value {
            Setting::Map(entries) => {
                for (name, value) in entries {
                    written(&format!("{path}.{name}"), is_secret, name, value, found);
                }
            }
            Setting::List(items) => items.iter().for_each(|item| written(path, is_secret, name, item, found)),
            Setting::Text(_) if is_secret(name) && !value.has_reference() && value.to_string() != "" => {
                found.push(path.to_owned());
            }
            Setting::Text(_) | Setting::Plain(_) => {}
        }
    }
    let mut found = Vec::new();
    if matches!(setting.value, Setting::Map(_)) {
        written(name, &|name| all || is_secret_name(name), "", &setting.value, &mut found);
    }
    let problem = |path: &String| {
        let message = format!("connection `{}`: `{path}` is a secret and must not be written here", connection.name);
        let problem = Diagnostic::error(&rule::INVALID_VALUE, message).at(setting.key_origin.clone());
        problem.hint("give it by reference: `${env:NAME}` or `${file:path}`")
    };
    found.iter().map(problem).collect()
}

/// A setting without references as the value that it is.
fn plain(setting: &ade_project::Setting) -> Value {
    struct Nothing;
    impl ade_project::Secrets for Nothing {
        fn environment(&self, _name: &str) -> Option<String> {
            None
        }
        fn file(&self, path: &str) -> std::io::Result<String> {
            Err(std::io::Error::new(std::io::ErrorKind::NotFound, path.to_owned()))
        }
    }
    setting.resolve(&Nothing).unwrap_or(Value::Null)
}

/// Problems of every connection of a project, for `ade check`.
pub(crate) fn check_all(registry: &Registry, project: &Project) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for connection in project.connections.values() {
        match registry.get(&connection.kind) {
            Ok(connector) => problems.extend(check(connector.spec(), connection)),
            Err(error) => {
                let known = registry.connectors().map(|connector| connector.spec().name);
                problems.push(
                    Diagnostic::error(&rule::UNKNOWN_VALUE, error.to_string())
                        .at(connection.kind_origin.clone())
                        .suggestion(&connection.kind, known),
                );
            }
        }
    }
    let mut captured: HashMap<(&str, &str), &SourceTable> = HashMap::new();
    for source in project.sources.values() {
        let (Some(name), Some(ingest)) = (&source.connection, &source.ingest) else { continue };
        if ingest.mode == IngestMode::Capture
            && let Some(first) = captured.insert((name, &ingest.from), source)
        {
            let message = format!(
                "table `{}.{}` captures `{}` of connection `{name}`, as `{}.{}` does: both are read whole in every run",
                source.source, source.name, ingest.from, first.source, first.name
            );
            let problem = Diagnostic::warning(&rule::INVALID_INGEST, message).at(ingest.origin.clone());
            problems.push(problem.hint("capture it once, and let the other be a model over it"));
        }
        let Some(connector) = project.connections.get(name).and_then(|found| registry.get(&found.kind).ok()) else {
            continue;
        };
        if ingest.mode == IngestMode::Capture && !connector.captures_changes() {
            let message = format!(
                "table `{}.{}` is to be captured, and a connection of type `{}` has no log of changes",
                source.source,
                source.name,
                connector.spec().name
            );
            let problem = Diagnostic::error(&rule::INVALID_INGEST, message).at(ingest.origin.clone());
            problems.push(problem.hint("use `mode: full` or `mode: incremental`"));
        }
        for problem in connector.spec().check_table_options(&ingest.options) {
            let message = format!("table `{}.{}`: {}", source.source, source.name, problem.message);
            let diagnostic = Diagnostic::error(&rule::INVALID_INGEST, message).at(ingest.origin.clone());
            problems.push(match problem.hint {
                Some(hint) => diagnostic.hint(hint),
                None => diagnostic,
            });
        }
    }
    problems
}
