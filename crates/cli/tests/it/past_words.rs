//! What is said of times and versions that cannot be read as they were asked for.
use crate::shop::Shop;

#[test]
fn a_version_is_that_of_one_table() {
    let shop = Shop::new();
    shop.ade.run(&["build"]).succeeds();
    shop.folder.write("models/both.sql", "select 1 as n from {{ ref('cities') }}, {{ source('app', 'orders') }}");
    shop.ade.run(&["build", "--select", "both"]).succeeds();
    for sql in ["select count(*) from app.customers, app.orders", "select * from main.both"] {
        let told = shop.ade.run(&["query", "--at", "0", sql]).exits(1).complaints();
        assert!(told.contains("a version is one table's, and this query reads app."), "{told}");
        assert!(told.contains("help: to read them as they were together, give a time"), "{told}");
    }
    // One table, however often and through whatever view.
    for sql in ["select * from app.orders a join app.orders b using (id)", "select * from main.stg_customers"] {
        shop.ade.run(&["query", "--at", "0", sql]).succeeds();
    }
    let finished = shop.ade.run(&["query", "--format", "json", "select max(ended_at) as at from ade.runs"]).succeeds();
    let finished = finished.json_lines()[0]["at"].as_str().unwrap().to_owned();
    shop.ade.run(&["query", "--at", &finished, "select count(*) from app.customers, app.orders"]).succeeds();
}

#[test]
fn a_restore_to_what_is_there_does_nothing() {
    let mut shop = Shop::new();
    shop.ade.run(&["build"]).succeeds();
    let told = |args: &[&str]| shop.ade.run(&[&["restore", "app.customers", "--to"], args].concat()).succeeds().text();
    let versions = || shop.ade.run(&["history", "app.customers", "--output", "json"]).succeeds().json_lines().len();
    let nothing = told(&["0"]);
    assert!(nothing.starts_with("nothing to restore: version 0 is what is visible since 20"), "{nothing}");
    assert_eq!(versions(), 1);
    let today = shop.ade.run(&["query", "--format", "json", "select now()::date as day"]).succeeds().json_lines();
    let today = told(&[today[0]["day"].as_str().unwrap()]);
    assert!(today.starts_with("nothing to restore: version 0"), "a day is its end: {today}");
    assert_eq!(versions(), 1);
    let json = told(&["0", "--output", "json"]);
    assert!(json.contains("\"is_new\":false") && json.contains("\"version\":0"), "{json}");
    shop.second_day();
    shop.ade.run(&["build"]).succeeds();
    let told = |args: &[&str]| shop.ade.run(&[&["restore", "app.customers", "--to"], args].concat()).succeeds().text();
    assert!(told(&["0"]).contains("is as it was at version 0"));
    assert!(told(&["0"]).starts_with("nothing to restore: version 2 is what is visible since"));
}

#[test]
fn what_is_still_to_come_cannot_be_read() {
    let shop = Shop::new();
    shop.ade.run(&["build"]).succeeds();
    for args in [
        &["query", "--at", "2999-01-01", "select * from app.orders"][..],
        &["query", "--at", "2999-01-01 08:00:00", "select 1"],
        &["restore", "app.orders", "--to", "2999-01-01T00:00:00+02:00"],
    ] {
        let told = shop.ade.run(args).exits(2).complaints();
        assert!(told.contains(" UTC is still to come: it is 20"), "{told}");
    }
}

#[test]
fn what_was_not_there_yet_is_not_listed_and_said_to_be_later() {
    let mut shop = Shop::new();
    shop.ade.run(&["ingest"]).succeeds();
    let landed = shop.ade.run(&["query", "--format", "json", "select max(ended_at) as at from ade.runs"]).succeeds();
    let landed = landed.json_lines()[0]["at"].as_str().unwrap().to_owned();
    shop.second_day();
    shop.ade.run(&["build"]).succeeds();
    let listed = shop.ade.run(&["query", "--format", "csv", "--at", &landed, "show tables"]).succeeds().text();
    assert!(listed.contains("customers") && !listed.contains("cities"), "{listed}");
    assert!(shop.ade.run(&["query", "--format", "csv", "show tables"]).succeeds().text().contains("cities_now"));
    let told = shop.ade.run(&["query", "--at", &landed, "select * from stg_customers"]).exits(1).complaints();
    assert!(told.contains("view main.stg_customers did not exist at that time") && !told.contains("help"), "{told}");
    let told = shop.ade.run(&["query", "--at", &landed, "select * from cities"]).exits(1).complaints();
    assert!(told.contains("its first version, 0, is of 20"), "{told}");
}

#[test]
fn a_number_below_nothing_is_told_in_words() {
    let shop = Shop::new();
    for args in [
        &["query", "--limit", "-1", "select 1"][..],
        &["show", "cities", "--limit", "-1"],
        &["history", "cities", "--limit", "-2"],
        &["query", "--at", "-1", "select 1"],
        &["restore", "cities", "--to", "-1"],
        &["build", "--lease-timeout", "-1"],
        &["build", "--threads", "-1"],
        &["maintain", "--retention-hours", "-1"],
    ] {
        let told = shop.ade.run(args).exits(2).complaints();
        assert!(told.contains("0 or more") && !told.contains("tip:"), "{args:?}: {told}");
    }
}
