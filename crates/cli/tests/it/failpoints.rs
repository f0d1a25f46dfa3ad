//! A failure at each step of each write: the process dies, the disk reports an error, the disk is full. Nothing partial is
//! visible afterwards, nothing raw is left behind, and the next run recovers by itself: no row lost, none twice.
use std::collections::BTreeSet;

use ade_run::fail_points;

use crate::shop::{Shop, Tables, by_day};

/// The process dies on the spot (SIGABRT), as at a crash.
const CRASH: &str = "1*return(abort)";
/// One I/O error.
const ERROR: &str = "1*return";
/// The disk is full, and stays so.
const FULL: &str = "return(full)";
/// What abort() ends a process with.
const SIGABRT: i32 = 6;

/// Points that only a first build passes.
const FIRST: [&str; 3] = ["meta::migrate::begin", "meta::migrate::commit", "meta::migrate::committed"];
/// Points that a build passes only after a crash, or when a check fails.
const REPAIR: [&str; 3] = ["meta::recover::begin", "meta::recover::commit", "meta::recover::committed"];
const REFUSAL: [&str; 2] = ["lake::discard::file", "run::audit::failures_staged"];
/// Points of `ade maintain`.
const UPKEEP: [&str; 8] = [
    "lake::maintain::compacted",
    "lake::maintain::before_checkpoint",
    "lake::maintain::after_checkpoint",
    "lake::maintain::before_vacuum",
    "lake::maintain::vacuum_file",
    "meta::prune::begin",
    "meta::prune::commit",
    "meta::prune::committed",
];
/// Points of a build in which a table becomes a view.
const SWITCH: [&str; 2] = ["lake::drop::marked", "lake::drop::file"];
/// Points that no short run passes; the tests of their crates do.
const ELSEWHERE: [(&str, &str); 10] = [
    ("run::rejects::set_aside", "needs rejects: see `rejects`"),
    ("run::rejects::committed", "needs rejects: see `rejects`"),
    ("run::source::kept_apart", "needs rows that are kept apart: see `row_rules`"),
    ("run::events::resending", "needs events that are replayed: see `events::aside`"),
    ("run::events::resent_table", "needs events that are replayed: see `events::aside`"),
    ("run::events::resent", "needs events that are replayed: see `events::aside`"),
    ("lake::spill::write", "needs more arrivals than memory"),
    ("meta::lease_renew::begin", "needs a run of many seconds"),
    ("meta::lease_renew::commit", "needs a run of many seconds"),
    ("meta::lease_renew::committed", "needs a run of many seconds"),
];
/// Points at which an error of the disk may not fail the run: what was asked for is done and durable.
const TOLERANT: [&str; 5] = [
    "lake::commit::written",
    "lake::store::after_rename",
    "meta::lease_release::begin",
    "meta::lease_release::commit",
    "meta::lease_release::committed",
];

fn of_a_build() -> impl Iterator<Item = &'static str> {
    let elsewhere: BTreeSet<&str> = FIRST
        .into_iter()
        .chain(REPAIR)
        .chain(REFUSAL)
        .chain(UPKEEP)
        .chain(SWITCH)
        .chain(ELSEWHERE.into_iter().map(|(point, _)| point))
        .collect();
    fail_points().filter(move |point| !elsewhere.contains(point))
}

#[test]
fn every_point_that_is_sorted_out_exists() {
    let all: BTreeSet<&str> = fail_points().collect();
    let named = FIRST.into_iter().chain(REPAIR).chain(REFUSAL).chain(UPKEEP).chain(SWITCH).chain(TOLERANT);
    let unknown: Vec<&str> =
        named.chain(ELSEWHERE.map(|(point, _)| point)).filter(|point| !all.contains(point)).collect();
    assert_eq!(unknown, [""; 0]);
}

#[test]
fn a_plain_build_has_no_failpoints() {
    let tree = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--package", "ade-cli", "--edges", "normal,build,features", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let text = String::from_utf8(tree.stdout).unwrap();
    assert!(text.contains("fail v"), "the steps are there: {text}");
    assert!(!text.contains("failpoints"), "the feature is for tests alone");
}

/// A project before its second build, what its tables hold, and what they must hold after it.
struct Before {
    shop: Shop,
    old: Tables,
    new: Tables,
}

impl Before {
    fn second_build() -> Self {
        let mut shop = Shop::new();
        shop.ade.run(&["build"]).succeeds();
        shop.assert_complete();
        let old = shop.all_tables();
        shop.second_day();
        Self::of(shop, old)
    }

    fn first_build() -> Self {
        Self::of(Shop::new(), Tables::new())
    }

    fn of(shop: Shop, old: Tables) -> Self {
        let control = shop.copy();
        control.ade.run(&["build"]).succeeds();
        let new = control.all_tables();
        assert!(
            new.iter().all(|(table, lines)| !lines.is_empty() && old.get(table) != Some(lines)),
            "all tables change"
        );
        Self { shop, old, new }
    }

    /// Fails a build at the given hit of a point. Tells whether it was reached; of a crash that is certain.
    fn survives(&self, point: &str, action: &str, hit: usize) -> bool {
        let shop = self.shop.copy();
        let failed = shop.ade.env("FAILPOINTS", &format!("{point}={hit}*off->{action}")).run(&["build"]);
        let context = format!("{point}, {action} at hit {hit}\n{}", failed.all());
        if failed.code == Some(0) && hit > 0 {
            return false;
        }
        if action == CRASH {
            assert_eq!(failed.signal, Some(SIGABRT), "{context}");
        } else {
            let expected: &[i32] = if TOLERANT.contains(&point) { &[0, 1] } else { &[1] };
            assert!(failed.code.is_some_and(|code| expected.contains(&code)), "{context}");
            assert!(failed.code == Some(0) || says_why(&failed.all(), action), "{context}");
        }
        let tables = if self.old.is_empty() { shop.tables() } else { shop.all_tables() };
        self.assert_nothing_partial(&tables, &context);
        shop.assert_no_leak();

        let again = shop.ade.run(&["build"]);
        assert_eq!(again.code, Some(0), "after {context}\nthe next run:\n{}", again.all());
        let tables = shop.all_tables();
        for (table, lines) in &self.new {
            assert_eq!(&tables[table], lines, "{table} after {context}\nand {}", again.all());
        }
        let third = shop.ade.run(&["build", "--output", "json"]).succeeds();
        let summary = third.json_lines().pop().unwrap_or_default();
        assert_eq!(summary["rows"], 0, "after {context}\nand {}\nnothing is left to do: {}", again.all(), third.all());
        true
    }

    fn assert_nothing_partial(&self, tables: &Tables, context: &str) {
        for (table, lines) in tables {
            let (old, new) = (self.old.get(table), &self.new[table]);
            let is_whole = old == Some(lines) || new == lines;
            let is_whole = is_whole
                || match table.as_str() {
                    // Each file is a batch of its own, and lands by itself.
                    "feed.stock" => old.is_some_and(|old| {
                        let (is, was, will) = (by_day(lines), by_day(old), by_day(new));
                        let whole = |day: &&str| {
                            let now = is.get(day);
                            now == was.get(day) || now == will.get(day)
                        };
                        was.keys().chain(will.keys()).all(whole) && is.keys().all(|day| will.contains_key(day))
                    }),
                    // The old or the new text over the old or the new rows.
                    "main.stg_customers" => {
                        let rows = &tables["app.customers"];
                        let shown = |line: &String| line.rsplit_once('|').map(|(kept, _)| kept.to_owned());
                        let plain: Vec<String> = rows.iter().filter_map(shown).collect();
                        let same = |a: &[String]| {
                            a.iter().map(|line| line.to_uppercase()).eq(lines.iter().map(|l| l.to_uppercase()))
                        };
                        same(&plain)
                    }
                    _ => false,
                };
            assert!(is_whole, "{table} holds {lines:#?}\nneither {old:#?}\nnor {new:#?}\nafter {context}");
        }
        let missing: Vec<&String> = self.old.keys().filter(|table| !tables.contains_key(*table)).collect();
        assert!(missing.is_empty(), "{missing:?} are gone after {context}");
    }

    /// Fails at a later hit of each point that has one: then other tables are done already.
    fn survives_later(&self, points: impl Iterator<Item = &'static str>, action: &str) {
        for (number, point) in points.enumerate() {
            if passed_once(point) {
                continue;
            }
            let later = 1 + number % 3;
            assert!(self.survives(point, action, later) || self.survives(point, action, 1));
        }
    }

    /// Fails at the first hit of each point.
    fn survives_first(&self, points: impl Iterator<Item = &'static str>, action: &str) {
        for point in points {
            assert!(self.survives(point, action, 0));
        }
    }
}

/// Whether a run passes the point only once.
fn passed_once(point: &str) -> bool {
    let once = [
        "meta::run_",
        "meta::tasks::",
        "meta::prune::",
        "meta::check_results::",
        "meta::views::",
        "run::run::",
        "run::seed::",
        "run::view::",
    ];
    once.iter().any(|prefix| point.starts_with(prefix))
}

fn says_why(text: &str, action: &str) -> bool {
    let text = text.to_lowercase();
    if action == FULL {
        text.contains("full") || text.contains("no space")
    } else {
        text.contains("fail") || text.contains("cannot")
    }
}

#[test]
fn a_crash_in_a_first_build() {
    let points = FIRST.into_iter().chain(of_a_build());
    // An upsert has nothing to rewrite, and no view to take the place of.
    Before::first_build().survives_first(points.filter(|point| *point != "lake::stage::rewrite"), CRASH);
}

#[test]
fn a_crash_at_the_first_hit_in_a_second_build() {
    Before::second_build().survives_first(of_a_build(), CRASH);
}

#[test]
fn a_crash_at_a_later_hit_in_a_second_build() {
    Before::second_build().survives_later(of_a_build(), CRASH);
}

#[test]
fn an_io_error_in_a_second_build() {
    Before::second_build().survives_first(of_a_build(), ERROR);
}

#[test]
fn a_full_disk_in_a_second_build() {
    Before::second_build().survives_first(of_a_build(), FULL);
}

#[test]
fn errors_before_there_is_anything() {
    let before = Before::first_build();
    before.survives_first(FIRST.into_iter(), ERROR);
    before.survives_first(FIRST.into_iter(), FULL);
}

#[test]
fn failures_while_repairing_after_a_crash() {
    let mut before = Before::second_build();
    let crashed = before.shop.ade.env("FAILPOINTS", &format!("run::run::started={CRASH}")).run(&["build"]);
    assert_eq!(crashed.signal, Some(SIGABRT));
    before.old = before.shop.all_tables();
    for action in [CRASH, ERROR, FULL] {
        for point in REPAIR {
            assert!(before.survives(point, action, 0));
        }
    }
}

#[test]
fn failures_while_a_bad_batch_is_refused() {
    let mut shop = Shop::new();
    shop.ade.run(&["build"]).succeeds();
    let old = shop.all_tables();
    shop.second_day();
    shop.folder.write("data/stock/stock_02.csv", "day,version,store,on_hand\n2024-01-02,1,A,\n");
    for action in [CRASH, ERROR, FULL] {
        for point in REFUSAL {
            let case = shop.copy();
            let failed = case.ade.env("FAILPOINTS", &format!("{point}={action}")).run(&["build", "--store-failures"]);
            let context = format!("{point}, {action}\n{}", failed.all());
            assert_eq!(failed.signal, (action == CRASH).then_some(SIGABRT), "{context}");
            assert_ne!(failed.code, Some(0), "{context}");
            let bad = case.ade.rows("select count(*) from feed.stock where on_hand is null");
            assert_eq!(bad, ["0"], "{context}");
            assert_eq!(case.all_tables()["main.stock_total"], old["main.stock_total"], "{context}");
            // Refused again, then mended.
            case.ade.run(&["build"]).exits(1);
            case.folder.write("data/stock/stock_02.csv", "day,version,store,on_hand\n2024-01-02,1,A,4\n");
            case.ade.run(&["build"]).succeeds();
            assert_eq!(
                case.ade.rows("select count(*), sum(on_hand) from feed.stock where day = '2024-01-02'"),
                ["1,4"]
            );
        }
    }
}

#[test]
fn failures_during_upkeep() {
    let mut shop = Shop::new();
    shop.ade.run(&["build"]).succeeds();
    let mut dice = ade_testing::Dice::new(3);
    for _ in 0..4 {
        shop.change(&mut dice);
        shop.ade.run(&["build"]).succeeds();
    }
    let tables = shop.all_tables();
    let upkeep = ["maintain", "--retention-hours", "0"];
    for action in [CRASH, ERROR, FULL] {
        for point in UPKEEP {
            let hits: &[usize] = if action == CRASH { &[0, 1] } else { &[0] };
            for hit in hits.iter().filter(|hit| **hit == 0 || !passed_once(point)) {
                let case = shop.copy();
                let failed = case.ade.env("FAILPOINTS", &format!("{point}={hit}*off->{action}")).run(&upkeep);
                let context = format!("{point}, {action} at hit {hit}\n{}", failed.all());
                assert_eq!(failed.signal, (action == CRASH).then_some(SIGABRT), "{context}");
                assert_ne!(failed.code, Some(0), "{context}");
                assert_eq!(case.all_tables(), tables, "{context}");
                case.ade.run(&upkeep).succeeds();
                assert_eq!(case.all_tables(), tables, "{context}");
                case.ade.run(&["build"]).succeeds();
                case.assert_complete();
            }
        }
    }
}

#[test]
fn failures_while_a_table_becomes_a_view() {
    let shop = Shop::new();
    shop.ade.run(&["build"]).succeeds();
    let tables = shop.all_tables();
    let model = "models/cities_now.sql";
    let text = shop.folder.read(model);
    assert!(text.contains("'table'"), "{text}");
    shop.folder.write(model, text.replace("'table'", "'view'"));
    for action in [CRASH, ERROR, FULL] {
        for point in SWITCH {
            let case = shop.copy();
            let failed = case.ade.env("FAILPOINTS", &format!("{point}={action}")).run(&["build"]);
            let context = format!("{point}, {action}\n{}", failed.all());
            assert_eq!(failed.signal, (action == CRASH).then_some(SIGABRT), "{context}");
            assert_ne!(failed.code, Some(0), "{context}");
            assert_eq!(case.all_tables(), tables, "{context}");
            case.ade.run(&["build"]).succeeds();
            assert_eq!(case.all_tables(), tables, "{context}");
            case.ade.run(&["maintain", "--retention-hours", "0"]).succeeds();
            let is_left = |path: &std::path::PathBuf| path.starts_with(case.folder.at("lake/main/cities_now"));
            assert!(!case.folder.files().iter().any(is_left), "{context}");
            case.assert_complete();
        }
    }
}
