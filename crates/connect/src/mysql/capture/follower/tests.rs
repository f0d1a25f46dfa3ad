//! What no test against a server can bring about: another server's logs, and logs that end in the midst of something.

use super::*;
use crate::capture::Fate;
use crate::mysql::capture::position::{KnownColumn, Position};

fn place(file: &str, offset: u64) -> LogPlace {
    LogPlace::new(format!("log.{file}"), offset)
}

fn column(name: &str) -> KnownColumn {
    KnownColumn { name: name.to_owned(), source_type: "tinyint".to_owned(), character_set: None }
}

/// A table `app.t` of two columns of one byte each, that was read up to there, in a log that is read from `from`.
fn follower(from: u64, since: u64, copied: Option<LogPlace>) -> Follower {
    // The events of these logs are of the second 7.
    follower_of(from, since, copied, 67)
}

/// One that was copied at that time.
fn follower_of(from: u64, since: u64, copied: Option<LogPlace>, copied_at_s: u32) -> Follower {
    let copied_at_s = copied.as_ref().map(|_| copied_at_s);
    let since = place("000001", since);
    let columns = vec![column("id"), column("n")];
    let position =
        Position { server: "1".to_owned(), place: since, copied, copied_at_s, begun: 100, columns, is_altered: false };
    let table = FollowedTable::new("app", "t", vec!["id".to_owned()], position, false);
    Follower::new(vec![table], Vec::new(), place("000001", from))
}

/// What happens in a log, with the places at which its events end.
struct Log {
    follower: Follower,
    end: u32,
}

impl Log {
    fn new(follower: Follower, offset: u32) -> Self {
        let mut log = Self { follower, end: offset };
        log.file("000001", u64::from(offset), 100);
        log
    }

    fn file(&mut self, name: &str, offset: u64, begun: u32) {
        let event = [&offset.to_le_bytes()[..], format!("log.{name}").as_bytes()].concat();
        self.follower.take(Header { code: 4, ..Header::default() }, &event).unwrap();
        self.follower.take(Header { code: 15, time_s: begun, end: 0 }, &[]).unwrap();
        self.end = u32::try_from(offset).unwrap();
    }

    fn event(&mut self, code: u8, data: &[u8]) {
        self.end += 10;
        self.follower.take(Header { code, time_s: 7, end: self.end }, data).unwrap();
    }

    fn say(&mut self, statement: &str) {
        let event = [&[0; 8][..], &[3, 0, 0, 0, 0], b"app\0", statement.as_bytes()].concat();
        self.event(2, &event);
    }

    /// Rows of one byte for each of `width` columns.
    fn insert(&mut self, width: u8, row: &[u8]) {
        let types: Vec<u8> = vec![1; usize::from(width)];
        let map = [&[9, 0, 0, 0, 0, 0, 0, 0][..], b"\x03app\0\x01t\0", &[width], &types, &[0, 0xFF]].concat();
        self.event(19, &map);
        let rows = [&[9, 0, 0, 0, 0, 0, 0, 0, width, 0xFF, 0][..], row].concat();
        self.event(23, &rows);
    }

    fn transaction(&mut self, row: &[u8]) {
        self.say("BEGIN");
        self.insert(2, row);
        self.event(16, &[]);
    }

    /// The rows, or why the table has to be read.
    fn rows(self) -> Vec<String> {
        let table = self.follower.into_tables().remove(0);
        if let Some(reason) = table.reload() {
            return vec![format!("reload: {reason}")];
        }
        let fates = table.changes().fates().map(|(_, fate)| match fate {
            Fate::Row { row, .. } => {
                row.iter().filter_map(|cell| Some(cell.text()?[0].to_string())).collect::<Vec<_>>().join(" ")
            }
            Fate::Gone => "gone".to_owned(),
        });
        fates.collect()
    }
}

#[test]
fn a_transaction_is_taken_once_and_whole() {
    let mut log = Log::new(follower(4, 40, None), 4);
    log.transaction(&[1, 1]);
    assert_eq!(*log.follower.read_to(), place("000001", 44));
    log.say("BEGIN");
    log.insert(2, &[2, 2]);
    assert!(!log.follower.is_between_transactions());
    assert_eq!(*log.follower.read_to(), place("000001", 44));
    log.event(16, &[]);
    assert_eq!(*log.follower.read_to(), place("000001", 84));
    assert_eq!(log.rows(), ["2 2"]);
}

#[test]
fn a_transaction_that_was_broken_off_does_not_count() {
    let mut log = Log::new(follower(4, 4, None), 4);
    log.transaction(&[1, 1]);
    log.say("BEGIN");
    log.insert(2, &[2, 2]);
    log.file("000002", 4, 200);
    assert!(log.follower.is_between_transactions());
    assert_eq!((log.follower.read_to(), log.follower.begun()), (&place("000002", 4), Some(200)));
    assert_eq!(log.rows(), ["reload: the server broke off a transaction of it"]);
}

#[test]
fn a_log_that_was_begun_anew_is_another() {
    let mut log = Log::new(follower(44, 44, None), 44);
    assert!(!log.follower.is_lost());
    log.file("000001", 44, 101);
    assert!(log.follower.is_lost(), "the place may be in the midst of an event");
    assert_eq!(log.rows(), ["reload: the server has begun its log anew since it was last read"]);
}

#[test]
fn what_the_copy_may_have_alters_nothing() {
    // MySQL: the copy is of some moment behind 84; the table was altered before.
    let mut log = Log::new(follower(4, 4, Some(place("000001", 134))), 4);
    log.say("BEGIN");
    log.insert(3, &[1, 1, 1]);
    log.event(16, &[]);
    log.say("ALTER TABLE t DROP COLUMN a, MODIFY n tinyint");
    log.transaction(&[2, 2]);
    log.transaction(&[2, 3]);
    assert!(*log.follower.read_to() >= place("000001", 134));
    log.transaction(&[3, 3]);
    assert_eq!(log.rows(), ["2 3", "3 3"]);
    // So was what nobody can tell.
    let mut log = Log::new(follower(4, 4, Some(place("000001", 84))), 4);
    log.say("BEGIN");
    log.insert(2, &[2, 2]);
    log.say("ROLLBACK");
    log.say("XA COMMIT X'61',X'',1");
    log.event(26, &[1, 0]);
    log.end = 80;
    log.transaction(&[3, 3]);
    assert_eq!(log.rows(), ["3 3"]);
    // Behind it, it is a change like any other.
    let mut log = Log::new(follower(14, 4, Some(place("000001", 14))), 14);
    log.say("ALTER TABLE t MODIFY n tinyint");
    assert_eq!(log.rows(), ["reload: its definition was changed in a way that its log does not tell"]);
}

#[test]
fn a_packed_transaction_ends_where_its_pack_does() {
    let mut log = Log::new(follower(4, 4, None), 4);
    log.event(33, &[0; 42]);
    log.event(40, &[]);
    let end = log.end;
    assert!(!log.follower.is_between_transactions());
    log.end = 0;
    log.transaction(&[1, 1]);
    assert_eq!(*log.follower.read_to(), place("000001", u64::from(end)));
    assert_eq!(log.rows(), ["1 1"]);
    // One that cannot be unpacked is not passed over.
    let mut log = Log::new(follower(4, 4, None), 4);
    log.event(40, &[]);
    assert_eq!(log.follower.take(Header { code: 33, time_s: 7, end: 100 }, &[0; 42]), Err(Garbled));
}

#[test]
fn what_cannot_be_told_is_read() {
    let reason = |happening: fn(&mut Log)| {
        let mut log = Log::new(follower(4, 4, None), 4);
        log.transaction(&[1, 1]);
        happening(&mut log);
        log.rows().remove(0)
    };
    assert_eq!(reason(|log| log.event(26, &[1, 0])), "reload: the server says that its log may lack something");
    assert_eq!(
        reason(|log| log.say("XA COMMIT X'61',X'',1")),
        "reload: a transaction was committed that had been prepared before"
    );
    let prepared = reason(|log| {
        log.say("XA START X'61',X'',1");
        log.insert(2, &[2, 2]);
        log.say("XA END X'61',X'',1");
        log.event(38, &[]);
    });
    assert!(prepared.starts_with("reload: a transaction of it was prepared"), "{prepared}");
    let partial = reason(|log| {
        log.say("BEGIN");
        log.insert(2, &[2, 2]);
        log.event(39, &[9, 0, 0, 0, 0, 0]);
    });
    assert!(partial.contains("binlog_row_value_options"), "{partial}");
    let taken_back = reason(|log| {
        log.say("BEGIN");
        log.insert(2, &[2, 2]);
        log.say("ROLLBACK");
    });
    assert_eq!(taken_back, "reload: a transaction of it was taken back in part");
    let wider = reason(|log| {
        log.say("BEGIN");
        log.insert(3, &[2, 2, 2]);
    });
    assert!(wider.contains("other columns than those"), "{wider}");
}

#[test]
fn places_beyond_four_gigabytes_are_not_told() {
    let mut log = Log::new(follower(4, 4, None), 4);
    log.end = u32::MAX - 100;
    log.transaction(&[1, 1]);
    let told = log.follower.read_to().clone();
    log.end = 50;
    log.transaction(&[2, 2]);
    assert_eq!(*log.follower.read_to(), told);
    log.file("000002", 4, 200);
    assert_eq!(*log.follower.read_to(), place("000002", 4));
    assert_eq!(log.rows(), ["1 1", "2 2"]);
}

#[test]
fn what_comes_first_in_a_file_comes_behind_its_head() {
    // A copy of a server whose log had no transaction yet: what ends at 157 says which were in the files before.
    let mut log = Log::new(follower(4, 4, Some(place("000001", 157))), 4);
    log.end = 147;
    log.event(35, &[]);
    assert_eq!(*log.follower.read_to(), place("000001", 157));
    log.event(33, &[0; 42]);
    assert_eq!(*log.follower.read_to(), place("000001", 157));
    log.say("TRUNCATE t");
    assert!(log.follower.into_tables()[0].changes().is_truncated());
    // MariaDB: the place of a copy is told, and there were files before.
    let mut log = Log::new(follower(4, 157, None), 4);
    log.end = 147;
    log.event(163, &[]);
    log.transaction(&[1, 1]);
    assert_eq!(log.rows(), ["1 1"]);
    // A transaction that the server broke off behind its number has none of what comes next.
    let mut log = Log::new(follower(4, 4, None), 4);
    log.event(33, &[0; 42]);
    log.file("000002", 4, 200);
    log.event(35, &[]);
    assert_eq!(*log.follower.read_to(), place("000002", 14));
}

#[test]
fn what_does_not_fit_is_left_out_where_the_copy_has_it() {
    // Within a transaction.
    let mut log = Log::new(follower(4, 4, Some(place("000001", 84))), 4);
    log.say("BEGIN");
    log.insert(2, &[1, 1]);
    log.follower.give_up_largest();
    log.insert(2, &[2, 2]);
    log.event(16, &[]);
    assert_eq!(log.rows(), ["2 2"]);
    let mut log = Log::new(follower(4, 4, None), 4);
    log.say("BEGIN");
    log.insert(2, &[1, 1]);
    log.follower.give_up_largest();
    assert_eq!(log.rows(), ["reload: one of its transactions changes more rows than the memory holds"]);
    // Between two of them: half a replay would be a table as it never was.
    let mut log = Log::new(follower(4, 4, Some(place("000001", 84))), 4);
    log.transaction(&[1, 1]);
    log.follower.leave_replays();
    assert!(log.follower.tables[0].changes().is_empty());
    log.transaction(&[2, 2]);
    log.follower.leave_replays();
    assert_eq!(log.rows(), ["2 2"]);
}

#[test]
fn a_copy_need_not_have_what_was_committed_just_before() {
    let rows = |copied_at_s, committed_s: u64| {
        let mut log = Log::new(follower_of(4, 4, Some(place("000001", 999)), copied_at_s), 4);
        let micros = (committed_s * 1_000_000).to_le_bytes();
        log.event(33, &[&[0; 42], &micros[..7]].concat());
        log.say("BEGIN");
        log.insert(2, &[2, 2]);
        log.say("ROLLBACK");
        log.transaction(&[3, 3]);
        log.rows()
    };
    let doubtful = ["reload: a transaction of it was taken back in part"];
    assert_eq!(rows(67, 7), ["3 3"]);
    assert_eq!(rows(66, 7), doubtful);
    // Its last statement began long before it was committed.
    assert_eq!(rows(67, 8), doubtful);
    // What changes it without a word.
    let reached = |copied_at_s| {
        let mut follower = follower_of(4, 4, Some(place("000001", 999)), copied_at_s);
        follower.tables[0].reach("a parent", &place("000001", 4), 7);
        follower.tables[0].reload().map(str::to_owned)
    };
    assert_eq!((reached(67), reached(66)), (None, Some("a parent".to_owned())));
}
