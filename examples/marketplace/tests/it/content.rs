//! What the data promises to hold.

use std::collections::HashSet;

use crate::folder::{count, files, generated, text};

#[test]
fn scale_one_has_the_promised_size() {
    let (folder, summary) = generated(1.0);
    for (what, found, expected) in [
        ("customers", summary.customers, 2_000),
        ("orders", summary.orders, 20_000),
        ("order items", summary.order_items, 60_000),
        ("stock rows", summary.stock_rows, 100_000),
        ("events", summary.events, 40_000),
    ] {
        assert!(found.abs_diff(expected) * 10 <= expected, "{found} {what}, promised {expected}");
    }
    let path = folder.path();
    let lines = |name: &str| text(path, name).lines().count() as u64;
    let all = files(path);
    let inventory: Vec<_> = all
        .keys()
        .filter_map(|name| name.strip_prefix("data/"))
        .filter(|name| name.starts_with("inventory/"))
        .collect();
    assert_eq!(inventory.len(), 30);
    assert_eq!(inventory.iter().map(|name| lines(name) - 1).sum::<u64>(), summary.stock_rows);
    assert_eq!(count(path, "select count(*) from orders").unsigned_abs(), summary.orders);

    for (what, sql) in [
        ("soft-deleted orders", "select count(*) from orders where deleted_at is not null"),
        ("soft-deleted customers", "select count(*) from customers where deleted_at is not null"),
        ("erased customers", "select count(*) from deleted_rows where table_name = 'customers'"),
        ("deleted items", "select count(*) from deleted_rows where table_name = 'order_items'"),
        ("migrated customers", "select count(*) from customers where legacy_id is not null"),
        ("migrated orders", "select count(*) from orders where legacy_id is not null and id > 900000000"),
        ("test accounts", "select count(*) from customers where email like '%@example.test' and account_kind = 'test'"),
        (
            "orders of the test shop",
            "select count(*) from orders o join stores s on s.id = o.store_id where s.code = 'TEST-01'",
        ),
        (
            "orders handed in late",
            "select count(*) from orders where legacy_id is null and date(ordered_at) < date(created_at)",
        ),
        ("orders without a customer", "select count(*) from orders where customer_id is null"),
        (
            "people with two accounts",
            "select count(*) from customers a join customers b on lower(a.email) = lower(b.email) and a.id < b.id",
        ),
        ("discontinued products", "select count(*) from skus where discontinued_on is not null"),
    ] {
        assert!(
            count(path, sql) > 5 || what == "discontinued products" && count(path, sql) > 0,
            "{what}: {}",
            count(path, sql)
        );
    }
    for (what, sql) in [
        ("items without an order", "select count(*) from order_items where order_id not in (select id from orders)"),
        (
            "erased rows that are there",
            "select count(*) from deleted_rows d join customers c on c.id = d.row_id where d.table_name = 'customers'",
        ),
        (
            "orders whose total is wrong",
            "select count(*) from orders where total_cents <> items_cents - discount_cents + shipping_cents",
        ),
        (
            "orders whose items do not add up",
            "select count(*) from orders o where items_cents <> (select coalesce(sum(quantity * unit_price_cents - discount_cents), 0) from order_items i where i.order_id = o.id)",
        ),
        ("rows that change before they are made", "select count(*) from orders where updated_at < created_at"),
        (
            "orders of the day that has not been",
            "select count(*) from orders where ordered_at >= '2026-03-10' or updated_at >= '2026-03-10'",
        ),
    ] {
        assert_eq!(count(path, sql), 0, "{what}");
    }

    let events: Vec<String> = all
        .keys()
        .filter_map(|name| name.strip_prefix("data/"))
        .filter(|name| name.starts_with("events/"))
        .flat_map(|name| text(path, name).lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert_eq!(events.len() as u64, summary.events);
    let distinct: HashSet<&String> = events.iter().collect();
    assert!(distinct.len() < events.len(), "some events arrive twice");
    let day =
        |event: &str, field: &str| event.split_once(&format!("\"{field}\":\"")).map(|(_, rest)| rest[..10].to_owned());
    assert!(events.iter().any(|event| day(event, "occurred_at") < day(event, "received_at")), "some arrive late");
}

#[test]
fn people_are_invented_and_addresses_reserved() {
    let (folder, _) = generated(0.1);
    let path = folder.path();
    let real = "select count(*) from customers where lower(email) not like '%@example.com' and lower(email) not like '%@%.example.com'
        and lower(email) not like '%@example.org' and lower(email) not like '%@%.example.net' and lower(email) not like '%@example.test'";
    assert_eq!(count(path, real), 0);
    assert_eq!(
        count(
            path,
            "select count(*) from customers where signup_ip not like '203.0.113.%' and signup_ip not like '198.51.100.%' and signup_ip not like '192.0.2.%' and signup_ip not like '2001:db8:%'"
        ),
        0
    );
    assert_eq!(
        count(path, "select count(*) from orders where card_number is not null and card_number not like '400000%'"),
        0
    );
}
