//! PostgreSQL as a database that sqllogictest can talk to.

use sqllogictest::{DBOutput, DefaultColumnType};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// One connection in a schema of its own. Values come as PostgreSQL's own text.
pub(crate) struct PostgresDatabase {
    client: Client,
}

impl PostgresDatabase {
    pub(crate) async fn connect(connection_string: &str, schema: &str) -> Self {
        let (client, connection) =
            tokio_postgres::connect(connection_string, NoTls).await.expect("the server takes connections");
        tokio::spawn(connection);
        client
            .batch_execute(&format!("create schema {schema}; set search_path to {schema}, public"))
            .await
            .expect("a fresh schema");
        Self { client }
    }
}

#[async_trait::async_trait]
impl sqllogictest::AsyncDB for PostgresDatabase {
    type Error = tokio_postgres::Error;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, tokio_postgres::Error> {
        let mut rows = Vec::new();
        let mut columns = None;
        let mut count = 0;
        for message in self.client.simple_query(sql).await? {
            match message {
                SimpleQueryMessage::RowDescription(description) => columns = Some(description.len()),
                SimpleQueryMessage::Row(row) => {
                    rows.push((0..row.len()).map(|index| cell(row.get(index))).collect());
                }
                SimpleQueryMessage::CommandComplete(rows) => count = rows,
                _ => {}
            }
        }
        Ok(match columns {
            Some(columns) => DBOutput::Rows { types: vec![DefaultColumnType::Any; columns], rows },
            None => DBOutput::StatementComplete(count),
        })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &'static str {
        "postgres"
    }
}

fn cell(value: Option<&str>) -> String {
    match value {
        None => "NULL".to_owned(),
        Some("") => "(empty)".to_owned(),
        Some(text) => text.to_owned(),
    }
}
