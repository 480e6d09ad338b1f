//! The integration tests, as one binary.

mod commands;
mod contracts;
mod faults;
mod mutants;
mod paper;
mod reuse;
mod support;
mod survival;
mod tidy;
