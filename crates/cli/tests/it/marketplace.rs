//! The example: a supplier renames a column without a word. The build stops at the source, says why and names who waits;
//! everybody else goes on, and nobody sees anything half-done.
use std::fs;

use ade_testing::Folder;

use crate::program::program;

/// What is behind the inventory feed.
const BEHIND: [&str; 4] =
    ["core.inventory_day", "reports.stock_alerts", "reports.demand_features", "reports.top_items_not_carried"];

#[test]
fn a_renamed_column_stops_at_the_source_and_is_mended() {
    let folder = Folder::new();
    let ade = program(&folder);
    ade.run(&["demo", ".", "--scale", "0.02"]).succeeds();
    ade.run(&["build"]).succeeds();
    let dump = || {
        BEHIND.map(|table| {
            let mut rows = ade.rows(&format!("select * from {table}"));
            rows.sort();
            rows
        })
    };
    let version = |table: &str| {
        let newest = ade.run(&["history", table, "--limit", "1", "--output", "json"]).succeeds().json_lines();
        newest[0]["version"].as_u64().unwrap()
    };
    let versions = || BEHIND.map(version);
    let (yesterday, yesterdays) = (dump(), versions());
    assert!(!yesterday[0].is_empty());
    let orders = version("core.fct_orders");

    ade.run(&["demo", ".", "--break", "inventory"]).succeeds();
    let stopped = ade.run(&["build"]).exits(1);
    let text = stopped.text();
    let (told, after) = text.split_once("These stay on their last good version:").unwrap();
    assert!(told.contains("column `on_hand` of `inventory.stock` is gone from the source"), "{text}");
    assert!(told.contains("it looks renamed: the source has a new column `qty_on_hand` (bigint)"), "{text}");
    assert!(told.contains("--> sources/inventory.yml:"), "{text}");
    insta::assert_snapshot!(after.trim_matches('\n'), @"
      model core.inventory_day             waits for inventory.stock
      model reports.demand_features        waits for inventory.stock
      model reports.stock_alerts           waits for inventory.stock
      model reports.top_items_not_carried  waits for inventory.stock, owner Assortment
      model staging.stg_inventory__stock   waits for inventory.stock
      application Supplier reorders        waits for inventory.stock, owner Purchasing
      dashboard Assortment gaps            waits for inventory.stock, owner Assortment
      dashboard Store replenishment        waits for inventory.stock, owner Store operations
      ml Demand forecast                   waits for inventory.stock, owner Data science
    ");
    assert_eq!(dump(), yesterday, "everything behind the source is as it was");
    assert_eq!(versions(), yesterdays);
    assert!(version("core.fct_orders") > orders, "what does not need the source goes on");

    // The same again: nothing gets worse.
    ade.run(&["build"]).exits(1);
    assert_eq!(dump(), yesterday);

    // The team delivers the day again, as it was promised.
    let feed = folder.at("data/inventory");
    let newest = fs::read_dir(feed).unwrap().map(|entry| entry.unwrap().path()).max().unwrap();
    let text = fs::read_to_string(&newest).unwrap();
    assert!(text.contains("qty_on_hand"));
    fs::write(&newest, text.replacen("qty_on_hand", "on_hand", 1)).unwrap();
    ade.run(&["build"]).succeeds();
    let days = "select count(distinct snapshot_date) from core.inventory_day";
    let before: usize = yesterday[0]
        .iter()
        .map(|line| line.split(',').next().unwrap())
        .collect::<std::collections::BTreeSet<_>>()
        .len();
    assert_eq!(ade.rows(days), [(before + 1).to_string()], "the day that was missing is there");
    ade.run(&["test"]).succeeds();
}
