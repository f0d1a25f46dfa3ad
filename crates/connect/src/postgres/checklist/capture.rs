//! Whether changes can be captured from the server's log, and what is missing, with the statements for it.

use super::server::Server;
use super::statements::{limit, replication, wal_level};
use super::{Inquiry, TableFact};
use crate::checklist::listed;
use crate::postgres::catalog::{cell, is_true};
use crate::postgres::database::Database;
use crate::postgres::literal::{identifier, literal, qualified};
use crate::postgres::server_error::SessionError;
use crate::postgres::session::Session;
use crate::postgres::startup::Purpose;
use crate::{CaptureReadiness, Checklist, ChecklistRequest, TableInfo, TableReadiness, Topic};

/// What the server says of its log, and of what this project would have there.
struct Log {
    wal_level: String,
    slots: u64,
    most_slots: u64,
    senders: u64,
    most_senders: u64,
    has_slot: bool,
    may_replicate: bool,
    may_publish: bool,
    /// Whether there is the publication, and whether it is ours to change.
    publication: Option<bool>,
    published: Vec<(String, String)>,
    /// `max_slot_wal_keep_size`; none before version 13.
    kept_at_most: Option<String>,
}

pub(super) async fn readiness(
    inquiry: &mut Inquiry<'_>,
    database: &Database,
    server: &Server,
    facts: &[TableFact],
    request: &ChecklistRequest<'_>,
    list: &mut Checklist,
) -> Result<CaptureReadiness, SessionError> {
    let slot = database.capture.slot.as_deref().unwrap_or(request.consumer);
    let publication = database.capture.publication.as_deref().unwrap_or(slot);
    let log = Log::read(inquiry, slot, publication).await?;
    let mut readiness = CaptureReadiness::default();
    let major = inquiry.session.major_version();
    let user = inquiry.endpoint.user.clone();
    let mut lacks = |list: &mut Checklist, what: String, purpose: &str, sql: String| {
        readiness.missing.push(what);
        list.needs(Topic::Capture, purpose, sql);
    };
    if server.is_standby {
        readiness_of_standby(list);
        lacks(
            list,
            "a connection to the primary".to_owned(),
            "to capture changes",
            "-- connect to the primary".to_owned(),
        );
    }
    if log.wal_level != "logical" {
        let what = format!("wal_level = logical (it is {})", log.wal_level);
        lacks(list, what, "so that the log tells what became of each row", wal_level(server.hosting));
    }
    if !log.has_slot && log.slots >= log.most_slots {
        let what = format!("a free replication slot ({} of {} are taken)", log.slots, log.most_slots);
        let sql = limit(server.hosting, "max_replication_slots", log.most_slots + 2);
        lacks(list, what, "room for one more replication slot", sql);
    }
    if log.senders >= log.most_senders {
        let what = format!("a free wal sender ({} of {} are taken)", log.senders, log.most_senders);
        let sql = limit(server.hosting, "max_wal_senders", log.most_senders + 2);
        lacks(list, what, "room for one more reader of the log", sql);
    }
    if !log.may_replicate {
        let what = "the right to replicate".to_owned();
        lacks(list, what, "to let this login read the log", replication(server.hosting, &user));
    }
    let mut tables = Vec::new();
    let mut unpublished = Vec::new();
    for info in request.tables {
        let Some(fact) = facts.iter().find(|fact| fact.written == info.from) else { continue };
        let obstacle = match obstacle(fact, info, major) {
            None => None,
            Some(Obstacle::Lasting(why)) => Some(why.to_owned()),
            Some(Obstacle::Curable(why, sql)) => {
                list.needs(Topic::Capture, "so that the log tells which row was changed or deleted", sql);
                Some(why.to_owned())
            }
        };
        let is_published = log.published.iter().any(|(schema, name)| (schema, name) == (&fact.schema, &fact.name));
        let may_add = fact.is_owned && log.publication.unwrap_or(log.may_publish);
        // Never one whose rows the log does not tell apart: once published, nobody could change or delete them.
        if obstacle.is_none() && !is_published && !may_add {
            unpublished.push(qualified(&fact.schema, &fact.name));
        }
        if let Some(obstacle) = &obstacle {
            list.found(Topic::Capture, &info.from, format!("cannot be captured: {obstacle}"), "pg_class, pg_index");
        }
        let not_in_log = if obstacle.is_none() { fact.generated.clone() } else { Vec::new() };
        tables.push(TableReadiness { table: info.from.clone(), obstacle, not_in_log });
    }
    if !unpublished.is_empty() {
        let names = unpublished.join(", ");
        let name = identifier(publication);
        let sql = match log.publication {
            Some(_) => format!("alter publication {name} add table {names}"),
            None if major >= 13 => {
                format!("create publication {name} for table {names} with (publish_via_partition_root = true)")
            }
            None => format!("create publication {name} for table {names}"),
        };
        lacks(
            list,
            format!("a publication `{publication}` of its tables"),
            "to be run by the owner of the tables",
            sql,
        );
    }
    if readiness.is_ready() {
        // The proof: also a rule of the server's, or a pooler on the way, can keep readers of the log out.
        match Session::open(&database.endpoint, Purpose::Replicate).await {
            Ok(session) => drop(session),
            Err(error) => {
                let question = "Why does the server refuse a reader of its log, though the login may replicate?";
                list.asks(Topic::Capture, question, error.to_string());
                readiness.missing.push("a way to the server that lets readers of its log through".to_owned());
            }
        }
    }
    readiness.tables = tables;
    tell(&log, &readiness, server, list);
    Ok(readiness)
}

fn readiness_of_standby(list: &mut Checklist) {
    list.asks(
        Topic::Capture,
        "Which server is the primary, and may it be read from?",
        "changes are captured from the primary; a replica can be read by `mode: full` and `mode: incremental`",
    );
}

fn tell(log: &Log, readiness: &CaptureReadiness, server: &Server, list: &mut Checklist) {
    let evidence = format!(
        "wal_level {}, {} of {} replication slots and {} of {} wal senders taken",
        log.wal_level, log.slots, log.most_slots, log.senders, log.most_senders
    );
    let answer = if readiness.is_ready() {
        "possible, and nothing is missing".to_owned()
    } else {
        format!("not yet; missing: {}", readiness.missing.join(", "))
    };
    list.found(Topic::Capture, "", answer, evidence);
    let computed: Vec<String> = readiness
        .tables
        .iter()
        .flat_map(|table| table.not_in_log.iter().map(|column| format!("{}.{column}", table.table)))
        .collect();
    if !computed.is_empty() {
        let answer = format!("not in the log, because the database computes them: {}", listed(&computed));
        list.found(Topic::Capture, "", answer, "pg_attribute");
    }
    if log.kept_at_most.as_deref() == Some("-1") && !server.is_standby {
        let answer = "the server keeps its log for a slot without limit";
        list.found(Topic::Capture, "", answer, "max_slot_wal_keep_size");
        let reason =
            "a slot that nobody reads fills the disk in the end; `max_slot_wal_keep_size` and `slot_limit_mb` bound it";
        list.asks(Topic::Capture, "How much of its disk may the server give to a log that is kept for ade?", reason);
    }
}

impl Log {
    async fn read(inquiry: &mut Inquiry<'_>, slot: &str, publication: &str) -> Result<Self, SessionError> {
        let (slot, publication) = (literal(slot), literal(publication));
        let setting = |name: &str| format!("pg_catalog.current_setting('{name}', true)");
        let sql = format!(
            "select {}, {}, (select pg_catalog.count(*) from pg_catalog.pg_replication_slots), \
               {}, (select pg_catalog.count(*) from pg_catalog.pg_stat_replication), \
               exists (select from pg_catalog.pg_replication_slots where slot_name = {slot}), \
               r.rolsuper or r.rolreplication or exists (select from pg_catalog.pg_roles m \
                 where m.rolname = 'rds_replication' and pg_catalog.pg_has_role(r.oid, m.oid, 'member')), \
               pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create'), \
               (select pg_catalog.pg_has_role(p.pubowner, 'usage') from pg_catalog.pg_publication p \
                  where p.pubname = {publication}), {} \
             from pg_catalog.pg_roles r where r.rolname = current_user",
            setting("wal_level"),
            setting("max_replication_slots"),
            setting("max_wal_senders"),
            setting("max_slot_wal_keep_size"),
        );
        let row = inquiry.ask(&sql).await?.into_iter().next().unwrap_or_default();
        let number = |place: usize| cell(&row, place).parse().unwrap_or(0);
        let sql =
            format!("select schemaname, tablename from pg_catalog.pg_publication_tables where pubname = {publication}");
        let published = inquiry.ask(&sql).await?;
        Ok(Self {
            wal_level: cell(&row, 0).to_owned(),
            most_slots: number(1),
            slots: number(2),
            most_senders: number(3),
            senders: number(4),
            has_slot: is_true(&row, 5),
            may_replicate: is_true(&row, 6),
            may_publish: is_true(&row, 7),
            publication: row.get(8).and_then(Option::as_deref).map(|is_ours| is_ours == "t"),
            published: published.iter().map(|row| (cell(row, 0).to_owned(), cell(row, 1).to_owned())).collect(),
            kept_at_most: row.get(9).cloned().flatten().filter(|setting| !setting.is_empty()),
        })
    }
}

/// Why a table cannot be captured.
enum Obstacle {
    Lasting(&'static str),
    /// With the statement that would help.
    Curable(&'static str, String),
}

fn obstacle(fact: &TableFact, info: &TableInfo, major: u32) -> Option<Obstacle> {
    let lasting = |why| Some(Obstacle::Lasting(why));
    let table = qualified(&fact.schema, &fact.name);
    match fact.kind.as_str() {
        "r" => {}
        "p" if major >= 13 => {}
        "p" => return lasting("versions before 13 do not give the changes of a partitioned table as one"),
        "f" => return lasting("it is a foreign table: its changes are in another server's log"),
        _ => return lasting("it is a view, which no log has"),
    }
    if !fact.is_permanent {
        return lasting("it is unlogged");
    }
    if fact.is_filtered {
        return lasting("row-level security hides rows from this login, which the log would have");
    }
    if !fact.hidden.is_empty() {
        return lasting("the log would have columns that this login may not read");
    }
    let is_told = match fact.identity.as_str() {
        "f" => true,
        "i" => info.primary_key.iter().all(|column| fact.identity_columns.contains(column)),
        "d" => fact.has_primary_key,
        _ => false,
    };
    if !is_told {
        let sql = match &fact.other_key {
            _ if fact.has_primary_key => format!("alter table {table} replica identity default"),
            Some(index) => format!("alter table {table} replica identity using index {}", identifier(index)),
            None => format!("alter table {table} replica identity full"),
        };
        return Some(Obstacle::Curable("its replica identity does not tell which row was changed or deleted", sql));
    }
    if info.primary_key.is_empty() { lasting("nothing declares what tells its rows apart") } else { None }
}
