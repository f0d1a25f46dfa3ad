//! One table whose changes are followed.

use super::log_place::LogPlace;
use super::position::Position;
use super::row_image::LoggedRows;
use super::statement::{Effect, Statement};
use super::table_map::{LoggedColumn, TableMap};
use crate::capture::{Cell, Changes, Row};

/// One table whose changes are followed, from where it was read to.
#[derive(Debug)]
pub(crate) struct FollowedTable {
    database: String,
    name: String,
    /// The columns by which its rows are told apart.
    key: Vec<String>,
    /// Their places among its columns.
    key_places: Vec<usize>,
    /// Where it was read to.
    position: Position,
    /// Whether the log tells the names of columns.
    has_names: bool,
    /// Its columns, as of the rows in `changes`: all that is known of them before the log tells.
    columns: Vec<FollowedColumn>,
    /// Columns came or went, and the log has not told yet how the table looks now.
    is_altered: bool,
    changes: Changes,
    /// Why the changes are of no use, and all of it has to be read.
    reload: Option<String>,
}

/// A transaction is in the log before others see its rows. After so many seconds they do.
const SETTLING_S: u32 = 60;

const NO_NAMES: &str = "its columns were changed, and the log tells no names (`binlog_row_metadata` is not FULL)";

/// A column of a table that is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FollowedColumn {
    pub(crate) name: String,
    /// How its values are written, once the log has told it.
    pub(crate) logged: Option<LoggedColumn>,
}

impl FollowedTable {
    /// A table with nothing of it met so far.
    pub(crate) fn new(database: &str, name: &str, key: Vec<String>, position: Position, has_names: bool) -> Self {
        let columns = remembered(&position);
        let key_places = places(&key, &columns).unwrap_or_default();
        Self {
            database: database.to_owned(),
            name: name.to_owned(),
            key,
            changes: Changes::new(key_places.clone()),
            key_places,
            is_altered: position.is_altered,
            position,
            has_names,
            columns,
            reload: None,
        }
    }

    pub(crate) fn is_called(&self, database: &str, name: &str) -> bool {
        self.database == database && self.name == name
    }

    /// Whether what was written from `place` on is news.
    pub(crate) fn lacks(&self, place: &LogPlace) -> bool {
        *place >= self.position.place
    }

    /// Whether what was written from `place` on may be in the lake already.
    pub(crate) fn may_have(&self, place: &LogPlace) -> bool {
        self.position.copied.as_ref().is_some_and(|copied| place < copied)
    }

    /// Whether what was written from `place` on, and committed then, certainly is.
    fn has(&self, place: &LogPlace, committed_s: u32) -> bool {
        let copied_at_s = self.position.copied_at_s;
        self.may_have(place) && copied_at_s.is_some_and(|at_s| committed_s.saturating_add(SETTLING_S) <= at_s)
    }

    /// Where it was read to.
    pub(crate) fn position(&self) -> &Position {
        &self.position
    }

    /// What happened, folded.
    pub(crate) fn changes(&self) -> &Changes {
        &self.changes
    }

    /// What the table looked like at the end.
    pub(crate) fn columns(&self) -> &[FollowedColumn] {
        &self.columns
    }

    /// Whether columns came or went that its rows have not told of yet.
    pub(crate) fn is_altered(&self) -> bool {
        self.is_altered
    }

    /// Why all of the table has to be read, if it has.
    pub(crate) fn reload(&self) -> Option<&str> {
        self.reload.as_deref()
    }

    /// Memory held, about.
    pub(crate) fn size_bytes(&self) -> usize {
        self.changes.size_bytes()
    }

    /// Gives the changes up: all of the table has to be read.
    pub(crate) fn give_up(&mut self, reason: impl Into<String>) {
        if self.reload.is_none() {
            self.reload = Some(reason.into());
        }
        self.changes = Changes::new(Vec::new());
    }

    /// Something that was written from `place` on may have changed it without a word in the log, with a transaction of that
    /// time: a copy of long after it has it.
    pub(crate) fn reach(&mut self, reason: &str, place: &LogPlace, committed_s: u32) {
        if self.lacks(place) && !self.has(place, committed_s) {
            self.give_up(reason);
        }
    }

    /// What was written up to `place`, with a transaction of that time, does not tell what became of its rows.
    pub(crate) fn doubt(&mut self, reason: &str, place: &LogPlace, committed_s: u32) {
        if !self.lacks(place) || self.reload.is_some() {
            return;
        }
        if self.has(place, committed_s) {
            // The copy came later, and has whatever became of them.
            self.forget();
        } else {
            self.give_up(reason);
        }
    }

    /// Takes a statement that was written from `place` on, at a time in microseconds since 1970 by the server's clock.
    pub(crate) fn say(&mut self, statement: &Statement<'_>, place: &LogPlace, time_us: Option<i64>) {
        let effect = statement.effect(&self.database, &self.name);
        if effect == Effect::None || self.reload.is_some() || !self.lacks(place) {
            return;
        }
        if self.may_have(place) {
            // A table is not redefined while somebody has yet to commit rows of it: the copy has all that came before.
            return self.forget();
        }
        match effect {
            Effect::None => {}
            Effect::Truncated => {
                self.changes.committed_at(time_us);
                self.changes.truncate();
            }
            Effect::Columns if !self.has_names => self.give_up(NO_NAMES),
            Effect::Columns if !self.is_altered => self.is_altered = true,
            Effect::Columns => self.give_up("its columns were changed more than once since it was last read"),
            Effect::Rewritten => self.give_up("its definition was changed in a way that its log does not tell"),
        }
    }

    /// Begins again with what the copy looked like.
    fn forget(&mut self) {
        self.is_altered = self.position.is_altered;
        self.columns = remembered(&self.position);
        self.key_places = places(&self.key, &self.columns).unwrap_or_default();
        self.changes = Changes::new(self.key_places.clone());
    }

    /// Takes rows that were written from `place` on, at a time in microseconds since 1970 by the server's clock.
    pub(crate) fn take(&mut self, map: &TableMap, rows: &LoggedRows, place: &LogPlace, time_us: Option<i64>) {
        if self.reload.is_some() || !self.lacks(place) {
            return;
        }
        if let Err(reason) = self.tell(map) {
            // Rows of another shape are from before the copy.
            return if self.may_have(place) { self.forget() } else { self.give_up(reason) };
        }
        let Some(images) = rows.images(&map.columns) else {
            return self.give_up("its log has rows of other columns than it says");
        };
        self.changes.committed_at(time_us);
        for images in images {
            if let Err(misfit) = self.take_row(images) {
                return self.give_up(format!("a change of it {misfit}"));
            }
        }
    }

    fn take_row(&mut self, images: (Option<Row>, Option<Row>)) -> Result<(), &'static str> {
        match images {
            (None, Some(row)) if row.contains(&Cell::Unchanged) => {
                Err("leaves values out: somebody set another `binlog_row_image`")
            }
            (None, Some(row)) => self.changes.insert(row),
            (Some(old), Some(mut row)) => {
                if self.key_places.iter().any(|place| old.get(*place) == Some(&Cell::Unchanged)) {
                    return Err("does not say which row it is of");
                }
                for (value, old) in row.iter_mut().zip(&old) {
                    if *value == Cell::Unchanged {
                        value.clone_from(old);
                    }
                }
                self.changes.update(Some(&old), row)
            }
            (Some(old), None) => self.changes.delete(&old),
            (None, None) => Ok(()),
        }
    }

    /// Whether the log tells of the columns that are known, in the way that is known.
    fn is_as_told(&self, map: &TableMap) -> bool {
        let has_name = |(place, column): (usize, &FollowedColumn)| {
            map.names.as_ref().is_none_or(|names| names.get(place) == Some(&column.name))
        };
        !self.is_altered
            && self.columns.len() == map.columns.len()
            && self.columns.iter().zip(&map.columns).all(|(known, told)| known.logged.as_ref() == Some(told))
            && self.columns.iter().enumerate().all(has_name)
    }

    /// The table looks like this from here on.
    fn tell(&mut self, map: &TableMap) -> Result<(), String> {
        // Each change of rows comes with a map: nearly always the same.
        if self.is_as_told(map) {
            return Ok(());
        }
        let told = self.told(map)?;
        if told == self.columns && !self.is_altered {
            return Ok(());
        }
        for column in &told {
            let known = self.columns.iter().find(|known| known.name == column.name);
            let logged = |column: &FollowedColumn| column.logged.map(|logged| logged.logged);
            match known {
                Some(known) if known.logged.is_some() && logged(known) != logged(column) => {
                    return Err(format!("its column `{}` has another type now", column.name));
                }
                Some(_) => {}
                None if column.logged.is_some_and(|logged| logged.is_nullable) => {}
                None => {
                    return Err(format!("its column `{}` is new and has values in rows that were there", column.name));
                }
            }
        }
        let Some(places) = places(&self.key, &told) else {
            let is_missing = |name: &&String| !told.iter().any(|column| column.name == **name);
            let missing = self.key.iter().find(is_missing).cloned().unwrap_or_default();
            return Err(format!("its key column `{missing}` is no longer there"));
        };
        let from = told.iter().map(|column| self.columns.iter().position(|known| known.name == column.name));
        let from: Vec<Option<usize>> = from.collect();
        self.key_places.clone_from(&places);
        self.changes.reshape(&from, places);
        self.columns = told;
        self.is_altered = false;
        Ok(())
    }

    /// The columns as the log tells them: without names it is the columns that are known.
    fn told(&self, map: &TableMap) -> Result<Vec<FollowedColumn>, String> {
        let names: Vec<&String> = match &map.names {
            Some(names) => names.iter().collect(),
            None if self.is_altered => {
                return Err(NO_NAMES.to_owned());
            }
            None => self.columns.iter().map(|column| &column.name).collect(),
        };
        if names.len() != map.columns.len() {
            return Err("its log has other columns than those that were there when it was last read".to_owned());
        }
        let columns = names.into_iter().zip(&map.columns);
        Ok(columns.map(|(name, logged)| FollowedColumn { name: name.clone(), logged: Some(*logged) }).collect())
    }
}

fn remembered(position: &Position) -> Vec<FollowedColumn> {
    let columns = position.columns.iter();
    columns.map(|column| FollowedColumn { name: column.name.clone(), logged: None }).collect()
}

/// Where the key is among a table's columns; `None` if it is not.
fn places(key: &[String], columns: &[FollowedColumn]) -> Option<Vec<usize>> {
    key.iter().map(|name| columns.iter().position(|column| column.name == *name)).collect()
}
