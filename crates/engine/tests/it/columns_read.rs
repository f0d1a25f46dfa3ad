//! Which columns a query reads.
use std::sync::Arc;

use ade_engine::datafusion::datasource::MemTable;
use ade_engine::{Engine, EngineOptions, MemoryCatalog, RelationName, SessionOptions};
use arrow::datatypes::{DataType, Field, Schema};

#[tokio::test]
async fn columns_are_those_that_the_answer_depends_on() {
    let table = |names: &[&str]| {
        let fields = names.iter().map(|name| Field::new(*name, DataType::Int64, true)).collect::<Vec<_>>();
        Arc::new(MemTable::try_new(Arc::new(Schema::new(fields)), vec![vec![]]).expect("a table"))
    };
    let catalog = MemoryCatalog::new()
        .with_table(RelationName::new("s", "people"), table(&["id", "age", "name", "at"]))
        .with_table(RelationName::new("s", "other"), table(&["id", "age"]))
        .with_view(RelationName::new("s", "aged"), "select id, age as years from s.people");
    let engine = Engine::new(&EngineOptions { memory_bytes: 1 << 24, threads: 1, spill_dir: None, spill_bytes: 0 });
    let session = engine.expect("an engine").session(Arc::new(catalog), SessionOptions::new("s"));
    for (sql, expected) in [
        ("select * from people", "id age name at"),
        ("select id from people -- age", "id"),
        ("select id, 'age' as age from people", "id"),
        ("select id from people where age > 3", "id age"),
        ("select count(*) from people", ""),
        ("select p.id, o.age from people p join other o on o.id = p.id", "id"),
        ("select id from (select id, age from people) x", "id"),
        ("with all_of_it as (select * from people) select max(name) from all_of_it", "name"),
        ("select years from aged", "age"),
        ("select id from other where id in (select age from people)", "age"),
        ("select id, row_number() over (partition by name order by at) from people", "id name at"),
    ] {
        let read = session.columns_read(sql).await.expect(sql);
        let columns = read.get(&RelationName::new("s", "people")).cloned().unwrap_or_default();
        let expected = expected.split_whitespace().map(str::to_owned).collect();
        assert_eq!(columns, expected, "{sql}");
    }
}
