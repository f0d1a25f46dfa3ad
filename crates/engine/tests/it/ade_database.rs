//! ade's engine as a database that sqllogictest can talk to.

use std::sync::Arc;

use ade_engine::datafusion::datasource::MemTable;
use ade_engine::{
    Catalog, Engine, EngineOptions, MemoryCatalog, RelationName, SessionOptions, SqlError, SqlErrorKind, format_cell,
    sql_type,
};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use sqllogictest::{DBOutput, DefaultColumnType};
use sqlparser::ast::{SetExpr, Statement, TableObject};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

/// Sessions only read, so that `create table` and `insert into … values` of a test file are carried
/// out here: the table is held in memory, its values go through the engine's own casts.
pub(crate) struct AdeDatabase {
    engine: Engine,
    catalog: MemoryCatalog,
}

impl AdeDatabase {
    pub(crate) fn new() -> Self {
        let engine = Engine::new(&EngineOptions::small()).expect("an engine without spilling needs nothing");
        Self { engine, catalog: MemoryCatalog::new() }
    }

    pub(crate) async fn rows(&self, sql: &str) -> Result<(Arc<Schema>, Vec<RecordBatch>), SqlError> {
        let catalog: Arc<dyn Catalog> = Arc::new(self.catalog.clone());
        let options = SessionOptions::new("main").with_batch_id("0190a000-0000-7000-8000-000000000000");
        let rows = self.engine.session(catalog, options).query(sql).await?;
        let schema = rows.schema();
        Ok((schema, rows.collect().await?))
    }

    fn put(&mut self, name: &str, schema: Arc<Schema>, rows: Vec<RecordBatch>) -> Result<(), SqlError> {
        let table = MemTable::try_new(schema, vec![rows])
            .map_err(|error| SqlError::new(SqlErrorKind::Failed, error.to_string()))?;
        self.catalog.insert(RelationName::new("main", name), ade_engine::Relation::Table(Arc::new(table)));
        Ok(())
    }

    async fn change(&mut self, statement: Statement) -> Result<u64, SqlError> {
        match statement {
            Statement::CreateTable(table) => {
                let fields = table
                    .columns
                    .iter()
                    .map(|column| Ok(Field::new(&column.name.value, sql_type(&column.data_type.to_string())?, true)))
                    .collect::<Result<Vec<_>, SqlError>>()?;
                self.put(&table.name.to_string(), Arc::new(Schema::new(fields)), vec![])?;
                Ok(0)
            }
            Statement::Insert(insert) => {
                let TableObject::TableName(name) = &insert.table else { panic!("insert into what?") };
                let name = name.to_string();
                let (schema, mut rows) = self.rows(&format!("select * from {name}")).await?;
                let source = insert.source.expect("insert has rows");
                let SetExpr::Values(values) = *source.body else { panic!("only insert into … values") };
                for row in &values.rows {
                    let values = row.iter().zip(schema.fields()).map(|(value, field)| {
                        let cast = cast_name(field.data_type());
                        format!("({value})::{cast} as \"{}\"", field.name())
                    });
                    let (_, new) = self.rows(&format!("select {}", values.collect::<Vec<_>>().join(", "))).await?;
                    for batch in new {
                        let columns = batch
                            .columns()
                            .iter()
                            .zip(schema.fields())
                            .map(|(column, field)| arrow::compute::cast(column, field.data_type()))
                            .collect::<Result<Vec<_>, _>>()
                            .expect("a cast that the query already did");
                        rows.push(RecordBatch::try_new(Arc::clone(&schema), columns).expect("same columns"));
                    }
                }
                let count = values.rows.len() as u64;
                self.put(&name, schema, rows)?;
                Ok(count)
            }
            other => panic!("not for tests: {other}"),
        }
    }
}

fn cast_name(data_type: &DataType) -> String {
    ade_engine::type_name(data_type)
}

#[async_trait::async_trait]
impl sqllogictest::AsyncDB for AdeDatabase {
    type Error = SqlError;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, SqlError> {
        let word = sql.trim_start().to_lowercase();
        if word.starts_with("create table") || word.starts_with("insert into") {
            let mut statements = Parser::parse_sql(&PostgreSqlDialect {}, sql).expect("valid SQL");
            let count = self.change(statements.remove(0)).await?;
            return Ok(DBOutput::StatementComplete(count));
        }
        let (schema, batches) = self.rows(sql).await?;
        let mut rows = Vec::new();
        for batch in &batches {
            for row in 0..batch.num_rows() {
                let cells = batch.columns().iter().map(|column| {
                    let text = format_cell(column.as_ref(), row).expect("a value has a text");
                    cell(text, column.data_type() == &DataType::Boolean)
                });
                rows.push(cells.collect());
            }
        }
        Ok(DBOutput::Rows { types: vec![DefaultColumnType::Any; schema.fields().len()], rows })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &'static str {
        "ade"
    }
}

/// PostgreSQL's protocol says `t` and `f`.
fn cell(text: Option<String>, boolean: bool) -> String {
    match text {
        None => "NULL".to_owned(),
        Some(text) if text.is_empty() => "(empty)".to_owned(),
        Some(text) if boolean => text[..1].to_owned(),
        Some(text) => text,
    }
}
