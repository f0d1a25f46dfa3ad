//! Bad nights: a PostgreSQL that is busy all the time and whose tables are changed meanwhile, and ade and the server killed at
//! whatever moment. In the morning the lake holds what the source holds.
use std::thread::sleep;
use std::time::Duration;

use ade_testing::{Dice, Load};

use crate::capture::Captured;

/// How often somebody is killed. `ADE_TEST_KILLS` says another number.
const KILLS: u64 = 16;

/// pgbench's tables with what is difficult beside: large values that are stored apart, a table whose rows are known by all of
/// their values, partitions.
const BANK: &str = "
    create schema bank;
    create table bank.branches(bid int primary key, bbalance bigint);
    create table bank.accounts(aid int primary key, bid int, abalance bigint, filler text, note text);
    alter table bank.accounts alter column filler set storage external;
    create table bank.history(hid bigserial primary key, bid int, aid int, delta int, at timestamptz default now());
    create table bank.codes(code text unique not null, data text);
    alter table bank.codes replica identity full;
    create table bank.events(id int, part int, what text, primary key (id, part)) partition by list (part);
    create table bank.events_0 partition of bank.events for values in (0);
    create table bank.events_1 partition of bank.events for values in (1);
    insert into bank.branches select i, 0 from generate_series(1, 5) i;
    insert into bank.accounts select i, i % 5 + 1, 0, repeat(md5(i::text), 100), 'n' || i from generate_series(1, 3000) i;
    insert into bank.events select i, i % 2, 'e' || i from generate_series(1, 200) i;";

const SOURCES: &str = "
version: 2
sources:
  - name: bank
    connection: db
    tables:
      - {name: branches, ingest: {from: bank.branches, mode: capture, key: [bid]}}
      - {name: accounts, ingest: {from: bank.accounts, mode: capture, key: [aid]}}
      - {name: history, ingest: {from: bank.history, mode: capture, key: [hid]}}
      - {name: codes, ingest: {from: bank.codes, mode: capture, key: [code]}}
      - {name: events, ingest: {from: bank.events, mode: capture, key: [id, part]}}
";

/// Tables, and by what their rows are sorted.
const TABLES: [(&str, &str); 5] =
    [("branches", "bid"), ("accounts", "aid"), ("history", "hid"), ("codes", "code"), ("events", "id, part")];

/// What pgbench does: its own transaction, and others.
const SCRIPTS: [(u32, &str); 5] = [
    (
        8,
        "\\set aid random(1, 3000)\n\\set bid random(1, 5)\n\\set delta random(-5000, 5000)\nbegin;\n\
         update bank.accounts set abalance = abalance + :delta where aid = :aid;\n\
         update bank.branches set bbalance = bbalance + :delta where bid = :bid;\n\
         insert into bank.history(bid, aid, delta) values (:bid, :aid, :delta);\nend;\n",
    ),
    (
        2,
        "\\set aid random(1, 3200)\n\\set other random(1, 3200)\nbegin;\ndelete from bank.accounts where aid = :aid;\n\
         insert into bank.accounts(aid, bid, abalance, filler) values (:other, 1, 0, repeat('x', 3000)) \
         on conflict (aid) do update set filler = repeat('y', :other * 2);\nend;\n",
    ),
    (
        1,
        "\\set aid random(1, 3000)\nupdate bank.accounts set aid = aid + 10000 where aid = :aid;\n\
         update bank.accounts set aid = aid - 10000 where aid > 12000;\n",
    ),
    (
        1,
        "\\set code random(1, 50)\nbegin;\ninsert into bank.codes values ('c' || :code, md5(:code::text)) \
         on conflict (code) do update set data = bank.codes.data || 'x';\nsavepoint s;\ndelete from bank.codes;\n\
         rollback to s;\ndelete from bank.codes where code = 'c' || (:code + 1);\nend;\nbegin;\ntruncate bank.codes;\nrollback;\n",
    ),
    (
        1,
        "\\set id random(1, 400)\n\\set part random(0, 1)\ninsert into bank.events values (:id, :part, 'p' || :id) \
         on conflict (id, part) do update set what = bank.events.what || '+';\n",
    ),
];

/// What somebody does to the tables meanwhile. It may fail: then it has not happened.
fn redeclaration(dice: &mut Dice) -> String {
    let number = dice.below(3);
    let part = dice.below(2);
    match dice.below(16) {
        0 => format!("alter table bank.accounts add column extra{number} text"),
        1 => format!("alter table bank.accounts add column extra{number} int default {}", dice.below(9)),
        2 => format!("alter table bank.accounts drop column extra{number}"),
        3 => format!("update bank.accounts set extra{number} = aid where aid % 10 = {number}"),
        4 => "alter table bank.accounts rename column note to remark".to_owned(),
        5 => "alter table bank.accounts rename column remark to note".to_owned(),
        6 => "alter table bank.accounts alter column note type text using note || '!'".to_owned(),
        7 => "alter table bank.branches alter column bbalance type numeric(20)".to_owned(),
        8 => "alter table bank.branches alter column bbalance type bigint".to_owned(),
        9 => "truncate bank.history".to_owned(),
        10 => "vacuum full bank.branches".to_owned(),
        11 => "update bank.accounts set note = 'all'".to_owned(),
        12 => format!("alter table bank.events detach partition bank.events_{part}"),
        13 => format!(
            "update bank.events_{part} set what = 'apart'; \
             alter table bank.events attach partition bank.events_{part} for values in ({part})"
        ),
        14 => format!("truncate bank.events_{part}"),
        _ => "begin; delete from bank.accounts where aid % 3 = 0; select pg_sleep(0.2); rollback".to_owned(),
    }
}

impl Captured {
    /// All columns that the source has now, of all rows.
    fn assert_same_tables(&self) {
        for (table, key) in TABLES {
            let columns = self.psql(&format!(
                "select string_agg(format('%1$s::text as %1$s', column_name), ', ' order by column_name) \
                 from information_schema.columns where table_schema = 'bank' and table_name = '{table}'"
            ));
            self.assert_same_rows(
                table,
                &format!("select {} from bank.{table} t order by t.{}", columns.trim(), key.replace(", ", ", t.")),
            );
        }
    }
}

/// As often as `ADE_TEST_KILLS` says, or else `usual`ly.
pub(crate) fn kills(usual: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "longer nights are for people to ask for")]
    let asked = std::env::var("ADE_TEST_KILLS");
    asked.ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}

#[test]
fn nothing_is_lost_in_bad_nights() {
    let mut source = Captured::of(BANK, SOURCES);
    let kills = kills(KILLS);
    // Longer nights are other nights.
    let mut dice = Dice::new(kills);
    let connection = source.server.connection_string();
    let work = || Load::start(&connection, &SCRIPTS, 300).unwrap();
    let mut busy = work();
    for kill in 1..=kills {
        let mut victim = source.ade.start(&["ingest"]);
        if dice.below(2) == 0 {
            let redeclaration = redeclaration(&mut dice);
            let _ = source.server.psql(&format!("set lock_timeout = '1s'; {redeclaration}"));
        }
        sleep(Duration::from_millis(dice.below(900)));
        match dice.below(3) {
            0 => victim.kill(),
            1 => source.server.crash().unwrap(),
            _ => drop(source.psql(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ade' and random() < 0.7",
            )),
        }
        let ended = victim.wait();
        assert_ne!(ended.code, Some(101), "{}", ended.all());
        if kill == kills / 2 || kill == kills {
            busy.stop().unwrap();
            source.ingest();
            source.assert_same_tables();
            busy = work();
        }
    }
    drop(busy);
}
