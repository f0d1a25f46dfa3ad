//! Errors: what is wrong, where, and what to do.

use ade_engine::SqlErrorKind;

use crate::support::{ask, catalog, fail, session};

#[tokio::test]
async fn each_error_points_at_the_text_and_gives_a_hint() {
    let session = session(catalog());
    for (sql, kind, message, at, hint) in [
        ("select nmae from customers", SqlErrorKind::Unknown, "there is no column nmae", "nmae", "did you mean name?"),
        (
            "select c.nmae from customers c",
            SqlErrorKind::Unknown,
            "there is no column c.nmae",
            "c.nmae",
            "did you mean c.name?",
        ),
        (
            "select * from custmers",
            SqlErrorKind::Unknown,
            "there is no table or view main.custmers",
            "custmers",
            "did you mean main.customers?",
        ),
        (
            "select * from mian.customers",
            SqlErrorKind::Unknown,
            "there is no table or view mian.customers",
            "mian.customers",
            "did you mean main.customers?",
        ),
        (
            "select\n  uper(name) from customers",
            SqlErrorKind::Unknown,
            "there is no function uper",
            "uper",
            "did you mean upper?",
        ),
        (
            "select ifnull(name, '') from customers",
            SqlErrorKind::Unsupported,
            "there is no function ifnull",
            "ifnull",
            "use coalesce(a, b)",
        ),
        ("selct 1", SqlErrorKind::Syntax, "expected: an SQL statement, found: selct", "selct", "did you mean select?"),
        (
            "select id from customers a join customers b on a.id = b.id",
            SqlErrorKind::Invalid,
            "column id is in more than one table here",
            "id",
            "put the table's name or alias and a dot before it",
        ),
        (
            "select id, sum(name) from customers group by id",
            SqlErrorKind::Invalid,
            "sum does not take varchar",
            "sum",
            "cast it to a number: x::numeric",
        ),
        (
            "select upper(1.50) from customers",
            SqlErrorKind::Invalid,
            "upper does not take numeric(3,2)",
            "upper",
            "cast it to text: x::text",
        ),
        (
            "select 1; select 2",
            SqlErrorKind::Syntax,
            "a second statement begins at \"select\"",
            "select",
            "give one statement at a time; `ade query --file` runs several",
        ),
    ] {
        let error = fail(&session, sql).await;
        assert_eq!(error.kind, kind, "{sql}: {error}");
        assert_eq!(error.message, message, "{sql}");
        assert_eq!(error.hint.as_deref(), Some(hint), "{sql}");
        let place = error.position.unwrap_or_else(|| panic!("{sql}: no place"));
        assert_eq!(&sql[place.offset..place.offset + place.length], at, "{sql}");
    }
}

#[tokio::test]
async fn syntax_errors_have_a_line_and_column() {
    let session = session(catalog());
    let error = fail(&session, "select id\n  fro customers").await;
    assert_eq!(error.kind, SqlErrorKind::Syntax);
    let place = error.position.expect("a place");
    assert_eq!(place.line, 2);
    let error = fail(&session, "select 'abc").await;
    assert_eq!((error.kind, error.position.map(|place| place.column)), (SqlErrorKind::Syntax, Some(8)));
    let error = fail(&session, "select 1 +").await;
    assert_eq!(error.position.map(|place| place.offset), Some(10));
    assert_eq!(fail(&session, " -- nothing").await.message, "there is no SQL here");
}

#[tokio::test]
async fn messages_have_no_names_of_layers() {
    let session = session(catalog());
    for sql in [
        "select 'x'::int",
        "select 1 / (id - id) from customers",
        "select id + name from customers",
        "select id, count(*) from customers",
        "select upper(id) from customers",
        "select '2024-99-99'::date",
        "select to_char(name, 'YYYY') from customers",
        "select name::timestamp from customers",
        "select sum(name) from customers",
        "select 'x' ~ '(' from customers",
    ] {
        let error = fail(&session, sql).await;
        for noise in [
            "Error during planning",
            "Execution error",
            "External error",
            "Arrow error",
            "Candidate functions",
            "DataFusion",
            "Internal error",
            "Utf8View",
        ] {
            assert!(!error.message.contains(noise), "{sql}: {}", error.message);
        }
    }
}

#[tokio::test]
async fn errors_in_the_data_are_told_from_errors_in_the_text() {
    let session = session(catalog());
    let error = fail(&session, "select 1 / (id - 1) from customers").await;
    assert_eq!((error.kind, error.message.as_str()), (SqlErrorKind::Data, "division by zero"));
    assert_eq!(error.hint.as_deref(), Some("write a / nullif(b, 0) to get NULL there"));
    let error = fail(&session, "select 9223372036854775807 + id from customers").await;
    assert_eq!(error.message, "bigint out of range");
    assert_eq!(
        error.hint.as_deref(),
        Some("cast one side to a wider type: ::numeric"),
        "it is as wide as integers are"
    );
    let error = fail(&session, "select 2147483647::int + 1::int").await;
    assert_eq!(error.hint.as_deref(), Some("cast one side to a wider type: ::bigint or ::numeric"));
    let error = fail(&session, "select top 5 * from customers").await;
    assert_eq!(error.hint.as_deref(), Some("write `limit 5` at the end of the query"));
    let error = fail(&session, "select name + 1 from customers").await;
    assert_eq!(error.message, "there is no varchar + bigint");
    assert_eq!(fail(&session, "select name::int from customers").await.kind, SqlErrorKind::Data);
}

#[tokio::test]
async fn names_in_quotes_are_taken_as_they_stand() {
    let session = session(catalog());
    let error = fail(&session, "select \"Name\" from customers").await;
    assert_eq!(error.hint.as_deref(), Some("names in quotes are taken as they stand: write name, without capitals"));
}

#[tokio::test]
async fn what_postgresql_has_and_ade_has_not_is_told_with_what_to_write() {
    let session = session(catalog());
    for (sql, message, hint) in [
        (
            "select ade_series(1, 1000)",
            "there is no function ade_series",
            "names that begin with ade_ are ade's own: use PostgreSQL's functions and operators",
        ),
        (
            "select name from customers where name like any (string_to_array('a b', ' '))",
            "like any needs its patterns in array[…]",
            "write them out, or use ~ with a|b|c",
        ),
        (
            "select name collate \"de_DE\" from customers",
            "collate \"de_DE\" is not supported",
            "texts are compared by code point, as collate \"C\" does; compare lower(x) to pass over case",
        ),
        (
            "select '{\"a\": 1}'::jsonb < '{\"a\": 2}'::jsonb",
            "< does not compare JSON",
            "compare a value inside of it: (j->>'key')::numeric, or its text: j::text",
        ),
        ("select 5::jsonb", "bigint is no JSON", "to_jsonb(x) makes JSON of a value"),
        (
            "select * from jsonb_to_recordset('[]') as r(a int)",
            "there is no table function jsonb_to_recordset",
            "use jsonb_array_elements(j) as e and take the keys out: (e->>'key')::type",
        ),
        (
            "select id from customers where id = 'x'",
            "'x' is no bigint, the type of what it stands beside",
            "write a value of that type, or cast the other side to text: ::text",
        ),
        (
            "select date '2024-01-01' + '1 day'",
            "a date plus '1 day': is that a number of days or an interval?",
            "write interval '1 day', or a number without quotes",
        ),
        (
            "select 'a' 'b'",
            "'b' stands where the name of a column would",
            "join texts with ||; a name stands in double quotes: as \"b\"",
        ),
        (
            "select (select d.name from customers d where d.id >= c.id - 1) from customers c",
            "this correlated subquery cannot be planned",
            "correlate it with = in its where, or join and use row_number() over (partition by …) or distinct on",
        ),
        (
            "select name.first from customers",
            "a column without fields is asked for a field",
            "before the dot stands a table of from, or a column with fields; JSON has ->> 'key'",
        ),
    ] {
        let error = fail(&session, sql).await;
        assert_eq!(error.message, message, "{sql}");
        assert_eq!(error.hint.as_deref(), Some(hint), "{sql}");
    }
}

#[tokio::test]
async fn a_subquery_as_a_value_must_not_have_two_rows() {
    let session = session(catalog());
    let sql = "select (select d.n from (values (1, 'x'), (1, 'y')) d(id, n) where d.id = c.id) from customers c";
    let error = fail(&session, sql).await;
    assert_eq!(error.message, "a subquery used as a value gave 2 rows");
    assert!(error.hint.is_some());
}

#[tokio::test]
async fn a_point_in_time_is_not_compared_with_a_number() {
    let session = session(catalog());
    let days = "(values (date '2026-01-02', timestamp '2026-01-02 03:00:00', 5)) as t(day, at, n)";
    for condition in [
        "day > 2026-07-20",
        "day = 20260101",
        "n = day",
        "at <= 2026",
        "day between 2026-01-01 and 2026-01-31",
        "day in (2026-01-02)",
        "day is distinct from 1.5",
        "n in (select 1 from (values (1)) as u(x) where day < 3)",
    ] {
        let error = fail(&session, &format!("select * from {days} where {condition}")).await;
        assert_eq!(error.message, "a point in time cannot be compared with a number", "{condition}");
        assert!(error.hint.as_ref().is_some_and(|hint| hint.contains("'2026-01-31'")), "{condition}");
    }
    for condition in [
        "day > '2026-01-01'",
        "day + 5 > date '2026-01-01'",
        "day - date '2026-01-01' = 1",
        "at between '2026-01-01' and '2026-12-31'",
        "extract(year from day) = 2026",
        "day in ('2026-01-02')",
        "day is not null and n = 5",
    ] {
        assert_eq!(ask(&session, &format!("select n from {days} where {condition}")).await, "5", "{condition}");
    }
}

#[tokio::test]
async fn forms_of_postgresql_that_are_not_there_come_with_another() {
    let session = session(catalog());
    for (sql, message, hint) in [
        (
            "select sum(id) over (order by id rows unbounded preceding exclude current row) from customers",
            "found: exclude",
            "frames have no exclude: sum(x) over (…) - x leaves the row itself out",
        ),
        (
            "select percentile_disc(array[0.5, 0.9]) within group (order by id) from customers",
            "percentile_disc takes one fraction, not an array",
            "call it once for each fraction",
        ),
        (
            "select id from customers order by id in (select id from customers)",
            "a test of a subquery (in, exists, any, all) cannot stand here",
            "write it in the select list under a name, and use the name: order by name",
        ),
    ] {
        let error = fail(&session, sql).await;
        assert!(error.message.contains(message), "{error}");
        assert_eq!(error.hint.as_deref(), Some(hint));
    }
}
