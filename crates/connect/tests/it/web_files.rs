//! Files of web servers, of good ones and of others.

use std::fmt::Write as _;
use std::sync::Arc;

use ade_connect::ConnectError;
use ade_testing::{WebFile, WebServer};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

use crate::source::{Source, incremental};

fn served(path: &str, file: WebFile) -> (WebServer, Source) {
    let server = WebServer::start().unwrap();
    server.put(path, file);
    let source = Source::remote(&server.url("/data"), json!({}));
    (server, source)
}

async fn rows(source: &Source, from: &str, options: Value) -> Vec<String> {
    source.read(&source.request(from, options)).await.unwrap().rows()
}

async fn error(source: &Source, from: &str) -> ConnectError {
    match source.try_open().await {
        Err(error) => error,
        Ok(_) => source.read_error(&source.request(from, json!({}))).await,
    }
}

/// Larger than a piece, and than what is kept in memory.
fn large() -> String {
    let mut text = "id,name\n".to_owned();
    for id in 0..300_000 {
        writeln!(text, "{id},\"customer {id},\n{}\"", "x".repeat(20)).unwrap();
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_file_is_fetched_once_and_a_known_version_not_at_all() {
    let (server, source) = served("/data/a%20b.csv", WebFile::new("id,name\n1,Ann\n", "v1"));
    let mut request = source.request("a b.csv", json!({}));
    request.mode = incremental(None, None);
    let load = source.read(&request).await.unwrap();
    assert_eq!(load.rows(), ["1|Ann"]);
    let gets = |server: &WebServer| server.requests().iter().filter(|request| request.line.starts_with("GET")).count();
    assert_eq!(gets(&server), 1, "hashed, looked at and read");

    request.position = load.position(None, "b");
    assert_eq!(source.plan(&request).await.unwrap().units.len(), 0);
    assert_eq!(gets(&server), 0);
    // The server's name for the content says something of it, and the position lies where anybody may read it.
    assert!(!request.position.as_ref().unwrap().to_string().contains("v1"));

    server.put("/data/a%20b.csv", WebFile::new("id,name\n1,Ann\n", "v2"));
    assert_eq!(source.plan(&request).await.unwrap().units.len(), 0, "its content decides");
    server.put("/data/a%20b.csv", WebFile::new("id,name\n1,Bob\n", "v3"));
    let load = source.read(&request).await.unwrap();
    assert_eq!((load.rows(), load.plan.units[0].replaces_batch.as_deref()), (vec!["1|Bob".to_owned()], Some("b0")));
}

#[tokio::test(flavor = "multi_thread")]
async fn large_files_come_in_pieces_of_one_version() {
    let text = large();
    let (server, source) = served("/data/t.csv", WebFile::new(text.clone(), "v1"));
    let found = rows(&source, "t.csv", json!({})).await;
    assert_eq!((found.len(), found[299_999].starts_with("299999|customer 299999,\nxx")), (300_000, true));
    let requests = server.requests();
    let pieces: Vec<_> = requests.iter().filter(|request| request.line.starts_with("GET")).collect();
    assert!(pieces.len() >= 4 && pieces.iter().all(|request| request.headers["if-match"] == "\"v1\""), "{pieces:?}");
    assert!(requests.iter().all(|request| request.headers["accept-encoding"] == "identity"));

    // It changes between the plan and the read.
    let snapshot = source.open().await.snapshot().await.unwrap();
    let plan = snapshot.plan(&source.request("t.csv", json!({}))).await.unwrap();
    server.put("/data/t.csv", WebFile::new(text.replace("customer 7,", "customer 8,"), "v2"));
    let load = crate::source::drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await;
    assert!(load.is_ok(), "of the same size, and full loads keep no hash");
    server.put("/data/t.csv", WebFile::new(text[..text.len() - 9].to_owned(), "v3"));
    let failed = crate::source::drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap_err();
    assert!(matches!(failed, ConnectError::SourceChanged { .. } | ConnectError::Malformed { .. }), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_parquet_only_what_is_needed_is_fetched() {
    let wide: Vec<String> = (0..120_000).map(|row| format!("{row}{}", "é".repeat(row % 90))).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(0..120_000))),
        ("wide", Arc::new(StringArray::from_iter_values(wide))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let file = writer.into_inner().unwrap();
    let size = file.len();
    let (server, source) = served("/data/t.parquet", WebFile::new(file, "v1"));
    let mut request = source.request("t.parquet", json!({}));
    request.columns = Some(vec!["id".to_owned()]);
    assert_eq!(source.read(&request).await.unwrap().rows().len(), 120_000);
    let pieces = server.requests().iter().filter(|request| request.line.starts_with("GET")).count();
    assert!(size > 9 << 20 && pieces <= 2 * (size >> 22), "{pieces} pieces of {size} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_well_is_asked_again() {
    let file = WebFile { failures: 3, breaks: 2, ..WebFile::new("id\n1\n", "v1") };
    let (_server, source) = served("/data/t.csv", file);
    assert_eq!(rows(&source, "t.csv", json!({})).await, ["1"]);

    let (_server, source) = served("/data/t.csv", WebFile { failures: 99, ..WebFile::new("id\n1\n", "v1") });
    let found = error(&source, "t.csv").await;
    assert!(found.is_transient() && found.to_string().contains("the server answers 503"), "{found}");

    // In the middle of Parquet, too, it is not the file that is damaged.
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values((0..2_000_000).map(|id| id * 7_919 % 1_000_003)));
    let batch = RecordBatch::try_from_iter([("id", ids)]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let content = writer.into_inner().unwrap();
    assert!(content.len() > 8 << 20);
    let (server, source) = served("/data/t.parquet", WebFile::new(content.clone(), "v1"));
    let snapshot = source.open().await.snapshot().await.unwrap();
    let plan = snapshot.plan(&source.request("t.parquet", json!({}))).await.unwrap();
    server.put("/data/t.parquet", WebFile { breaks: 99, ..WebFile::new(content, "v1") });
    let found = crate::source::drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap_err();
    assert!(found.to_string().contains("the connection broke off"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_without_pieces_sizes_or_names_are_read_whole() {
    for file in [
        WebFile { pieces: false, ..WebFile::new(large(), "v1") },
        WebFile { pieces: false, tag: None, mute: true, ..WebFile::new(large(), "v1") },
        WebFile { tag: Some("W/\"v1\"".to_owned()), ..WebFile::new(large(), "v1") },
    ] {
        let (_server, source) = served("/data/t.csv", file);
        assert_eq!(rows(&source, "t.csv", json!({})).await.len(), 300_000);
    }
    let (server, _) = served("/data/t.csv", WebFile { pieces: false, mute: true, ..WebFile::new(large(), "v1") });
    let source = Source::remote(&server.url("/data"), json!({ "max_whole_mb": 1 }));
    let found = error(&source, "t.csv").await.to_string();
    assert!(found.contains("larger than 1 MB, which are held in memory; raise `max_whole_mb`"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_are_sent_and_do_not_follow_to_another_host() {
    let secret = WebFile { authorization: Some("Basic YW5uOnNlc2FtZQ==".to_owned()), ..WebFile::new("id\n1\n", "v1") };
    let (server, nobody) = served("/data/t.csv", secret);
    let found = error(&nobody, "t.csv").await.to_string();
    assert!(found.contains("401") && found.contains("give `user` and `password`, or `token`"), "{found}");
    let ann = Source::remote(&server.url("/data"), json!({ "user": "ann", "password": "sesame" }));
    assert_eq!(rows(&ann, "t.csv", json!({})).await, ["1"]);

    // The same machine under another name is another host.
    let elsewhere = WebServer::start().unwrap();
    elsewhere.put("/t.csv", WebFile::new("id\n2\n", "v1"));
    let to = elsewhere.url("/t.csv").replace("127.0.0.1", "localhost");
    let moved = WebFile { redirect: Some(to), ..WebFile::default() };
    server.put("/data/moved.csv", moved);
    let bearer = Source::remote(&server.url("/data"), json!({ "token": "sesame" }));
    assert_eq!(rows(&bearer, "moved.csv", json!({})).await, ["2"]);
    let sent = server.requests();
    assert!(
        sent.iter().any(|request| request.headers.get("authorization").map(String::as_str) == Some("Bearer sesame"))
    );
    let requests = elsewhere.requests();
    assert!(!requests.is_empty() && requests.iter().all(|request| !request.headers.contains_key("authorization")));

    server.put("/data/round.csv", WebFile { redirect: Some(server.url("/data/round.csv")), ..WebFile::default() });
    let found = error(&bearer, "round.csv").await.to_string();
    assert!(
        found.contains("it leads from one address to the next without an end") && !found.contains("sesame"),
        "{found}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_must_be_a_file_of_the_server() {
    let (server, source) = served("/data/report?year=2026", WebFile::new("id\n1\n", "v1"));
    assert_eq!(rows(&source, "report?year=2026", json!({ "format": "csv" })).await, ["1"]);
    let found = error(&source, "*.csv").await.to_string();
    assert!(found.contains("a web server does not list its files; name each file"), "{found}");
    let found = error(&source, "../etc/passwd.csv").await.to_string();
    assert!(found.contains("leaves the connection's folder"), "{found}");
    assert_eq!(error(&source, "none.csv").await.id(), "source-not-found");
    assert!(source.open().await.browse().await.unwrap().is_empty());
    assert_eq!(source.open().await.browse_one("none.csv").await.unwrap(), None);

    for (path, settings, expected) in [
        ("http://ann:sesame@127.0.0.1/x", json!({}), "it has a user, a password or a `?` in it"),
        ("http://example.org/x", json!({ "token": "sesame" }), "it is `http://`, where everybody in between"),
        ("ftp://example.org/x", json!({}), "no such kind of place is known"),
        ("https://example.org", json!({ "token": "a", "user": "b" }), "it has several logins"),
    ] {
        let found = error(&Source::remote(path, settings), "t.csv").await.to_string();
        assert!(found.contains(expected) && !found.contains("sesame"), "{found}");
    }
    let nobody = Source::remote("http://127.0.0.1:1/x", json!({}));
    let found = error(&nobody, "t.csv").await;
    assert!(found.is_transient() && found.to_string().contains("the server cannot be reached"), "{found}");
    drop(server);
}
