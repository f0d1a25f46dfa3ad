//! Many files at once: few commits, few audits, and the good ones land whatever the others are like.
use std::fmt::Write as _;

use ade_testing::{Folder, Program};
use serde_json::Value;

use crate::program::program;

/// A folder of files, each a batch, into a table of which no `id` may be there twice.
fn project() -> (Folder, Program) {
    let folder = Folder::with(&[
        (
            "ade.yml",
            "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\nconnections:\n  feed: {type: files, path: data}\n",
        ),
        (
            "sources/s.yml",
            "sources:\n  - name: feed\n    connection: feed\n    tables:\n      - name: t\n        ingest: {from: '*.csv', mode: incremental, missing_files: remove}\n        columns:\n          - {name: id, data_type: bigint, nullable: false, privacy: public, data_tests: [unique]}\n          - {name: v, data_type: bigint, privacy: public}\n",
        ),
        ("data/README", "a file for each batch"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade)
}

/// Ten rows of a file.
fn rows(file: u64, version: u64) -> String {
    let mut text = "id,v\n".to_owned();
    for row in 0..10 {
        writeln!(text, "{},{version}", file * 10 + row).unwrap();
    }
    text
}

fn write(folder: &Folder, file: u64, text: impl AsRef<[u8]>) {
    folder.write(&format!("data/{file:03}.csv"), text);
}

/// The report of the source's task.
fn task(ade: &Program, code: i32) -> Value {
    let events = ade.run(&["ingest", "--output", "json"]).exits(code).json_lines();
    events.into_iter().find(|event| event["event"] == "task_finished").unwrap()
}

fn commits(folder: &Folder) -> usize {
    let entry = |version: &usize| folder.at(&format!("lake/feed/t/_delta_log/{version:020}.json")).exists();
    (0..1000).take_while(entry).count()
}

fn files_and_rows(ade: &Program) -> Vec<String> {
    ade.rows("select count(distinct _ade_batch_id), count(*), count(distinct id), min(v), max(v) from feed.t")
}

#[test]
fn files_that_wait_land_in_one_commit_each_with_a_batch_of_its_own() {
    let (folder, ade) = project();
    for file in 0..3 {
        write(&folder, file, rows(file, 1));
    }
    task(&ade, 0);
    assert_eq!((commits(&folder), files_and_rows(&ade)), (1, vec!["3,30,30,1,1".to_owned()]));
    // New ones, changed ones and one that is gone, all at once.
    for file in 3..60 {
        write(&folder, file, rows(file, 1));
    }
    write(&folder, 0, rows(0, 2));
    write(&folder, 1, "id,v\n10,2\n");
    folder.remove("data/002.csv");
    let done = task(&ade, 0);
    assert_eq!(done["batches"].as_array().unwrap().len(), 60, "{done}");
    assert_eq!((commits(&folder), files_and_rows(&ade)), (2, vec!["59,581,581,1,2".to_owned()]));
    assert_eq!(ade.rows("select v, count(*) from feed.t where id < 30 group by v"), ["2,11"]);
    assert_eq!(task(&ade, 0)["status"], "unchanged");
    // A file that landed with others is replaced alone.
    write(&folder, 7, "id,v\n70,9\n");
    task(&ade, 0);
    assert_eq!(files_and_rows(&ade), ["59,572,572,1,9"]);
    assert_eq!(ade.rows("select id, v from feed.t where id between 69 and 80 order by id"), ["69,1", "70,9", "80,1"]);
}

#[test]
fn files_before_the_one_that_a_check_stops_land() {
    let (folder, ade) = project();
    write(&folder, 0, rows(0, 1));
    task(&ade, 0);
    for file in 1..40 {
        write(&folder, file, rows(file, 1));
    }
    write(&folder, 25, rows(24, 1));
    for again in 0..2 {
        let failed = task(&ade, 1);
        assert_eq!(failed["checks"].as_array().unwrap().iter().filter(|check| check["status"] == "fail").count(), 1);
        let message = failed["message"].as_str().unwrap();
        assert!(message.contains("nothing of 025.csv has landed"), "{message}");
        assert_eq!(message.contains("24 of 39 units landed before it"), again == 0, "{message}");
        assert_eq!(files_and_rows(&ade), ["25,250,250,1,1"]);
    }
    assert!(commits(&folder) <= 8, "{} commits", commits(&folder));
    write(&folder, 25, rows(25, 1));
    task(&ade, 0);
    assert_eq!(files_and_rows(&ade), ["40,400,400,1,1"]);
}

#[test]
fn files_before_the_one_that_cannot_be_read_land() {
    let (folder, ade) = project();
    write(&folder, 0, rows(0, 1));
    task(&ade, 0);
    for file in 1..20 {
        write(&folder, file, rows(file, 1));
    }
    write(&folder, 13, "id,v\n130,1\nmany,1\n");
    let message = task(&ade, 1)["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("`013.csv`, line 3, column `id`") && message.contains("12 of 19 units landed before it"),
        "{message}"
    );
    assert_eq!(files_and_rows(&ade), ["13,130,130,1,1"]);
    assert_eq!(commits(&folder), 2);
    // What was staged of the others is gone.
    let staged = folder.files().iter().filter(|path| path.extension().is_some_and(|end| end == "parquet")).count();
    assert_eq!(staged, 2, "{:?}", folder.files());
    write(&folder, 13, rows(13, 1));
    task(&ade, 0);
    assert_eq!(files_and_rows(&ade), ["20,200,200,1,1"]);
}
