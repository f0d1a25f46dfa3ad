//! What a statement in the log does to a table.
//!
//! The log of rows says what happened to rows one by one. A statement that changes a table's definition may change rows, too,
//! and says nothing of their values: then all of the table has to be read. Only what certainly changes no value is taken as
//! such; where a statement cannot be understood, it may have changed everything.

use super::token::{Token, tokens};

/// What a statement does to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing that matters to its rows.
    None,
    /// All of its rows are gone.
    Truncated,
    /// Columns came that are NULL in the rows so far, or columns went.
    Columns,
    /// Its rows may have other values now, or it is another table.
    Rewritten,
}

/// What begins or ends a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Border {
    Begin,
    /// A transaction that is decided about by another statement.
    BeginPrepared,
    Commit,
    /// What it wrote is told, although not all of it counts.
    Rollback,
    /// A part of it is taken back.
    RollbackPart,
    /// What was prepared before counts.
    CommitPrepared,
    /// It belongs to the transaction that is open, and changes nothing.
    Within,
}

/// A statement in the log.
pub(crate) struct Statement<'a> {
    database: &'a str,
    tokens: Vec<Token>,
}

/// Words after `add` or `drop` with which it is no column that comes or goes.
const NO_COLUMN: [&str; 8] = ["INDEX", "KEY", "UNIQUE", "CONSTRAINT", "FOREIGN", "FULLTEXT", "SPATIAL", "CHECK"];

/// Words with which `alter table` may change values, or which rows there are.
const REWRITING: [&str; 40] = [
    "ALWAYS",
    "ALTER",
    "AS",
    "AUTO_INCREMENT",
    "CHANGE",
    "CHARACTER",
    "CHARSET",
    "COALESCE",
    "COLLATE",
    "COMPRESSED",
    "CONVERT",
    "DEFAULT",
    "DISCARD",
    "ENGINE",
    "EXCHANGE",
    "EXPIRE",
    "EXTRACT",
    "GENERATED",
    "IGNORE",
    "IMPORT",
    "MODIFY",
    "ORDER",
    "PARTITION",
    "PARTITIONING",
    "PARTITIONS",
    "PERIOD",
    "PRIMARY",
    "REBUILD",
    "REMOVE",
    "RENAME",
    "REORGANIZE",
    "SEQUENCE",
    "SERIAL",
    "SET",
    "SYSTEM",
    "TABLESPACE",
    "TIMESTAMP",
    "TRUNCATE",
    "VERSIONING",
    "WITH",
];

impl<'a> Statement<'a> {
    /// `database` is the one that it was said in.
    pub(crate) fn new(database: &'a str, text: &str) -> Self {
        let mut tokens = tokens(text);
        // MariaDB's `set statement … for …` sets something for the statement behind it.
        if tokens.first().is_some_and(|token| token.is("SET"))
            && tokens.get(1).is_some_and(|token| token.is("STATEMENT"))
        {
            let end = tokens.iter().position(|token| token.is("FOR")).map_or(tokens.len(), |place| place + 1);
            tokens.drain(..end);
        }
        Self { database, tokens }
    }

    /// Whether it begins or ends a transaction.
    pub(crate) fn border(&self) -> Option<Border> {
        let word = |place: usize, keyword: &str| self.tokens.get(place).is_some_and(|token| token.is(keyword));
        Some(match () {
            () if word(0, "BEGIN") || (word(0, "START") && word(1, "TRANSACTION")) => Border::Begin,
            () if word(0, "COMMIT") => Border::Commit,
            () if word(0, "ROLLBACK") && word(1, "TO") => Border::RollbackPart,
            () if word(0, "ROLLBACK") => Border::Rollback,
            () if word(0, "SAVEPOINT") || word(0, "RELEASE") => Border::Within,
            () if word(0, "XA") && (word(1, "START") || word(1, "BEGIN")) => Border::BeginPrepared,
            () if word(0, "XA") && word(1, "COMMIT") => Border::CommitPrepared,
            () if word(0, "XA") && word(1, "ROLLBACK") => Border::Commit,
            () if word(0, "XA") => Border::Within,
            () => return None,
        })
    }

    /// What it does to a table.
    pub(crate) fn effect(&self, database: &str, table: &str) -> Effect {
        let Some(Token::Word(first)) = self.tokens.first() else { return Effect::None };
        let rewritten_if = |is_so: bool| if is_so { Effect::Rewritten } else { Effect::None };
        let mentioned = || self.mentions(table);
        match first.to_ascii_uppercase().as_str() {
            "TRUNCATE" => {
                let start = 1 + usize::from(self.tokens.get(1).is_some_and(|token| token.is("TABLE")));
                if self.names(start, database, table).is_some() { Effect::Truncated } else { Effect::None }
            }
            "ALTER" => {
                let Some(start) = self.object("TABLE") else { return Effect::None };
                match self.names(start, database, table) {
                    Some(rest) => Self::alteration(&self.tokens[1..start], &self.tokens[rest..]),
                    // Another table takes its name, or rows of it.
                    None => rewritten_if(mentioned() && (self.has("RENAME") || self.has("EXCHANGE"))),
                }
            }
            "CREATE" => {
                let start = self.object("TABLE").filter(|_| !self.has_early("TEMPORARY"));
                rewritten_if(start.is_some_and(|start| self.names(start, database, table).is_some()))
            }
            "DROP" => {
                let is_database = |token: &Token| token.is("DATABASE") || token.is("SCHEMA");
                if self.tokens.get(1).is_some_and(is_database) {
                    return rewritten_if(self.mentions(database));
                }
                let is_table = self.object("TABLE").or_else(|| self.object("TABLES")).is_some();
                rewritten_if(is_table && !self.has_early("TEMPORARY") && mentioned())
            }
            "RENAME" => rewritten_if(!self.tokens.get(1).is_some_and(|token| token.is("USER")) && mentioned()),
            // Changes of rows that are logged by what was said: only where somebody sets another format for a session.
            "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "LOAD" | "WITH" | "IMPORT" | "REPAIR" => {
                rewritten_if(mentioned())
            }
            _ => Effect::None,
        }
    }

    /// Whether it may take foreign keys from a table, or its name, so that the catalog no longer tells what changed its rows
    /// before; or whether it changes rows of it without a word of which.
    pub(crate) fn frees(&self, database: &str, table: &str) -> bool {
        let is_alter = self.tokens.first().is_some_and(|token| token.is("ALTER"));
        let is_drop = |pair: &[Token]| pair[0].is("DROP") && (pair[1].is("FOREIGN") || pair[1].is("CONSTRAINT"));
        self.effect(database, table) == Effect::Rewritten
            && (!is_alter || self.has("RENAME") || self.tokens.windows(2).any(is_drop))
    }

    /// What `alter table` does: `before` and behind the table's name.
    fn alteration(before: &[Token], rest: &[Token]) -> Effect {
        let all = || before.iter().chain(rest);
        if all().any(|token| REWRITING.iter().any(|word| token.is(word))) {
            // The next number that is given says nothing of rows.
            let is_counter = rest.first().is_some_and(|token| token.is("AUTO_INCREMENT")) && rest.len() <= 3;
            return if is_counter { Effect::None } else { Effect::Rewritten };
        }
        let (mut comes, mut goes) = (false, false);
        for (place, token) in rest.iter().enumerate() {
            let next = |keyword: &str| rest.get(place + 1).is_some_and(|token| token.is(keyword));
            if token.is("NOT") && !next("EXISTS") {
                return Effect::Rewritten;
            }
            // What a foreign key did to rows before it went can no longer be asked for.
            if token.is("DROP") && (next("FOREIGN") || next("CONSTRAINT")) {
                return Effect::Rewritten;
            }
            let is_column = !NO_COLUMN.iter().any(|keyword| next(keyword));
            comes |= token.is("ADD") && is_column;
            goes |= token.is("DROP") && is_column;
        }
        match (comes, goes) {
            (false, false) => Effect::None,
            // It may be the same column, with nothing in it.
            (true, true) => Effect::Rewritten,
            _ => Effect::Columns,
        }
    }

    /// Where the name begins of what is created, altered or dropped, if it is an `object`.
    fn object(&self, object: &str) -> Option<usize> {
        let mut place = self.tokens.iter().take(6).position(|token| token.is(object))? + 1;
        while self.tokens.get(place).is_some_and(|token| ["IF", "NOT", "EXISTS"].iter().any(|word| token.is(word))) {
            place += 1;
        }
        Some(place)
    }

    /// If the name at a place is that of the table: where it ends.
    fn names(&self, place: usize, database: &str, table: &str) -> Option<usize> {
        let first = self.tokens.get(place)?.name()?;
        if self.tokens.get(place + 1) == Some(&Token::Sign('.')) {
            let second = self.tokens.get(place + 2)?.name()?;
            return (same(first, database) && same(second, table)).then_some(place + 3);
        }
        (same(self.database, database) && same(first, table)).then_some(place + 1)
    }

    fn mentions(&self, name: &str) -> bool {
        self.tokens.iter().filter_map(Token::name).any(|word| same(word, name))
    }

    fn has(&self, keyword: &str) -> bool {
        self.tokens.iter().any(|token| token.is(keyword))
    }

    fn has_early(&self, keyword: &str) -> bool {
        self.tokens.iter().take(4).any(|token| token.is(keyword))
    }
}

/// Whether two names may be the same: letters that are none of ours may be any that are not of ASCII.
fn same(name: &str, other: &str) -> bool {
    name.eq_ignore_ascii_case(other) || (name.contains(char::REPLACEMENT_CHARACTER) && !other.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_statements_do_to_a_table() {
        use Effect::{Columns, None, Rewritten, Truncated};
        for (text, expected) in [
            ("truncate orders", Truncated),
            ("TRUNCATE TABLE `app`.`orders`", Truncated),
            ("truncate other.orders", None),
            ("truncate lines", None),
            ("set statement max_statement_time = 9, x = 'for' for truncate orders", Truncated),
            ("set statement lock_wait_timeout = 1 for alter table orders modify a int", Rewritten),
            ("set @x = 1", None),
            ("alter table orders add column note text null", Columns),
            ("ALTER TABLE app.orders ADD (a int, b varchar(20)), ALGORITHM=INSTANT", Columns),
            ("alter table orders drop column if exists note", Columns),
            ("alter table if exists orders add if not exists note text", Columns),
            ("alter table orders drop note, add note text", Rewritten),
            ("alter table orders add note int default 5", Rewritten),
            ("alter table orders add note int not null", Rewritten),
            ("alter table orders add at timestamp", Rewritten),
            ("alter table orders add sum int as (a + b)", Rewritten),
            ("alter table orders modify note bigint", Rewritten),
            ("alter table orders change a b int", Rewritten),
            ("alter table orders rename column a to b", Rewritten),
            ("alter ignore table orders add unique (a)", Rewritten),
            ("alter table orders drop partition p0", Rewritten),
            ("alter table orders convert to character set utf8mb4", Rewritten),
            ("alter table orders add index by_note (note), drop key old, add constraint c check (a > 0)", None),
            ("alter table orders drop foreign key if exists k", Rewritten),
            ("alter table orders add index by_note (note), drop constraint k", Rewritten),
            ("alter table lines drop foreign key orders", None),
            ("alter table orders auto_increment = 100", None),
            ("alter table orders comment 'default'", None),
            ("alter table lines add orders int default 1", None),
            ("alter table lines add foreign key (o) references orders (id)", None),
            ("alter table lines rename to orders", Rewritten),
            ("alter table lines exchange partition p with table orders", Rewritten),
            ("rename table orders to _old, _new to orders", Rewritten),
            ("rename user orders to b", None),
            ("drop table if exists a, `orders` /* generated by server */", Rewritten),
            ("drop temporary table orders", None),
            ("drop database app", Rewritten),
            ("drop database other", None),
            ("create or replace table orders (id int)", Rewritten),
            ("create table lines (o int default 1 references orders (id))", None),
            ("create temporary table orders (id int)", None),
            ("create index i on orders (a)", None),
            ("create view v as select * from orders", None),
            ("DELETE FROM `app`.`orders`", Rewritten),
            ("insert into lines select 1", None),
            ("analyze table orders", None),
            ("# Dummy event", None),
        ] {
            assert_eq!(Statement::new("app", text).effect("app", "orders"), expected, "{text}");
        }
        assert_eq!(Statement::new("other", "alter table orders modify a int").effect("app", "orders"), None);
        // Written in another character set than ours.
        let said = String::from_utf8_lossy(b"alter table gr\xF6\xDFen modify a int");
        assert_eq!(Statement::new("app", &said).effect("app", "größen"), Rewritten);
        assert_eq!(Statement::new("app", &said).effect("app", "orders"), None);
    }

    #[test]
    fn what_takes_foreign_keys_away() {
        for (text, expected) in [
            ("alter table orders drop foreign key k", true),
            ("alter table orders modify a int, drop constraint k", true),
            ("alter table orders rename to old", true),
            ("drop table orders", true),
            ("delete from orders", true),
            ("alter table orders modify a int", false),
            ("alter table orders drop column a", false),
            ("alter table lines drop foreign key k", false),
            ("truncate orders", false),
        ] {
            assert_eq!(Statement::new("app", text).frees("app", "orders"), expected, "{text}");
        }
    }

    #[test]
    fn borders_of_transactions() {
        for (text, expected) in [
            ("BEGIN", Some(Border::Begin)),
            ("COMMIT", Some(Border::Commit)),
            ("ROLLBACK TO `s`", Some(Border::RollbackPart)),
            ("ROLLBACK", Some(Border::Rollback)),
            ("SAVEPOINT s", Some(Border::Within)),
            ("XA START X'61',X'',1", Some(Border::BeginPrepared)),
            ("XA END X'61',X'',1", Some(Border::Within)),
            ("XA COMMIT X'61',X'',1", Some(Border::CommitPrepared)),
            ("create table begin (id int)", None),
        ] {
            assert_eq!(Statement::new("app", text).border(), expected, "{text}");
        }
    }
}
