//! What `show grants` says of this login. Only rights and what they are on are kept: the rest of its lines may hold the digest of
//! a password.

use crate::ConnectError;
use crate::mysql::server::Server;
use crate::mysql::session::Session;

/// What a login may do.
#[derive(Debug, Default)]
pub(super) struct Grants {
    /// `'user'@'host'`, as the server matched it.
    pub(super) login: String,
    /// On everything.
    pub(super) global: Vec<String>,
    /// On a database, or on a table of it: the right and what it is on.
    pub(super) others: Vec<(String, String)>,
    /// Tables of which it may read only columns that are listed.
    pub(super) partial: Vec<String>,
}

impl Grants {
    pub(super) async fn read(server: &Server, session: &mut Session) -> Result<Self, ConnectError> {
        let user: Vec<(String,)> = session.all(server, &server.name, "select current_user()", ()).await?;
        let rows: Vec<(String,)> = session.all(server, &server.name, "show grants", ()).await?;
        let mut grants = Self { login: user.first().map(|user| login(&user.0)).unwrap_or_default(), ..Self::default() };
        for (line,) in &rows {
            grants.add(line);
        }
        Ok(grants)
    }

    /// `GRANT SELECT, INSERT (a, b) ON `app`.* TO …`
    fn add(&mut self, line: &str) {
        let Some((rights, rest)) = line.strip_prefix("GRANT ").and_then(|line| line.split_once(" ON ")) else { return };
        let object = rest.split(" TO ").next().unwrap_or_default().replace('`', "").replace("\\_", "_");
        for (right, is_of_columns) in split(rights) {
            if right == "SELECT" && is_of_columns {
                self.partial.push(object.clone());
            }
            if object == "*.*" { self.global.push(right) } else { self.others.push((right, object.clone())) }
        }
    }

    /// Whether one of these rights is there on everything.
    pub(super) fn has_global(&self, rights: &[&str]) -> bool {
        let is_one = |right: &String| rights.contains(&right.as_str()) || right.starts_with("ALL PRIVILEGES");
        self.global.iter().any(is_one)
    }
}

/// Rights between commas that are not within brackets, without their columns, and whether there were any.
fn split(rights: &str) -> Vec<(String, bool)> {
    let mut found = vec![(String::new(), false)];
    let mut depth = 0_usize;
    for letter in rights.chars() {
        match letter {
            '(' => {
                depth += 1;
                found.last_mut().into_iter().for_each(|(_, is_of_columns)| *is_of_columns = true);
            }
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => found.push((String::new(), false)),
            letter if depth == 0 => found.last_mut().into_iter().for_each(|(right, _)| right.push(letter)),
            _ => {}
        }
    }
    let trimmed = found.into_iter().map(|(right, of_columns)| (right.trim().to_owned(), of_columns));
    trimmed.filter(|(right, _)| !right.is_empty()).collect()
}

/// `ade@%` as statements have it.
fn login(user: &str) -> String {
    let (name, host) = user.rsplit_once('@').unwrap_or((user, "%"));
    format!("'{}'@'{}'", name.replace('\'', "''"), host.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_kept_and_digests_are_not() {
        let mut grants = Grants::default();
        grants.add("GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO `ade`@`%` IDENTIFIED BY PASSWORD '*CANARY'");
        grants.add("GRANT SELECT (`a`, `b`), SHOW VIEW ON `my\\_app`.`t` TO `ade`@`%` WITH GRANT OPTION");
        grants.add("GRANT `reader` TO `ade`@`%`");
        assert_eq!(grants.global, ["REPLICATION SLAVE", "BINLOG MONITOR"]);
        let on = |right: &str| (right.to_owned(), "my_app.t".to_owned());
        assert_eq!(grants.others, [on("SELECT"), on("SHOW VIEW")]);
        assert_eq!(grants.partial, ["my_app.t"]);
        assert!(grants.has_global(&["REPLICATION CLIENT", "BINLOG MONITOR"]) && !grants.has_global(&["SUPER"]));
        assert!(!format!("{grants:?}").contains("CANARY"));
        assert_eq!(login("o'x@%"), "'o''x'@'%'");
    }
}
