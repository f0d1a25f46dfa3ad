//! Values of PostgreSQL into Arrow: one at a time, in the binary form (COPY) or as text (change capture), without anything
//! that is allocated for a single value.

mod array;
mod builder;
mod bytes_builder;
mod misfit;
mod numeric;
mod text;
mod time;

pub(crate) use builder::ValueBuilder;
pub(crate) use misfit::Misfit;
