//! Kafka topics as a source.
//!
//! The protocol's messages are those of the crate `kafka-protocol`, generated from Kafka's own definitions; what is said when is
//! here, since all that a reader needs is little: `broker` talks with one broker, `cluster` finds the one that leads a partition
//! (again, when it moved) and fetches from it. No consumer group is joined and nothing is stored in the cluster: how far a topic
//! has been read is in the commit that carries its rows (`position`).
//!
//! A snapshot is a range of offsets for each partition (`span`): from where the last commit ended up to the last stable offset,
//! the end of what is committed by transactions. Those that were aborted are left out (`record_batches`), as a reader with
//! `isolation.level=read_committed` does. Planning goes over the messages once for their columns and types, and reading once
//! more; what is little enough is held between the two.

mod avro;
mod avro_references;
mod avro_schema;
mod broken;
mod broker;
mod cluster;
mod compression;
mod connection;
mod connector;
mod endpoint;
mod failure;
mod fetched;
mod message;
mod message_columns;
mod options;
mod parse;
mod plan;
mod position;
mod record_batches;
mod sasl;
mod schema_registry;
mod scram;
mod seen;
mod snapshot;
mod span;
mod topic;
mod walk;

pub use connector::KafkaConnector;
