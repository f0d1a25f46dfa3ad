-- Who asked for the plain values of encrypted columns, when and why.

create table reveals (
    reveal_id   text   not null primary key,
    environment text   not null,
    person      text   not null,
    reason      text   not null,
    table_name  text   not null,
    column_name text   not null,
    version     bigint not null,
    condition   text   not null,
    row_count   bigint not null,
    revealed_at bigint not null
);
create index reveals_by_time on reveals (revealed_at);
