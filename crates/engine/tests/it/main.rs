//! The engine through its public interface.

mod ade_database;
mod catalogs;
mod columns_read;
mod compare;
mod decimal_arithmetic;
mod differential;
mod errors;
mod functions;
mod limits;
mod membership;
mod outputs;
mod postgres_database;
mod ranking;
mod read_only;
mod runtime_filters;
mod sqlite_database;
mod statements;
mod support;
mod types;
