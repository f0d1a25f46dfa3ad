-- Instants are microseconds since 1970-01-01 UTC, identifiers of runs and batches are UUIDs as text, structured values are
-- JSON as text: the same statements run on SQLite and on PostgreSQL.

create table runs (
    run_id          text   not null primary key,
    environment     text   not null,
    command         text   not null,
    selection       text   not null,
    program_version text   not null,
    status          text   not null,
    started_at      bigint not null,
    ended_at        bigint,
    seen_at         bigint not null,
    host            text   not null,
    machine         text   not null,
    pid             bigint not null,
    process_started bigint not null
);
create index runs_by_start on runs (started_at);
create index runs_by_status on runs (status);

create table tasks (
    run_id        text   not null,
    node          text   not null,
    status        text   not null,
    started_at    bigint,
    ended_at      bigint,
    row_count     bigint,
    table_version bigint,
    batch_id      text,
    message       text,
    primary key (run_id, node)
);
create index tasks_by_node on tasks (node);

create table check_results (
    run_id      text   not null,
    node        text   not null,
    check_name  text   not null,
    status      text   not null,
    failures    bigint,
    message     text   not null,
    stored_in   text,
    checked_at  bigint not null,
    duration_ms bigint not null,
    primary key (run_id, node, check_name)
);

create table node_states (
    environment   text   not null,
    node          text   not null,
    fingerprint   text   not null,
    upstream      text   not null,
    relation      text   not null,
    succeeded_at  bigint not null,
    table_version bigint,
    data_state    text   not null,
    primary key (environment, node)
);

-- Every definition a view ever had; `valid_to` is null for the one in force.
create table view_versions (
    environment text   not null,
    schema_name text   not null,
    name        text   not null,
    version     bigint not null,
    sql         text   not null,
    columns     text   not null,
    fingerprint text   not null,
    run_id      text,
    valid_from  bigint not null,
    valid_to    bigint,
    primary key (environment, schema_name, name, version)
);
create unique index views_in_force on view_versions (environment, schema_name, name) where valid_to is null;

-- One row per scope for ever: a released lease keeps its row, so that its token is never given out again.
create table leases (
    scope           text   not null primary key,
    token           bigint not null,
    run_id          text,
    purpose         text   not null,
    host            text   not null,
    machine         text   not null,
    pid             bigint not null,
    process_started bigint not null,
    acquired_at     bigint not null,
    renewed_at      bigint not null,
    expires_at      bigint not null,
    released_at     bigint
);
