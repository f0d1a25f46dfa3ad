//! Making something in a database: for a program that sets one up, never on the way of rows.

use std::sync::Arc;

use super::endpoint::{Endpoint, is_loopback};
use super::session::Session;
use super::startup::Purpose;
use crate::network::TlsMode;
use crate::{ConnectError, OpenContext, Settings};

/// A session that may write, with the settings that a connection of type `postgres` has.
pub struct PostgresSetup {
    endpoint: Arc<Endpoint>,
    session: Session,
}

impl PostgresSetup {
    /// Signs in.
    pub async fn open(settings: &Settings, context: &OpenContext) -> Result<Self, ConnectError> {
        let endpoint = Endpoint::open(settings, context).await?;
        let session = Session::open(&endpoint, Purpose::Administer).await?;
        Ok(Self { endpoint, session })
    }

    /// Runs statements, all of them or none unless they say otherwise, and gives their rows as text. `what` is what they do,
    /// for the message where they fail.
    pub async fn run(&mut self, what: &str, statements: &str) -> Result<Vec<Vec<Option<String>>>, ConnectError> {
        self.session.query(statements).await.map_err(|error| error.of_reading(what, 0))
    }

    /// Where it is and as whom, as settings of a connection: all but the password.
    pub fn address(&self) -> Vec<(String, String)> {
        let endpoint = &self.endpoint;
        let mut address = vec![
            ("host".to_owned(), endpoint.host.clone()),
            ("port".to_owned(), endpoint.port.to_string()),
            ("database".to_owned(), endpoint.database.clone()),
            ("user".to_owned(), endpoint.user.clone()),
        ];
        let usual = if is_loopback(&endpoint.host) { TlsMode::Disable } else { TlsMode::VerifyFull };
        if endpoint.tls != usual {
            address.push(("tls".to_owned(), endpoint.tls.name().to_owned()));
        }
        address
    }

    /// Whether it was told a password.
    pub fn has_password(&self) -> bool {
        self.endpoint.password.is_some()
    }

    /// Whether changes of its tables can be captured as things are: the server writes them into its log, it has a slot left,
    /// and this user may follow them.
    pub async fn tells_changes(&mut self) -> Result<bool, ConnectError> {
        let sql = "select current_setting('wal_level') = 'logical' \
                   and (select count(*) from pg_replication_slots) < current_setting('max_replication_slots')::int \
                   and exists (select from pg_roles where rolname = current_user and (rolsuper or rolreplication) \
                               or rolname = 'rds_replication' and pg_has_role(current_user, oid, 'member'))";
        let rows = self.run("the server's settings", sql).await?;
        Ok(rows.first().and_then(|row| row.first()?.as_deref()) == Some("t"))
    }
}
