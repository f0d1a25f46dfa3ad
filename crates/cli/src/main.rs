//! The ade program: arguments, printing, wiring.

fn main() {}
