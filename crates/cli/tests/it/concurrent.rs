//! Several `ade` at once on one project, and one that is asked to stop.
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ade_testing::{Dice, Running};

use crate::shop::Shop;

/// Waits until something is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_mins(1), "waited in vain for {what}");
    }
}

/// A build that takes its time over the rows of the customers, and holds their table's lease by now.
fn slow_build(shop: &Shop, milliseconds: u32) -> Running {
    let sleepy = format!("run::source::batch_read=sleep({milliseconds})");
    let build = shop.ade.env("FAILPOINTS", &sleepy).start(&["build"]);
    let sql = "select count(*) from ade.leases where scope like '%customers%' and process is not null";
    until("the lease", || shop.ade.rows(sql) != ["0"]);
    build
}

#[test]
fn builds_at_once_end_well_and_change_nothing_twice() {
    let mut shop = Shop::new();
    let mut dice = Dice::new(5);
    let mut seen = BTreeMap::new();
    for builders in [2, 4, 4, 2] {
        let mut running: Vec<Running> = (0..builders).map(|_| shop.ade.start(&["build"])).collect();
        while running.iter_mut().any(|build| !build.has_ended()) {
            shop.assert_nothing_partial(&shop.tables(), &mut seen);
        }
        for build in running {
            build.wait().succeeds();
        }
        shop.assert_complete();
        shop.change(&mut dice);
    }
}

#[test]
fn a_second_build_says_whom_it_waits_for() {
    let shop = Shop::new();
    let first = slow_build(&shop, 1500);
    let holder = format!("process {}", first.id());
    let second = shop.ade.run(&["build"]).succeeds();
    let text = second.text();
    let waiting = text.lines().find(|line| line.contains("waiting for app.customers"));
    let waiting = waiting.unwrap_or_else(|| panic!("nobody waited: {text}"));
    assert!(
        waiting.contains("app.customers") && waiting.contains(&holder) && waiting.contains("ade build"),
        "{waiting}"
    );
    first.wait().succeeds();
    shop.assert_complete();
}

#[test]
fn a_second_build_without_patience_says_who_holds_the_table() {
    let shop = Shop::new();
    let first = slow_build(&shop, 2500);
    let holder = format!("process {}", first.id());
    let second = shop.ade.run(&["build", "--lease-timeout", "0", "--select", "source:app.customers+"]).exits(1);
    let text = second.text();
    assert!(text.contains(&format!("`app.customers` is being written by ade build ({holder} on ")), "{text}");
    assert!(text.contains("waits for") && text.contains("Customers by city"), "who now waits is named: {text}");
    first.wait().succeeds();
    shop.assert_complete();
}

#[test]
fn an_interrupted_build_leaves_nothing_half_visible() {
    let mut shop = Shop::new();
    shop.ade.run(&["build"]).succeeds();
    let mut dice = Dice::new(9);
    let mut seen = BTreeMap::new();
    for (signal, point) in [
        ("INT", "run::source::batch_read"),
        ("TERM", "run::audit::begin"),
        ("INT", "run::model::made"),
        ("INT", "run::task::before_record"),
    ] {
        for _ in 0..3 {
            shop.change(&mut dice);
        }
        let build = shop.ade.env("FAILPOINTS", &format!("{point}=sleep(700)")).start(&["build"]);
        until("the run", || shop.ade.rows("select count(*) from ade.leases where process is not null") != ["0"]);
        build.signal(signal);
        let ended = build.wait();
        assert_eq!(ended.code, Some(130), "{signal} at {point}: {}", ended.all());
        assert!(ended.text().contains("stopped in"), "{}", ended.all());
        shop.assert_nothing_partial(&shop.all_tables(), &mut seen);
        let status = shop.ade.rows("select status from ade.runs order by started_at desc limit 1");
        assert_eq!(status, ["cancelled"]);
        shop.ade.run(&["build"]).succeeds();
        shop.assert_complete();
    }
}

#[test]
fn a_build_that_waits_for_a_table_can_be_interrupted() {
    let shop = Shop::new();
    let first = slow_build(&shop, 3000);
    let second = shop.ade.start(&["build"]);
    until("the second run", || shop.ade.rows("select count(*) from ade.runs") == ["2"]);
    second.signal("INT");
    assert_eq!(second.wait().code, Some(130));
    first.wait().succeeds();
    shop.assert_complete();
}

#[test]
fn builds_and_upkeep_at_once_do_not_harm_each_other() {
    let mut shop = Shop::new();
    shop.ade.run(&["build"]).succeeds();
    let mut dice = Dice::new(11);
    let mut seen = BTreeMap::new();
    for _ in 0..4 {
        shop.change(&mut dice);
        let mut running = vec![
            shop.ade.start(&["build"]),
            shop.ade.start(&["maintain"]),
            shop.ade.start(&["build", "--full-refresh"]),
            shop.ade.start(&["maintain"]),
        ];
        while running.iter_mut().any(|one| !one.has_ended()) {
            shop.assert_nothing_partial(&shop.all_tables(), &mut seen);
        }
        for one in running {
            one.wait().succeeds();
        }
        shop.assert_complete();
    }
    shop.assert_no_leftovers();
    shop.assert_complete();
}

#[test]
fn upkeep_and_queries_that_are_stopped_say_so_and_leave_nothing() {
    let shop = Shop::new();
    shop.ade.run(&["build"]).succeeds();
    shop.ade.run(&["build", "--full-refresh"]).succeeds();
    let tables = shop.all_tables();
    for signal in ["INT", "TERM"] {
        let upkeep = ["maintain", "--retention-hours", "0"];
        let slow = shop.ade.env("FAILPOINTS", "lake::maintain::before_vacuum=sleep(1500)").start(&upkeep);
        let held = format!("select count(*) from ade.leases where process like 'process {} on %'", slow.id());
        until("the lease", || shop.ade.rows(&held) != ["0"]);
        slow.signal(signal);
        let ended = slow.wait();
        assert_eq!(ended.code, Some(130), "{signal}: {}", ended.all());
        assert_eq!(ended.complaints().lines().count(), 1, "{}", ended.all());
        assert!(ended.complaints().starts_with("stopped: "), "{}", ended.all());
        assert_eq!(shop.all_tables(), tables);

        let endless = "select count(*) from generate_series(1, 1000000) as a(n), generate_series(1, 1000000) as b(m) where n + m < 0";
        let spill = || std::fs::read_dir(shop.folder.at(".ade/spill")).unwrap().count();
        let before = spill();
        let query = shop.ade.start(&["query", endless]);
        until("the query", || spill() > before);
        query.signal(signal);
        let ended = query.wait();
        assert_eq!((ended.code, ended.complaints().as_str()), (Some(130), "stopped\n"), "{signal}: {}", ended.all());
        assert_eq!(ended.text(), "");
        assert_eq!(spill(), before, "what it spilled is gone");
    }
    shop.assert_no_leftovers();
    shop.assert_complete();
}
