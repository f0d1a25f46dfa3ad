//! Singer taps as a source: programs in any language that write what they read as lines of JSON, SCHEMA, RECORD and STATE.
//!
//! The tap is started once for all tables of a connection (`program`): streams of many taps need each other, and the quotas of
//! what they read from count. A thread reads its output (`demux`) and gives each line to the table that it is of, as it came;
//! lines become Arrow batches where the table lands (`parse`), blocks of them side by side. Channels are bounded, so that a tap
//! waits for the slowest table and memory does not grow.
//!
//! A round ends with a STATE behind enough data (`demux`). What a table's commit remembers is in `position`: the STATE, sealed
//! with the environment's key since it may hold values of rows, and what is needed to tell who is behind after a crash.

mod batch;
mod catalog;
mod connection;
mod connector;
mod demux;
mod feed;
mod folder;
mod json_schema;
mod kept;
mod message;
mod parse;
mod part;
mod position;
mod program;
mod said;
mod selection;

pub use connector::SingerConnector;
