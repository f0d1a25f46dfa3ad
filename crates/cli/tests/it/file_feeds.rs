//! Files that come, change, move and go: the table is what reading all of them would give, however they got there.
use ade_testing::{Folder, Program};

use crate::program::program;

const ADE_YML: &str = "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\nconnections:\n  feed: {type: files, path: data}\n";

/// What a feed lists of its columns.
const TYPED: &str = "        columns:\n          - {name: id, data_type: bigint, privacy: public}\n          - {name: v, data_type: bigint, privacy: public}\n";
const UNTYPED: &str =
    "        columns:\n          - {name: id, privacy: public}\n          - {name: v, privacy: public}\n";

fn declare(folder: &Folder, ingest: &str, columns: &str) {
    folder.write(
        "sources/s.yml",
        format!(
            "sources:\n  - name: feed\n    connection: feed\n    tables:\n      - name: t\n        ingest: {{from: '*.csv', {ingest}}}\n{columns}"
        ),
    );
}

/// A folder of files into one table.
fn feed(ingest: &str, columns: &str, files: &[(&str, &str)]) -> (Folder, Program) {
    let folder = Folder::with(&[("ade.yml", ADE_YML)]);
    declare(&folder, ingest, columns);
    for (name, rows) in files {
        write(&folder, name, rows);
    }
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["ingest"]).succeeds();
    (folder, ade)
}

/// Rows as `id,v`, one line each.
fn write(folder: &Folder, name: &str, rows: &str) {
    folder.write(&format!("data/{name}.csv"), format!("id,v\n{}\n", rows.replace(' ', "\n")));
}

fn rename(folder: &Folder, from: &str, to: &str) {
    std::fs::rename(folder.at(&format!("data/{from}.csv")), folder.at(&format!("data/{to}.csv"))).unwrap();
}

/// An ingest that fails, and says this.
#[track_caller]
fn refuses(ade: &Program, words: &str) {
    let refused = ade.run(&["ingest"]).exits(1);
    assert!(refused.all().contains(words), "{}", refused.all());
}

fn rows(ade: &Program) -> String {
    ade.rows("select id, v from feed.t order by id, v").join(" ")
}

#[test]
fn a_table_that_was_read_whole_is_not_doubled_when_it_becomes_incremental() {
    for key in ["", ", key: [id]"] {
        let (folder, ade) = feed("mode: full", TYPED, &[("1", "1,1"), ("2", "2,1 3,1")]);
        declare(&folder, &format!("mode: incremental{key}"), TYPED);
        ade.run(&["ingest"]).succeeds();
        assert_eq!(rows(&ade), "1,1 2,1 3,1");
        write(&folder, "2", "2,2");
        ade.run(&["ingest"]).succeeds();
        assert_eq!(rows(&ade), "1,1 2,2");
        assert!(ade.run(&["ingest"]).succeeds().text().contains("unchanged"));
    }
}

#[test]
fn a_renamed_file_that_changes_later_replaces_its_own_rows() {
    let (folder, ade) = feed("mode: incremental", TYPED, &[("1", "1,1"), ("2", "2,1")]);
    rename(&folder, "1", "9");
    ade.run(&["ingest"]).succeeds();
    assert_eq!(rows(&ade), "1,1 2,1");
    write(&folder, "9", "1,2");
    ade.run(&["ingest"]).succeeds();
    assert_eq!(rows(&ade), "1,2 2,1");
}

#[test]
fn with_a_key_the_last_file_wins_whatever_came_when() {
    let (folder, ade) =
        feed("mode: incremental, key: [id], missing_files: remove", TYPED, &[("1", "1,1 2,1"), ("2", "2,2 3,2")]);
    assert_eq!(rows(&ade), "1,1 2,2 3,2");
    let step = |now: &str| {
        ade.run(&["ingest"]).succeeds();
        assert_eq!(rows(&ade), now);
        assert!(ade.run(&["ingest"]).succeeds().text().contains("unchanged"));
    };
    // What a file wins no more, another one has.
    write(&folder, "2", "3,3");
    step("1,1 2,1 3,3");
    // An older file is corrected: the newer one still wins.
    write(&folder, "1", "1,4 2,4 3,4");
    step("1,4 2,4 3,3");
    // One comes late, one comes as it should.
    write(&folder, "11", "2,5 3,5");
    step("1,4 2,5 3,3");
    write(&folder, "3", "3,6 4,6");
    step("1,4 2,5 3,6 4,6");
    // Names say what is newer.
    rename(&folder, "1", "4");
    step("1,4 2,4 3,4 4,6");
    folder.remove("data/4.csv");
    step("2,5 3,6 4,6");
    for file in ["11", "2", "3"] {
        folder.remove(&format!("data/{file}.csv"));
    }
    refuses(&ade, "`--full-refresh` empties the table");
    assert_eq!(rows(&ade), "2,5 3,6 4,6");
    ade.run(&["ingest", "--full-refresh"]).succeeds();
    step("");
}

#[test]
fn a_pattern_with_a_mistake_removes_nothing_and_fails() {
    for missing in ["keep", "remove"] {
        let ingest = format!("mode: incremental, missing_files: {missing}");
        let (folder, ade) = feed(&ingest, TYPED, &[("1", "1,1"), ("2", "2,1")]);
        let sources = folder.read("sources/s.yml");
        folder.write("sources/s.yml", sources.replace("'*.csv'", "'*.cvs'"));
        for arguments in [&["ingest"][..], &["ingest", "--full-refresh"]] {
            let refused = ade.run(arguments).exits(1).all();
            assert!(refused.contains("there is no file `*.cvs`"), "{refused}");
            assert!(
                refused.contains("2 files had been read (`1.csv`, …), and it fits none of them any more"),
                "{refused}"
            );
        }
        assert_eq!(rows(&ade), "1,1 2,1");
    }
}

#[test]
fn files_that_are_all_gone_keep_their_rows_with_a_warning_until_everything_is_loaded() {
    let (folder, ade) = feed("mode: incremental", TYPED, &[("1", "1,1"), ("2", "2,1")]);
    folder.remove("data/1.csv");
    let told = ade.run(&["ingest"]).succeeds().text();
    assert!(told.contains("unchanged") && told.contains("`1.csv` is no longer there; its rows stay"), "{told}");
    folder.remove("data/2.csv");
    let told = ade.run(&["ingest"]).succeeds().text();
    assert!(
        told.contains("! warned") && told.contains("no file is there for `*.csv`: 2 files had been read"),
        "{told}"
    );
    assert_eq!(rows(&ade), "1,1 2,1");
    write(&folder, "2", "2,1");
    let told = ade.run(&["ingest", "--full-refresh"]).succeeds().text();
    assert!(told.contains("`1.csv` is no longer there: its rows are not in this full load"), "{told}");
    assert_eq!(rows(&ade), "2,1");
    folder.remove("data/2.csv");
    let told = ade.run(&["ingest", "--full-refresh"]).succeeds().text();
    assert!(told.contains("the table is empty now; before it had 1 row"), "{told}");
    assert!(ade.run(&["ingest"]).succeeds().text().contains("unchanged"));
    write(&folder, "3", "3,3");
    ade.run(&["ingest"]).succeeds();
    assert_eq!(rows(&ade), "3,3");
}

#[test]
fn with_a_key_a_correction_that_needs_rows_of_a_missing_file_is_refused() {
    let (folder, ade) = feed("mode: incremental, key: [id]", TYPED, &[("1", "1,1 2,1"), ("2", "2,2")]);
    folder.remove("data/2.csv");
    write(&folder, "3", "3,3");
    ade.run(&["ingest"]).succeeds();
    assert_eq!(rows(&ade), "1,1 2,2 3,3");
    write(&folder, "1", "2,4");
    refuses(&ade, "`1.csv` has changed, and `2.csv`, whose rows stay, is no longer there");
    assert_eq!(rows(&ade), "1,1 2,2 3,3");
    ade.run(&["ingest", "--full-refresh"]).succeeds();
    assert_eq!(rows(&ade), "2,4 3,3");
}

#[test]
fn a_file_can_be_removed_whatever_is_known_of_the_columns() {
    let rules = "privacy:\n  rules:\n    - {column: '*', class: public}\n";
    for key in ["", ", key: [id]"] {
        for columns in [UNTYPED, ""] {
            let folder = Folder::with(&[("ade.yml", &format!("{ADE_YML}{rules}"))]);
            declare(&folder, &format!("mode: incremental, missing_files: remove{key}"), columns);
            write(&folder, "1", "1,1");
            write(&folder, "2", "2,2");
            let ade = program(&folder);
            ade.run(&["init", "."]).succeeds();
            ade.run(&["ingest"]).succeeds();
            folder.remove("data/1.csv");
            ade.run(&["ingest"]).succeeds();
            assert_eq!(rows(&ade), "2,2");
            folder.remove("data/2.csv");
            ade.run(&["ingest", "--full-refresh"]).succeeds();
            assert_eq!(rows(&ade), "");
            write(&folder, "3", "3,3");
            ade.run(&["ingest"]).succeeds();
            assert_eq!(rows(&ade), "3,3");
        }
    }
}

#[test]
fn a_removed_file_does_not_forget_how_columns_landed() {
    let rules = |class: &str| {
        format!(
            "{ADE_YML}privacy:\n  rules:\n    - {{column: id, class: {class}}}\n    - {{column: v, class: public}}\n"
        )
    };
    let folder = Folder::with(&[("ade.yml", &rules("public"))]);
    declare(&folder, "mode: incremental, missing_files: remove", "");
    write(&folder, "1", "a,1");
    write(&folder, "2", "b,2");
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["ingest"]).succeeds();
    folder.remove("data/1.csv");
    ade.run(&["ingest"]).succeeds();
    folder.write("ade.yml", rules("free_text"));
    write(&folder, "3", "c,3");
    refuses(&ade, "column `id` landed as `varchar: keep`");
}

#[test]
fn a_column_without_a_type_has_the_one_that_it_landed_with() {
    let (folder, ade) = feed("mode: incremental", UNTYPED, &[("1", "1,1.5")]);
    write(&folder, "2", "2,");
    write(&folder, "3", "3,3");
    ade.run(&["ingest"]).succeeds();
    assert_eq!(rows(&ade), "1,1.5 2, 3,3");
    write(&folder, "4", "4,x");
    refuses(&ade, "expected double");
    assert_eq!(ade.rows("select count(*) from feed.t"), ["3"]);
}

/// A file as somebody's spreadsheet writes it.
fn spreadsheet() -> (Folder, Program) {
    let folder = Folder::with(&[
        ("ade.yml", ADE_YML),
        ("data/customers.csv", "note,E-Mail (private),Zip Code\nhello,a@example.org,80331\n"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade)
}

#[test]
fn columns_get_names_that_a_table_can_have_and_are_known_by_those_of_their_source() {
    let (folder, ade) = spreadsheet();
    ade.run(&["inspect", "feed", "--write"]).succeeds();
    let draft = folder.read("sources/feed.yml");
    assert!(draft.contains("- name: zip_code\n            from: \"Zip Code\"\n"), "{draft}");
    assert!(draft.contains("- name: e_mail_private\n            from: \"E-Mail (private)\"\n"), "{draft}");
    folder.remove("sources/feed.yml");
    let columns = "        columns:\n          - {name: note, data_type: varchar, privacy: public}\n          - {name: mail, from: 'E-Mail (private)', data_type: varchar, privacy: email}\n          - {name: zip, from: Zip Code, data_type: bigint, nullable: false, privacy: public}\n";
    for ingest in ["mode: full", "mode: incremental", "mode: incremental, key: [zip]"] {
        declare(&folder, ingest, columns);
        ade.run(&["ingest", "--full-refresh"]).succeeds();
        assert_eq!(ade.rows("select note, zip from feed.t"), ["hello,80331"]);
        assert_eq!(ade.rows("select count(*) from feed.t where mail like '%@%'"), ["0"]);
    }
    // Names, not places.
    folder.write("data/customers.csv", "E-Mail (private),Zip Code,note\nb@example.org,80333,bye\n");
    ade.run(&["ingest"]).succeeds();
    assert_eq!(ade.rows("select note, zip from feed.t"), ["bye,80333"]);
    folder.write("data/customers.csv", "E-Mail,Zip Code,note\nb@example.org,80333,bye\n");
    refuses(&ade, "column `E-Mail (private)` of `feed.t` is gone from the source");
    refuses(&ade, "write `from: \"E-Mail\"` at the column");
}

#[test]
fn a_name_that_no_table_can_have_is_told_with_the_way_out() {
    let (folder, ade) = spreadsheet();
    let columns = "        columns:\n          - {name: note, privacy: public}\n          - {name: 'E-Mail (private)', privacy: email}\n          - {name: Zip Code, privacy: public}\n";
    declare(&folder, "mode: full", columns);
    refuses(&ade, "write `from: \"Zip Code\"`");
    declare(&folder, "mode: full", &columns.replace("name: Zip Code", "name: note2, from: note"));
    assert!(ade.run(&["check"]).exits(2).all().contains("come from the same column `note`"));
}

#[test]
fn names_by_place_are_for_files_without_a_header() {
    let (folder, ade) = spreadsheet();
    let columns = "        columns:\n          - {name: note, privacy: public}\n          - {name: mail, privacy: email}\n          - {name: zip, privacy: public}\n";
    declare(&folder, "mode: full, names: [note, mail, zip]", columns);
    refuses(&ade, "`names` goes by place, and the file has a header line");
    declare(&folder, "mode: full, names: [note, mail, zip], header: false", columns);
    folder.write("data/customers.csv", "hello,a@example.org,80331\n");
    ade.run(&["ingest"]).succeeds();
    assert_eq!(ade.rows("select note, zip from feed.t"), ["hello,80331"]);
}
