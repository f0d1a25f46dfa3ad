//! Tests of the crate from outside: whole projects in memory.

mod all_at_once;
mod broken_checks;
mod broken_references;
mod broken_sources;
mod broken_yaml;
mod checks;
mod compile;
mod configuration;
mod environments;
mod fingerprints;
mod keys;
mod schemas;
mod shop;
mod sources;
mod speed;
mod support;
mod yaml;
mod yaml_any_text;
mod yaml_of_dbt;
