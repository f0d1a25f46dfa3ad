//! What this login may and may not do.

use std::collections::BTreeMap;

use super::{Grants, Inquiry};
use crate::checklist::listed;
use crate::mysql::catalog::quoted;
use crate::mysql::server::Server;
use crate::mysql::session::Session;
use crate::{Checklist, ConnectError, Topic};

/// Rights that reading needs; any other is more than is needed.
const READING: [&str; 9] = [
    "USAGE",
    "SELECT",
    "SHOW VIEW",
    "REPLICATION SLAVE",
    "REPLICATION CLIENT",
    "BINLOG MONITOR",
    "REPLICA MONITOR",
    "PROCESS",
    "SHOW DATABASES",
];

pub(super) fn look(server: &Server, grants: &Grants, list: &mut Checklist) {
    let mut rights: Vec<String> = grants.global.iter().map(|right| format!("{right} on everything")).collect();
    let mut objects: Vec<&str> = grants.others.iter().map(|(_, object)| object.as_str()).collect();
    objects.dedup();
    for object in objects {
        let of = grants.others.iter().filter(|(_, other)| other == object).map(|(right, _)| right.as_str());
        rights.push(format!("{} on {object}", of.collect::<Vec<_>>().join(", ")));
    }
    rights.retain(|right| right != "USAGE on everything");
    let said =
        if rights.is_empty() { "no right of its own (roles may give some)".to_owned() } else { rights.join("; ") };
    list.found(
        Topic::Login,
        "",
        format!("{}: {}", grants.login, crate::checklist::shortened(&said, 240)),
        "show grants",
    );
    let all = grants.global.iter().chain(grants.others.iter().map(|(right, _)| right));
    let mut more: Vec<&str> = all.map(String::as_str).filter(|right| !READING.contains(right)).collect();
    more.sort_unstable();
    more.dedup();
    if !more.is_empty() {
        list.found(Topic::Rights, "", format!("may do more than ade needs: {}", listed(&more)), "show grants");
        list.needs(
            Topic::Login,
            "a login that can do no more than read",
            format!(
                "create user 'ade_reader'@'%' identified by '…'; grant select, show view on {}.* to 'ade_reader'@'%'",
                quoted(&server.database)
            ),
        );
    }
}

/// Which tables it sees only in part, and which it may also write to. Those of which it may read nothing are not told to it at
/// all.
pub(super) async fn tables(
    server: &Server,
    session: &mut Session,
    inquiry: &Inquiry,
    grants: Option<&Grants>,
    list: &mut Checklist,
) -> Result<(), ConnectError> {
    let sql = "select table_name, column_name, find_in_set('select', replace(lower(privileges), ', ', ',')) = 0, \
               find_in_set('insert', replace(lower(privileges), ', ', ',')) > 0 \
                 or find_in_set('update', replace(lower(privileges), ', ', ',')) > 0 \
               from information_schema.columns where table_schema = ? order by table_name, ordinal_position";
    let columns: Vec<(String, String, bool, bool)> =
        session.all(server, &server.name, sql, (server.database.as_str(),)).await?;
    let answer = format!("may read {} tables and views of `{}`", inquiry.tables.len(), server.database);
    list.found(Topic::Rights, "", answer, "information_schema");
    let (mut hidden, mut writable): (BTreeMap<&str, Vec<&str>>, Vec<&str>) = (BTreeMap::new(), Vec::new());
    for (table, column, is_hidden, is_writable) in &columns {
        if *is_hidden {
            hidden.entry(table).or_default().push(column);
        }
        if *is_writable && writable.last() != Some(&table.as_str()) {
            writable.push(table);
        }
    }
    let login = grants.map_or("…", |grants| &grants.login);
    let is_asked = |table: &str| inquiry.tables.iter().any(|info| info.from == table);
    writable.retain(|table| is_asked(table));
    if !writable.is_empty() {
        let answer = format!("may also write to {}: more than ade needs", listed(&writable));
        list.found(Topic::Rights, "", answer, "information_schema.columns");
    }
    for (table, columns) in hidden.into_iter().filter(|(table, _)| is_asked(table)) {
        let answer = format!("may not read {}", listed(&columns));
        list.found(Topic::Rights, table, answer, "information_schema.columns");
        let named: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
        list.needs(
            Topic::Rights,
            format!("to read also {} of {table}, if they are wanted", listed(&columns)),
            format!("grant select ({}) on {}.{} to {login}", named.join(", "), quoted(&server.database), quoted(table)),
        );
    }
    let sees_all = |grants: &&Grants| {
        let of_database = ("SELECT".to_owned(), format!("{}.*", server.database));
        grants.has_global(&["SELECT"]) || grants.others.contains(&of_database)
    };
    for object in grants.iter().filter(|grants| !sees_all(grants)).flat_map(|grants| &grants.partial) {
        let table = object.strip_prefix(server.database.as_str()).and_then(|rest| rest.strip_prefix('.'));
        let Some(table) = table.filter(|table| is_asked(table)) else { continue };
        let answer = "may read only the columns that are listed: the server does not tell it of others";
        list.found(Topic::Rights, table, answer, "show grants");
    }
    list.asks(
        Topic::Rights,
        format!("Are there tables of `{}` besides these {}?", server.database, inquiry.tables.len()),
        "the server does not tell a login of tables that it may not read",
    );
    Ok(())
}
