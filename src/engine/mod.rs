//! Runs a plan: looks keys up in the store, computes what is missing, tells
//! what happens as events.
//!
//! Decides nothing about meaning and prints nothing. Knows nothing of
//! terminals, files of pipelines or what stages compute.

pub mod cost;
pub mod executor;
pub mod host;
pub mod key;
mod nearest;
pub mod reason;
pub mod record;
mod runs;
pub mod schedule;
pub mod status;
pub mod store;
pub mod whatif;

pub use runs::Runs;

#[cfg(test)]
mod tests;
