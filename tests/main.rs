//! The integration tests, as one binary.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod autoencoders;
mod bits;
mod commands;
mod compare;
mod contracts;
mod export;
mod faults;
mod fuzz;
mod mutants;
mod own_data;
mod paper;
mod real_data;
mod reuse;
mod show;
mod support;
mod survival;
mod tidy;
