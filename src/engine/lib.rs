//! Runs a plan: looks keys up in the store, computes what is missing, tells
//! what happens as events.
//!
//! Decides nothing about meaning and prints nothing. Knows nothing of
//! terminals, files of pipelines or what stages compute.

pub mod audit;
pub mod confined;
pub mod cost;
pub mod executor;
mod folders;
pub mod garbage;
pub mod gc_lock;
pub mod host;
mod import_record;
pub mod key;
pub mod lease;
mod match_index;
mod nearest;
mod predict;
pub mod reason;
pub mod record;
pub mod remote;
pub mod reservation;
pub mod roots;
mod runs;
pub mod schedule;
mod seal;
pub mod sources;
pub mod status;
pub mod store;
pub mod what_if;

pub use runs::Runs;

#[cfg(test)]
mod tests;
