//! Connectors: browse source systems and read them as Arrow streams.
//!
//! A [`Connector`] describes itself ([`ConnectorSpec`]: its settings and the options of one table) and opens a
//! [`Connection`]. A connection lists what there is ([`Connection::browse`]), shows a sample, and gives a
//! [`Snapshot`]: one consistent view of the source. A snapshot is asked for a [`ReadPlan`] (schema, units of work,
//! drift against what was promised) before any row moves, and then reads one [`ReadUnit`] after the other as a
//! [`BatchStream`]. When a unit has been read to its end, the stream gives the [`UnitEnd`], from which the caller
//! computes the position to commit together with the rows.
//!
//! Nothing here keeps state between runs, reads the clock or the environment, or writes to a source. No message
//! of this crate contains a value that was read: values may be sensitive, so messages say where (file, line,
//! column) and what shape (“text of 12 characters”).
//!
//! Types are inferred over all of the data, not its first rows. What is inferred is drafted as a sources file
//! ([`Draft`]) for a person to complete; from then on the promised types are used, and what does not fit them
//! is an error.

mod batch_stream;
mod blocking;
mod capture;
mod checklist;
mod column_drift;
mod connection;
mod connector;
mod connector_spec;
mod cursor_name;
mod draft;
mod error;
mod events;
mod feed;
mod files;
#[cfg(feature = "kafka")]
mod kafka;
mod lake_name;
mod misfits;
mod mysql;
mod network;
mod note;
mod open_context;
mod overlap;
mod place;
mod position_key;
mod postgres;
mod read_mode;
mod read_plan;
mod read_request;
mod read_unit;
mod registry;
mod rejected_record;
mod sample;
mod seats;
mod secret_name;
mod setting_kind;
mod setting_problem;
mod setting_spec;
mod settings;
mod singer;
mod snapshot;
mod sqlite;

mod table_info;
mod table_plan;
mod type_name;
mod unit_end;
mod value;

pub use batch_stream::BatchStream;
pub use capture::{BEFORE, CHANGED_AT, Capture, CaptureRequest, CapturedTable, ChangeColumns, DELETED, UNCHANGED};
pub use checklist::{
    CaptureReadiness, Checklist, ChecklistRequest, Finding, OwnerStatement, Question, RowCounts, RowPredicate, Survey,
    TableReadiness, Topic,
};
pub use column_drift::{ColumnDrift, DriftedColumn, RetypedColumn};
pub use connection::Connection;
pub use connector::Connector;
pub use connector_spec::ConnectorSpec;
pub use draft::{
    Draft, DraftColumn, DraftMode, DraftPrivacy, DraftReference, DraftTable, drafted_names, legal_column_name,
};
pub use error::ConnectError;
pub use events::{
    EventCount, EventFeed, EventLog, EventLogKey, EventLogLock, EventLogOptions, EventLogWriter, EventRecord,
    EventRound, EventSource, EventsConnector, LogPlace, LogRound, NewEvent, STOPPED, read_round, snake_case,
};
pub use feed::{FedTable, Feed, FeedGate, FeedRequest, FeedStep, SaidLine};
pub use files::{FilesConnector, files_of_position};
#[cfg(feature = "kafka")]
pub use kafka::KafkaConnector;
pub use misfits::{MISFITS, Misfits};
pub use mysql::MySqlConnector;
pub use note::Note;
pub use open_context::OpenContext;
pub use overlap::Overlap;
pub use place::Place;
pub use position_key::PositionKey;
pub use postgres::{PostgresConnector, PostgresSetup};
pub use read_mode::ReadMode;
pub use read_plan::ReadPlan;
pub use read_request::ReadRequest;
pub use read_unit::ReadUnit;
pub use registry::Registry;
pub use rejected_record::RejectedRecord;
pub use sample::Sample;
pub use secret_name::is_secret_name;
pub use setting_kind::SettingKind;
pub use setting_problem::SettingProblem;
pub use setting_spec::SettingSpec;
pub use settings::Settings;
pub use singer::SingerConnector;
pub use snapshot::Snapshot;

pub use sqlite::SqliteConnector;
pub use table_info::{ColumnInfo, CursorProposal, ForeignKey, RowCount, TableInfo, TableKind};
pub use type_name::type_name;
pub use unit_end::UnitEnd;
pub use value::{ColumnForm, Fitted, TextForms, can_fit, fit, fit_in};
