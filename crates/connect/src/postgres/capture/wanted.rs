//! The tables of a round as the catalog has them, and those that cannot be captured.

use std::collections::HashMap;

use super::position::Position;
use super::publication::Published;
use super::target::Target;
use crate::capture::{Refusal, UNREADABLE};
use crate::postgres::relation_name::{candidates, condition};
use crate::postgres::server_error::SessionError;
use crate::postgres::session::Session;
use crate::{CaptureRequest, CapturedTable};

/// A table that is to be read, before it is known how.
pub(crate) struct Wanted {
    pub(crate) from: String,
    pub(crate) target: Target,
    pub(crate) key: Vec<String>,
    /// How the publication gives its changes.
    pub(crate) published: Published,
    /// Where it was read to; none where changes alone cannot tell.
    pub(crate) position: Option<Position>,
    /// Why they cannot.
    pub(crate) reason: Option<String>,
    /// How its changes were given when it was last read, also where that is of no use any more.
    before: Option<Published>,
}

impl Wanted {
    /// Whether its changes have been given all the time since it was last read: whoever writes to it, the log tells it.
    pub(crate) fn was_given(&self) -> bool {
        self.before.is_some_and(|before| before.is_still(self.published))
    }
}

/// The tables of a round. One that cannot be captured is refused alone: the others go on.
#[derive(Default)]
pub(crate) struct Looked {
    pub(crate) wanted: Vec<Wanted>,
    /// By their names in the request.
    pub(crate) refused: HashMap<String, Refusal>,
    /// Where tables were read to that are read whole before anything else, whenever they can be: the log is not kept for them.
    pub(crate) given_up: Vec<Position>,
}

impl Looked {
    /// Looks for all tables of a request that are read.
    pub(crate) async fn new(session: &mut Session, request: &CaptureRequest) -> Result<Self, SessionError> {
        let mut looked = Self::default();
        for table in request.tables.iter().filter(|table| table.is_read) {
            match find(session, &table.from).await {
                Ok(target) => looked.take(table, target),
                // What the server says of one table says nothing of the others.
                Err(SessionError::Server(said)) => {
                    let reason = format!("the server does not say what it looks like: {}", said.reason());
                    let refusal = Refusal::new(reason, "ask the database's owner, or run again");
                    looked.refused.insert(table.from.clone(), refusal);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(looked)
    }

    fn take(&mut self, table: &CapturedTable, target: Option<Target>) {
        let position = Position::parse(table.position.as_ref());
        let passed = Position::parse(table.passed.as_ref());
        let Some(target) = target else {
            // One that comes back under its name is another one, or is copied as such.
            self.given_up.extend(position);
            let refusal = Refusal::new("there is no such table, or this user may not see it", "correct `from`");
            self.refused.insert(table.from.clone(), refusal);
            return;
        };
        if let Err(refusal) = target.key(&table.key) {
            self.refused.insert(table.from.clone(), refusal);
            return;
        }
        self.wanted.push(Wanted {
            from: table.from.clone(),
            target,
            key: table.key.clone(),
            published: Published::default(),
            before: position.as_ref().or(passed.as_ref()).map(|position| position.published),
            reason: table.position.as_ref().filter(|_| position.is_none()).map(|_| UNREADABLE.to_owned()),
            position,
        });
    }

    /// Refuses tables whose changes are not given, by their numbers: what happens to them meanwhile is lost, so that they are
    /// read whole when they are.
    pub(crate) fn refuse(&mut self, refused: &HashMap<u32, Refusal>) {
        let wanted = std::mem::take(&mut self.wanted);
        for table in wanted {
            match refused.get(&table.target.relation.table) {
                Some(refusal) => {
                    self.refused.insert(table.from, refusal.clone());
                    self.given_up.extend(table.position);
                }
                None => self.wanted.push(table),
            }
        }
    }

    /// Gives up where a table was read to, for a reason that is not known of those for which `gap` says nothing.
    pub(crate) fn give_up(&mut self, gap: impl Fn(&Position, &Wanted) -> Option<String>) {
        for table in &mut self.wanted {
            let Some(position) = table.position.take() else { continue };
            match gap(&position, table) {
                Some(reason) => {
                    table.reason = Some(reason);
                    self.given_up.push(position);
                }
                None => table.position = Some(position),
            }
        }
    }
}

/// A table by its name.
async fn find(session: &mut Session, from: &str) -> Result<Option<Target>, SessionError> {
    for candidate in candidates(from) {
        let sql = format!(
            "select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace where {} and c.relkind in ('r', 'p')",
            condition(&candidate)
        );
        let rows = session.query(&sql).await?;
        if let Some(table) = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok()) {
            return Target::find(session, table).await;
        }
    }
    Ok(None)
}
