//! The example: a supplier renames a column without a word. The build stops at the source, says why and names who waits;
//! everybody else goes on, and nobody sees anything half-done.
use std::collections::BTreeSet;

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

    // The team delivers the files again, as it was promised.
    ade.run(&["demo", ".", "--mend", "inventory"]).succeeds();
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows(DAYS), [(days(&yesterday[0]) + 1).to_string()], "the day that was missing is there");
    ade.run(&["test"]).succeeds();
}

#[test]
fn a_renamed_column_is_taken_over_as_the_readme_says() {
    let folder = Folder::new();
    let ade = program(&folder);
    ade.run(&["demo", ".", "--scale", "0.02"]).succeeds();
    ade.run(&["build"]).succeeds();
    let before = days(&ade.rows("select * from core.inventory_day"));
    ade.run(&["demo", ".", "--break", "inventory"]).succeeds();
    ade.run(&["build"]).exits(1);

    let readme = folder.read("README.md");
    let of = |start: &str| {
        let lines = readme.lines().map(str::trim).find(|line| line.starts_with(start));
        lines.unwrap_or_else(|| panic!("the README has a line that starts with `{start}`:\n{readme}")).to_owned()
    };
    let column = "          - name: on_hand\n            description: Bottles on the shelf and in the back.\n            \
                  data_type: bigint\n            nullable: false\n";
    let renamed = column.replace("- name: on_hand", &of("- name: qty")).replace("            nullable: false\n", "");
    folder.replace("sources/inventory.yml", column, &renamed);
    folder.replace(
        "models/staging/stg_inventory__stock.sql",
        "        on_hand,\n",
        &format!("        {}\n", of("coalesce")),
    );
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows(DAYS), [(before + 1).to_string()], "the day that was missing is there");
    ade.run(&["demo", ".", "--next-day"]).succeeds();
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows(DAYS), [(before + 2).to_string()], "and the next one");
    let rows = "select * from core.inventory_day";
    let (mut now, filled) = (ade.rows(rows), ade.rows("select count(*) from core.inventory_day where on_hand is null"));
    assert_eq!(filled, ["0"], "also the days before have their number");
    ade.run(&["build", "--full-refresh", "--select", "stg_inventory__stock+"]).succeeds();
    let mut anew = ade.rows(rows);
    now.sort();
    anew.sort();
    assert_eq!(anew, now);
    ade.run(&["test"]).succeeds();
}

const DAYS: &str = "select count(distinct snapshot_date) from core.inventory_day";

/// How many days the rows of `core.inventory_day` are of.
fn days(rows: &[String]) -> usize {
    rows.iter().map(|line| line.split(',').next().unwrap()).collect::<BTreeSet<_>>().len()
}
