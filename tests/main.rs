//! The integration tests, as one binary.

mod commands;
mod contracts;
mod faults;
mod mutants;
mod reuse;
mod support;
mod survival;
