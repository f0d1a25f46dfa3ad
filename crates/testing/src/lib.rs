//! For tests only: temporary projects and lakes, real servers, scenario runner.

mod postgres;

pub use crate::postgres::{Postgres, PostgresError};
