//! The same settings give the same bytes, and days that pass one by one give what days that pass together give.

use ade_example_marketplace::{MarketplaceError, Settings, advance, break_inventory, generate, mend_inventory};
use tempfile::TempDir;

use crate::folder::{count, execute, files, generated, settings, text};

#[test]
fn the_same_settings_give_the_same_bytes() {
    let ((one, _), (other, _)) = (generated(0.05), generated(0.05));
    let (one, other) = (files(one.path()), files(other.path()));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (name, bytes) in &one {
        assert!(bytes == &other[name], "{name} differs");
    }
    let again = TempDir::new().unwrap();
    generate(&Settings { seed: 43, ..settings(0.05) }, again.path()).unwrap();
    assert_ne!(files(again.path())["data/events/events_2026-03-09.jsonl"], one["data/events/events_2026-03-09.jsonl"]);
}

#[test]
fn writing_again_replaces_everything() {
    let (folder, _) = generated(0.05);
    let first = files(folder.path());
    advance(folder.path(), 2).unwrap();
    assert_ne!(files(folder.path()), first);
    generate(&settings(0.05), folder.path()).unwrap();
    assert_eq!(files(folder.path()), first);
}

#[test]
fn two_days_are_one_day_twice() {
    let ((one, _), (other, _)) = (generated(0.05), generated(0.05));
    let together = advance(one.path(), 2).unwrap();
    let first = advance(other.path(), 1).unwrap();
    let second = advance(other.path(), 1).unwrap();
    assert_eq!(together.orders, first.orders + second.orders);
    assert_eq!(together.last_day, second.last_day);
    let (one, other) = (files(one.path()), files(other.path()));
    for (name, bytes) in one.iter().filter(|(name, _)| !name.ends_with("app.db")) {
        assert!(bytes == &other[name], "{name} differs");
    }
}

#[test]
fn a_day_brings_new_changed_late_and_deleted_rows() {
    let (folder, before) = generated(0.5);
    let path = folder.path();
    let orders = count(path, "select count(*) from orders");
    let gone = count(path, "select count(*) from deleted_rows");
    let corrected = text(path, "inventory/inventory_2026-03-08.csv");
    let contacts = text(path, "crm/contacts.csv");

    let day = advance(path, 1).unwrap();
    assert_eq!(day.last_day, before.last_day.succ_opt().unwrap());
    assert!(count(path, "select count(*) from orders") > orders);
    assert!(count(path, "select count(*) from deleted_rows") > gone);
    let changed = "select count(*) from orders where updated_at >= '2026-03-10' and created_at < '2026-03-10'";
    assert!(count(path, changed) > 0);
    assert_ne!(text(path, "inventory/inventory_2026-03-08.csv"), corrected);
    assert!(text(path, "inventory/inventory_2026-03-10.csv").starts_with("snapshot_date,store_code,sku_code,on_hand,"));
    assert!(!text(path, "events/events_2026-03-10.jsonl").is_empty());
    assert_ne!(text(path, "crm/contacts.csv"), contacts);

    // Within some days there are rows whose change time lies before what was there already, but never by an hour or more.
    let newest = "(select max(updated_at) from before)";
    let added = "orders where id > (select max(id) from before where id < 900000000) and id < 900000000";
    let mut late = 0;
    for _ in 0..6 {
        execute(path, "drop table if exists before; create table before as select id, updated_at from orders");
        advance(path, 1).unwrap();
        late += count(path, &format!("select count(*) from {added} and updated_at < {newest}"));
        let lost = format!("select count(*) from {added} and updated_at < datetime({newest}, '-1 hour')");
        assert_eq!(count(path, &lost), 0);
    }
    assert!(late > 0);
}

#[test]
fn the_inventory_team_renames_a_column_and_takes_it_back() {
    let (folder, _) = generated(0.05);
    let path = folder.path();
    let before = files(path);
    break_inventory(path).unwrap();
    let header = |day: &str| text(path, &format!("inventory/inventory_{day}.csv")).lines().next().unwrap().to_owned();
    assert!(header("2026-03-10").contains(",qty_on_hand,"));
    assert!(header("2026-03-08").contains(",qty_on_hand,"), "a corrected earlier file is written in the new form too");
    assert!(header("2026-03-09").contains(",on_hand,"), "what is not delivered again stays as it is");
    for (name, bytes) in before.iter().filter(|(name, _)| name.contains("inventory_") && !name.contains("2026-03-08")) {
        assert_eq!(&files(path)[name], bytes, "{name}");
    }
    advance(path, 1).unwrap();
    assert!(header("2026-03-11").contains(",qty_on_hand,"));

    mend_inventory(path).unwrap();
    let (whole, _) = generated(0.05);
    advance(whole.path(), 2).unwrap();
    for (name, bytes) in files(whole.path()).iter().filter(|(name, _)| !name.ends_with("app.db")) {
        assert!(&files(path)[name] == bytes, "{name} is as if nothing had happened");
    }
    mend_inventory(path).unwrap();
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = TempDir::new().unwrap();
    for error in [advance(folder.path(), 1).unwrap_err(), break_inventory(folder.path()).unwrap_err()] {
        assert!(error.to_string().contains("holds no data of the marketplace example"), "{error}");
    }
    for scale in [0.0, -1.0, f64::NAN, 1e9] {
        let error = generate(&settings(scale), folder.path()).unwrap_err();
        assert!(matches!(error, MarketplaceError::Scale { .. }));
    }
    assert!(files(folder.path()).is_empty());
}
