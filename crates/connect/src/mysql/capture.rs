//! Change capture from the binary log of MySQL and MariaDB, in row format.
//!
//! A `round` begins with a snapshot and the place of the log that it is of (`moment`): MariaDB says which that is, MySQL only
//! where its log is by then, so that changes of the current file may come again, which alters nothing because each says the
//! whole row. The log is read from where the tables were read to up to there (`log_stream`, `event`), as a replica reads it;
//! what happened to each table is folded (`follower`, `followed_table`). Rows are split into their values and kept as the log
//! has them (`table_map`, `row_image`); only what is left at the end is decoded (`field`), into the very values that a read of
//! the table gives. Statements (`statement`) are looked at for what they do to the tables: the log of rows says nothing of
//! values that a changed definition brings about, so a table that is rewritten is read whole again, as one is of which a foreign key
//! may have changed rows (`cascade`).

mod capture_settings;
mod cascade;
mod charset;
mod event;
mod field;
mod folded_rows;
mod followed_table;
mod follower;
mod json;
mod labels;
mod log_error;
mod log_place;
mod log_stream;
mod logged_type;
mod moment;
mod network_text;
mod numeral;
mod open;
mod position;
mod reader;
mod round;
mod row_image;
mod server_log;
mod statement;
mod table_map;
mod target;
mod token;

pub(crate) use capture_settings::CaptureSettings;
pub(crate) use open::open;
pub(crate) use server_log::ServerLog;
pub(crate) use target::{can_be_captured, column_can_be_followed};
