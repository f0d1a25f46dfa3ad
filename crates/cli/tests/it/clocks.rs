//! Clocks that are wrong by a day, ours and the source's: content goes by logs and by values, never by what time it is.
use ade_testing::{FakeClock, Folder, Postgres, Program};

use crate::program::program;

const TABLES: &str = "
    create schema app;
    create table app.orders(id int primary key, note text, updated_at timestamptz default now());
    create index on app.orders (updated_at);";

/// The same table in all three ways.
const SOURCES: &str = "
version: 2
sources:
  - name: app
    connection: db
    tables:
      - {name: all_orders, ingest: {from: app.orders}}
      - {name: new_orders, ingest: {from: app.orders, mode: incremental, cursor: updated_at, overlap: OVERLAP, key: [id]}}
      - {name: captured_orders, ingest: {from: app.orders, mode: capture, key: [id]}}
";

struct Clocks {
    ours: FakeClock,
    theirs: FakeClock,
    server: Postgres,
    folder: Folder,
    ade: Program,
}

impl Clocks {
    fn new(overlap: &str) -> Self {
        let (ours, theirs) = (FakeClock::new(), FakeClock::new());
        let server = Postgres::start_within(&theirs.environment()).unwrap();
        server.psql(TABLES).unwrap();
        let folder = Folder::new();
        let connection =
            format!("{{type: postgres, host: 127.0.0.1, port: {}, user: postgres, database: postgres}}", server.port());
        let project = format!(
            "name: clocks\nconnections:\n  db: {connection}\nprivacy:\n  rules: [{{column: \"*\", class: public}}]\n"
        );
        folder.write("ade.yml", project);
        folder.write("sources/app.yml", SOURCES.replace("OVERLAP", overlap));
        let right = program(&folder);
        right.run(&["init", "."]).succeeds();
        let ade = ours.environment().iter().fold(right, |ade, (name, value)| ade.env(name, value));
        Self { ours, theirs, server, folder, ade }
    }

    /// Time passes with clocks that are wrong by so many hours: rows come, change and go, and are ingested.
    fn pass(&self, ours: i32, theirs: i32, round: i32) {
        self.ours.set_hours(ours);
        self.theirs.set_hours(theirs);
        self.server
            .psql(&format!(
                "insert into app.orders(id, note) values ({round}, 'new');
                 update app.orders set note = note || ' {round}', updated_at = now() where id in ({round} - 1, 1)"
            ))
            .unwrap();
        self.ade.run(&["ingest"]).succeeds();
    }

    fn theirs(&self) -> Vec<String> {
        let rows = self
            .server
            .psql("copy (select id, note, updated_at::text from app.orders order by id) to stdout with (format csv)");
        rows.unwrap().lines().map(str::to_owned).collect()
    }

    fn lands(&self, table: &str) -> Vec<String> {
        self.ade.rows(&format!("select id, note, updated_at::text from app.{table} order by id"))
    }
}

/// Hours by which our clock and the source's are wrong, run by run.
const JUMPS: [(i32, i32); 9] = [(0, 0), (24, 0), (-24, 0), (0, 24), (0, -24), (-24, 24), (24, -24), (0, 24), (0, 0)];

#[test]
fn clocks_that_jump_change_no_content() {
    // The overlap is as long as the source's clock is wrong.
    let clocks = Clocks::new("49 hours");
    for (round, (ours, theirs)) in (1..).zip(JUMPS) {
        clocks.pass(ours, theirs, round);
        for table in ["all_orders", "new_orders", "captured_orders"] {
            assert_eq!(clocks.lands(table), clocks.theirs(), "{table} with clocks at {ours} and {theirs} hours");
        }
        // The clocks are as wrong as they are said to be.
        let right = program(&clocks.folder);
        let ahead =
            "select max(_ade_loaded_at) > now() + interval '23 hours' from app.captured_orders where id = ROUND";
        let ahead = right.rows(&ahead.replace("ROUND", &round.to_string()));
        assert_eq!(ahead, [(ours == 24).to_string()]);
        let ahead =
            format!("select updated_at > now() + interval '23 hours' from app.captured_orders where id = {round}");
        assert_eq!(right.rows(&ahead), [(theirs == 24).to_string()]);
    }
}

#[test]
fn a_source_whose_clock_goes_back_by_more_than_the_overlap_is_not_trusted_with_its_change_times() {
    let clocks = Clocks::new("1 hour");
    clocks.pass(0, 24, 1);
    clocks.pass(0, 0, 2);
    // What the guide says: these modes do not go by it, and what the third has missed `--full-refresh` brings.
    for table in ["all_orders", "captured_orders"] {
        assert_eq!(clocks.lands(table), clocks.theirs(), "{table}");
    }
    assert_ne!(clocks.lands("new_orders"), clocks.theirs());
    clocks.ade.run(&["ingest", "--full-refresh"]).succeeds();
    assert_eq!(clocks.lands("new_orders"), clocks.theirs());
    // Our own clock is of no interest to it.
    clocks.pass(-24, 0, 3);
    clocks.pass(24, 1, 4);
    assert_eq!(clocks.lands("new_orders"), clocks.theirs());
}
