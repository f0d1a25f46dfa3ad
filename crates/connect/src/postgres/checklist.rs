//! What a PostgreSQL server answers of the checklist: from its catalog, in one read-only session with short timeouts.
//!
//! Each side is asked for itself: what a server refuses to say becomes a question for a person, and the others are answered.

mod capture;
mod counts;
mod rights;
mod server;
mod statements;
mod tables;

use super::database::Database;
use super::endpoint::Endpoint;
use super::limits::Limits;
use super::server_error::SessionError;
use super::session::{Session, TextRow};
use super::startup::Purpose;
use crate::checklist::STATEMENT_MS;
use crate::{Checklist, ChecklistRequest, ConnectError, Topic};

pub(crate) use counts::count;
use tables::TableFact;

/// Asks the server.
pub(crate) async fn checklist(database: &Database, request: &ChecklistRequest<'_>) -> Result<Checklist, ConnectError> {
    let mut list = Checklist::default();
    let mut inquiry = Inquiry::begin(database).await?;
    let failed = |error| database.failed(&database.endpoint.name(), error);
    let server = server::look(&mut inquiry, &mut list).await.map_err(failed)?;
    match rights::login(&mut inquiry, &mut list).await {
        Ok(()) => {}
        Err(error) => list.could_not_ask(Topic::Login, "What may this login do?", &failed(error)),
    }
    let (facts, which) = TableFact::all(&mut inquiry, request.tables).await.map_err(failed)?;
    rights::tables(&inquiry, &facts, request, &mut list);
    tables::activity(&facts, request, &mut list);
    let enumerations = tables::enumerations(&mut inquiry, &which, request, &mut list).await;
    let constraints = tables::constraints(&mut inquiry, &which, request, &mut list).await;
    if let Err(error) = enumerations.and(constraints) {
        list.could_not_ask(Topic::Documentation, "Which values may columns have?", &failed(error));
    }
    match capture::readiness(&mut inquiry, database, &server, &facts, request, &mut list).await {
        Ok(readiness) => list.capture = Some(readiness),
        Err(error) => list.could_not_ask(Topic::Capture, "Can changes be captured from its log?", &failed(error)),
    }
    Ok(list)
}

/// A session that asks the catalog, with short timeouts.
struct Inquiry<'a> {
    session: Session,
    endpoint: &'a Endpoint,
    /// The time zone that the server gives to who does not say one.
    time_zone: String,
}

impl<'a> Inquiry<'a> {
    async fn begin(database: &'a Database) -> Result<Self, ConnectError> {
        let endpoint = &database.endpoint;
        let mut session = Session::open(endpoint, Purpose::Inquire).await?;
        // Before the transaction, which is in UTC.
        let rows = session.query("show timezone").await.map_err(|error| error.of_opening(endpoint))?;
        let time_zone = rows.first().map(|row| super::catalog::cell(row, 0).to_owned()).unwrap_or_default();
        let limits = short(&database.limits);
        session.begin_reading(&limits, None).await.map_err(|error| error.of_opening(endpoint))?;
        Ok(Self { session, endpoint, time_zone })
    }

    /// The rows of a statement. One that fails leaves the others as they are.
    async fn ask(&mut self, sql: &str) -> Result<Vec<TextRow>, SessionError> {
        let rows = self.session.enter(sql).await?;
        self.session.leave().await?;
        Ok(rows)
    }
}

/// The same limits, but no statement takes long.
pub(crate) fn short(limits: &Limits) -> Limits {
    let statement_timeout_ms = match limits.statement_timeout_ms {
        0 => STATEMENT_MS,
        timeout => timeout.min(STATEMENT_MS),
    };
    Limits { statement_timeout_ms, streams: 1, ..limits.clone() }
}
