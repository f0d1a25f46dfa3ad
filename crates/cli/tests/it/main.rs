//! The whole program, as people and machines use it.
mod concurrent;
mod failpoints;
mod handbook;
mod kills;
mod program;
mod reference;
mod shop;
