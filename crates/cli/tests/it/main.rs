//! The whole program, as people and machines use it.
mod concurrent;
mod failpoints;
mod kills;
mod program;
mod shop;
