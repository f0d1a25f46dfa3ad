//! Logs that are gone, large, compressed, or written in another way.

use super::{Copy, TABLES, logging};
use crate::source::Source;

/// Removes the files before `file`: the server keeps those that somebody still reads, or that it may need itself.
fn purge(source: &Source, file: &str) {
    let begin = std::time::Instant::now();
    while source.query("show binary logs")[0].split('|').next() != Some(file) {
        source.execute(&format!("purge binary logs to '{file}'"));
        assert!(begin.elapsed().as_secs() < 30, "the server keeps its log: {:?}", source.query("show binary logs"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_gone_is_noticed() {
    let source = logging(&[], TABLES);
    source.execute("insert into t values (1, 'a', 'x', 1)");
    let mut copy = Copy::default();
    copy.round(&source, &["t", "u"]).await;
    source.execute("insert into t values (2, 'b', null, null); flush binary logs; flush binary logs");
    // One of the two goes on in time.
    copy.round(&source, &["u"]).await;
    assert_eq!(copy.units, 1, "a table in which nothing happens goes on, too, when files end");
    purge(&source, "binlog.000003");
    source.execute("insert into u values ('a', 1)");
    let said = copy.round(&source, &["t", "u"]).await;
    assert_eq!(said, ["all of `t` is read again: the server has not kept its log since it was last read"]);
    copy.assert_same(&source, &["t", "u"]).await;
    // Begun anew: the same names, other content.
    source.execute("insert into t values (3, 'b', null, null)");
    copy.round(&source, &["t", "u"]).await;
    let begun = source.query("select unix_timestamp()")[0].parse::<u64>().unwrap();
    while source.query("select unix_timestamp()")[0].parse::<u64>().unwrap() <= begun {
        tokio::task::yield_now().await;
    }
    source.execute(
        "delete from t where id = 1; reset master; flush binary logs; flush binary logs; delete from t where id = 2",
    );
    let said = copy.round(&source, &["t", "u"]).await.join("; ");
    assert!(said.contains("all of `t` is read again: the server has "), "{said}");
    copy.assert_same(&source, &["t", "u"]).await;
    // The file of the same name has grown: where its predecessor was read to is the midst of an event.
    source.execute("flush binary logs; insert into t values (5, 'b', null, null)");
    copy.round(&source, &["t", "u"]).await;
    let begun = source.query("select unix_timestamp()")[0].parse::<u64>().unwrap();
    while source.query("select unix_timestamp()")[0].parse::<u64>().unwrap() <= begun {
        tokio::task::yield_now().await;
    }
    source.execute(
        "delete from t where id = 5; reset master; flush binary logs; flush binary logs; flush binary logs;
         insert into t values (6, 'b', repeat('x', 5000), null)",
    );
    let said = copy.round(&source, &["t", "u"]).await.join("; ");
    assert!(said.contains("all of `t` is read again: the server has begun its log anew"), "{said}");
    copy.assert_same(&source, &["t", "u"]).await;
    // Another server has other places.
    source.execute("set global server_id = 2; insert into t values (4, null, null, null)");
    let said = copy.round(&source, &["t", "u"]).await.join("; ");
    assert!(said.contains("all of `t` is read again: it is another server"), "{said}");
    copy.assert_same(&source, &["t", "u"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_fits_comes_in_rounds_or_is_read_again() {
    let source = logging(&[], TABLES);
    let mut copy = Copy { memory_bytes: Some(20_000), ..Copy::default() };
    copy.round(&source, &["t", "u"]).await;
    for first in [1, 101, 201, 301, 401] {
        source.execute(&format!(
            "insert into t select seq, 'x', repeat('x', 100), 1 from seq_{first}_to_{}; insert into u values ('{first}', 1)",
            first + 99
        ));
    }
    let mut rounds = 0;
    loop {
        let said = copy.round(&source, &["t", "u"]).await;
        assert!(said.is_empty(), "{said:?}");
        rounds += 1;
        if !copy.has_more {
            break;
        }
    }
    assert!(rounds > 2, "{rounds}");
    copy.assert_same(&source, &["t", "u"]).await;
    source.execute(
        "insert into u values ('z', 1); insert into t select seq, 'x', repeat('x', 100), 1 from seq_1000_to_3000",
    );
    let said = copy.round(&source, &["t", "u"]).await;
    assert_eq!(said, ["all of `t` is read again: one of its transactions changes more rows than the memory holds"]);
    copy.assert_same(&source, &["t", "u"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_events_are_unpacked() {
    let source = logging(&["--log-bin-compress=ON", "--log-bin-compress-min-len=10"], TABLES);
    let mut copy = Copy::default();
    copy.round(&source, &["t"]).await;
    source.execute(
        "insert into t select seq, 'x', repeat('x', 1000), 1 from seq_1_to_1000; update t set n = 2; \
                    delete from t where id > 10; alter table t add index by_a_long_name_that_is_compressed (n)",
    );
    let said = copy.round(&source, &["t"]).await;
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(copy.rows("t").len(), 10);
    copy.assert_same(&source, &["t"]).await;
    source.execute("truncate table t /* some more text, so that it is long enough to be compressed by the server */");
    copy.round(&source, &["t"]).await;
    copy.assert_same(&source, &["t"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sessions_log_otherwise_is_not_lost() {
    let source = logging(&[], TABLES);
    source.execute("insert into t values (1, 'a', 'x', 1), (2, 'b', 'y', 2)");
    let mut copy = Copy::default();
    copy.round(&source, &["t", "u"]).await;
    source.execute(
        "set session binlog_row_image = 'MINIMAL'; update t set n = 7 where id = 1; delete from t where id = 2",
    );
    let said = copy.round(&source, &["t", "u"]).await;
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(copy.left_out, 2, "two values did not change and were not sent");
    for (statement, reason) in [
        ("set session binlog_row_image = 'MINIMAL'; insert into t(id) values (3)", "leaves values out"),
        ("set session binlog_format = 'STATEMENT'; update t set n = n + 1 where id = 1", "its definition was changed"),
        ("xa start 'x'; insert into t(id) values (9); xa end 'x'; xa prepare 'x'; xa commit 'x'", "was prepared"),
        ("begin; insert into t(id) values (10); commit", ""),
    ] {
        source.execute(statement);
        let said = copy.round(&source, &["t", "u"]).await.join("; ");
        assert!(said.contains(reason) && said.is_empty() == reason.is_empty(), "{statement}: {said}");
        if !reason.is_empty() {
            copy.assert_same(&source, &["t", "u"]).await;
        }
    }
    copy.assert_same(&source, &["t", "u"]).await;
}
