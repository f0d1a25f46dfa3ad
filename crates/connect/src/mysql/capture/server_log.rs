//! What a server says of its log.

use std::collections::HashMap;

use super::log_error::log_of;
use crate::ConnectError;
use crate::capture::Refusal;
use crate::mysql::server::Server;
use crate::mysql::session::Session;

/// What a server says of its log.
#[derive(Debug, Clone)]
pub(crate) struct ServerLog {
    /// Its own name of itself.
    pub(crate) server: String,
    /// The login as the server has it, for `grant … to`.
    pub(crate) user: String,
    /// Whether the log tells the names of columns.
    pub(crate) has_names: bool,
    is_mariadb: bool,
    version: String,
    /// The only databases whose changes are in it, if they are told.
    only: Vec<String>,
    /// Those whose changes are not.
    without: Vec<String>,
}

impl ServerLog {
    /// Asks for it, and refuses a log that cannot be followed.
    pub(crate) async fn look(server: &Server, session: &mut Session) -> Result<Self, ConnectError> {
        let object = log_of(&server.name);
        let sql = "show global variables where variable_name in ('log_bin', 'binlog_format', 'binlog_row_image', 'server_id', \
                   'server_uuid', 'version', 'binlog_row_metadata', 'binlog_row_value_options', 'log_slave_updates', \
                   'log_replica_updates', 'read_only')";
        let rows: Vec<(String, String)> = session.all(server, &object, sql, ()).await?;
        // Whether it takes changes from another server, as far as that is told.
        let sql = "show global status where variable_name in ('Slave_running', 'Slaves_running')";
        let status: Vec<(String, String)> = session.all(server, &object, sql, ()).await?;
        let said: HashMap<String, String> =
            rows.into_iter().chain(status).map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        check(&said).map_err(|refusal| refusal.of(&object))?;
        let users: Vec<String> = session.all(server, &object, "select current_user()", ()).await?;
        let user = users.first().map(|user| account(user)).unwrap_or_default();
        let of = |name: &str| said.get(name).cloned().unwrap_or_default();
        let version = of("version");
        let mut log = Self {
            server: Some(of("server_uuid")).filter(|name| !name.is_empty()).unwrap_or_else(|| of("server_id")),
            user,
            has_names: of("binlog_row_metadata").eq_ignore_ascii_case("FULL"),
            is_mariadb: version.contains("MariaDB"),
            version,
            only: Vec::new(),
            without: Vec::new(),
        };
        // Who may not ask is not told.
        if let Ok(rows) = session.all::<mysql_async::Row>(server, &object, log.end_statement(), ()).await {
            let names = |column: &str| {
                let said = rows.first().and_then(|row| row.get_opt::<String, _>(column)?.ok()).unwrap_or_default();
                said.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
            };
            (log.only, log.without) = (names("Binlog_Do_DB"), names("Binlog_Ignore_DB"));
        }
        Ok(log)
    }

    /// Whether changes of a database are in the log.
    pub(crate) fn has(&self, database: &str) -> Result<(), Refusal> {
        let is_in = |names: &[String]| names.iter().any(|name| name.eq_ignore_ascii_case(database));
        if is_in(&self.without) || !(self.only.is_empty() || is_in(&self.only)) {
            return Err(Refusal::new(
                format!("the server leaves the database `{database}` out of its log"),
                "have the server's owner take it out of `binlog_ignore_db`, or `binlog_do_db` out of the server's configuration, and \
                 restart it",
            ));
        }
        Ok(())
    }

    /// The statement that says where the log ends.
    pub(crate) fn end_statement(&self) -> &'static str {
        let mut numbers =
            self.version.split(|letter: char| !letter.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
        let version: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        match (self.is_mariadb, version >= (8, 2)) {
            (false, true) => "show binary log status",
            _ => "show master status",
        }
    }
}

fn check(said: &HashMap<String, String>) -> Result<(), Refusal> {
    let is = |name: &str, values: &[&str]| {
        said.get(name).is_some_and(|value| values.iter().any(|wanted| value.eq_ignore_ascii_case(wanted)))
    };
    let own = |statement: &str| {
        format!(
            "have the server's owner run: {statement}; and write it into the server's configuration. Sessions that are open keep \
                 what they had"
        )
    };
    if !is("log_bin", &["ON", "1"]) {
        return Err(Refusal::new(
            "the server writes no binary log",
            "have the server's owner write `log_bin = binlog`, `server_id = 1` (or another number of its own), `binlog_format = \
             ROW` and `binlog_row_metadata = FULL` below `[mysqld]` of its configuration, and restart it",
        ));
    }
    if !is("binlog_format", &["ROW"]) {
        return Err(Refusal::new(
            "the server's binary log says which statements changed rows, and not the rows",
            own("set global binlog_format = 'ROW'"),
        ));
    }
    if !is("binlog_row_image", &["FULL", "FULL_NODUP"]) {
        return Err(Refusal::new(
            "the server's binary log leaves out values that did not change",
            own("set global binlog_row_image = 'FULL'"),
        ));
    }
    let is_replica = is("read_only", &["ON", "1"])
        || is("slave_running", &["ON"])
        || said.get("slaves_running").is_some_and(|count| count.parse().is_ok_and(|count: u32| count > 0));
    if is_replica && (is("log_slave_updates", &["OFF", "0"]) || is("log_replica_updates", &["OFF", "0"])) {
        return Err(Refusal::new(
            "the server is a replica, and its binary log does not have what it takes from its primary",
            "have the server's owner write `log_slave_updates = ON` into the server's configuration and restart it, or connect to the \
             primary",
        ));
    }
    if is("binlog_row_value_options", &["PARTIAL_JSON"]) {
        return Err(Refusal::new(
            "the server's binary log has parts of JSON values alone",
            own("set global binlog_row_value_options = ''"),
        ));
    }
    Ok(())
}

/// `ade@%` as statements write it.
fn account(user: &str) -> String {
    let (name, host) = user.rsplit_once('@').unwrap_or((user, "%"));
    format!("'{}'@'{}'", name.replace('\'', "''"), host.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_that_cannot_be_followed_are_refused_with_what_to_do() {
        let mut said: HashMap<String, String> = HashMap::new();
        let mut expect = |name: &str, value: &str, advice: Option<&str>| {
            said.insert(name.to_owned(), value.to_owned());
            let refused = check(&said).err().map(|refusal| refusal.advice).unwrap_or_default();
            assert!(
                refused.contains(advice.unwrap_or_default()) && refused.is_empty() == advice.is_none(),
                "{refused}"
            );
        };
        expect("log_bin", "OFF", Some("`log_bin = binlog`"));
        expect("log_bin", "ON", Some("set global binlog_format = 'ROW'"));
        expect("binlog_format", "ROW", Some("set global binlog_row_image = 'FULL'"));
        expect("binlog_row_image", "FULL", None);
        expect("log_slave_updates", "OFF", None);
        expect("slaves_running", "1", Some("`log_slave_updates = ON`"));
        expect("slaves_running", "0", None);
        expect("read_only", "ON", Some("`log_slave_updates = ON`"));
        expect("log_slave_updates", "ON", None);
        expect("binlog_row_value_options", "PARTIAL_JSON", Some("set global binlog_row_value_options = ''"));
    }

    #[test]
    fn words_of_versions() {
        let of = |version: &str| {
            let is_mariadb = version.contains("MariaDB");
            let (server, user) = (String::new(), String::new());
            let (only, without) = (Vec::new(), Vec::new());
            let version = version.to_owned();
            ServerLog { server, user, has_names: false, is_mariadb, version, only, without }.end_statement()
        };
        assert_eq!(of("8.4.1"), "show binary log status");
        assert_eq!(of("8.0.36-28"), "show master status");
        assert_eq!(of("10.11.6-MariaDB-log"), "show master status");
        assert_eq!(account("a'b@%"), "'a''b'@'%'");
    }
}
