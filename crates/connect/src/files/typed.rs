//! What formats with types of their own have in common: batches into the planned schema.

mod cast;
mod fit;

pub(crate) use cast::can_hold;
pub(crate) use fit::fit;
