//! Whether changes can be captured from the server's binary log, and what is missing, with the statements for it.

use super::{Grants, Inquiry, Variables};
use crate::checklist::Hosting;
use crate::mysql::catalog::tables;
use crate::mysql::server::Server;
use crate::mysql::session::Session;
use crate::{CaptureReadiness, Checklist, TableReadiness, Topic};

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
            if !now.is_empty() && !now.eq_ignore_ascii_case(wanted) {
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
                let obstacle = table.and_then(|table| {
                    if table.is_view {
                        Some("it is a view, which no log has".to_owned())
                    } else if !table.hidden.is_empty() {
                        Some("the log would have columns that this login may not read".to_owned())
                    } else if info.primary_key.is_empty() {
                        Some("nothing declares what tells its rows apart".to_owned())
                    } else if table.is_transactional() {
                        None
                    } else {
                        let engine = table.engine.as_deref().unwrap_or("its engine");
                        Some(format!("{engine} knows no transactions: its first copy would not be of one moment"))
                    }
                });
                if let Some(obstacle) = &obstacle {
                    let answer = format!("cannot be captured: {obstacle}");
                    list.found(Topic::Capture, &info.from, answer, "information_schema.tables");
                }
                readiness.tables.push(TableReadiness { table: info.from.clone(), obstacle, not_in_log: Vec::new() });
            }
        }
        Err(error) => list.could_not_ask(Topic::Capture, "Which tables can be captured?", &error),
    }
    tell(variables, &readiness, list);
    list.capture = Some(readiness);
}

fn tell(variables: &Variables, readiness: &CaptureReadiness, list: &mut Checklist) {
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
