//! Templates as users write them.

mod all_mistakes;
mod dbt_names;
mod discovery;
mod fixture;
mod language;
mod mistakes;
mod places;
mod random;
mod speed;
mod sql_macros;
