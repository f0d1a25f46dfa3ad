//! `ade query --out`: the file is all of it or the one that was there.
use std::fs;

use crate::shop::Shop;

/// What stands in the folder of exports.
fn files(shop: &Shop) -> Vec<String> {
    let entries = fs::read_dir(shop.folder.at("out")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_fails_leaves_the_last_good_file() {
    let shop = Shop::new();
    shop.folder.write("out/good.csv", "keep\n");
    let endless = "select 1 / (v - 200000) as x from generate_series(1, 300000) as t(v)";
    for sql in ["select * form x", "select * from nowhere", "select 1 / 0", endless] {
        for format in ["csv", "json", "parquet", "table"] {
            let ended = shop.ade.run(&["query", "--format", format, "--out", "out/good.csv", sql]);
            assert_ne!(ended.code, Some(0), "{sql}");
            assert_eq!(shop.folder.read("out/good.csv"), "keep\n", "{format} of {sql}");
            assert_eq!(files(&shop), ["good.csv"], "nothing is left beside it");
        }
    }
    shop.ade.run(&["query", "--out", "out/good.csv", "select 1 as one"]).succeeds();
    assert_eq!(shop.folder.read("out/good.csv"), "one\n1\n");
    assert_eq!(files(&shop), ["good.csv"]);
}

#[test]
fn so_does_what_is_stopped() {
    let shop = Shop::new();
    shop.folder.write("out/good.csv", "keep\n");
    let endless =
        "select count(*) as n from generate_series(1, 100000000) as a(x), generate_series(1, 100000000) as b(y)";
    for signal in ["INT", "TERM"] {
        let query = shop.ade.start(&["query", "--out", "out/good.csv", endless]);
        while files(&shop).len() < 2 {
            std::thread::yield_now();
        }
        query.signal(signal);
        query.wait().exits(130);
        assert_eq!(shop.folder.read("out/good.csv"), "keep\n");
        assert_eq!(files(&shop), ["good.csv"], "after {signal}");
    }
}

#[test]
fn a_link_stays_a_link_and_rights_stay_as_they_were() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let shop = Shop::new();
    shop.folder.write("out/real.csv", "old\n");
    fs::set_permissions(shop.folder.at("out/real.csv"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.csv", shop.folder.at("out/link.csv")).unwrap();
    shop.ade.run(&["query", "--out", "out/link.csv", "select 1 as one"]).succeeds();
    assert!(fs::symlink_metadata(shop.folder.at("out/link.csv")).unwrap().is_symlink());
    assert_eq!(shop.folder.read("out/real.csv"), "one\n1\n");
    assert_eq!(fs::metadata(shop.folder.at("out/real.csv")).unwrap().permissions().mode() & 0o777, 0o640);
    shop.ade.run(&["query", "--format", "csv", "--out", "/dev/null", "select 1 as one"]).succeeds();
}

#[test]
fn the_name_says_the_format() {
    let shop = Shop::new();
    let out = |name: &str| {
        shop.ade.run(&["query", "--out", name, "select 1 as one"]).succeeds();
        fs::read(shop.folder.at(name)).unwrap()
    };
    assert_eq!(out("o.csv"), b"one\n1\n");
    assert_eq!(out("o.JSONL"), b"{\"one\":1}\n");
    assert!(out("o.parquet").starts_with(b"PAR1") && out("o.parquet").ends_with(b"PAR1"));
    assert_eq!(out("o.txt"), b" one\n-----\n   1\n(1 row)\n");
    shop.ade.run(&["query", "--format", "json", "--out", "o.csv", "select 1 as one"]).succeeds();
    assert_eq!(shop.folder.read("o.csv"), "{\"one\":1}\n", "what is asked for counts more than a name");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let shop = Shop::new();
    let ended = shop.ade.run(&["query", "--out", "nowhere/good.csv", "select 1 as one"]).exits(1);
    assert_eq!(ended.complaints().trim_end(), "error: cannot write nowhere/good.csv: there is no folder nowhere");
}

#[test]
fn several_statements_are_no_csv() {
    let shop = Shop::new();
    shop.folder.write("two.sql", "select 1 as a;\nselect 2 as b, 3 as c;\n");
    shop.folder.write("out/two.csv", "keep\n");
    let ended = shop.ade.run(&["query", "--file", "two.sql", "--out", "out/two.csv"]).exits(2);
    insta::assert_snapshot!(ended.complaints().trim_end(), @"
    error: the rows of 2 statements do not fit into one file
    hint: give each statement its own --out, or print all of them as tables with --format table
    ");
    assert_eq!(shop.folder.read("out/two.csv"), "keep\n");
    shop.ade.run(&["query", "--file", "two.sql", "--format", "parquet"]).exits(2);
    shop.ade.run(&["query", "--file", "two.sql", "--out", "out/two.txt"]).succeeds();
    assert_eq!(shop.folder.read("out/two.txt").matches("(1 row)").count(), 2);
}

#[test]
fn a_table_that_leaves_rows_out_says_so() {
    let shop = Shop::new();
    let sql = "select * from generate_series(1, 10001)";
    let ended = shop.ade.run(&["query", "--out", "all.txt", sql]).succeeds();
    assert_eq!(
        ended.complaints(),
        "! the table shows the first 10,000 of 10,001 rows; --limit asks for another number, --format csv, json or parquet gives all\n\
         10,000 rows written to all.txt\n"
    );
    assert_eq!(shop.ade.run(&["query", "--limit", "5", sql]).succeeds().complaints(), "", "five were asked for");
}

#[test]
fn a_name_that_says_another_format_is_refused() {
    let shop = Shop::new();
    let ended = shop.ade.run(&["query", "--out", "out/r.xlsx", "select 1 as one"]).exits(2);
    insta::assert_snapshot!(ended.complaints().trim_end(), @"
    error: no format is known for files that end in `.xlsx`
    hint: name the file .csv, .json (.jsonl, .ndjson), .parquet (.pq) or .txt (a table), or say what to write with --format
    ");
    assert!(!shop.folder.at("out").exists());
    let ended = shop.ade.run(&["query", "--out", "r.dat", "--format", "csv", "select 1 as one"]).succeeds();
    assert_eq!((ended.text(), ended.complaints()), (String::new(), "1 row written to r.dat\n".to_owned()));
    let ended = shop.ade.run(&["query", "--quiet", "--out", "r.csv", "select 1 as one"]).succeeds();
    assert_eq!(ended.complaints(), "");
}
