//! `kill -9` at any moment, again and again, while the systems go on changing: at no time is a part of a batch visible, and
//! nothing that was visible is gone; in the end every table holds what it must, and upkeep finds nothing that stays behind.
use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use ade_testing::Dice;

use crate::shop::Shop;

/// Tests that run side by side, together 200 kills.
const KILLS: u32 = 50;

const BUILD: &[&str] = &["build"];
/// What is killed, as often as it stands here.
const VICTIMS: [&[&str]; 8] = [
    BUILD,
    BUILD,
    BUILD,
    BUILD,
    BUILD,
    &["build", "--full-refresh"],
    &["ingest", "--full-refresh"],
    &["maintain", "--retention-hours", "0"],
];

fn kills(seed: u64) {
    let mut dice = Dice::new(seed);
    let mut shop = Shop::new();
    let started = Instant::now();
    shop.ade.run(BUILD).succeeds();
    // A build that has something to do, and a little more, so that some of them end by themselves.
    let span = u64::try_from(started.elapsed().as_micros()).unwrap() * 11 / 10;
    let mut seen = BTreeMap::new();
    let mut killed = 0;
    while killed < KILLS {
        shop.change(&mut dice);
        let args = *dice.pick(&VICTIMS);
        // Sometimes there is another one, which has to take over what the dead one held.
        let other = (dice.below(8) == 0 && args[0] == "build").then(|| shop.ade.start(BUILD));
        let mut victim = shop.ade.start(args);
        sleep(Duration::from_micros(dice.below(span)));
        victim.kill();
        let ended = victim.wait();
        if ended.signal.is_some() {
            killed += 1;
        } else {
            assert_eq!(ended.code, Some(0), "{}", ended.all());
        }
        shop.assert_nothing_partial(&shop.all_tables(), &mut seen);
        if let Some(other) = other {
            other.wait().succeeds();
            shop.assert_nothing_partial(&shop.all_tables(), &mut seen);
        }
        if killed % 10 == 0 {
            shop.ade.run(BUILD).succeeds();
            shop.assert_complete();
        }
    }
    shop.ade.run(BUILD).succeeds();
    shop.assert_complete();
    shop.assert_no_leftovers();
    shop.assert_complete();
    shop.assert_no_leak();
}

#[test]
fn kills_one_to_fifty() {
    kills(101);
}

#[test]
fn kills_fifty_one_to_one_hundred() {
    kills(102);
}

#[test]
fn kills_one_hundred_one_to_one_hundred_fifty() {
    kills(103);
}

#[test]
fn kills_one_hundred_fifty_one_to_two_hundred() {
    kills(104);
}
