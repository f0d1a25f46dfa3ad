//! What was: older versions of tables, read and restored.
use std::collections::BTreeMap;

use ade_testing::Dice;

use crate::shop::Shop;

#[test]
fn older_versions_are_listed_and_read() {
    let mut shop = Shop::new();
    shop.ade.run(&["build"]).succeeds();
    let first = shop.ade.rows("select id, city from app.customers order by id");
    shop.second_day();
    shop.ade.run(&["build"]).succeeds();
    let second = shop.ade.rows("select id, city from app.customers order by id");
    assert_ne!(first, second);
    let sql = "select id, city from app.customers order by id";
    let at = |at: &str| {
        let text = shop.ade.run(&["query", "--format", "csv", "--at", at, sql]).succeeds().text();
        text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(at("0"), first);
    assert_eq!(at("1"), second);
    let versions = shop.ade.run(&["history", "app.customers", "--output", "json"]).succeeds().json_lines();
    assert_eq!(versions.iter().map(|version| version["version"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 0]);
    let time = versions[1]["committed_at"].as_str().unwrap();
    assert_eq!(at(time), first, "as it was at {time}");
    assert_eq!(shop.ade.run(&["history", "app.customers", "--limit", "1"]).succeeds().text().lines().count(), 2);
    // A view shows the text and the rows of then.
    let cities = |at: &[&str]| {
        let args =
            [&["query", "--format", "csv", "select distinct city from main.stg_customers order by 1"], at].concat();
        shop.ade.run(&args).succeeds().text()
    };
    let finished = shop.ade.run(&["query", "--format", "json", "select max(ended_at) as at from ade.runs"]).succeeds();
    let finished = finished.json_lines()[0]["at"].as_str().unwrap().to_owned();
    assert_eq!(cities(&["--at", &finished]), cities(&[]), "as it was at {finished}");
}

#[test]
fn the_history_tells_what_was_done_to_the_rows() {
    let mut shop = Shop::new();
    let told = |shop: &Shop, table: &str| -> Vec<String> {
        let versions = shop.ade.run(&["history", table, "--output", "json"]).succeeds().json_lines();
        versions.iter().rev().map(|version| version["operation"].as_str().unwrap().to_owned()).collect()
    };
    shop.ade.run(&["build"]).succeeds();
    shop.second_day();
    shop.ade.run(&["build"]).succeeds();
    assert_eq!(told(&shop, "cities"), ["create", "replace"]);
    assert_eq!(told(&shop, "app.customers"), ["create", "upsert"]);
    assert_eq!(told(&shop, "orders_log"), ["create", "append"]);
    assert_eq!(told(&shop, "feed.stock")[..2], ["create", "replace"], "a corrected file");
    shop.ade.run(&["restore", "cities", "--to", "0"]).succeeds();
    assert_eq!(told(&shop, "cities"), ["create", "replace", "restore"]);
    let text = shop.ade.run(&["history", "feed.stock"]).succeeds().text();
    assert!(!text.contains("WRITE"), "{text}");
}

#[test]
fn a_restored_source_brings_the_later_rows_again() {
    let mut shop = Shop::new();
    let mut dice = Dice::new(11);
    for _ in 0..4 {
        shop.ade.run(&["build"]).succeeds();
        shop.change(&mut dice);
        shop.change(&mut dice);
    }
    shop.ade.run(&["build"]).succeeds();
    let complete = shop.all_tables();
    for table in ["app.customers", "app.orders", "feed.stock"] {
        let told = shop.ade.run(&["restore", table, "--to", "0"]).succeeds().text();
        assert!(told.starts_with(&format!("{table} is as it was at version 0, of ")), "{told}");
        let old = shop.all_tables();
        assert_ne!(old[table], complete[table], "{table} went back");
        shop.ade.run(&["build"]).succeeds();
        assert_eq!(shop.all_tables(), complete, "after {table} went back and came again");
        shop.assert_complete();
    }
}

#[test]
fn a_restored_model_is_built_again() {
    let mut shop = Shop::new();
    shop.ade.run(&["build"]).succeeds();
    shop.second_day();
    shop.ade.run(&["build"]).succeeds();
    let complete = shop.all_tables();
    for model in ["customers_now", "orders_log", "stock_day", "cities_now", "cities"] {
        shop.ade.run(&["restore", model, "--to", "0"]).succeeds();
        assert_ne!(shop.all_tables(), complete);
        shop.ade.run(&["build"]).succeeds();
        assert_eq!(shop.all_tables(), complete, "after {model} went back");
    }
}

#[test]
fn upkeep_changes_no_row() {
    let mut shop = Shop::new();
    let mut dice = Dice::new(12);
    for _ in 0..5 {
        shop.ade.run(&["build"]).succeeds();
        shop.change(&mut dice);
    }
    shop.ade.run(&["build"]).succeeds();
    let before = shop.all_tables();
    let planned = shop.ade.run(&["maintain", "--dry-run"]).succeeds().text();
    assert!(planned.contains("app.customers"), "{planned}");
    let files =
        |shop: &Shop| shop.folder.files().iter().filter(|path| path.starts_with(shop.folder.at("lake"))).count();
    let many = files(&shop);
    let done = shop.ade.run(&["maintain", "--retention-hours", "0", "--output", "json"]).succeeds().json_lines();
    let stock = done.iter().find(|table| table["table"] == "feed.stock").unwrap();
    assert!(stock["files_compacted"].as_u64().unwrap() >= 2, "{stock}");
    assert!(files(&shop) < many, "files that no version needs are gone");
    assert_eq!(shop.all_tables(), before);
    let ended = shop.ade.run(&["build", "--output", "json"]).succeeds();
    assert_eq!(ended.json_lines().last().unwrap()["counts"], serde_json::json!({"unchanged": 10}));
    // And life goes on.
    let mut seen = BTreeMap::new();
    for _ in 0..2 {
        shop.change(&mut dice);
        shop.ade.run(&["build"]).succeeds();
        shop.assert_nothing_partial(&shop.all_tables(), &mut seen);
    }
    shop.assert_complete();
}

#[test]
fn a_restore_says_what_goes_on_from_it_and_what_does_not() {
    let mut shop = Shop::new();
    shop.ade.run(&["build"]).succeeds();
    shop.second_day();
    shop.ade.run(&["build"]).succeeds();
    let told = |args: &[&str]| shop.ade.run(&[&["restore"], args].concat()).succeeds().text();
    let source = told(&["app.orders", "--to", "0"]);
    assert!(source.contains("reads from the source again what came after"), "{source}");
    assert!(source.contains("keep rows that they made of what is gone now: orders_log."), "{source}");
    assert!(source.contains("`ade build --full-refresh --select orders_log`"), "{source}");
    let incremental = told(&["orders_log", "--to", "0"]);
    assert!(incremental.contains("goes on from these rows, as the model is incremental"), "{incremental}");
    assert!(!incremental.contains("made of what is gone"), "{incremental}");
    let whole = told(&["cities_now", "--to", "0"]);
    assert!(whole.contains("makes it anew from the project"), "{whole}");

    let versions = shop.ade.run(&["history", "app.customers", "--output", "json"]).succeeds().json_lines();
    let first = versions.last().unwrap()["committed_at"].as_str().unwrap().to_owned();
    let by_time = told(&["app.customers", "--to", &first]);
    assert!(by_time.starts_with("app.customers is as it was at version 0, of 20"), "{by_time}");
    told(&["app.orders", "--to", "1"]);
    let json = shop.ade.run(&["restore", "app.orders", "--to", "0", "--output", "json"]).succeeds().json_lines();
    assert_eq!((&json[0]["restored_version"], &json[0]["incremental_behind"][0]), (&0.into(), &"orders_log".into()));
}

#[test]
fn an_incremental_model_over_a_source_that_went_back_warns() {
    let mut shop = Shop::new();
    shop.ade.run(&["build"]).succeeds();
    shop.second_day();
    let told = shop.ade.run(&["build"]).succeeds().text();
    assert!(!told.contains("went back"), "{told}");
    shop.ade.run(&["restore", "app.orders", "--to", "0"]).succeeds();
    let without = ["build", "--exclude", "app.orders"];
    let told = shop.ade.run(&without).succeeds().text();
    let words = "! warned    model   main.orders_log";
    assert!(told.contains(words) && told.contains("`app.orders` went back to an earlier version"), "{told}");
    let told = shop.ade.run(&[&without[..], &["--full-refresh", "--select", "orders_log"]].concat()).succeeds().text();
    assert!(!told.contains("went back"), "{told}");
    assert!(!shop.ade.run(&["build"]).succeeds().text().contains("went back"));
}

#[test]
fn a_time_before_the_first_version_is_told_which_that_is() {
    let shop = Shop::new();
    shop.ade.run(&["build"]).succeeds();
    let versions = shop.ade.run(&["history", "app.orders", "--output", "json"]).succeeds().json_lines();
    let first = versions[0]["committed_at"].as_str().unwrap().replace('T', " ");
    let first = format!("its first version, 0, is of {}", first.get(..19).unwrap());
    for args in [
        &["restore", "app.orders", "--to", "2001-01-01"][..],
        &["query", "--at", "2001-01-01", "select * from app.orders"],
    ] {
        let ended = shop.ade.run(args);
        assert_ne!(ended.code, Some(0));
        assert!(ended.complaints().contains(&first), "{first}: {}", ended.all());
    }
}
