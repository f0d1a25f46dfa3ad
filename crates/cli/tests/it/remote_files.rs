//! Files that are elsewhere, from their connection to the lake: what is read is of no use to who finds it on the way.
use ade_testing::{Folder, S3Server, WebFile, WebServer, leaks};

use crate::program::program;

const COLUMNS: &str = "[{name: id, privacy: public}, {name: email, privacy: email}]";

fn source(name: &str, from: &str) -> String {
    let table = format!("{{name: people, ingest: {{from: {from}, mode: incremental}}, columns: {COLUMNS}}}");
    format!("sources:\n  - {{name: {name}, connection: {name}, tables: [{table}]}}\n")
}

#[test]
fn a_bucket_and_a_web_server_land_by_references_to_their_secrets() {
    let bucket = S3Server::start().unwrap();
    bucket.put("mail", b"").unwrap();
    bucket.put("mail/in/people_1.csv", b"id,email\n1,ada@example.com\n").unwrap();
    let web = WebServer::start().unwrap();
    let guarded = |content: &str, tag: &str| WebFile {
        authorization: Some("Bearer s3same-t0ken".to_owned()),
        ..WebFile::new(content, tag)
    };
    web.put("/out/people.json", guarded("[{\"id\": 7, \"email\": \"eve@example.com\"}]", "1"));
    let project = format!(
        "name: shop\nconnections:\n  bucket: {{type: files, path: 's3://mail/in', endpoint: '{}', access_key_id: \
         '${{env:BUCKET_ID}}', secret_access_key: '${{env:BUCKET_SECRET}}'}}\n  web: {{type: files, path: '{}', token: \
         '${{env:WEB_TOKEN}}'}}\n",
        bucket.endpoint(),
        web.url("/out")
    );
    let folder = Folder::with(&[
        ("ade.yml", project.as_str()),
        ("sources/bucket.yml", &source("bucket", "'people_*.csv'")),
        ("sources/web.yml", &source("web", "people.json")),
    ]);
    let ade =
        program(&folder).env("BUCKET_ID", "key").env("BUCKET_SECRET", "b0cket-secret").env("WEB_TOKEN", "s3same-t0ken");
    ade.run(&["init", "."]).succeeds();
    ade.run(&["ingest"]).succeeds();
    assert_eq!(ade.rows("select id from bucket.people union all select id from web.people order by id"), ["1", "7"]);

    bucket.put("mail/in/people_2.csv", b"id,email\n2,alan@example.com\n").unwrap();
    web.put("/out/people.json", guarded("[{\"id\": 8, \"email\": \"bob@example.com\"}]", "2"));
    ade.run(&["ingest"]).succeeds();
    assert_eq!(
        ade.rows("select id from bucket.people union all select id from web.people order by id"),
        ["1", "2", "8"]
    );

    // A server that is away stops its own table, and tells no secret.
    web.put("/out/people.json", WebFile { failures: 99, ..guarded("", "3") });
    let told = ade.run(&["ingest"]).exits(1).all();
    assert!(told.contains("the server answers 503") && told.contains("unchanged source  bucket.people"), "{told}");
    let secrets = ["s3same-t0ken", "b0cket-secret", "ada@example", "eve@example", "alan@example", "bob@example"];
    assert_eq!(leaks(&folder.files(), &secrets), []);
    assert!(!told.contains("s3same") && !told.contains("b0cket"), "{told}");

    let told = ade.run(&["inspect", "web"]).exits(1).all();
    assert!(told.contains("a web server does not list its files: name one with `--table FILE`"), "{told}");
}

#[test]
fn a_file_of_a_web_server_is_remembered_by_its_address() {
    let web = WebServer::start().unwrap();
    web.put("/out/orders.jsonl", WebFile::new("{\"id\": 7}\n{\"id\": 8}\n", "1"));
    let folder = Folder::with(&[("ade.yml", "name: shop\n")]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    let address = web.url("/out/orders.jsonl");
    let into = ["ingest", address.as_str(), "--into", "feeds.orders"];
    ade.run(&[&into[..], &["--accept"]].concat()).succeeds();
    assert_eq!(ade.rows("select id from feeds.orders order by id"), ["7", "8"]);
    let project = folder.read("ade.yml");
    assert!(project.contains(&format!("{{type: files, path: \"{}\"}}", web.url("/out"))), "{project}");
    web.put("/out/orders.jsonl", WebFile::new("{\"id\": 9}\n", "2"));
    ade.run(&into).succeeds();
    assert_eq!(ade.rows("select id from feeds.orders"), ["9"]);

    // What only its owner may know is not written down.
    let secret = format!("{address}?signature=s3cret");
    let told = ade.run(&["ingest", &secret, "--into", "feeds.others"]).exits(2).complaints();
    assert!(told.contains("declare its server as a connection") && !told.contains("s3cret"), "{told}");
    let connection = project.lines().find_map(|line| line.trim().split_once(": {type: files")).map(|(name, _)| name);
    let told = ade.run(&["inspect", connection.unwrap(), "--table", "nope.jsonl"]).exits(2).all();
    assert!(told.contains("a web server lists no files") && !told.contains("there are"), "{told}");
}
