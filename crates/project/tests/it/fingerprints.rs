//! What changes a node and what does not.

use crate::shop::SHOP;
use crate::support::{good, good_with};
use ade_project::LoadOptions;
use ade_project::fingerprint::PlanDiff;

/// Ids of the nodes that differ in themselves.
fn modified(before: &str, after: &str) -> Vec<String> {
    let (before, after) = (good(before), good(after));
    let diff: PlanDiff = after.plan_diff(&before.fingerprints);
    after.fingerprints.keys().filter(|id| diff.is_modified(id)).map(ToString::to_string).collect()
}

#[test]
fn nothing_differs_from_itself_in_any_order_of_threads() {
    let one = good(SHOP);
    let many = good_with(SHOP, &LoadOptions { threads: 8, ..LoadOptions::default() });
    assert!(many.plan_diff(&one.fingerprints).is_empty());
}

#[test]
fn text_macros_variables_seeds_and_configuration_count_and_descriptions_do_not() {
    let change = |from: &str, to: &str| {
        assert!(SHOP.contains(from), "{from}");
        modified(SHOP, &SHOP.replacen(from, to, 1))
    };
    assert_eq!(change("select id as sale_id", "select 1 + id as sale_id"), ["model.shop.stg_sales"]);
    assert_eq!(change("* 100 as", "* 1000 as"), ["model.shop.stg_bottles"]);
    assert_eq!(change("currency: EUR", "currency: USD"), ["model.shop.sales"]);
    assert_eq!(change("1,Riesling,9.5", "1,Riesling,9.6"), ["seed.shop.raw_bottles"]);
    assert_eq!(
        change("+materialized: view", "+materialized: table"),
        ["model.shop.stg_bottles", "model.shop.stg_sales"]
    );
    assert_eq!(change("price_cents = 0", "price_cents < 0"), ["test.shop.no_free_bottles"]);
    assert!(change("One bottle that", "A bottle that").is_empty());
    assert!(change("+tags: [staging]", "+tags: [raw]").is_empty());
}

#[test]
fn what_is_downstream_of_a_change_inherits_it() {
    let (before, after) = (good(SHOP), good(&SHOP.replacen("1,Riesling,9.5", "1,Riesling,9.6", 1)));
    let diff = after.plan_diff(&before.fingerprints);
    let combined = |project: &ade_project::Project, id: &str| project.fingerprints[id].combined();
    assert!(!diff.is_modified(&after.models["model.shop.sales"].id));
    assert_ne!(combined(&before, "model.shop.sales"), combined(&after, "model.shop.sales"));
    assert_eq!(combined(&before, "model.shop.stg_sales"), combined(&after, "model.shop.stg_sales"));
}
