//! Plan a graph into tasks and carry them out.
