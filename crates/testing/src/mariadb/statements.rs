//! Statements for a MariaDB server.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

/// Runs statements, up to the first that fails: then says why. Gives the rows of the last result that has some.
pub(super) fn run(url: &str, statements: &str) -> Result<Vec<String>, String> {
    let (url, statements) = (url.to_owned(), statements.to_owned());
    // On a thread of its own: the test's runtime goes on meanwhile, and sees nothing of it.
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        runtime.block_on(rows(&url, &statements)).map_err(|error| error.to_string())
    };
    std::thread::spawn(work).join().unwrap_or_else(|_| Err("the client panicked".to_owned()))
}

async fn rows(url: &str, statements: &str) -> Result<Vec<String>, mysql_async::Error> {
    let mut connection = Conn::from_url(url).await?;
    let mut result = connection.query_iter(statements).await?;
    let mut last: Vec<Row> = Vec::new();
    while !result.is_empty() {
        let rows: Vec<Row> = result.collect().await?;
        if !rows.is_empty() {
            last = rows;
        }
    }
    drop(result);
    connection.disconnect().await?;
    Ok(last.iter().map(shown).collect())
}

fn shown(row: &Row) -> String {
    let values = (0..row.len()).map(|place| row.get::<Option<String>, _>(place).flatten());
    values.map(|value| value.unwrap_or_else(|| "NULL".to_owned())).collect::<Vec<_>>().join("|")
}
