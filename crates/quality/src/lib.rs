//! Checks over tables: data tests, contracts, freshness, volume.
