//! The integration tests, as one binary.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bits;
mod commands;
mod contracts;
mod faults;
mod mutants;
mod paper;
mod reuse;
mod support;
mod survival;
mod tidy;
