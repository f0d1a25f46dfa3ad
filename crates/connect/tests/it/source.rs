//! A temporary source and the ways in which tests read it.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ade_connect::{
    BatchStream, ConnectError, Connection, OpenContext, PositionKey, ReadMode, ReadPlan, ReadRequest, Registry,
    Settings, UnitEnd,
};
use ade_testing::{MariaDb, Postgres};
use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::{DateTime, Utc};
use futures::StreamExt;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

pub(crate) const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

pub(crate) fn timestamptz() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// A temporary folder with a connection of some type to what is in it.
pub(crate) struct Source {
    pub(crate) folder: TempDir,
    pub(crate) mariadb: Option<MariaDb>,
    pub(crate) postgres: Option<Postgres>,
    connector: &'static str,
    settings: Map<String, Value>,
}

impl Source {
    pub(crate) fn files() -> Self {
        Self::new("files", json!({ "path": "." }))
    }

    /// A database made by `sql`.
    pub(crate) fn sqlite(sql: &str) -> Self {
        let source = Self::new("sqlite", json!({ "path": "app.db", "busy_timeout_ms": 50 }));
        source.execute(sql);
        source
    }

    /// A database of a MariaDB server of its own, made by `sql`.
    pub(crate) fn mysql(sql: &str) -> Self {
        Self::mysql_on(MariaDb::start().unwrap(), sql)
    }

    pub(crate) fn mysql_on(server: MariaDb, sql: &str) -> Self {
        let mut source = Self::new("mysql", json!({ "url": server.url() }));
        source.mariadb = Some(server);
        source.execute(sql);
        source
    }

    /// A database of a PostgreSQL server of its own, made by `sql`.
    pub(crate) fn postgres(sql: &str) -> Self {
        Self::postgres_on(Postgres::start().unwrap(), sql)
    }

    pub(crate) fn postgres_on(server: Postgres, sql: &str) -> Self {
        let settings = json!({ "host": "127.0.0.1", "port": server.port(), "user": "postgres", "streams": 3 });
        let mut source = Self::new("postgres", settings);
        source.postgres = Some(server);
        source.execute(sql);
        source
    }

    /// Files elsewhere: behind an address, with other settings.
    pub(crate) fn remote(path: &str, settings: Value) -> Self {
        let mut source = Self::new("files", settings);
        source.set("path", json!(path));
        source
    }

    fn new(connector: &'static str, settings: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, mariadb: None, postgres: None, connector, settings: object(settings) }
    }

    /// Changes a setting of the connection.
    pub(crate) fn set(&mut self, setting: &str, value: Value) {
        let _ = self.settings.insert(setting.to_owned(), value);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Changes the database as its owner would.
    pub(crate) fn execute(&self, sql: &str) {
        match (&self.mariadb, &self.postgres) {
            (Some(server), _) => drop(server.sql(sql).unwrap()),
            (_, Some(server)) => drop(server.psql(sql).unwrap()),
            _ => self.writer().execute_batch(sql).unwrap(),
        }
    }

    /// What a server answers to its owner: the rows of the last result that has some, as text.
    pub(crate) fn query(&self, sql: &str) -> Vec<String> {
        if let Some(server) = &self.postgres {
            return server.psql(sql).unwrap().lines().map(str::to_owned).collect();
        }
        self.mariadb.as_ref().unwrap().sql(sql).unwrap()
    }

    /// The release of its PostgreSQL server, such as 15.
    pub(crate) fn postgres_version(&self) -> u32 {
        self.postgres.as_ref().unwrap().major_version().unwrap()
    }

    /// Forgets a setting of the connection.
    pub(crate) fn unset(&mut self, setting: &str) {
        let _ = self.settings.remove(setting);
    }

    pub(crate) fn writer(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path("app.db")).unwrap()
    }

    pub(crate) async fn open(&self) -> Box<dyn Connection> {
        self.try_open().await.unwrap()
    }

    pub(crate) async fn try_open(&self) -> Result<Box<dyn Connection>, ConnectError> {
        self.open_with(Some(PositionKey::new([7; 32]))).await
    }

    /// Opens it at a moment.
    pub(crate) async fn open_at(&self, now: DateTime<Utc>) -> Box<dyn Connection> {
        let context = OpenContext { now: Some(now), ..context(self.folder.path()) };
        self.open_in(context).await.unwrap()
    }

    /// Opens it with another key for positions, or none.
    pub(crate) async fn open_with(&self, key: Option<PositionKey>) -> Result<Box<dyn Connection>, ConnectError> {
        self.open_in(OpenContext { position_key: key, ..context(self.folder.path()) }).await
    }

    async fn open_in(&self, context: OpenContext) -> Result<Box<dyn Connection>, ConnectError> {
        let registry = Registry::builtin();
        let connector = registry.get(self.connector)?;
        let settings = connector.spec().settings(&self.settings).unwrap();
        connector.open(&settings, &context).await
    }

    /// A request for everything, with options.
    pub(crate) fn request(&self, from: &str, options: Value) -> ReadRequest {
        ReadRequest {
            table: format!("app.{from}"),
            from: from.to_owned(),
            options: self.options(options),
            mode: ReadMode::Full,
            position: None,
            replaced: None,
            promised: None,
            columns: None,
            rejects: false,
            batch_rows: 8_192,
        }
    }

    pub(crate) fn options(&self, options: Value) -> Settings {
        let registry = Registry::builtin();
        registry.get(self.connector).unwrap().spec().table_options(&object(options)).unwrap()
    }

    pub(crate) async fn plan(&self, request: &ReadRequest) -> Result<ReadPlan, ConnectError> {
        self.open().await.snapshot().await?.plan(request).await
    }

    /// Reads everything that a request asks for, in one snapshot.
    pub(crate) async fn read(&self, request: &ReadRequest) -> Result<Load, ConnectError> {
        let snapshot = self.open().await.snapshot().await?;
        let plan = snapshot.plan(request).await?;
        let mut batches = Vec::new();
        let mut ends = Vec::new();
        for unit in &plan.units {
            let (unit_batches, end) = drain(snapshot.read(&plan, unit).await?).await?;
            batches.extend(unit_batches);
            ends.push(end);
        }
        Ok(Load { plan, batches, ends })
    }

    /// The error of a read that must fail, wherever it does.
    pub(crate) async fn read_error(&self, request: &ReadRequest) -> ConnectError {
        match self.read(request).await {
            Err(error) => error,
            Ok(load) => panic!("expected an error, got {} rows", load.rows().len()),
        }
    }
}

pub(crate) fn context(folder: &Path) -> OpenContext {
    OpenContext {
        project_dir: folder.to_owned(),
        threads: NonZeroUsize::new(2).unwrap(),
        position_key: Some(PositionKey::new([7; 32])),
        now: None,
    }
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("not an object: {other}"),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as a request has it")]
pub(crate) fn promise(columns: &[(&str, DataType)]) -> Option<SchemaRef> {
    let fields = columns.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), true));
    Some(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
}

pub(crate) fn incremental(cursor: Option<&str>, overlap: Option<&str>) -> ReadMode {
    ReadMode::Incremental {
        cursor: cursor.map(str::to_owned),
        overlap: overlap.map(|overlap| overlap.parse().unwrap()),
        key: Vec::new(),
    }
}

/// All batches of a stream and its end.
pub(crate) async fn drain(mut stream: BatchStream) -> Result<(Vec<RecordBatch>, UnitEnd), ConnectError> {
    let schema = Arc::clone(stream.schema());
    let mut batches = Vec::new();
    while let Some(batch) = stream.next().await.transpose()? {
        assert!(stream.end().is_none(), "the end is known before the stream ended");
        assert_eq!(batch.schema(), schema);
        batches.push(batch);
    }
    let end = stream.end().cloned().expect("a stream that ended without error has an end");
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(end.rows, rows as u64);
    Ok((batches, end))
}

/// What a request gave.
pub(crate) struct Load {
    pub(crate) plan: ReadPlan,
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) ends: Vec<UnitEnd>,
}

impl Load {
    /// Each row as text, `NULL` for NULL.
    pub(crate) fn rows(&self) -> Vec<String> {
        rows(&self.batches)
    }

    /// `name type` of every column.
    pub(crate) fn columns(&self) -> Vec<String> {
        columns(&self.plan.schema)
    }

    /// The position after all units, each committed under a batch id of its own: `prefix` and a number.
    pub(crate) fn position(&self, before: Option<&Value>, prefix: &str) -> Option<Value> {
        let mut position = before.cloned();
        for (index, end) in self.ends.iter().enumerate() {
            position = end.position(position.take(), &format!("{prefix}{index}"));
        }
        position
    }
}

pub(crate) fn columns(schema: &Schema) -> Vec<String> {
    schema
        .fields()
        .iter()
        .map(|field| format!("{} {}", field.name(), ade_connect::type_name(field.data_type())))
        .collect()
}

pub(crate) fn rows(batches: &[RecordBatch]) -> Vec<String> {
    let mut rows = Vec::new();
    for batch in batches {
        let options = FormatOptions::default();
        let columns: Vec<_> =
            batch.columns().iter().map(|column| (column, ArrayFormatter::try_new(column, &options).unwrap())).collect();
        for row in 0..batch.num_rows() {
            let cells = columns.iter().map(|(column, formatter)| {
                if column.is_null(row) { "NULL".to_owned() } else { formatter.value(row).to_string() }
            });
            rows.push(cells.collect::<Vec<_>>().join("|"));
        }
    }
    rows
}
