//! The `fuyou` command.

fn main() {}
