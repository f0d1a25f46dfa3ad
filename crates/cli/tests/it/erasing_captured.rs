//! A person who is erased from a captured table does not come back with the next change, nor with a sweep or a new copy.
use ade_testing::leaks;

use crate::capture::Captured;

const TABLES: &str = "
    create schema app;
    create table app.people(id bigint primary key, email text, note text, seen int);
    alter table app.people alter column note set storage external;
    insert into app.people values (7358914602117, 'ada@example.com', repeat('ada alone ', 900), 1),
      (2, 'grace@example.com', repeat('harmless ', 900), 1);";

const SOURCES: &str = "
version: 2
sources:
  - name: app
    connection: db
    tables:
      - name: people
        ingest: {from: app.people, mode: capture, key: [id]}
        columns:
          - {name: id, data_type: bigint, privacy: identifier}
          - {name: email, data_type: varchar, privacy: email}
          - {name: note, data_type: varchar, privacy: public}
          - {name: seen, data_type: integer, privacy: public}
";

/// What the lake has of her: the texts that only she has.
fn of_her(captured: &Captured, code: &str) -> Vec<ade_testing::Leak> {
    let lake: Vec<_> =
        captured.folder.files().into_iter().filter(|path| path.starts_with(captured.folder.at("lake"))).collect();
    assert!(!lake.is_empty());
    leaks(&lake, &[code, "ada alone", "7358914602117"])
}

#[test]
fn changes_of_an_erased_person_do_not_land_also_where_they_leave_her_name_out() {
    let captured = Captured::of(TABLES, SOURCES);
    captured.ingest();
    captured.psql("update app.people set seen = 2");
    captured.ingest();
    let code = captured.ade.rows("select email from app.people where id <> 2").remove(0);
    assert!(!of_her(&captured, &code).is_empty());
    // By her address alone: the key does not tell her.
    let erased = captured.ade.run(&["privacy", "erase", "--subject", "app.people.email=ada@example.com"]).succeeds();
    assert!(erased.text().contains("app.people: 1 row gone"), "{}", erased.text());
    assert_eq!(of_her(&captured, &code), []);
    // A change that leaves out what did not change (the note is stored apart), one that changes her key, one of another person.
    for change in [
        "update app.people set seen = 3",
        "update app.people set id = 7358914602118 where email like 'ada%'",
        "update app.people set id = 7358914602117, note = note || '.' where email like 'ada%'",
        "insert into app.people values (9, 'edsger@example.com', 'goto', 1)",
    ] {
        captured.psql(change);
        captured.ingest();
        assert_eq!(of_her(&captured, &code), [], "{change}");
    }
    assert_eq!(captured.ade.rows("select id, seen from app.people order by id"), ["2,3", "9,1"]);
    // Everything is copied anew.
    captured.ade.run(&["ingest", "--full-refresh"]).succeeds();
    assert_eq!(of_her(&captured, &code), []);
    captured.psql("delete from app.people where email like 'ada%'");
    captured.ingest();
    assert_eq!(captured.ade.rows("select count(*) from app.people"), ["2"]);
}
