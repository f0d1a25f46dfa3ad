//! What this login may and may not do.

use super::{Inquiry, TableFact};
use crate::checklist::listed;
use crate::postgres::catalog::{cell, is_true};
use crate::postgres::literal::{identifier, qualified};
use crate::postgres::server_error::SessionError;
use crate::{Checklist, ChecklistRequest, Topic};

/// Who it is to the server.
pub(super) async fn login(inquiry: &mut Inquiry<'_>, list: &mut Checklist) -> Result<(), SessionError> {
    let sql = "select r.rolname, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls, \
         pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create'), r.rolconnlimit, \
         (select pg_catalog.string_agg(m.rolname, ', ' order by m.rolname) from pg_catalog.pg_roles m \
            where not r.rolsuper and m.rolname <> r.rolname and pg_catalog.pg_has_role(r.oid, m.oid, 'member')) \
         from pg_catalog.pg_roles r where r.rolname = current_user";
    let rows = inquiry.ask(sql).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let name = cell(row, 0);
    let may = [
        (1, "is a superuser"),
        (2, "may make roles"),
        (3, "may make databases"),
        (4, "may replicate"),
        (5, "passes row-level security by"),
        (6, "may make schemas and publications"),
    ];
    let mut said: Vec<String> =
        may.into_iter().filter(|(place, _)| is_true(row, *place)).map(|(_, what)| what.to_owned()).collect();
    if !cell(row, 8).is_empty() {
        said.push(format!("is a member of {}", cell(row, 8)));
    }
    if !matches!(cell(row, 7), "" | "-1") {
        said.push(format!("may have {} sessions at once", cell(row, 7)));
    }
    let said = if said.is_empty() { "no right beyond those on tables".to_owned() } else { said.join(", ") };
    list.found(Topic::Login, "", format!("`{name}`: {said}"), "pg_roles");
    if is_true(row, 1) || is_true(row, 2) {
        list.needs(
            Topic::Login,
            "a login that can do no more than read",
            format!("create role {} login password '…'", identifier(if name == "ade" { "ade_reader" } else { "ade" })),
        );
    }
    Ok(())
}

/// What it may do with tables. Those that it may not read are not drafted.
pub(super) fn tables(inquiry: &Inquiry<'_>, facts: &[TableFact], request: &ChecklistRequest<'_>, list: &mut Checklist) {
    let user = &inquiry.endpoint.user;
    let (readable, closed): (Vec<&TableFact>, Vec<&TableFact>) = facts.iter().partition(|fact| fact.is_readable);
    let wholes = format!("may read {} of {} tables and views", readable.len(), facts.len());
    list.found(Topic::Rights, "", wholes, "has_any_column_privilege(), has_schema_privilege()");
    if !closed.is_empty() {
        let names: Vec<&str> = closed.iter().map(|fact| fact.written.as_str()).collect();
        list.found(Topic::Rights, "", format!("may not read {}", listed(&names)), "the same");
        for schema in schemas(&closed) {
            let of = |facts: &[&TableFact]| facts.iter().filter(|fact| fact.schema == schema).count();
            let tables: Vec<&&TableFact> = closed.iter().filter(|fact| fact.schema == schema).collect();
            let user = identifier(user);
            let mut sql = Vec::new();
            if tables.iter().any(|fact| !fact.is_in_reach) {
                sql.push(format!("grant usage on schema {} to {user}", identifier(schema)));
            }
            sql.push(if of(&readable) == 0 {
                format!("grant select on all tables in schema {} to {user}", identifier(schema))
            } else {
                let names: Vec<String> = tables.iter().map(|fact| qualified(&fact.schema, &fact.name)).collect();
                format!("grant select on {} to {user}", names.join(", "))
            });
            list.needs(
                Topic::Rights,
                format!("to read {} of {schema}, if they are wanted", listed(&names_of(&tables))),
                sql.join("; "),
            );
        }
    }
    let is_asked = |fact: &&&TableFact| request.tables.iter().any(|table| table.from == fact.written);
    let of = |test: fn(&TableFact) -> bool| -> Vec<&str> {
        readable.iter().filter(is_asked).filter(|fact| test(fact)).map(|fact| fact.written.as_str()).collect()
    };
    let writable = of(|fact| fact.is_writable);
    if !writable.is_empty() {
        let answer = format!("may also write to {}: more than ade needs", listed(&writable));
        list.found(Topic::Rights, "", answer, "has_table_privilege()");
    }
    for fact in readable.iter().filter(is_asked).filter(|fact| !fact.hidden.is_empty()) {
        let answer = format!("may not read {}", listed(&fact.hidden));
        list.found(Topic::Rights, &fact.written, answer, "has_column_privilege()");
        let columns: Vec<String> = fact.hidden.iter().map(|column| identifier(column)).collect();
        list.needs(
            Topic::Rights,
            format!("to read also {} of {}, if they are wanted", listed(&fact.hidden), fact.written),
            format!(
                "grant select ({}) on {} to {}",
                columns.join(", "),
                qualified(&fact.schema, &fact.name),
                identifier(user)
            ),
        );
    }
    let filtered = of(|fact| fact.is_filtered);
    if !filtered.is_empty() {
        let answer = format!("sees only some rows of {}", listed(&filtered));
        list.found(Topic::Rights, "", answer, "row_security_active()");
        list.asks(
            Topic::Rights,
            format!("Is it meant that this login sees only some rows of {}?", listed(&filtered)),
            "row-level security decides, and nothing tells how many rows there are besides",
        );
    }
}

fn names_of<'a>(facts: &[&&'a TableFact]) -> Vec<&'a str> {
    facts.iter().map(|fact| fact.name.as_str()).collect()
}

fn schemas<'a>(facts: &[&'a TableFact]) -> Vec<&'a str> {
    let mut schemas: Vec<&str> = facts.iter().map(|fact| fact.schema.as_str()).collect();
    schemas.sort_unstable();
    schemas.dedup();
    schemas
}
