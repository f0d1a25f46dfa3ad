//! Conditions that tables declare of their rows.

use super::{Inquiry, Variables};
use crate::checklist::shortened;
use crate::mysql::server::Server;
use crate::mysql::session::Session;
use crate::{Checklist, ConnectError, Topic};

pub(super) async fn look(
    server: &Server,
    session: &mut Session,
    variables: &Variables,
    inquiry: &Inquiry,
    list: &mut Checklist,
) -> Result<(), ConnectError> {
    // MySQL before 8.0.16 has no such table, and no such conditions.
    let is_old = variables.get("version").starts_with("5.");
    if is_old && !variables.is_mariadb() {
        return Ok(());
    }
    let sql = if variables.is_mariadb() {
        "select table_name, constraint_name, check_clause from information_schema.check_constraints \
         where constraint_schema = ? order by table_name, constraint_name"
    } else {
        "select t.table_name, c.constraint_name, c.check_clause from information_schema.check_constraints c \
         join information_schema.table_constraints t on t.constraint_schema = c.constraint_schema \
           and t.constraint_name = c.constraint_name and t.constraint_type = 'CHECK' \
         where c.constraint_schema = ? order by t.table_name, c.constraint_name"
    };
    let rows: Vec<(String, String, String)> =
        session.all(server, &server.name, sql, (server.database.as_str(),)).await?;
    for (table, name, clause) in rows {
        if let Some(known) = inquiry.tables.iter().find(|known| known.from == table) {
            // So MariaDB writes a column of type `json`.
            if !clause.starts_with("json_valid(") {
                let answer = format!("CHECK ({})", shortened(&clause, 120));
                list.found(Topic::Documentation, &known.from, answer, format!("constraint `{name}`"));
            }
        }
    }
    Ok(())
}
