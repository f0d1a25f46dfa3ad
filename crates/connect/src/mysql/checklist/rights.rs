//! What this login may and may not do.

use super::{Grants, Inquiry};
use crate::checklist::listed;
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
                crate::mysql::catalog::quoted(&server.database)
            ),
        );
    }
}

/// Which tables it sees only in part. Those of which it may read nothing are not told to it at all.
pub(super) async fn tables(
    server: &Server,
    session: &mut Session,
    inquiry: &Inquiry,
    list: &mut Checklist,
) -> Result<(), ConnectError> {
    let sql = "select table_name from information_schema.columns where table_schema = ? \
               and find_in_set('select', replace(lower(privileges), ', ', ',')) = 0 group by table_name order by table_name";
    let rows: Vec<(String,)> = session.all(server, &server.name, sql, (server.database.as_str(),)).await?;
    let answer = format!("may read {} tables and views of `{}`", inquiry.tables.len(), server.database);
    list.found(Topic::Rights, "", answer, "information_schema");
    if !rows.is_empty() {
        let names: Vec<&str> = rows.iter().map(|row| row.0.as_str()).collect();
        list.found(
            Topic::Rights,
            "",
            format!("may not read all columns of {}", listed(&names)),
            "information_schema.columns",
        );
    }
    list.asks(
        Topic::Rights,
        format!("Are there tables of `{}` besides these {}?", server.database, inquiry.tables.len()),
        "the server does not tell a login of tables that it may not read",
    );
    Ok(())
}
