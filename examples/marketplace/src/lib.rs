//! The bottle-shop marketplace: an example project and the generator of its data.
//!
//! Four production systems of a small company: the database of its app (a SQLite file, or a PostgreSQL server), a daily inventory feed (CSV files), web and
//! app events (JSON lines) and a dump of its CRM (CSV, one file compressed). All people are invented; mail addresses and
//! telephone numbers are of ranges reserved for examples. The data has what real data has: soft and hard deletes, rows
//! that arrive late or twice, rows migrated from an older system, test accounts.
//!
//! Data is made day by day, each day from random streams of its own that depend on the seed and the day alone, so
//! [`advance`] continues exactly where [`generate`] ended and the same settings always give the same bytes. Nothing is held
//! in memory but the rows of one day.

mod app_delivery;
mod app_server;
mod app_system;
mod error;
mod market;
mod project;
mod random;
mod settings;
mod simulation;
mod state;
mod summary;
mod world;

pub use app_delivery::AppDelivery;
pub use app_server::{APP_SCHEMA, AppServer};
pub use app_system::AppSystem;
pub use error::MarketplaceError;
pub use project::{ProjectFile, project_files, write_project};
pub use settings::Settings;
pub use simulation::{advance, break_inventory, generate, mend_inventory};
pub use summary::Summary;
