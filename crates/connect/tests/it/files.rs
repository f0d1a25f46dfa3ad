//! What files there are, and that nothing else can be reached.

use ade_connect::ConnectError;
use serde_json::json;

use crate::source::Source;

#[tokio::test]
async fn nothing_outside_the_folder_is_read() {
    let outside = Source::files();
    outside.write("secret.csv", "a\n1\n");
    let source = Source::files();
    source.write("in.csv", "a\n1\n");
    std::os::unix::fs::symlink(outside.path("secret.csv"), source.path("link.csv")).unwrap();
    std::os::unix::fs::symlink(outside.folder.path(), source.path("linked")).unwrap();
    std::os::unix::fs::symlink(source.path("in.csv"), source.path("own.csv")).unwrap();
    let absolute = outside.path("secret.csv").display().to_string();
    for from in ["../x.csv", "a/../../x.csv", absolute.as_str()] {
        let error = source.read_error(&source.request(from, json!({}))).await;
        assert!(matches!(error, ConnectError::OutsideFolder { .. }), "{from}: {error}");
    }
    // A link is there for all to see, so that it is not there would be no answer.
    for from in ["link.csv", "*.csv"] {
        let error = source.read_error(&source.request(from, json!({}))).await;
        assert_eq!(
            error.to_string(),
            "`link.csv` is behind a symbolic link that leads out of the connection's folder; set `follow_links: true` on \
             the connection if it is meant to, or put the file into the folder"
        );
    }
    for from in ["linked/secret.csv", "link*/secret.csv", "**/secret.csv"] {
        let error = source.read_error(&source.request(from, json!({}))).await;
        assert!(matches!(&error, ConnectError::LinkOutside { object } if object == "linked"), "{from}: {error}");
    }
    assert_eq!(source.read(&source.request("own.csv", json!({}))).await.unwrap().rows(), ["1"]);
    // Browsing goes on.
    let tables = source.open().await.browse().await.unwrap();
    let link = tables.iter().find(|table| table.name == "link").unwrap();
    assert!(link.notes[0].contains("follow_links"), "{:?}", link.notes);
}

#[tokio::test]
async fn links_are_followed_and_lead_in_no_circle() {
    let outside = Source::files();
    outside.write("far.csv", "a\n3\n");
    let mut source = Source::files();
    source.write("day/one.csv", "a\n1\n");
    source.write("two.csv", "a\n2\n");
    let link = |to: &std::path::Path, from: &str| std::os::unix::fs::symlink(to, source.path(from)).unwrap();
    link(&source.path("day"), "again");
    link(source.folder.path(), "day/circle");
    link(&source.path("nowhere"), "broken.csv");
    link(&source.path("two.csv"), "newest.csv");
    // Once each, although links give them several paths.
    let all = source.plan(&source.request("**/*.csv", json!({}))).await.unwrap();
    assert_eq!(all.units[0].label, "**/*.csv (2 files)");
    assert_eq!(source.read(&source.request("**/*.csv", json!({}))).await.unwrap().rows(), ["1", "2"]);
    assert_eq!(source.read(&source.request("n*.csv", json!({}))).await.unwrap().rows(), ["2"]);
    assert_eq!(source.read(&source.request("again/one.csv", json!({}))).await.unwrap().rows(), ["1"]);

    link(outside.folder.path(), "linked");
    link(&outside.path("far.csv"), "far.csv");
    source.set("follow_links", json!(true));
    for (from, expected) in [("far.csv", vec!["3"]), ("linked/*.csv", vec!["3"]), ("*.csv", vec!["3", "2"])] {
        assert_eq!(source.read(&source.request(from, json!({}))).await.unwrap().rows(), expected, "{from}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_named_with_the_nearest() {
    let source = Source::files();
    source.write("stores.csv", "a\n1\n");
    let error = source.read_error(&source.request("store.csv", json!({}))).await;
    assert_eq!(error.to_string(), "there is no file `store.csv` in folder `.`; did you mean `stores.csv`?");
    let error = source.read_error(&source.request("x_*.csv", json!({}))).await;
    assert!(error.to_string().contains("`**` goes across folders"), "{error}");
    source.write("data.bin", "a\n1\n");
    assert!(
        source
            .read_error(&source.request("data.bin", json!({})))
            .await
            .to_string()
            .contains("set `format:` to one of avro, csv, excel")
    );
    source.write("stores.jsonl", "{}\n");
    assert!(source.read_error(&source.request("stores.*", json!({}))).await.to_string().contains("several formats"));
}

#[tokio::test]
async fn a_folder_that_is_not_there_cannot_be_opened() {
    let source = Source::files();
    let folder = source.folder.path().to_owned();
    std::fs::remove_dir_all(&folder).unwrap();
    let error = source.try_open().await.err().unwrap();
    assert!(error.to_string().starts_with("cannot open folder `.`: No such file"), "{error}");
}
