//! ade's own functions, and what differs from session to session.

use std::sync::Arc;

use ade_engine::{Engine, EngineOptions, MemoryCatalog, SessionOptions};
use chrono::{TimeZone, Utc};

use crate::support::{ask, catalog, fail, session};

#[tokio::test]
async fn surrogate_keys_never_change() {
    let session = session(catalog());
    // computed with Python: uuid5(uuid5(NAMESPACE_URL, 'https://ade/surrogate_key'), encoding)
    for (sql, key) in [
        ("select surrogate_key(1)", "84501260-3f8d-55c1-b4aa-4187ea142e53"),
        ("select surrogate_key('a', 'bc')", "7575d6bb-21ab-5102-897c-4fca67830264"),
        ("select surrogate_key(1, 'a', null)", "f2a22fbb-5ce3-538e-aba1-5d685035355c"),
        ("select surrogate_key(date '2024-02-29', true, 1.50)", "43df0e9a-6a08-5eb4-8e4a-e4f998908382"),
    ] {
        assert_eq!(ask(&session, sql).await, key, "{sql}");
    }
}

#[tokio::test]
async fn surrogate_keys_keep_apart_what_differs_and_together_what_does_not() {
    let session = session(catalog());
    for (sql, same) in [
        ("select surrogate_key('') = surrogate_key(null)", "false"),
        ("select surrogate_key('a', 'bc') = surrogate_key('ab', 'c')", "false"),
        ("select surrogate_key(1) = surrogate_key('1')", "false"),
        ("select surrogate_key(null, 'a') = surrogate_key('a', null)", "false"),
        ("select surrogate_key(1::smallint) = surrogate_key(1::bigint)", "true"),
        ("select surrogate_key(1.50) = surrogate_key(1.5)", "true"),
        ("select surrogate_key(2.0) = surrogate_key(2)", "true"),
        (
            "select surrogate_key(timestamptz '2024-01-01 01:00+01') = surrogate_key(timestamptz '2024-01-01 00:00+00')",
            "true",
        ),
        ("select count(distinct surrogate_key(id, name)) = 2 from customers", "true"),
    ] {
        assert_eq!(ask(&session, sql).await, same, "{sql}");
    }
}

#[tokio::test]
async fn batch_id_answers_what_the_session_was_given() {
    let engine = Engine::new(&EngineOptions::small()).expect("an engine");
    let with = SessionOptions::new("main").with_batch_id("0190a000-0000-7000-8000-000000000001");
    let session_with = engine.session(Arc::new(MemoryCatalog::new()), with);
    assert_eq!(ask(&session_with, "select batch_id()").await, "0190a000-0000-7000-8000-000000000001");
    let error = fail(&session(catalog()), "select batch_id()").await;
    assert!(error.message.contains("batch_id()"), "{error}");
}

#[tokio::test]
async fn the_clock_can_be_given() {
    let engine = Engine::new(&EngineOptions::small()).expect("an engine");
    let now = Utc.with_ymd_and_hms(2024, 2, 29, 23, 30, 0).single().expect("a moment");
    let session = engine.session(Arc::new(MemoryCatalog::new()), SessionOptions::new("main").with_now(now));
    assert_eq!(
        ask(&session, "select now(), current_date, localtimestamp, date 'yesterday', now() = current_timestamp").await,
        "2024-02-29 23:30:00+00|2024-02-29|2024-02-29 23:30:00|2024-02-28|true"
    );
    assert_eq!(
        ask(&session, "select count(*), max(day) from day_spine(current_date - 9, current_date)").await,
        "10|2024-02-29"
    );
}

#[tokio::test]
async fn day_spine_has_both_ends() {
    let session = session(catalog());
    assert_eq!(
        ask(&session, "select day from day_spine('2024-02-28', date '2024-03-01')").await,
        "2024-02-28\n2024-02-29\n2024-03-01"
    );
    assert_eq!(ask(&session, "select count(*) from day_spine(date '2024-03-01', date '2024-02-28')").await, "0");
    assert!(
        fail(&session, "select * from day_spine(date '0001-01-01', date '9999-12-31')")
            .await
            .message
            .contains("1000000")
    );
}

#[tokio::test]
async fn output_columns_are_named_as_in_postgresql() {
    let session = session(catalog());
    let schema = session
        .schema_of("select id, count(*), max(name), id::text, 1 + 1, 2 + 2, coalesce(name, ''), case when true then 1 end, current_date from customers group by id, name")
        .await
        .expect("a schema");
    let names = schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>();
    assert_eq!(names, ["id", "count", "max", "id_1", "?column?", "?column?_1", "coalesce", "case", "current_date"]);
}

#[tokio::test]
async fn moments_are_microseconds() {
    let session = session(catalog());
    let schema = session
        .schema_of("select now() as a, date_trunc('day', current_date) as b, '2024-01-01'::timestamp as c, x as d from generate_series(date '2024-01-01', date '2024-01-02', '1 day') as x")
        .await
        .expect("a schema");
    for field in schema.fields() {
        assert!(field.data_type().to_string().contains("µs"), "{field}");
    }
    assert_eq!(ask(&session, "select date_trunc('month', date '9999-12-31')").await, "9999-12-01 00:00:00");
}

#[tokio::test]
async fn filters_on_casts_and_moved_dates_reach_the_scan() {
    let session = session(catalog());
    let sql = "select * from (select date '2024-01-01' + id::int as d from customers) x where d >= date '2024-03-01' - interval '1 day'";
    let plan = session.explain(sql, false).await.expect("a plan");
    assert!(!plan.contains("Timestamp"), "the date is compared as a date: {plan}");
}
