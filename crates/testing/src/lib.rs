//! For tests only: temporary projects and lakes, real servers, scenario runner.

mod certificates;
mod dice;
mod fake_clock;
mod finished;
mod folder;
mod kafka;
mod load;
mod mariadb;
mod postgres;
mod program;
mod raw_value;
mod s3_server;
mod server_process;
mod ssh_server;
mod web_server;

pub use crate::dice::Dice;
pub use crate::fake_clock::FakeClock;
pub use crate::finished::Finished;
pub use crate::folder::Folder;
pub use crate::kafka::{Kafka, KafkaError, KafkaGate};
pub use crate::load::Load;
pub use crate::mariadb::{MariaDb, MariaDbError};
pub use crate::postgres::{Postgres, PostgresError, psql};
pub use crate::program::{Program, Running};
pub use crate::raw_value::{Leak, leaks};
pub use crate::s3_server::S3Server;
pub use crate::ssh_server::SshServer;
pub use crate::web_server::{WebFile, WebRequest, WebServer};
