//! What a text means: one definition for inference and for reading.
//!
//! [`Evidence`] collects over all values of a column which types they would fit; [`ColumnBuilder`] turns the same
//! texts into Arrow arrays. Both use the same parsers, so a column whose type was inferred can always be read.

mod column_builder;
mod column_form;
mod decimal;
mod epoch;
mod evidence;
mod fit;
mod form;
mod form_guess;
mod number;
mod number_form;
mod numeric_cell;
mod shape;
mod temporal;
mod text_forms;
mod time_form;

pub(crate) use column_builder::{ColumnBuilder, is_text};
pub use column_form::ColumnForm;
pub(crate) use decimal::{decimal_from_text, float_to_decimal, rescale};
pub(crate) use epoch::{Epoch, RealTime};
pub(crate) use evidence::{Evidence, Kinds};
pub use fit::{Fitted, can_fit, fit, fit_in};
pub(crate) use form::{CORRECT, advice};
pub(crate) use form_guess::{Guessed, guess};
pub(crate) use number::{boolean, float, integer};
pub(crate) use numeric_cell::integer_of_real;
pub(crate) use shape::shape;
pub(crate) use temporal::{Instant, timestamp};
pub use text_forms::TextForms;
pub(crate) use time_form::TimeForm;
