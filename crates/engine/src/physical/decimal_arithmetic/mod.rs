//! Sums, differences and products of decimals that fit 64 bits, which money does.
//!
//! Arrow computes decimals in 128 bits and checks every step for overflow; a product takes a dozen multiplications.
//! Two values that fit 64 bits have a product that fits 128, so nothing needs checking but that they do. Where one does
//! not, Arrow computes the batch.

mod expression;
mod kernel;
mod rule;

pub(super) use rule::DecimalArithmetic;
