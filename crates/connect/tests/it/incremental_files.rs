//! Incremental reads of files: content decides.

use ade_connect::{ReadMode, ReadRequest, ReadUnit};
use serde_json::{Value, json};

use crate::source::{Source, incremental};

fn request(source: &Source, options: Value, position: Option<&Value>) -> ReadRequest {
    let mut request = source.request("stock_*.csv", options);
    request.mode = incremental(None, None);
    request.position = position.cloned();
    request
}

fn labels(units: &[ReadUnit]) -> Vec<(&str, Option<&str>)> {
    units.iter().map(|unit| (unit.label.as_str(), unit.replaces_batch.as_deref())).collect()
}

/// A folder of two files that have been read as batches `first-0` and `first-1`.
async fn two_files_read() -> (Source, Value) {
    let source = Source::files();
    source.write("stock_1.csv", "sku,qty\na,1\n");
    source.write("stock_2.csv", "sku,qty\na,2\nb,2\n");
    let load = source.read(&request(&source, json!({}), None)).await.unwrap();
    assert_eq!(labels(&load.plan.units), [("stock_1.csv", None), ("stock_2.csv", None)]);
    let position = load.position(None, "first-").unwrap();
    (source, position)
}

#[tokio::test]
async fn each_new_or_changed_file_is_a_unit() {
    let (source, position) = two_files_read().await;
    assert_eq!(position["files"]["stock_2.csv"]["batch_id"], "first-1");
    assert_eq!(position["files"]["stock_2.csv"]["size_bytes"], 16);

    source.write("stock_2.csv", "sku,qty\na,2\nb,3\n");
    source.write("stock_3.csv", "sku,qty\nc,9\n");
    let load = source.read(&request(&source, json!({}), Some(&position))).await.unwrap();
    assert_eq!(labels(&load.plan.units), [("stock_2.csv", Some("first-1")), ("stock_3.csv", None)]);
    assert_eq!(load.rows(), ["a|2", "b|3", "c|9"]);
    let moved = load.position(Some(&position), "second-").unwrap();
    let batches: Vec<_> =
        ["stock_1.csv", "stock_2.csv", "stock_3.csv"].map(|path| moved["files"][path]["batch_id"].clone()).into();
    assert_eq!(batches, ["first-0", "second-0", "second-1"]);

    // The first unit alone may be committed: the second is still to be read.
    let half = load.ends[0].position(Some(position.clone()), "second-0").unwrap();
    let plan = source.plan(&request(&source, json!({}), Some(&half))).await.unwrap();
    assert_eq!(labels(&plan.units), [("stock_3.csv", None)]);
}

#[tokio::test]
async fn times_of_files_mean_nothing() {
    let (source, position) = two_files_read().await;
    source.write("stock_1.csv", "sku,qty\na,1\n");
    let file = std::fs::File::open(source.path("stock_2.csv")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    let plan = source.plan(&request(&source, json!({}), Some(&position))).await.unwrap();
    assert_eq!(labels(&plan.units), []);

    // And the other way round: other content with the same size and time is a change.
    let modified = file.metadata().unwrap().modified().unwrap();
    source.write("stock_2.csv", "sku,qty\na,2\nb,7\n");
    std::fs::File::open(source.path("stock_2.csv")).unwrap().set_modified(modified).unwrap();
    let plan = source.plan(&request(&source, json!({}), Some(&position))).await.unwrap();
    assert_eq!(labels(&plan.units), [("stock_2.csv", Some("first-1"))]);
}

#[tokio::test]
async fn a_file_that_disappeared_keeps_its_rows_unless_told_otherwise() {
    let (source, position) = two_files_read().await;
    std::fs::remove_file(source.path("stock_1.csv")).unwrap();
    let plan = source.plan(&request(&source, json!({}), Some(&position))).await.unwrap();
    assert_eq!(labels(&plan.units), []);
    assert_eq!(plan.notes[0].message, "`stock_1.csv` is no longer there; its rows stay (`missing_files: keep`)");

    let remove = json!({ "missing_files": "remove" });
    let load = source.read(&request(&source, remove.clone(), Some(&position))).await.unwrap();
    assert_eq!(labels(&load.plan.units), [("stock_1.csv (removed)", Some("first-0"))]);
    assert_eq!(load.rows(), [""; 0]);
    let position = load.position(Some(&position), "second-").unwrap();
    assert_eq!(position["files"].as_object().unwrap().keys().collect::<Vec<_>>(), ["stock_2.csv"]);
    let plan = source.plan(&request(&source, remove, Some(&position))).await.unwrap();
    assert_eq!((labels(&plan.units), plan.notes.len()), (vec![], 0));
}

#[tokio::test]
async fn where_no_file_is_left_nothing_is_removed_unless_everything_is_loaded_again() {
    let (source, position) = two_files_read().await;
    // A pattern that fits none of those that it fitted has a mistake, whatever is to happen to files that are gone.
    for missing in ["keep", "remove"] {
        let mut typo = request(&source, json!({ "missing_files": missing }), Some(&position));
        typo.from = "stok_*.csv".to_owned();
        let told = source.plan(&typo).await.unwrap_err().to_string();
        assert!(told.starts_with("there is no file `stok_*.csv` in folder"), "{told}");
        assert!(told.contains("2 files had been read (`stock_1.csv`, …), and it fits none of them any more"), "{told}");
        (typo.position, typo.replaced) = (None, Some(position.clone()));
        assert!(source.plan(&typo).await.unwrap_err().to_string().contains("correct `from`"));
    }
    for path in ["stock_1.csv", "stock_2.csv"] {
        std::fs::remove_file(source.path(path)).unwrap();
    }
    let plan = source.plan(&request(&source, json!({}), Some(&position))).await.unwrap();
    assert_eq!((labels(&plan.units), plan.notes.len(), plan.notes[0].is_warning()), (vec![], 1, true));
    assert!(plan.notes[0].message.contains("2 files had been read (`stock_1.csv`, …), and the rows stay"));
    let remove = json!({ "missing_files": "remove" });
    let told = source.plan(&request(&source, remove.clone(), Some(&position))).await.unwrap_err().to_string();
    assert!(told.contains("`--full-refresh` empties the table"), "{told}");

    let mut full = request(&source, remove, None);
    full.replaced = Some(position);
    let load = source.read(&full).await.unwrap();
    assert_eq!((load.plan.units.len(), load.plan.replaces_all, load.rows()), (1, true, Vec::new()));
    let position = load.position(None, "second-").unwrap();
    assert_eq!(position, json!({"files": {}}));
    let plan = source.plan(&request(&source, json!({}), Some(&position))).await.unwrap();
    assert_eq!((labels(&plan.units), plan.notes), (vec![], vec![]));
    // Where nothing was ever there, a file must be meant.
    full.replaced = None;
    assert!(source.plan(&full).await.unwrap_err().to_string().contains("`*` stays within a folder"));
}

#[tokio::test]
async fn a_load_of_everything_tells_which_files_it_is_without() {
    let (source, position) = two_files_read().await;
    std::fs::remove_file(source.path("stock_1.csv")).unwrap();
    std::fs::rename(source.path("stock_2.csv"), source.path("stock_3.csv")).unwrap();
    let mut full = request(&source, json!({}), None);
    full.replaced = Some(position);
    let plan = source.plan(&full).await.unwrap();
    assert_eq!(plan.notes[0].message, "`stock_1.csv` is no longer there: its rows are not in this full load");
    assert_eq!((plan.notes.len(), plan.replaces_all), (1, false));
}

#[tokio::test]
async fn a_renamed_file_is_not_read_again_and_its_new_name_is_remembered() {
    let (source, position) = two_files_read().await;
    std::fs::rename(source.path("stock_1.csv"), source.path("stock_9.csv")).unwrap();
    let load = source.read(&request(&source, json!({}), Some(&position))).await.unwrap();
    assert_eq!(
        (labels(&load.plan.units), load.plan.notes[0].id),
        (vec![("stock_*.csv (names of files)", None)], "file-renamed")
    );
    assert_eq!(load.rows(), [""; 0]);
    let renamed = load.position(Some(&position), "second-").unwrap();
    assert_eq!(renamed["files"]["stock_9.csv"], position["files"]["stock_1.csv"]);
    let plan = source.plan(&request(&source, json!({}), Some(&renamed))).await.unwrap();
    assert_eq!((labels(&plan.units), plan.notes.len()), (vec![], 0));

    // Also when something else is to be done: a later change replaces the right rows.
    source.write("stock_3.csv", "sku,qty\nc,9\n");
    let load = source.read(&request(&source, json!({}), Some(&position))).await.unwrap();
    let position = load.position(Some(&position), "second-").unwrap();
    source.write("stock_9.csv", "sku,qty\na,5\n");
    let plan = source.plan(&request(&source, json!({}), Some(&position))).await.unwrap();
    assert_eq!(labels(&plan.units), [("stock_9.csv", Some("first-0"))]);
    assert_eq!(plan.notes, []);
}

/// A request whose rows replace those of the same `sku`.
fn keyed(source: &Source, options: Value, position: Option<&Value>) -> ReadRequest {
    let mut request = request(source, options, position);
    request.mode = ReadMode::Incremental { cursor: None, overlap: None, key: vec!["sku".to_owned()] };
    request
}

#[tokio::test]
async fn with_a_key_only_files_after_all_others_are_read_alone() {
    let (source, position) = two_files_read().await;
    source.write("stock_3.csv", "sku,qty\nc,9\n");
    let load = source.read(&keyed(&source, json!({}), Some(&position))).await.unwrap();
    assert_eq!((labels(&load.plan.units), load.plan.replaces_all), (vec![("stock_3.csv", None)], false));
    let position = load.position(Some(&position), "second-").unwrap();
    // Another name at the same place among the files changes nothing about who is last.
    std::fs::rename(source.path("stock_3.csv"), source.path("stock_4.csv")).unwrap();
    let load = source.read(&keyed(&source, json!({}), Some(&position))).await.unwrap();
    assert_eq!((load.rows(), load.plan.replaces_all), (Vec::<String>::new(), false));
    let position = load.position(Some(&position), "third-").unwrap();

    let all = vec![("stock_1.csv", None), ("stock_2.csv", None), ("stock_4.csv", None)];
    source.write("stock_2.csv", "sku,qty\nb,2\n");
    let load = source.read(&keyed(&source, json!({}), Some(&position))).await.unwrap();
    assert_eq!((labels(&load.plan.units), load.plan.replaces_all), (all, true));
    assert!(load.plan.notes[0].message.starts_with("`stock_2.csv` has changed: all files are read again"));
    let position = load.position(None, "fourth-").unwrap();
    assert_eq!(position["files"].as_object().unwrap().len(), 3);
    source.write("stock_11.csv", "sku,qty\na,0\n");
    let plan = source.plan(&keyed(&source, json!({}), Some(&position))).await.unwrap();
    assert_eq!((plan.units.len(), plan.replaces_all), (4, true));
    std::fs::rename(source.path("stock_11.csv"), source.path("stock_9.csv")).unwrap();
    let plan = source.plan(&keyed(&source, json!({}), Some(&position))).await.unwrap();
    assert_eq!(labels(&plan.units), [("stock_9.csv", None)]);
    std::fs::remove_file(source.path("stock_9.csv")).unwrap();
    std::fs::rename(source.path("stock_1.csv"), source.path("stock_3.csv")).unwrap();
    let plan = source.plan(&keyed(&source, json!({}), Some(&position))).await.unwrap();
    assert_eq!((plan.units.len(), plan.replaces_all), (3, true));
}

#[tokio::test]
async fn with_a_key_a_missing_file_is_taken_out_by_reading_the_others_and_what_cannot_be_told_is_refused() {
    let (source, position) = two_files_read().await;
    std::fs::remove_file(source.path("stock_2.csv")).unwrap();
    let remove = json!({ "missing_files": "remove" });
    let load = source.read(&keyed(&source, remove, Some(&position))).await.unwrap();
    assert_eq!((labels(&load.plan.units), load.plan.replaces_all), (vec![("stock_1.csv", None)], true));
    // Where its rows stay, what comes after it is fine, and what would have to know them is not.
    let plan = source.plan(&keyed(&source, json!({}), Some(&position))).await.unwrap();
    assert_eq!(labels(&plan.units), []);
    source.write("stock_3.csv", "sku,qty\nb,9\n");
    let plan = source.plan(&keyed(&source, json!({}), Some(&position))).await.unwrap();
    assert_eq!((labels(&plan.units), plan.replaces_all), (vec![("stock_3.csv", None)], false));
    source.write("stock_1.csv", "sku,qty\nb,1\n");
    let refused = source.plan(&keyed(&source, json!({}), Some(&position))).await.unwrap_err().to_string();
    assert!(
        refused.contains("`stock_1.csv` has changed, and `stock_2.csv`, whose rows stay, is no longer there"),
        "{refused}"
    );
}

#[tokio::test]
async fn drift_is_told_of_each_file() {
    let (source, position) = two_files_read().await;
    source.write("stock_3.csv", "sku,qty\nc,9\n");
    source.write("stock_4.csv", "sku,quantity\nc,9\n");
    let mut request = request(&source, json!({}), Some(&position));
    request.promised = crate::source::promise(&[
        ("sku", arrow::datatypes::DataType::Utf8),
        ("qty", arrow::datatypes::DataType::Int64),
    ]);
    let plan = source.plan(&request).await.unwrap();
    assert_eq!(plan.units.iter().map(|unit| unit.drift.is_empty()).collect::<Vec<_>>(), [true, false]);
    assert_eq!(plan.drift().missing[0].seen_in, "stock_4.csv");
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused() {
    let source = Source::files();
    source.write("stock_1.csv", "sku,qty\na,1\n");
    let mut with_cursor = source.request("stock_*.csv", json!({}));
    with_cursor.mode = incremental(Some("qty"), None);
    assert!(source.read_error(&with_cursor).await.to_string().contains("files have no cursor"));
    let foreign = json!({ "cursor": "id", "value": 1, "window": "" });
    assert!(
        source.read_error(&request(&source, json!({}), Some(&foreign))).await.to_string().contains("--full-refresh")
    );
}

#[tokio::test]
async fn a_file_that_changed_since_the_plan_is_refused_by_its_content() {
    let source = Source::files();
    source.write("stock_1.csv", "sku,qty\na,1\n");
    let snapshot = source.open().await.snapshot().await.unwrap();
    let plan = snapshot.plan(&request(&source, json!({}), None)).await.unwrap();
    source.write("stock_1.csv", "sku,qty\na,2\n");
    let error = crate::source::drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap_err();
    assert_eq!(error.id(), "source-changed");
}
