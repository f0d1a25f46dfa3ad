//! Which server it is: version, hosting, primary or replica, time zone.

use super::Inquiry;
use crate::checklist::{Hosting, Signs};
use crate::postgres::catalog::{cell, is_true};
use crate::postgres::release::{TESTED, is_tested};
use crate::postgres::server_error::SessionError;
use crate::{Checklist, Topic};

/// What others need to know of it.
pub(super) struct Server {
    pub(super) hosting: Hosting,
    pub(super) is_standby: bool,
}

/// Prefixes of settings that services add, and roles of theirs.
const SETTINGS: &str = "'^(rds\\.|aurora|cloudsql\\.|alloydb\\.|azure\\.|neon\\.|supautils\\.)'";
const ROLES: &str = "'rds_superuser', 'rdsadmin', 'cloudsqlsuperuser', 'alloydbsuperuser', 'azure_pg_admin', 'supabase_admin', \
     'neon_superuser', 'doadmin', 'avnadmin', 'tsdbadmin', 'heroku_admin'";

pub(super) async fn look(inquiry: &mut Inquiry<'_>, list: &mut Checklist) -> Result<Server, SessionError> {
    let sql = "select pg_catalog.version(), pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('log_timezone'), \
         pg_catalog.pg_encoding_to_char(d.encoding), \
         round(extract(epoch from pg_catalog.now() - pg_catalog.pg_last_xact_replay_timestamp()))::text, \
         pg_catalog.current_setting('hot_standby_feedback') \
         from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()";
    let rows = inquiry.ask(sql).await?;
    let row = rows.into_iter().next().unwrap_or_default();
    let name = inquiry.endpoint.name();
    // `PostgreSQL 15.14 (Debian …) on x86_64-pc-linux-gnu, compiled by …`
    let version = cell(&row, 0).split(" on ").next().unwrap_or_default().to_owned();
    list.found(Topic::Server, "", format!("{version}, `{name}`, {}", cell(&row, 3)), "version(), pg_database");
    let major = inquiry.session.major_version();
    if !is_tested(major) {
        list.asks(Topic::Server, format!("Does everything work with version {major}?"), TESTED);
    }
    let hosting = hosting(inquiry, cell(&row, 0)).await;
    list.found(Topic::Hosting, "", hosting.0.name(), hosting.1);
    if hosting.0 == Hosting::Own {
        list.asks(
            Topic::Hosting,
            "Who runs the server: a team of the company, or a service that does not show?",
            "switches such as `wal_level` are set in different places",
        );
    }
    let is_standby = is_true(&row, 1);
    if is_standby {
        let lag = match cell(&row, 4) {
            "" => String::new(),
            seconds => format!(", {seconds} s behind when it was asked"),
        };
        list.found(Topic::Role, "", format!("replica (standby){lag}"), "pg_is_in_recovery()");
        if cell(&row, 5) != "on" {
            list.found(
                Topic::Role,
                "",
                "long reads may be cancelled by what it replays",
                "hot_standby_feedback is off",
            );
            list.needs(
                Topic::Role,
                "to be run on the replica, if reads of it are cancelled; the primary then cleans up later",
                "alter system set hot_standby_feedback = on; -- and: select pg_reload_conf();",
            );
        }
        list.asks(Topic::Role, "How far behind its primary may the replica be?", "what is read is as old as that");
    } else {
        list.found(Topic::Role, "", "primary", "pg_is_in_recovery()");
    }
    let logs = cell(&row, 2);
    let zone = &inquiry.time_zone;
    let also = if logs == zone { String::new() } else { format!("; its log is in {logs}") };
    list.found(Topic::TimeZone, "", format!("{zone} for programs that do not say one{also}"), "timezone, log_timezone");
    Ok(Server { hosting: hosting.0, is_standby })
}

async fn hosting(inquiry: &mut Inquiry<'_>, version: &str) -> (Hosting, String) {
    let sql = format!(
        "(select name from pg_catalog.pg_settings where name ~ {SETTINGS} order by name) union all \
         (select rolname from pg_catalog.pg_roles where rolname in ({ROLES}) order by rolname)"
    );
    let mut words = vec![version.to_owned()];
    let found = inquiry.ask(&sql).await.unwrap_or_default();
    words.extend(found.iter().map(|row| cell(row, 0).to_owned()));
    Hosting::recognise(&Signs { host: &inquiry.endpoint.host, words })
}
