//! The integration tests, as one binary.

mod faults;
mod mutants;
mod paper;
mod tidy;
