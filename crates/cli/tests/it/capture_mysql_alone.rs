//! A captured table of MariaDB that cannot be read stops alone, and what its log says of all of it at once is told.
use crate::capture_mysql::Captured;

const SOME: &str =
    "insert into accounts(id, amount) values (1, 1), (2, 2); insert into items(number, item) values (1, 'a');
    insert into codes(code) values ('a')";

#[test]
fn a_table_that_cannot_be_read_stops_alone() {
    let source = Captured::new(&[]);
    source.sql(
        "create user ade; grant replication slave on *.* to ade; grant select on app.accounts to ade;
         grant select on app.items to ade; grant select on app.codes to ade",
    );
    source.sql(SOME);
    source.folder.replace("ade.yml", "user: root", "user: ade");
    // It is not there for who may not see it.
    let said = source.ade.run(&["ingest"]).exits(1).all();
    assert!(said.contains("there is no such table, or this login may not see it"), "{said}");
    source.assert_same();
    source.sql("grant select on app.idle to ade; insert into idle values (1)");
    source.ingest();
    assert_eq!(source.ade.rows("select id from app.idle"), ["1"]);
    // It goes on where it stopped.
    source.sql("revoke select on app.idle from ade");
    source.sql("update accounts set amount = 7 where id = 1; insert into idle values (2)");
    let said = source.ade.run(&["ingest"]).exits(1).all();
    assert!(said.contains("app.idle"), "{said}");
    source.assert_same();
    source.sql("grant select on app.idle to ade; delete from codes");
    let said = source.ingest();
    assert!(!said.contains("read again"), "{said}");
    source.assert_same();
    assert_eq!(source.ade.rows("select id from app.idle order by id"), ["1", "2"]);
    source.sql("drop table idle; update accounts set amount = 8 where id = 2");
    source.ade.run(&["ingest"]).exits(1);
    source.assert_same();
}

#[test]
fn a_stored_position_that_nobody_understands_has_its_table_read_again() {
    let source = Captured::new(&[]);
    source.sql(SOME);
    source.ingest();
    source.folder.replace("lake/app/accounts/_delta_log/00000000000000000000.json", "\"begun\":", "\"begin\":");
    source.sql("delete from accounts where id = 2; insert into codes(code) values ('b')");
    let said = source.ingest();
    assert!(
        said.contains("all of `accounts` is read again: its stored position is none of a captured table"),
        "{said}"
    );
    assert!(!said.contains("all of `codes`"), "{said}");
    source.assert_same();
}

#[test]
fn a_table_that_was_emptied_says_so_and_its_rows_have_their_times() {
    let source = Captured::new(&[]);
    source.sql(SOME);
    source.ingest();
    source.sql("truncate accounts; insert into accounts(id, amount) values (3, 3)");
    let said = source.ingest();
    assert!(said.contains("`accounts` was emptied in the source at "), "{said}");
    source.assert_same();
    let recent = "_ade_changed_at between _ade_loaded_at - interval '1 hour' and _ade_loaded_at + interval '1 hour'";
    assert_eq!(source.ade.rows(&format!("select id, {recent} from app.accounts")), ["3,true"]);
}
