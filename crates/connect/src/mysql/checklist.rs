//! What a MySQL or MariaDB server answers of the checklist: from its variables and its catalog, in one read-only session.

mod capture;
mod constraints;
mod counts;
mod grants;
mod rights;
mod server;

use std::collections::HashMap;

use super::server::Server;
use super::session::Session;
use crate::checklist::STATEMENT_MS;
use crate::{Checklist, ChecklistRequest, ConnectError, TableInfo, Topic};

pub(crate) use counts::count;
use grants::Grants;

/// A checklist that is asked for by a task of its own.
pub(crate) struct Inquiry {
    pub(crate) tables: Vec<TableInfo>,
}

impl Inquiry {
    pub(crate) fn new(request: &ChecklistRequest<'_>) -> Self {
        Self { tables: request.tables.to_vec() }
    }

    /// Asks the server.
    pub(crate) async fn run(self, server: &Server, session: &mut Session) -> Result<Checklist, ConnectError> {
        let mut list = Checklist::default();
        session.limit_statements(server, STATEMENT_MS).await;
        let variables = Variables::read(server, session).await?;
        let hosting = server::look(server, &variables, &mut list);
        let grants = match Grants::read(server, session).await {
            Ok(grants) => Some(grants),
            Err(error) => {
                list.could_not_ask(Topic::Login, "What may this login do?", &error);
                None
            }
        };
        if let Some(grants) = &grants {
            rights::look(server, grants, &mut list);
        }
        if let Err(error) = rights::tables(server, session, &self, grants.as_ref(), &mut list).await {
            list.could_not_ask(Topic::Rights, "Which tables may this login not read?", &error);
        }
        if let Err(error) = constraints::look(server, session, &variables, &self, &mut list).await {
            list.could_not_ask(Topic::Documentation, "Which values may columns have?", &error);
        }
        capture::look(server, session, &variables, grants.as_ref(), hosting, &self, &mut list).await;
        Ok(list)
    }
}

/// What the server is set to.
struct Variables(HashMap<String, String>);

/// Those that are asked for; a server that does not know one leaves it out.
const ASKED: &str = "'version', 'version_comment', 'hostname', 'server_id', 'log_bin', 'binlog_format', 'binlog_row_image', \
     'binlog_row_metadata', 'time_zone', 'system_time_zone', 'read_only', 'super_read_only', 'log_slave_updates', \
     'log_replica_updates', 'expire_logs_days', 'binlog_expire_logs_seconds', 'aurora_version', 'basedir', \
     'character_set_server', 'lower_case_table_names'";

impl Variables {
    async fn read(server: &Server, session: &mut Session) -> Result<Self, ConnectError> {
        let sql = format!("show global variables where variable_name in ({ASKED})");
        let rows: Vec<(String, String)> = session.all(server, &server.name, &sql, ()).await?;
        Ok(Self(rows.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect()))
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name).to_ascii_uppercase().as_str(), "ON" | "1")
    }

    fn is_mariadb(&self) -> bool {
        self.get("version").contains("MariaDB")
    }
}
