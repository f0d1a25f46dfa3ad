//! What a server says of its log.

use std::collections::HashMap;

use super::log_error::log_of;
use super::refusal::Refusal;
use crate::ConnectError;
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
}

impl ServerLog {
    /// Asks for it, and refuses a log that cannot be followed.
    pub(crate) async fn look(server: &Server, session: &mut Session) -> Result<Self, ConnectError> {
        let object = log_of(&server.name);
        let sql = "show global variables where variable_name in ('log_bin', 'binlog_format', 'binlog_row_image', 'server_id', \
                   'server_uuid', 'version', 'binlog_row_metadata', 'binlog_row_value_options')";
        let rows: Vec<(String, String)> = session.all(server, &object, sql, ()).await?;
        let said: HashMap<String, String> =
            rows.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        check(&said).map_err(|refusal| refusal.of(&object))?;
        let users: Vec<String> = session.all(server, &object, "select current_user()", ()).await?;
        let user = users.first().map(|user| account(user)).unwrap_or_default();
        let of = |name: &str| said.get(name).cloned().unwrap_or_default();
        let version = of("version");
        Ok(Self {
            server: Some(of("server_uuid")).filter(|name| !name.is_empty()).unwrap_or_else(|| of("server_id")),
            user,
            has_names: of("binlog_row_metadata").eq_ignore_ascii_case("FULL"),
            is_mariadb: version.contains("MariaDB"),
            version,
        })
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
        expect("binlog_row_value_options", "PARTIAL_JSON", Some("set global binlog_row_value_options = ''"));
    }

    #[test]
    fn words_of_versions() {
        let of = |version: &str| {
            let is_mariadb = version.contains("MariaDB");
            let (server, user) = (String::new(), String::new());
            ServerLog { server, user, has_names: false, is_mariadb, version: version.to_owned() }.end_statement()
        };
        assert_eq!(of("8.4.1"), "show binary log status");
        assert_eq!(of("8.0.36-28"), "show master status");
        assert_eq!(of("10.11.6-MariaDB-log"), "show master status");
        assert_eq!(account("a'b@%"), "'a''b'@'%'");
    }
}
