//! What connectors promise, held against real files and databases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod avro;
mod between;
mod browse;
mod canary;
mod checklist;
mod csv;
mod differential;
mod draft;
mod encodings;
mod event_log;
mod excel;
mod files;
mod fixed_width;
mod incremental_files;
mod json_documents;
mod json_lines;
mod mysql;
mod mysql_browse;
mod mysql_capture;
mod mysql_capture_types;
mod mysql_cursor;
mod mysql_tls;
mod mysql_types;
mod parquet;
mod position_key;
mod postgres;
mod postgres_browse;
mod postgres_cursor;
mod postgres_read;
mod postgres_rows_of;
mod postgres_types;
mod s3_files;
mod sample;
mod settings;
mod source;
mod sqlite;
mod sqlite_cursor;
mod sqlite_types;
mod suite;
mod web_files;
mod zipped;
