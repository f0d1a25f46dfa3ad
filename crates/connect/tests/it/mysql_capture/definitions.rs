//! Tables whose definition changes while they are followed.

use super::{Copy, TABLES, logging};

#[tokio::test(flavor = "multi_thread")]
async fn definitions_that_change_are_followed_by_names_or_read_again() {
    for (metadata, is_followed) in [("FULL", true), ("MINIMAL", false)] {
        let source = logging(&[&format!("--binlog-row-metadata={metadata}"), "--sql-mode="], TABLES);
        source.execute("insert into t values (1, 'a', 'x', 1), (2, 'b', null, 2)");
        let mut copy = Copy::default();
        copy.round(&source, &["t"]).await;
        for (definition, can_be_followed) in [
            ("alter table t add more int null", true),
            ("alter table t drop large", true),
            ("alter table t add index (n), comment 'a table'", true),
            ("alter table t add filled int default 7", false),
            ("alter table t add must int not null", false),
            ("alter table t modify n bigint", false),
            ("alter table t rename column note to remark", false),
            ("alter table t drop more, add more int", false),
            ("rename table t to old; create table t like old", false),
            ("drop table t; create table t (id int primary key, n int)", false),
        ] {
            source.execute(&format!(
                "update t set n = 1 where id = 1; {definition}; insert into t(id, n) values (11, 1), (12, 3) \
                                     on duplicate key update n = n + 1; update t set n = 5 where id = 12"
            ));
            let said = copy.round(&source, &["t"]).await;
            let followed = !said.iter().any(|note| note.contains("all of `t` is read again"));
            let expected = can_be_followed && (is_followed || definition.contains("index"));
            assert_eq!(followed, expected, "{metadata}: {definition}: {said:?}");
            if followed {
                // Columns of rows that did not change are those of before in our copy: look at those that did.
                let ours = copy.rows("t").into_iter().filter(|row| row.starts_with("11|") || row.starts_with("12|"));
                assert_eq!(ours.count(), 2);
                copy = Copy::default();
                copy.round(&source, &["t"]).await;
            }
            copy.assert_same(&source, &["t"]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_came_is_null_in_the_rows_of_before() {
    let source = logging(&["--binlog-row-metadata=FULL"], TABLES);
    source.execute("insert into t values (1, 'a', 'x', 1), (2, 'b', null, 2)");
    let mut copy = Copy::default();
    copy.round(&source, &["t"]).await;
    source.execute(
        "update t set n = 9 where id = 1; alter table t add more int after id; insert into t(id, more) values (3, 4)",
    );
    let said = copy.round(&source, &["t"]).await;
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(copy.rows("t"), ["1|NULL|a|x|9", "2|b|NULL|2", "3|4|NULL|NULL|NULL"]);
    // One that goes and comes again, without rows between: what was there is gone.
    source.execute("alter table t drop more");
    copy.round(&source, &["t"]).await;
    source.execute("alter table t add more int after id; update t set n = 10 where id = 3");
    let said = copy.round(&source, &["t"]).await.join("; ");
    assert!(said.contains("its columns were changed more than once"), "{said}");
    copy.assert_same(&source, &["t"]).await;
}
