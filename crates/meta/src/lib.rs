//! The metadata database: runs, checks, fingerprints, leases.
