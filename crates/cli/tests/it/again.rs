//! Everything can be done again, in any order and any number of times, and comes to the same.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, SystemTime};

use ade_testing::{Dice, Folder, Program};
use serde_json::json;

use crate::program::program;
use crate::shop::Shop;

fn counts(ade: &Program) -> serde_json::Value {
    ade.run(&["build", "--output", "json"]).succeeds().json_lines().last().unwrap()["counts"].clone()
}

#[test]
fn a_second_build_does_nothing() {
    let shop = Shop::new();
    assert_eq!(counts(&shop.ade), json!({"success": 10}));
    let versions = || shop.folder.files().iter().filter(|path| path.to_string_lossy().contains("_delta_log")).count();
    let before = versions();
    assert_eq!(counts(&shop.ade), json!({"unchanged": 10}));
    // Times of files say nothing.
    let later = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365 * 60);
    for path in shop.folder.files().iter().filter(|path| !path.to_string_lossy().contains(".ade")) {
        fs::File::options().append(true).open(path).unwrap().set_modified(later).unwrap();
    }
    assert_eq!(counts(&shop.ade), json!({"unchanged": 10}));
    // Nor do comments beside the SQL, or the same text written again.
    shop.folder.write("seeds/cities.csv", shop.folder.read("seeds/cities.csv"));
    assert_eq!(counts(&shop.ade), json!({"unchanged": 10}));
    assert_eq!(versions(), before, "no table has a new version");
}

#[test]
fn what_changed_is_built_again_with_what_follows_from_it() {
    let shop = Shop::new();
    counts(&shop.ade);
    let built = || -> Vec<String> {
        let events = shop.ade.run(&["build", "--output", "json"]).succeeds().json_lines();
        let done = events.iter().filter(|event| event["status"] == "success");
        let mut names: Vec<String> = done.map(|event| event["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    shop.folder.write("seeds/cities.csv", shop.folder.read("seeds/cities.csv") + "Gent,BE\n");
    assert_eq!(built(), ["cities", "cities_now"]);
    shop.folder.write("data/stock/stock_07.csv", "day,version,store,on_hand\n2024-01-07,1,A,4\n");
    assert_eq!(built(), ["feed.stock", "stock_day", "stock_total"]);
    shop.folder.replace("models/stg_customers.sql", "id, email", "id, lower(email) as email");
    let logged = shop.ade.rows("select * from main.orders_log order by id");
    let guarded = "the relationship of orders_log reads stg_customers";
    assert_eq!(built(), ["cities_now", "customers_now", "orders_log", "stg_customers"], "{guarded}");
    assert_eq!(shop.ade.rows("select * from main.orders_log order by id"), logged, "it is audited, not run");
    shop.folder.replace(
        "models/models.yml",
        "- {name: id, data_tests: [unique, not_null]}",
        "- {name: id, data_tests: [unique, not_null, {accepted_range: {min_value: 0}}]}",
    );
    assert_eq!(built(), ["customers_now"], "other checks guard it now");
    assert_eq!(built(), [""; 0]);
    // A lost metadata database costs no rows: what tables are made from is in their commits.
    for name in ["meta.db", "meta.db-wal", "meta.db-shm"] {
        let path = shop.folder.at(".ade").join(name);
        if path.exists() {
            fs::remove_file(path).unwrap();
        }
    }
    let before = shop.ade.rows("select count(*) from main.customers_now");
    // Views live in the metadata, and nobody remembers that sources and models met their checks.
    let audited = ["app.customers", "app.orders", "customers_now", "feed.stock", "orders_log", "stg_customers"];
    assert_eq!(built(), audited);
    assert_eq!(shop.ade.rows("select * from main.orders_log order by id"), logged, "it is audited, not run");
    assert_eq!(shop.ade.rows("select count(*) from main.customers_now"), before);
    assert_eq!(built(), [""; 0]);
}

/// A project whose only source is a folder of files, each a batch, with models of every incremental kind.
fn feed() -> (Folder, Program) {
    let folder = Folder::with(&[
        (
            "ade.yml",
            "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\nconnections:\n  feed: {type: files, path: data}\nprivacy:\n  rules: [{column: '*', class: public}]\n",
        ),
        (
            "sources/s.yml",
            "sources:\n  - name: feed\n    connection: feed\n    tables:\n      - name: t\n        ingest: {from: '*.csv', mode: incremental}\n        columns:\n          - {name: day, data_type: date, privacy: public}\n          - {name: id, data_type: bigint, privacy: public}\n          - {name: amount, data_type: bigint, privacy: public}\n",
        ),
        (
            "models/merged.sql",
            "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id') }}\nselect id, amount from {{ source('feed', 't') }}",
        ),
        (
            "models/days.sql",
            "{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partition_by=['day']) }}\nselect day, id, amount from {{ source('feed', 't') }}",
        ),
        (
            "models/total.sql",
            "{{ config(materialized='table') }}\nselect count(*) as n, sum(amount) as amount from {{ source('feed', 't') }}",
        ),
        ("data/README", "batches"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade)
}

fn content(ade: &Program) -> Vec<String> {
    ade.rows(
        "select line from (
           select concat_ws('|', 't', day, id, amount) as line from feed.t
           union all select concat_ws('|', 'merged', id, amount) from main.merged
           union all select concat_ws('|', 'days', day, id, amount) from main.days
           union all select concat_ws('|', 'total', n, amount) from main.total
         ) as lines order by line",
    )
}

/// Batches in any order, split over any number of builds, delivered again, corrected on the way, with a table set back
/// or loaded from nothing in between: the tables are those of one build over the last state of each batch.
#[test]
fn any_order_and_repetition_of_batches_gives_the_same_tables() {
    const BATCHES: u64 = 6;
    let text = |batch: u64, version: u64| {
        let mut text = "day,id,amount\n".to_owned();
        for row in 0..3 {
            writeln!(text, "2024-01-{:02},{},{}", batch + 1, batch * 10 + row, version * 100 + row).unwrap();
        }
        text
    };
    let (folder, ade) = feed();
    for batch in 0..BATCHES {
        folder.write(&format!("data/batch_{batch}.csv"), text(batch, 9));
    }
    ade.run(&["build"]).succeeds();
    let expected = content(&ade);
    assert_eq!(expected.len(), 3 * 18 + 1);

    for seed in 0..6 {
        let mut dice = Dice::new(seed);
        let (folder, ade) = feed();
        let mut deliveries: Vec<(u64, u64)> = Vec::new();
        for batch in 0..BATCHES {
            // Some versions that are wrong, then the right one, perhaps more than once.
            let mut versions: Vec<u64> = (0..dice.below(3)).collect();
            versions.resize(versions.len() + 1 + usize::try_from(dice.below(2)).unwrap(), 9);
            deliveries.extend(versions.into_iter().map(|version| (batch, version)));
        }
        dice.shuffle(&mut deliveries);
        let mut told = Vec::new();
        let mut best: BTreeMap<u64, u64> = BTreeMap::new();
        for (batch, version) in deliveries {
            // A correction is never taken back.
            let version = version.max(best.get(&batch).copied().unwrap_or(0));
            best.insert(batch, version);
            folder.write(&format!("data/batch_{batch}.csv"), text(batch, version));
            told.push(format!("batch {batch} as version {version}"));
            match dice.below(8) {
                0..3 => {
                    ade.run(&["build"]).succeeds();
                    told.push("build".to_owned());
                }
                3 => {
                    ade.run(&["ingest"]).succeeds();
                    told.push("ingest".to_owned());
                }
                4
                    // Before the first build there is nothing to set back.
                    if ade.run(&["restore", "feed.t", "--to", "0"]).code == Some(0) => {
                        told.push("restore".to_owned());
                    }
                5 => {
                    ade.run(&["build", "--full-refresh"]).succeeds();
                    told.push("full refresh".to_owned());
                }
                _ => {}
            }
        }
        ade.run(&["build"]).succeeds();
        assert_eq!(content(&ade), expected, "seed {seed}: {told:#?}");
        assert_eq!(counts(&ade), json!({"unchanged": 4}), "seed {seed}: {told:#?}");
    }
}
