//! Foreign keys by which a change of one table changes another, of which the log says nothing.
//!
//! `on delete cascade` and its like are carried out by InnoDB, below the log: it has the row that was deleted, and not those that
//! went with it. So the tables that are referred to are watched, and what they may have changed is read again.

use std::collections::{HashSet, VecDeque};

use super::row_image::{LoggedRows, RowChange};
use super::statement::{Effect, Statement};
use super::table_map::TableMap;
use super::token::{Token, tokens};
use crate::ConnectError;
use crate::capture::{Cell, Row};
use crate::mysql::catalog::{Table, quoted, tables};
use crate::mysql::failure::failed;
use crate::mysql::server::Server;
use crate::mysql::session::Session;

/// No right to the database or table; no such database or table.
const NOT_TO_BE_SEEN: [u16; 4] = [1044, 1142, 1049, 1146];

/// A table whose changes may change others.
#[derive(Debug)]
pub(crate) struct Parent {
    database: String,
    name: String,
    /// Its columns in order, as far as this login may know.
    columns: Option<Vec<String>>,
    /// Its columns may have been others in the meantime.
    is_altered: bool,
    children: Vec<Child>,
}

/// A table that it may change.
#[derive(Debug)]
struct Child {
    /// Its place among those that are followed.
    place: usize,
    on_delete: bool,
    /// The columns of the parent of which a change changes it.
    on_update: Vec<String>,
}

/// A foreign key that changes rows.
#[derive(Debug, PartialEq, Eq)]
struct Reference {
    database: String,
    table: String,
    columns: Vec<String>,
    on_delete: bool,
    on_update: bool,
}

impl Parent {
    /// The tables whose changes may change one of `followed`, at once or by way of others.
    pub(crate) async fn of(
        server: &Server,
        session: &mut Session,
        followed: &[&Table],
    ) -> Result<Vec<Self>, ConnectError> {
        let mut parents: Vec<Self> = Vec::new();
        for (place, table) in followed.iter().enumerate() {
            // A table, and whether its rows' going and changing matters.
            let first = (table.database.clone(), table.name.clone(), true, true);
            let mut seen = HashSet::from([first.clone()]);
            let mut waiting = VecDeque::from([first]);
            while let Some((database, name, goes, changes)) = waiting.pop_front() {
                for reference in references_of(server, session, &database, &name).await? {
                    // What goes above takes rows along here, or changes them: `set null`.
                    let on_delete = reference.on_delete && (goes || changes);
                    let on_update = reference.on_update && changes;
                    let of = (reference.database.clone(), reference.table.clone(), on_delete, on_update);
                    if !(on_delete || on_update) {
                        continue;
                    }
                    if seen.insert(of.clone()) {
                        waiting.push_back(of);
                    }
                    let is_known = |parent: &Self| parent.is_called(&reference.database, &reference.table);
                    let known = if let Some(known) = parents.iter().position(is_known) {
                        known
                    } else {
                        parents.push(Self::new(server, session, &reference).await);
                        parents.len() - 1
                    };
                    let on_update = if on_update { reference.columns } else { Vec::new() };
                    parents[known].children.push(Child { place, on_delete, on_update });
                }
            }
        }
        Ok(parents)
    }

    async fn new(server: &Server, session: &mut Session, reference: &Reference) -> Self {
        // What this login may not see is taken as unknown.
        let found = tables(server, session, &reference.database, Some(&reference.table)).await.unwrap_or_default();
        let table = found.into_iter().find(|table| table.hidden.is_empty() && !table.columns.is_empty());
        Self {
            database: reference.database.clone(),
            name: reference.table.clone(),
            columns: table.map(|table| table.columns.into_iter().map(|column| column.name).collect()),
            is_altered: false,
            children: Vec::new(),
        }
    }

    pub(crate) fn is_called(&self, database: &str, name: &str) -> bool {
        self.database.eq_ignore_ascii_case(database) && self.name.eq_ignore_ascii_case(name)
    }

    /// Why what it reached has to be read.
    pub(crate) fn reason(&self) -> String {
        format!(
            "rows of `{}` were changed on which it depends by a foreign key, and the log does not tell what became of it",
            self.name
        )
    }

    /// Takes a statement. Gives the places of the tables of which it cannot be told any more what came to them by this one.
    pub(crate) fn say(&mut self, statement: &Statement<'_>) -> Vec<usize> {
        self.is_altered |= statement.effect(&self.database, &self.name) != Effect::None;
        let is_freed = statement.frees(&self.database, &self.name);
        self.children.iter().filter(|_| is_freed).map(|child| child.place).collect()
    }

    /// The places of the tables that its rows may have changed.
    pub(crate) fn reached(&self, map: &TableMap, rows: &LoggedRows) -> Vec<usize> {
        if rows.ignores_references {
            return Vec::new();
        }
        match rows.change {
            RowChange::Inserted => Vec::new(),
            RowChange::Deleted => {
                self.children.iter().filter(|child| child.on_delete).map(|child| child.place).collect()
            }
            RowChange::Updated if self.children.iter().all(|child| child.on_update.is_empty()) => Vec::new(),
            RowChange::Updated => {
                let known = self.columns.as_ref().filter(|_| !self.is_altered);
                let names = map.names.as_ref().or(known).filter(|names| names.len() == map.columns.len());
                let images = rows.images(&map.columns);
                let is_changed = |column: &String| match (names, &images) {
                    (Some(names), Some(images)) => names
                        .iter()
                        .position(|name| name.eq_ignore_ascii_case(column))
                        .is_none_or(|place| images.iter().any(|(old, new)| differs(old.as_ref(), new.as_ref(), place))),
                    _ => true,
                };
                let reached = self.children.iter().filter(|child| child.on_update.iter().any(is_changed));
                reached.map(|child| child.place).collect()
            }
        }
    }
}

fn differs(old: Option<&Row>, new: Option<&Row>, place: usize) -> bool {
    let cell = |row: Option<&Row>| row.and_then(|row| row.get(place).cloned());
    let new = cell(new);
    new != Some(Cell::Unchanged) && new != cell(old)
}

/// The foreign keys of a table that change its rows, as far as this login may see.
async fn references_of(
    server: &Server,
    session: &mut Session,
    database: &str,
    name: &str,
) -> Result<Vec<Reference>, ConnectError> {
    let sql = format!("show create table {}.{}", quoted(database), quoted(name));
    match create_of(session, &sql).await {
        Ok(create) => Ok(create.map(|create| references(database, &create)).unwrap_or_default()),
        Err(error) if is_not_to_be_seen(&error) => Ok(Vec::new()),
        // That it has no foreign keys is not known: what they do would be passed over for good.
        Err(error) => Err(failed(&server.name, name, &error)),
    }
}

async fn create_of(session: &mut Session, sql: &str) -> Result<Option<String>, mysql_async::Error> {
    let mut rows = session.rows(sql, ()).await?;
    let mut create = None;
    while let Some(row) = rows.next().await? {
        create = create.or_else(|| row.get_opt::<String, _>(1)?.ok());
    }
    Ok(create)
}

/// Whether a table is not there for this login.
fn is_not_to_be_seen(error: &mysql_async::Error) -> bool {
    matches!(error, mysql_async::Error::Server(said) if NOT_TO_BE_SEEN.contains(&said.code))
}

/// The foreign keys in a `create table` of a database that change rows.
fn references(database: &str, create: &str) -> Vec<Reference> {
    let tokens = tokens(create);
    let mut found = Vec::new();
    for (start, _) in tokens.iter().enumerate().filter(|(_, token)| token.is("REFERENCES")) {
        let mut rest = tokens[start + 1..].iter().peekable();
        let mut name = || rest.next().and_then(Token::name).map(str::to_owned);
        let Some(first) = name() else { continue };
        let (database, table) = match rest.next_if(|token| **token == Token::Sign('.')) {
            None => (database.to_owned(), first),
            Some(_) => match rest.next().and_then(Token::name) {
                Some(second) => (first, second.to_owned()),
                None => continue,
            },
        };
        let columns = rest.by_ref().take_while(|token| **token != Token::Sign(')'));
        let columns = columns.filter_map(Token::name).map(str::to_owned).collect();
        let mut rules = [false; 2];
        while rest.next_if(|token| token.is("ON")).is_some() {
            let place = usize::from(rest.next().is_some_and(|token| token.is("UPDATE")));
            // `no action` and `set null` are two words.
            let first = rest.next();
            let _ = rest.next_if(|token| token.is("ACTION") || token.is("NULL") || token.is("DEFAULT"));
            rules[place] = first.is_some_and(|token| token.is("CASCADE") || token.is("SET"));
        }
        let [on_delete, on_update] = rules;
        if on_delete || on_update {
            found.push(Reference { database, table, columns, on_delete, on_update });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_to_be_seen_has_no_foreign_keys() {
        let error = |code| {
            let (message, state) = (String::new(), String::new());
            mysql_async::Error::Server(mysql_async::ServerError { code, message, state })
        };
        assert!(is_not_to_be_seen(&error(1142)) && is_not_to_be_seen(&error(1146)));
        // No lock in time, ended, broken.
        assert!(!is_not_to_be_seen(&error(1205)) && !is_not_to_be_seen(&error(1317)));
        assert!(!is_not_to_be_seen(&mysql_async::Error::Driver(mysql_async::DriverError::ConnectionClosed)));
    }

    #[test]
    fn foreign_keys_that_change_rows() {
        let create = "CREATE TABLE `t` (`a` int COMMENT 'references x (y) on delete cascade',\n\
             CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `p` (`id`),\n\
             CONSTRAINT `d` FOREIGN KEY (`a`, `b`) REFERENCES `other`.`q` (`x`, `y)`) ON DELETE CASCADE,\n\
             FOREIGN KEY (`a`) REFERENCES `r` (`id`) ON DELETE NO ACTION ON UPDATE SET NULL,\n\
             FOREIGN KEY (`a`) REFERENCES `s` (`id`) ON DELETE SET NULL ON UPDATE CASCADE)";
        let reference = |database: &str, table: &str, columns: &[&str], on_delete, on_update| Reference {
            database: database.to_owned(),
            table: table.to_owned(),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            on_delete,
            on_update,
        };
        let expected = [
            reference("other", "q", &["x", "y)"], true, false),
            reference("app", "r", &["id"], false, true),
            reference("app", "s", &["id"], true, true),
        ];
        assert_eq!(references("app", create), expected);
    }
}
