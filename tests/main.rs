//! The integration tests, as one binary.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod advice;
mod autoencoders;
mod bits;
mod bundles;
mod cache;
mod cli_text;
mod commands;
mod compare;
mod contracts;
mod curves;
mod diagnostics;
mod explain;
mod export;

mod first_steps;
mod fuzz;
mod lock;
mod mutants;
mod own_data;
mod paper;
mod paths;
mod probe;
mod real_data;
mod report;
mod reuse;
mod show;
mod signals;
mod storage;
mod storm;
mod strangers;
mod support;
mod survival;
mod terminal;
mod tidy;
mod verify;
