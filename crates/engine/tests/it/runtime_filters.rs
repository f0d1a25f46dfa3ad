//! Runtime filters and the order of conditions: the same rows as without them, and they are really there.

use std::sync::Arc;

use ade_engine::datafusion::catalog::TableProvider;
use ade_engine::datafusion::datasource::MemTable;
use ade_engine::datafusion::datasource::file_format::parquet::ParquetFormat;
use ade_engine::datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use ade_engine::{Engine, EngineOptions, MemoryCatalog, RelationName, Session, SessionOptions};
use arrow::array::{Array, Int64Array, RecordBatch, StringArray};
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::ArrowWriter;
use url::Url;

use crate::support::ask;

/// `facts` (20,000 rows of a key that is NULL now and then, in no order) and `parts` (1,000 keys, each with a colour).
fn batches() -> [(&'static str, RecordBatch); 2] {
    let key = |row: i64| (row % 97 != 0).then_some((row * 7919) % 1_000);
    let facts = RecordBatch::try_from_iter([
        ("part", Arc::new((0..20_000).map(key).collect::<Int64Array>()) as Arc<dyn Array>),
        ("amount", Arc::new(Int64Array::from_iter_values((0..20_000).map(|row| row % 13))) as _),
        ("note", Arc::new(StringArray::from_iter_values((0..20_000).map(|row| format!("note {}", row % 5)))) as _),
    ]);
    let parts = RecordBatch::try_from_iter([
        ("id", Arc::new(Int64Array::from_iter_values(0..1_000)) as Arc<dyn Array>),
        ("colour", Arc::new(StringArray::from_iter_values((0..1_000).map(|id| format!("c{}", id % 50)))) as _),
    ]);
    [("facts", facts.expect("facts")), ("parts", parts.expect("parts"))]
}

async fn parquet_session() -> Session {
    parquet_session_with(&EngineOptions::small()).await
}

async fn parquet_session_with(options: &EngineOptions) -> Session {
    let engine = Engine::new(options).expect("an engine");
    let store = Arc::new(InMemory::new());
    engine.register_store(&Url::parse("test://lake").expect("a URL"), Arc::clone(&store) as Arc<dyn ObjectStore>);
    let mut catalog = MemoryCatalog::new();
    for (name, batch) in batches() {
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).expect("a writer");
        writer.write(&batch).expect("written");
        let file = writer.into_inner().expect("a file");
        store.put(&format!("{name}.parquet").into(), file.into()).await.expect("stored");
        let url = ListingTableUrl::parse(format!("test://lake/{name}.parquet")).expect("a URL");
        let config = ListingTableConfig::new(url)
            .with_listing_options(ListingOptions::new(Arc::new(ParquetFormat::new())))
            .with_schema(batch.schema());
        let table: Arc<dyn TableProvider> = Arc::new(ListingTable::try_new(config).expect("a table"));
        catalog = catalog.with_table(RelationName::new("main", name), table);
    }
    engine.session(Arc::new(catalog), SessionOptions::new("main"))
}

/// The same tables in memory, where nothing is handed down to scans.
fn memory_session() -> Session {
    let mut catalog = MemoryCatalog::new();
    for (name, batch) in batches() {
        let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).expect("a table");
        catalog = catalog.with_table(RelationName::new("main", name), Arc::new(table));
    }
    crate::support::session(catalog)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_spares_an_aggregation_the_rows_that_it_would_drop() {
    let session = parquet_session().await;
    let sql = "select count(*), sum(f.total) from (select part, sum(amount) as total from facts group by part) f
        join parts on f.part = id where colour = 'c7'";
    assert_prunes(&session, sql).await;
}

/// There is a runtime filter in the plan, and it leaves rows out.
async fn assert_prunes(session: &Session, sql: &str) {
    let plan = session.explain(sql, true).await.expect("a plan");
    let line = plan.lines().find(|line| line.contains("RuntimeFilterExec")).unwrap_or_else(|| panic!("{plan}"));
    assert!(line.contains("rows_pruned=") && !line.contains("rows_pruned=0"), "nothing was left out: {line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn integer_keys_are_gathered_for_the_next_join_too_and_texts_are_not() {
    let session = parquet_session().await;
    assert_prunes(&session, "select sum(amount) from facts join parts on part = id where colour = 'c7'").await;
    let text = "select sum(a.amount) from facts a join parts on note = colour where id = 3";
    let plan = session.explain(text, true).await.expect("a plan");
    assert!(!plan.contains("GatherKeysExec"), "{plan}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_do_not_fit_the_memory_are_left_to_the_join() {
    let options = EngineOptions { memory_bytes: 1 << 20, ..EngineOptions::small() };
    let session = parquet_session_with(&options).await;
    let sql = "select count(*) from facts a join facts b on a.part = b.part";
    let plan = session.explain(sql, true).await.expect("a plan");
    let line = plan.lines().find(|line| line.contains("RuntimeFilterExec")).unwrap_or_else(|| panic!("{plan}"));
    assert!(line.contains("rows_pruned=0"), "20,000 keys are no sixteenth of a megabyte: {line}");
    assert_eq!(ask(&session, sql).await, ask(&memory_session(), sql).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_semi_join_is_asked_for_each_key_once() {
    let session = parquet_session().await;
    let sql = "select count(*) from facts where part in (select g.part from facts g where g.amount >= 0)";
    let plan = session.explain(sql, true).await.expect("a plan");
    let line = plan.lines().find(|line| line.contains("RepeatedKeysExec")).unwrap_or_else(|| panic!("{plan}"));
    assert!(["1.00 K", "2.00 K"].iter().any(|rows| line.contains(&format!("output_rows={rows}"))), "of 20,000: {line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn runtime_filters_change_no_answer() {
    let (with, without) = (parquet_session().await, memory_session());
    let joined = "from facts join parts on part = id";
    for sql in [
        format!("select count(*), sum(amount) {joined} where colour = 'c7'"),
        format!("select note, count(*) {joined} where colour in ('c1', 'c2', 'c49') group by note order by note"),
        format!("select part, amount {joined} where colour = 'c3' order by part, amount, note limit 9"),
        "select count(*), count(id) from facts left join parts on part = id and colour = 'c7'".into(),
        "select count(*), count(part) from facts right join parts on part = id and amount = 3".into(),
        "select count(*), count(part), count(id) from facts full join parts on part = id and colour = 'c7'".into(),
        "select count(*) from facts where part in (select id from parts where colour = 'c7')".into(),
        "select count(*) from facts where part not in (select id from parts where colour = 'c7')".into(),
        "select count(*) from facts where part not in (select part from facts where amount = 3)".into(),
        "select count(*) from facts where part not in (select part from facts where amount = 3 and part is not null)"
            .into(),
        "select count(*) from parts where id in (select part from facts where amount < 5)".into(),
        "select count(*), sum(id) from parts where id not in (select part from facts where part % 3 = 1)".into(),
        "select count(*) from facts f where exists (select 1 from facts g where g.part = f.part and g.note = f.note)"
            .into(),
        "select count(*) from facts f where part in (select g.part from facts g where g.amount > f.amount)".into(),
        "select count(*) from facts where exists (select 1 from parts where id = part and colour < 'c2')".into(),
        "select count(*) from facts where not exists (select 1 from parts where id = part and colour < 'c2')".into(),
        "select count(*) from facts where amount < (select avg(f.amount) from facts f where f.part = facts.part)"
            .into(),
        "select part, note from facts order by part desc nulls last, note, amount limit 5".into(),
        "select max(part), min(amount) from facts".into(),
        format!("select count(*) {joined} where colour = 'no such'"),
        "with recursive r(n, part) as (select 0, 7::bigint union all
         select n + 1, (f.part + 1) % 1000 from r join facts f on f.part = r.part and f.amount = n where n < 4)
         select n, count(*) from r group by n order by n"
            .into(),
        "select count(*) from (select part from facts union all select id from parts) u
         join parts on u.part = id where colour = 'c4'"
            .into(),
        "select count(*) from facts join (select id * 1000003 as far from parts where colour = 'c7') p
         on part * 1000003 = far"
            .into(),
        "select count(*) from facts where part is not distinct from (select max(part) from facts where amount = 99)"
            .into(),
        "select a.amount, count(*) from facts a join facts b on a.part = b.part and b.amount = 12
         join parts on parts.id = b.part where colour = 'c9' group by 1 order by 1"
            .into(),
    ] {
        assert_eq!(ask(&with, &sql).await, ask(&without, &sql).await, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_columns_with_the_same_name_the_right_one_is_filtered() {
    let (with, without) = (parquet_session().await, memory_session());
    let both = "facts a join facts b on a.amount = b.part and b.amount = 3";
    let swapped = "facts b join facts a on a.amount = b.part and b.amount = 3";
    let limited = "order by 1 desc nulls last, 2 desc nulls last limit 7";
    for sql in [
        format!(
            "select count(*), sum(n), sum(s) from parts join
             (select b.part, count(*) as n, sum(a.part) as s from {both} group by b.part) g on g.part = id
             where colour in ('c3', 'c7')"
        ),
        format!(
            "select count(*), sum(n), sum(s) from parts join
             (select a.part, count(*) as n, sum(b.part) as s from {swapped} group by a.part) g on g.part = id
             where colour in ('c3', 'c7')"
        ),
        format!("select b.part, a.part from {both} {limited}"),
        format!("select a.part, b.part from {swapped} {limited}"),
        format!("select b.part, max(a.part) from {both} group by b.part {limited}"),
        "select count(*), sum(part) from parts join (select part, amount from facts
         union all select amount, part from facts) u on u.part = id where colour in ('c3', 'c40')"
            .into(),
        "select count(*) from parts join (select f.part from facts f where exists
         (select 1 from facts g where g.amount = f.part and g.part <> f.amount)) u on u.part = id where colour = 'c7'"
            .into(),
        "select count(*) from facts f where part in (select id from parts where colour = 'c7')
         and amount in (select g.part from facts g join parts on g.amount = id where g.note = 'note 1')"
            .into(),
    ] {
        assert_eq!(ask(&with, &sql).await, ask(&without, &sql).await, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_above_a_join_stays_with_its_column() {
    // Nothing has an amount of 20, so every `e` is left without a partner; no part of `e` is NULL.
    let sql = "select count(*) from facts a join
        (select part, amount from facts union all select amount, part from facts where part < 9) c
        on a.part = c.part and a.amount = 20
        right join (select id as part, count(*) from parts group by id) e on a.amount = e.part
        where c.part is null";
    for session in [parquet_session().await, memory_session()] {
        assert_eq!(ask(&session, sql).await, "1000");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_can_fail_is_not_looked_at_before_its_guard() {
    let guarded = "select count(*) from parts join
        (select note::int as number from facts where amount > 5 and length(note) = 0) f on number = id";
    assert_eq!(ask(&parquet_session().await, guarded).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_compared_before_texts_and_what_can_fail_stays_behind_its_guard() {
    let session = parquet_session().await;
    let sql = "select count(*) from facts where note like '%3' and amount > 5 and part < amount";
    let plan = session.explain(sql, false).await.expect("a plan");
    let filter = plan.lines().rfind(|line| line.contains("FilterExec")).unwrap_or_else(|| panic!("{plan}"));
    let place = |part: &str| filter.find(part).unwrap_or_else(|| panic!("{part} is not in {filter}"));
    assert!(place("amount@1 > 5") < place("part@0 < amount@1"), "{filter}");
    assert!(place("part@0 < amount@1") < place("LIKE"), "{filter}");
    // PostgreSQL looks at no condition whose predecessor is false.
    for session in [session, memory_session()] {
        let guarded = "select count(*) from facts where amount <> 0 and 100 / amount > 20 and part >= 0";
        assert_eq!(ask(&session, guarded).await, "6092");
        let guarded = "select count(*) from facts where note like 'note%' and amount::text::int < 0 and part is null";
        assert_eq!(ask(&session, guarded).await, "0");
    }
}
