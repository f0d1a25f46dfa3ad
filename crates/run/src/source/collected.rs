//! Collected events: from the log of a connection to the tables of its sources.
mod collection;

pub use collection::Collection;
