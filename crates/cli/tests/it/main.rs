//! The whole program, as people and machines use it.
mod help;
