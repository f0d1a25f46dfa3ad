//! `where day in (select day from …)`: each day of the subquery counts once.
//!
//! DataFusion's semi and anti joins visit every pair of rows with the same key and forget the second. With a million rows of
//! thirty days on one side and seventy thousand of them on the other, that is two thousand million pairs. One row of each
//! key is all that the subquery's side needs, so repeated keys are left out before the join.

mod exec;
mod recent_keys;
mod rule;

pub(super) use rule::SemiJoinKeys;
