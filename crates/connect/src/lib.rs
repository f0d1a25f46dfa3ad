//! Connectors: browse and read source systems as Arrow streams.
