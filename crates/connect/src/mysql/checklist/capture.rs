//! Whether changes can be captured from the server's binary log, and what is missing, with the statements for it.

use super::{Grants, Inquiry, Variables};
use crate::checklist::Hosting;
use crate::mysql::capture::{ServerLog, can_be_captured, column_can_be_followed};
use crate::mysql::catalog::{Table, tables};
use crate::mysql::server::Server;
use crate::mysql::session::Session;
use crate::{CaptureReadiness, Checklist, ConnectError, TableInfo, TableReadiness, Topic};

pub(super) async fn look(
    server: &Server,
    session: &mut Session,
    variables: &Variables,
    grants: Option<&Grants>,
    hosting: Hosting,
    inquiry: &Inquiry,
    list: &mut Checklist,
) {
    let mut readiness = CaptureReadiness::default();
    let mut lacks = |list: &mut Checklist, what: &str, purpose: &str, sql: String| {
        readiness.missing.push(what.to_owned());
        list.needs(Topic::Capture, purpose, sql);
    };
    if variables.is_on("log_bin") {
        for (name, wanted) in [("binlog_format", "ROW"), ("binlog_row_image", "FULL")] {
            let now = variables.get(name);
            if !now.is_empty() && !now.to_ascii_uppercase().starts_with(wanted) {
                let what = format!("{name} = {wanted} (it is {now})");
                lacks(list, &what, "so that the log has whole rows", set(variables, hosting, name, wanted));
            }
        }
    } else {
        lacks(list, "a binary log (log_bin is off)", "so that the server writes a log of changes", log_bin(hosting));
    }
    if variables.get("server_id") == "0" {
        lacks(
            list,
            "a server_id",
            "so that readers of its log are accepted",
            set(variables, hosting, "server_id", "1"),
        );
    }
    let is_replica = variables.is_on("read_only") || variables.is_on("super_read_only");
    let logs_what_it_follows = variables.is_on("log_slave_updates") || variables.is_on("log_replica_updates");
    if is_replica && !logs_what_it_follows {
        let sql = "-- [mysqld] log_slave_updates = on (log_replica_updates from MySQL 8.0.26), then restart".to_owned();
        lacks(list, "log_slave_updates", "so that a replica's log has what it follows", sql);
    }
    match grants {
        Some(grants) => {
            let missing: Vec<&str> = [
                ("replication slave", ["REPLICATION SLAVE", "SUPER"]),
                ("replication client", ["REPLICATION CLIENT", "BINLOG MONITOR"]),
            ]
            .into_iter()
            .filter(|(_, rights)| !grants.has_global(rights) && !grants.has_global(&["SUPER"]))
            .map(|(right, _)| right)
            .collect();
            if !missing.is_empty() {
                let rights = missing.join(", ");
                let sql = format!("grant {rights} on *.* to {}", grants.login);
                lacks(list, &format!("the right {}", missing.join(" and ")), "to let this login read the log", sql);
            }
        }
        None => readiness.missing.push("an answer to what this login may do".to_owned()),
    }
    match tables(server, session, &server.database, None).await {
        Ok(found) => {
            for info in &inquiry.tables {
                let table = found.iter().find(|table| table.label(&server.database) == info.from);
                readiness.tables.extend(table.map(|table| of_table(table, info, list)));
            }
        }
        Err(error) => list.could_not_ask(Topic::Capture, "Which tables can be captured?", &error),
    }
    if readiness.is_ready() {
        // What else there may be, by those who will read it.
        let refused = match ServerLog::look(server, session).await {
            Ok(log) => log.has(&server.database).err().map(|refusal| (refusal.reason, refusal.advice)),
            Err(ConnectError::Request { reason, advice, .. }) => Some((reason, advice)),
            Err(error) => Some((error.to_string(), String::new())),
        };
        if let Some((reason, advice)) = refused {
            list.asks(Topic::Capture, format!("Can this be changed: {reason}?"), advice);
            readiness.missing.push(format!("a log that can be followed ({reason})"));
        }
    }
    tell(variables, hosting, &readiness, list);
    list.capture = Some(readiness);
}

fn of_table(table: &Table, info: &TableInfo, list: &mut Checklist) -> TableReadiness {
    // What the server computes when it is read is left out; whatever else cannot be read from the log stands in the way.
    let computed = table.columns.iter().filter(|column| column.is_generated);
    let not_in_log: Vec<String> = computed.map(|column| column.name.clone()).collect();
    let obstacle = if let Err(refusal) = can_be_captured(table, &info.primary_key) {
        Some(refusal.reason)
    } else if info.primary_key.is_empty() {
        Some("nothing declares what tells its rows apart".to_owned())
    } else {
        let rest =
            table.columns.iter().filter(|column| !column.is_generated || info.primary_key.contains(&column.name));
        rest.map(column_can_be_followed).find_map(Result::err).map(|refusal| refusal.reason)
    };
    if let Some(obstacle) = &obstacle {
        let answer = format!("cannot be captured: {obstacle}");
        list.found(Topic::Capture, &info.from, answer, "information_schema");
    }
    let not_in_log = if obstacle.is_none() { not_in_log } else { Vec::new() };
    TableReadiness { table: info.from.clone(), obstacle, not_in_log }
}

fn tell(variables: &Variables, hosting: Hosting, readiness: &CaptureReadiness, list: &mut Checklist) {
    let evidence = format!(
        "log_bin {}, binlog_format {}, binlog_row_image {}",
        variables.get("log_bin"),
        variables.get("binlog_format"),
        variables.get("binlog_row_image")
    );
    let answer = if readiness.is_ready() {
        "possible, and nothing is missing".to_owned()
    } else {
        format!("not yet; missing: {}", readiness.missing.join(", "))
    };
    list.found(Topic::Capture, "", answer, evidence);
    let metadata = variables.get("binlog_row_metadata");
    if !metadata.is_empty() && !metadata.eq_ignore_ascii_case("FULL") {
        list.needs(
            Topic::Capture,
            "better, not needed: so that the log tells columns by their names, also those that get another one",
            set(variables, hosting, "binlog_row_metadata", "FULL"),
        );
    }
    if variables.is_on("log_bin") {
        let seconds: u64 = variables.get("binlog_expire_logs_seconds").parse().unwrap_or(0);
        let days: f64 = variables.get("expire_logs_days").parse().unwrap_or(0.0);
        let kept = match (seconds, days > 0.0) {
            (0, false) => "the binary log is kept until somebody removes it".to_owned(),
            (0, true) => format!("the binary log is kept for {days} days"),
            (seconds, _) => format!("the binary log is kept for {} hours", seconds / 3_600),
        };
        list.found(Topic::Capture, "", kept, "binlog_expire_logs_seconds, expire_logs_days");
    }
}

/// To set a variable now and for good.
fn set(variables: &Variables, hosting: Hosting, name: &str, value: &str) -> String {
    match hosting {
        Hosting::Rds | Hosting::Aurora => format!("-- parameter group of the instance or cluster: {name} = {value}"),
        Hosting::Own if variables.is_mariadb() || variables.get("version").starts_with("5.") => {
            format!(
                "set global {name} = {}; -- and `{name} = {value}` under [mysqld], for the next start",
                quoted(value)
            )
        }
        Hosting::Own => format!("set persist {name} = {}", quoted(value)),
        _ => format!("-- parameter of the server: {name} = {value}"),
    }
}

fn quoted(value: &str) -> String {
    if value.bytes().all(|byte| byte.is_ascii_digit()) { value.to_owned() } else { format!("'{value}'") }
}

fn log_bin(hosting: Hosting) -> String {
    match hosting {
        Hosting::Rds => {
            "-- switch automated backups on (retention of one day or more): they need the binary log; then \
                         call mysql.rds_set_configuration('binlog retention hours', 48)"
                .to_owned()
        }
        Hosting::Aurora => "-- parameter group of the cluster: binlog_format = ROW, then reboot".to_owned(),
        Hosting::CloudSql => "-- switch point-in-time recovery (binary logging) on".to_owned(),
        _ => "-- [mysqld] log_bin = binlog, server_id = 1, binlog_format = ROW, binlog_row_image = FULL; then restart"
            .to_owned(),
    }
}
