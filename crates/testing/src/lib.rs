//! For tests only: temporary projects and lakes, real servers, scenario runner.

mod dice;
mod finished;
mod folder;
mod mariadb;
mod postgres;
mod program;
mod raw_value;
mod server_process;

pub use crate::dice::Dice;
pub use crate::finished::Finished;
pub use crate::folder::Folder;
pub use crate::mariadb::{MariaDb, MariaDbError};
pub use crate::postgres::{Postgres, PostgresError, psql};
pub use crate::program::{Program, Running};
pub use crate::raw_value::{Leak, leaks};
