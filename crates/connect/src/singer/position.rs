//! What the commits of a connection's tables remember, and where a tap goes on.
//!
//! A tap has one STATE for all of its streams, and each table is committed by itself. So each commit says of which round it is,
//! which tables had rows in the rounds since the last one that all tables are known to have (the *floor*), and the STATE of both.
//! Whether the newest round is complete can be told from the positions alone: if a table that had rows in it is behind, the tap
//! goes on from the floor, and what the others landed since is replaced by what comes again. Tables that had no rows need no
//! commit of their own, so nothing downstream is made again for them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ConnectError, FedTable, PositionKey};

/// A STATE behind a round.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) round: u64,
    /// Sealed; `None` where the tap has said nothing.
    pub(crate) state: Option<String>,
}

/// What a commit of one table remembers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The last round of which the table has all rows.
    #[serde(flatten)]
    pub(crate) at: Mark,
    /// The last round that all tables had when this one began.
    pub(crate) floor: Mark,
    /// In which round after the floor each table had rows last.
    pub(crate) with: BTreeMap<String, u64>,
    /// The batches of the table that it landed after the floor, by their rounds.
    pub(crate) batches: Vec<(u64, String)>,
    /// The version of the stream that is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<i64>,
}

impl Position {
    pub(crate) fn parse(value: &Value) -> Option<Self> {
        serde_json::from_value(value.clone()).ok()
    }

    pub(crate) fn to_value(&self) -> Option<Value> {
        serde_json::to_value(self).ok()
    }
}

/// Where a tap goes on.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Resume {
    /// What it is given; `None`: it begins anew.
    pub(crate) state: Option<Value>,
    pub(crate) floor: Mark,
    /// The number of the next round.
    pub(crate) next_round: u64,
    /// Tables that are behind or ahead of the floor and have not been set right by this run, with the round to remember them by.
    pub(crate) owed: BTreeMap<String, u64>,
    /// Of each table, the batches that what comes again replaces.
    pub(crate) stale: BTreeMap<String, Vec<String>>,
    /// Of each table, the version that is active.
    pub(crate) versions: BTreeMap<String, i64>,
}

impl Resume {
    /// From the positions of all tables of a connection. `initial` is what a tap is given that never ran here.
    pub(crate) fn of(
        tables: &[FedTable],
        key: Option<&PositionKey>,
        initial: Option<Value>,
    ) -> Result<Self, ConnectError> {
        let counted = tables.iter().filter(|table| !table.is_full);
        let known: BTreeMap<&str, Position> = counted
            .filter_map(|table| Some((table.from.as_str(), Position::parse(table.position.as_ref()?)?)))
            .collect();
        let newest = known.values().max_by_key(|position| position.at.round);
        let Some(newest) = newest else {
            return Ok(Self { state: initial, next_round: 1, ..Self::default() });
        };
        let is_counted = |name: &str| tables.iter().any(|table| table.from == name && !table.is_full && !table.anew);
        let round_of = |name: &str| known.get(name).map_or(0, |position| position.at.round);
        let behind = |(name, round): &(&String, &u64)| is_counted(name) && round_of(name) < **round;
        let is_behind = newest.with.iter().any(|entry| behind(&entry));
        let floor = if is_behind { newest.floor.clone() } else { newest.at.clone() };
        let next_round = newest.at.round + 1;
        let mut resume = Self { floor: floor.clone(), next_round, ..Self::default() };
        for (name, position) in &known {
            let later = position.batches.iter().filter(|(round, _)| *round > floor.round);
            let later: Vec<String> = later.map(|(_, batch)| batch.clone()).collect();
            if !later.is_empty() && is_counted(name) {
                resume.owed.insert((*name).to_owned(), next_round);
                resume.stale.insert((*name).to_owned(), later);
            }
            resume.versions.extend(position.version.map(|version| ((*name).to_owned(), version)));
        }
        if is_behind {
            resume.owed.extend(newest.with.iter().filter(behind).map(|(name, _)| (name.clone(), next_round)));
        }
        let sealed = floor.state.as_deref();
        let opened = sealed.map(|sealed| open(sealed, key, tables)).transpose()?;
        resume.state = without(opened, tables, &known)?;
        if tables.iter().filter(|table| !table.is_full).all(|table| table.anew) {
            resume.state = None;
            (resume.owed, resume.stale) = Default::default();
        }
        Ok(resume)
    }
}

fn open(sealed: &str, key: Option<&PositionKey>, tables: &[FedTable]) -> Result<Value, ConnectError> {
    let from = tables.first().map_or_else(String::new, |table| table.from.clone());
    let key = key.ok_or_else(|| ConnectError::no_position_key(&from))?;
    let text = key.open(sealed).ok_or_else(|| ConnectError::Request {
        from: from.clone(),
        reason: "the STATE in the table's last commit was sealed with another key of the environment".to_owned(),
        advice:
            "put the environment's key file back, or begin anew with `--full-refresh` for all tables of the connection"
                .to_owned(),
    })?;
    serde_json::from_slice(&text).map_err(|_| ConnectError::Request {
        from,
        reason: "the STATE in the table's last commit cannot be read".to_owned(),
        advice: "begin anew with `--full-refresh` for all tables of the connection".to_owned(),
    })
}

/// The STATE without what it says of tables that begin anew: those that nobody has, and those that are read whole each time.
/// What bookmarks stand under is the tap's own; by convention it is `bookmarks`, by stream.
fn without(
    state: Option<Value>,
    tables: &[FedTable],
    known: &BTreeMap<&str, Position>,
) -> Result<Option<Value>, ConnectError> {
    let Some(mut state) = state else { return Ok(None) };
    let begins = |table: &&FedTable| table.is_full || table.anew || !known.contains_key(table.from.as_str());
    let beginning: Vec<&FedTable> = tables.iter().filter(begins).collect();
    if let Some(bookmarks) = state.get_mut("bookmarks").and_then(Value::as_object_mut) {
        for table in beginning {
            let _ = bookmarks.remove(&table.from);
        }
        return Ok(Some(state));
    }
    let others = tables.iter().any(|table| !table.is_full && !table.anew);
    match beginning.iter().find(|table| table.anew && !table.is_full && others) {
        Some(table) => Err(ConnectError::Request {
            from: table.from.clone(),
            reason: "its tap keeps one STATE for all streams, which cannot be taken apart, so that it cannot begin anew alone"
                .to_owned(),
            advice: "load all tables of the connection again with `--full-refresh`".to_owned(),
        }),
        None => Ok(Some(state)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Settings;

    fn key() -> PositionKey {
        PositionKey::new([7; 32])
    }

    fn mark(round: u64) -> Mark {
        let state = key().seal(json!({"bookmarks": {"a": round, "b": round}}).to_string().as_bytes());
        Mark { round, state: (round > 0).then_some(state) }
    }

    fn at(round: u64, floor: u64, with: &[(&str, u64)], batches: &[(u64, &str)]) -> Position {
        Position {
            at: mark(round),
            floor: mark(floor),
            with: with.iter().map(|(name, round)| ((*name).to_owned(), *round)).collect(),
            batches: batches.iter().map(|(round, batch)| (*round, (*batch).to_owned())).collect(),
            version: None,
        }
    }

    fn table(from: &str, position: Option<Position>) -> FedTable {
        FedTable {
            from: from.to_owned(),
            options: Settings::default(),
            is_full: false,
            is_keyed: false,
            cursor: None,
            position: position.and_then(|position| position.to_value()),
            anew: false,
            is_read: true,
        }
    }

    fn resume(tables: &[FedTable]) -> Resume {
        Resume::of(tables, Some(&key()), Some(json!("initial"))).unwrap()
    }

    #[test]
    fn a_complete_round_is_gone_on_from_and_a_quiet_table_needs_no_commit() {
        let both = [
            table("a", Some(at(3, 2, &[("a", 3), ("b", 3)], &[(3, "a3")]))),
            table("b", Some(at(3, 2, &[("a", 3), ("b", 3)], &[(3, "b3")]))),
        ];
        let found = resume(&both);
        assert_eq!((found.floor.round, found.next_round, found.stale.len(), found.owed.len()), (3, 4, 0, 0));
        assert_eq!(found.state, Some(json!({"bookmarks": {"a": 3, "b": 3}})));
        let quiet =
            [table("a", Some(at(5, 4, &[("a", 5)], &[(5, "a5")]))), table("b", Some(at(3, 2, &[("b", 3)], &[])))];
        assert_eq!(resume(&quiet).floor.round, 5);
        assert_eq!(resume(&[table("a", None)]).state, Some(json!("initial")));
    }

    #[test]
    fn after_a_crash_between_two_commits_the_one_ahead_is_replaced() {
        let with = [("a", 4), ("b", 4)];
        let torn =
            [table("a", Some(at(4, 3, &with, &[(4, "a4")]))), table("b", Some(at(3, 2, &[("b", 3)], &[(3, "b3")])))];
        let found = resume(&torn);
        assert_eq!((found.floor.round, found.next_round), (3, 5));
        assert_eq!(found.state, Some(json!({"bookmarks": {"a": 3, "b": 3}})));
        assert_eq!(found.stale, BTreeMap::from([("a".to_owned(), vec!["a4".to_owned()])]));
        assert_eq!(found.owed.keys().collect::<Vec<_>>(), ["a", "b"]);
        // Rows that landed in the middle of a round that nobody completed.
        let torn = [table("a", Some(at(3, 2, &[("a", 3)], &[(3, "a3"), (4, "a4")]))), table("b", None)];
        assert_eq!(resume(&torn).stale["a"], ["a4"]);
    }

    #[test]
    fn a_table_that_begins_anew_has_no_bookmark() {
        let mut tables = [table("a", Some(at(3, 2, &[("a", 3)], &[]))), table("b", Some(at(3, 2, &[("a", 3)], &[])))];
        tables[1].anew = true;
        assert_eq!(resume(&tables).state, Some(json!({"bookmarks": {"a": 3}})));
        tables[0].anew = true;
        assert_eq!(resume(&tables).state, None);
        let tables = [table("a", Some(at(3, 2, &[("a", 3)], &[]))), table("b", None)];
        assert_eq!(resume(&tables).state, Some(json!({"bookmarks": {"a": 3}})));
    }
}
