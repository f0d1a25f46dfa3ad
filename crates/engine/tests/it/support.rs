//! A small catalog and shortcuts.

use std::sync::Arc;

use ade_engine::datafusion::datasource::MemTable;
use ade_engine::{Catalog, Engine, EngineOptions, MemoryCatalog, RelationName, Session, SessionOptions, SqlError};
use arrow::array::{Array, Int64Array, RecordBatch, StringArray};

/// A table `name` with the columns `id` and `name` and the given rows.
pub(crate) fn table(rows: &[(i64, &str)]) -> Arc<MemTable> {
    let ids = Int64Array::from_iter_values(rows.iter().map(|(id, _)| *id));
    let names = StringArray::from_iter_values(rows.iter().map(|(_, name)| *name));
    let batch = RecordBatch::try_from_iter([
        ("id", Arc::new(ids) as Arc<dyn Array>),
        ("name", Arc::new(names) as Arc<dyn Array>),
    ])
    .expect("columns of the same length");
    Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]]).expect("a table"))
}

/// `main.customers` with Ann and Bob.
pub(crate) fn catalog() -> MemoryCatalog {
    MemoryCatalog::new().with_table(RelationName::new("main", "customers"), table(&[(1, "Ann"), (2, "Bob")]))
}

pub(crate) fn session(catalog: impl Catalog + 'static) -> Session {
    let engine = Engine::new(&EngineOptions::small()).expect("an engine");
    engine.session(Arc::new(catalog), SessionOptions::new("main"))
}

/// Rows as lines of cells with `|` between them.
pub(crate) async fn answer(session: &Session, sql: &str) -> Result<String, SqlError> {
    let mut lines = Vec::new();
    for batch in session.query(sql).await?.collect().await? {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|column| {
                ade_engine::format_cell(column.as_ref(), row).expect("a text").unwrap_or_else(|| "NULL".to_owned())
            });
            lines.push(cells.collect::<Vec<_>>().join("|"));
        }
    }
    Ok(lines.join("\n"))
}

/// The answer, which must be one.
pub(crate) async fn ask(session: &Session, sql: &str) -> String {
    answer(session, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// The error, which must be one.
pub(crate) async fn fail(session: &Session, sql: &str) -> SqlError {
    match answer(session, sql).await {
        Ok(rows) => panic!("{sql} gave {rows}"),
        Err(error) => error,
    }
}
